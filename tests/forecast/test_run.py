from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.plans.outlook import RunOut, run_out, stock_outlook
from forecast.request import Forecast, ForecastRequest
from forecast.run import NOTHING_TAUGHT, forecast_many, forecast_one
from forecast.series.demand import DemandSeries
from forecast.series.history import History, daily_history
from forecast.series.horizon import ProtectionInterval
from forecast.stock.policy import SERVICE_LEVEL_PER_MILLE, StockLevel, StockLot
from tests.forecast.worlds import MONDAY, clinic_demand, rebuilt, request_of, series_of

TODAY = date(2026, 11, 24)


def poisson_request(days: int = 200, mean: float = 10.0, **changes: object) -> ForecastRequest:
    demand = np.random.default_rng(0).poisson(mean, days)
    return replace(request_of(series_of(demand)), **changes)  # type: ignore[arg-type]


def test_a_forecast_tells_its_model_its_data_and_its_past_error() -> None:
    found = forecast_one(poisson_request())
    assert (found.model, found.reason, found.days_used, found.log_size) == ("ets_nb", "", 200, 60_000)
    assert found.origin == MONDAY + timedelta(days=200)
    assert found.backtest is not None
    assert found.backtest.windows == 7  # (200 - 100 to learn from) // 14 days
    assert found.stock is not None
    assert found.total_mean == pytest.approx(140, rel=0.06)
    assert 140 < found.stock.reorder_point < 180
    assert found.stock.reorder_point == dict(found.quantiles)[950]
    assert len(found.band) == 42


def test_requests_and_forecasts_survive_json() -> None:
    series = rebuilt(np.random.default_rng(1).poisson(9, 200))
    for request in (request_of(series), replace(request_of(series), kind="equipment", par_level=3)):
        assert ForecastRequest.from_dict(json.loads(json.dumps(request.as_dict()))) == request
        found = forecast_one(request)
        assert Forecast.from_dict(json.loads(json.dumps(found.as_dict()))) == found


def test_the_same_request_gives_the_same_forecast_alone_or_among_others() -> None:
    request = poisson_request()
    other = replace(request, key="C02|PPE-02")
    assert forecast_many([other, request])[1] == forecast_one(request)
    short = rebuilt(np.random.default_rng(1).poisson(9, 300), cycle_days=14, cover_days=10)
    here, there = (forecast_one(request_of(short, key)) for key in ("C01|PPE-02", "C02|PPE-02"))
    assert here.quantiles != there.quantiles  # stock-outs are completed by draws of the series' own


def test_progress_is_told_after_each() -> None:
    seen: list[tuple[int, int]] = []
    forecast_many(
        [poisson_request(days=20), poisson_request(days=3)], lambda done, all_: seen.append((done, all_))
    )
    assert seen == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("days", "model", "reason"),
    [(200, "ets_nb", ""), (56, "ets_nb", ""), (55, "plain_mean", "short"), (14, "plain_mean", "short")],
)
def test_the_model_follows_the_length_of_history(days: int, model: str, reason: str) -> None:
    found = forecast_one(poisson_request(days=days))
    assert (found.model, found.reason) == (model, reason)


def test_too_short_says_so_and_takes_the_larger_declared_rate() -> None:
    nothing_told = forecast_one(poisson_request(days=13))
    assert (nothing_told.model, nothing_told.reason, nothing_told.stock) == ("none", "too_short", None)
    told = forecast_one(poisson_request(days=13, scenario_daily_rate=4.0, like_daily_rate=3.0))
    assert (told.model, told.daily_mean, told.backtest) == ("too_short", 4.0, None)
    assert told.stock is not None
    assert told.par_level == told.stock.reorder_point == 69  # Poisson of 56 at .95


def test_a_short_series_borrows_the_median_rate_of_like_ones() -> None:
    long = [
        replace(poisson_request(days=100, mean=mean), key=f"C{i}|PPE-02", like="PPE-02")
        for i, mean in enumerate((2.0, 6.0, 40.0))
    ]
    short = replace(poisson_request(days=5), key="C9|PPE-02", like="PPE-02")
    stranger = replace(short, key="C9|PPE-05", like="PPE-05")
    *_, borrowed, alone = forecast_many([*long, short, stranger])
    assert borrowed.daily_mean == pytest.approx(6.0, rel=0.1)
    assert alone.daily_mean is None


