"""Stated totals against the sum of their parts.

Total lines: a line with a text cell that is just 合计, 总计, 小计, 共计, 总数, total, subtotal or grand total
(punctuation and spaces apart), or an item name made of another text and one of these words ("口罩合计"). It
is no goods and is held back. Its parts are the goods lines of the same list since the last total line of the
same or a higher level (小计 below 合计 below 总计), those of the same unit if it states one, those whose name
holds the other text if there is one.

Totals in a text: 共3.6万只：1.6万+1.6万 and 1.6万只+1.6万只=3.6万只. Parts without a stated total
(1.6万只+1.6万只) are compared with the line's own quantity, when every part has a count unit or 万, so that
"3kg+送208g" and "（4+1）" are none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from ledger.lists.findings import name_key
from ledger.lists.quantities import TIMES

_LEVELS = {
    "小计": 1, "subtotal": 1, "合计": 2, "共计": 2, "总数": 2, "total": 2, "总计": 3, "grandtotal": 3,
}  # fmt: skip
_RANKS = sorted(set(_LEVELS.values()))
_WORDS = "|".join(sorted(_LEVELS, key=len, reverse=True))
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_NAMED_TOTAL = re.compile(rf"(?P<name>.+?)[\W_]*(?P<word>{_WORDS})")
_NUMBER = r"[0-9][0-9,]*(?:\.[0-9]+)?\s*[百千万亿]?"
_UNIT = r"(?:[只个支枚片副双瓶盒包袋套台桶罐件箱]|pcs|pieces)"
_PART = rf"{_NUMBER}\s*{_UNIT}?"
_PARTS = rf"{_PART}(?:\s*[+＋]\s*{_PART})+"
_TOTAL_FIRST = re.compile(
    rf"(?:共计|合计|总计|总共|共|total)\s*[:：]?\s*({_NUMBER})\s*{_UNIT}?\s*[:：=＝,，(（]\s*({_PARTS})", re.I
)
_TOTAL_LAST = re.compile(rf"({_PARTS})\s*[=＝]\s*(?:共|合计)?\s*({_NUMBER})")
_COUNTED_PART = rf"[0-9][0-9,]*(?:\.[0-9]+)?\s*(?:[百千万亿]\s*{_UNIT}?|{_UNIT})(?![0-9.])"
_PARTS_ALONE = re.compile(rf"(?<![0-9.]){_COUNTED_PART}(?:\s*[+＋]\s*{_COUNTED_PART})+")


@dataclass(frozen=True)
class Counted:
    """A line for adding up: `quantity` None where none can be read; `texts` are its text cells."""

    line: int
    list_name: str
    name: str
    unit: str
    quantity: int | None
    texts: tuple[str, ...]


@dataclass(frozen=True)
class StatedTotal:
    """A total that was stated at a line and what its parts add up to."""

    line: int
    stated: int
    added: int

    @property
    def detail(self) -> str:
        return f"stated {self.stated}, its parts add up to {self.added}"


def total_level(line: Counted) -> tuple[int, str] | None:
    """(level, name that it is limited to or "") of a total line, None for goods."""
    for text in line.texts:
        if level := _LEVELS.get(_EDGES.sub("", name_key(text))):
            return level, ""
    match = _NAMED_TOTAL.fullmatch(name_key(line.name))
    return (_LEVELS[match["word"]], match["name"]) if match else None


def total_lines(lines: Iterable[Counted]) -> dict[int, StatedTotal | None]:
    """Every total line, with the mismatch where its stated sum is unlike its parts."""
    opened: dict[tuple[str, int], list[Counted]] = defaultdict(list)  # (list, level) -> parts since the last
    found: dict[int, StatedTotal | None] = {}
    for line in lines:
        level = total_level(line)
        if level is None:
            for rank in _RANKS:
                opened[line.list_name, rank].append(line)
            continue
        rank, limited_to = level
        added = sum(
            one.quantity or 0
            for one in opened[line.list_name, rank]
            if (not line.unit or one.unit == line.unit) and limited_to in name_key(one.name)
        )
        differs = line.quantity is not None and line.quantity != added
        found[line.line] = StatedTotal(line.line, line.quantity or 0, added) if differs else None
        if not limited_to:
            for closed in range(1, rank + 1):
                opened.pop((line.list_name, closed), None)
    return found


def total_in_text(line: Counted) -> StatedTotal | None:
    """A total written into one of the line's texts that is unlike the parts written beside it."""
    for text in line.texts:
        if match := _TOTAL_FIRST.search(text):
            stated, added = _number(match[1]), _sum(match[2])
        elif match := _TOTAL_LAST.search(text):
            stated, added = _number(match[2]), _sum(match[1])
        elif (match := _PARTS_ALONE.search(text)) and line.quantity is not None:
            stated, added = Decimal(line.quantity), _sum(match[0])
        else:
            continue
        if stated != added:
            return StatedTotal(line.line, int(stated), int(added))
    return None


def _sum(parts: str) -> Decimal:
    return sum((_number(part) for part in re.findall(_NUMBER, parts)), Decimal(0))


def _number(text: str) -> Decimal:
    times = TIMES.get(text[-1:], 1)
    return Decimal(text.rstrip("百千万亿").strip().replace(",", "")) * times
