"""Measured burn takes the place of the tables as days of a surge accumulate.

The tables' rates were made for hospitals and overstate a clinic (DOMAIN.md section 5). What is measured in
the surge itself is trusted by its days n:

    factor = w * mean(measured / table) + 1 - w,   w = n / (n + k)

This is the credibility estimate of Buehlmann 1967 (ASTIN Bulletin 4:199-207), the best linear mix of a
prior and a sample mean, with k = variance of a day's ratio / variance of the true factor between places.
A day's ratio varies about as much as it is large (coefficient of variation 1: goods are fetched every few
days, patients come in waves), and tables are off by about half either way (a mask rate of 2 in one source
and 4 in the other, a respirator 1 and 4), so k = 1^2 / 0.5^2 = 4. Then 14 days, after which DOMAIN.md
section 5 wants the measured burn instead of the tables, weigh 14 / 18 = .78 and 28 days .88. README,
"Emergency layer", has the measured error of this k beside that of others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from forecast.series.demand import DayState, DemandSeries

CREDIBILITY_DAYS = 4.0
"""k, in days of surge; see the module's head."""
LARGEST_RATIO = 100.0
"""A day's ratio above this is taken for it: a slip of the pen must not decide the stock of a center."""


@dataclass(frozen=True)
class Burn:
    """How use in a surge compares with the tables.

    Attributes:
        days: days of surge that were measured (n).
        ratio: mean of measured / table over those days; 1 where there is none.
        weight: w, 0 (the tables alone) to below 1.
    """

    days: int = 0
    ratio: float = 1.0
    weight: float = 0.0

    def __post_init__(self) -> None:
        if self.days < 0 or not 0 <= self.weight < 1 or not 0 <= self.ratio < math.inf:
            raise ValueError("days and ratio must not be below 0, weight must be 0 to below 1")

    @property
    def factor(self) -> float:
        """What the tables' use is multiplied by."""
        return self.weight * self.ratio + 1.0 - self.weight

    @property
    def doubt(self) -> float:
        """Share of the tables' standard error that is left: the posterior variance is (1 - w) of the prior's.

        Buehlmann & Gisler 2005, "A Course in Credibility Theory", theorem 3.3: quadratic loss (1 - w)*tau^2.
        """
        return math.sqrt(1.0 - self.weight)

    def as_dict(self) -> dict[str, Any]:
        return {"days": self.days, "ratio": self.ratio, "weight": self.weight}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Burn:
        return cls(int(stored["days"]), float(stored["ratio"]), float(stored["weight"]))


NO_BURN = Burn()


def measured_burn(
    measured: Sequence[float | None],
    table: Sequence[float],
    at_least: Sequence[bool] = (),
    k: float = CREDIBILITY_DAYS,
) -> Burn:
    """Burn from the days of a surge: units used, units by the tables, and where the shelf ran empty.

    `measured` is None on a day of which nothing is known. A day marked in `at_least` asked for no less than
    was issued: it takes the mean of the fully measured days that are no lower, if there are any (the
    treatment that came second to Kaplan-Meier in FORECAST.md, "Censoring", and that a few days allow).
    Days for which the tables ask for nothing say nothing. Raises ValueError for lists of unequal length.
    """
    marks = at_least or [False] * len(measured)
    if not len(measured) == len(table) == len(marks):
        raise ValueError("measured, table and at_least must be of one length")
    full: list[float] = []
    low: list[float] = []
    for used, asked, lower in zip(measured, table, marks, strict=True):
        if used is not None and asked > 0:
            (low if lower else full).append(min(LARGEST_RATIO, max(0.0, used / asked)))
    ratios = full + [_completed(ratio, full) for ratio in low]
    if not ratios:
        return NO_BURN
    return Burn(len(ratios), sum(ratios) / len(ratios), len(ratios) / (len(ratios) + k))


def _completed(ratio: float, full: Sequence[float]) -> float:
    higher = [other for other in full if other >= ratio]
    return sum(higher) / len(higher) if higher else ratio


@dataclass(frozen=True)
class SurgeDays:
    """The days of a surge that lasts to the end of a series: all of the series that its burn depends on.

    Attributes:
        since: the first.
        used: units of each day; None where nothing is known.
        at_least: the shelf ran empty, so that no less was asked for.
    """

    since: date
    used: tuple[int | None, ...]
    at_least: tuple[bool, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "since": self.since.isoformat(), "used": list(self.used),
            "at_least": [int(one) for one in self.at_least],
        }  # fmt: skip

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> SurgeDays:
        since, marks = date.fromisoformat(stored["since"]), tuple(bool(one) for one in stored["at_least"])
        return cls(since, tuple(None if one is None else int(one) for one in stored["used"]), marks)

    def burn(self, expected_daily: float) -> Burn:
        """Burn against what the scenario's tables ask for in a day (`scenario.expected_daily`)."""
        return measured_burn(self.used, [expected_daily] * len(self.used), self.at_least)


def surge_days(series: DemandSeries, since: date) -> SurgeDays:
    """The days of one item from the first day of a surge on.

    Whole days of the calendar count, also those on which a center is closed: the tables know no weekday.
    """
    first = max(0, (since - series.first_day).days)
    states = series.states[first:]
    used = tuple(
        None if state is DayState.MISSING else units
        for units, state in zip(series.demand[first:], states, strict=True)
    )
    return SurgeDays(since, used, tuple(state is DayState.CENSORED for state in states))


def burn_since(series: DemandSeries, since: date, expected_daily: float) -> Burn:
    """Burn of one item from the first day of a surge to the end of its series; see `SurgeDays.burn`."""
    return surge_days(series, since).burn(expected_daily)
