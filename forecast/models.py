"""The models: quantiles of *total* demand over a protection interval, and day by day ahead.

`pooled_ets_nb` is half `ets_nb`, half the pooled location and scale of `pool`, learnt from all series of a
run. `pooled_short` is the pooled part alone, for a series of some weeks. `ets_nb` is the mean of the quantiles of two models: simulated residual paths of ETS(A,N,N) (`paths`) and
a negative binomial around a smoothed level (`counts`); equal weights, since learnt ones did not reliably
beat them (FORECAST.md; Kourentzes likewise). `plain_mean` is the textbook mean + z*sigma for short
histories. `too_short` is a Poisson law around a rate that is told, where there is no history to speak of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from forecast.counts import CountFit, CountModel, count_model, count_quantiles, fit_counts
from forecast.history import History, IntArray, LevelSeries, level_series
from forecast.horizon import ProtectionInterval
from forecast.panel import DAILY, panel_of
from forecast.paths import PATHS, LevelFit, bootstrap_paths, fit_level
from forecast.pool import Lesson, memory_of
from forecast.traits import traits_at

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


@dataclass(frozen=True)
class PooledTotal:
    """What a lesson says of one series' total over `length` periods: mean and quantiles by level."""

    length: int
    mean: float
    quantiles: Mapping[float, float]

    def over(self, levels: Sequence[float], periods: float, spread: float, variance: float) -> FloatArray:
        """Quantiles over an interval of `periods` +- sqrt(`spread`): the mean grows with the length, the
        distance from it with the standard deviation, `variance` being that of the total at a fixed length
        (law of total variance, as in the textbook formula of DOMAIN.md section 4)."""
        mean = self.mean * periods / self.length
        wider = ((variance + (self.mean / self.length) ** 2 * spread) / max(variance, 1e-9)) ** 0.5
        return np.array([mean + (self.quantiles[level] - self.mean) * wider for level in levels])


def pooled_totals(
    lesson: Lesson, series: LevelSeries, length: int, origins: Sequence[int], gapless: bool
) -> list[PooledTotal]:
    """The lesson read against the series as it stood at each origin."""
    traits = traits_at(panel_of([series.values], DAILY, [gapless]), length, np.array(origins))
    levels = tuple(lesson.shapes)
    means = lesson.location(traits)[:, 0].tolist()
    quantiles = lesson.quantiles(traits, levels)[:, 0].tolist()
    return [
        PooledTotal(length, mean, dict(zip(levels, row, strict=True)))
        for mean, row in zip(means, quantiles, strict=True)
    ]


class CombinedModel:
    """`ets_nb`, or `pooled_ets_nb` where there is a `pooled` part. Simulated once, for `horizon` periods; asking beyond it raises ValueError."""

    def __init__(
        self,
        parameters: CombinedParameters,
        series: LevelSeries,
        future_phases: IntArray,
        rng: np.random.Generator,
        pooled: PooledTotal | None = None,
        paths: int = PATHS,
    ) -> None:
        self.name = "ets_nb" if pooled is None else "pooled_ets_nb"
        self._pooled = pooled
        self._paths = bootstrap_paths(parameters.level, series, future_phases, rng, paths)
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
        quantiles, expected = (np.quantile(totals, asked) + counted) / 2, float(totals.mean() + mean) / 2
        if self._pooled is not None:
            periods = float(chances @ lengths)
            spread = float(chances @ (lengths - periods) ** 2)
            fixed = max(float(variances @ chances), expected)
            quantiles = (quantiles + self._pooled.over(levels, periods, spread, fixed)) / 2
            expected = (expected + self._pooled.mean * periods / self._pooled.length) / 2
        quantiles = np.maximum.accumulate(np.maximum(quantiles, 0.0))
        return TotalDemand(expected, tuple(quantiles.tolist()))

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
class ShortModel:
    """`pooled_short`: some weeks of history, read as long series taught to read them.

    Day by day the total's spread grows with the root of time, a count law round the mean.
    """

    pooled: PooledTotal
    name: str = "pooled_short"

    def rate(self) -> float:
        return self.pooled.mean / self.pooled.length

    def _variance(self) -> float:
        """Of the total over `length`, from the quantile nearest to .95 as if by a normal law."""
        level = min(self.pooled.quantiles, key=lambda known: abs(known - 0.95))
        width = (self.pooled.quantiles[level] - self.pooled.mean) / NormalDist().inv_cdf(level)
        return max(width, 0.0) ** 2 + self.pooled.mean

    def total(self, levels: Sequence[float], interval: ProtectionInterval) -> TotalDemand:
        lengths, chances = interval.durations()
        periods = float(chances @ lengths)
        spread = float(chances @ (lengths - periods) ** 2)
        found = np.maximum(self.pooled.over(levels, periods, spread, self._variance()), 0.0)
        return TotalDemand(self.rate() * periods, tuple(np.maximum.accumulate(found).tolist()))

    def cumulative(self, levels: Sequence[float], horizon: int) -> FloatArray:
        ahead = np.arange(1.0, horizon + 1.0)
        variance = np.maximum(self._variance() * ahead / self.pooled.length, self.rate() * ahead)
        return _rising(count_quantiles(self.rate() * ahead, variance, np.array(levels)))


def short_model(lesson: Lesson, series: LevelSeries, length: int) -> ShortModel:
    kept = min(series.size, memory_of(series.size))
    recent = replace(series, values=series.values[-kept:])
    return ShortModel(pooled_totals(lesson, recent, length, [kept], gapless=False)[0])


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
