"""Kaplan-Meier for right-censored demand: a stocked-out day asked for *at least* what was issued.

Source: Kaplan & Meier 1958, JASA 53:457-481. The survival curve of demand steps down at each fully seen
value v by the factor 1 - (days seen at v) / (days whose demand, as far as known, is at least v).
FORECAST.md, "Censoring", measured this treatment as the best on four data sets.

What demand is compared by is its ratio to the local level: one curve of plain demand over all of a history
would complete a quiet stocked-out day after an outbreak from the days of the outbreak (README, "Censoring",
has the figures). The local level of a day is made of the days before it alone, so that a back-test does not
look ahead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class SurvivalCurve:
    """P(demand > values[i]) = survival[i]; values rise, survival falls. Both empty if nothing was seen."""

    values: FloatArray
    survival: FloatArray

    def at(self, points: FloatArray) -> FloatArray:
        """P(demand > point) for each point."""
        place = np.searchsorted(self.values, points, side="right")
        return np.concatenate([[1.0], self.survival])[place]

    def draw_above(self, bounds: FloatArray, uniforms: FloatArray) -> FloatArray:
        """Draw demand given that it was more than each bound, by inverting the curve at `uniforms`.

        Mass beyond the largest value seen sits on that value (Efron's tail, 1967), and a draw is never
        below its bound: nothing is invented beyond what was seen somewhere.
        """
        if not self.values.size:
            return bounds.copy()
        target = self.at(bounds) * uniforms
        place = np.searchsorted(-self.survival, -target, side="left")
        return np.maximum(bounds, self.values[np.minimum(place, self.values.size - 1)])


def kaplan_meier(demand: FloatArray, censored: BoolArray) -> SurvivalCurve:
    """The survival curve of demand; a censored day leaves after the seen days of the same value."""
    seen, counts = np.unique(demand[~censored], return_counts=True)
    ordered = np.sort(demand)
    at_risk = ordered.size - np.searchsorted(ordered, seen, side="left")
    staying = 1.0 - counts / np.maximum(at_risk, 1)
    return SurvivalCurve(seen, np.cumprod(staying).astype(np.float64))


LEVEL_SPAN = 28.0
LEVEL_PULL = 6.0


def local_level(demand: FloatArray, learnt: int) -> FloatArray:
    """Mean of the days up to each, weighted by half a normal curve of 28 days, drawn to the mean of the first
    `learnt`, which may be all.

    It is drawn as if by 6 days more, or by more where few days have any use, 6 / share^2: a handful of
    spikes does not tell where the level stands. Never 0. A stocked-out day counts with what was issued.
    """
    if not demand.size:
        return np.zeros(0)
    whole, share = float(demand[:learnt].mean()), float(np.mean(demand[:learnt] > 0))
    pull = LEVEL_PULL / max(share, 0.05) ** 2
    weights = np.exp(-0.5 * (np.arange(min(demand.size, int(2 * LEVEL_SPAN) + 1)) / LEVEL_SPAN) ** 2)
    total = np.convolve(demand, weights)[: demand.size]
    count = np.convolve(np.ones(demand.size), weights)[: demand.size]
    return np.maximum((total + pull * whole) / (count + pull), 1e-9)


def complete(
    demand: FloatArray, censored: BoolArray, curve: SurvivalCurve, rng: np.random.Generator
) -> FloatArray:
    """Replace each censored day by a draw from `curve` above what was issued; never lowers a day.

    One uniform is drawn for every day, so that a day more or less censored leaves the other draws alone.
    """
    uniforms = rng.random(demand.size)
    completed = demand.copy()
    completed[censored] = curve.draw_above(demand[censored], uniforms[censored])
    return completed
