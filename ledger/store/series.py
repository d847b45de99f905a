"""What forecasting asks of the store, on one snapshot: whole series, some places at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

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
    """One dispatch and what became of it, or a request for which nothing was sent yet.

    Days are YYYY-MM-DD, None where it did not happen.

    Attributes:
        entry: id of the dispatch, or of the request.
        from_place: of a request the place that was asked, "" where none was named.
        usable: the first day on which any of it was usable at `to_place`, straight off the way or after
            inspection.
        requested: the day of the request that it answers, or else of the decision that it carries out; what
            was withdrawn or taken back counts for nothing.
        open_: some is still in transit, or the request waits.
    """

    entry: str
    from_place: str
    to_place: str
    dispatched: str | None
    usable: str | None
    requested: str | None
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


def daily_rows(snapshot: Snapshot, places: Sequence[str], item: str | None = None) -> list[DailyRow]:
    """All movement at these places (at most some hundreds), by place, item and day, in that order; of one
    item where told."""
    only, told = ("", ()) if item is None else (" AND item = ?", (item,))
    where = f"place IN ({_marks(places)}){only}"
    rows = snapshot.select(
        f"SELECT {', '.join(DailyRow._fields)} FROM view_daily WHERE {where}", *places, *told
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


def shut_days(snapshot: Snapshot, places: Sequence[str], before: str) -> dict[str, set[str]]:
    """The days before `before` on which each of these places was closed, sealed or merged into another."""
    rows = snapshot.select(
        f"SELECT place, day, number, status FROM view_status WHERE place IN ({_marks(places)})", *places
    )
    steps: dict[str, dict[str, bool]] = defaultdict(dict)
    for place, day, _, status in sorted(rows):  # of one day the last written counts
        steps[place][day] = status != "open"
    return {place: _days(held, before) for place, held in steps.items()}


def response_days(snapshot: Snapshot, places: Sequence[str], before: str) -> dict[str, set[str]]:
    """The days before `before` on which a recorded response reached each of these places."""
    found = _responses(snapshot, places)
    return {place: _days(held, before) for place, held in found.items()}


def response_levels(snapshot: Snapshot, places: Sequence[str], day: str) -> dict[str, int]:
    """The gravest level of response that reaches each of these places on a day; without those of none."""
    held = {
        place: [level for since, level in sorted(steps.items()) if since <= day]
        for place, steps in _responses(snapshot, places).items()
    }
    return {place: levels[-1] for place, levels in held.items() if levels and levels[-1]}


def _responses(snapshot: Snapshot, places: Sequence[str]) -> dict[str, dict[str, int]]:
    """Place -> day -> the gravest level from then on, 0 for none; without places that no area covers."""
    rows = sorted(snapshot.select("SELECT day, area, number, level FROM view_response"))
    if not rows:
        return {}
    areas = {area for _, area, _, _ in rows}
    codes = _admin_codes(snapshot, sorted(areas))
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for place, (above, within) in _reach(snapshot, places).items():
        covering = {area for area in areas if area in above or _lies_in(within, codes[area])}
        in_force: dict[str, int] = {}
        for day, area, _, level in rows:
            if area in covering:
                in_force[area] = level
                found[place][day] = min(filter(None, in_force.values()), default=0)
    return found


def _admin_codes(snapshot: Snapshot, areas: Sequence[str]) -> dict[str, str]:
    """Area -> the administrative code that it stands for: a registered one's own, else the area itself."""
    rows = snapshot.select(
        "SELECT code, admin_code FROM view_place WHERE kind IN ('district', 'street_office')"
        f" AND code IN ({_marks(areas)})",
        *areas,
    )
    return dict(zip(areas, areas, strict=True)) | {row[0]: row[1] for row in rows}


def _reach(snapshot: Snapshot, places: Sequence[str]) -> dict[str, tuple[set[str], set[str]]]:
    """Place -> (its code and those above it, their administrative codes)."""
    known: dict[str, tuple[str, str]] = {}
    wanted = set(places)
    while wanted:
        rows = snapshot.select(
            f"SELECT code, parent, admin_code FROM view_place WHERE code IN ({_marks(sorted(wanted))})",
            *sorted(wanted),
        )
        known |= {code: (parent, admin) for code, parent, admin in rows}
        wanted = {parent for _, parent, _ in rows if parent} - known.keys()
    reach: dict[str, tuple[set[str], set[str]]] = {}
    for place in places:
        above, within, code = set[str](), set[str](), place
        while code in known and code not in above:
            above.add(code)
            code, admin = known[code]
            within.add(admin)
        reach[place] = above, within
    return reach


def _lies_in(within: Iterable[str], area: str) -> bool:
    """Whether one of the administrative codes lies in an area's: GB/T 2260 and 10114 give two digits each to
    province, city and county, then three each to street and community, filled up with zeros."""
    if not area.isdigit():
        return False
    prefix = next((area[:cut] for cut in (2, 4, 6, 9) if not area[cut:].strip("0")), area)
    return any(code.startswith(prefix) for code in within)


def _days(steps: Mapping[str, object], before: str) -> set[str]:
    """The days on which what was stated holds and is true; each step holds until the next."""
    starts = sorted(day for day in steps if day < before)
    found: set[str] = set()
    for start, end in pairwise([*starts, before]):
        if steps[start]:
            first, last = date.fromisoformat(start).toordinal(), date.fromisoformat(end).toordinal()
            found.update(date.fromordinal(number).isoformat() for number in range(first, last))
    return found


