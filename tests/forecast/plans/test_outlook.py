from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from forecast.plans.outlook import stock_outlook
from forecast.request import Forecast
from forecast.run import forecast_one
from forecast.stock.policy import SafetyStock, StockLevel, StockLot, cover
from tests.forecast.worlds import request_of, series_of

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def forecast() -> Forecast:
    """Ten a day."""
    found = forecast_one(request_of(series_of(np.random.default_rng(0).poisson(10, 120))))
    return replace(found, daily_mean=10.0)


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


def test_what_the_days_of_cover_leave_out_is_told_by_reason(forecast: Forecast) -> None:
    lots = [
        StockLot(100, in_days(-1)),
        StockLot(7, in_days(-1), held=True),  # expired counts before held
        StockLot(50, in_days(30), held=True),
        StockLot(60, in_days(2)),  # three days of it are used, 30 are left
        StockLot(70),
    ]
    found = stock_outlook(forecast, lots, TODAY, "essential")
    assert found.days_of_cover == pytest.approx(10)
    assert found.left_out == {"expired": 107, "held": 50, "expires_unused": 30}
    assert found.level is StockLevel.LOW


def test_without_known_use_nothing_is_said_to_expire_unused(forecast: Forecast) -> None:
    unknown = replace(forecast, daily_mean=None, total_mean=None, stock=None, band=())
    found = stock_outlook(unknown, [StockLot(60, in_days(2)), StockLot(5, held=True)], TODAY, "needed")
    assert found.left_out == {"held": 5}


lots = st.lists(
    st.builds(
        StockLot, st.integers(0, 500), st.one_of(st.none(), st.integers(-9, 60).map(in_days)), st.booleans()
    )
)


@given(lots, st.floats(0, 200))
@example([StockLot(1)], 5e-324)
def test_what_counts_and_what_is_left_out_are_all_there_is(stock: list[StockLot], daily: float) -> None:
    found = cover(stock, daily, TODAY)
    assert found.usable + found.expired + found.held == sum(lot.quantity for lot in stock)
    assert sum(found.left_out.values()) == found.expired + found.held + found.left_at_expiry
    assert 0 not in found.left_out.values()


def test_a_target_steers_in_place_of_the_forecast(forecast: Forecast) -> None:
    shelf = [StockLot(400)]
    assert stock_outlook(forecast, shelf, TODAY, "essential").level is StockLevel.OK
    raised = stock_outlook(forecast, shelf, TODAY, "essential", stock=SafetyStock(860, 1000, 1070))
    assert raised.level is StockLevel.LOW
    assert raised.order == 670
