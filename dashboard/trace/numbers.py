"""Gift numbers as people type them."""

from __future__ import annotations

import re
import unicodedata

from ledger.domain.gifts import check_gift_code

_BETWEEN = re.compile(r"[\s\u2010-\u2015\u2212\u30fc_./·-]+")  # spaces, dashes of every kind, dots
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
_DIGITS = re.compile(r"[0-9]{10,14}")  # year, a serial of five to nine digits, the check digit


class WrongNumber(ValueError):
    """What was typed is no gift number; `key` is the label that says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def as_written(typed: str) -> str:
    """What was typed as some list of its own may have numbered the gift (`KIND-7`): such numbers carry no
    check digit, so only the book can say whether it is one."""
    plain = unicodedata.normalize("NFKC", typed).strip().upper()
    return _DASHES.sub("-", plain)


def read_gift_number(typed: str) -> str:
    """The number as the book writes it, from what a person typed.

    Spaces, missing or other dashes and full-width digits are forgiven. Raises WrongNumber for what cannot
    be a gift number, and for one whose check digit does not fit.
    """
    digits = _BETWEEN.sub("", unicodedata.normalize("NFKC", typed))
    if not digits:
        raise WrongNumber("trace.wrong.empty")
    if not _DIGITS.fullmatch(digits):
        raise WrongNumber("trace.wrong.shape")
    code = f"{digits[:4]}-{digits[4:-1]}-{digits[-1]}"
    if not check_gift_code(code):
        raise WrongNumber("trace.wrong.digit")
    return code

