"""The figures of forecast/README.md: `.venv/bin/python -m tests.forecast.measure` (under a minute)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from forecast.evaluate import LEVELS, pooled_coverage
from forecast.request import ForecastRequest
from forecast.run import forecast_many
from forecast.series.demand import DemandSeries
from forecast.series.history import daily_history, level_series
from forecast.series.horizon import ProtectionInterval
from tests.forecast.scoring.test_evaluate import purchases, score_three_months
from tests.forecast.worlds import IntArray, clinic_demand, rebuilt, request_of, series_of

DAYS, AHEAD = 548, 14


def district() -> list[ForecastRequest]:
    """24 centers x 29 items x 548 days."""
    rng = np.random.default_rng(2026)
    between = ProtectionInterval(7.0, 4.0, 7)
    requests = []
    for i in range(24 * 29):
        series = rebuilt(clinic_demand(rng, DAYS), cycle_days=14, cover_days=24)
        requests.append(request_of(series, f"C{i // 29}|I{i % 29}", "vital", between, f"I{i % 29}"))
    return requests


def measure_district() -> None:
    requests = district()
    forecast_many(requests[:1])  # the imports are not part of the work
    started = time.process_time()
    forecasts = forecast_many(requests)
    seconds = time.process_time() - started
    censored = np.mean([found.censored_share + found.missing_share for found in forecasts])
    loss = np.mean([found.backtest.scaled_pinball for found in forecasts if found.backtest])
    each = 1000 * seconds / len(forecasts)
    print(f"district: {len(forecasts)} series, {seconds:.1f} s of one core, {each:.1f} ms each")
    print(f"  days censored or missing {censored:.3f}; mean scaled pinball {loss:.3f}")
    for level, (covered, windows) in pooled_coverage([f.backtest for f in forecasts]).items():
        print(f"  at {level:.2f}: enough in {covered / windows:.3f} of {windows} past windows")


def measure_steady() -> None:
    """Known truth without outbreaks: is the stated share of the windows to come covered?"""
    rng = np.random.default_rng(1)
    requests, futures = [], []
    for i in range(400):
        mean = float(np.exp(rng.normal(1.5, 1.2)))
        demand = rng.negative_binomial(2, 2 / (2 + mean), DAYS + AHEAD).astype(np.int64)
        requests.append(request_of(series_of(demand[:DAYS]), f"S{i}"))
        futures.append(int(demand[DAYS:].sum()))
    forecasts = forecast_many(requests)
    for level in LEVELS:
        enough = [
            dict(found.quantiles)[round(level * 1000)] >= future
            for found, future in zip(forecasts, futures, strict=True)
        ]
        print(f"steady negative binomial, 400 futures, at {level:.2f}: enough in {np.mean(enough):.3f}")


def raw(series: DemandSeries) -> DemandSeries:
    return series_of(list(series.demand))


def worlds(rng: np.random.Generator) -> dict[str, Callable[[], IntArray]]:
    return {
        "poisson": lambda: rng.poisson(8, DAYS),
        "negative binomial": lambda: rng.negative_binomial(2, 2 / 12, DAYS),
        "intermittent": lambda: rng.poisson(9, DAYS) * (rng.random(DAYS) < 0.25),
        "clinic": lambda: clinic_demand(rng, DAYS) + 1,
    }


def measure_censoring() -> None:
    """Expected demand of 14 days: error of raw issues and of the rebuilt series, against the whole truth."""
    rng = np.random.default_rng(3)
    for name, demand_of in worlds(rng).items():
        errors: list[tuple[float, float, float]] = []
        for i in range(40):
            demand = demand_of().astype(np.int64)
            short = rebuilt(demand, cycle_days=14, cover_days=10)
            base = request_of(short, f"{name}{i}")
            asked = [base, replace(base, series=raw(short)), replace(base, series=series_of(demand))]
            ours, naive, full = (found.total_mean or 0.0 for found in forecast_many(asked))
            lost = short.censored_share + short.missing_share
            errors.append((ours / full - 1, naive / full - 1, lost))
        ours, naive, lost = np.mean(errors, axis=0)
        print(f"{name}: {lost:.2f} of days lost; error of mean demand raw {naive:+.3f}, rebuilt {ours:+.3f}")


def measure_partial_days() -> None:
    """Goods come at any hour to an empty shelf: what to make of that day, if the hour were known and if not.

    The shelf holds 10 days' demand and is filled every 14th day at an hour that is uniform over the day.
    """
    rng = np.random.default_rng(8)
    for name, demand_of in worlds(rng).items():
        errors: dict[str, list[float]] = {}
        for i in range(40):
            demand = demand_of().astype(np.int64)
            for way, series in _ways(demand, rng).items():
                found = forecast_level(series, f"{name}{i}")
                errors.setdefault(way, []).append(found / float(demand.mean()) - 1)
        told = ", ".join(f"{way} {np.mean(found):+.3f}" for way, found in errors.items())
        print(f"goods at any hour, {name}: {told}")


def _ways(demand: IntArray, rng: np.random.Generator) -> dict[str, DemandSeries]:
    """The series with the day of arrival as it is, scaled by the share with stock, at least, and dropped."""
    top, stock = max(1, round(float(demand.mean()) * 10)), 0
    issued, marks, share = demand * 0, [], np.ones(demand.size)
    for day, asked in enumerate(demand.tolist()):
        morning = stock
        if day % 14 == 0:
            hour = float(rng.random())
            before = int(rng.binomial(asked, hour))
            given = min(before, morning)
            share[day] = 1.0 if given == before and morning > before else 1 - hour
            stock = top
            issued[day] = given + min(asked - before, stock)
            stock -= min(asked - before, stock)
        else:
            issued[day] = min(asked, stock)
            stock -= int(issued[day])
        marks.append("o" if stock > 0 else "c" if issued[day] else "m")
    late = share < 1
    scaled = np.where(late, np.round(issued / np.maximum(share, 0.1)), issued).astype(np.int64)
    text = "".join(marks)
    dropped = "".join("m" if lost else mark for lost, mark in zip(late, marks, strict=True))
    least = "".join("c" if lost and n else mark for lost, n, mark in zip(late, issued, marks, strict=True))
    return {
        "as it is": series_of(issued, marks=text),
        "scaled by the hour": series_of(scaled, marks=text),
        "at least": series_of(issued, marks=least),
        "dropped": series_of(np.where(late, 0, issued), marks=dropped),
    }


def forecast_level(series: DemandSeries, key: str) -> float:
    """Mean demand a day of the rebuilt series."""
    return float(level_series(daily_history(series), request_of(series, key).rng()).values.mean())


def main() -> None:
    measure_district()
    measure_steady()
    measure_censoring()
    measure_partial_days()
    for name, (loss, calibration) in score_three_months(purchases()).items():
        print(f"abxaware, 24 real series: {name} scaled pinball {loss:.4f}, calibration {calibration:.3f}")


if __name__ == "__main__":
    main()
