"""The views that only add up postings: view_flow and view_daily."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache

from ledger.domain.lots import IS_STOCK, RAISED_BY_LEAVING, Account, Lot
from ledger.domain.views import Key, Row
from ledger.projections.tables import Tables

_RECEIVED, _ARRIVED, _ISSUED, _DISPATCHED, _OTHER_IN, _OTHER_OUT, _USABLE, _STOCK = range(8)
_NO_DAY = (0,) * 8


def add_up(tables: Tables, lot_of: Callable[[str], Lot | None], postings: Iterable[Row]) -> None:
    """Add rows of view_posting to the rows that they count in."""
    flows: dict[Key, int] = defaultdict(int)
    days: dict[Key, int] = defaultdict(int)  # (place, item, day, column) -> change
    for lot_id, item, kind, place, ref, to_kind, to_place, to_ref, quantity, day in postings:
        lot = lot_of(lot_id)
        if lot is None:
            raise LookupError(f"lot {lot_id} was moved, but is not in view_lot")
        source, origin = lot.source, lot.origin
        reason = ref if kind == "written_off" else ""
        out = quantity if kind in RAISED_BY_LEAVING else -quantity
        flows[item, source, origin, place, kind, reason] += out
        reason = to_ref if to_kind == "written_off" else ""
        entered = -quantity if to_kind in RAISED_BY_LEAVING else quantity
        flows[item, source, origin, to_place, to_kind, reason] += entered
        for at_destination, column, sign in _columns(kind, to_kind, place == to_place):
            days[to_place if at_destination else place, item, day, column] += sign * quantity
    _put_flows(tables, flows)
    _put_days(tables, days)


def _put_flows(tables: Tables, flows: dict[Key, int]) -> None:
    for key, change in flows.items():
        row = tables.get("view_flow", key)
        quantity = row[0] + change if row else change
        tables.put("view_flow", key, (quantity,) if quantity else None)


def _put_days(tables: Tables, days: dict[Key, int]) -> None:
    rows: dict[Key, list[int]] = {}
    for (place, item, day, column), change in days.items():
        key = (place, item, day)
        row = rows.get(key)
        if row is None:
            row = rows[key] = list(tables.get("view_daily", key) or _NO_DAY)
        row[column] += change
    for key, row in rows.items():
        tables.put("view_daily", key, tuple(row))


@cache
def _columns(kind: str, to_kind: str, same_place: bool) -> tuple[tuple[bool, int, int], ...]:
    """(whether at the destination's place, column of view_daily, sign) that a posting between two kinds of
    account changes."""
    out_of, into = Account(kind, "from"), Account(to_kind, "from" if same_place else "to")
    changes = (*_daily(out_of, into, -1), *_daily(into, out_of, 1))
    return tuple((place == into.place, column, change) for place, column, change in changes)


def _daily(account: Account, other: Account, entered: int) -> tuple[tuple[str, int, int], ...]:
    """(place, column, change) of view_daily for `entered` base units into one side of a posting.

    Each side falls into one column, so that the columns of a day add up to its `stock_change`, and what never
    touched the shelf (issued as found) is there too. A posting against the usual direction (a reversal, a
    return to the shelf) lowers the column: each is net. Goods that were lost had left their sender before and
    never arrive.
    """
    kind, place, _ = account
    if kind == "usable":
        return (place, _STOCK, entered), (place, _USABLE, entered)
    if kind in IS_STOCK:
        return ((place, _STOCK, entered),)
    if kind == "issued":
        return ((place, _ISSUED, entered),)
    if kind == "transit" and other.kind != "lost":
        if other.place == place:
            return ((place, _ARRIVED, -entered),)
        return ((other.place, _DISPATCHED, entered),)
    if kind in ("transit", "lost"):
        return ()
    if kind in RAISED_BY_LEAVING:
        return ((place, _RECEIVED if kind == "received" else _OTHER_IN, -entered),)
    return ((place, _OTHER_OUT, entered),)
