"""Gift numbers: short, readable aloud, with a check digit.

`YYYY-NNNNN-C`: the year, a serial within the book (five digits or more), and the check digit of Damm's
quasigroup (H. M. Damm, "Total anti-symmetrische Quasigruppen", 2004) over all digits before it. It catches
every single wrong digit and every swap of neighbours.
"""

from __future__ import annotations

import re

_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
GIFT_CODE = re.compile(r"([0-9]{4})-([0-9]{5,9})-([0-9])")


def check_digit(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim


def gift_code(year: int, serial: int) -> str:
    """`gift_code(2026, 417)` is "2026-00417-" and its check digit."""
    head = f"{year:04d}{serial:05d}"
    return f"{year:04d}-{serial:05d}-{check_digit(head)}"


def check_gift_code(text: str) -> bool:
    """Whether `text` is a gift number with the right check digit."""
    match = GIFT_CODE.fullmatch(text)
    return match is not None and check_digit(match[1] + match[2]) == int(match[3])
