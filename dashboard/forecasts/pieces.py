"""A run of forecasts in pieces: some centers with all their items, cut out of the ledger's views.

A piece is plain values, so that it can be worked on in another process or on another machine, and has a
digest, so that what was done can be kept. Pieces are cut alike whatever works on them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

import numpy as np

from forecast.request import ForecastRequest
from forecast.series.demand import DayMovement, DemandSeries, demand_series
from forecast.series.horizon import ProtectionInterval
from forecast.series.leadtime import LeadTime, LeadTimes, Shipment
from forecast.stock.policy import StockPolicy
from ledger.store.series import (
    DailyRow,
    ExpiredStock,
    Passage,
    active_days,
    centers,
    daily_rows,
    expired_stock,
    passages,
    policies,
    response_days,
    shut_days,
)
from ledger.store.store import Snapshot

CENTERS_A_PIECE = 4
SAMPLE_CENTERS = 60
"""What the series of a run teach each other is learnt from at most so many centers, evenly taken."""


@dataclass(frozen=True)
class Parameters:
    """What a run is told that the log does not say; published with it."""

    lead_time_days: int = 3  # of a place that nothing has been sent to yet, and no policy speaks of
    review_period_days: int = 7
    band_days: int = 42


@dataclass(frozen=True)
class Asked:
    """One item at one place, and what is asked of it.

    Attributes:
        rows: its days with movement, in order.
        expired: (day, change) of expired stock in the usable account, in order.
    """

    place: str
    item: str
    kind: str
    criticality: str
    service_level: int
    interval: ProtectionInterval
    rows: tuple[DailyRow, ...]
    expired: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Piece:
    """Attributes:
    number: 0 for the first.
    centers: how many it is made of.
    today: the book's day; demand up to the day before is counted.
    log_size: how many entries the views were made of.
    silent: place -> the days since its first movement on which nothing was heard of it, or it was shut.
    response: place -> the days of a recorded response there; places without any are left out.
    """

    number: int
    centers: int
    today: date
    log_size: int
    band_days: int
    silent: Mapping[str, tuple[date, ...]]
    asked: tuple[Asked, ...]
    response: Mapping[str, tuple[date, ...]] = field(default_factory=dict)

    def digest(self) -> str:
        """SHA-256 of all that the answer depends on, beside what the run was taught."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


def request_of(piece: Piece, asked: Asked) -> ForecastRequest:
    return ForecastRequest(
        key=f"{asked.place}|{asked.item}",
        series=series_of(
            movements(asked.rows, asked.expired, piece.today),
            piece.silent[asked.place],
            piece.response.get(asked.place, ()),
            piece.today,
        ),
        interval=asked.interval,
        policy=StockPolicy(asked.criticality, asked.service_level),
        log_size=piece.log_size,
        kind=asked.kind,
        like=asked.item,
        band_days=piece.band_days,
    )


def movements(rows: Sequence[DailyRow], expired: Sequence[tuple[str, int]], today: date) -> list[DayMovement]:
    """The days before `today` on which an item moved at a place or expired there, from the first movement on.

    `rows` are its days with movement, in order; `expired` is (day, change) of the expired stock in the usable
    account, which cannot be asked for and is left out of what is usable.
    """
    if not rows:
        return []
    gone = dict(expired)
    by_day = {row.day: row for row in rows}
    usable, found = 0, []
    for text in sorted(by_day.keys() | gone.keys()):
        row, day = by_day.get(text), date.fromisoformat(text)
        usable += (row.usable_change if row else 0) - gone.get(text, 0)
        if text >= rows[0].day and day < today:
            found.append(_movement(day, row, max(0, usable)))
    return found


def series_of(
    moved: Sequence[DayMovement], silent: Collection[date], response: Collection[date], today: date
) -> DemandSeries:
    """Demand from the first of these days to yesterday; empty if there is none."""
    if not moved:
        return DemandSeries(today, (), (), ())
    return demand_series(moved, moved[0].day, today - timedelta(days=1), 0, silent, response)


def _movement(day: date, row: DailyRow | None, usable_end: int) -> DayMovement:
    if row is None:  # a lot expired, nothing moved
        return DayMovement(day, usable_end=usable_end)
    return DayMovement(
        day=day,
        received=row.received + row.arrived + row.other_in,
        issued=row.issued,
        moved_out=row.dispatched + row.other_out,
        usable_end=usable_end,
    )


