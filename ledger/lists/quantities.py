"""Quantities as printed: a whole number and, where it is glued to it, its unit. Nothing is guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ledger.domain.canonical import MAX_INTEGER
from ledger.lists.reasons import HeldBack, short

_FULL_WIDTH = str.maketrans("０１２３４５６７８９，．－＋", "0123456789,.-+")
_APPROXIMATE = re.compile(r"约|大约|大概|近|超|逾|至少|不少于|about|ca\.?|approx|[~～≈>＞<＜]", re.IGNORECASE)
_MORE_OR_LESS = re.compile(r"^[0-9][0-9,.]*\s*[万千百亿]?\s*(多|余|左右|上下|\+)")
_NUMBER = re.compile(r"(?P<sign>[-−+])?(?P<whole>[0-9][0-9,]*)(?P<rest>\.[0-9]+)?\s*(?P<times>[万千百亿])?")
_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+")
_UNIT = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)*")
TIMES = {"百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}


@dataclass(frozen=True)
class Amount:
    """A quantity as read: `unit` is what was glued to it, else empty; `rewritten` when it was not plain
    digits (full-width digits, thousands separators, 万)."""

    quantity: int
    unit: str
    rewritten: bool


def parse_quantity(text: str, zero: bool = False) -> Amount:
    """The amount that `text` states exactly. Raises HeldBack for everything else; zero only where allowed.

    Accepted: 198, 198件, １９８, 1,200, 198.0, 3.6万. Held: about 100, 100+, 1.5, -3, 12件*100个, words.
    """
    if not text:
        raise HeldBack("no_quantity")
    plain = text.translate(_FULL_WIDTH)
    if _APPROXIMATE.match(plain) or _MORE_OR_LESS.match(plain):
        raise HeldBack("approximate", text=short(text))
    match = _NUMBER.match(plain)
    unit = plain[match.end() :].strip() if match else ""
    if match is None or match["sign"] == "+" or (unit and not _UNIT.fullmatch(unit)):
        raise HeldBack("not_a_number", text=short(text))
    value = _value(match, text)
    if match["sign"] and value:
        raise HeldBack("negative", text=short(text))
    if value > MAX_INTEGER:
        raise HeldBack("too_many", text=short(text))
    if value == 0 and not zero:
        raise HeldBack("zero")
    return Amount(value, unit, rewritten=plain[: match.end()].strip() != str(value) or plain != text)


def _value(match: re.Match[str], text: str) -> int:
    whole, times = match["whole"], TIMES.get(match["times"] or "", 1)
    if "," in whole and not _GROUPED.fullmatch(whole):
        raise HeldBack("grouping", text=short(text))
    digits = whole.replace(",", "")
    if len(digits.lstrip("0")) > 16:
        raise HeldBack("too_many", text=short(text))
    decimals = (match["rest"] or ".")[1:].rstrip("0")
    if len(decimals) > 8:
        raise HeldBack("fraction", text=short(text))
    scaled: int = int(digits + decimals) * times
    one: int = 10 ** len(decimals)
    quantity, remainder = divmod(scaled, one)
    if remainder:
        raise HeldBack("fraction", text=short(text))
    return quantity
