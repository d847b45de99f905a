"""Wrong private links, counted by the address they come from."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable


class WrongLinks:
    """Bars an address for the rest of a minute after `most` wrong links in it.

    A link holds 128 random bits, so nobody guesses one; this only keeps guessing from costing the book
    anything. It is counted in this process and by the connection's own address: people behind one proxy
    share it, and what they lose is a minute.
    """

    def __init__(
        self, most: int = 20, seconds: float = 60, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._until = 0.0

    def is_barred(self, address: str) -> bool:
        with self._lock:
            self._turn()
            return self._counts[address] >= self._most

    def count(self, address: str) -> None:
        with self._lock:
            self._turn()
            self._counts[address] += 1

    def _turn(self) -> None:
        """A new minute forgets the last one."""
        now = self._clock()
        if now >= self._until:
            self._counts.clear()
            self._until = now + self._seconds