class Cutter:
    """Cuts the pieces of one snapshot. Memory grows with one piece, the settings and what has expired."""

    def __init__(self, snapshot: Snapshot, log_size: int, today: date, parameters: Parameters) -> None:
        self._snapshot, self._size, self._today, self._parameters = snapshot, log_size, today, parameters
        self.centers = centers(snapshot)
        self._items = {key[0]: row for key, row in snapshot.rows("view_item")}
        self._policy = _Policies(policies(snapshot), parameters)
        self._expired = _by_place(expired_stock(snapshot, today.isoformat()))
        places = np.linspace(0, len(self.centers) - 1, min(len(self.centers), SAMPLE_CENTERS))
        self._sample = [self.centers[place] for place in np.unique(places.astype(np.int64)).tolist()]
        sampled = set(self._sample)
        known = [shipment(one) for one in passages(snapshot) if one.to_place in sampled]
        self._book = LeadTimes(known, today)

    def sample(self) -> list[ForecastRequest]:
        """Requests of the centers that teach; what cannot be read is reported when its piece is answered."""
        found = []
        for piece in self._cut(self._sample):
            for asked in piece.asked:
                with suppress(Exception):
                    found.append(request_of(piece, asked))
        return found

    def pieces(self, wanted: Collection[str] | None = None) -> Iterator[Piece]:
        """Of all centers of the book, or of those that are wanted."""
        return self._cut([one for one in self.centers if wanted is None or one in wanted])

    def _cut(self, places: Sequence[str]) -> Iterator[Piece]:
        arriving = groupby(passages(self._snapshot), lambda one: one.to_place)
        ahead = next(arriving, None)
        for number, start in enumerate(range(0, len(places), CENTERS_A_PIECE)):
            some = places[start : start + CENTERS_A_PIECE]
            found: list[Shipment] = []
            while ahead is not None and ahead[0] <= some[-1]:
                if ahead[0] in some:
                    found += map(shipment, ahead[1])
                ahead = next(arriving, None)
            yield self._piece(number, some, LeadTimes(found, self._today, self._book))

    def _piece(self, number: int, places: Sequence[str], lead_times: LeadTimes) -> Piece:
        rows = daily_rows(self._snapshot, places)
        asked = tuple(
            self._asked(place, item, tuple(group), lead_times.of(place))
            for (place, item), group in groupby(rows, key=lambda row: (row.place, row.item))
        )
        first: dict[str, str] = {}
        for one in asked:
            first[one.place] = min(one.rows[0].day, first.get(one.place, one.rows[0].day))
        active = active_days(self._snapshot, places)
        shut = shut_days(self._snapshot, places, self._today.isoformat())
        heard = {place: active[place] - shut.get(place, set()) for place in first}
        silent = {place: _silent(day, heard[place], self._today) for place, day in first.items()}
        marked = response_days(self._snapshot, places, self._today.isoformat())
        response = {place: tuple(map(date.fromisoformat, sorted(days))) for place, days in marked.items()}
        return Piece(
            number, len(places), self._today, self._size, self._parameters.band_days, silent, asked, response
        )

    def _asked(self, place: str, item: str, rows: tuple[DailyRow, ...], measured: LeadTime | None) -> Asked:
        kind, criticality = self._items[item][4], self._items[item][5]
        return Asked(
            place, item, kind, criticality, self._policy.service_level(criticality, place, item),
            self._policy.interval(place, item, measured), rows, tuple(self._expired.get((place, item), ())),
        )  # fmt: skip


def _silent(first_day: str, active: set[str], today: date) -> tuple[date, ...]:
    begun = date.fromisoformat(first_day).toordinal()
    days = (date.fromordinal(number) for number in range(begun, today.toordinal()))
    return tuple(day for day in days if day.isoformat() not in active)


def _by_place(changes: Iterable[ExpiredStock]) -> dict[tuple[str, str], list[tuple[str, int]]]:
    found: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for one in changes:
        found.setdefault((one.place, one.item), []).append((one.day, one.change))
    return found


def shipment(passage: Passage) -> Shipment:
    """A dispatch or a waiting request, as a lead time is measured from it; what came to nothing has ended."""
    dispatched, usable, requested = (
        date.fromisoformat(day) if day else None
        for day in (passage.dispatched, passage.usable, passage.requested)
    )
    ended = None if usable or passage.open_ else dispatched
    return Shipment(passage.to_place, passage.from_place, dispatched, usable, requested, ended)


class _Policies:
    """Settings in force: of the place and item, of the item, of the place, of the book; else the default."""

    def __init__(self, settings: Mapping[tuple[str, str, str], int], parameters: Parameters) -> None:
        self.settings, self.parameters = settings, parameters

    def get(self, name: str, place: str, item: str, default: int) -> int:
        for scope in ((place, item), ("", item), (place, ""), ("", "")):
            if (value := self.settings.get((name, *scope))) is not None:
                return value
        return default

    def service_level(self, criticality: str, place: str, item: str) -> int:
        default = StockPolicy.of(criticality).service_level_per_mille
        return self.get(f"service_level_{criticality}", place, item, default)

    def interval(self, place: str, item: str, measured: LeadTime | None) -> ProtectionInterval:
        """The measured lead time where any dispatch has arrived, else the book's own setting."""
        days = self.get("lead_time_days", place, item, self.parameters.lead_time_days)
        review = self.get("review_period_days", place, item, self.parameters.review_period_days)
        if measured is None:
            return ProtectionInterval(days, 0, review)
        begun_at = measured.measured_from.value
        return ProtectionInterval(days, 0, review, measured.sample(), begun_at, measured.finished)
