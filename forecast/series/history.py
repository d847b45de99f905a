"""A series made ready for the models: days of no knowledge dropped, weekdays levelled, stock-outs completed.

A dropped period does not move a level: with simple exponential smoothing that is what a missing value
does (Hyndman et al. 2008, "Forecasting with Exponential Smoothing", section 12.2). So time is counted in
kept periods. Nothing here knows that a period is a day; a season of length 1 is no season.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forecast.series.censoring import complete, kaplan_meier, local_level
from forecast.series.demand import DemandSeries

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

WEEK = 7
SEASON_CYCLES = 8
"""A weekday pattern is looked for from eight whole weeks on."""
SEASON_CHANCE = 0.01
"""It is used if chance alone would show one as strong in fewer than 1 of 100 series (F test)."""
CLOSED_FACTOR = 0.05
"""A phase with less than a twentieth of the mean is closed: smoothing it would only add noise, and
leaving it out costs at most 0.7 % of the demand."""


@dataclass(frozen=True)
class History:
    """Demand per period that says something, oldest first.

    Attributes:
        demand: shape (n,), units of the item per period; the lower bound where censored.
        censored: shape (n,), True where demand was at least `demand`.
        phases: shape (n,), the place of each period in its season (Monday = 0 for days).
        next_phase: the phase of the first period ahead.
        season_length: 7 for days, 1 for no season.
    """

    demand: FloatArray
    censored: BoolArray
    phases: IntArray
    next_phase: int
    season_length: int

    @property
    def size(self) -> int:
        return int(self.demand.size)

    def future_phases(self, horizon: int) -> IntArray:
        return (self.next_phase + np.arange(horizon)) % self.season_length

    def without_season(self) -> History:
        return replace(self, phases=np.zeros_like(self.phases), next_phase=0, season_length=1)

    def upto(self, size: int) -> History:
        """The first `size` periods; the next phase is then that of the period that followed."""
        following = int(self.phases[size]) if size < self.size else self.next_phase
        return replace(
            self,
            demand=self.demand[:size],
            censored=self.censored[:size],
            phases=self.phases[:size],
            next_phase=following,
        )


@dataclass(frozen=True)
class LevelSeries:
    """A history without season and stock-outs: what the level models are fitted to.

    Attributes:
        values: shape (n,), completed demand of the open periods.
        level_values: shape (n,), `values` divided by the factor of their phase.
        phases: shape (n,), phases of the open periods.
        factors: shape (season_length,), seasonal factors, mean 1; 0 for a closed phase.
        observed: shape (n,), True where nothing was completed.
    """

    values: FloatArray
    level_values: FloatArray
    phases: IntArray
    factors: FloatArray
    observed: BoolArray

    @property
    def size(self) -> int:
        return int(self.values.size)

    def upto(self, size: int) -> LevelSeries:
        return LevelSeries(
            self.values[:size],
            self.level_values[:size],
            self.phases[:size],
            self.factors,
            self.observed[:size],
        )


def daily_history(series: DemandSeries) -> History:
    """The days of a series that are observed or censored, with their weekdays."""
    weekdays = (series.first_day.weekday() + np.arange(series.days)) % WEEK
    kept = ~series.missing_array()
    return History(
        demand=series.demand_array()[kept],
        censored=series.censored_array()[kept],
        phases=weekdays[kept].astype(np.int64),
        next_phase=(series.first_day.weekday() + series.days) % WEEK,
        season_length=WEEK,
    )


def known_days(series: DemandSeries) -> IntArray:
    """The day of each period of `daily_history`, as its ordinal (`date.fromordinal`)."""
    return np.asarray(series.first_day.toordinal() + np.flatnonzero(~series.missing_array()), dtype=np.int64)


def level_series(history: History, rng: np.random.Generator, learn_from: int | None = None) -> LevelSeries:
    """Level the season and complete the stock-outs.

    `learn_from` (default all) is how many of the first periods the season and the survival curve are
    learnt from, so that a back-test does not look ahead.
    """
    known = history.upto(history.size if learn_from is None else learn_from)
    factors = season_factors(known)
    open_ = factors[history.phases] > 0
    phases = history.phases[open_]
    factor = factors[phases]
    level_demand, censored = history.demand[open_] / factor, history.censored[open_]
    learnt = int(open_[: known.size].sum())
    local = local_level(level_demand, learnt) if censored.any() else np.ones(level_demand.size)
    ratio = level_demand / local
    curve = kaplan_meier(ratio[:learnt], censored[:learnt])
    drawn = complete(ratio, censored, curve, rng) * local
    completed = np.where(censored, np.maximum(drawn, level_demand), level_demand)
    return LevelSeries(completed * factor, completed, phases, factors, ~censored)


def season_factors(history: History) -> FloatArray:
    """Mean of each phase over the mean of all, from observed periods; all 1 if no season is plain to see.

    Ratio-to-mean factors of a level series; tested with the one-way F test (Fisher 1925).
    """
    from scipy.special import fdtrc

    length = history.season_length
    none = np.ones(length)
    seen = history.demand[~history.censored]
    phases = history.phases[~history.censored]
    counts = np.bincount(phases, minlength=length)
    if length == 1 or counts.min() < SEASON_CYCLES or not seen.any():
        return none
    means = np.bincount(phases, weights=seen, minlength=length) / counts
    between = float(counts @ (means - seen.mean()) ** 2) / (length - 1)
    within = float(((seen - means[phases]) ** 2).sum()) / (seen.size - length)
    if fdtrc(length - 1, seen.size - length, between / max(within, 1e-12)) > SEASON_CHANCE:
        return none
    factors: FloatArray = means / means.mean()
    return np.where(factors < CLOSED_FACTOR, 0.0, factors)
