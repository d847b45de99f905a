"""What a table's periods are, told from its dates."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from forecast.pooled.panel import DAILY, MONTHLY, WEEKLY, Rhythm
from forecast.tables.periods import EPOCH, Calendar, calendar_of, period_numbers


def numbers(days: list[date]) -> np.ndarray:
    return np.array([(day - EPOCH).days for day in days], dtype=np.int64)


def told(*series: list[date]) -> Rhythm:
    days = numbers([day for own in series for day in own])
    whose = np.repeat(np.arange(len(series)), [len(own) for own in series])
    return calendar_of(np.unique(days), whose, days).rhythm


def monthly(count: int, day: int = 1, first: int = 0) -> list[date]:
    return [date(2019 + i // 12, i % 12 + 1, day) for i in range(first, first + count)]


def every(days: int, count: int, first: date = date(2021, 3, 3)) -> list[date]:
    return [first + timedelta(days=days * i) for i in range(count)]


def month_ends(count: int) -> list[date]:
    return [day - timedelta(days=1) for day in monthly(count, first=1)]


def rare(seed: int) -> list[date]:
    """Thirty of nine hundred days, at random."""
    chosen = np.sort(np.random.default_rng(seed).choice(900, 30, replace=False))
    return [date(2021, 3, 3) + timedelta(days=int(day)) for day in chosen]


def first_mondays(count: int) -> list[date]:
    return [day + timedelta(days=(7 - day.weekday()) % 7) for day in monthly(count)]


@pytest.mark.parametrize(
    ("series", "rhythm"),
    [
        ([monthly(24)], MONTHLY),
        ([monthly(24, day=15)], MONTHLY),
        ([month_ends(24)], MONTHLY),
        ([monthly(12) + month_ends(24)[13:]], MONTHLY),  # the custom changed within the file
        ([first_mondays(24)], MONTHLY),
        ([monthly(24, day=5), monthly(24, day=17), monthly(24, day=28)], MONTHLY),  # each its own day
        ([monthly(40)[::7]], MONTHLY),  # months without demand left out
        ([monthly(1)], MONTHLY),
        ([every(28, 26)], MONTHLY),  # thirteen "months" a year: one of them has two
        ([every(7, 30)], WEEKLY),
        ([every(7, 30), every(7, 30, date(2021, 3, 5))], WEEKLY),  # each its own weekday
        ([every(7, 60)[::5] + every(7, 60)[1::7]], WEEKLY),
        ([every(1, 60)], DAILY),
        ([[day for day in every(1, 90) if day.weekday() < 5]], DAILY),
        ([rare(seed) for seed in range(8)], DAILY),  # no months, though as far apart
        ([every(1, 1)], DAILY),
    ],
)
def test_rhythm(series: list[list[date]], rhythm: Rhythm) -> None:
    assert told(*series) is rhythm


def test_a_table_without_a_date_has_a_calendar_too() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    assert calendar_of(nothing, nothing, nothing) == Calendar(DAILY, 0)


@pytest.mark.parametrize("rhythm", [DAILY, WEEKLY, MONTHLY])
def test_every_day_lies_in_the_period_that_began_last(rhythm: Rhythm) -> None:
    days = [date(1, 1, 1), date(1969, 12, 28), date(2024, 2, 29), date(9999, 12, 31), *every(1, 800)]
    found = period_numbers(numbers(days), rhythm).tolist()
    calendar = Calendar(rhythm, 0)
    for day, period in zip(days, found, strict=True):
        start = calendar.first_day(period) if day.year > 1 else day
        assert start <= day
        if day.year < 9999:
            assert day < calendar.first_day(period + 1)
    if rhythm is WEEKLY:
        assert calendar.first_day(found[-1]).weekday() == 0