def expired_stock(snapshot: Snapshot, before: str) -> list[ExpiredStock]:
    """How much of the usable accounts had expired, as changes by day; lots that expired before `before`.

    Expired is a date, not an entry: such stock stays in its account until somebody writes it off, and cannot
    be asked for meanwhile. A lot can be used to the end of its last day. What was left then is what is left
    now, less all that came since.
    """
    moved = snapshot.select(_MOVED_EXPIRED.format(only_to="", only_from=""), before)
    return _expired(snapshot.select(_LEFT_EXPIRED, before), moved)


def expired_at(snapshot: Snapshot, place: str, item: str, before: str) -> list[ExpiredStock]:
    """The same of one item at one place, without reading others: of the lots that lie there, or of which
    anything was used, lost or written off there. One that was sent on whole is not among them."""
    moved = _MOVED_EXPIRED.format(only_to=_OF_ONE.format("to"), only_from=_OF_ONE.format("from"))
    told = (place, place, item) * 2
    left = snapshot.select(_LEFT_EXPIRED + " AND b.place = ? AND b.item = ?", before, place, item)
    return _expired(left, snapshot.select(moved, *told, before))


def _expired(left_now: Iterable[Sequence[Any]], moved_since: Iterable[Sequence[Any]]) -> list[ExpiredStock]:
    left: dict[tuple[str, str, str, str], int] = defaultdict(int)
    moved: dict[tuple[str, str, str, str], list[tuple[str, int]]] = defaultdict(list)
    for *key, quantity in left_now:
        left[key[0], key[1], key[2], key[3]] += quantity
    for place, item, lot, expiry, day, change in moved_since:
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
_OF_ONE = """
  AND p.{}_place = ? AND p.lot IN (SELECT lot FROM view_balance WHERE place = ? AND item = ?)
"""
_MOVED_EXPIRED = """
SELECT m.place, m.item, m.lot, m.expiry, m.day, sum(m.quantity)
FROM (
  SELECT p.to_place AS place, p.item, p.lot, l.expiry, p.day, p.quantity
  FROM view_posting p JOIN view_lot l ON l.lot = p.lot
  WHERE p.to_account = 'usable' AND l.expiry > '' AND l.expiry < p.day {only_to}
  UNION ALL
  SELECT p.from_place, p.item, p.lot, l.expiry, p.day, -p.quantity
  FROM view_posting p JOIN view_lot l ON l.lot = p.lot
  WHERE p.from_account = 'usable' AND l.expiry > '' AND l.expiry < p.day {only_from}
) m
WHERE m.expiry < ? AND m.expiry <> 'unmarked'
GROUP BY m.place, m.item, m.lot, m.expiry, m.day
"""


def passages(snapshot: Snapshot) -> Iterator[Passage]:
    """Every dispatch, and every request that waits with nothing sent; read piece by piece.

    By place of arrival (sorted as `centers`) and order of recording. A receipt that was reversed is no
    arrival.
    """
    order = _BY_CODE_POINT if snapshot.is_postgres else ""
    for row in snapshot.stream(_PASSAGES.format(order=order)):
        yield Passage._make((*row[:6], bool(row[6])))


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
_REQUESTED = """
SELECT n.dispatch, COALESCE(r.day, CASE WHEN c.decision IS NOT NULL THEN COALESCE(s.day, c.day) END) AS day
FROM view_answer n
JOIN view_dispatch d ON d.dispatch = n.dispatch
LEFT JOIN view_request r ON r.request = n.request AND r.state <> 'withdrawn'
LEFT JOIN view_decision c ON c.decision = n.decision AND NOT c.reversed
LEFT JOIN (
  SELECT h.decision, h.place, min(w.day) AS day FROM view_share h JOIN view_request w ON w.request = h.request
  WHERE w.state <> 'withdrawn' GROUP BY h.decision, h.place
) s ON s.decision = n.decision AND s.place = d.to_place
"""
_WAITING = """
SELECT r.request AS entry, r.to_place AS from_place, r.place AS to_place, NULL AS dispatched, NULL AS usable,
  r.day AS requested, TRUE AS open_, r.entry_index
FROM view_request r
WHERE r.state IN ('open', 'part')
  AND NOT EXISTS (SELECT 1 FROM view_request_line l WHERE l.request = r.request AND l.sent > 0)
"""
_PASSAGES = f"""
SELECT entry, from_place, to_place, dispatched, usable, requested, open_ FROM (
SELECT d.dispatch AS entry, d.from_place, d.to_place, d.day AS dispatched, a.day AS usable,
  q.day AS requested, o.ref IS NOT NULL AS open_, d.entry_index
FROM view_dispatch d
LEFT JOIN ({_REQUESTED}) q ON q.dispatch = d.dispatch
LEFT JOIN (
  SELECT dispatch, min(day) AS day
  FROM ({_STRAIGHT_TO_SHELF} UNION ALL {_INSPECTED}) arrivals GROUP BY dispatch
) a ON a.dispatch = d.dispatch
LEFT JOIN (SELECT DISTINCT ref FROM view_balance WHERE account = 'transit' AND quantity > 0) o
  ON o.ref = d.dispatch
UNION ALL {_WAITING}
) p
ORDER BY to_place{{order}}, entry_index
"""
_BY_CODE_POINT = ' COLLATE "C"'


def policies(snapshot: Snapshot) -> dict[tuple[str, str, str], int]:
    """(name, place or "", item or "") -> value."""
    rows = snapshot.select("SELECT name, place, item, value FROM view_policy")
    return {(name, place, item): value for name, place, item, value in rows}


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))
