"""The two text encodings that every C2SP log format shares, read strictly: one text for one value."""

from __future__ import annotations

import base64
import binascii
import re

MAX_NUMBER = 2**63 - 1
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


def encode_base64(data: bytes) -> str:
    """Standard Base 64 with padding, RFC 4648 section 4."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str, what: str) -> bytes:
    """Decode standard Base 64; `what` names the value in the error.

    Unused trailing bits and missing padding are refused, so that no second text decodes to the same bytes.
    Raises ValueError.
    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError(f"{what} is not standard base64") from None
    if encode_base64(data) != text:
        raise ValueError(f"{what} is not canonical base64")
    return data


def parse_decimal(text: str, what: str) -> int:
    """Parse an ASCII decimal without sign or leading zeros, at most 2^63 - 1. Raises ValueError."""
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"{what} is not a decimal number without leading zeros")
    number = int(text)
    if number > MAX_NUMBER:
        raise ValueError(f"{what} is larger than 2^63 - 1")
    return number
