"""What forecasting asks of the store, on one snapshot: whole series, some places at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
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


class ExpiredStock(NamedTuple):
    """From `day` on, the usable account of an item at a place holds so much more that is expired."""

    place: str
    item: str
    day: str
    change: int


def centers(snapshot: Snapshot) -> list[str]:
    """The codes of all centers, sorted by Unicode code point on every database."""
    return sorted(key[0] for key, _ in snapshot.rows("view_place", kind="center"))


def daily_rows(snapshot: Snapshot, places: Sequence[str]) -> list[DailyRow]:
    """All movement at these places (at most some hundreds), by place, item and day, in that order."""
    rows = snapshot.select(
        f"SELECT {', '.join(DailyRow._fields)} FROM view_daily WHERE place IN ({_marks(places)})", *places
    )
    return sorted(DailyRow(*row) for row in rows)


def active_days(snapshot: Snapshot, places: Sequence[str]) -> dict[str, set[str]]:
    """The days on which each of these places has an entry or a confirmation."""
    days: dict[str, set[str]] = defaultdict(set)
    for place, day in snapshot.select(
        "SELECT place, day FROM view_activity"
        f" WHERE place IN ({_marks(places)}) AND (entries > 0 OR confirmed > 0)",
        *places,
    ):
        days[place].add(day)
    return days


def expired_stock(snapshot: Snapshot, before: str) -> list[ExpiredStock]:
    """How much of the usable accounts had expired, as changes by day; lots that expired before `before`.

    Expired is a date, not an entry: such stock stays in its account until somebody writes it off, and cannot
    be asked for meanwhile. A lot can be used to the end of its last day. What was left then is what is left
    now, less all that came since.
    """
    left: dict[tuple[str, str, str, str], int] = defaultdict(int)
    moved: dict[tuple[str, str, str, str], list[tuple[str, int]]] = defaultdict(list)
    for *key, quantity in snapshot.select(_LEFT_EXPIRED, before):
        left[key[0], key[1], key[2], key[3]] += quantity
    for place, item, lot, expiry, day, change in snapshot.select(_MOVED_EXPIRED, before):
        moved[place, item, lot, expiry].append((day, change))
    changes: dict[tuple[str, str, str], int] = defaultdict(int)
    for place, item, lot, expiry in left.keys() | moved.keys():
        since = moved.get((place, item, lot, expiry), [])
        first = (date.fromisoformat(expiry) + timedelta(days=1)).isoformat()
        changes[place, item, first] += left.get((place, item, lot, expiry), 0) - sum(c for _, c in since)
        for day, change in since:
            changes[place, item, day] += change
    return sorted(ExpiredStock(*key, change) for key, change in changes.items() if change)


_LEFT_EXPIRED = """
SELECT b.place, b.item, b.lot, l.expiry, b.quantity
FROM view_balance b JOIN view_lot l ON l.lot = b.lot
WHERE b.account = 'usable' AND b.quantity > 0 AND l.expiry > '' AND l.expiry < ? AND l.expiry <> 'unmarked'
"""
_MOVED_EXPIRED = """
SELECT m.place, m.item, m.lot, m.expiry, m.day, sum(m.quantity)
FROM (
  SELECT p.to_place AS place, p.item, p.lot, l.expiry, p.day, p.quantity
  FROM view_posting p JOIN view_lot l ON l.lot = p.lot
  WHERE p.to_account = 'usable' AND l.expiry > '' AND l.expiry < p.day
  UNION ALL
  SELECT p.from_place, p.item, p.lot, l.expiry, p.day, -p.quantity
  FROM view_posting p JOIN view_lot l ON l.lot = p.lot
  WHERE p.from_account = 'usable' AND l.expiry > '' AND l.expiry < p.day
) m
WHERE m.expiry < ? AND m.expiry <> 'unmarked'
GROUP BY m.place, m.item, m.lot, m.expiry, m.day
"""


def passages(snapshot: Snapshot) -> Iterator[Passage]:
    """Every dispatch, by place of arrival (sorted as `centers`) and order of recording; read piece by piece.

    A receipt that was reversed is no arrival.
    """
    order = _BY_CODE_POINT if snapshot.is_postgres else ""
    for row in snapshot.stream(_PASSAGES.format(order=order)):
        yield Passage._make((*row[:5], bool(row[5])))


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
SELECT a.from_ref AS dispatch, min(i.day) AS day
FROM view_posting a JOIN view_posting i ON i.lot = a.lot
WHERE a.from_account = 'transit' AND a.to_account = 'to_inspect' AND i.from_account = 'to_inspect'
  AND i.to_account = 'usable' AND i.from_place = a.to_place AND i.day >= a.day
GROUP BY a.from_ref
"""
_PASSAGES = f"""
SELECT d.dispatch, d.from_place, d.to_place, d.day, a.day, o.ref IS NOT NULL
FROM view_dispatch d
LEFT JOIN (
  SELECT dispatch, min(day) AS day
  FROM ({_STRAIGHT_TO_SHELF} UNION ALL {_INSPECTED}) arrivals GROUP BY dispatch
) a ON a.dispatch = d.dispatch
LEFT JOIN (SELECT DISTINCT ref FROM view_balance WHERE account = 'transit' AND quantity > 0) o
  ON o.ref = d.dispatch
ORDER BY d.to_place{{order}}, d.entry_index
"""
_BY_CODE_POINT = ' COLLATE "C"'


def policies(snapshot: Snapshot) -> dict[tuple[str, str, str], int]:
    """(name, place or "", item or "") -> value."""
    rows = snapshot.select("SELECT name, place, item, value FROM view_policy")
    return {(name, place, item): value for name, place, item, value in rows}


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))
