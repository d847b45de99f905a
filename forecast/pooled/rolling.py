"""The full method for a panel, as it answers at several points of its past and now: one pass for all.

    quantile = 1/2 pooled location and scale (`pool`) + 1/4 ETS(A,N,N) paths + 1/4 negative binomial

as in `ensemble`, at any origins. What is learnt slowly - the two smoothing parameters - is learnt from the
periods before the first origin and kept; level, residuals and width move on with each. So the same lines
make the forecast (one origin, the end) and the honest back-test (the last dozen windows).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.pooled.batch import fit_smoothing, varying_levels
from forecast.pooled.counts import SMOOTHING_GRID, count_quantiles
from forecast.pooled.panel import Panel, first_columns, first_levels, smoothed_levels, window_totals
from forecast.pooled.pool import Lesson
from forecast.pooled.traits import traits_at

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

PATHS_NOW = 500
PATHS_THEN = 200
"""A past window is scored by fewer: its error is averaged over windows."""


@dataclass(frozen=True)
class Totals:
    """Total demand of the `length` periods from each origin on, in units of the item.

    Attributes:
        means: shape (origins, n).
        quantiles: shape (origins, n, levels), never below 0 nor falling.
        variances: shape (origins, n), mean square error of the totals that had ended by the origin, at least
            the mean.
        smoothing: shape (n,), of ETS(A,N,N).
    """

    means: FloatArray
    quantiles: FloatArray
    variances: FloatArray
    smoothing: FloatArray


def totals_at(
    panel: Panel,
    length: int,
    levels: Sequence[float],
    origins: Sequence[int],
    lesson: Lesson | None,
    paths: int = PATHS_NOW,
) -> Totals:
    """What the method says at each of the columns `origins` (rising) of what follows.

    `lesson` None: too few series to learn from; then the two models of the series alone answer.
    """
    at, asked = np.array(origins, dtype=np.int64), np.array(levels)
    smoothing = fit_smoothing(panel.values[:, : at[0]])
    drawn = _drawn_totals(panel.values, smoothing, length, at, asked, paths)
    means, variances = _counted_moments(panel.values, length, at)
    counted = count_quantiles(means.ravel(), variances.ravel(), asked).reshape(*means.shape, asked.size)
    quantiles = (drawn + counted) / 2
    if lesson is not None:
        traits = traits_at(panel, length, at)
        quantiles = (quantiles + lesson.quantiles(traits, tuple(levels))) / 2
        means = (means + lesson.location(traits)) / 2
    return Totals(means, np.maximum.accumulate(quantiles, axis=-1), np.maximum(variances, means), smoothing)


def _drawn_totals(
    values: FloatArray, smoothing: FloatArray, length: int, origins: IntArray, levels: FloatArray, paths: int
) -> FloatArray:
    """Quantiles of bootstrapped paths of ETS(A,N,N), shape (origins, n, levels).

    Hyndman et al. 2008, section 6.1; demand below 0 is cut to 0, period by period. The draws are stratified
    and the same for all series, so that a series is answered alike in any company.
    """
    level = varying_levels(values, smoothing)
    errors = values - level[:, :-1]
    draws = _stratified(paths, length)
    found = np.empty((origins.size, len(values), levels.size))
    for i, origin in enumerate(origins.tolist()):
        known_errors = np.sort(errors[:, :origin], axis=1)  # NaN, before a series begins, sorts to the end
        known = (~np.isnan(known_errors)).sum(axis=1)
        place = (draws.ravel() * known[:, None]).astype(np.int64)
        step = np.take_along_axis(known_errors, place, axis=1).reshape(len(values), length, paths)
        total = np.zeros((len(values), paths))
        running = np.broadcast_to(level[:, origin, None], total.shape)
        for ahead in range(length):
            total += np.maximum(running + step[:, ahead], 0.0)
            running = running + smoothing[:, None] * step[:, ahead]
        found[i] = np.quantile(total, levels, axis=1).T
    return found


def _stratified(paths: int, length: int) -> FloatArray:
    """Uniform draws, shape (length, paths): each row has one draw in each of `paths` equal parts."""
    rng = np.random.default_rng(paths)
    order = np.argsort(rng.random((length, paths)), axis=1)
    return np.asarray((order + rng.random((length, paths))) / paths, dtype=np.float64)


def _counted_moments(values: FloatArray, length: int, origins: IntArray) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of the total by a smoothed level and the totals' own past errors (`counts`).

    The smoothing parameter is the one whose errors were smallest by the first origin.
    """
    windows = values.shape[1] - length + 1
    initial = first_levels(values)
    totals = window_totals(values, length) if windows > 0 else np.zeros((len(values), 0))
    late = np.arange(max(windows, 0)) >= np.minimum(first_columns(values) + length, windows - 2)[:, None]
    ended = np.maximum(origins - length + 1, 0)
    means, variances = [], []
    for speed in SMOOTHING_GRID:
        level = smoothed_levels(values, speed, initial)
        squares = np.where(late, (totals - length * level[:, : totals.shape[1]]) ** 2, np.nan)
        means.append(length * level[:, origins].T)
        variances.append(_mean_until(squares, ended))
    first = np.stack([found[0] for found in variances])
    best, row = np.argmin(np.where(first > 0, first, np.inf), axis=0), np.arange(len(values))
    mean = np.stack(means)[best, :, row].T
    return mean, np.maximum(np.stack(variances)[best, :, row].T, mean)


def _mean_until(squares: FloatArray, columns: IntArray) -> FloatArray:
    """Mean of what is known before each column, shape (columns, n); 0 where nothing is."""
    nought = np.zeros((len(squares), 1))
    sums = np.concatenate([nought, np.cumsum(np.nan_to_num(squares), axis=1)], axis=1)[:, columns]
    known = np.concatenate([nought, np.cumsum(~np.isnan(squares), axis=1)], axis=1)[:, columns]
    return np.asarray((sums / np.maximum(known, 1)).T, dtype=np.float64)
