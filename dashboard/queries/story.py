"""One item at one center from its first day on: what the shelf held, what was asked for, what would have been
enough, what to keep.

The past is that of the maintained views; how each day was read, the past windows and the levels are those of
the stored forecast. So a page and a forecast say the same numbers, and the log is not read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from dashboard.forecasts.pieces import movements, series_of
from dashboard.forecasts.summary import pooled_in
from dashboard.queries.book import Book
from dashboard.queries.stock import Standing
from forecast.evaluate import Backtest, PastWindow, pooled_coverage
from forecast.request import Forecast, seeded
from forecast.series.demand import DayMovement, DayState, DemandSeries
from forecast.series.marks import states_from
from ledger.store.series import active_days, daily_rows, expired_at, response_days, shut_days

MOST_DAYS = 550
"""Eighteen months; what lies before them is left out of the pictures, so that a page stays as quick."""


@dataclass(frozen=True)
class Day:
    """One day at one shelf; quantities in base units.

    Attributes:
        usable: at its end, neither held nor expired.
        issued: net of what came back.
        state: whether the day's issues are its demand.
        empty: nothing usable at its end.
    """

    day: date
    usable: int
    issued: int
    state: DayState
    empty: bool


@dataclass(frozen=True)
class Period:
    """Some days together: a week or a month, cut where the history begins or ends."""

    days: tuple[Day, ...]

    @property
    def first(self) -> date:
        return self.days[0].day

    @property
    def last(self) -> date:
        return self.days[-1].day

    @property
    def issued(self) -> int:
        return sum(day.issued for day in self.days)

    @property
    def lowest(self) -> int:
        return min(day.usable for day in self.days)

    @property
    def highest(self) -> int:
        return max(day.usable for day in self.days)

    @property
    def end(self) -> int:
        return self.days[-1].usable

    @property
    def empty(self) -> int:
        return sum(day.empty for day in self.days)

    @property
    def at_least(self) -> int:
        """Days that asked for at least what was issued."""
        return sum(day.state is DayState.CENSORED for day in self.days)

    @property
    def unknown(self) -> int:
        """Days that say nothing of what was asked for."""
        return sum(day.state is DayState.MISSING for day in self.days)

    @property
    def look(self) -> str:
        """How the sum is to be read: known, at_least (some days are lost), or unknown (all are)."""
        if self.unknown == len(self.days):
            return "unknown"
        return "at_least" if self.at_least or self.unknown else "known"


@dataclass(frozen=True)
class Look:
    """One past window at one level: what was said before, what was used then; base units."""

    first: date
    last: date
    said: int
    used: int
    known: bool

    @property
    def short(self) -> int:
        """How much was missing at least."""
        return max(0, self.used - self.said)

    @property
    def verdict(self) -> str:
        """enough, short, or unknown: the shelf ran empty, and what was used tells only the least."""
        if self.short:
            return "short"
        return "enough" if self.known else "unknown"


@dataclass(frozen=True)
class Tested:
    """The back-test at the level that is kept.

    Attributes:
        level_per_mille: the level tried, the nearest to the service level.
        enough, windows: of the scored windows, how many would have been covered.
        looks: every window, those too that are not scored; empty where only the counts are stored.
        book: (covered, windows) of all items of the book at this level.
    """

    level_per_mille: int
    enough: int
    windows: int
    length_days: int
    looks: tuple[Look, ...]
    book: tuple[int, int]

    @property
    def left_out(self) -> int:
        return sum(not look.known for look in self.looks)

    @property
    def left_out_short(self) -> int:
        """Of these, where what was issued alone was more than was said."""
        return sum(not look.known and look.short > 0 for look in self.looks)


@dataclass(frozen=True)
class Story:
    """All that the page of one item at one center tells.

    Attributes:
        days: the history to yesterday, at most MOST_DAYS.
        cut: whether older days are left out.
        waves: first and last day of the responses and surges in it.
        deliveries: dispatches to this center on record, of any item.
        series: the demand behind `days`, all of it; None before the first whole day.
    """

    standing: Standing
    days: tuple[Day, ...]
    cut: bool
    waves: tuple[tuple[date, date], ...]
    deliveries: int
    tested: Tested | None
    series: DemandSeries | None

    @property
    def whole(self) -> Period:
        """The history as one period; only where there are days."""
        return Period(self.days)

    def weeks(self) -> list[Period]:
        """From Monday to Sunday."""
        return _periods(self.days, lambda day: day.isocalendar()[:2])

    def months(self) -> list[Period]:
        return _periods(self.days, lambda day: (day.year, day.month))

    def in_wave(self, period: Period) -> bool:
        return any(first <= period.last and period.first <= last for first, last in self.waves)


def story(book: Book, standing: Standing) -> Story:
    """The story of one standing; its page and its four pictures ask for the same, so the newest is kept."""
    key = (book.state, standing.place.code, standing.item.code)
    told: Story = book.memory.recall("story", key, lambda: _story(book, standing))
    return told


def _story(book: Book, standing: Standing) -> Story:
    place, item = standing.place.code, standing.item.code
    today = book.today.isoformat()
    expired = [(one.day, one.change) for one in expired_at(book.snapshot, place, item, today)]
    moved = movements(daily_rows(book.snapshot, [place], item), expired, book.today)
    shut = shut_days(book.snapshot, [place], today).get(place, set())
    active = active_days(book.snapshot, [place])[place] - shut
    response = response_days(book.snapshot, [place], today).get(place, set())
    forecast = standing.forecast
    series = _as_read(_series(moved, active, response, book.today), forecast) if moved else None
    days = tuple(_days(series, moved)) if series else ()
    return Story(
        standing=standing, days=days[-MOST_DAYS:], cut=len(days) > MOST_DAYS,
        waves=_shown(_waves(series, f"{place}|{item}"), days[-MOST_DAYS:]) if series and forecast else (),
        deliveries=len(book.rows("view_dispatch", to_place=place)),
        tested=_tested(book, forecast), series=series,
    )  # fmt: skip


def _series(
    moved: Sequence[DayMovement], active: Collection[str], response: Collection[str], today: date
) -> DemandSeries:
    begun = moved[0].day
    days = [begun + timedelta(days=n) for n in range((today - begun).days)]
    silent = [day for day in days if day.isoformat() not in active]
    return series_of(moved, silent, [day for day in days if day.isoformat() in response], today)


def _as_read(series: DemandSeries, forecast: Forecast | None) -> DemandSeries:
    """The days as the forecast read them; those since then as the views show them."""
    if forecast is None or forecast.first_day is None:
        return series
    shift = (forecast.first_day - series.first_day).days
    until = max(0, min(series.days, (forecast.origin - series.first_day).days))
    states, response = states_from([(at + shift, n, what) for at, n, what in forecast.marks], until)
    return replace(
        series, states=(*states, *series.states[until:]), response=(*response, *series.response[until:])
    )


def _days(series: DemandSeries, moved: Sequence[DayMovement]) -> Iterator[Day]:
    """Every day of the series; on one without movement there lay what was left the day before."""
    by_day, usable = {one.day: one for one in moved}, 0
    for number, (demand, state) in enumerate(zip(series.demand, series.states, strict=True)):
        day = series.first_day + timedelta(days=number)
        one = by_day.get(day) or DayMovement(day, usable_end=usable)
        usable = one.usable_end or 0
        empty = usable == 0 or state is DayState.CENSORED
        issued = max(0, one.issued) if state is DayState.MISSING else demand
        yield Day(day, 0 if empty else usable, issued, state, empty)


def _shown(waves: Iterable[tuple[date, date]], days: Sequence[Day]) -> tuple[tuple[date, date], ...]:
    """Those that reach into the days shown, cut at their first."""
    first = days[0].day
    return tuple((max(start, first), last) for start, last in waves if last >= first)


def _waves(series: DemandSeries, key: str) -> Iterator[tuple[date, date]]:
    """Recorded responses where there are any, else the surges that the alarm sees in the demand."""
    from forecast.emergency.waves import waves_of

    marked = [series.first_day + timedelta(days=n) for n, on in enumerate(series.response) if on]
    if not marked:
        yield from waves_of(series, seeded(key))
        return
    start = last = marked[0]
    for day in marked[1:]:
        if (day - last).days > 1:
            yield start, last
            start = day
        last = day
    yield start, last


def _tested(book: Book, forecast: Forecast | None) -> Tested | None:
    test = forecast.backtest if forecast else None
    if forecast is None or test is None:
        return None
    at = nearest_level(test, forecast.service_level_per_mille)
    level = test.levels[at]
    pooled = book.memory.recall("pooled", book.forecast_run, lambda: _pooled(book))
    looks = tuple(_look(window, at) for window in test.past)
    return Tested(
        round(level * 1000), test.covered[at], test.windows, test.length_days, looks,
        pooled.get(level, (test.covered[at], test.windows)),
    )  # fmt: skip


def nearest_level(test: Backtest, per_mille: int) -> int:
    """The place of the tried level that is nearest to a service level."""
    return min(range(len(test.levels)), key=lambda i: abs(test.levels[i] - per_mille / 1000))


def _pooled(book: Book) -> dict[float, tuple[int, int]]:
    """Of all items of the book: as the run told, else from the forecasts themselves."""
    told = pooled_in(book.forecast_run.summary)
    return pooled_coverage(one.backtest for one in book.forecasts().values()) if told is None else told


def _look(window: PastWindow, at: int) -> Look:
    return Look(window.first_day, window.last_day, window.quantities[at], window.demand, window.known)


def _periods(days: Iterable[Day], of: Any) -> list[Period]:
    return [Period(tuple(group)) for _, group in groupby(days, key=lambda day: of(day.day))]
