"""Entry ids: the idempotency keys of the record.

Version 7 (RFC 9562 section 5.7) is made by the client for people's acts, version 8 (section 5.8) is derived
by SHA-256 for acts that must come out the same each time: imports, registrations and the example district.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
import uuid

ENTRY_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
LOT_ID = re.compile(ENTRY_ID.pattern + r"#(?:0|[1-9][0-9]{0,4})")


def is_entry_id(text: str) -> bool:
    return ENTRY_ID.fullmatch(text) is not None


def new_id() -> str:
    """A version 7 UUID: 48 bits of Unix milliseconds, then 74 random bits."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    return str(uuid.UUID(int=_stamp(value, version=7)))


def derived_id(*parts: str) -> str:
    """A version 8 UUID from the SHA-256 of the parts; the same parts give the same id.

    Parts are joined by U+001F, which text of the record cannot hold, so ("ab", "c") and ("a", "bc") differ.
    """
    digest = hashlib.sha256("\x1f".join(parts).encode("utf-8")).digest()
    return str(uuid.UUID(int=_stamp(int.from_bytes(digest[:16], "big"), version=8)))


def _stamp(value: int, version: int) -> int:
    value &= ~(0xF << 76) & ~(0x3 << 62)
    return value | version << 76 | 0x2 << 62


def lot_id(entry_id: str, number: int) -> str:
    """The id of the `number`-th (0-based) new lot of an entry, in body order."""
    return f"{entry_id}#{number}"
