"""The full method, for a panel: quantiles of total demand over the next periods, series by series.

What two models say (`mixture`), stretched as far as the answers of the past year would have had to be
(`reach`). The fast path is the pooled model alone, stretched likewise. Every series is answered: its model
and, if it is not the full one, the reason are named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.pooled.batch import CHUNK, PATHS
from forecast.pooled.counts import count_quantiles
from forecast.pooled.mixture import mixture
from forecast.pooled.panel import Panel
from forecast.pooled.pool import Lesson, learn_lesson, learn_short_lesson, memory_of, sample_of
from forecast.pooled.reach import learn_reach, stretched
from forecast.pooled.traits import traits_at
from forecast.pooled.weekdays import levelled, shares, weekday_weights

FloatArray = NDArray[np.float64]

FULL = "pooled_ets"
FAST = "pooled"
ALONE = "ets"
SHORT = "pooled_short"
PLAIN = "plain_count"
NO_USE = "no_use"
NONE = "none"


@dataclass(frozen=True)
class Answers:
    """What is known of the next total of each series, in the panel's order.

    Attributes:
        quantiles: shape (n, levels), units, not rounded; NaN nowhere: 0 where nothing can be said.
        means: shape (n,), expected totals.
        models: full method, fast path, or the fallback's name.
        reasons: "" or why it is a fallback: short, few_alike, no_use, empty.
    """

    quantiles: FloatArray
    means: FloatArray
    models: tuple[str, ...]
    reasons: tuple[str, ...]


class Teacher:
    """The lessons that a panel needs, learnt when first asked for, and then the same for every chunk."""

    def __init__(self, panel: Panel, length: int, levels: Sequence[float]) -> None:
        self._panel, self.length, self.levels = panel, length, tuple(levels)
        self._lessons: dict[int, Lesson | None] = {}
        self._reach: dict[bool, tuple[float, ...]] = {}

    def full(self) -> Lesson | None:
        if 0 not in self._lessons:
            sample = sample_of(self._panel)
            level = levelled(sample, weekday_weights(sample))
            self._lessons[0] = learn_lesson(level, self.length, self.levels)
        return self._lessons[0]

    def reach(self, fast: bool) -> tuple[float, ...]:
        """How far the answers are stretched, by level."""
        lesson = self.full()
        if fast not in self._reach:
            none = (1.0,) * len(self.levels)
            told = lesson and learn_reach(self._panel, self.length, self.levels, lesson, fast)
            self._reach[fast] = told or none
        return self._reach[fast]

    def short(self, size: int) -> Lesson | None:
        memory = memory_of(size)
        if memory not in self._lessons:
            lesson = learn_short_lesson(self._panel, self.length, memory, self.levels)
            self._lessons[memory] = lesson
        return self._lessons[memory]


def answer(panel: Panel, teacher: Teacher, fast: bool = False) -> Answers:
    """Answer every series of a panel, 250 at a time, so that memory does not grow with their number."""
    chunks = [
        _answer_chunk(panel.rows(np.arange(start, min(start + CHUNK, len(panel.values)))), teacher, fast)
        for start in range(0, len(panel.values), CHUNK)
    ]
    return Answers(
        np.concatenate([chunk.quantiles for chunk in chunks] or [np.zeros((0, len(teacher.levels)))]),
        np.concatenate([chunk.means for chunk in chunks] or [np.zeros(0)]),
        tuple(model for chunk in chunks for model in chunk.models),
        tuple(reason for chunk in chunks for reason in chunk.reasons),
    )


def _answer_chunk(panel: Panel, teacher: Teacher, fast: bool) -> Answers:
    n, sizes = len(panel.values), panel.sizes
    quantiles, means = np.zeros((n, len(teacher.levels))), np.zeros(n)
    models, reasons = np.full(n, NONE, dtype=object), np.full(n, "empty", dtype=object)
    used = np.nansum(panel.values, axis=1) > 0
    idle = (sizes > 0) & ~used
    models[idle], reasons[idle] = NO_USE, "no_use"
    settled = used & (sizes >= panel.rhythm.settled)
    if settled.any():
        quantiles[settled], means[settled], model = _settled(panel.rows(settled), teacher, fast)
        models[settled], reasons[settled] = model, "few_alike" if model == ALONE else ""
    for size in np.unique(sizes[used & ~settled]).tolist():
        chosen = used & (sizes == size)
        own = panel.rows(chosen).newest(size)
        quantiles[chosen], means[chosen], models[chosen] = _short(own, teacher)
        reasons[chosen] = "short"
    return Answers(quantiles, means, tuple(models.tolist()), tuple(reasons.tolist()))


def _settled(panel: Panel, teacher: Teacher, fast: bool) -> tuple[FloatArray, FloatArray, str]:
    """Series with history enough: by the full method, the fast path, or alone where the pool is too small."""
    lesson, weights = teacher.full(), weekday_weights(panel)
    share, now = shares(weights, teacher.length), np.array([panel.values.shape[1]])
    traits = traits_at(levelled(panel, weights), teacher.length, now).latest()
    said, means = mixture(panel, traits, share, lesson, teacher.length, teacher.levels, fast, PATHS)
    if lesson is None:
        return said, means, ALONE
    return stretched(means, said, teacher.reach(fast)), means, FAST if fast else FULL


def _short(panel: Panel, teacher: Teacher) -> tuple[FloatArray, FloatArray, str]:
    """Series of one size below `settled`: taught by long ones, else a count law round their own mean.

    Var(total) = P*v*(1 + P/n): the spread of P periods and that of a mean of n (textbook); v is at least
    the mean, as the Poisson law has it.
    """
    size, length = panel.values.shape[1], teacher.length
    lesson = teacher.short(size)
    mean = panel.values.mean(axis=1)
    if lesson is not None:
        own = panel.newest(memory_of(size))
        traits = traits_at(own, length, np.array([own.values.shape[1]])).latest()
        return lesson.quantiles(traits, teacher.levels), lesson.location(traits), SHORT
    variance = panel.values.var(axis=1, ddof=1) if size > 1 else mean
    spread = length * np.maximum(variance, mean) * (1 + length / size)
    return count_quantiles(length * mean, spread, np.array(teacher.levels)), length * mean, PLAIN
