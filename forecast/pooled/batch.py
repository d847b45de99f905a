"""ETS(A,N,N) for a whole panel in one pass: its smoothing parameter, its levels, its bootstrapped totals.

The smoothing parameter is found for all series at once: the sum of squared errors on a grid, then a
parabola through the three best points. With Gaussian errors and a given first level the least sum of
squares is the maximum of the likelihood (Hyndman et al. 2008, section 5.1), so this is the estimate of
statsmodels' ETSModel(error="add", initialization_method="known"), which the tests hold it to. Answers are
drawn with a smoothing parameter of which something is known beforehand, PRIOR; a long history overrules it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecast.pooled.panel import first_levels, smoothed_levels

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

ETS_GRID = (0.0, 0.01, 0.02, 0.04, 0.06, 0.09, 0.13, 0.18, 0.24, 0.3, 0.37, 0.45, 0.55, 0.65, 0.8, 0.95)
PRIOR_CENTRE, PRIOR_SHIFT = 0.15, 0.03
"""Prior of the smoothing parameter a: log(a + .03) is normal round log(.15), with standard deviation 1."""
PATHS = 500
CHUNK = 250
"""Series worked on together: what bounds the memory."""
HALF_LIFE_YEARS = 2.0
"""An error of two years ago is drawn half as often as one of today."""


def fit_smoothing(values: FloatArray, prior: bool = False) -> FloatArray:
    """Smoothing parameter of each series, shape (n,); 0 where nothing varies.

    Of greatest likelihood, or with `prior` of greatest posterior density.
    """
    initial = first_levels(values)
    grid = np.array(ETS_GRID)
    losses = np.stack([_squares(values, smoothed_levels(values, a, initial)) for a in ETS_GRID])
    flat = losses.max(axis=0) - losses.min(axis=0) <= 1e-12 * np.nansum(values**2, axis=1)
    if prior:
        losses = _posterior(losses, (~np.isnan(values)).sum(axis=1))
    edge = losses.argmin(axis=0)
    place = np.clip(edge, 1, grid.size - 2)
    column = np.arange(len(values))
    x = np.stack([grid[place - 1], grid[place], grid[place + 1]])
    y = np.stack([losses[place - 1, column], losses[place, column], losses[place + 1, column]])
    lowest = np.clip(_parabola(x, y), x[0], x[2])
    best = np.where((edge == 0) | (edge == grid.size - 1), grid[edge], lowest)
    return np.where(flat, 0.0, best)


def varying_levels(values: FloatArray, smoothing: FloatArray) -> FloatArray:
    """`panel.smoothed_levels` with a parameter of its own for each series; shape (n, periods + 1)."""
    levels = np.empty((len(values), values.shape[1] + 1))
    levels[:, 0] = level = first_levels(values)
    for column in range(values.shape[1]):
        now = values[:, column]
        level = np.where(np.isnan(now), level, level + smoothing * (np.nan_to_num(now) - level))
        levels[:, column + 1] = level
    return levels


def own_levels(values: FloatArray, columns: IntArray) -> FloatArray:
    """Level before each column, by the smoothing parameter likeliest until then; shape (columns, n)."""
    initial = first_levels(values)
    known = np.concatenate([np.zeros((len(values), 1)), np.cumsum(~np.isnan(values), axis=1)], axis=1)
    losses, levels = [], []
    for smoothing in ETS_GRID:
        level = smoothed_levels(values, smoothing, initial)
        squares = np.cumsum(np.nan_to_num((values - level[:, :-1]) ** 2), axis=1)
        losses.append(np.concatenate([np.zeros((len(values), 1)), squares], axis=1)[:, columns].T)
        levels.append(level[:, columns].T)
    best = _posterior(np.stack(losses), known[:, columns].T).argmin(axis=0)
    return np.asarray(np.take_along_axis(np.stack(levels), best[None], axis=0)[0], dtype=np.float64)


def path_quantiles(
    values: FloatArray, length: int, levels: FloatArray, year: int, paths: int = PATHS
) -> tuple[FloatArray, FloatArray]:
    """Mean, shape (n,), and quantiles, (n, levels), of simulated totals over `length` periods.

    Past errors are drawn anew (Hyndman et al. 2008, section 6.1), recent ones more often; demand below 0 is
    cut to 0, period by period. `year`: periods to a year. The draws are stratified and the same for all
    series, so a series is answered alike in any company.
    """
    smoothing = fit_smoothing(values, prior=True)
    level = varying_levels(values, smoothing)
    draws = _stratified(length, paths)
    step = _drawn_errors(values - level[:, :-1], draws, HALF_LIFE_YEARS * year)
    before = np.cumsum(step, axis=2) - step
    demand = level[:, -1, None, None] + smoothing[:, None, None] * before + step
    totals = np.maximum(demand, 0.0).sum(axis=2)
    return totals.mean(axis=1), np.asarray(np.quantile(totals, levels, axis=1).T, dtype=np.float64)


def _drawn_errors(errors: FloatArray, draws: FloatArray, half_life: float) -> FloatArray:
    """Errors at the cumulated weight of each draw, shape (n, paths, length); 0 where there is none."""
    periods = errors.shape[1]
    weight = 0.5 ** ((periods - 1 - np.arange(periods)) / half_life)
    order = np.argsort(errors, axis=1)  # NaN, before a series begins, sorts to the end
    ranked = np.nan_to_num(np.take_along_axis(errors, order, axis=1))
    share = np.cumsum(np.where(np.isnan(errors), 0.0, weight)[np.arange(len(errors))[:, None], order], axis=1)
    flat = draws.ravel()
    place = np.array([np.searchsorted(row, flat * row[-1]) for row in share], dtype=np.int64)
    found = np.take_along_axis(ranked, np.minimum(place.reshape(len(errors), -1), periods - 1), axis=1)
    return np.asarray(found.reshape(len(errors), *draws.shape), dtype=np.float64)


def _squares(values: FloatArray, levels: FloatArray) -> FloatArray:
    return np.asarray(np.nansum((values - levels[:, :-1]) ** 2, axis=1), dtype=np.float64)


def _posterior(losses: FloatArray, known: FloatArray | IntArray) -> FloatArray:
    """-2 log posterior, up to a constant: n * log(sum of squares), and the square of the prior."""
    distance = np.log((np.array(ETS_GRID) + PRIOR_SHIFT) / PRIOR_CENTRE)
    least = losses.min(axis=0)
    likelihood = known * np.log(np.maximum(losses, 1e-12) / np.maximum(least, 1e-12))
    return np.asarray(likelihood + (distance**2).reshape(-1, *[1] * (losses.ndim - 1)), dtype=np.float64)


def _parabola(x: FloatArray, y: FloatArray) -> FloatArray:
    """The lowest point of the parabola through three points; the middle one where it has none."""
    left, right = x[1] - x[0], x[2] - x[1]
    rise_left, rise_right = (y[1] - y[0]) / left, (y[2] - y[1]) / right
    bend = (rise_right - rise_left) / (left + right)
    lowest = (x[0] + x[1]) / 2 - rise_left / np.where(bend > 0, 2 * bend, np.inf)
    return np.asarray(np.where(bend > 0, lowest, x[1]), dtype=np.float64)


def _stratified(length: int, paths: int) -> FloatArray:
    """Uniform draws, shape (paths, length): each column has one draw in each of `paths` equal parts."""
    rng = np.random.default_rng(paths)
    order = np.argsort(rng.random((paths, length)), axis=0)
    return np.asarray((order + rng.random((paths, length))) / paths, dtype=np.float64)
