"""A negative binomial for total demand, around a smoothed level, as wide as the totals' own past errors.

FORECAST.md row "e NB + SES level". The mean is the level of simple exponential smoothing, its parameter
the one whose errors of *totals* over the length in question were smallest; the variance is the mean
square of those errors. Periods ahead of other lengths take the shape of ETS(A,N,N):

    Var(total over h) = s2 * (h + a*h*(h-1) + a^2*h*(h-1)*(2h-1)/6)

(Snyder, Koehler, Hyndman & Ord 2004, European Journal of Operational Research 158:444-455; it is the sum
of (1 + k*a)^2, k = 0..h-1.) A variance below the mean is raised to it: the Poisson law is the floor.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

SMOOTHING_GRID = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
MANY = 1e5
"""From this mean on the gamma law of the same moments stands in: within three units in 100,000, and the
search for a whole number, which needs minutes at 1e15, is spared."""


def variance_shape(h: FloatArray, smoothing: float) -> FloatArray:
    """Var(total over h) / Var(one step) of ETS(A,N,N); formula in the module's head."""
    grown = smoothing * (h - 1.0) * (1.0 + smoothing * (2.0 * h - 1.0) / 6.0)
    return np.asarray(h * (1.0 + grown), dtype=np.float64)


def count_quantiles(mean: FloatArray, variance: FloatArray, levels: FloatArray) -> FloatArray:
    """Quantiles of the negative binomial of this mean and variance, shape (means, levels).

    r = mean^2 / (variance - mean), p = mean / variance; the Poisson law where variance is not above
    the mean.
    """
    from scipy.special import gammaincinv
    from scipy.stats import nbinom, poisson

    quantiles = np.zeros((mean.size, levels.size))
    many = mean >= MANY
    wide = (variance > mean * (1 + 1e-9)) & (mean > 0) & ~many
    narrow = ~wide & (mean > 0) & ~many
    if many.any():
        m, v = mean[many, None], np.maximum(variance, mean)[many, None]
        quantiles[many] = gammaincinv(m * (m / v), levels) * (v / m)
    m, v = mean[wide, None], variance[wide, None]
    if wide.any():
        quantiles[wide] = nbinom.ppf(levels, m * m / (v - m), m / v)
    if narrow.any():
        quantiles[narrow] = poisson.ppf(levels, mean[narrow, None])
    return quantiles
