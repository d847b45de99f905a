"""What all series together teach of each: location, scale and shape of the totals of windows to come.

For a total D over the next window of a series, known only by its traits (`traits`):

    D = m + s * r,   m = sum of w_j * place_j,   s = sum of v_k * spread_k + v_m * m + v_1 * sqrt(m)
    quantile(r) = gamma(m / s) + c_0 + c_1 * m/s + c_2 * zero share          one set c per level

The weights w and v are not below 0 (Lawson & Hanson 1974), so that a forecast stays within what its series
has shown. gamma() is the quantile of a gamma law of mean m and standard deviation WIDTH * s; c corrects it, a
quantile regression (Koenker & Bassett 1978) by statsmodels' QuantReg. All are fitted to every past window of
every series: a location-scale quantile regression (Koenker & Zhao 1994, He 1997) with two twists that made
the difference (README, "Ideas"):

- Few series teach little, so all weights are drawn to what many sets of series had in common: w and v by a
  ridge towards PLACES and SPREADS (Hoerl & Kennard 1970; the prior's variance is TAU^2), c towards 0 by
  t / (t + 20), t the windows expected beyond the level. With thousands of windows nothing of that is left.
- A window whose scale was guessed far too low - a series that had just begun to rise - counts less, by how
  far off the guess proved to be; else a handful of launches widens the answer for everybody.

A short series is answered by a fit to long ones seen through its own short memory: their windows with all
but the last few periods cut off.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.pooled.panel import Panel, first_columns, window_totals
from forecast.pooled.traits import Traits, traits_at

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

FEWEST_WINDOWS = 24
MOST_SERIES = 400
ORIGINS = (24, 150)
USUAL_WINDOWS = 4800
"""Newest windows looked at: so many of all series together, but between 24 and 150 of each."""
SHORT_ORIGINS = 6
PLACES = (0.25, 0.3, 0.15, 0.05, 0.2, 0.05, 0.0, 0.0)
SPREADS = (0.35, 0.05, 0.1, 0.2, 0.2)
"""What is known beforehand of w and v: about the mean of fits to sixteen sets, real and simulated."""
TAU = 0.3
OVERLAP = 6.0
"""Overlapping windows of like series err together: the prior counts as if there were a sixth of them."""
TAIL = 20.0
SHORT_TRUST = 4.0
"""A short memory guesses many scales too low; only what is far off counts less, or too little is covered."""
WIDTH = 1.15
"""Standard deviation / mean absolute deviation: 1.25 for the normal law, less here, since s is guessed."""
RATIO_BOUNDS = (-3.0, 6.0)
GAMMA_BOUNDS = (0.15, 12.0)
LEAST_SPREAD = 0.02
"""A total is never held to be surer than to 2 % of itself."""
MEMORIES = (1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45)


@dataclass(frozen=True)
class Lesson:
    """The fitted weights for one length of window and one length of memory.

    Attributes:
        length: periods of the window.
        memory: periods of history that the fit saw of each series; 0 = all of them.
        windows: how many past windows it was fitted to.
        place_weights, spread_weights: w and v above.
        shapes: per level, the three coefficients c.
    """

    length: int
    memory: int
    windows: int
    place_weights: tuple[float, ...]
    spread_weights: tuple[float, ...]
    shapes: Mapping[float, tuple[float, float, float]]

    def location(self, traits: Traits) -> FloatArray:
        return np.asarray(traits.places @ np.array(self.place_weights), dtype=np.float64)

    def scale(self, traits: Traits, location: FloatArray) -> FloatArray:
        found = _spread_terms(traits, location) @ np.array(self.spread_weights)
        return np.asarray(np.maximum(found, 1e-3 + LEAST_SPREAD * location), dtype=np.float64)

    def quantiles(self, traits: Traits, levels: Sequence[float]) -> FloatArray:
        """Shape (..., levels), never below 0 nor falling; KeyError for a level that was not learnt."""
        location = self.location(traits)
        scale = self.scale(traits, location)
        terms = _shape_terms(traits, location, scale)
        usual = {level: _gamma(location / scale, level) for level in levels}
        found = [location + scale * (usual[level] + terms @ np.array(self.shapes[level])) for level in levels]
        rising: FloatArray = np.maximum.accumulate(np.maximum(np.stack(found, axis=-1), 0.0), axis=-1)
        return rising

    def as_dict(self) -> dict[str, Any]:
        shapes = [[level, *coefficients] for level, coefficients in sorted(self.shapes.items())]
        return {**self.__dict__, "shapes": shapes}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Lesson:
        given = dict(stored)
        given["place_weights"] = tuple(map(float, given["place_weights"]))
        given["spread_weights"] = tuple(map(float, given["spread_weights"]))
        given["shapes"] = {float(row[0]): (row[1], row[2], row[3]) for row in given["shapes"]}
        return cls(**given)


def learn_lesson(
    panel: Panel, length: int, levels: Sequence[float], until: int | None = None
) -> Lesson | None:
    """Fit to all windows of all (at most 400, evenly taken) series that end by column `until`.

    None where there are too few windows. Deterministic.
    """
    sample = sample_of(panel)
    end = sample.values.shape[1] if until is None else until
    traits, totals, counted = _windows(sample.upto(end), length)
    series = np.broadcast_to(np.arange(len(sample.values)), counted.shape)
    return _fit(traits, totals, counted, series, length, 0, levels)


def learn_short_lesson(panel: Panel, length: int, memory: int, levels: Sequence[float]) -> Lesson | None:
    """The same for series of `memory` periods of history: what came after the last few of longer ones."""
    sample = sample_of(panel)
    values, starts = sample.values, first_columns(sample.values)
    seen, totals, series = [], [], []
    for origin in range(values.shape[1] - length, max(memory, 1) - 1, -max(1, length // 3)):
        long = np.flatnonzero(origin - starts >= memory)
        seen.append(values[long, origin - memory : origin])
        totals.append(values[long, origin : origin + length].sum(axis=1))
        series.append(long)
        if len(seen) >= SHORT_ORIGINS * 2 or not long.size:
            break
    if not seen:
        return None
    cut = np.concatenate(seen)
    shortened = Panel(cut, sample.rhythm, np.zeros(len(cut), dtype=np.bool_))
    traits = traits_at(shortened, length, np.array([memory]))
    total = np.concatenate(totals)[None, :]
    every = np.ones(total.shape, dtype=np.bool_)
    return _fit(traits, total, every, np.concatenate(series)[None, :], length, memory, levels)


def memory_of(size: int) -> int:
    """The longest learnt memory that a short series can fill."""
    return max(memory for memory in MEMORIES if memory <= max(size, 1))


def sample_of(panel: Panel) -> Panel:
    """At most 400 series, evenly taken: what is learnt from."""
    n = len(panel.values)
    if n <= MOST_SERIES:
        return panel
    return panel.rows(np.linspace(0, n - 1, MOST_SERIES).astype(np.int64))


def _windows(panel: Panel, length: int) -> tuple[Traits, FloatArray, BoolArray]:
    """Traits and totals of past windows, newest first, and which of them count."""
    settled = panel.rhythm.settled
    last = panel.values.shape[1] - length
    most = int(np.clip(USUAL_WINDOWS // max(1, len(panel.values)), *ORIGINS))
    origins = np.arange(last, settled - 1, -_step(length), dtype=np.int64)[:most]
    traits = traits_at(panel, length, origins)
    totals = window_totals(panel.values, length)[:, origins].T if origins.size else np.zeros((0, 1))
    counted = (origins[:, None] - first_columns(panel.values) >= settled) & ~np.isnan(totals)
    return traits, totals, counted


def _step(length: int) -> int:
    return max(1, length // 2) if length > 3 else 1


def _fit(
    traits: Traits,
    totals: FloatArray,
    counted: BoolArray,
    series: IntArray,
    length: int,
    memory: int,
    levels: Sequence[float],
) -> Lesson | None:
    """The fit itself; arrays of shape (origins, n), `series` saying of which series each window is."""
    if counted.sum() < FEWEST_WINDOWS or not totals[counted].any():
        return None
    seen = Traits(
        traits.places[counted], traits.spreads[counted], traits.zero_share[counted], traits.size[counted]
    )
    demand = totals[counted]
    place_weights = _place_weights(seen, demand)
    lesson = Lesson(length, memory, int(counted.sum()), place_weights, (), {})
    location = lesson.location(seen)
    spread_weights = _spread_weights(seen, demand, location)
    lesson = Lesson(length, memory, lesson.windows, place_weights, spread_weights, {})
    scale = lesson.scale(seen, location)
    trust = _trust(demand - location, (SHORT_TRUST if memory else 1.0) * scale, series[counted])
    ratio, terms = location / scale, _shape_terms(seen, location, scale)
    apart = lesson.windows * min(1.0, _step(length) / length)
    shapes = {}
    for level in levels:
        beyond = apart * min(level, 1.0 - level)
        found = _shape(terms, (demand - location) / scale - _gamma(ratio, level), trust, level)
        shapes[level] = tuple((found * beyond / (beyond + TAIL)).tolist())
    return Lesson(length, memory, lesson.windows, place_weights, spread_weights, shapes)


def _place_weights(traits: Traits, demand: FloatArray) -> tuple[float, ...]:
    """Least squares with weights not below 0, far misses counted less (Huber 1964)."""
    ratio = demand / traits.size
    ratio = np.minimum(ratio, max(float(np.quantile(ratio, 0.995)), 3.0))
    places = traits.places / traits.size[:, None]
    found = np.array(PLACES)
    for _ in range(5):
        miss = np.abs(ratio - places @ found)
        weight = 1.0 / np.maximum(1.0, miss / (4 * float(np.median(miss)) + 1e-9))
        found = _drawn_weights(places, ratio, weight, np.array(PLACES), miss)
    return tuple(found.tolist())


def _drawn_weights(
    terms: FloatArray, answers: FloatArray, weight: FloatArray, usual: FloatArray, miss: FloatArray
) -> FloatArray:
    """Weights not below 0 of least sum of squares, drawn to the usual ones: rows of the prior are added."""
    from scipy.optimize import nnls

    pull = np.sqrt(OVERLAP * float(np.average(miss**2, weights=weight))) / TAU
    root = np.sqrt(weight)
    rows = np.concatenate([terms * root[:, None], pull * np.eye(usual.size)])
    return np.asarray(nnls(rows, np.concatenate([answers * root, pull * usual]))[0], dtype=np.float64)


def _spread_terms(traits: Traits, location: FloatArray) -> FloatArray:
    counting = np.sqrt(np.maximum(location, 0.0))
    return np.concatenate([traits.spreads, location[..., None], counting[..., None]], axis=-1)


def _spread_weights(traits: Traits, demand: FloatArray, location: FloatArray) -> tuple[float, ...]:
    far = np.abs(demand - location) / traits.size
    far = np.minimum(far, np.quantile(far, 0.99))
    terms = _spread_terms(traits, location) / traits.size[:, None]
    found, ones = np.array(SPREADS), np.ones(far.size)
    for _ in range(2):
        found = _drawn_weights(terms, far, ones, np.array(SPREADS), far - terms @ found)
    return tuple(found.tolist())


def _trust(miss: FloatArray, scale: FloatArray, series: IntArray) -> FloatArray:
    """min(1, guessed scale / root mean square miss of the series over all its windows)."""
    squares = np.bincount(series, weights=miss**2) / np.maximum(np.bincount(series), 1)
    proved = np.sqrt(squares)[series]
    return np.asarray(np.minimum(1.0, scale / np.maximum(proved, 1e-9)), dtype=np.float64)


def _gamma(ratio: FloatArray, level: float) -> FloatArray:
    """(quantile - m) / s of a gamma law of mean m and standard deviation WIDTH * s; `ratio` = m / s."""
    from scipy.special import gammaincinv

    bounded = np.clip(ratio, *GAMMA_BOUNDS)
    shape = (bounded / WIDTH) ** 2
    return np.asarray(bounded * (gammaincinv(shape, level) / shape - 1.0), dtype=np.float64)


def _shape_terms(traits: Traits, location: FloatArray, scale: FloatArray) -> FloatArray:
    ratio = np.clip(location / scale, *RATIO_BOUNDS)
    return np.stack([np.ones(location.shape), ratio, traits.zero_share], axis=-1)


def _shape(terms: FloatArray, residuals: FloatArray, weight: FloatArray, level: float) -> FloatArray:
    """Weighted quantile regression: the pinball loss scales, so rows are multiplied by their weight."""
    from statsmodels.regression.quantile_regression import QuantReg

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a flat loss stops at the iteration limit at a good enough value
        found = QuantReg(residuals * weight, terms * weight[:, None]).fit(q=level, max_iter=300, p_tol=1e-5)
    return np.asarray(found.params, dtype=np.float64)
