"""The book's own clock (RECORD.md, Rules): the system's for live and archive books, one that stands still
while nobody has the book open for simulated and drill books."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from ledger.domain.instants import format_instant, parse_instant

MAY_LAG = timedelta(minutes=5)
MAY_LEAD = timedelta(hours=24)


class Clock:
    """`now` in UTC.

    `last` is the recorded_at of the book's last entry when it was opened; `accepted` the recorded_at up to
    which `doctor --accept-clock` has agreed that the clock may be behind, or "".
    """

    def __init__(self, kind: str, last: str | None, accepted: str = "") -> None:
        self.follows_system = kind in ("live", "archive") or last is None
        self._start = datetime.now(UTC) if last is None else parse_instant(last)
        self._opened = time.monotonic()
        self._accepted = accepted

    def now(self) -> datetime:
        if self.follows_system:
            return datetime.now(UTC)
        return self._start + timedelta(seconds=time.monotonic() - self._opened)

    def accept(self, accepted: str) -> None:
        """Take what `doctor --accept-clock` has agreed to since."""
        self._accepted = accepted

    def reach(self, last: str) -> None:
        """A book that carries its clock is never before its own last entry."""
        if not self.follows_system and (moment := parse_instant(last)) > self.now():
            self._start, self._opened = moment, time.monotonic()

    def minutes_behind(self, last: str) -> int:
        """Whole minutes that the clock is behind `last`, when it is more than may be; else 0."""
        behind = parse_instant(last) - self.now()
        refused = self.follows_system and behind > MAY_LAG and last > self._accepted
        return int(behind.total_seconds() // 60) if refused else 0

    def recorded_at(self, last: str | None) -> str:
        """max(the book's clock, the previous entry's): never goes back."""
        now = format_instant(self.now())
        return now if last is None or now > last else last
