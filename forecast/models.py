"""The models: quantiles of *total* demand over a protection interval, and day by day ahead.

`ets_nb` is the mean of the quantiles of two models: simulated residual paths of ETS(A,N,N) (`paths`) and
a negative binomial around a smoothed level (`counts`); equal weights, since learnt ones did not reliably
beat them (FORECAST.md; Kourentzes likewise). `plain_mean` is the textbook mean + z*sigma for short
histories. `too_short` is a Poisson law around a rate that is told, where there is no history to speak of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from forecast.counts import CountFit, CountModel, count_model, count_quantiles, fit_counts
from forecast.history import History, IntArray, LevelSeries, level_series
from forecast.horizon import ProtectionInterval
from forecast.paths import LevelFit, bootstrap_paths, fit_level

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class TotalDemand:
    """Total demand over an interval: its mean and one quantile per level asked for, never falling."""

    mean: float
    quantiles: tuple[float, ...]


class DemandModel(Protocol):
    """What every model answers; `levels` are chances between 0 and 1, rising."""

    @property
    def name(self) -> str: ...

    def rate(self) -> float:
        """Expected demand per period, the season averaged out."""

    def total(self, levels: Sequence[float], interval: ProtectionInterval) -> TotalDemand: ...

    def cumulative(self, levels: Sequence[float], horizon: int) -> FloatArray:
        """Quantiles of demand from now to each period ahead, shape (horizon, levels); rising both ways."""


@dataclass(frozen=True)
class CombinedParameters:
    """What `ets_nb` learns slowly; a back-test learns it before its first origin and keeps it."""

    level: LevelFit
    counts: CountFit


def learn(series: LevelSeries, length: int) -> CombinedParameters:
    return CombinedParameters(fit_level(series), fit_counts(series, length))


class CombinedModel:
    """`ets_nb`. Simulated once, for `horizon` periods; asking beyond it raises ValueError."""

    name = "ets_nb"

    def __init__(
        self,
        parameters: CombinedParameters,
        series: LevelSeries,
        future_phases: IntArray,
        rng: np.random.Generator,
    ) -> None:
        self._paths = bootstrap_paths(parameters.level, series, future_phases, rng)
        self._counts: CountModel = count_model(parameters.counts, series)
        self._weights: FloatArray = np.cumsum(series.factors[future_phases])
        self._mean_factor = float(series.factors.mean())

    def rate(self) -> float:
        return self._counts.level * self._mean_factor

    def total(self, levels: Sequence[float], interval: ProtectionInterval) -> TotalDemand:
        """Integrated over the interval's length: each path is cut at its own, in proportion to chance;
        the negative binomial takes the mean and variance of the mixture (law of total variance)."""
        lengths, chances = interval.durations()
        self._check(int(lengths[-1]))
        spread = (np.arange(len(self._paths)) + 0.5) / len(self._paths)
        place = np.minimum(np.searchsorted(np.cumsum(chances), spread), lengths.size - 1)
        totals = self._paths[np.arange(len(self._paths)), lengths[place] - 1]
        means, variances = self._counts.moments(self._weights[lengths - 1])
        mean = chances @ means
        variance = chances @ variances + chances @ (means - mean) ** 2
        asked = np.array(levels)
        counted = count_quantiles(np.array([mean]), np.array([variance]), asked)[0]
        quantiles = np.maximum.accumulate((np.quantile(totals, asked) + counted) / 2)
        return TotalDemand(float(totals.mean() + mean) / 2, tuple(quantiles.tolist()))

    def cumulative(self, levels: Sequence[float], horizon: int) -> FloatArray:
        self._check(horizon)
        asked = np.array(levels)
        drawn = np.quantile(self._paths[:, :horizon], asked, axis=0).T
        counted = count_quantiles(*self._counts.moments(self._weights[:horizon]), asked)
        return _rising((drawn + counted) / 2)

    def _check(self, horizon: int) -> None:
        if horizon > self._paths.shape[1]:
            raise ValueError(f"horizon must be at most {self._paths.shape[1]} periods")


@dataclass(frozen=True)
class PlainModel:
    """`plain_mean`: mean + z * sqrt(P*sd^2 + d^2*sdL^2) (DOMAIN.md section 4, "SS statistical").

    d and sd are mean and standard deviation per period, P and sdL mean and standard deviation of the
    interval's length. sd^2 is at least d: a count scatters no less than the Poisson law.
    """

    mean: float
    variance: float
    name: str = "plain_mean"

    def rate(self) -> float:
        return self.mean

    def total(self, levels: Sequence[float], interval: ProtectionInterval) -> TotalDemand:
        lengths, chances = interval.durations()
        periods = float(chances @ lengths)
        spread = float(chances @ (lengths - periods) ** 2)
        sd = (periods * max(self.variance, self.mean) + self.mean**2 * spread) ** 0.5
        expected = self.mean * periods
        quantiles = (max(0.0, expected + NormalDist().inv_cdf(level) * sd) for level in levels)
        return TotalDemand(expected, tuple(quantiles))

    def cumulative(self, levels: Sequence[float], horizon: int) -> FloatArray:
        ahead = np.arange(1, horizon + 1)[:, None]
        z = np.array([NormalDist().inv_cdf(level) for level in levels])
        sd = np.sqrt(ahead * max(self.variance, self.mean))
        return _rising(np.maximum(0.0, self.mean * ahead + z * sd))


@dataclass(frozen=True)
class DeclaredModel:
    """`too_short`: Poisson demand around a rate told from outside (a scenario, or like series)."""

    declared: float
    name: str = "too_short"

    def rate(self) -> float:
        return self.declared

    def total(self, levels: Sequence[float], interval: ProtectionInterval) -> TotalDemand:
        lengths, chances = interval.durations()
        periods = float(chances @ lengths)
        mean = self.declared * periods
        variance = mean + self.declared**2 * float(chances @ (lengths - periods) ** 2)
        quantiles = count_quantiles(np.array([mean]), np.array([variance]), np.array(levels))[0]
        return TotalDemand(mean, tuple(quantiles.tolist()))

    def cumulative(self, levels: Sequence[float], horizon: int) -> FloatArray:
        mean = self.declared * np.arange(1.0, horizon + 1.0)
        return _rising(count_quantiles(mean, mean, np.array(levels)))


def plain_model(history: History, rng: np.random.Generator, at_least: float = 0.0) -> PlainModel:
    """The textbook model of all periods, stock-outs completed; its mean is raised to `at_least`."""
    values = level_series(history.without_season(), rng).values
    variance = float(values.var(ddof=1)) if values.size > 1 else 0.0
    return PlainModel(max(at_least, float(values.mean())), variance)


def _rising(quantiles: FloatArray) -> FloatArray:
    """More time never asks for less, nor does a higher level: irons out simulation noise."""
    return np.maximum.accumulate(np.maximum.accumulate(quantiles, axis=0), axis=1)