def test_more_than_half_lost_is_declared_and_never_below_like_series() -> None:
    series = series_of([9] * 40 + [3] * 60, marks="o" * 40 + "c" * 60)
    found = forecast_one(replace(request_of(series), like_daily_rate=30.0))
    assert (found.model, found.reason, found.insufficient) == ("plain_mean", "insufficient", True)
    assert found.daily_mean == 30.0


def test_reusables_and_equipment_have_a_par_level_and_no_forecast() -> None:
    for kind in ("reusable", "equipment"):
        found = forecast_one(poisson_request(kind=kind, par_level=4))
        assert (found.model, found.reason, found.par_level) == ("none", kind, 4)
        assert (found.stock, found.daily_mean, found.band) == (None, None, ())


DEGENERATE = {
    "no day": series_of([]),
    "one day": series_of([5]),
    "all zero": series_of([0] * 400),
    "constant": series_of([7] * 400),
    "all censored": series_of([4] * 400, marks="c" * 400),
    "all missing": series_of([0] * 400, marks="m" * 400),
    "one use long ago": series_of([3] + [0] * 400),
    "one use just now": series_of([0] * 400 + [3]),
    "huge": series_of(np.random.default_rng(0).integers(10**11, 10**12, 300)),
    "the largest": series_of([2**53 - 1, 0, 2**52] * 100),
    "one huge day": series_of([1] * 150 + [10**9] + [1] * 150),
    "gaps": series_of([0, 5, 9, 0, 2] * 60, marks="moocm" * 60),
    "every other day": series_of([0, 8] * 150, marks="mo" * 150),
    "closed but Mondays": series_of([70, 0, 0, 0, 0, 0, 0] * 60),
}


@pytest.mark.parametrize("name", DEGENERATE)
def test_degenerate_series_get_whole_numbers_or_a_named_nothing(name: str) -> None:
    found = forecast_one(request_of(DEGENERATE[name], key=name))
    json.dumps(found.as_dict(), allow_nan=False)
    if found.stock is None:
        assert (found.model, found.reason) == ("none", "too_short")
        return
    assert 0 <= found.stock.safety_stock <= found.stock.reorder_point <= found.stock.order_up_to_level
    assert all(low <= middle <= high for low, middle, high in found.band)


def test_what_degenerate_series_say() -> None:
    unused = forecast_one(request_of(DEGENERATE["all zero"]))
    assert (unused.model, unused.daily_mean, unused.stock and unused.stock.reorder_point) == (
        "no_use",
        0.0,
        0,
    )
    steady = forecast_one(request_of(DEGENERATE["constant"]))
    assert steady.total_mean == pytest.approx(98)
    mondays = forecast_one(request_of(DEGENERATE["closed but Mondays"]))
    assert mondays.total_mean == pytest.approx(140)
    assert forecast_one(request_of(DEGENERATE["all censored"])).reason == "insufficient"


def test_a_place_that_never_uses_an_item_does_not_borrow_the_use_of_others() -> None:
    never, hardly_known = (
        forecast_one(replace(request_of(series), like_daily_rate=5.0))
        for series in (series_of([0] * 200), series_of([0] * 30))
    )
    assert (never.model, never.daily_mean) == ("no_use", 0.0)
    assert (hardly_known.model, hardly_known.reason, hardly_known.daily_mean) == ("too_short", "no_use", 5.0)


