"""Demand lost to empty shelves, for a panel: the series' own survival curve, and a gamma law beyond its end.

A censored period asked for at least what was issued. Each is set to one draw of demand above its bound - one
draw, since means alone would make demand look steadier than it is - from

    the Kaplan-Meier curve of its series (Kaplan & Meier 1958), as far as that falls;
    a gamma law round a local level beyond the largest demand seen whole.

The curve alone invents nothing beyond what was seen, and so falls short where shelves hold demand down all
the time: the highest months are then the censored ones. (A law for the curve's tail: Brown, Hollander &
Korwar 1974, there an exponential one.) The gamma law has one coefficient of variation per series; level and
coefficient are found by expectation-maximisation (Dempster, Laird & Rubin 1977; the censored, "Tobit" form:
Tobin 1958), censored periods standing at their conditional mean and variance

    E[y | y > c] = m * Q(k+1, ck/m) / Q(k, ck/m),   E[y^2 | y > c] = m^2 (1+1/k) * Q(k+2, .) / Q(k, .)

with Q the upper regularised gamma function, m the level and 1/k the squared coefficient (partial
expectations of the gamma law: Klugman, Panjer & Willmot, "Loss Models", appendix A). In a series of whole
numbers "at least c" is "more than c - 1/2". What was measured and what was tried: README, "Contract".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

ROUNDS = 8
PULL = 2.0
"""The level of a period is drawn to the series' mean as if by two more periods."""
USUAL_SQUARED_VARIATION = 0.3
PULL_VARIATION = 8.0
CAP = 3.0
"""A completed period is at most three times the most that was issued in any, or the bound itself."""
SURE = 1e-8
"""Farther in the tail the ratio of two noughts says nothing; the bound itself is taken."""
LEAST_LEVEL = 1e-3
GOLDEN = 0.6180339887498949


def complete_panel(demand: FloatArray, censored: BoolArray, span: float) -> FloatArray:
    """Demand with its censored periods completed; shape (n, periods), NaN kept where nothing is known.

    `span` is the standard deviation, in periods, of the window that the local level is taken from. No
    completed period is below its bound; others are left as they are. A bound of 0 tells nothing: NaN. A
    series is completed alike in any company.
    """
    completed = np.where(censored & (demand <= 0), np.nan, demand)
    bounded = censored & (demand > 0)
    rows = np.flatnonzero(bounded.any(axis=1))
    if rows.size:
        completed[rows] = _completed(completed[rows], bounded[rows], span)
    return completed


