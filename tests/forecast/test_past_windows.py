"""The windows of a back-test, one by one: whole, end to end, and what is kept of them is what was scored."""

from __future__ import annotations

import json
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from forecast.evaluate import Backtest
from forecast.request import Forecast, ForecastRequest
from forecast.run import forecast_one
from forecast.series.demand import DayState, DemandSeries
from forecast.series.horizon import ProtectionInterval
from forecast.stock.policy import StockPolicy

FIRST = date(2025, 1, 6)  # a Monday


def asked(demand: np.ndarray, states: list[DayState]) -> ForecastRequest:
    days = tuple(int(units) for units in demand)
    return ForecastRequest(
        key="C01|PPE-02",
        series=DemandSeries(FIRST, days, tuple(states), (False,) * len(days)),
        interval=ProtectionInterval(2.0, 0.0, 7, lead_time_sample_days=(1, 2, 2, 3)),
        policy=StockPolicy.of("vital"),
        log_size=9,
    )


def closed_on_sundays(days: int = 280) -> tuple[np.ndarray, list[DayState]]:
    demand = np.random.default_rng(3).poisson(30, days)
    sundays = np.arange(days) % 7 == 6
    demand[sundays] = 0
    demand[sundays.nonzero()[0][-5]] = 2  # a Sunday on which somebody came all the same
    return demand, [DayState.OBSERVED] * days


def test_windows_lie_end_to_end_and_hold_every_unit_of_their_days() -> None:
    demand, states = closed_on_sundays()
    test = forecast_one(asked(demand, states)).backtest
    assert test is not None
    past = test.past
    assert len(past) == 12
    for before, after in pairwise(past):
        assert after.first_day == before.last_day + timedelta(days=1)
    assert past[-1].last_day == FIRST + timedelta(days=279)
    for window in past:
        first, last = (window.first_day - FIRST).days, (window.last_day - FIRST).days
        assert window.demand == demand[first : last + 1].sum()


def test_what_is_kept_is_what_was_scored() -> None:
    demand, states = closed_on_sundays()
    states[250] = DayState.CENSORED
    test = forecast_one(asked(demand, states)).backtest
    assert test is not None
    known = [window for window in test.past if window.known]
    assert len(known) == test.windows == 11
    for at, covered in enumerate(test.covered):
        assert covered == sum(window.demand <= window.quantities[at] for window in known)
    (emptied,) = [window for window in test.past if not window.known]
    assert emptied.first_day <= FIRST + timedelta(days=250) <= emptied.last_day


def test_the_plain_model_keeps_its_windows_too() -> None:
    demand, states = closed_on_sundays(160)
    states[:90] = [DayState.MISSING] * 90
    found = forecast_one(asked(demand, states))
    assert found.model == "plain_mean"
    assert found.backtest is not None
    assert len(found.backtest.past) >= found.backtest.windows >= 3


def test_a_stored_forecast_comes_back_whole_and_an_older_one_without_its_windows() -> None:
    demand, states = closed_on_sundays()
    states[250] = DayState.CENSORED
    found = forecast_one(asked(demand, states))
    stored = json.loads(json.dumps(found.as_dict()))
    assert Forecast.from_dict(stored) == found
    assert found.lead_times == ((1, 1), (2, 2), (3, 1))
    assert found.marks == ((250, 1, "c"),)
    for name in ("lead_times", "first_day", "marks"):
        del stored[name]
    del stored["backtest"]["past"]
    older = Forecast.from_dict(stored)
    assert isinstance(older.backtest, Backtest)
    assert (older.backtest.past, older.lead_times, older.first_day, older.marks) == ([], (), None, ())
