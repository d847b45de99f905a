"""What forecasting asks of the store, on one snapshot: whole series, in bulk."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from ledger.store.store import Snapshot


class DailyRow(NamedTuple):
    """One item at one place on one day with movement, base units; see view_daily."""

    place: str
    item: str
    day: str
    received: int
    arrived: int
    issued: int
    dispatched: int
    other_in: int
    other_out: int
    usable_change: int


class Passage(NamedTuple):
    """One dispatch and what became of it; days as YYYY-MM-DD, None where it did not happen.

    `usable` is the first day on which any of it was usable at `to_place`, straight off the way or after
    inspection. `open_` tells that some is still in transit.
    """

    dispatch: str
    from_place: str
    to_place: str
    dispatched: str
    usable: str | None
    open_: bool


def daily_rows(snapshot: Snapshot) -> list[DailyRow]:
    """All movement by place, item and day, in that order."""
    rows = snapshot.select(
        f"SELECT {', '.join(DailyRow._fields)} FROM view_daily ORDER BY place, item, day"
    )
    return [DailyRow(*row) for row in rows]


def active_days(snapshot: Snapshot) -> dict[str, set[str]]:
    """The days on which each place has an entry or a confirmation."""
    days: dict[str, set[str]] = defaultdict(set)
    for place, day in snapshot.select(
        "SELECT place, day FROM view_activity WHERE entries > 0 OR confirmed > 0"
    ):
        days[place].add(day)
    return days


def passages(snapshot: Snapshot) -> list[Passage]:
    """Every dispatch, in the order of recording. A receipt that was reversed is no arrival."""
    usable: dict[str, str] = {}
    arrivals = snapshot.select(_STRAIGHT_TO_SHELF) + snapshot.select(_INSPECTED)
    for dispatch, day in sorted(arrivals, key=lambda row: row[1]):
        usable.setdefault(dispatch, day)
    open_ = {ref for (ref,) in snapshot.select(_STILL_OPEN)}
    rows = snapshot.select(
        "SELECT dispatch, from_place, to_place, day FROM view_dispatch ORDER BY entry_index"
    )
    return [Passage(*row, usable.get(row[0]), row[0] in open_) for row in rows]


# A reversal posts the same lot back into transit, so a day's net is what stayed.
_STRAIGHT_TO_SHELF = """
SELECT m.dispatch, m.day
FROM (
  SELECT from_ref AS dispatch, to_place AS place, day, quantity FROM view_posting
  WHERE from_account = 'transit' AND to_account = 'usable'
  UNION ALL
  SELECT to_ref, from_place, day, -quantity FROM view_posting
  WHERE to_account = 'transit' AND from_account = 'usable'
) m JOIN view_dispatch d ON d.dispatch = m.dispatch AND d.to_place = m.place
GROUP BY m.dispatch, m.day
HAVING sum(m.quantity) > 0
"""
_INSPECTED = """
SELECT a.from_ref, min(i.day)
FROM view_posting a JOIN view_posting i ON i.lot = a.lot
WHERE a.from_account = 'transit' AND a.to_account = 'to_inspect' AND i.from_account = 'to_inspect'
  AND i.to_account = 'usable' AND i.from_place = a.to_place AND i.day >= a.day
GROUP BY a.from_ref
"""
_STILL_OPEN = "SELECT DISTINCT ref FROM view_balance WHERE account = 'transit' AND quantity > 0"


def policies(snapshot: Snapshot) -> dict[tuple[str, str, str], int]:
    """(name, place or "", item or "") -> value."""
    rows = snapshot.select("SELECT name, place, item, value FROM view_policy")
    return {(name, place, item): value for name, place, item, value in rows}
