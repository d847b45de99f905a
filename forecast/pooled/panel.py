"""Many series at once: a matrix whose last column is the newest period, and the sums that models look at.

Rows are series, columns periods; a row that began later than the others starts with NaN, and has none
after that. Periods of no knowledge are dropped beforehand (`history`), so a row's time is counted in kept
periods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

WARM_UP = 6
"""The level before the first period is the mean of the first six (or of half a shorter history)."""


@dataclass(frozen=True)
class Rhythm:
    """What a period is.

    Attributes:
        year: periods to a year.
        recent: periods of a recent mean.
        settled: periods of history from which on a series is no longer short.
        week: periods to a week, 1 where a period is no shorter.
        season: periods after which demand is like itself again; 0: a year.
    """

    year: int
    recent: int
    settled: int
    week: int = 1
    season: int = 0


MONTHLY = Rhythm(year=12, recent=12, settled=12)
WEEKLY = Rhythm(year=52, recent=12, settled=13)
DAILY = Rhythm(year=364, recent=56, settled=56, week=7)
"""364 days: whole weeks, so that a window of last year begins on the same weekday."""


@dataclass(frozen=True)
class Panel:
    """Demand of many series, made ready.

    Attributes:
        values: shape (n, periods), units of the item; NaN before a series begins, never after.
        rhythm: what a period is.
        gapless: shape (n,), True where no period was dropped, so that last year's window can be found.
    """

    values: FloatArray
    rhythm: Rhythm
    gapless: NDArray[np.bool_]

    @property
    def sizes(self) -> IntArray:
        """Known periods of each series."""
        return np.asarray((~np.isnan(self.values)).sum(axis=1), dtype=np.int64)

    def rows(self, chosen: IntArray | NDArray[np.bool_]) -> Panel:
        return replace(self, values=self.values[chosen], gapless=self.gapless[chosen])

    def upto(self, periods: int) -> Panel:
        """The first `periods` columns; rows that begin later are all NaN."""
        return replace(self, values=self.values[:, :periods])

    def newest(self, periods: int) -> Panel:
        return replace(self, values=self.values[:, -periods:])


def panel_of(series: Sequence[FloatArray], rhythm: Rhythm, gapless: Sequence[bool] | None = None) -> Panel:
    """Right-align series of different lengths; ValueError where one holds what is no demand."""
    longest = max((values.size for values in series), default=0)
    matrix = np.full((len(series), max(1, longest)), np.nan)
    for row, values in zip(matrix, series, strict=True):
        if not np.isfinite(values).all() or (values < 0).any():
            raise ValueError("demand must be finite and not below 0")
        if values.size:
            row[-values.size :] = values
    whole = [True] * len(series) if gapless is None else gapless
    return Panel(matrix, rhythm, np.array(whole, dtype=np.bool_))


def first_columns(values: FloatArray) -> IntArray:
    """The column in which each series begins; the number of columns if it never does."""
    known = ~np.isnan(values)
    starts = np.where(known.any(axis=1), known.argmax(axis=1), values.shape[1])
    return np.asarray(starts, dtype=np.int64)


def window_totals(values: FloatArray, length: int) -> FloatArray:
    """Total of the `length` periods from each column on, shape (n, periods - length + 1); NaN before."""
    sums = np.concatenate([np.zeros((len(values), 1)), np.cumsum(np.nan_to_num(values), axis=1)], axis=1)
    totals: FloatArray = sums[:, length:] - sums[:, :-length]
    totals[np.arange(totals.shape[1]) < first_columns(values)[:, None]] = np.nan
    return totals


def trailing_means(values: FloatArray, periods: int, columns: IntArray) -> FloatArray:
    """Mean of the (at most) `periods` known values before each column, shape (columns, n); 0 if none."""
    known = ~np.isnan(values)
    nought = np.zeros((len(values), 1))
    sums = np.concatenate([nought, np.cumsum(np.nan_to_num(values), axis=1)], axis=1)
    counts = np.concatenate([nought, np.cumsum(known, axis=1)], axis=1)
    before = np.maximum(columns - periods, 0)
    total, count = sums[:, columns] - sums[:, before], counts[:, columns] - counts[:, before]
    return np.asarray((total / np.maximum(count, 1)).T, dtype=np.float64)


def first_levels(values: FloatArray, periods: int = WARM_UP) -> FloatArray:
    """The level before the first period: the mean of the first few; shape (n,), 0 for an empty row."""
    starts, width = first_columns(values), values.shape[1]
    taken = np.clip((width - starts) // 2, 1, periods)
    place = np.minimum(starts[:, None] + np.arange(periods), width - 1)
    some = np.arange(periods) < taken[:, None]
    gathered = np.nan_to_num(np.take_along_axis(values, place, axis=1))
    return np.asarray((gathered * some).sum(axis=1) / taken, dtype=np.float64)


def smoothed_levels(values: FloatArray, smoothing: float, initial: FloatArray) -> FloatArray:
    """Levels of simple exponential smoothing, l[t] = a*y[t] + (1-a)*l[t-1]; shape (n, periods + 1).

    Column t is the level before period t. Before a series begins its level stands at `initial`.
    """
    filled = np.where(np.isnan(values), initial[:, None], values).T
    levels = np.empty((len(filled) + 1, len(initial)))
    levels[0] = initial
    for t, seen in enumerate(filled):  # period by period for all series: importing scipy.signal costs more
        levels[t + 1] = smoothing * seen + (1.0 - smoothing) * levels[t]
    return levels.T
