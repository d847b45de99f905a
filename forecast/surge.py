"""Has a surge begun? A cumulative sum of how surprising each period's demand was.

Each period is compared with the negative binomial of the periods well before it (a guard lies between, so
that a surge does not raise its own yardstick): mid-p value, turned into a normal score z. The sum

    S[t] = max(0, S[t-1] + z[t] - 1/2)                          (Page 1954, Biometrika 41:100-115)

raises the alarm when it passes H; the surge began after the last period in which S was 0. A count law with
its variance from the past is what public-health surveillance uses (Farrington et al. 1996, JRSS A
159:547-563). H is set by the false alarms it was measured to give (README, "Surges").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.panel import DAILY, Rhythm

FloatArray = NDArray[np.float64]

ALLOWANCE = 0.5
ALARM = 6.0
LARGEST_SCORE = 3.0
FALSE_ALARMS_PER_1000 = 1.0
"""Alarms per 1,000 periods of steady demand: at most this many were measured (README, "Surges")."""


@dataclass(frozen=True)
class Yardstick:
    """Periods that a period is compared with: `length` of them, `guard` before it; at least `least`."""

    length: int
    guard: int
    least: int


def yardstick(rhythm: Rhythm) -> Yardstick:
    if rhythm is DAILY:
        return Yardstick(length=84, guard=14, least=28)
    return Yardstick(length=24, guard=3, least=12)


@dataclass(frozen=True)
class Surge:
    """A surge that is going on at the end of a series.

    Attributes:
        periods: how long it has lasted, in known periods.
        times: demand since then / demand before; at most 99 (before may be nothing).
        score: the sum S at the end.
        false_alarms_per_1000: how many alarms 1,000 periods of steady demand raise.
    """

    periods: int
    times: float
    score: float
    false_alarms_per_1000: float = FALSE_ALARMS_PER_1000


def surge_now(values: FloatArray, rhythm: Rhythm = DAILY) -> Surge | None:
    """The surge at the end of one series of known periods, season levelled; None if there is none."""
    scores = cumulative_scores(values[None, :], rhythm)[0]
    if not scores.size or scores[-1] <= ALARM:
        return None
    calm = np.flatnonzero(scores <= 0)
    start = int(calm[-1]) + 1 if calm.size else 0
    before = values[max(0, start - yardstick(rhythm).length) : start]
    usual = float(before.mean()) if before.size else 0.0
    times = min(99.0, float(values[start:].mean()) / max(usual, 1e-9))
    return Surge(int(values.size - start), times, float(scores[-1]))


def cumulative_scores(values: FloatArray, rhythm: Rhythm) -> FloatArray:
    """S for each period of each series, shape (n, periods); 0 where there is too little to compare with."""
    n, periods = values.shape
    scores = _scores(values, yardstick(rhythm))
    sums = np.zeros((n, periods))
    running = np.zeros(n)
    for column in range(periods):
        running = np.maximum(0.0, running + scores[:, column] - ALLOWANCE)
        sums[:, column] = running
    return sums


def alarms(sums: FloatArray) -> NDArray[np.int64]:
    """How often each series passed the alarm from below, shape (n,)."""
    above = sums > ALARM
    begun = above[:, 1:] & ~above[:, :-1]
    return np.asarray(begun.sum(axis=1) + above[:, 0], dtype=np.int64)


def _scores(values: FloatArray, stick: Yardstick) -> FloatArray:
    """Normal score of each period against the count law of the yardstick before it; -inf..LARGEST_SCORE.

    The largest tenth of the yardstick's values are cut to the 90 % point before its mean is taken? No:
    a spike in it widens the law and so keeps quiet; that errs on the side of no alarm.
    """
    from scipy.special import ndtri
    from scipy.stats import nbinom

    n, periods = values.shape
    nought = np.zeros((n, 1))
    filled = np.nan_to_num(values)
    known = ~np.isnan(values)
    counts = np.concatenate([nought, np.cumsum(known, axis=1)], axis=1)
    sums = np.concatenate([nought, np.cumsum(filled, axis=1)], axis=1)
    squares = np.concatenate([nought, np.cumsum(filled**2, axis=1)], axis=1)
    ends = np.maximum(np.arange(periods) - stick.guard, 0)
    begins = np.maximum(ends - stick.length, 0)
    count = counts[:, ends] - counts[:, begins]
    enough = (count >= stick.least) & known
    safe = np.maximum(count, 1)
    mean = (sums[:, ends] - sums[:, begins]) / safe
    variance = (squares[:, ends] - squares[:, begins]) / safe - mean**2
    # The yardstick's own uncertainty widens the law: Var * (1 + 1/n), as in any prediction interval.
    mean = np.maximum(mean, 0.5 / safe)  # nothing seen in n periods is no proof of nothing: half a unit
    variance = np.maximum(variance, mean * (1 + 1e-6)) * (1 + 1 / safe)
    size, chance = mean**2 / (variance - mean), mean / variance
    whole = np.round(filled)
    middle = nbinom.cdf(whole - 1, size, chance) + 0.5 * nbinom.pmf(whole, size, chance)
    score = np.clip(ndtri(np.clip(middle, 1e-6, 1 - 1e-6)), -LARGEST_SCORE, LARGEST_SCORE)
    return np.where(enough, score, 0.0)
