"""Imagined demand whose law is known: weekly, of all four classes, with drift, a season and outbreaks.

    demand = B * size, size = Poisson(Gamma of mean m and squared variation v), at least 1 where B may be 0

B is 1 with chance p. The mean m of a series drifts as a random walk of its logarithm, swings with the year
and, in an outbreak, rises for eight weeks to between two and four times. A gamma-mixed Poisson variable is a
negative binomial one (Greenwood & Yule 1920). Since the law is known, so is the stock that a level of service
needs: `law_known` answers with it, the bound of what a forecast at that level can do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.pooled.panel import WEEKLY
from forecast.scoring.baselines import Past
from forecast.scoring.simulate import Planner, World

FloatArray = NDArray[np.float64]

HISTORY_WEEKS, SIMULATED_WEEKS = 104, 104
OUTBREAK_WEEKS = 8
OUTBREAKS_BEFORE, OUTBREAKS_SIMULATED = 1, 2
DRIFT = 0.05
"""A week's step of the level: from year to year its mean then moves by 0.29, DRIFT * sqrt(52 * 2 / 3).
That of steady series of real hospitals moved by 0.15, of uneven ones by 0.38, chance taken out (dk_abx)."""
TRUE_DRAWS = 400

# class: mean of a week with demand, chance of demand in a week, squared variation of sizes (low, high)
KINDS = {
    "smooth": ((20.0, 200.0), (1.0, 1.0), (0.02, 0.15)),
    "erratic": ((10.0, 100.0), (1.0, 1.0), (0.8, 1.6)),
    "intermittent": ((3.0, 20.0), (0.15, 0.5), (0.02, 0.15)),
    "lumpy": ((5.0, 40.0), (0.15, 0.5), (1.0, 2.0)),
}


@dataclass(frozen=True)
class Law:
    """The law of imagined demand.

    Attributes:
        mean: shape (n, weeks), mean size of demand in a week that has any.
        chance: shape (n,), chance that a week has any.
        variation: shape (n,), squared coefficient of variation of the mean behind each week's Poisson draw.
    """

    mean: FloatArray
    chance: FloatArray
    variation: FloatArray

    def draw(self, rng: np.random.Generator, weeks: slice) -> FloatArray:
        """One future of these weeks for every series, whole units."""
        mean = self.mean[:, weeks]
        shape = 1.0 / self.variation[:, None]
        at_least = (self.chance < 1.0)[:, None]
        rate = rng.gamma(shape, np.maximum(mean - at_least, 0.0) / shape)
        some = rng.random(mean.shape) < self.chance[:, None]
        return np.asarray(some * (rng.poisson(rate) + at_least), dtype=np.float64)


def imagine(series_per_class: int = 40, seed: int = 1) -> tuple[World, Law]:
    """A world of four times so many series, two years known and two to come; the same for the same seed."""
    rng = np.random.default_rng(seed)
    n, weeks = 4 * series_per_class, HISTORY_WEEKS + SIMULATED_WEEKS
    mean, chance, variation = (
        np.concatenate([_between(rng, KINDS[kind][part], series_per_class) for kind in KINDS])
        for part in range(3)
    )
    law = Law(mean[:, None] * _swings(rng, n, weeks), chance, variation)
    return World(law.draw(rng, slice(0, weeks)), HISTORY_WEEKS, WEEKLY), law


def law_known(law: Law, level: float) -> Planner:
    """The planner who knows the law, outbreaks to come included."""

    def plan(past: Past, cover: int) -> FloatArray:
        now = past.issued.shape[1]
        rng = np.random.default_rng(now)
        weeks = slice(now, now + cover)
        totals = np.stack([law.draw(rng, weeks).sum(axis=1) for _ in range(TRUE_DRAWS)])
        return np.asarray(np.quantile(totals, level, axis=0))

    return plan


def _between(rng: np.random.Generator, bounds: tuple[float, float], n: int) -> FloatArray:
    """Log-uniform."""
    low, high = np.log(bounds)
    return np.asarray(np.exp(rng.uniform(float(low), float(high), n)))


def _swings(rng: np.random.Generator, n: int, weeks: int) -> FloatArray:
    drift = np.cumsum(rng.normal(0.0, DRIFT, (n, weeks)), axis=1)
    phase = 2 * np.pi * (np.arange(weeks) / 52 + rng.random((n, 1)))
    season = 1.0 + rng.uniform(0.0, 0.3, (n, 1)) * np.sin(phase)
    outbreak = np.ones((n, weeks))
    before = rng.integers(0, HISTORY_WEEKS - OUTBREAK_WEEKS, OUTBREAKS_BEFORE)
    after = HISTORY_WEEKS + rng.integers(0, SIMULATED_WEEKS - OUTBREAK_WEEKS, OUTBREAKS_SIMULATED)
    for start in (*before.tolist(), *after.tolist()):
        hit = rng.random(n) < 0.5
        rise = np.sin(np.pi * (np.arange(OUTBREAK_WEEKS) + 0.5) / OUTBREAK_WEEKS)
        height = rng.uniform(1.0, 3.0, n) * hit
        outbreak[:, start : start + OUTBREAK_WEEKS] += height[:, None] * rise
    return np.exp(drift) * season * outbreak
