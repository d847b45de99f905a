"""Chance that comes out the same on every machine and Python: built on `random.Random.random` alone.

The standard library promises that `random()` keeps its sequence for a seed; its other methods may change, and
logarithms may differ in the last bit between machines. So a normal draw is a sum of uniform ones here.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
_ROOT_3 = 3**0.5  # four uniform draws have variance 1/3 together


class Dice:
    """One stream of chance. Streams of different names are independent, so a change in one stays local."""

    def __init__(self, *names: object) -> None:
        self._draw = random.Random("\x1f".join(map(str, names))).random

    def chance(self, probability: float) -> bool:
        return self._draw() < probability

    def between(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self._draw() * (high - low + 1))

    def factor(self, low: float, high: float) -> float:
        return low + self._draw() * (high - low)

    def pick(self, among: Sequence[T]) -> T:
        return among[int(self._draw() * len(among))]

    def around(self, mean: float, deviation: float) -> float:
        """Nearly normal (Irwin-Hall of four), within 3.5 deviations of the mean."""
        draw = self._draw
        return mean + deviation * _ROOT_3 * (draw() + draw() + draw() + draw() - 2)

    def quantity(self, mean: float) -> int:
        """A whole number of about `mean`, never below 0: binomial of 12 when small, else with a quarter of
        the mean as deviation beside that of counting."""
        if mean < 6:
            draw, share = self._draw, mean / 12
            return sum(draw() < share for _ in range(12))
        return max(0, round(self.around(mean, (mean + mean * mean / 16) ** 0.5)))
