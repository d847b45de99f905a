from __future__ import annotations

import json

import numpy as np
import pytest

from forecast.emergency.rates import Rate
from forecast.emergency.scenario import Scenario
from forecast.plans.limits import Limits, Outcome, Wanted, within_limits
from forecast.plans.targets import ItemAsked, center_targets, drawn_targets
from forecast.run import forecast_one
from forecast.stock.packs import Packs
from tests.forecast.worlds import request_of, series_of

RATES = {"V": (Rate("V", "triage", 4.0, ""),), "N": (Rate("N", "triage", 4.0, ""),)}
ROSTER = Scenario("roster", staff={"triage": 50})
ASKED = [ItemAsked("V", packs=Packs(10)), ItemAsked("N", packs=Packs(10)), ItemAsked("X")]


def wanted(position: int = 0) -> list[Wanted]:
    drawn = drawn_targets("C", ASKED, RATES, ROSTER)
    weights = ("vital", "needed", "needed")
    return [
        Wanted(asked, target, use, position, criticality)
        for asked, (target, use), criticality in zip(ASKED, drawn, weights, strict=True)
    ]


def test_enough_money_grants_every_target() -> None:
    found = within_limits(wanted(), Limits(budget_fen=10**9, price_fen={"V": 3, "N": 3}))
    assert [grant.key for grant in found.grants] == ["V", "N"]  # nothing is wanted of X
    assert found.cut == ()
    levels = [grant.level for grant in found.grants]
    assert levels == [one.target.packed.units for one in wanted()[:2] if one.target.packed]
    assert found.cost_fen == 3 * sum(levels)
    assert all(grant.service_level >= 0.95 for grant in found.grants)


def test_half_the_money_cuts_the_needed_item_first_and_says_what_is_lost() -> None:
    """Both are used alike, 2,800 on average; the vital one counts four times."""
    whole = within_limits(wanted(), Limits()).grants
    budget = sum(grant.order for grant in whole) // 2
    found = within_limits(wanted(), Limits(budget_fen=budget, price_fen={"V": 1, "N": 1}))
    vital, needed = found.grants
    assert budget - 10 < found.cost_fen <= budget
    assert vital.service_level > needed.service_level
    assert needed.wanted_service_level == pytest.approx(0.95, abs=0.01)
    use = wanted()[1].use
    assert use is not None
    assert needed.expected_unmet == pytest.approx(np.maximum(use - needed.level, 0).mean())
    # At the margin both save alike: 4 * P(use > level) of the one is P(use > level) of the other.
    assert 4 * (1 - vital.service_level) == pytest.approx(1 - needed.service_level, abs=0.02)


def test_stock_at_hand_is_not_ordered_again() -> None:
    found = within_limits(wanted(position=1000), Limits())
    assert all(grant.level - grant.order == 1000 for grant in found.grants)


def test_what_has_no_price_is_named() -> None:
    found = within_limits(wanted(), Limits(budget_fen=0, price_fen={"V": 5}))
    assert (found.unlimited, found.grants[0].order) == (("N",), 0)
    assert [grant.key for grant in found.cut] == ["V"]
    room = within_limits(wanted(), Limits(room_ml=100_000, volume_ml={"V": 100, "N": 100}))
    assert room.room_ml <= 100_000
    assert room.unlimited == ()


def test_a_target_of_past_use_is_cut_against_the_forecast() -> None:
    forecast = forecast_one(request_of(series_of(np.random.default_rng(0).poisson(10, 200))))
    asked = [ItemAsked("V", forecast)]
    (target,) = center_targets("C", asked, RATES)
    told = [Wanted(asked[0], target, None, 0, "vital")]
    (grant,) = within_limits(told, Limits(budget_fen=140, price_fen={"V": 1})).grants
    assert grant.order == 140  # about the mean of its 14 days
    assert 0.3 < grant.service_level < 0.7
    assert grant.wanted_service_level == pytest.approx(0.95, abs=0.01)


def test_limits_and_outcomes_survive_json() -> None:
    limits = Limits(5, None, {"V": 2}, {})
    assert Limits.from_dict(json.loads(json.dumps(limits.as_dict()))) == limits
    found = within_limits(wanted(), limits)
    assert Outcome.from_dict(json.loads(json.dumps(found.as_dict()))) == found


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({"budget": 3}, "budget is not a word of limits"),
        ({"budget_fen": 1.5}, "budget_fen must be a whole number, 0 or more"),
        ({"room_ml": -1}, "room_ml must be a whole number, 0 or more"),
        ({"price_fen": 3}, "price_fen must name items and whole numbers"),
        ({"price_fen": {"V": "3"}}, "price_fen: V must be a whole number, 0 or more"),
    ],
)
def test_a_wrong_limit_is_named(words: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Limits.from_dict(words)
