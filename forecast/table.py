"""A table of past demand made into a panel: any rows in, a named fallback or a clear note for each series.

Rows are (series, day, demand) with, where they are known, what the shelf held. The periods are told from the
table itself (daily, weekly or monthly); a day inside a period counts to it. What each period says of demand:

    missing   no row; no number; or nothing to give: no stock to begin with and none received,
              or an empty shelf at the end and nothing issued
    at least  the shelf was empty at the end, and something was issued
    as is     all else
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from forecast.demand import INSUFFICIENT_SHARE, MOST
from forecast.lost import complete_panel
from forecast.panel import DAILY, MONTHLY, WEEKLY, Panel, Rhythm, panel_of

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

MONTH_GAP_DAYS = 28
WEEK_GAP_DAYS = 7
USUAL_SHARE = 0.5


@dataclass(frozen=True)
class Row:
    """One period of one series.

    Attributes:
        series: its name.
        day: any day of the period.
        demand: what was issued; None where the table has no number.
        to_give: stock at the beginning and received; None where it is not known.
        empty_at_end: the shelf was empty at the end.
    """

    series: str
    day: date
    demand: float | None
    to_give: float | None = None
    empty_at_end: bool = False


@dataclass(frozen=True)
class Table:
    """Demand per series and period on one calendar, oldest first, up to the latest period of the table.

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
        """Share of each series' periods, from its first row on, that are censored or missing."""
        begun = np.cumsum(~np.isnan(self.demand), axis=1) > 0
        lost = (self.censored | np.isnan(self.demand)) & begun
        return np.asarray(lost.sum(axis=1) / np.maximum(begun.sum(axis=1), 1), dtype=np.float64)

    def insufficient(self) -> BoolArray:
        """More than half of the history says too little: declared, never hidden."""
        return np.asarray(self.lost_share() > INSUFFICIENT_SHARE, dtype=np.bool_)

    def panel(self) -> Panel:
        """Stock-outs completed, missing periods dropped."""
        whole = complete_panel(self.demand, self.censored, self.rhythm.recent / 2)
        known = ~np.isnan(whole)
        series = [row[mask] for row, mask in zip(whole, known, strict=True)]
        gapless = [bool(mask[mask.argmax() :].all()) for mask in known]
        return panel_of(series, self.rhythm, gapless)


def tabulate(rows: Iterable[Row], fill_gaps: bool = False) -> Table:
    """Put rows, in any order, on one calendar; `fill_gaps`: an absent period after the first row is 0.

    Nothing is refused but an empty table (ValueError): what a row cannot mean is noted by series.
    """
    by_series: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_series[row.series].append(row)
    if not by_series:
        raise ValueError("the table holds no row")
    rhythm = rhythm_of([row.day for found in by_series.values() for row in found], by_series)
    places = {name: [period_of(row.day, rhythm) for row in found] for name, found in by_series.items()}
    first = min(min(found) for found in places.values())
    width = max(max(found) for found in places.values()) - first + 1
    names = tuple(sorted(by_series))
    demand = np.full((len(names), width), np.nan)
    censored = np.zeros((len(names), width), dtype=np.bool_)
    notes = []
    for i, name in enumerate(names):
        columns = [place - first for place in places[name]]
        notes.append(_fill(by_series[name], columns, demand[i], censored[i], fill_gaps))
    return Table(names, rhythm, _first_day(first, rhythm), demand, censored, tuple(notes))


def rhythm_of(days: Sequence[date], by_series: dict[str, list[Row]]) -> Rhythm:
    """Daily, weekly or monthly, by the most usual gap between neighbours of one series.

    Where no series has two rows, or the gaps tell nothing: monthly if every day is the first of a month.
    """
    gaps = [
        (later - earlier).days
        for found in by_series.values()
        for own in [sorted({row.day for row in found})]
        for earlier, later in zip(own, own[1:], strict=False)
    ]
    if not gaps:
        return MONTHLY if all(day.day == 1 for day in days) else DAILY
    if np.mean(np.array(gaps) >= MONTH_GAP_DAYS) > USUAL_SHARE:
        return MONTHLY
    return WEEKLY if np.mean(np.array(gaps) >= WEEK_GAP_DAYS) > USUAL_SHARE else DAILY


def period_of(day: date, rhythm: Rhythm) -> int:
    """A running number of the period that holds a day; weeks begin on Monday."""
    if rhythm is MONTHLY:
        return day.year * 12 + day.month - 1
    return (day.toordinal() - 1) // 7 if rhythm is WEEKLY else day.toordinal()


def _first_day(period: int, rhythm: Rhythm) -> date:
    if rhythm is MONTHLY:
        return date(period // 12, period % 12 + 1, 1)
    return date.fromordinal(period * 7 + 1) if rhythm is WEEKLY else date.fromordinal(period)


def _fill(
    rows: Sequence[Row], columns: Sequence[int], demand: FloatArray, censored: BoolArray, fill_gaps: bool
) -> tuple[str, ...]:
    """Write one series into its line of the calendar; returns what was wrong with it."""
    notes: dict[str, int] = defaultdict(int)
    seen: set[int] = set()
    nothing: set[int] = set()
    for row, column in sorted(zip(rows, columns, strict=True), key=lambda pair: pair[0].day):
        if column in seen:
            notes["more than one row in a period: added up"] += 1
        seen.add(column)
        units = _units(row, notes)
        if units is None:
            continue
        demand[column] = np.nansum([demand[column], units])
        censored[column] = row.empty_at_end
        if (row.to_give is not None and row.to_give <= 0) or (row.empty_at_end and units <= 0):
            nothing.add(column)
    if fill_gaps and seen:
        absent = [column for column in range(min(seen), demand.size) if column not in seen]
        demand[absent] = 0.0
    if _settle_returns(demand):
        notes["below 0: taken off the periods before"] += 1
    for column in nothing:
        if not demand[column] > 0:
            demand[column], censored[column] = np.nan, False
    return tuple(f"{what} ({count})" for what, count in notes.items())


def _units(row: Row, notes: dict[str, int]) -> float | None:
    if row.demand is None or not math.isfinite(row.demand):
        notes["no number: taken as missing"] += 1
        return None
    if abs(row.demand) > MOST:
        notes["larger than can be counted: taken as missing"] += 1
        return None
    return row.demand


def _settle_returns(demand: FloatArray) -> bool:
    """Take a period's net return off the demand before it, the latest first (as `demand` does by day)."""
    if not (demand < 0).any():
        return False
    owed = 0.0
    for column in range(demand.size - 1, -1, -1):
        if np.isnan(demand[column]):
            continue
        owed += max(0.0, -demand[column])
        kept = max(0.0, demand[column])
        taken = min(owed, kept)
        demand[column] = kept - taken
        owed -= taken
    return True


def days_of(first_day: date, periods: int, rhythm: Rhythm) -> list[date]:
    """The first day of each period from `first_day` on."""
    if rhythm is not MONTHLY:
        step = 7 if rhythm is WEEKLY else 1
        return [first_day + timedelta(days=step * i) for i in range(periods)]
    start = first_day.year * 12 + first_day.month - 1
    return [date((start + i) // 12, (start + i) % 12 + 1, 1) for i in range(periods)]
