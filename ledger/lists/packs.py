"""Pack units and printed pack sizes: what stands in a specification such as 450瓶/件. Nothing is guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PACK_ENDINGS = frozenset("箱件包袋盒")  # 小箱 and 大盒 too, by their last character
_PACK_WORDS = frozenset(
    {"case", "cases", "carton", "cartons", "box", "boxes", "pack", "packs", "bag", "bags"}
)
# One outer pack under two names: the lists use 件 and 箱 for the same case of goods.
OUTER_CASE = frozenset({"件", "箱"})
_MEASURES = frozenset(
    {"g", "mg", "kg", "ml", "l", "mm", "cm", "m", "克", "千克", "公斤", "升", "毫升", "斤", "吨"}
)
_COUNTED = re.compile(r"(?<![0-9.])([0-9]+)\s*([^\W\d_]*)\s*/\s*([^\W\d_]+)")
_INSIDE = re.compile(r"(?<![0-9.])[0-9]+\s*[只个支枚片副双瓶盒包袋套台桶罐粒卷块件]|[0-9]+\s*只?装")
_TIMES = re.compile(r"[*×xX]\s*[0-9]+")
_DIMENSIONS = re.compile(r"[0-9.]+(\s*[*×xX]\s*[0-9.]+){2,}\s*(cm|mm)?")


@dataclass(frozen=True)
class Pack:
    """`count` units of `inner` (may be empty) in one `outer`, as printed."""

    count: int
    inner: str
    outer: str


def is_pack_unit(unit: str) -> bool:
    """Whether a unit is a pack (箱, 件, 包, 袋, 盒 and their 大/小 forms), of how many it does not say."""
    return unit[-1:] in _PACK_ENDINGS or unit.casefold() in _PACK_WORDS


def printed_packs(spec: str) -> list[Pack]:
    """Every `N inner/outer` of a specification, measures (500公斤/桶, 0.5g/支) left out."""
    packs = [Pack(int(count[:9]), inner, outer) for count, inner, outer in _COUNTED.findall(spec)]
    return [pack for pack in packs if pack.count and pack.inner.casefold() not in _MEASURES]


def states_pack_size(spec: str) -> bool:
    """Whether a specification says how many are in the pack, in any of the ways that the lists use."""
    if _DIMENSIONS.fullmatch(spec):
        return False
    return bool(printed_packs(spec) or _INSIDE.search(spec) or _TIMES.search(spec))
