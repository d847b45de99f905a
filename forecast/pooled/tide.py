"""Is use rising, in this series and in the whole book? What that did to past forecasts, done to the next.

An outbreak lifts most items of most centers within days; the method of `rolling` learns of it series by
series, each for itself, and so the windows in which it began were covered half as often as promised while
all others were covered too often (README, "Ideas"). So each past window of the sample is put into one of nine
states, by its own momentum and by the tide: the median momentum of all series at that time. Per state

    mean     = f * m               f = sum of demand / sum of m               over its windows
    quantile = m + c * (q - m)     c = the level's quantile of (D - m) / (q - m) over its windows

with m, q the method's own answers: split conformal prediction (Vovk, Gammerman & Shafer 2005; for quantiles
Romano, Patterson & Candes 2019) within groups. A state with few windows takes what all states say, and
every figure is drawn to 1 as if by 50 windows more in which the method was right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.pooled.panel import Panel, first_columns, trailing_means, window_totals
from forecast.pooled.pool import Lesson
from forecast.pooled.rolling import PATHS_THEN, Totals, totals_at

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

OWN_DAYS, OWN_BOUNDS = (14, 84), (0.8, 1.25)
TIDE_DAYS, TIDE_BOUNDS = (7, 56), (0.9, 1.15)
EVERY_STATE = -1
FEWEST_WINDOWS = 100
DRAWN_AS_IF = 50.0
BOUNDS = (0.2, 4.0)
MOST_SERIES = 120
MOST_ORIGINS = 48


@dataclass(frozen=True)
class Stretch:
    """f and c of the module's head.

    Attributes:
        means: state -> f.
        factors: (state, level) -> c.
    """

    means: Mapping[int, float]
    factors: Mapping[tuple[int, float], float]

    def applied(self, totals: Totals, states: IntArray, levels: Sequence[float]) -> Totals:
        """Totals as they should have been; `states` of shape (origins, n)."""
        middle = totals.means[..., None]
        found = [self._looked_up({s: c for (s, at), c in self.factors.items() if at == level}, states)
                 for level in levels]  # fmt: skip
        quantiles = middle + np.stack(found, axis=-1) * (totals.quantiles - middle)
        rising = np.maximum.accumulate(np.maximum(quantiles, 0.0), axis=-1)
        return replace(totals, means=totals.means * self._looked_up(self.means, states), quantiles=rising)

    @staticmethod
    def _looked_up(known: Mapping[int, float], states: IntArray) -> FloatArray:
        usual = known.get(EVERY_STATE, 1.0)
        table = np.array([known.get(state, usual) for state in range(STATES)])
        return np.asarray(table[states], dtype=np.float64)

    def as_dict(self) -> dict[str, Any]:
        factors = [[state, level, c] for (state, level), c in sorted(self.factors.items())]
        return {"means": [list(pair) for pair in sorted(self.means.items())], "factors": factors}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Stretch:
        means = {int(state): float(f) for state, f in stored["means"]}
        return cls(means, {(int(s), float(level)): float(c) for s, level, c in stored["factors"]})


STATES = (len(OWN_BOUNDS) + 1) * (len(TIDE_BOUNDS) + 1)


def tide_of(panel: Panel) -> tuple[float, ...]:
    """The median momentum of the series, by periods before the end: item 0 is now."""
    width = panel.values.shape[1]
    columns = np.arange(width, 0, -1, dtype=np.int64)
    momentum = _momentum(panel.values, *TIDE_DAYS, columns)
    begun = columns[:, None] - first_columns(panel.values) >= TIDE_DAYS[1]
    told = np.where(begun, momentum, np.nan)
    enough = begun.sum(axis=1) > 0
    return tuple(np.median(row[~np.isnan(row)]).item() if any_ else 1.0
                 for row, any_ in zip(told, enough, strict=True))  # fmt: skip


def states_at(panel: Panel, origins: Sequence[int], tide: Sequence[float]) -> IntArray:
    """The state of each series at each origin, shape (origins, n)."""
    at = np.array(origins, dtype=np.int64)
    own = np.digitize(_momentum(panel.values, *OWN_DAYS, at), OWN_BOUNDS)
    back = panel.values.shape[1] - at
    book = np.digitize([tide[i] if i < len(tide) else 1.0 for i in back.tolist()], TIDE_BOUNDS)
    return np.asarray(book[:, None] * (len(OWN_BOUNDS) + 1) + own, dtype=np.int64)


def learn_stretches(
    panel: Panel, length: int, levels: Sequence[float], lesson: Lesson, tide: Sequence[float], until: int
) -> tuple[Stretch, Stretch]:
    """From past windows that had ended by column `until`, and from all; `lesson` was learnt up to `until`."""
    chosen = np.unique(np.linspace(0, len(panel.values) - 1, MOST_SERIES).astype(np.int64))
    sample, settled = panel.rows(chosen), panel.rhythm.settled
    width = sample.values.shape[1]
    origins = np.arange(width - length, settled - 1, -length, dtype=np.int64)[:MOST_ORIGINS][::-1]
    if not origins.size:
        return Stretch({}, {}), Stretch({}, {})
    totals = totals_at(sample, length, levels, origins.tolist(), lesson, PATHS_THEN)
    demand = window_totals(sample.values, length)[:, origins].T
    counted = (origins[:, None] - first_columns(sample.values) >= settled) & ~np.isnan(demand)
    states = states_at(sample, origins.tolist(), tide)
    ended = counted & (origins[:, None] + length <= until)
    then, now = (_stretch(totals, demand, states, which, levels) for which in (ended, counted))
    return then, now


def _stretch(
    totals: Totals, demand: FloatArray, states: IntArray, counted: NDArray[np.bool_], levels: Sequence[float]
) -> Stretch:
    means: dict[int, float] = {}
    factors: dict[tuple[int, float], float] = {}
    for state in (EVERY_STATE, *range(STATES)):
        chosen = counted if state == EVERY_STATE else counted & (states == state)
        count = int(chosen.sum())
        if count < FEWEST_WINDOWS:
            continue
        total, middle = demand[chosen], totals.means[chosen]
        means[state] = _drawn(float(total.sum() / max(middle.sum(), 1e-9)), count)
        for i, level in enumerate(levels):
            far = (total - middle) / np.maximum(totals.quantiles[chosen][:, i] - middle, 1e-9)
            factors[state, level] = _drawn(float(np.quantile(far, level)), count)
    return Stretch(means, factors)


def _drawn(figure: float, count: int) -> float:
    return float(np.clip((figure * count + DRAWN_AS_IF) / (count + DRAWN_AS_IF), *BOUNDS))


def _momentum(values: FloatArray, recent: int, usual: int, columns: IntArray) -> FloatArray:
    """Mean of the last few periods / mean of more, both raised by half a unit a week; shape (columns, n)."""
    least = 1 / 14
    now, before = trailing_means(values, recent, columns), trailing_means(values, usual, columns)
    return np.asarray((now + least) / (before + least), dtype=np.float64)
