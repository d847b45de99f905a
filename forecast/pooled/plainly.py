"""The last resort: what can always be said of a series, whatever failed, also of one not known at all."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

PLAIN_MEAN = "plain_mean"
LIKE_OTHERS = "like_others"


def plain_quantiles(values: FloatArray, length: int, levels: Sequence[float]) -> tuple[FloatArray, float]:
    """Quantiles and mean of the total over `length` periods: mean + z * sigma, with no iteration to fail.

    Var(total) = P*v*(1 + P/n) (textbook: the spread of P periods and that of a mean of n), v at least the
    mean. `values` are finite and not below 0; none at all gives 0.
    """
    if not values.size:
        return np.zeros(len(levels)), 0.0
    mean = float(values.mean())
    variance = max(mean, float(values.var(ddof=1))) if values.size > 1 else mean
    sigma = (length * variance * (1 + length / values.size)) ** 0.5
    found = [max(0.0, length * mean + NormalDist().inv_cdf(level) * sigma) for level in levels]
    return np.array(found), length * mean


def like_others(quantiles: FloatArray, means: FloatArray) -> tuple[FloatArray, float]:
    """For a series of which nothing is known: the median of what was said of the others; 0 without any."""
    if not means.size:
        return np.zeros(quantiles.shape[1]), 0.0
    return np.asarray(np.median(quantiles, axis=0), dtype=np.float64), float(np.median(means))
