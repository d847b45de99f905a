"""A table of past demand made into a panel: any rows in, on one calendar, with a note on what was odd.

What each period of a series says of demand (issue 4, part 6):

    missing   no row; no number; nothing to give all period (no stock to begin with, none received or found);
              or an empty shelf at the end and nothing issued
    at least  the shelf was empty at the end, and something was issued
    as is     all else
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from forecast.pooled.lost import complete_panel
from forecast.pooled.panel import Panel, Rhythm
from forecast.series.demand import INSUFFICIENT_SHARE, MOST
from forecast.tables.periods import Calendar, calendar_of, period_numbers, with_season

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

NO_DAY = np.iinfo(np.int32).min
"""In place of the day of a row whose date cannot be read."""
EMPTY_AT_END, NOTHING_TO_GIVE = 1, 2
"""Flags of a row: what the shelf held."""
MOST_PERIODS = 4000
"""Columns of a table, eleven years of days: one date of the year 9999 must not fill the memory."""

UNDATED = "no date: left out"
NO_NUMBER = "no number: taken as missing"
TOO_LARGE = "larger than can be counted: taken as missing"
COPIES = "the same row again: counted once"
SHARED = "more than one row in a period: added up"
NEGATIVE = "below 0: taken off the periods before"
TOO_OLD = "too long ago: left out"


@dataclass(frozen=True)
class Rows:
    """Rows of a table in any order, column by column.

    Attributes:
        names: the series, sorted, each once; also those of whose rows none can be used.
        series: shape (rows,), which of `names`.
        days: shape (rows,), days from 1970-01-01, or NO_DAY.
        demand: shape (rows,), units issued; NaN where there is no number.
        flags: shape (rows,), EMPTY_AT_END and NOTHING_TO_GIVE.
    """

    names: tuple[str, ...]
    series: IntArray
    days: IntArray
    demand: FloatArray
    flags: NDArray[np.uint8]

    def where(self, chosen: BoolArray | IntArray) -> Rows:
        return Rows(
            self.names, self.series[chosen], self.days[chosen], self.demand[chosen], self.flags[chosen]
        )

    def of_series(self, chosen: IntArray) -> Rows:
        """The rows of some series, by their (rising) numbers."""
        number = np.full(len(self.names), -1)
        number[chosen] = np.arange(chosen.size)
        own = self.where(number[self.series] >= 0)
        return replace(own, names=tuple(self.names[i] for i in chosen.tolist()), series=number[own.series])


@dataclass(frozen=True)
class Table:
    """Demand per series and period on one calendar, oldest first; the last column is the origin's.

    Attributes:
        names: the series, sorted.
        rhythm: daily, weekly or monthly.
        first_day: the first day of the first period.
        demand: shape (n, periods), NaN where missing; the lower bound where censored.
        censored: shape (n, periods).
        notes: per series, what was wrong with its rows, in plain words.
    """

    names: tuple[str, ...]
    rhythm: Rhythm
    first_day: date
    demand: FloatArray
    censored: BoolArray
    notes: tuple[tuple[str, ...], ...]

    def lost_share(self) -> FloatArray:
        """Share of each series' periods, from its first known one on, that are censored or missing; all of
        them where none is known."""
        begun = np.cumsum(~np.isnan(self.demand), axis=1) > 0
        lost = (self.censored | np.isnan(self.demand)) & begun
        known = begun.sum(axis=1)
        return np.where(known > 0, lost.sum(axis=1) / np.maximum(known, 1), 1.0)

    def insufficient(self) -> BoolArray:
        """More than half of the history says too little: declared, never hidden."""
        return np.asarray(self.lost_share() > INSUFFICIENT_SHARE, dtype=np.bool_)

    def panel(self) -> Panel:
        """Stock-outs completed, missing periods dropped, the newest known period last."""
        whole = complete_panel(self.demand, self.censored, self.rhythm.recent / 2)
        known = ~np.isnan(whole)
        sizes = known.sum(axis=1)
        width = max(1, int(sizes.max(initial=0)))
        values = np.full((len(whole), width), np.nan)
        row, _ = np.nonzero(known)
        place = np.cumsum(known, axis=1)[known] - 1 + width - sizes[row]
        values[row, place] = whole[known]
        gapless = sizes == np.where(sizes > 0, whole.shape[1] - known.argmax(axis=1), 0)
        return Panel(values, self.rhythm, gapless)


def tabulate(
    rows: Rows, fill_gaps: bool = False, calendar: Calendar | None = None, season: int | None = None
) -> Table:
    """Put rows on a calendar, by default their own; no row is refused.

    `fill_gaps`: an absent period after a series' first row is 0. `season`: see `periods.with_season`.
    """
    dated = rows.where(rows.days != NO_DAY)
    if calendar is None:
        calendar = calendar_of(np.unique(dated.days), dated.series, dated.days)
    odd = _Oddities(len(rows.names))
    odd.count(UNDATED, rows.series[rows.days == NO_DAY])
    kept = _without_copies(dated, odd)
    periods = period_numbers(kept.days, calendar.rhythm)
    columns = _columns(periods, calendar.last)
    recent = periods >= columns[0]
    odd.count(TOO_OLD, kept.series[~recent])
    demand, censored = _filled(kept.where(recent), periods[recent], columns, fill_gaps, odd)
    rhythm = calendar.rhythm if season is None else with_season(calendar.rhythm, season)
    first_day = calendar.first_day(int(columns[0]))
    return Table(rows.names, rhythm, first_day, demand, censored, odd.notes())


class _Oddities:
    """Counts, per series, of what was wrong with its rows."""

    def __init__(self, series: int) -> None:
        self._series = series
        self._counts: dict[str, IntArray] = {}

    def count(self, what: str, series: IntArray) -> None:
        if series.size:
            self._counts[what] = np.bincount(series, minlength=self._series)

    def notes(self) -> tuple[tuple[str, ...], ...]:
        notes: list[tuple[str, ...]] = [()] * self._series
        for what, counts in self._counts.items():
            for i in np.flatnonzero(counts).tolist():
                notes[i] += (f"{what} ({counts[i]})",)
        return tuple(notes)


def _without_copies(rows: Rows, odd: _Oddities) -> Rows:
    """Sorted by series and day; what is no number made NaN, a row that stands twice left in once."""
    odd.count(NO_NUMBER, rows.series[np.isnan(rows.demand)])
    large = np.abs(rows.demand) > MOST
    odd.count(TOO_LARGE, rows.series[large])
    rows = replace(rows, demand=np.where(large, np.nan, rows.demand))
    rows = rows.where(np.lexsort((rows.flags, rows.demand, rows.days, rows.series)))
    same = np.zeros(rows.series.size, dtype=np.bool_)
    same[1:] = (rows.series[1:] == rows.series[:-1]) & (rows.days[1:] == rows.days[:-1])
    same[1:] &= (rows.demand[1:] == rows.demand[:-1]) & (rows.flags[1:] == rows.flags[:-1])
    odd.count(COPIES, rows.series[same])
    return rows.where(~same)


def _columns(periods: IntArray, last: int) -> IntArray:
    """The periods of the table: all up to the origin, or, where that is too many, the newest with a row."""
    first = int(periods.min(initial=last))
    if last - first < MOST_PERIODS:
        return np.arange(first, last + 1)
    return np.unique(np.append(periods, last))[-MOST_PERIODS:]


def _filled(
    rows: Rows, periods: IntArray, columns: IntArray, fill_gaps: bool, odd: _Oddities
) -> tuple[FloatArray, BoolArray]:
    """Demand and which of it is only a lower bound, both of shape (series, columns)."""
    shape = len(rows.names), columns.size
    demand, censored = np.full(shape, np.nan), np.zeros(shape, dtype=np.bool_)
    if not rows.series.size:
        return demand, censored
    cell = rows.series * columns.size + np.searchsorted(columns, periods)
    starts = np.flatnonzero(np.append(True, cell[1:] != cell[:-1]))
    ends = np.append(starts[1:], cell.size) - 1
    odd.count(SHARED, rows.series[starts[ends > starts]])
    numbers = np.add.reduceat(~np.isnan(rows.demand), starts, dtype=np.int64)
    sums = np.add.reduceat(np.nan_to_num(rows.demand), starts)
    place = np.unravel_index(cell[starts], shape)
    demand[place] = np.where(numbers > 0, sums, np.nan)
    if fill_gaps:
        _fill_gaps(demand, place)
    _settle_returns(demand, odd)
    empty = (rows.flags[ends] & EMPTY_AT_END) > 0
    nothing = np.logical_and.reduceat((rows.flags & NOTHING_TO_GIVE) > 0, starts)
    lost = nothing | (empty & ~(demand[place] > 0))
    demand[place] = np.where(lost, np.nan, demand[place])
    censored[place] = empty & ~lost
    return demand, censored


def _fill_gaps(demand: FloatArray, present: tuple[IntArray, ...]) -> None:
    there = np.zeros(demand.shape, dtype=np.bool_)
    there[present] = True
    begun = np.logical_or.accumulate(there, axis=1)
    demand[begun & ~there] = 0.0


def _settle_returns(demand: FloatArray, odd: _Oddities) -> None:
    """Take a period's net return off the demand before it, the latest first (as `demand` does by day)."""
    negative = np.flatnonzero((demand < 0).any(axis=1))
    odd.count(NEGATIVE, negative)
    for i in negative.tolist():
        row, owed = demand[i], 0.0
        for column in np.flatnonzero(~np.isnan(row))[::-1].tolist():
            owed += max(0.0, -row[column])
            kept = max(0.0, row[column])
            taken = min(owed, kept)
            row[column] = kept - taken
            owed -= taken

