"""The rolling-origin back-test: arrays in, scores out, for any forecaster beside any other.

Each forecaster sees a panel up to an origin and answers quantiles of the total over the next periods; the
origins are the last ones whose windows do not overlap. Scores (FORECAST.md, "Accuracy"):

    pinball      mean pinball loss over windows and levels / max(length * mean of history, 1 unit)
    calibration  mean over levels q of max(0, q - P(D <= S), P(D < S) - q): made for counts
    covered      share of windows in which the quantile was enough, per level
    fill_rate    share of demand met from a stock of that size, per level
    held         quantile at .95 / (length * mean of history): what it costs

by set and by class of series: smooth, erratic, intermittent or lumpy (Syntetos, Boylan & Croston 2005:
mean interval between demands 1.32 and squared variation of demand sizes 0.49 divide them).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.baselines import Forecaster
from forecast.ensemble import Teacher, answer
from forecast.evaluate import LEVELS, calibration_error, pinball
from forecast.panel import Panel, first_columns
from forecast.policy import round_up

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

CLASSES = ("smooth", "erratic", "intermittent", "lumpy")
LONGEST_INTERVAL, LARGEST_VARIATION = 1.32, 0.49


@dataclass(frozen=True)
class Windows:
    """What happened, and what each window is measured by; axes (origins, series).

    Attributes:
        demand: total of each window.
        size: max(length * mean of the history before, 1 unit).
        counted: windows that are scored: their series had begun and their demand is known.
        classes: class of each series as of its history, index into CLASSES.
    """

    demand: FloatArray
    size: FloatArray
    counted: BoolArray
    classes: NDArray[np.int64]


@dataclass(frozen=True)
class Score:
    """One forecaster on one set or class; see the head of this module."""

    windows: int
    pinball: float
    calibration: float
    levels: tuple[float, ...]
    covered: tuple[float, ...]
    fill_rate: tuple[float, ...]
    held: float

    def as_dict(self) -> dict[str, Any]:
        plain = dict(self.__dict__)
        for name in ("levels", "covered", "fill_rate"):
            plain[name] = list(plain[name])
        return plain


@dataclass(frozen=True)
class Report:
    """Scores by forecaster, of all series and by class; `losses` by window for paired comparison."""

    scores: Mapping[str, Score]
    by_class: Mapping[str, Mapping[str, Score]]
    losses: Mapping[str, FloatArray]
    counted: BoolArray

    def ratio(self, name: str, to: str) -> tuple[float, float, float]:
        """Loss of one over that of another, and its 95 % interval, series drawn anew 2,000 times.

        The percentile bootstrap over series (Efron 1979): windows of one series are kept together.
        """
        ours, theirs = (np.where(self.counted, self.losses[who], 0.0).sum(axis=0) for who in (name, to))
        drawn = np.random.default_rng(0).integers(0, ours.size, (2000, ours.size))
        ratios = ours[drawn].sum(axis=1) / np.maximum(theirs[drawn].sum(axis=1), 1e-300)
        low, high = np.quantile(ratios, [0.025, 0.975])
        return float(ours.sum() / max(theirs.sum(), 1e-300)), float(low), float(high)


def ours(panel: Panel, length: int, levels: tuple[float, ...]) -> FloatArray:
    """The full method."""
    return answer(panel, Teacher(panel, length, levels)).quantiles


def ours_fast(panel: Panel, length: int, levels: tuple[float, ...]) -> FloatArray:
    return answer(panel, Teacher(panel, length, levels), fast=True).quantiles


def backtest(
    panel: Panel,
    forecasters: Mapping[str, Forecaster],
    length: int,
    origins: int = 3,
    levels: tuple[float, ...] = LEVELS,
    known: BoolArray | None = None,
    least_history: int | None = None,
) -> Report:
    """Run every forecaster over the same windows.

    `known`, shape of the panel's values, is False where demand was not seen whole (a stock-out): windows
    that touch it are not scored. Series with less than `least_history` periods (default: as many as make
    it settled, twice) before the first origin are scored at no origin. ValueError if nothing is left.
    """
    needed = 2 * panel.rhythm.settled if least_history is None else least_history
    windows = windows_of(panel, length, origins, known, needed)
    if not windows.counted.any():
        raise ValueError("no series has history enough for a back-test")
    starts = _starts(panel, length, origins)
    quantiles = {
        name: np.stack([_asked(forecaster, panel.upto(start), length, levels) for start in starts])
        for name, forecaster in forecasters.items()
    }
    losses = {name: _losses(windows, found, levels) for name, found in quantiles.items()}
    scores, by_class = {}, {}
    for name, found in quantiles.items():
        scores[name] = _score(windows, found, losses[name], levels, windows.counted)
        own = {c: windows.counted & (windows.classes == i) for i, c in enumerate(CLASSES)}
        by_class[name] = {
            c: _score(windows, found, losses[name], levels, chosen) for c, chosen in own.items() if chosen.any()
        }
    return Report(scores, by_class, losses, windows.counted)


def windows_of(
    panel: Panel, length: int, origins: int, known: BoolArray | None, least_history: int
) -> Windows:
    starts = _starts(panel, length, origins)
    values = panel.values
    begun = first_columns(values)
    sound = ~np.isnan(values) if known is None else known
    demand, size, counted, classes = [], [], [], []
    for start in starts:
        past, future = values[:, :start], slice(start, start + length)
        mean = np.nansum(past, axis=1) / np.maximum((~np.isnan(past)).sum(axis=1), 1)
        demand.append(np.nansum(values[:, future], axis=1))
        size.append(np.maximum(length * mean, 1.0))
        counted.append((start - begun >= max(1, least_history)) & sound[:, future].all(axis=1))
        classes.append(classify(past))
    return Windows(np.array(demand), np.array(size), np.array(counted), np.array(classes))


def classify(values: FloatArray) -> NDArray[np.int64]:
    """Smooth, erratic, intermittent or lumpy, by the history; index into CLASSES, shape (n,)."""
    known, used = ~np.isnan(values), np.nan_to_num(values) > 0
    count = np.maximum(used.sum(axis=1), 1)
    interval = known.sum(axis=1) / count
    sizes = np.where(used, values, 0.0)
    mean = sizes.sum(axis=1) / count
    squares = np.where(used, (sizes - mean[:, None]) ** 2, 0.0).sum(axis=1) / count
    variation = squares / np.maximum(mean, 1e-9) ** 2
    return np.where(interval > LONGEST_INTERVAL, 2, 0) + (variation > LARGEST_VARIATION)


def _starts(panel: Panel, length: int, origins: int) -> Sequence[int]:
    width = panel.values.shape[1]
    return [width - length * back for back in range(origins, 0, -1) if width - length * back >= 1]


def _asked(forecaster: Forecaster, panel: Panel, length: int, levels: tuple[float, ...]) -> FloatArray:
    found = forecaster(panel, length, levels)
    return np.array([[round_up(float(q)) for q in row] for row in found], dtype=np.float64)


def _losses(windows: Windows, quantiles: FloatArray, levels: tuple[float, ...]) -> FloatArray:
    each = [pinball(level, windows.demand, quantiles[..., i]) for i, level in enumerate(levels)]
    return np.asarray(np.mean(each, axis=0) / windows.size, dtype=np.float64)


def _score(
    windows: Windows, quantiles: FloatArray, losses: FloatArray, levels: tuple[float, ...], chosen: BoolArray
) -> Score:
    demand, asked = windows.demand[chosen], quantiles[chosen]
    met = np.minimum(demand[:, None], asked).sum(axis=0) / max(float(demand.sum()), 1e-9)
    nearest = int(np.argmin(np.abs(np.array(levels) - 0.95)))
    return Score(
        windows=int(chosen.sum()),
        pinball=float(losses[chosen].mean()),
        calibration=calibration_error(levels, demand, asked),
        levels=levels,
        covered=tuple((demand[:, None] <= asked).mean(axis=0).tolist()),
        fill_rate=tuple(np.minimum(met, 1.0).tolist()),
        held=float((asked[:, nearest] / windows.size[chosen]).mean()),
    )
