"""Commitments: what stands in an entry in place of what is known about a person or organisation."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from ledger.domain import canonical


def commitment(salt: bytes, data: dict[str, Any]) -> str:
    """hex HMAC-SHA256(salt, JCS(data)) (RECORD.md, Envelope); `salt` is 32 random bytes."""
    return hmac.new(salt, canonical.encode(data), hashlib.sha256).hexdigest()
