"""Surges of the past: found where they were, none where there was none, one where an alarm flickers."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from forecast.emergency.waves import waves_of
from forecast.series.demand import DayState, DemandSeries

FIRST = date(2025, 1, 6)


def series_of(values: np.ndarray, missing: tuple[int, ...] = ()) -> DemandSeries:
    states = tuple(DayState.MISSING if day in missing else DayState.OBSERVED for day in range(values.size))
    demand = tuple(0 if day in missing else int(units) for day, units in enumerate(values))
    return DemandSeries(FIRST, demand, states, (False,) * values.size)


def steady(days: int = 400) -> np.ndarray:
    return np.random.default_rng(5).poisson(40, days)


def test_each_surge_is_found_once_and_where_it_was() -> None:
    values = steady()
    values[150:175] *= 3
    values[300:330] *= 2
    found = waves_of(series_of(values), np.random.default_rng(1))
    assert len(found) == 2
    for (first, last), (start, stop) in zip(found, ((150, 175), (300, 330)), strict=True):
        assert abs((first - FIRST).days - start) <= 3
        assert stop - 2 <= (last - FIRST).days <= stop + 21


def test_days_of_no_knowledge_do_not_move_it() -> None:
    values = steady()
    values[150:175] *= 3
    gaps = (*range(40, 60), 160, 161)
    ((first, _),) = waves_of(series_of(values, gaps), np.random.default_rng(1))
    assert abs((first - FIRST).days - 150) <= 3


def test_steady_demand_short_histories_and_none_have_no_surge() -> None:
    for values in (steady(), steady(30), np.zeros(300), np.zeros(0)):
        assert waves_of(series_of(values), np.random.default_rng(1)) == []


def test_a_surge_that_goes_on_ends_with_the_history() -> None:
    values = steady(200)
    values[180:] *= 4
    ((first, last),) = waves_of(series_of(values), np.random.default_rng(1))
    assert last == FIRST + timedelta(days=199)
    assert (first - FIRST).days >= 178
