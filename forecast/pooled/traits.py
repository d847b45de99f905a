"""What a series looks like from a point in time: where its next total may lie, and how far it strayed.

Computed from the periods before each origin alone, for a whole panel and many origins in one pass. All
figures are in units of the item per window of `length` periods, so that one set of weights fits items of
any size.

    places   smoothed levels at four speeds, the recent mean, the recent mean times the season, the mean of
             all history, and the level smoothed at the series' own speed (`batch.own_levels`)
    spreads  smoothed absolute one-step error, and the root mean square error of past windows' totals
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.pooled.batch import own_levels
from forecast.pooled.panel import (
    Panel,
    first_columns,
    first_levels,
    smoothed_levels,
    trailing_means,
    window_totals,
)

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SPEEDS = (0.05, 0.15, 0.3, 0.6)
RECENT_PLACE = len(SPEEDS)
ERROR_SPEED = 0.08
SEASON_YEARS = 3
SEASON_SHRINK = 0.5
"""A window's share of last years' demand is drawn to 1 as if by half a year that showed no season."""
SEASON_BOUNDS = (0.2, 4.0)


@dataclass(frozen=True)
class Traits:
    """Traits at each origin (first axis) of each series (second).

    Attributes:
        places: shape (origins, n, 8), candidates for the expected total.
        spreads: shape (origins, n, 3), measures of how far totals lie from it.
        zero_share: shape (origins, n), share of recent periods without demand.
        size: shape (origins, n), a rough total, never under half a unit: what figures are divided by.
    """

    places: FloatArray
    spreads: FloatArray
    zero_share: FloatArray
    size: FloatArray

    def at(self, origin: int) -> Traits:
        """Those of one origin alone, without the first axis."""
        return self._part(origin)

    def latest(self) -> Traits:
        return self._part(-1)

    def rows(self, chosen: NDArray[np.bool_]) -> Traits:
        """Those of some series, where the first axis is theirs."""
        return self._part(chosen)

    @property
    def recent(self) -> FloatArray:
        """The recent mean, among the places."""
        return np.asarray(self.places[..., RECENT_PLACE], dtype=np.float64)

    def _part(self, chosen: int | NDArray[np.bool_]) -> Traits:
        return Traits(self.places[chosen], self.spreads[chosen], self.zero_share[chosen], self.size[chosen])


def traits_at(panel: Panel, length: int, origins: IntArray) -> Traits:
    """Traits as known before each of the columns `origins` (at most the number of periods)."""
    values, rhythm = panel.values, panel.rhythm
    initial = first_levels(values)
    levels = {speed: smoothed_levels(values, speed, initial) for speed in SPEEDS}
    recent = length * trailing_means(values, rhythm.recent, origins)
    places = [length * levels[speed][:, origins].T for speed in SPEEDS]
    season = _season(panel, length, origins)
    totals = window_totals(values, length) if values.shape[1] >= length else np.zeros((len(values), 0))
    spreads = [
        _step_error(values, levels[0.15])[:, origins].T * length**0.5,
        _total_error(totals, levels[0.05], values, length, origins),
        _total_error(totals, levels[0.3], values, length, origins),
    ]
    zeros = np.where(np.isnan(values), np.nan, values == 0)
    whole = length * trailing_means(values, values.shape[1], origins)
    own = length * own_levels(values, origins)
    return Traits(
        places=np.stack([*places, recent, recent * season, whole, own], axis=-1),
        spreads=np.stack(spreads, axis=-1),
        zero_share=trailing_means(zeros, 2 * rhythm.recent, origins),
        size=np.maximum(0.6 * recent + 0.3 * whole + 0.3 * places[1], 0.5),
    )


def _step_error(values: FloatArray, levels: FloatArray) -> FloatArray:
    errors = np.abs(values - levels[:, :-1])
    return smoothed_levels(errors, ERROR_SPEED, first_levels(errors))


def _total_error(
    totals: FloatArray, levels: FloatArray, values: FloatArray, length: int, origins: IntArray
) -> FloatArray:
    """Root mean square error of the totals of windows that had ended by each origin; 0 where none had."""
    windows = totals.shape[1]
    squares = (totals - length * levels[:, :windows]) ** 2
    squares[np.arange(windows) < first_columns(values)[:, None] + 2] = np.nan
    ended = np.maximum(origins - length + 1, 0)
    known = np.concatenate([np.zeros((len(values), 1)), np.cumsum(~np.isnan(squares), axis=1)], axis=1)
    sums = np.concatenate([np.zeros((len(values), 1)), np.cumsum(np.nan_to_num(squares), axis=1)], axis=1)
    return np.asarray(np.sqrt(sums[:, ended] / np.maximum(known[:, ended], 1)).T, dtype=np.float64)


def _season(panel: Panel, length: int, origins: IntArray) -> FloatArray:
    """Demand of the same window in up to three past years / that of the year around it (ratio to moving
    average, Persons 1919), drawn towards 1; shape (origins, n), 1 where no past year is known."""
    values, year = panel.values, panel.rhythm.season or panel.rhythm.year
    periods, starts = values.shape[1], first_columns(values)
    share = np.ones((len(origins), len(values)))
    if periods < year + length or not panel.gapless.any():
        return share
    totals = window_totals(values, length)
    for i, origin in enumerate(origins.tolist()):
        windows = [origin - back * year for back in range(1, SEASON_YEARS + 1)]
        windows = [start for start in windows if start >= 0 and start + length <= origin]
        if not windows:
            continue
        middles = np.array([min(origin, start + (year + length) // 2) for start in windows])
        around = length * trailing_means(values, year, middles)
        seen = (np.array(windows)[:, None] >= starts) & panel.gapless
        own = np.where(seen, np.nan_to_num(totals[:, windows].T), 0.0).sum(axis=0)
        usual = np.where(seen, around, 0.0).sum(axis=0)
        pull = SEASON_SHRINK * length * trailing_means(values, year, np.array([origin]))[0]
        ratio = (own + pull) / np.maximum(usual + pull, 1e-9)
        share[i] = np.where(usual > 0, np.clip(ratio, *SEASON_BOUNDS), 1.0)
    return share
