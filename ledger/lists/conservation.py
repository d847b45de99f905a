"""More issued than received? By (name, unit) over all specifications, with conversions by printed packs.

Per item name (compared without spaces and case) and unit: what came in, against what went out. Where a
received line prints its pack and the issue is in the other unit of that pack, the receipt is converted
(450瓶/件: 36,000 瓶 = 80 件) and the finding is marked as computed; 件 and 箱 are then one outer case under
two names, so that 490 件 + 70 箱 stand against the 80 together. Every unit is compared with all that was
received in it, at the most generous reading (700/箱 holds pieces in whatever unit the line counts): what is
found is over even so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from ledger.lists.findings import Goods, name_key
from ledger.lists.packs import OUTER_CASE, is_pack_unit, printed_packs


@dataclass(frozen=True)
class OverIssued:
    """More of `name` went out than came in; `units` are those compared, `computed` with a conversion.

    `received` is in whole units, rounded down; `steps` says how it was converted.
    """

    name: str
    units: tuple[str, ...]
    received: int
    issued: int
    computed: bool
    steps: str
    lines: tuple[int, ...]

    @property
    def detail(self) -> str:
        units = "/".join(unit or "unstated" for unit in self.units)
        how = f" ({self.steps}, computed)" if self.computed else ""
        return f"{self.name}: received {self.received} {units}{how}, issued {self.issued}"


def over_issued(received: Iterable[Goods], issued: Iterable[Goods]) -> list[OverIssued]:
    """Every (name, unit) of which more was issued than received, in order of name; `lines` are the issues."""
    came: dict[str, list[Goods]] = defaultdict(list)
    went: dict[str, list[Goods]] = defaultdict(list)
    for goods in received:
        came[name_key(goods.name)].append(goods)
    for goods in issued:
        went[name_key(goods.name)].append(goods)
    return [found for name in sorted(went) for found in _of_name(came[name], went[name])]


def _of_name(came: list[Goods], went: list[Goods]) -> list[OverIssued]:
    in_cases = any(pack.outer in OUTER_CASE for goods in came for pack in printed_packs(goods.spec))
    groups: dict[tuple[str, ...], list[Goods]] = defaultdict(list)
    for goods in went:
        as_case = in_cases and goods.unit in OUTER_CASE
        groups[tuple(sorted(OUTER_CASE)) if as_case else (goods.unit,)].append(goods)
    found = []
    for units, lines in groups.items():
        received, steps = _received_in(units, came)
        issued = sum(goods.quantity for goods in lines)
        if len(units) > 1 and len({goods.unit for goods in (*came, *lines) if goods.unit in units}) > 1:
            steps.append(f"{' and '.join(units)} taken as one case")
        if issued > received:
            stated = tuple(unit for unit in units if any(goods.unit == unit for goods in lines))
            numbers = tuple(goods.line for goods in lines)
            how = "; ".join(steps)
            found.append(OverIssued(lines[0].name, stated, int(received), issued, bool(steps), how, numbers))
    return found


def _received_in(units: tuple[str, ...], came: list[Goods]) -> tuple[Fraction, list[str]]:
    """What was received, in one of `units`, and the conversions that went into it."""
    total, steps = Fraction(0), []
    for goods in came:
        if goods.unit in units:
            total += goods.quantity
        elif (converted := _converted(goods, units)) is not None:
            total += converted[0]
            steps.append(converted[1])
    return total, list(dict.fromkeys(steps))


def _converted(goods: Goods, units: tuple[str, ...]) -> tuple[Fraction, str] | None:
    for pack in printed_packs(goods.spec):
        text = f"{goods.quantity} {goods.unit} at {goods.spec}"
        inside = pack.inner or ("" if is_pack_unit(goods.unit) else goods.unit)
        if inside and inside == goods.unit and pack.outer in units:
            packs = Fraction(goods.quantity, pack.count)
            return packs, f"{text} = {int(packs)} {pack.outer}"
        in_this_pack = pack.outer == goods.unit or {pack.outer, goods.unit} <= OUTER_CASE
        if pack.inner and pack.inner in units and in_this_pack:
            pieces = goods.quantity * pack.count
            return Fraction(pieces), f"{text} = {pieces} {pack.inner}"
    return None