def test_a_numeric_failure_is_named_and_answered_by_the_plain_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """No series is known that makes statsmodels fail, so the failure is put in by hand."""

    def fail(*_: object) -> None:
        raise np.linalg.LinAlgError("singular")

    monkeypatch.setattr("forecast.settled.totals_at", fail)
    found = forecast_one(poisson_request())
    assert (found.model, found.reason) == ("plain_mean", "failed")
    assert found.total_mean == pytest.approx(140, rel=0.06)


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.integers(0, 500), st.sampled_from(list(SERVICE_LEVEL_PER_MILLE)))
def test_any_history_gives_ordered_whole_levels(seed: int, days: int, criticality: str) -> None:
    rng = np.random.default_rng(seed)
    series = rebuilt(clinic_demand(rng, days + 1), cycle_days=int(rng.integers(3, 40)))
    interval = ProtectionInterval(float(rng.uniform(0, 20)), float(rng.uniform(0, 30)), 7)
    found = forecast_one(request_of(series, criticality=criticality, interval=interval))
    json.dumps(found.as_dict(), allow_nan=False)
    units = [units for _, units in found.quantiles]
    assert units == sorted(units)
    if found.stock:
        assert 0 <= found.stock.safety_stock <= found.stock.reorder_point <= found.stock.order_up_to_level


def test_stockouts_do_not_lower_the_forecast_as_raw_issues_would() -> None:
    demand = np.random.default_rng(4).poisson(10, 540)
    kept_short = rebuilt(demand, cycle_days=14, cover_days=10)
    raw = series_of(list(kept_short.demand))
    found, naive, full = (forecast_one(request_of(s)) for s in (kept_short, raw, series_of(demand)))
    assert found.total_mean is not None
    assert naive.total_mean is not None
    assert full.total_mean is not None
    assert abs(found.total_mean - full.total_mean) < 0.4 * abs(naive.total_mean - full.total_mean)


def test_the_outlook_reads_a_forecast_against_the_stock_of_today() -> None:
    forecast = forecast_one(poisson_request())
    assert forecast.stock is not None
    plenty = stock_outlook(forecast, [StockLot(400)], TODAY, "essential")
    assert plenty.days_of_cover == pytest.approx(40, rel=0.06)
    assert (plenty.level, plenty.order) == (StockLevel.OK, 0)
    assert plenty.run_out.early is not None
    assert plenty.run_out.middle is not None
    assert plenty.run_out.early <= plenty.run_out.middle
    short = stock_outlook(forecast, [StockLot(50)], TODAY, "essential", in_transit=20, committed=10)
    assert (short.level, short.position) == (StockLevel.URGENT, 60)
    assert short.order == forecast.stock.order_up_to_level - 60
    assert short.run_out.middle == TODAY + timedelta(days=4)
    assert short.band[0][0] <= short.band[0][1] <= short.band[0][2] < 50


def test_one_series_that_fails_is_named_and_takes_no_other_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot happen is put in by hand: one history that no code can read."""
    whole = daily_history

    def broken(series: DemandSeries) -> History:
        if series.first_day != MONDAY:
            raise MemoryError("too large")
        return whole(series)

    monkeypatch.setattr("forecast.select.daily_history", broken)
    good = poisson_request()
    bad = replace(good, key="C9|PPE-02", series=replace(good.series, first_day=MONDAY + timedelta(days=1)))
    before, failed, after = forecast_many([good, bad, replace(good, key="C3|PPE-02")], taught=NOTHING_TAUGHT)
    assert (failed.key, failed.model, failed.reason, failed.stock) == ("C9|PPE-02", "none", "failed", None)
    assert before == forecast_one(good)
    assert after.stock == before.stock


def test_stock_that_expires_unused_is_not_counted_on_and_is_watched() -> None:
    forecast = forecast_one(poisson_request())
    found = stock_outlook(
        forecast, [StockLot(300), StockLot(900, TODAY + timedelta(days=9))], TODAY, "essential"
    )
    assert found.left_at_expiry == pytest.approx(800, rel=0.02)
    assert found.level is StockLevel.WATCH
    assert found.run_out.middle is not None
    assert (found.run_out.middle - TODAY).days == pytest.approx(39, abs=3)


def test_run_out_by_hand() -> None:
    band = ((0, 2, 4), (1, 4, 8), (2, 6, 12))
    assert run_out(band, 4, TODAY) == RunOut(TODAY, TODAY + timedelta(days=1), None)
    assert run_out((), 4, TODAY) == RunOut(None, None, None)


def test_a_bad_request_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="band_days must be 1 to 365"):
        poisson_request(band_days=0)
    with pytest.raises(ValueError, match="scenario_daily_rate must be 0 or more"):
        poisson_request(scenario_daily_rate=float("nan"))
