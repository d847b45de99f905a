"""Invented worlds whose true demand is known: days of demand, and a shelf that sometimes runs empty."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from forecast.request import ForecastRequest
from forecast.series.demand import DayMovement, DayState, DemandSeries, demand_series
from forecast.series.horizon import ProtectionInterval
from forecast.stock.policy import StockPolicy

MONDAY = date(2025, 5, 5)
IntArray = NDArray[np.int64]


def series_of(demand: IntArray | list[int], first_day: date = MONDAY, marks: str = "") -> DemandSeries:
    """A series as it is given; `marks` names the states day by day (o, c, m), default all observed."""
    states = tuple(DayState(letter) for letter in marks or "o" * len(demand))
    return DemandSeries(first_day, tuple(int(units) for units in demand), states, (False,) * len(demand))


def shelf(demand: IntArray, cycle_days: int, cover_days: float) -> tuple[int, list[DayMovement]]:
    """Serve demand from a shelf refilled to `cover_days` of mean demand every `cycle_days` days.

    Returns the stock at the beginning and the movements; what cannot be served is lost, unseen.
    """
    top = max(1, round(float(demand.mean()) * cover_days))
    stock, movements = top, []
    for i, asked in enumerate(demand.tolist()):
        received = max(0, top - stock) if i % cycle_days == cycle_days - 1 else 0
        most = stock + received
        issued = min(asked, most)
        stock = most - issued
        if received or issued:
            day = MONDAY + timedelta(days=i)
            movements.append(DayMovement(day, received, issued, 0, usable_end=stock, usable_max=most))
    return top, movements


def rebuilt(demand: IntArray, cycle_days: int = 14, cover_days: float = 14) -> DemandSeries:
    """What the ledger of such a shelf lets us know of demand."""
    stock, movements = shelf(demand, cycle_days, cover_days)
    return demand_series(movements, MONDAY, MONDAY + timedelta(days=demand.size - 1), stock)


def clinic_demand(rng: np.random.Generator, days: int) -> IntArray:
    """One item of one center: overdispersed, mostly with a weekday pattern, a quarter intermittent, and
    two outbreaks (from day 180 for 45 days, from day 420 for 60) of up to four and five times the use."""
    mean = float(np.exp(rng.normal(2.0, 1.3)))
    weekday = np.array([1.2, 1.1, 1.0, 1.0, 1.1, 0.9, 0.7]) if rng.random() < 0.8 else np.ones(7)
    expected = mean * weekday[np.arange(days) % 7]
    for start, length, times in ((180, 45, 4), (420, 60, 5)):
        wave = np.sin(np.linspace(0, np.pi, length)) * rng.uniform(0.5, 1.0)
        expected[start : start + length] *= 1 + (times - 1) * wave[: max(0, days - start)]
    demand = rng.negative_binomial(3, 3 / (3 + expected))
    if rng.random() < 0.25:
        demand = demand * (rng.random(days) < 0.2)
    return demand.astype(np.int64)


def request_of(
    series: DemandSeries,
    key: str = "C01|PPE-02",
    criticality: str = "essential",
    interval: ProtectionInterval | None = None,
    like: str = "",
) -> ForecastRequest:
    between = interval or ProtectionInterval(7.0, 0.0, 7)
    return ForecastRequest(key, series, between, StockPolicy.of(criticality), log_size=60_000, like=like)
