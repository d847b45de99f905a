"""Cells of a template read strictly: days, choices, yes and no, whole numbers, codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ledger.domain.instants import check_occurred
from ledger.lists.quantities import parse_quantity
from ledger.lists.reasons import HeldBack, short

_OTHER_DAY = re.compile(r"([0-9]{4})(?:[/.]([0-9]{1,2})[/.]([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日)")
_YES = frozenset({"y", "yes", "true", "1", "是", "需要", "有"})
_NO = frozenset({"n", "no", "false", "0", "否", "不需要", "无"})
UNMARKED = frozenset({"unmarked", "未标", "未标明", "无"})


def stated_day(text: str, otherwise: str = "") -> str:
    """`YYYY-MM-DD`, a span of days or an instant as the record writes them; 2026/3/2, 2026.3.2 and
    2026年3月2日 are the same day. Raises HeldBack; `otherwise` is for no text, if given."""
    if not text:
        if otherwise:
            return otherwise
        raise HeldBack("no_date")
    if match := _OTHER_DAY.fullmatch(text):
        year, *parts = (part for part in match.groups() if part)
        text = f"{year}-{int(parts[0]):02d}-{int(parts[1]):02d}"
    try:
        check_occurred(text)
    except ValueError:
        raise HeldBack("bad_date", text=short(text)) from None
    return text


def stated_choice(
    cells: Mapping[str, str], column: str, choices: Mapping[str, str], otherwise: str = ""
) -> str:
    """The code that a cell names by itself or by its Chinese label; `otherwise` for an empty cell."""
    text = cells.get(column, "")
    if not text:
        if otherwise:
            return otherwise
        raise HeldBack("missing", column=column)
    code = text.casefold()
    if code not in choices:
        code = next((code for code, zh in choices.items() if zh == text), "")
    if not code:
        listed = ", ".join(f"{code} ({zh})" for code, zh in choices.items())
        raise HeldBack("not_a_choice", column=column, text=short(text), choices=listed)
    return code


def stated_yes(cells: Mapping[str, str], column: str) -> bool | None:
    """True, False, or None for an empty cell."""
    text = cells.get(column, "").casefold()
    if not text:
        return None
    if text in _YES or text in _NO:
        return text in _YES
    raise HeldBack("not_a_choice", column=column, text=short(text), choices="yes (是), no (否)")


def stated_number(cells: Mapping[str, str], column: str) -> int | None:
    """A whole number of a column other than quantity, or None."""
    text = cells.get(column, "")
    if not text:
        return None
    try:
        amount = parse_quantity(text, zero=True)
    except HeldBack:
        amount = None
    if amount is None or amount.unit:
        raise HeldBack("not_a_choice", column=column, text=short(text), choices="0, 1, 2 ...")
    return amount.quantity


def stated_names(cells: Mapping[str, str], prefix: str = "name") -> dict[str, str]:
    names = {lang: cells[f"{prefix}_{lang}"] for lang in ("zh", "en") if cells.get(f"{prefix}_{lang}")}
    if not names:
        raise HeldBack("no_name" if prefix == "name" else "missing", column=f"{prefix}_zh")
    return names


def stated_lot(cells: Mapping[str, str]) -> dict[str, str]:
    """lot_number and expiry where printed; "unmarked" is what the list itself must say."""
    lot: dict[str, Any] = {}
    if number := cells.get("lot_number"):
        lot["lot_number"] = "unmarked" if number.casefold() in UNMARKED else number
    if expiry := cells.get("expiry"):
        lot["expiry"] = "unmarked" if expiry.casefold() in UNMARKED else stated_day(expiry)
    return lot
