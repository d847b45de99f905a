"""Simulated sets of the shapes that FORECAST.md names but keeps for scoring: C, D and F; and H, harsher.

C is made so that others attain on it about what they attain on the real set. Enough in by the textbook: .75 /
.79 / .82, there .72 / .77 / .82; by AutoETS: .80 / .86 / .89, there about .81 / .89 / .95.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
from numpy.typing import NDArray

from forecast.pooled.panel import DAILY, MONTHLY, Rhythm
from forecast.tables.table import Table

FloatArray = NDArray[np.float64]

WEEK = np.array([1.2, 1.1, 1.0, 1.0, 1.05, 0.5, 0.1])


def hub_issues(seed: int, series: int = 126, periods: int = 72) -> FloatArray:
    """C: monthly, lumpy; levels shift every third year, more often up; a fifth double in the end."""
    rng = np.random.default_rng(seed)
    level, size = np.exp(rng.normal(4.5, 1.5, (series, 1))), np.exp(rng.normal(0.9, 0.3, (series, 1)))
    shifts = rng.random((series, periods)) < 1 / 36
    steps = rng.normal(0, 0.02, shifts.shape) + shifts * rng.normal(0.3, 0.75, shifts.shape)
    rise = np.where(rng.random(series) < 0.22, rng.normal(0.7, 0.5, series), 0.0)
    begins = periods - rng.integers(1, 10, series)
    for own, month, step in zip(steps, begins.tolist(), rise.tolist(), strict=True):
        own[month : month + 3] += step / 3
    spikes = np.where(rng.random(steps.shape) < 0.03, np.exp(rng.normal(1, 0.4, steps.shape)), 1.0)
    mean = level * np.exp(np.cumsum(steps, axis=1)) * spikes
    issued = rng.negative_binomial(size, size / (size + mean))
    return np.where(rng.random(steps.shape) < 0.1, 0, issued).astype(np.float64)


def harsh_issues(seed: int, series: int = 126, periods: int = 72) -> FloatArray:
    """H: the same, harsher: a third of the series rise threefold, at once, in the last ten months."""
    rng = np.random.default_rng(seed)
    demand = np.zeros((series, periods))
    for own in demand:
        level, size = np.exp(rng.normal(4.5, 1.5)), np.exp(rng.normal(0.3, 0.5))
        shifts = rng.random(periods) < 1 / 30
        rise = periods - 10 + int(rng.integers(0, 8)) if rng.random() < 0.35 else periods
        for t in range(periods):
            level *= np.exp(rng.normal(0, 0.05) + shifts[t] * rng.normal(0, 0.8))
            if t == rise:
                level *= np.exp(rng.normal(1.2, 0.5))
            if rng.random() > 0.1:
                own[t] = rng.negative_binomial(size, size / (size + level))
    return demand


def smooth_months(seed: int, series: int = 300, periods: int = 84) -> FloatArray:
    """D: monthly counts in the hundreds with a common season and a slow drift."""
    rng = np.random.default_rng(seed)
    common = rng.normal(0, 0.1, 12)
    steps = rng.normal(0, 0.003, (series, 1)) + rng.normal(0, 0.02, (series, periods))
    level = np.exp(rng.normal(6, 1, (series, 1)) + np.cumsum(steps, axis=1))
    season = common * rng.uniform(0.3, 1.5, (series, 1)) + rng.normal(0, 0.04, (series, 12))
    spread = rng.uniform(0.02, 0.15, (series, 1))
    mean = level * np.exp(season[:, np.arange(periods) % 12])
    return rng.poisson(mean * rng.gamma(1 / spread**2, spread**2, mean.shape)).astype(np.float64)


def one_site(seed: int, series: int = 8, periods: int = 730) -> FloatArray:
    """F: eight items of one site by day, quiet weekends, levels that drift and waves that most share."""
    rng = np.random.default_rng(seed)
    demand = np.zeros((series, periods))
    wave = _drift(rng, 0.97, periods)
    for own in demand:
        week = WEEK * np.exp(rng.normal(0, 0.15, 7))
        size, base = np.exp(rng.normal(1, 0.7)), np.exp(rng.normal(2.3, 1.1))
        level = base * np.exp(_drift(rng, 0.98, periods) + rng.uniform(0, 1.2) * wave)
        mean = level * week[np.arange(periods) % 7]
        own[:] = rng.negative_binomial(size, size / (size + mean))
    return demand


def _drift(rng: np.random.Generator, memory: float, periods: int) -> FloatArray:
    path, at = np.zeros(periods), 0.0
    for t in range(periods):
        at = memory * at + rng.normal(0, 0.06)
        path[t] = at
    return path


def table_of(demand: FloatArray, rhythm: Rhythm = MONTHLY) -> Table:
    """A table without stock-outs; NaN before a series begins."""
    names = tuple(f"S{i:04d}" for i in range(len(demand)))
    return Table(
        names, rhythm, date(2019, 1, 1), demand, np.zeros(demand.shape, dtype=np.bool_), ((),) * len(names)
    )


SHAPES: dict[str, tuple[Callable[[int], FloatArray], Rhythm]] = {
    "C": (hub_issues, MONTHLY),
    "H": (harsh_issues, MONTHLY),
    "D": (smooth_months, MONTHLY),
    "F": (one_site, DAILY),
}
"""Name -> how it is made from a seed, and its periods."""
