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


class Transport(NamedTuple):
    """One arrival of a dispatch at `to_place`: days as YYYY-MM-DD."""

    to_place: str
    dispatched: str
    arrived: str


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


def transports(snapshot: Snapshot) -> list[Transport]:
    """Every dispatch that arrived, with the day of its first arrival."""
    rows = snapshot.select(
        "SELECT d.to_place, d.day, min(p.day)"
        " FROM view_posting p JOIN view_dispatch d ON d.dispatch = p.from_ref"
        " WHERE p.from_account = 'transit' AND p.to_account IN ('usable', 'to_inspect', 'held', 'rejected')"
        " AND p.to_place = d.to_place GROUP BY d.dispatch, d.to_place, d.day"
    )
    return [Transport(*row) for row in rows]


def policies(snapshot: Snapshot) -> dict[tuple[str, str, str], int]:
    """(name, place or "", item or "") -> value."""
    rows = snapshot.select("SELECT name, place, item, value FROM view_policy")
    return {(name, place, item): value for name, place, item, value in rows}
