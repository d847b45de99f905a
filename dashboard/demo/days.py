"""Days of the simulation: which are worked, how busy they are, and their moments in book form.

A moment is a whole number of milliseconds since midnight (Asia/Shanghai) before the first day. Everything is
recorded between 08:00 and midnight, when the date is the same in Shanghai and in UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from dashboard.demo.tables import Outbreak

FIRST_DAY = date(2024, 9, 13)
LAST_DAY = date(2026, 3, 12)
ALL_DAYS = (LAST_DAY - FIRST_DAY).days + 1
DAY_MS = 86_400_000
MINUTE_MS = 60_000
_UTC_OFFSET_MS = 8 * 3_600_000

# Visits against a mean working day, Monday to Sunday: own judgement, README.md.
_VISITS = (1.22, 1.08, 1.0, 0.94, 0.9, 0.36, 0.12)


@dataclass(frozen=True)
class Day:
    """One day. `left` counts the days after it; `visits` is 1 on a mean working day."""

    index: int
    left: int
    date: date
    text: str
    weekday: int
    holiday: bool
    visits: float

    @property
    def working(self) -> bool:
        return self.visits >= 0.8

    def at(self, hour: float) -> int:
        """The moment of a local hour, e.g. 9.5."""
        return self.index * DAY_MS + int(hour * 3600) * 1000


def days(count: int, holidays: frozenset[date]) -> list[Day]:
    """The last `count` days of the district's 18 months."""
    first = LAST_DAY - timedelta(days=count - 1)
    return [_day(first + timedelta(days=i), i, count - 1 - i, holidays) for i in range(count)]


def _day(day: date, index: int, left: int, holidays: frozenset[date]) -> Day:
    holiday = day in holidays
    visits = 0.15 if holiday else _VISITS[day.weekday()]
    return Day(index, left, day, day.isoformat(), day.weekday(), holiday, visits)


class Calendar:
    """Moments as the book writes them."""

    def __init__(self, of: Sequence[Day]) -> None:
        self.days = of
        self.first = of[0].date
        self._text = lru_cache(maxsize=64)(self._day_text)

    def _day_text(self, index: int) -> str:
        return (self.first + timedelta(days=index)).isoformat()

    def day(self, moment: int) -> str:
        return self._text(moment // DAY_MS)

    def instant(self, moment: int) -> str:
        """`moment` as RECORD.md's instant in UTC."""
        index, rest = divmod(moment - _UTC_OFFSET_MS, DAY_MS)
        seconds, ms = divmod(rest, 1000)
        minutes, second = divmod(seconds, 60)
        return f"{self._text(index)}T{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}.{ms:03d}Z"

    def day_after(self, moment: int, days: int) -> str:
        return (self.first + timedelta(days=moment // DAY_MS + days)).isoformat()

    def working_day(self, index: int) -> int:
        """`index`, or the next working day's index."""
        while index < len(self.days) and not self.days[index].working:
            index += 1
        return index


def surge(outbreaks: Sequence[Outbreak], day: date, shift_days: int) -> float:
    """How far an outbreak has risen on `day`: 0 without one, `scale` at its top; straight lines between."""
    height = 0.0
    for outbreak in outbreaks:
        since = (day - outbreak.first_day).days - shift_days
        until = outbreak.rise_days + outbreak.top_days
        if 0 <= since < outbreak.rise_days:
            height = outbreak.scale * (since + 1) / outbreak.rise_days
        elif outbreak.rise_days <= since < until:
            height = outbreak.scale
        elif until <= since < until + outbreak.fall_days:
            height = outbreak.scale * (1 - (since - until) / outbreak.fall_days)
    return height
