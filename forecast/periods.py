"""Days, weeks and months: what a table's periods are, told from its own dates, and their running numbers.

Days are counted from 1970-01-01 (as numpy's datetime64 does), weeks from Monday to Sunday.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from forecast.panel import DAILY, MONTHLY, WEEKLY, Rhythm

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

EPOCH = date(1970, 1, 1)
NAMES = {DAILY: "daily", WEEKLY: "weekly", MONTHLY: "monthly"}
MONTH_GAP_DAYS = 26
WEEK_GAP_DAYS = 6
MOST_SHARED = 0.1
"""Share of rows that may share their period with another of the series; 13 four-week rows fill 12 months."""


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

    The dates of the whole table decide where they are regular: one day of the month (or its first or last
    day), or one weekday. Where they are not, the rows do: monthly or weekly if neighbours of a series lie
    so far apart and (nearly) no two share a month or week, else daily. Without any day: daily, from 1970 on.
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
    if _same_day_of_month(days) or (days.size > 1 and np.diff(np.sort(days)).min() >= MONTH_GAP_DAYS):
        return MONTHLY
    return WEEKLY if days.size > 1 and np.unique(days % 7).size == 1 else None


def _same_day_of_month(days: IntArray) -> bool:
    """All on one day of the month, or each on the first or the last of one."""
    dated = days.astype("datetime64[D]")
    first = (dated - dated.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) == 0
    next_day = dated + np.timedelta64(1, "D")
    last = (next_day - next_day.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) == 0
    if bool((first | last).all()):
        return days.size == 1 or np.unique(dated.astype("datetime64[M]")).size > 1
    of_month = (dated - dated.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
    return days.size > 1 and np.unique(of_month).size == 1


def _by_neighbours(series: IntArray, days: IntArray) -> Rhythm:
    order = np.lexsort((days, series))
    ours, day = series[order], days[order]
    same = (ours[1:] == ours[:-1]) & (day[1:] > day[:-1])
    if not same.any():
        return DAILY
    gap = float(np.median((day[1:] - day[:-1])[same]))
    for rhythm, least in ((MONTHLY, MONTH_GAP_DAYS), (WEEKLY, WEEK_GAP_DAYS)):
        periods = period_numbers(day, rhythm)
        shared = float(((periods[1:] == periods[:-1]) & same).sum() / same.sum())
        if gap >= least and shared <= MOST_SHARED:
            return rhythm
    return DAILY
