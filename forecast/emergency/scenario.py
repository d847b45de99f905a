"""What an emergency would use: a scenario of one center, and its Monte Carlo.

A scenario says how many cases, visits and tests a day come, how many people are on duty, and for how many
days the stock must last. Use is people times days times the rates (`rates`), as in WHO's ESFT: the sum over
roles of staff * rate * days + patients * rate * days; reusables once per person (DOMAIN.md section 4).
All that a scenario holds are whole numbers.

What is uncertain is drawn, `DRAWS` times at once:

    level    cases a day on average over the days: lognormal through `likely` (median) and `high` (9 in 10).
             Visits and tests rise and fall with the cases: one draw moves all.
    day      the count of a day is negative binomial round the level, its size DAY_SIZE; a sum of D such
             days is negative binomial of size D * DAY_SIZE, so no day is drawn one by one
    course   who is isolated or severe: binomial
    rate     the tables' own error: a lognormal factor of mean 1, one for each item; it narrows as burn is
             measured (`burn`)
    pieces   Poisson round all that
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.emergency.burn import NO_BURN, Burn
from forecast.emergency.rates import STAFF, Rate
from forecast.series.demand import MOST

FloatArray = NDArray[np.float64]

DRAWS = 4000
DAY_SIZE = 5.0
"""Size of a day's negative binomial: variance = mean + mean^2 / 5, a spread of 45 % beside the Poisson's."""
NINE_IN_TEN = 1.2815515655446004
"""The standard normal's 90 % point."""
MOST_A_DAY = 1_000_000
DAYS_BY_RESPONSE: Mapping[int | None, int] = {None: 14, 4: 14, 3: 28, 2: 42, 1: 56}
"""Days to cover by level of the response (1 the gravest; None: none recorded). Level 1 is the 8 weeks of
protective equipment of Hashikura & Kizu 2009 (DOMAIN.md section 4); the others are the book's own rule."""


@dataclass(frozen=True)
class Spread:
    """A number per day that is not known: half of the time at most `likely`, 9 in 10 at most `high`."""

    likely: int = 0
    high: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.likely <= self.high <= MOST_A_DAY:
            raise ValueError(f"likely must be 0 to high, and high at most {MOST_A_DAY:,}")
        if not self.likely and self.high:
            raise ValueError("likely must be 1 or more where high is")

    def levels(self, z: FloatArray) -> FloatArray:
        """The level that belongs to each standard normal draw, at most MOST_A_DAY."""
        if not self.likely:
            return np.zeros_like(z)
        levels = self.likely * np.exp(math.log(self.high / self.likely) / NINE_IN_TEN * z)
        return np.asarray(np.minimum(levels, MOST_A_DAY), dtype=np.float64)

    def mean(self) -> float:
        """exp(mu + sigma^2/2) of the lognormal, at most MOST_A_DAY."""
        if not self.likely:
            return 0.0
        mean = self.likely * math.exp((math.log(self.high / self.likely) / NINE_IN_TEN) ** 2 / 2)
        return min(mean, float(MOST_A_DAY))


