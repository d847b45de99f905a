"""Demand rebuilt from the ledger, day by day: what was asked for, or at least what was issued.

A day's issues are the day's demand only while there was something to issue. So every day carries a state:

    observed   there was stock, and some was left at night: demand is what was issued (0 counts as 0)
    censored   the shelf was empty at night: demand was at least what was issued
    missing    nothing could be issued all day, or for an unknown part of it, or nothing is known of the day

Transfers, conversions and losses (`moved_out`) move stock but are not demand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]

MOST = 2**53 - 1
"""The largest whole number that JSON and floats both keep exactly."""
INSUFFICIENT_SHARE = 0.5
"""More than this share of days censored or missing: the history says too little (rule of issue 2)."""


class DayState(StrEnum):
    """What a day's figure means. The letter is how it is stored."""

    OBSERVED = "o"
    CENSORED = "c"
    MISSING = "m"


@dataclass(frozen=True)
class DayMovement:
    """One item at one place on one day of the book's time zone, in base units.

    Attributes:
        day: the day on which it happened (occurred_at), not the day it was recorded.
        received: all that came in: receipts, transfers in, found, returns to shelf, converted in.
        issued: issued for use, net of reversals and of returns to shelf; may be below 0 for a day.
        moved_out: transfers out, wastage, missing, converted out, returned to donor: not demand.
        usable_end: usable, unexpired stock at the end of the day; None where it is not known.
        usable_max: the most that was usable at any moment of the day; None where it is not known.
    """

    day: date
    received: int = 0
    issued: int = 0
    moved_out: int = 0
    usable_end: int | None = None
    usable_max: int | None = None