@dataclass(frozen=True)
class _Law:
    """Gamma laws of censored cells: mean `level`, shape k."""

    level: FloatArray
    shape: FloatArray

    def above(self, bounds: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean and variance of demand given that it was more than its bound."""
        from scipy.special import gammaincc

        k, at = self.shape, bounds * self.shape / self.level
        tail = gammaincc(k, at)
        sure = tail > SURE
        safe = np.where(sure, tail, 1.0)
        mean = np.where(sure, self.level * gammaincc(k + 1, at) / safe, bounds)
        square = np.where(sure, self.level**2 * (1 + 1 / k) * gammaincc(k + 2, at) / safe, bounds**2)
        return mean, np.maximum(np.minimum(square, 4 * mean**2) - mean**2, 0.0)

    def drawn_above(self, bounds: FloatArray, even: FloatArray) -> FloatArray:
        """The demand that a share `even` of what is above each bound exceeds."""
        from scipy.special import gammaincc, gammainccinv

        tail = gammaincc(self.shape, bounds * self.shape / self.level)
        found = gammainccinv(self.shape, np.clip(tail * even, 1e-300, 1.0)) * self.level / self.shape
        return np.where(tail > SURE, found, bounds)


def _completed(demand: FloatArray, bounded: BoolArray, span: float) -> FloatArray:
    known = ~np.isnan(demand)
    whole = ((np.floor(demand) == demand) | ~known).all(axis=1)
    row, issued = np.nonzero(bounded)[0], demand[bounded]
    bounds = np.where(whole[row], issued - 0.5, issued)
    ceiling = np.maximum(CAP * np.where(known, demand, 0.0).max(axis=1)[row], issued)
    law = _fitted_law(demand, bounded, span, bounds, ceiling)
    drawn = _drawn(np.where(bounded, 0.0, demand), bounded, bounds, law)
    values = demand.copy()
    values[bounded] = np.where(whole[row], np.round(drawn), drawn)
    values[bounded] = np.clip(values[bounded], issued, ceiling)
    return values


def _fitted_law(
    demand: FloatArray, bounded: BoolArray, span: float, bounds: FloatArray, ceiling: FloatArray
) -> _Law:
    known, row = ~np.isnan(demand), np.nonzero(bounded)[0]
    values, variance = demand.copy(), np.zeros(demand.shape)
    for _ in range(ROUNDS):
        level = _local_level(values, known, span)
        law = _Law(level[bounded], _shape(values, variance, level, known)[row])
        mean, spread = law.above(bounds)
        values[bounded] = np.clip(mean, demand[bounded], ceiling)
        variance[bounded] = spread
    return law


def _local_level(values: FloatArray, known: BoolArray, span: float) -> FloatArray:
    """Mean of the known periods nearby, weighted by a normal curve, drawn to that of all."""
    from scipy.ndimage import convolve1d

    reach = max(1, int(2 * span))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / span) ** 2)
    filled = np.where(known, np.nan_to_num(values), 0.0)
    total = convolve1d(filled, kernel, axis=1, mode="constant")
    count = convolve1d(known.astype(np.float64), kernel, axis=1, mode="constant")
    overall = filled.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    level: FloatArray = (total + PULL * overall[:, None]) / (count + PULL)
    return np.maximum(level, LEAST_LEVEL)


def _shape(values: FloatArray, variance: FloatArray, level: FloatArray, known: BoolArray) -> FloatArray:
    """k = 1 / squared coefficient of variation, by moments, drawn to the usual; shape (n,)."""
    squares = np.where(known, (np.nan_to_num(values) - level) ** 2 + variance, 0.0).sum(axis=1)
    variation = squares / np.maximum(np.where(known, level**2, 0.0).sum(axis=1), 1e-9)
    count = known.sum(axis=1)
    pulled = (variation * count + PULL_VARIATION * USUAL_SQUARED_VARIATION) / (count + PULL_VARIATION)
    return np.asarray(1.0 / np.clip(pulled, 0.01, 25.0), dtype=np.float64)


def _drawn(seen: FloatArray, bounded: BoolArray, bounds: FloatArray, law: _Law) -> FloatArray:
    """One draw above each bound: from the survival curve of its row, from the law beyond the curve's end.

    `seen` holds the demand of the other periods, NaN where missing. The curve is the product-limit estimate
    over the sorted periods; P(demand > x) of row i is looked up in one sorted line, 2i + 1 - P.
    """
    row, column = np.nonzero(bounded)
    values = np.where(np.isnan(seen), np.inf, seen)
    values[row, column] = bounds
    order = np.lexsort((bounded, values), axis=1)
    ordered = np.take_along_axis(values, order, axis=1)
    whole = np.isfinite(ordered) & ~np.take_along_axis(bounded, order, axis=1)
    at_risk = np.isfinite(values).sum(axis=1)[:, None] - np.arange(values.shape[1])
    survival = np.cumprod(np.where(whole, 1.0 - 1.0 / np.maximum(at_risk, 1), 1.0), axis=1)
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.broadcast_to(np.arange(order.shape[1]), order.shape), axis=1)
    target = survival[row, place[row, column]] * _evenly(bounded)
    line = (2.0 * np.arange(len(values))[:, None] + 1.0 - survival).ravel()
    found = np.searchsorted(line, 2.0 * row + 1.0 - target) - row * values.shape[1]
    inside = survival[row, -1] <= target
    from_curve = ordered[row, np.minimum(found, values.shape[1] - 1)]
    largest = np.where(whole, ordered, 0.0).max(axis=1)[row]
    left = np.where(inside, 1.0, np.maximum(survival[row, -1], 1e-300))
    beyond = law.drawn_above(np.maximum(bounds, largest), np.where(inside, 0.5, target / left))
    return np.where(inside & np.isfinite(from_curve), from_curve, beyond)


def _evenly(bounded: BoolArray) -> FloatArray:
    """A number between 0 and 1 for each censored period, evenly spread over those of its series.

    The golden-ratio sequence (Weyl 1916) in place of random draws: the same in any company.
    """
    order = np.cumsum(bounded, axis=1)[bounded]
    return np.asarray((0.5 + order * GOLDEN) % 1.0, dtype=np.float64)
