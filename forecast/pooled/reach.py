"""Did the answers of the past year reach far enough? If not, those of today are stretched, or drawn in.

Levels shift, and how often is a matter of the book: of programmes that grow, of depots that close. Pool and
paths both learn from all of history that shifts are rare. So each service level is asked what would have
made its answers of the last year right (twelve origins, a month apart):

    quantile = m + c * (q - m)     c = the level's weighted quantile of (D - m) / (q - m)

over the windows of all series at each past origin, m and q the method's own mean and quantile there: split
conformal prediction (Vovk, Gammerman & Shafer 2005; Romano, Patterson & Candes 2019), newer windows weighing
more (Barber, Candes, Ramdas & Tibshirani 2023, "Conformal prediction beyond exchangeability"). c is drawn to
1 by t / (t + 6), t the windows expected beyond the level if windows overlapped not; then SLACK is taken off.
Figures: README, "Ideas".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forecast.pooled.mixture import mixture
from forecast.pooled.panel import Panel, first_columns, window_totals
from forecast.pooled.pool import Lesson
from forecast.pooled.traits import traits_at
from forecast.pooled.weekdays import levelled, shares, weekday_weights

FloatArray = NDArray[np.float64]

MOST_ORIGINS = 12
MOST_SERIES = 200
PATHS = 150
HALF_LIFE_YEARS = 0.5
DRAWN_AS_IF = 6.0
SLACK = 0.06
"""What a year more or less tells by its seasons alone; only what lies beyond is acted on."""
BOUNDS = (0.5, 3.0)
FEWEST_WINDOWS = 20
LEAST_LEVEL = 0.75
"""Nearer to the middle q - m is nought or below, and says nothing of width."""


def stretched(means: FloatArray, quantiles: FloatArray, reach: Sequence[float]) -> FloatArray:
    """Quantiles as far above the mean as they should have reached; never falling."""
    found = quantiles + (np.array(reach) - 1.0) * np.maximum(quantiles - means[:, None], 0.0)
    return np.asarray(np.maximum.accumulate(found, axis=1), dtype=np.float64)


def learn_reach(
    panel: Panel, length: int, levels: Sequence[float], lesson: Lesson, fast: bool
) -> tuple[float, ...]:
    """c of each level; 1 where too little is known, and below LEAST_LEVEL. At most 200 series, evenly taken.

    Series without use in their recent past are left out: what comes back from nothing leaps by any factor.
    """
    sample = panel.rows(np.unique(np.linspace(0, len(panel.values) - 1, MOST_SERIES).astype(np.int64)))
    step = max(1, sample.rhythm.year // 12, length // 3)
    far, age = _past_ratios(sample, length, levels, lesson, fast, step)
    if age.size < FEWEST_WINDOWS:
        return (1.0,) * len(levels)
    weight = 0.5 ** (age / (HALF_LIFE_YEARS * sample.rhythm.year))
    apart = weight.sum() * min(1.0, step / length)
    return tuple(
        _drawn(weighted_quantile(ratio, weight, level), apart * (1.0 - level))
        if level >= LEAST_LEVEL
        else 1.0
        for ratio, level in zip(far.T, levels, strict=True)
    )


def _past_ratios(
    sample: Panel, length: int, levels: Sequence[float], lesson: Lesson, fast: bool, step: int
) -> tuple[FloatArray, FloatArray]:
    """(D - m) / (q - m) of past windows, shape (windows, levels), and how many periods ago each ended."""
    settled, width = sample.rhythm.settled, sample.values.shape[1]
    back = length + step * np.arange(MOST_ORIGINS)
    origins = width - back[width - back >= settled]
    weights = weekday_weights(sample)
    traits = traits_at(levelled(sample, weights), length, origins)
    totals, starts = window_totals(sample.values, length), first_columns(sample.values)
    far, age = [np.zeros((0, len(levels)))], [np.zeros(0)]
    for place, origin in enumerate(origins.tolist()):
        seen = traits.at(place)
        rows = (origin - starts >= settled) & (seen.recent > 0)
        if not rows.any():
            continue
        share = shares(np.roll(weights, width - origin, axis=1), length)[rows]
        past = sample.upto(origin).rows(rows)
        quantiles, means = mixture(past, seen.rows(rows), share, lesson, length, levels, fast, PATHS)
        far.append(_ratios(totals[rows, origin], means, quantiles))
        age.append(np.full(means.size, float(width - length - origin)))
    return np.concatenate(far), np.concatenate(age)


def _ratios(demand: FloatArray, means: FloatArray, quantiles: FloatArray) -> FloatArray:
    """A quantile that is no greater than the mean is not stretched: it was enough, or no c had made it so."""
    above = quantiles - means[:, None]
    fixed = np.where(demand[:, None] <= quantiles, 0.0, np.inf)
    return np.where(above > 0, (demand - means)[:, None] / np.where(above > 0, above, 1.0), fixed)


def weighted_quantile(figures: FloatArray, weight: FloatArray, level: float) -> float:
    """The least figure that figures of this share of the weight do not exceed."""
    order = np.argsort(figures, kind="stable")
    summed = np.cumsum(weight[order])
    place = min(int(np.searchsorted(summed, level * summed[-1])), figures.size - 1)
    return float(figures[order][place])


def _drawn(figure: float, beyond: float) -> float:
    drawn = (figure * beyond + DRAWN_AS_IF) / (beyond + DRAWN_AS_IF)
    past_slack = np.sign(drawn - 1.0) * max(abs(drawn - 1.0) - SLACK, 0.0)
    return float(np.clip(1.0 + past_slack, *BOUNDS))
