"""One measured figure, and the clock it is taken with."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """One measured figure beside its raw baseline, both in seconds.

    `ratio` is what the issue bounds; `bound` says how.
    """

    name: str
    ours: float
    raw: float | None
    ratio: float | None
    bound: str
    met: bool


@dataclass
class Timer:
    seconds: float = 0.0


@contextmanager
def timed() -> Iterator[Timer]:
    timer = Timer()
    gc.collect()
    begun = time.perf_counter()
    yield timer
    timer.seconds = time.perf_counter() - begun
