"""Openings: what a donor keeps to show what a commitment stands for. A file `.opening.json` of its own:

    {"salt": <64 hex>, "data": {...}}

The commitment is hex HMAC-SHA256(salt, JCS(data)) (RECORD, "Envelope"); how the file is spelled is no matter.
"""

from __future__ import annotations

import json
import re
from typing import Any

from ledger.domain import canonical

MAX_OPENING_BYTES = 1_000_000
_SALT = re.compile(r"[0-9a-f]{64}")


def encode_opening(opening: dict[str, Any]) -> bytes:
    """The file of `{"salt", "data"}`, for people to look at too."""
    return (json.dumps(opening, ensure_ascii=False, indent=1) + "\n").encode()


def read_opening(data: bytes) -> tuple[bytes, dict[str, Any]]:
    """(salt, data) of an opening's file, strictly of that shape. Raises ValueError with one sentence."""
    if len(data) > MAX_OPENING_BYTES:
        raise ValueError(f"an opening is at most {MAX_OPENING_BYTES} bytes long")
    try:
        value = canonical.decode_loose(data)
    except ValueError as error:
        raise ValueError(f"the opening cannot be read: {error}") from None
    if not isinstance(value, dict) or value.keys() != {"salt", "data"} or not isinstance(value["data"], dict):
        raise ValueError('an opening is {"salt": <64 hex>, "data": {...}} and nothing else')
    salt = value["salt"]
    if not isinstance(salt, str) or not _SALT.fullmatch(salt):
        raise ValueError("the salt of an opening is 64 lower-case hex digits")
    return bytes.fromhex(salt), value["data"]
