"""The models: quantiles of *total* demand over a protection interval, and day by day ahead.

`pooled_ets_nb` is half `ets_nb`, half the pooled location and scale of `pool`, learnt from all series of a
run; `ets_nb` the mean of the quantiles of simulated residual paths of ETS(A,N,N) and of a negative binomial
round a smoothed level (`rolling`); equal weights, since learnt ones did not reliably beat them (FORECAST.md;
Kourentzes likewise). `pooled_short` is the pooled part alone, for a series of some weeks. `plain_mean` is
the textbook mean + z*sigma. `too_short` is a Poisson law round a rate that is told, where there is no
history to speak of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from forecast.pooled.counts import count_quantiles, variance_shape
from forecast.pooled.panel import DAILY, panel_of
from forecast.pooled.pool import Lesson, memory_of
from forecast.pooled.traits import traits_at
from forecast.series.history import History, LevelSeries, level_series
from forecast.series.horizon import ProtectionInterval

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
class PooledTotal:
    """What a lesson says of one series' total over `length` periods: mean and quantiles by level."""

    length: int
    mean: float
    quantiles: Mapping[float, float]

    def over(self, levels: Sequence[float], periods: float, spread: float, variance: float) -> FloatArray:
        """Quantiles over an interval of `periods` +- sqrt(`spread`): the mean grows with the length, the
        distance from it with the standard deviation, `variance` being that of the total at a fixed length."""
        mean = self.mean * periods / self.length
        wider = _widened(variance, self.mean / self.length, spread)
        return np.array([mean + (self.quantiles[level] - self.mean) * wider for level in levels])


def _widened(variance: float, rate: float, spread: float) -> float:
    """What the standard deviation of a total grows by where the length of its interval has the variance
    `spread`: law of total variance, as in the textbook formula of DOMAIN.md section 4."""
    known = max(variance, 1e-9)
    return float(((known + rate**2 * spread) / known) ** 0.5)


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


@dataclass(frozen=True)
class SettledModel:
    """A series with history enough, answered by `settled`: `pooled_ets_nb`, or `ets_nb` where too few series
    are there to learn from.

    Attributes:
        length: level periods (open days of factor 1) of the total that `mean` and `quantiles` speak of.
        mean, variance, quantiles: of that total; quantiles by level.
        smoothing: of ETS(A,N,N); shapes how the spread grows with time.
        weights: shape (horizon,), seasonal factors of the days ahead, summed up to each.
        mean_factor: mean of the factors; below 1 where days are closed.
    """

    name: str
    length: int
    mean: float
    variance: float
    smoothing: float
    quantiles: Mapping[float, float]
    weights: FloatArray
    mean_factor: float

    def rate(self) -> float:
        return self.mean / self.length * self.mean_factor

    def total(self, levels: Sequence[float], interval: ProtectionInterval) -> TotalDemand:
        """The mean grows with the interval, the distance from it with its standard deviation. KeyError for a
        level not learnt."""
        lengths, chances = interval.durations()
        self._check(int(lengths[-1]))
        weights = self.weights[lengths - 1]
        weight = float(chances @ weights)
        scale, spread = weight / self.length, float(chances @ (weights - weight) ** 2)
        wider = _widened(self.variance * scale, self.mean / self.length, spread)
        mean = self.mean * scale
        found = [mean + (self.quantiles[level] * scale - mean) * wider for level in levels]
        return TotalDemand(mean, tuple(np.maximum.accumulate(np.maximum(found, 0.0)).tolist()))

    def cumulative(self, levels: Sequence[float], horizon: int) -> FloatArray:
        """A negative binomial whose variance grows as that of ETS(A,N,N) does (`counts`)."""
        self._check(horizon)
        weights = self.weights[:horizon]
        whole = variance_shape(np.array([float(self.length)]), self.smoothing)[0]
        variances = self.variance * variance_shape(weights, self.smoothing) / whole
        means = self.mean / self.length * weights
        return _rising(count_quantiles(means, np.maximum(variances, means), np.array(levels)))

    def _check(self, horizon: int) -> None:
        if horizon > self.weights.size:
            raise ValueError(f"horizon must be at most {self.weights.size} days")


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
