"""Many daily series at once: the same answer in any company, an honest past error, and what the book does."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest

from forecast.evaluate import LEVELS, pooled_coverage
from forecast.pooled.panel import DAILY, Panel
from forecast.pooled.rolling import totals_at
from forecast.pooled.tide import EVERY_STATE, STATES, Stretch, learn_stretches, states_at, tide_of
from forecast.published import MILLIONTHS, running_on, table_line
from forecast.request import Forecast, ForecastRequest
from forecast.run import Taught, forecast_many, forecast_one, teach
from forecast.series.horizon import ProtectionInterval
from ledger.domain import canonical
from tests.forecast.worlds import request_of, series_of


def book(outbreak: bool = True, count: int = 40, days: int = 260) -> list[ForecastRequest]:
    """Forty series of 260 days; in outbreaks (days 120 to 145, and from 230 on) all use thrice as much."""
    rng = np.random.default_rng(5)
    factor = np.ones(days)
    if outbreak:
        factor[120:145] = factor[230:] = 3.0
    means = np.exp(rng.normal(2.0, 0.8, count))
    demand = rng.poisson(rng.gamma(4, means[:, None] / 4 * factor))
    week = ProtectionInterval(3.0, 1.0, 7)
    return [
        request_of(series_of(row), f"C{i:02}|PPE-02", "vital", week, "PPE-02") for i, row in enumerate(demand)
    ]


@pytest.fixture(scope="module")
def requests() -> list[ForecastRequest]:
    return book()


@pytest.fixture(scope="module")
def taught(requests: list[ForecastRequest]) -> Taught:
    return teach(requests)


@pytest.fixture(scope="module")
def forecasts(requests: list[ForecastRequest], taught: Taught) -> list[Forecast]:
    return forecast_many(requests, taught=taught)


def test_a_forecast_is_the_same_alone_and_among_others(
    requests: list[ForecastRequest], taught: Taught, forecasts: list[Forecast]
) -> None:
    assert {found.model for found in forecasts} == {"pooled_ets_nb"}
    for place in (0, 17, 39):
        assert table_line(forecast_one(requests[place], taught)) == table_line(forecasts[place])


def test_what_was_taught_survives_json(
    requests: list[ForecastRequest], taught: Taught, forecasts: list[Forecast]
) -> None:
    again = Taught.from_dict(json.loads(json.dumps(taught.as_dict())))
    assert again.as_dict() == taught.as_dict()
    assert forecast_one(requests[3], again) == forecast_one(requests[3], taught)


def test_the_stated_share_of_past_windows_is_covered_when_use_is_steady() -> None:
    found = forecast_many(book(outbreak=False))
    for level, (covered, windows) in pooled_coverage([one.backtest for one in found]).items():
        assert windows >= 400
        assert level - 0.02 < covered / windows < level + 0.04  # counts step, and are rounded up


def test_a_back_test_does_not_see_its_windows(requests: list[ForecastRequest], taught: Taught) -> None:
    """What follows the first window's beginning may be anything: its quantities stay as they are."""
    request = requests[7]
    past = forecast_one(request, taught).backtest
    assert past is not None
    first = next(iter(past.rows))
    days = 260 - len(past.rows) * past.length_days
    changed = list(request.series.demand)
    changed[days:] = [units * 2 for units in changed[days:]]
    other = replace(request, series=replace(request.series, demand=tuple(changed)))
    again = forecast_one(other, taught).backtest
    assert again is not None
    assert again.rows[0][4:] == first[4:]
    assert again.rows[-1][4:] != past.rows[-1][4:]


def panel(requests: list[ForecastRequest]) -> Panel:
    values = np.array([request.series.demand for request in requests], dtype=np.float64)
    return Panel(values, DAILY, np.ones(len(values), dtype=np.bool_))


def test_the_tide_is_that_of_the_whole_book(requests: list[ForecastRequest]) -> None:
    tide = tide_of(panel(requests))
    assert tide[20] > 1.5  # ten days into the outbreak, which is ten days before the end
    assert tide[60] == pytest.approx(1.0, abs=0.2)
    states = states_at(panel(requests), [200, 240], tide)
    assert set(states[1].tolist()) <= {6, 7, 8}  # the book is rising
    assert ((states >= 0) & (states < STATES)).all()


def test_a_stretch_is_by_hand_what_its_windows_say() -> None:
    """120 windows of one state in which the demand was always 12 where 10 was expected and 14 the quantile:
    f = (12/10 * 120 + 50) / 170, c = ((12 - 10) / (14 - 10) * 120 + 50) / 170."""
    from forecast.pooled.rolling import Totals
    from forecast.pooled.tide import _stretch

    shape = (1, 120)
    totals = Totals(np.full(shape, 10.0), np.full((*shape, 1), 14.0), np.full(shape, 10.0), np.zeros(120))
    found = _stretch(totals, np.full(shape, 12.0), np.full(shape, 4), np.ones(shape, np.bool_), (0.9,))
    assert found.means == pytest.approx({EVERY_STATE: 194 / 170, 4: 194 / 170})
    assert found.factors[4, 0.9] == pytest.approx(110 / 170)
    applied = found.applied(totals, np.full(shape, 4), (0.9,))
    assert applied.quantiles[0, 0, 0] == pytest.approx(10 + 4 * 110 / 170)
    assert Stretch({}, {}).applied(totals, np.full(shape, 4), (0.9,)).quantiles[0, 0, 0] == 14.0


def test_what_began_an_outbreak_before_widens_the_next(requests: list[ForecastRequest]) -> None:
    """Learnt from the first outbreak alone, the .98 quantile as the second begins holds more often."""
    from forecast.pooled.pool import learn_lesson

    whole = panel(requests)
    tide, until, at = tide_of(whole), 200, [234, 240]
    lesson = learn_lesson(whole, 10, LEVELS, until)
    assert lesson is not None
    then, _ = learn_stretches(whole, 10, LEVELS, lesson, tide, until)
    plain = totals_at(whole, 10, LEVELS, at, lesson, 200)
    stretched = then.applied(plain, states_at(whole, at, tide), LEVELS)
    truth = np.stack([whole.values[:, origin : origin + 10].sum(axis=1) for origin in at])
    held, before = (float((truth <= found.quantiles[..., 2]).mean()) for found in (stretched, plain))
    assert held > before


def test_the_table_has_one_byte_form_in_millionths(forecasts: list[Forecast]) -> None:
    line = table_line(forecasts[0])
    told = canonical.decode(line.removesuffix(b"\n"))
    assert told["daily_mean"] == round((forecasts[0].daily_mean or 0) * MILLIONTHS)
    assert Forecast.from_dict(json.loads(json.dumps(forecasts[0].as_dict()))) == forecasts[0]
    assert len(running_on()) <= 80
    prints = {hashlib.sha256(b"".join(map(table_line, forecasts))).hexdigest() for _ in range(2)}
    assert len(prints) == 1
