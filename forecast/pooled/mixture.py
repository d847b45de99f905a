"""Two unlike models of the next total, their quantiles averaged.

    quantile = p * pooled location and scale (`pool`, weekdays levelled) + (1 - p) * ETS paths (`batch`)

with p near 0.6, less where few windows taught. Averaging quantiles of unlike models is sharper than the best
of them (Lichtendahl, Grushka-Cockayne & Winkler 2013); the weights were not learnt but compared (README,
"Ideas"). The fast path is the pooled part alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forecast.pooled.batch import path_quantiles
from forecast.pooled.panel import Panel
from forecast.pooled.pool import Lesson
from forecast.pooled.traits import Traits

FloatArray = NDArray[np.float64]

POOLED_SHARE = 0.6
DOUBTED_WINDOWS = 100
"""The pooled part has POOLED_SHARE * w / (w + 100) of the answer, w the windows that it was fitted to."""


def mixture(
    panel: Panel,
    traits: Traits,
    share: FloatArray,
    lesson: Lesson | None,
    length: int,
    levels: Sequence[float],
    fast: bool,
    paths: int,
) -> tuple[FloatArray, FloatArray]:
    """Quantiles, shape (n, levels), and means, (n,), of the total of the `length` periods that follow.

    `traits` of the levelled panel there, `share` the weekdays' part in those periods. Without a lesson the
    paths answer alone.
    """
    if lesson is None:
        return _drawn(panel, share, length, levels, paths)
    pooled = lesson.quantiles(traits, tuple(levels)) * share[:, None]
    mean = lesson.location(traits) * share
    if fast:
        return pooled, mean
    drawn, drawn_mean = _drawn(panel, share, length, levels, paths)
    part = POOLED_SHARE * lesson.windows / (lesson.windows + DOUBTED_WINDOWS)
    return part * pooled + (1.0 - part) * drawn, part * mean + (1.0 - part) * drawn_mean


def _drawn(
    panel: Panel, share: FloatArray, length: int, levels: Sequence[float], paths: int
) -> tuple[FloatArray, FloatArray]:
    means, quantiles = path_quantiles(panel.values, length, np.array(levels), panel.rhythm.year, paths)
    return quantiles * share[:, None], means * share