@dataclass(frozen=True)
class Scenario:
    """An emergency as one center would live it; what it does not name is not counted.

    Attributes:
        name: what people call it.
        cases_per_day: new cases that the center looks after.
        outpatients_per_day, antigen_tests_per_day, pcr_tests_per_day: visits and tests of any cause.
        staff: role (`rates.STAFF`) -> people on duty in one shift.
        shifts_per_day: shifts of one day.
        rooms: rooms to disinfect daily.
        isolated_percent: of the cases, kept in isolation for `stay_days`.
        caregivers_percent: people who look after them, of 100 isolated (ESFT: one each).
        severe_percent: of the cases, wait `severe_days` for a hospital.
        rate_spread_percent: standard error of the tables' rates; 50 as in `burn`.
        days: days to cover; None for those of the response level.
        service_level_per_mille: chance, of 1000, that the stock lasts if the scenario comes.
    """

    name: str
    cases_per_day: Spread = Spread()
    outpatients_per_day: Spread = Spread()
    antigen_tests_per_day: Spread = Spread()
    pcr_tests_per_day: Spread = Spread()
    staff: Mapping[str, int] = field(default_factory=dict)
    shifts_per_day: int = 1
    rooms: int = 0
    isolated_percent: int = 0
    stay_days: int = 7
    caregivers_percent: int = 100
    severe_percent: int = 0
    severe_days: int = 1
    rate_spread_percent: int = 50
    days: int | None = None
    service_level_per_mille: int = 950

    def __post_init__(self) -> None:
        for name, (least, most) in _LIMITS.items():
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                raise ValueError(f"{name} must be {least} to {most}")
        for role, people in self.staff.items():
            if role not in STAFF:
                raise ValueError(f"staff: {role} is not one of {', '.join(STAFF)}")
            if not 0 <= people <= MOST_A_DAY:
                raise ValueError(f"staff: {role} must be 0 to {MOST_A_DAY:,}")

    def days_to_cover(self, response_level: int | None = None) -> int:
        """The scenario's own, else those of a level of 1 to 4 or None. Raises KeyError for another."""
        return self.days if self.days is not None else DAYS_BY_RESPONSE[response_level]

    def as_dict(self) -> dict[str, Any]:
        """Every field, also those that stand at their default; spreads as {likely, high}."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return plain | {name: vars(plain[name]).copy() for name in _SPREADS} | {"staff": dict(self.staff)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Scenario:
        """Read what `as_dict` gives, or less; a spread may be a plain number: known for sure.

        Raises ValueError, in one sentence, for an unknown name or a value that is not a whole number.
        """
        unknown = sorted(set(stored) - {one.name for one in fields(cls)})
        if unknown:
            raise ValueError(f"{unknown[0]} is not a word of a scenario")
        if not isinstance(stored.get("name"), str) or not stored["name"].strip():
            raise ValueError("name is missing: say what the scenario is called")
        given = {name: _read(name, value) for name, value in stored.items()}
        return cls(**given)


_SPREADS = ("cases_per_day", "outpatients_per_day", "antigen_tests_per_day", "pcr_tests_per_day")
_LIMITS = {
    "shifts_per_day": (1, 6),
    "rooms": (0, 10_000),
    "isolated_percent": (0, 100),
    "stay_days": (0, 60),
    "caregivers_percent": (0, 1000),
    "severe_percent": (0, 100),
    "severe_days": (0, 60),
    "rate_spread_percent": (0, 200),
    "days": (1, 365),
    "service_level_per_mille": (500, 999),
}


def _read(name: str, value: Any) -> Any:
    if name == "name" or (name == "days" and value is None):
        return value
    if name in _SPREADS:
        return _spread(name, value)
    if name == "staff":
        if not isinstance(value, Mapping):
            raise ValueError("staff must name roles and people, as triage = 2")
        return {role: _whole(f"staff: {role}", people) for role, people in value.items()}
    return _whole(name, value)


def _spread(name: str, value: Any) -> Spread:
    if isinstance(value, int) and not isinstance(value, bool):
        value = {"likely": value, "high": value}
    if not isinstance(value, Mapping) or set(value) != {"likely", "high"}:
        raise ValueError(f"{name} must be a whole number, or {{ likely = 8, high = 25 }}")
    numbers = {word: _whole(f"{name}: {word}", number) for word, number in value.items()}
    try:
        return Spread(**numbers)
    except ValueError as problem:
        raise ValueError(f"{name}: {problem}") from None


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name} must be a whole number, not {value!r}")
    return value


@dataclass(frozen=True)
class Crowd:
    """The people of every draw.

    Attributes:
        days: days to cover.
        person_days: driver -> people times days (of cases, visits and tests: their number), shape (draws,).
        at_once: driver -> people or rooms at one time, for what is used again, shape (draws,).
    """

    days: int
    person_days: Mapping[str, FloatArray]
    at_once: Mapping[str, FloatArray]


def draw_crowd(scenario: Scenario, days: int, key: str, draws: int = DRAWS) -> Crowd:
    """Draw who comes and who is on duty; the same scenario, days and key always give the same draws."""
    rng = _rng(key, "crowd")
    z = _normals(rng, draws)
    counts = {
        name.removesuffix("_per_day"): _counts(rng, getattr(scenario, name).levels(z), days)
        for name in _SPREADS
    }
    cases = counts["cases"].astype(np.int64)
    isolated = rng.binomial(cases, scenario.isolated_percent / 100) * float(scenario.stay_days)
    severe = rng.binomial(cases, scenario.severe_percent / 100) * float(scenario.severe_days)
    duty = {role: people * float(scenario.shifts_per_day) for role, people in scenario.staff.items()}
    fixed = duty | {"rooms": float(scenario.rooms), "center": 1.0}
    # Where cases come at a steady rate and stay a while, those present at one time are Poisson round
    # rate * stay (Little 1961; the M/G/infinity queue).
    level = scenario.cases_per_day.levels(z) / 100
    present = {
        "isolated": rng.poisson(level * scenario.isolated_percent * scenario.stay_days).astype(np.float64),
        "severe": rng.poisson(level * scenario.severe_percent * scenario.severe_days).astype(np.float64),
    }
    care = scenario.caregivers_percent / 100
    whole = {driver: np.full(draws, people) for driver, people in fixed.items()}
    return Crowd(
        days,
        person_days={driver: people * days for driver, people in whole.items()}
        | counts
        | {"isolated": isolated, "caregivers": isolated * care, "severe": severe},
        at_once=whole | present | {"caregivers": present["isolated"] * care},
    )


def _counts(rng: np.random.Generator, level: FloatArray, days: int) -> FloatArray:
    """Total of `days` negative binomial days round `level`: Poisson round a gamma of size days * DAY_SIZE."""
    return rng.poisson(rng.gamma(days * DAY_SIZE, level / DAY_SIZE)).astype(np.float64)


def item_use(
    rates: Sequence[Rate], crowd: Crowd, spread_percent: int, key: str, item: str, burn: Burn = NO_BURN
) -> FloatArray:
    """Units of one consumable used in each draw, shape (draws,); whole numbers.

    `spread_percent` stands in where a rate names no error of its own; the item's largest counts.
    """
    mean = _sum(rates, crowd.person_days)
    rng = _rng(key, item)
    spread = max(spread_percent if rate.spread_percent is None else rate.spread_percent for rate in rates)
    # Variance of the factor's logarithm: log(1 + cv^2), as of any lognormal; its mean is kept at 1.
    variance = math.log1p((spread / 100 * burn.doubt) ** 2)
    factor = np.exp(math.sqrt(variance) * _normals(rng, mean.size) - variance / 2)
    return rng.poisson(np.minimum(mean * burn.factor * factor, MOST)).astype(np.float64)


def pieces_at_once(rates: Iterable[Rate], crowd: Crowd) -> FloatArray:
    """Pieces of a reusable or of equipment that are needed at one time, shape (draws,)."""
    return _sum(rates, crowd.at_once)


def expected_daily(rates: Iterable[Rate], scenario: Scenario) -> float:
    """Units a day by the tables at the scenario's mean: what a day of measured burn is compared with."""
    cases = scenario.cases_per_day.mean()
    isolated = cases * scenario.isolated_percent / 100 * scenario.stay_days
    people = {role: on_duty * float(scenario.shifts_per_day) for role, on_duty in scenario.staff.items()}
    people |= {name.removesuffix("_per_day"): getattr(scenario, name).mean() for name in _SPREADS}
    people |= {"isolated": isolated, "caregivers": isolated * scenario.caregivers_percent / 100}
    people |= {"severe": cases * scenario.severe_percent / 100 * scenario.severe_days}
    people |= {"rooms": float(scenario.rooms), "center": 1.0}
    return sum(rate.amount * people.get(rate.driver, 0.0) for rate in rates)


def _sum(rates: Iterable[Rate], people: Mapping[str, FloatArray]) -> FloatArray:
    total = np.zeros_like(people["center"])
    for rate in rates:
        if rate.driver in people:
            total = total + rate.amount * people[rate.driver]
    return total


def _normals(rng: np.random.Generator, draws: int) -> FloatArray:
    """Standard normal draws, one from each of `draws` equally likely strata, in random order.

    Latin hypercube sampling (McKay, Beckman & Conover 1979, Technometrics 21:239-245): the tail that a
    quantile is read from is always filled, and the quantile comes out alike from seed to seed.
    """
    from scipy.special import ndtri

    return np.asarray(ndtri((rng.permutation(draws) + rng.random(draws)) / draws), dtype=np.float64)


def _rng(key: str, part: str) -> np.random.Generator:
    return np.random.default_rng(int.from_bytes(hashlib.sha256(f"{key}|{part}".encode()).digest()[:8]))
