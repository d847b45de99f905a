"""Days, weeks and months: what a table's periods are, told from its own dates, and their running numbers.

Days are counted from 1970-01-01 (as numpy's datetime64 does), weeks from Monday to Sunday.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from forecast.pooled.panel import DAILY, MONTHLY, WEEKLY, Rhythm

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

EPOCH = date(1970, 1, 1)
NAMES = {DAILY: "daily", WEEKLY: "weekly", MONTHLY: "monthly"}
MONTH_GAP_DAYS = 26
LONGEST_WEEK_DAYS = 27
YEAR_DAYS = range(360, 371)
NEVER = 10**9
REGULAR_SHARE = 0.9
MOST_SHARED = 0.02
"""Share of a series' rows that may lie in the same month or week as the row before."""
LEAST_FILLED = 0.5
"""Share of the months or weeks that must have a row: daily demand, if rare enough, rarely meets in a week."""


def with_season(rhythm: Rhythm, periods: int) -> Rhythm:
    """A rhythm whose demand is like itself again after so many periods; 1: never, not even in a week.

    Days: up to 27 periods take the place of the week, and the year stays.
    """
    if periods == 1:
        return replace(rhythm, week=1, season=NEVER)
    if rhythm.week > 1 and periods <= LONGEST_WEEK_DAYS:
        return replace(rhythm, week=periods)
    if periods == rhythm.year or (rhythm.week > 1 and periods in YEAR_DAYS):
        return rhythm
    return replace(rhythm, season=periods)


@dataclass(frozen=True)
class Calendar:
    """The periods of a table.

    Attributes:
        rhythm: daily, weekly or monthly.
        last: number of the origin's period: the newest of the whole table.
    """

    rhythm: Rhythm
    last: int

    @property
    def name(self) -> str:
        return NAMES[self.rhythm]

    def first_day(self, period: int) -> date:
        """The first day of a period; of the years 1 to 9999."""
        if self.rhythm is MONTHLY:
            return date(1970 + period // 12, period % 12 + 1, 1)
        return EPOCH + timedelta(days=period if self.rhythm is DAILY else period * 7 - 3)

    def width(self, first_day: int) -> int:
        """Periods from the one of a day, counted from 1970-01-01, to the last."""
        return self.last - int(period_numbers(np.array([first_day]), self.rhythm)[0]) + 1


def calendar_of(days: IntArray, series: IntArray, row_days: IntArray) -> Calendar:
    """The calendar of a table: its distinct `days`, and the rows (series and day) of some or all series.

    The distinct days of the whole table (rising) decide where they are regular: one day of the month, or its
    first or last day; one weekday; or never two within a month. Where they are not, neighbours in a series
    do: on the same day of the month or the same weekday, nine times of ten; or (nearly) always one to a month
    or week, and most months or weeks with one. All else is daily, as is a table without any day.
    """
    if not days.size:
        return Calendar(DAILY, 0)
    rhythm = _regular(days) or _by_neighbours(series, row_days)
    return Calendar(rhythm, int(period_numbers(days.max()[None], rhythm)[0]))


def period_numbers(days: IntArray, rhythm: Rhythm) -> IntArray:
    """The running number of the period that holds each day."""
    if rhythm is DAILY:
        return days.astype(np.int64)
    if rhythm is WEEKLY:
        return np.asarray((days.astype(np.int64) + 3) // 7, dtype=np.int64)  # 1970-01-01 was a Thursday
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    return months.astype(np.int64)


def _regular(days: IntArray) -> Rhythm | None:
    """What the distinct days (rising) of a whole table say, if they say anything."""
    gaps = np.diff(days)
    if days.size == 1:
        return MONTHLY if _edge_of_month(days)[0] else None
    if gaps.min() >= MONTH_GAP_DAYS or np.unique(_day_of_month(days)).size == 1:
        return MONTHLY
    if _edge_of_month(days).all() and np.unique(period_numbers(days, MONTHLY)).size > 1:
        return MONTHLY
    return WEEKLY if (gaps % 7 == 0).all() else None


def _by_neighbours(series: IntArray, days: IntArray) -> Rhythm:
    order = np.lexsort((days, series))
    ours, day = series[order], days[order]
    pair = (ours[1:] == ours[:-1]) & (day[1:] > day[:-1])
    if not pair.any():
        return DAILY
    earlier, later = day[:-1][pair], day[1:][pair]
    if np.mean(_same_place_in_month(earlier, later)) >= REGULAR_SHARE:
        return MONTHLY
    if np.mean((later - earlier) % 7 == 0) >= REGULAR_SHARE:
        return WEEKLY
    for rhythm in (MONTHLY, WEEKLY):
        before, after = period_numbers(earlier, rhythm), period_numbers(later, rhythm)
        shared, filled = np.mean(before == after), pair.sum() / max(1, (after - before).sum())
        if shared <= MOST_SHARED and filled >= LEAST_FILLED:
            return rhythm
    return DAILY


def _same_place_in_month(earlier: IntArray, later: IntArray) -> BoolArray:
    """Both on the same day of the month, or both on its first or last day."""
    edge = _edge_of_month(earlier) & _edge_of_month(later)
    same: BoolArray = _day_of_month(earlier) == _day_of_month(later)
    return same | (edge & (later - earlier >= MONTH_GAP_DAYS))


def _day_of_month(days: IntArray) -> IntArray:
    dated = days.astype("datetime64[D]")
    first = dated.astype("datetime64[M]").astype("datetime64[D]")
    return np.asarray((dated - first).astype(np.int64), dtype=np.int64)


def _edge_of_month(days: IntArray) -> BoolArray:
    return np.asarray((_day_of_month(days) == 0) | (_day_of_month(days + 1) == 0), dtype=np.bool_)
