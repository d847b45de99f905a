"""One snapshot of the book as pages ask it, and what a process remembers between requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, NamedTuple

from dashboard.forecasts.scenarios import FILE_NAME
from dashboard.queries.registers import Registers
from forecast.emergency.burn import SurgeDays
from forecast.request import Forecast
from ledger.delay import SETTING
from ledger.domain.views import VIEWS
from ledger.home import Home
from ledger.published.confirmation import entries_published
from ledger.published.writing import PublishedError, PublishedLog
from ledger.record import BookFacts, Record
from ledger.store.reading import ForecastRun, Reading
from ledger.store.store import Snapshot


@dataclass
class Memory:
    """What is derived once for a state of the book and then remembered: newest state only."""

    _kept: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    def recall(self, name: str, state: Any, make: Any) -> Any:
        """What `make()` gave for `state`; made anew when the state is another."""
        known = self._kept.get(name)
        if known is None or known[0] != state:
            known = self._kept[name] = (state, make())
        return known[1]


class Book:
    """One consistent snapshot of the record.

    Attributes:
        reading: the store's questions.
        snapshot: the same moment of the store, for single rows of the views.
        facts: what entry 0 says.
        size: number of entries at this snapshot.
        today: the book's day.
    """

    def __init__(self, record: Record, snapshot: Snapshot, memory: Memory) -> None:
        self.snapshot = snapshot
        self.reading = reading = Reading(snapshot.connection)
        self.facts: BookFacts = record.facts
        self.size = reading.size()
        self.home = record.home
        self.memory = memory
        self.now: datetime = record.now()
        self.today: date = self.now.astimezone(record.facts.zone).date()

    @cached_property
    def forecast_run(self) -> ForecastRun:
        return self.reading.forecast_run()

    @cached_property
    def scenario_stamp(self) -> int:
        """When the book's scenario file was last written; 0 where there is none."""
        try:
            return (self.home / FILE_NAME).stat().st_mtime_ns
        except OSError:
            return 0

    @property
    def state(self) -> tuple[int, ForecastRun, date, int]:
        """All that a page is computed from, language apart."""
        return self.size, self.forecast_run, self.today, self.scenario_stamp

    @cached_property
    def registers(self) -> Registers:
        return Registers.of(self.reading.places(), self.reading.items())

    @cached_property
    def last_recorded_at(self) -> datetime:
        """When the newest entry was recorded."""
        newest = json.loads(self.reading.entry_bytes(self.size - 1, self.size)[0])
        return datetime.fromisoformat(newest["recorded_at"])

    @cached_property
    def published_size(self) -> int | None:
        """Size of the newest published checkpoint; None where nothing is published or it cannot be read."""
        try:
            checkpoint = PublishedLog(self.home / "log").checkpoint()
        except PublishedError:
            return None
        return checkpoint.size if checkpoint else None

    @cached_property
    def delay_hours(self) -> int:
        """How long after its recording an entry's words are published; 0: at once (ledger/delay.py)."""
        row = self.snapshot.row("view_policy", SETTING)
        return int(row[0]) if row else 0

    @cached_property
    def told_size(self) -> int:
        """How many entries, from the first, may be told in words; of the others hash and place alone."""
        return min(self.size, entries_published(Home(self.home))) if self.delay_hours else self.size

    def rows(self, view: str, **where: object) -> list[dict[str, Any]]:
        """Rows of a view (ledger/domain/views.py) with these values, by column name."""
        names = (*VIEWS[view].key, *VIEWS[view].values)
        found = self.snapshot.rows(view, **where)
        return [dict(zip(names, (*key, *values), strict=True)) for key, values in found]

    def forecasts(self, place: str | None = None, item: str | None = None) -> dict[tuple[str, str], Forecast]:
        """(place, item) -> newest forecast; see `known`."""
        return {key: one.forecast for key, one in self.known(place, item).items()}

    def known(self, place: str | None = None, item: str | None = None) -> dict[tuple[str, str], Known]:
        """(place, item) -> what the newest run knew: of one place or item where told, which reads no others.

        All of a book are read once per run of the forecasts, without the days and windows that only a story
        tells: they are most of a forecast's size.
        """
        whole = place is not None or item is not None

        def load() -> dict[tuple[str, str], Known]:
            rows = self.reading.forecasts(place, item)
            known = {(row.place, row.item): _known(row.result, whole) for row in rows}
            return {key: one for key, one in known.items() if one is not None}

        if whole:
            return load()
        found: dict[tuple[str, str], Known] = self.memory.recall("forecasts", self.forecast_run, load)
        return found


class Known(NamedTuple):
    """A stored forecast, and the days of the surge that the run found at the end of its history."""

    forecast: Forecast
    surge: SurgeDays | None


def _known(text: str, whole: bool) -> Known | None:
    """A stored forecast; None for one of an earlier shape, which counts as not yet made."""
    try:
        told = json.loads(text)
        if not whole:
            told["marks"] = ()
            told["backtest"] = told["backtest"] and told["backtest"] | {"past": ()}
        surge = told.pop("surge", None)
        return Known(Forecast.from_dict(told), SurgeDays.from_dict(surge) if surge else None)
    except (LookupError, TypeError, ValueError, AttributeError):
        return None


class Books:
    """Opens snapshots of one record; threads may share it."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self._memory = Memory()

    @contextmanager
    def open(self) -> Iterator[Book]:
        with self.record.store.read() as snapshot:
            yield Book(self.record, snapshot, self._memory)