@dataclass(frozen=True)
class DemandSeries:
    """Demand of one item at one place, one figure per day, without gaps.

    Attributes:
        first_day: the day of `demand[0]`.
        demand: base units per day; the lower bound on a censored day, 0 on a missing one.
        states: the state of each day, as long as `demand`.
        response: True on a day of an outbreak or a recorded response; marked, never deleted.
    """

    first_day: date
    demand: tuple[int, ...]
    states: tuple[DayState, ...]
    response: tuple[bool, ...]

    def __post_init__(self) -> None:
        if not len(self.demand) == len(self.states) == len(self.response):
            raise ValueError("demand, states and response must be of one length")
        if any(not 0 <= quantity <= MOST for quantity in self.demand):
            raise ValueError(f"demand must be 0 to {MOST}")

    @property
    def days(self) -> int:
        return len(self.demand)

    @property
    def last_day(self) -> date:
        """The last day told of; the day before `first_day` when there is none."""
        return self.first_day + timedelta(days=self.days - 1)

    @property
    def days_used(self) -> int:
        """Days that say something of demand: observed or censored."""
        return self.days - self.states.count(DayState.MISSING)

    @property
    def censored_share(self) -> float:
        return self.states.count(DayState.CENSORED) / self.days if self.days else 0.0

    @property
    def missing_share(self) -> float:
        return self.states.count(DayState.MISSING) / self.days if self.days else 0.0

    @property
    def insufficient(self) -> bool:
        """More than half of the history is censored or missing (also when there is no history)."""
        return not self.days or self.censored_share + self.missing_share > INSUFFICIENT_SHARE

    def demand_array(self) -> NDArray[np.float64]:
        return np.array(self.demand, dtype=np.float64)

    def censored_array(self) -> NDArray[np.bool_]:
        return np.asarray(self._letters() == ord(DayState.CENSORED), dtype=np.bool_)

    def missing_array(self) -> NDArray[np.bool_]:
        return np.asarray(self._letters() == ord(DayState.MISSING), dtype=np.bool_)

    def _letters(self) -> NDArray[np.uint8]:
        return np.frombuffer("".join(self.states).encode(), dtype=np.uint8)

    def as_dict(self) -> dict[str, Any]:
        return {
            "first_day": self.first_day.isoformat(),
            "demand": list(self.demand),
            "states": "".join(self.states),
            "response": "".join("r" if marked else "-" for marked in self.response),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> DemandSeries:
        return cls(
            first_day=date.fromisoformat(stored["first_day"]),
            demand=tuple(int(quantity) for quantity in stored["demand"]),
            states=tuple(DayState(letter) for letter in stored["states"]),
            response=tuple(letter == "r" for letter in stored["response"]),
        )


def demand_series(
    movements: Iterable[DayMovement],
    first_day: date,
    last_day: date,
    usable_start: int,
    silent_days: Collection[date] = frozenset(),
    response_days: Collection[date] = frozenset(),
) -> DemandSeries:
    """Rebuild daily demand from `first_day` to `last_day`, both included.

    `last_day` is the last whole day: give yesterday, not a today that is still being written.
    `usable_start` is the usable stock on the morning of `first_day`, in base units.
    A day of `silent_days` that nevertheless has a movement is not silent: give the days on which nothing was
    heard of the place, and those on which it was sealed.

    A day that ended empty asked for at least what was issued; with nothing issued, "at least 0" says nothing,
    so it is missing (FORECAST.md, "Censoring": stock-outs come from the balance, not from a reported field).
    A day that began empty and ended with stock is missing: at what hour the goods came is not in the views,
    so its issues cannot be scaled to a whole day. Counting it as it is was measured to lose up to 4 % of
    demand; dropping it is right whatever the hour (README, "Censoring").
    Raises ValueError for two rows of one day, or a row outside the days asked for.
    """
    by_day = _by_day(movements, first_day, last_day)
    days = max(0, (last_day - first_day).days + 1)
    issued, morning, most, night = _shelf(by_day, first_day, days, usable_start)
    settled = np.array(_without_negative_days(issued.tolist()), dtype=np.int64)
    silent = _marked(silent_days, first_day, days)
    spoken = [day for day, row in by_day.items() if row.received or row.issued or row.moved_out]
    silent[[(day - first_day).days for day in spoken]] = False
    nothing = (most <= 0) & (settled <= 0)
    came = (morning <= 0) & (night > 0)
    missing = silent | nothing | came | ((night <= 0) & (settled <= 0))
    states = np.where(missing, 2, np.where(night > 0, 0, 1)).tolist()
    demand = np.where(missing, 0, settled).tolist()
    response = _marked(response_days, first_day, days).tolist()
    return DemandSeries(first_day, tuple(demand), tuple(_STATES[i] for i in states), tuple(response))


_STATES = (DayState.OBSERVED, DayState.CENSORED, DayState.MISSING)


def _shelf(
    by_day: Mapping[date, DayMovement], first_day: date, days: int, usable_start: int
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Issued, usable in the morning, the most that was usable, and left at night, for each day."""
    issued, received = np.zeros(days, dtype=np.int64), np.zeros(days, dtype=np.int64)
    night = np.full(days, -1, dtype=np.int64)
    told_most = np.full(days, -1, dtype=np.int64)
    stock = max(0, usable_start)
    for day in sorted(by_day):
        movement, place = by_day[day], (day - first_day).days
        stock = _stock_at_night(movement, stock)
        issued[place], received[place], night[place] = movement.issued, movement.received, stock
        if movement.usable_max is not None:
            told_most[place] = movement.usable_max
    newest = np.maximum.accumulate(np.where(night >= 0, np.arange(days), -1))
    night = np.where(newest >= 0, night[newest], max(0, usable_start))
    morning = np.concatenate([[max(0, usable_start)], night[:-1]])[:days]
    return issued, morning, np.where(told_most >= 0, told_most, morning + received), night


def _marked(chosen: Collection[date], first_day: date, days: int) -> NDArray[np.bool_]:
    """Which of the days are among those."""
    marked = np.zeros(days, dtype=np.bool_)
    places = [(day - first_day).days for day in chosen]
    marked[[place for place in places if 0 <= place < days]] = True
    return marked


def _by_day(movements: Iterable[DayMovement], first_day: date, last_day: date) -> dict[date, DayMovement]:
    by_day: dict[date, DayMovement] = {}
    for movement in movements:
        if not first_day <= movement.day <= last_day:
            raise ValueError(f"day {movement.day} lies outside {first_day} to {last_day}")
        if movement.day in by_day:
            raise ValueError(f"day {movement.day} is given twice")
        by_day[movement.day] = movement
    return by_day


def _without_negative_days(issued: list[int]) -> list[int]:
    """Take a day's net return off the issues before it, the latest first; the total stays.

    Goods come back to the shelf after the day they were issued, so that day can be below nought.
    What is left over at the very beginning is dropped: it was issued before the history starts.
    """
    if all(units >= 0 for units in issued):
        return issued
    settled = list(issued)
    owed = 0
    for i in range(len(settled) - 1, -1, -1):
        owed += max(0, -settled[i])
        settled[i] = max(0, settled[i])
        taken = min(owed, settled[i])
        settled[i] -= taken
        owed -= taken
    return settled


def _stock_at_night(movement: DayMovement, morning: int) -> int:
    if movement.usable_end is not None:
        return max(0, movement.usable_end)
    return max(0, morning + movement.received - movement.issued - movement.moved_out)
