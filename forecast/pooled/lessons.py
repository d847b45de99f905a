"""The lessons of a whole book, learnt once per length of window and handed to every forecast of a run.

Protection intervals differ from center to center, a lesson's weights hardly with the length: so they are
learnt at a few lengths, each about 1.4 times the last, and used at the nearest. `then` is the same learnt
from windows that end before the back-test's first: what a back-test may know.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.evaluate import MOST_WINDOWS
from forecast.pooled.panel import Panel
from forecast.pooled.pool import Lesson, learn_lesson, learn_short_lesson, memory_of
from forecast.pooled.tide import Stretch, learn_stretches, tide_of

FloatArray = NDArray[np.float64]

ANCHORS = (1, 2, 3, 4, 5, 7, 10, 14, 20, 28, 40, 56, 80, 112, 160, 224, 320, 448, 640)


@dataclass(frozen=True)
class Settled:
    """What series with history enough are forecast with (now) and back-tested with (then)."""

    now: Lesson
    then: Lesson
    stretch_now: Stretch
    stretch_then: Stretch
    tide: tuple[float, ...]


@dataclass(frozen=True)
class Lessons:
    """Lessons by (anchor, memory): memory 0 = series with history enough.

    Attributes:
        now: what to forecast with.
        then: what the back-test may use; by anchor.
        stretches: (then, now) by anchor; see `tide`.
        tide: how use rises in the whole book, by periods before the end.
    """

    now: Mapping[tuple[int, int], Lesson]
    then: Mapping[int, Lesson]
    stretches: Mapping[int, tuple[Stretch, Stretch]]
    tide: tuple[float, ...] = ()

    def settled(self, length: int) -> Settled | None:
        """To forecast with and to back-test with; None unless both could be learnt, since the error shown
        must be that of the model used."""
        at = anchor(length)
        if (at, 0) not in self.now or at not in self.then:
            return None
        then, now = self.stretches[at]
        return Settled(self.now[at, 0], self.then[at], now, then, self.tide)

    def short(self, length: int, size: int) -> Lesson | None:
        return self.now.get((anchor(length), memory_of(size)))

    def digest(self) -> str:
        """SHA-256 of the lessons as JSON: names what a published forecast was computed with."""
        return hashlib.sha256(json.dumps(self.as_dict(), sort_keys=True).encode()).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        now = [[at, memory, lesson.as_dict()] for (at, memory), lesson in sorted(self.now.items())]
        stretches = [
            [at, then.as_dict(), now.as_dict()] for at, (then, now) in sorted(self.stretches.items())
        ]
        then = [[at, lesson.as_dict()] for at, lesson in sorted(self.then.items())]
        return {"now": now, "then": then, "stretches": stretches, "tide": list(self.tide)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Lessons:
        now = {(int(at), int(memory)): Lesson.from_dict(plain) for at, memory, plain in stored["now"]}
        then = {int(at): Lesson.from_dict(plain) for at, plain in stored["then"]}
        stretches = {
            int(at): (Stretch.from_dict(before), Stretch.from_dict(after))
            for at, before, after in stored["stretches"]
        }
        return cls(now, then, stretches, tuple(map(float, stored["tide"])))


NO_LESSONS = Lessons({}, {}, {})


def learn_lessons(
    panel: Panel, lengths: Iterable[int], short: Collection[tuple[int, int]], levels: Sequence[float]
) -> Lessons:
    """Learn what windows of these lengths need, and what the short series need: (length, size) pairs."""
    now: dict[tuple[int, int], Lesson] = {}
    then: dict[int, Lesson] = {}
    stretches: dict[int, tuple[Stretch, Stretch]] = {}
    width, tide = panel.values.shape[1], tide_of(panel)
    for at in sorted({anchor(length) for length in lengths}):
        until = max(width // 2, width - MOST_WINDOWS * at)
        found, before = learn_lesson(panel, at, levels), learn_lesson(panel, at, levels, until)
        if found is not None:
            now[at, 0] = found
        if before is not None:
            then[at] = before
            stretches[at] = learn_stretches(panel, at, levels, before, tide, until)
    for at, memory in sorted({(anchor(length), memory_of(size)) for length, size in short}):
        taught = learn_short_lesson(panel, at, memory, levels)
        if taught is not None:
            now[at, memory] = taught
    return Lessons(now, then, stretches, tide)


def anchor(length: int) -> int:
    """The nearest learnt length, by ratio."""
    return min(ANCHORS, key=lambda at: abs(np.log(at / length)))
