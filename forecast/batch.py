"""ETS(A,N,N) and the negative binomial of `paths` and `counts`, for a whole panel in one pass.

The smoothing parameter is found for all series at once: the sum of squared errors on a grid, then a
parabola through the three best points. With Gaussian errors and a given first level the least sum of
squares is the maximum of the likelihood (Hyndman et al. 2008, section 5.1), so this is the estimate of
statsmodels' ETSModel(error="add", initialization_method="known"), which the tests hold it to.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecast.counts import SMOOTHING_GRID, count_quantiles
from forecast.panel import first_columns, first_levels, smoothed_levels, window_totals

FloatArray = NDArray[np.float64]

ETS_GRID = (0.0, 0.01, 0.02, 0.04, 0.06, 0.09, 0.13, 0.18, 0.24, 0.3, 0.37, 0.45, 0.55, 0.65, 0.8, 0.95)
PATHS = 500
CHUNK = 250
"""Series worked on together: what bounds the memory."""


def fit_smoothing(values: FloatArray) -> FloatArray:
    """Maximum likelihood smoothing parameter of each series, shape (n,); 0 where nothing varies."""
    initial = first_levels(values)
    grid = np.array(ETS_GRID)
    losses = np.stack([_squares(values, smoothed_levels(values, a, initial)) for a in ETS_GRID])
    place = np.clip(losses.argmin(axis=0), 1, grid.size - 2)
    column = np.arange(len(values))
    x = np.stack([grid[place - 1], grid[place], grid[place + 1]])
    y = np.stack([losses[place - 1, column], losses[place, column], losses[place + 1, column]])
    lowest = _parabola(x, y)
    edge = losses.argmin(axis=0)
    best = np.where((edge == 0) | (edge == grid.size - 1), grid[edge], np.clip(lowest, x[0], x[2]))
    return np.where(losses.max(axis=0) > losses.min(axis=0), best, 0.0)


def varying_levels(values: FloatArray, smoothing: FloatArray) -> FloatArray:
    """`panel.smoothed_levels` with a parameter of its own for each series; shape (n, periods + 1)."""
    levels = np.empty((len(values), values.shape[1] + 1))
    levels[:, 0] = level = first_levels(values)
    for column in range(values.shape[1]):
        now = values[:, column]
        level = np.where(np.isnan(now), level, level + smoothing * (np.nan_to_num(now) - level))
        levels[:, column + 1] = level
    return levels


def path_quantiles(values: FloatArray, length: int, levels: FloatArray) -> FloatArray:
    """Quantiles of simulated totals over `length` periods, shape (n, levels); as `paths.bootstrap_paths`.

    The draws are stratified and the same for all series, so a series is answered alike in any company.
    """
    smoothing = fit_smoothing(values)
    level = varying_levels(values, smoothing)
    errors = np.sort(values - level[:, :-1], axis=1)  # NaN, before a series begins, sorts to the end
    known = (~np.isnan(errors)).sum(axis=1)
    draws = _stratified(length)
    place = np.minimum((draws[None] * known[:, None, None]).astype(np.int64), errors.shape[1] - 1)
    drawn = np.take_along_axis(errors, place.reshape(len(values), -1), axis=1).reshape(place.shape)
    drawn = np.nan_to_num(drawn)  # an empty series has no error
    before = np.cumsum(drawn, axis=2) - drawn
    demand = level[:, -1, None, None] + smoothing[:, None, None] * before + drawn
    totals = np.maximum(demand, 0.0).sum(axis=2)
    return np.asarray(np.quantile(totals, levels, axis=1).T, dtype=np.float64)


def counted_quantiles(values: FloatArray, length: int, levels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Negative binomial round the smoothed level, as wide as the totals' own past errors (`counts`).

    Returns the mean, shape (n,), and quantiles, shape (n, levels). A history of one window or less takes
    the Poisson law.
    """
    initial = first_levels(values)
    windows = values.shape[1] - length + 1
    if windows < 1:
        mean = length * np.nan_to_num(np.nanmean(np.where(np.isnan(values), np.nan, values), axis=1))
        return mean, count_quantiles(mean, mean, levels)
    totals = window_totals(values, length)
    late = np.arange(windows) >= np.minimum(first_columns(values) + length, windows - 2)[:, None]
    variances, means = [], []
    for smoothing in SMOOTHING_GRID:
        level = smoothed_levels(values, smoothing, initial)
        squares = np.where(late, (totals - length * level[:, :windows]) ** 2, np.nan)
        known = ~np.isnan(squares)
        variances.append(np.nansum(squares, axis=1) / np.maximum(known.sum(axis=1), 1))
        means.append(length * level[:, -1])
    best, row = np.argmin(variances, axis=0), np.arange(len(values))
    mean, variance = np.array(means)[best, row], np.array(variances)[best, row]
    return mean, count_quantiles(mean, np.maximum(variance, mean), levels)


def _squares(values: FloatArray, levels: FloatArray) -> FloatArray:
    return np.asarray(np.nansum((values - levels[:, :-1]) ** 2, axis=1), dtype=np.float64)


def _parabola(x: FloatArray, y: FloatArray) -> FloatArray:
    """The lowest point of the parabola through three points; the middle one where it has none."""
    left, right = x[1] - x[0], x[2] - x[1]
    rise_left, rise_right = (y[1] - y[0]) / left, (y[2] - y[1]) / right
    bend = (rise_right - rise_left) / (left + right)
    lowest = (x[0] + x[1]) / 2 - rise_left / np.where(bend > 0, 2 * bend, np.inf)
    return np.where(bend > 0, lowest, x[1])


def _stratified(length: int) -> FloatArray:
    """Uniform draws, shape (PATHS, length): each column has one draw in each of PATHS equal parts."""
    rng = np.random.default_rng(PATHS)
    order = np.argsort(rng.random((PATHS, length)), axis=0)
    return np.asarray((order + rng.random((PATHS, length))) / PATHS, dtype=np.float64)
