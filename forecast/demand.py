"""Demand rebuilt from the ledger, day by day: what was asked for, or at least what was issued.

A day's issues are the day's demand only while there was something to issue. So every day carries a state:

    observed   there was stock, and some was left at night: demand is what was issued (0 counts as 0)
    censored   the shelf was empty at night: demand was at least what was issued
    missing    nothing could be issued all day, or nothing is known of the day: it says nothing of demand

Transfers, conversions and losses (`moved_out`) move stock but are not demand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    def observed_days(self) -> int:
        return self.states.count(DayState.OBSERVED)

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
        return np.array([state is DayState.CENSORED for state in self.states], dtype=np.bool_)

    def missing_array(self) -> NDArray[np.bool_]:
        return np.array([state is DayState.MISSING for state in self.states], dtype=np.bool_)

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
    A day of `silent_days` that nevertheless has a movement is not silent.
    Raises ValueError for two rows of one day, or a row outside the days asked for.
    """
    by_day = _by_day(movements, first_day, last_day)
    days = [first_day + timedelta(days=i) for i in range((last_day - first_day).days + 1)]
    issued = _without_negative_days([by_day[day].issued if day in by_day else 0 for day in days])
    silent, marked = frozenset(silent_days), frozenset(response_days)
    states: list[DayState] = []
    stock = max(0, usable_start)
    for day, quantity in zip(days, issued, strict=True):
        movement = by_day.get(day)
        end = stock if movement is None else _stock_at_night(movement, stock)
        if movement is None and day in silent:
            states.append(DayState.MISSING)
        else:
            states.append(_state(stock, end, quantity, movement))
        stock = end
    demand = tuple(0 if s is DayState.MISSING else q for q, s in zip(issued, states, strict=True))
    return DemandSeries(first_day, demand, tuple(states), tuple(day in marked for day in days))


def _by_day(movements: Iterable[DayMovement], first_day: date, last_day: date) -> dict[date, DayMovement]:
    by_day: dict[date, DayMovement] = {}
    for movement in movements:
        if not first_day <= movement.day <= last_day:
            raise ValueError(f"day {movement.day} lies outside {first_day} to {last_day}")
        if movement.day in by_day:
            raise ValueError(f"day {movement.day} is given twice")
        by_day[movement.day] = movement
    return by_day


def _without_negative_days(issued: Sequence[int]) -> list[int]:
    """Take a day's net return off the issues before it, the latest first; the total stays.

    Goods come back to the shelf after the day they were issued, so that day can be below nought.
    What is left over at the very beginning is dropped: it was issued before the history starts.
    """
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


def _state(morning: int, night: int, issued: int, movement: DayMovement | None) -> DayState:
    """Read one day. FORECAST.md, "Censoring": stock-outs come from the balance, not from a reported field.

    A day that ended empty asked for at least what was issued; with nothing issued, "at least 0" says
    nothing, so it is missing. A day that began empty and ended with stock counts as it is: taking it as
    "at least" too, or dropping it, was measured to be further from the truth (README, "Censoring").
    """
    most = morning + (movement.received if movement else 0)
    if movement is not None and movement.usable_max is not None:
        most = movement.usable_max
    if most <= 0 and issued <= 0:
        return DayState.MISSING
    if night > 0:
        return DayState.OBSERVED
    return DayState.CENSORED if issued > 0 else DayState.MISSING
