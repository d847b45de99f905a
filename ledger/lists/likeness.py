"""Lines that may be the same goods: exact repeats within a list, like lines of two periods, other units.

The rule for like lines, made so that it finds a whole consignment printed twice with small changes and does
not cry over common goods of unnamed donors. Two lines are alike when all of these hold:

- their days differ and both donors are named;
- donors: without legal-form words (有限公司, 集团 ...), the longest common subsequence of the two is at least
  3/5 of the shorter one;
- item names: letters and Chinese characters only, the shorter has at least 3 of them, and the longest common
  subsequence is at least 4/5 of it;
- their units are the same, and the quantities differ by at most a tenth of the larger.

Pairs are made one to one, the closest first.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from ledger.lists.findings import Finding, Goods, name_key

_LEGAL_FORM = re.compile(
    r"股份有限公司|有限责任公司|有限公司|集团公司|集团|公司|[（）()\s·]|co\.?,? ?ltd\.?|inc\.?", re.IGNORECASE
)
_NOT_LETTERS = re.compile(r"[\W\d_]+")
_COMMONEST = 400  # donors that share two neighbouring characters; past it the characters tell nothing


def exact_repeats(rows: Iterable[tuple[int, Mapping[str, str]]]) -> dict[int, int]:
    """surplus line -> the first line that it repeats, over all columns but the note."""
    first: dict[tuple[tuple[str, str], ...], int] = {}
    surplus: dict[int, int] = {}
    for line, cells in rows:
        key = tuple(sorted((column, cell) for column, cell in cells.items() if column != "note"))
        if key in first:
            surplus[line] = first[key]
        else:
            first[key] = line
    return surplus


def other_units(goods: Iterable[Goods]) -> list[Finding]:
    """same_goods_other_unit per item name, same_gift_other_unit per named donor, day and item name."""
    by_name: dict[str, list[Goods]] = defaultdict(list)
    by_gift: dict[tuple[str, str, str], list[Goods]] = defaultdict(list)
    for one in goods:
        by_name[name_key(one.name)].append(one)
        if one.donor:
            by_gift[one.donor, one.day, name_key(one.name)].append(one)
    return _in_several_units("same_goods_other_unit", by_name.values()) + _in_several_units(
        "same_gift_other_unit", by_gift.values()
    )


def _in_several_units(code: str, groups: Iterable[list[Goods]]) -> list[Finding]:
    found = []
    for group in groups:
        sums: dict[str, int] = defaultdict(int)
        for one in group:
            sums[one.unit or "unstated"] += one.quantity
        if len(sums) > 1:
            detail = f"{group[0].name}: " + " + ".join(f"{total} {unit}" for unit, total in sums.items())
            found.append(Finding(code, tuple(one.line for one in group), detail))
    return found


def alike_across_days(goods: list[Goods], earlier: list[Goods]) -> list[tuple[Goods, Goods]]:
    """One-to-one pairs of like lines: two of `goods`, or one of `earlier` (in the book before) and one of
    `goods`. The first of a pair is the one of the earlier day, or of the book."""
    known = {id(one) for one in earlier}
    pairs = []
    for group in _like_donor_groups([*earlier, *goods]):
        for one, other in group:
            if id(one) in known and id(other) in known:
                continue
            if one.unit != other.unit or one.day == other.day or not _close(one.quantity, other.quantity):
                continue
            if likeness := _like_names(one.name, other.name):
                gap = abs(one.quantity - other.quantity) / max(one.quantity, other.quantity)
                pairs.append((gap, -likeness, one, other))
    pairs.sort(key=lambda pair: (pair[0], pair[1], pair[2].line, pair[3].line))
    taken: set[int] = set()
    matched = []
    for _, _, one, other in pairs:
        if taken.isdisjoint((id(one), id(other))):
            taken |= {id(one), id(other)}
            swap = id(one) not in known and (id(other) in known or other.day < one.day)
            matched.append((other, one) if swap else (one, other))
    return matched


def _like_donor_groups(goods: list[Goods]) -> Iterable[Iterable[tuple[Goods, Goods]]]:
    """For each pair of like donors (a donor is like itself), the pairs of their lines."""
    lines: dict[str, list[Goods]] = defaultdict(list)
    for one in goods:
        if one.donor and (stem := _donor_stem(one.donor)):
            lines[stem].append(one)
    if len({one.day for one in goods}) < 2:
        return
    by_pair: dict[str, list[str]] = defaultdict(list)
    for stem in lines:
        for two in {stem[i : i + 2] for i in range(len(stem) - 1)}:
            by_pair[two].append(stem)
    seen: set[tuple[str, str]] = set()
    for stem, own in lines.items():
        yield ((own[i], own[j]) for i in range(len(own)) for j in range(i + 1, len(own)))
        for two in {stem[i : i + 2] for i in range(len(stem) - 1)}:
            for other in by_pair[two] if len(by_pair[two]) <= _COMMONEST else ():
                pair = (stem, other) if stem < other else (other, stem)
                if stem != other and pair not in seen:
                    seen.add(pair)
                    if 5 * common(*pair) >= 3 * min(len(stem), len(other)):
                        yield ((one, two_) for one in own for two_ in lines[other])


@lru_cache(maxsize=65_536)
def _donor_stem(donor: str) -> str:
    return _LEGAL_FORM.sub("", name_key(donor))


@lru_cache(maxsize=65_536)
def _letters(name: str) -> str:
    return _NOT_LETTERS.sub("", name_key(name))


def _like_names(one: str, other: str) -> float:
    """Share of the shorter name that the two have in common, 0 where that is under 4/5."""
    first, second = _letters(one), _letters(other)
    shorter = min(len(first), len(second))
    same = common(first, second) if shorter >= 3 else 0
    return same / max(len(first), len(second)) if same and 5 * same >= 4 * shorter else 0.0


def _close(one: int, other: int) -> bool:
    return abs(one - other) * 10 <= max(one, other)


def common(one: str, other: str) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for left in one:
        before = 0
        for j, right in enumerate(other, 1):
            before, row[j] = row[j], before + 1 if left == right else max(row[j], row[j - 1])
    return row[-1]
