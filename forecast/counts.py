"""A negative binomial for total demand, around a smoothed level, as wide as the totals' own past errors.

FORECAST.md row "e NB + SES level". The mean is the level of simple exponential smoothing, its parameter
the one whose errors of *totals* over the length in question were smallest; the variance is the mean
square of those errors. Periods ahead of other lengths take the shape of ETS(A,N,N):

    Var(total over h) = s2 * (h + a*h*(h-1) + a^2*h*(h-1)*(2h-1)/6)

(Snyder, Koehler, Hyndman & Ord 2004, European Journal of Operational Research 158:444-455; it is the sum
of (1 + k*a)^2, k = 0..h-1.) A variance below the mean is raised to it: the Poisson law is the floor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.history import LevelSeries
from forecast.paths import smoothed

FloatArray = NDArray[np.float64]

SMOOTHING_GRID = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)


@dataclass(frozen=True)
class CountFit:
    """`smoothing` of the level and the length, in open periods, at which the error is measured."""

    smoothing: float
    length: int


@dataclass(frozen=True)
class CountModel:
    """`level` per open period of factor 1; `variance_unit`: Var(total over h) / shape(h)."""

    smoothing: float
    level: float
    variance_unit: float

    def moments(self, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean and variance of totals whose seasonal factors sum to `weights`."""
        mean = self.level * weights
        return mean, np.maximum(mean, self.variance_unit * variance_shape(weights, self.smoothing))


def variance_shape(h: FloatArray, smoothing: float) -> FloatArray:
    """Var(total over h) / Var(one step) of ETS(A,N,N); formula in the module's head."""
    grown = smoothing * (h - 1.0) * (1.0 + smoothing * (2.0 * h - 1.0) / 6.0)
    return np.asarray(h * (1.0 + grown), dtype=np.float64)


def fit_counts(series: LevelSeries, length: int) -> CountFit:
    """The smoothing parameter with the smallest mean square error of totals over `length` periods."""
    length = max(1, min(length, series.size // 3))
    errors = [float(np.mean(_total_errors(series, a, length) ** 2)) for a in SMOOTHING_GRID]
    return CountFit(SMOOTHING_GRID[int(np.argmin(errors))], length)


def count_model(fit: CountFit, series: LevelSeries) -> CountModel:
    errors = _total_errors(series, fit.smoothing, fit.length)
    shape = variance_shape(np.array([float(fit.length)]), fit.smoothing)[0]
    level = smoothed(series.level_values, fit.smoothing, series.initial_level)[-1]
    return CountModel(fit.smoothing, max(0.0, float(level)), float(np.mean(errors**2)) / float(shape))


def _total_errors(series: LevelSeries, smoothing: float, length: int) -> FloatArray:
    """Errors of every total over `length` periods, forecast from the level before it.

    The first `length` origins only warm the level up, where the history is long enough to spare them.
    """
    levels = smoothed(series.level_values, smoothing, series.initial_level)
    actual = np.concatenate([[0.0], np.cumsum(series.values)])
    weight = np.concatenate([[0.0], np.cumsum(series.factors[series.phases])])
    last = series.size - length
    first = min(length, last // 2)
    starts = np.arange(first, last + 1)
    totals = actual[starts + length] - actual[starts]
    errors: FloatArray = totals - levels[starts] * (weight[starts + length] - weight[starts])
    return errors


def count_quantiles(mean: FloatArray, variance: FloatArray, levels: FloatArray) -> FloatArray:
    """Quantiles of the negative binomial of this mean and variance, shape (means, levels).

    r = mean^2 / (variance - mean), p = mean / variance; the Poisson law where variance is not above
    the mean.
    """
    from scipy.stats import nbinom, poisson

    quantiles = np.zeros((mean.size, levels.size))
    wide = (variance > mean * (1 + 1e-9)) & (mean > 0)
    narrow = ~wide & (mean > 0)
    m, v = mean[wide, None], variance[wide, None]
    if wide.any():
        quantiles[wide] = nbinom.ppf(levels, m * m / (v - m), m / v)
    if narrow.any():
        quantiles[narrow] = poisson.ppf(levels, mean[narrow, None])
    return quantiles
