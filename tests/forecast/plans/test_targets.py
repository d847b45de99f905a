from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.emergency.burn import Burn
from forecast.emergency.rates import Rate
from forecast.emergency.scenario import Scenario, Spread
from forecast.plans.targets import REASONS, ItemAsked, Target, center_targets
from forecast.request import Forecast
from forecast.run import forecast_one
from forecast.stock.packs import Packed, Packs
from forecast.stock.policy import SafetyStock
from tests.forecast.worlds import request_of, series_of

BOXES = Packs(50, 2000)
RATES = {
    "M": (Rate("M", "triage", 4.0, ""),),
    "G": (Rate("G", "triage", 0.1, ""),),
    "E": (Rate("E", "center", 1.0, ""),),
}
ROSTER = Scenario("roster", staff={"triage": 50}, rate_spread_percent=0)


@pytest.fixture(scope="module")
def forecast() -> Forecast:
    """About 140 in the 14 days of its protection interval."""
    return forecast_one(request_of(series_of(np.random.default_rng(0).poisson(10, 200))))


def one(asked: ItemAsked, scenario: Scenario | None = ROSTER, level: int | None = None) -> Target:
    return center_targets("C01", [asked], RATES, scenario, level)[0]


def test_the_scenario_is_the_target_where_it_asks_for_more(forecast: Forecast) -> None:
    """50 people x 4 masks x 14 days = 2,800, and at .95 1.645 * sqrt(2,800) = 87 more."""
    found = one(ItemAsked("M", forecast, packs=BOXES))
    assert forecast.stock is not None
    assert found.reason == "scenario"
    assert found.statistical == forecast.stock.reorder_point < 200
    assert found.scenario == found.target == pytest.approx(2887, abs=8)
    assert found.scenario_expected == pytest.approx(2800, abs=5)
    assert found.packed == Packed(1, 18, 0, 2900)
    more = found.target - forecast.stock.reorder_point
    up_to = forecast.stock.order_up_to_level
    assert found.stock == SafetyStock(forecast.stock.safety_stock + more, found.target, up_to + more)


def test_past_use_is_the_target_where_it_asks_for_more(forecast: Forecast) -> None:
    found = one(ItemAsked("M", forecast), replace(ROSTER, staff={"triage": 1}))
    assert found.reason == "statistical"
    assert found.scenario is not None
    assert found.scenario < found.target == found.statistical
    assert found.stock == forecast.stock


def test_every_reason_says_why(forecast: Forecast) -> None:
    found = {
        "no_scenario": one(ItemAsked("M", forecast), None),
        "no_rate": one(ItemAsked("X", forecast)),
        "no_forecast": one(ItemAsked("M")),
        "par": one(ItemAsked("G", kind="reusable")),
        "none": one(ItemAsked("X")),
    }
    assert {reason: target.reason for reason, target in found.items()} == {reason: reason for reason in found}
    assert set(found) | {"scenario", "statistical"} == set(REASONS)
    assert found["no_scenario"].target == found["no_rate"].target == found["no_rate"].statistical
    assert (found["no_scenario"].days, found["no_scenario"].scenario) == (0, None)
    assert (found["none"].target, found["none"].packed, found["none"].stock) == (None, None, None)
    assert found["no_forecast"].stock is None


def test_what_is_used_again_has_a_par_level() -> None:
    """50 people x .1 = 5 pieces; each fit with .9: of 7, P(at least 5) = .9743; of 6, .8857."""
    assert one(ItemAsked("G", kind="reusable")).target == 7
    assert one(ItemAsked("E", kind="equipment")).target == 1
    assert one(ItemAsked("E", kind="equipment", par_level=3)).target == 3
    assert one(ItemAsked("E", kind="equipment", par_level=3), None).reason == "par"


def test_days_to_cover_follow_the_response_and_never_fall_short_of_the_protection_interval(
    forecast: Forecast,
) -> None:
    targets = [one(ItemAsked("M", forecast), level=level).target or 0 for level in (None, 4, 3, 2, 1)]
    assert targets == sorted(targets)
    assert targets[-1] / targets[0] == pytest.approx(4, rel=0.05)
    assert one(ItemAsked("M", forecast), replace(ROSTER, days=3)).days == 14
    assert one(ItemAsked("M"), replace(ROSTER, days=3)).days == 3


def test_burn_lowers_a_target_in_a_response_only_and_raises_it_always() -> None:
    half, double = Burn(4, 0.5, 0.5), Burn(4, 2.0, 0.5)
    plain = one(ItemAsked("M")).scenario_expected or 0
    assert one(ItemAsked("M", burn=half)).scenario_expected == plain
    found = one(ItemAsked("M", burn=half), level=4)
    assert found.scenario_expected == pytest.approx(0.75 * plain, rel=0.01)
    assert (found.burn_factor, found.burn_days) == (0.75, 4)
    assert one(ItemAsked("M", burn=double)).scenario_expected == pytest.approx(1.5 * plain, rel=0.01)


def test_an_items_target_does_not_depend_on_its_company() -> None:
    alone = center_targets("C01", [ItemAsked("M")], RATES, ROSTER)
    among = center_targets(
        "C01", [ItemAsked("G", kind="reusable"), ItemAsked("X"), ItemAsked("M")], RATES, ROSTER
    )
    assert among[2] == alone[0]


def test_targets_survive_json(forecast: Forecast) -> None:
    for asked in (ItemAsked("M", forecast, packs=BOXES), ItemAsked("X"), ItemAsked("G", kind="reusable")):
        found = one(asked)
        assert Target.from_dict(json.loads(json.dumps(found.as_dict()))) == found


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(5, 40), st.integers(0, 30), st.integers(1, 4))
def test_more_people_or_more_cases_never_ask_for_less(
    staff: int, more: int, cases: int, wider: int, times: int
) -> None:
    rates = {"M": (Rate("M", "triage", 4.0, ""), Rate("M", "cases", 2.0, ""))}
    small = Scenario("s", Spread(cases, cases + wider), staff={"triage": staff})
    large = Scenario("s", Spread(times * cases, times * (cases + wider)), staff={"triage": staff + more})
    less, most = (center_targets("C", [ItemAsked("M")], rates, one)[0].target or 0 for one in (small, large))
    assert most >= less * 0.97  # counts of another level are other draws


def test_an_unknown_response_level_is_refused() -> None:
    with pytest.raises(ValueError, match="response_level must be 1 to 4"):
        one(ItemAsked("M"), None, level=7)
