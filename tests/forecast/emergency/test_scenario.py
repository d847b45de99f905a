from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import lognorm, nbinom, poisson

from forecast.emergency.burn import Burn
from forecast.emergency.rates import Rate
from forecast.emergency.scenario import (
    DAYS_BY_RESPONSE,
    Scenario,
    Spread,
    draw_crowd,
    expected_daily,
    item_use,
    pieces_at_once,
)

CERTAIN = Scenario("roster alone", staff={"triage": 2, "routine": 8}, shifts_per_day=2, rate_spread_percent=0)
MASKS = [Rate("M", "triage", 4.0, ""), Rate("M", "routine", 4.0, "")]
MANY = 40_000


def use(rates: list[Rate], scenario: Scenario, days: int, burn: Burn | None = None) -> np.ndarray:
    crowd = draw_crowd(scenario, days, "C01", MANY)
    return item_use(rates, crowd, scenario.rate_spread_percent, "C01", "M", burn or Burn())


def test_a_roster_uses_people_times_shifts_times_days_times_rate() -> None:
    """(2 + 8) people x 2 shifts x 14 days x 4 masks = 1,120; with certain rates only the Poisson is left."""
    drawn = use(MASKS, CERTAIN, 14)
    assert expected_daily(MASKS, CERTAIN) * 14 == 1120
    assert drawn.mean() == pytest.approx(1120, rel=0.002)
    assert np.quantile(drawn, 0.95) == pytest.approx(poisson.ppf(0.95, 1120), abs=2)


def test_the_tables_error_is_a_lognormal_of_mean_one() -> None:
    """Spread 50 %: sigma^2 = ln(1.25); the 95 % point of the factor is exp(1.645 s - s^2/2) = 1.945."""
    drawn = use(MASKS, replace(CERTAIN, rate_spread_percent=50), 14)
    s = math.sqrt(math.log(1.25))
    assert drawn.mean() == pytest.approx(1120, rel=0.01)
    assert np.quantile(drawn, 0.95) / 1120 == pytest.approx(
        lognorm.ppf(0.95, s, scale=math.exp(-s * s / 2)), rel=0.02
    )
    assert lognorm.ppf(0.95, s, scale=math.exp(-s * s / 2)) == pytest.approx(1.945, abs=0.001)


def test_days_of_known_level_add_up_to_a_negative_binomial() -> None:
    scenario = Scenario("s", cases_per_day=Spread(8, 8))
    cases = draw_crowd(scenario, 14, "C01", MANY).person_days["cases"]
    size, mean = 14 * 5.0, 14 * 8.0
    assert cases.mean() == pytest.approx(mean, rel=0.01)
    assert cases.var() == pytest.approx(mean + mean**2 / size, rel=0.03)
    levels = (0.5, 0.9, 0.99)
    assert np.quantile(cases, levels) == pytest.approx(nbinom.ppf(levels, size, size / (size + mean)), abs=2)


def test_the_level_is_at_most_likely_half_the_time_and_at_most_high_nine_times_in_ten() -> None:
    z = np.random.default_rng(0).standard_normal(MANY)
    levels = Spread(8, 25).levels(z)
    assert (levels <= 8).mean() == pytest.approx(0.5, abs=0.01)
    assert (levels <= 25).mean() == pytest.approx(0.9, abs=0.01)
    assert levels.mean() == pytest.approx(Spread(8, 25).mean(), rel=0.03)
    assert Spread().levels(z).max() == 0


def test_isolation_and_care_follow_from_cases() -> None:
    """10 cases a day, 30 % isolated for 7 days, 2 who care for each: 210 and 420 person-days in 10 days."""
    scenario = Scenario(
        "s", cases_per_day=Spread(10, 10), isolated_percent=30, stay_days=7, caregivers_percent=200,
        severe_percent=5, severe_days=2,
    )  # fmt: skip
    crowd = draw_crowd(scenario, 10, "C01", MANY)
    means = {driver: people.mean() for driver, people in crowd.person_days.items()}
    assert means["isolated"] == pytest.approx(210, rel=0.02)
    assert means["caregivers"] == pytest.approx(420, rel=0.02)
    assert means["severe"] == pytest.approx(10, rel=0.02)
    # Little's law: 3 come a day and stay 7; those present at one time are Poisson round 21.
    present = crowd.at_once["isolated"]
    assert (present.mean(), present.var()) == (pytest.approx(21, rel=0.01), pytest.approx(21, rel=0.03))


def test_what_is_used_again_is_needed_once_per_person() -> None:
    goggles = [Rate("G", "triage", 0.1, ""), Rate("G", "routine", 0.1, "")]
    pieces = pieces_at_once(goggles, draw_crowd(CERTAIN, 14, "C01", 10))
    assert set(pieces.tolist()) == {2.0}  # 20 people, whatever the days


def test_measured_burn_moves_the_use_and_narrows_its_error() -> None:
    half = Burn(12, 0.5, 0.75)  # factor .625, half the tables' error left
    wide = replace(CERTAIN, rate_spread_percent=50)
    drawn = use(MASKS, wide, 14, half)
    assert drawn.mean() == pytest.approx(700, rel=0.01)
    s = math.sqrt(math.log1p(0.25**2))
    assert np.log(drawn).std() == pytest.approx(math.sqrt(s**2 + 1 / 700), rel=0.03)


def test_the_wildest_scenario_gives_whole_numbers() -> None:
    wild = Spread(1, 1_000_000)
    scenario = Scenario(
        "s", wild, wild, wild, wild, isolated_percent=100, stay_days=60, caregivers_percent=1000,
        rate_spread_percent=200,
    )  # fmt: skip
    drawn = use([Rate("M", "caregivers", 999_999.0, "")], scenario, 365, Burn(9, 100.0, 0.9))
    assert np.isfinite(drawn).all()
    assert 0 <= drawn.min() <= drawn.max() < 2**54
    assert 0 < expected_daily([Rate("M", "cases", 1.0, "")], scenario) <= 1_000_000


def test_visits_and_tests_rise_with_the_cases() -> None:
    spread = Spread(10, 40)
    crowd = draw_crowd(Scenario("s", spread, outpatients_per_day=spread), 14, "C01", MANY)
    together = np.corrcoef(np.log1p(crowd.person_days["cases"]), np.log1p(crowd.person_days["outpatients"]))
    assert together[0, 1] > 0.95


def test_a_rate_with_an_error_of_its_own_keeps_it() -> None:
    exact = [Rate("M", "triage", 4.0, "", 0), Rate("M", "routine", 4.0, "", 0)]
    drawn = use(exact, replace(CERTAIN, rate_spread_percent=50), 14)
    assert drawn.std() == pytest.approx(math.sqrt(1120), rel=0.02)


def test_the_same_scenario_gives_the_same_draws_and_another_key_others() -> None:
    scenario = Scenario("s", Spread(8, 25))
    one, again, other = (draw_crowd(scenario, 14, key).person_days["cases"] for key in ("C1", "C1", "C2"))
    assert one.tolist() == again.tolist() != other.tolist()


def test_days_to_cover_follow_the_response_unless_they_are_said() -> None:
    assert [Scenario("s").days_to_cover(level) for level in (None, 4, 3, 2, 1)] == [14, 14, 28, 42, 56]
    assert Scenario("s", days=10).days_to_cover(1) == 10
    assert set(DAYS_BY_RESPONSE) == {None, 1, 2, 3, 4}


spreads = st.tuples(st.integers(1, 500), st.integers(0, 500)).map(lambda two: Spread(two[0], sum(two)))


@settings(max_examples=50)
@given(
    spreads,
    spreads,
    st.integers(0, 100),
    st.integers(1, 365),
    st.dictionaries(st.just("fever"), st.integers(0, 99)),
)
def test_scenarios_survive_json(
    cases: Spread, visits: Spread, percent: int, days: int, staff: dict[str, int]
) -> None:
    scenario = Scenario("名", cases, visits, staff=staff, isolated_percent=percent, days=days)
    assert Scenario.from_dict(json.loads(json.dumps(scenario.as_dict()))) == scenario


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({}, "name is missing"),
        ({"name": " "}, "name is missing"),
        ({"name": "s", "case_per_day": 3}, "case_per_day is not a word of a scenario"),
        ({"name": "s", "cases_per_day": 2.5}, "cases_per_day must be a whole number, or"),
        ({"name": "s", "cases_per_day": {"likely": 3}}, "cases_per_day must be a whole number, or"),
        ({"name": "s", "cases_per_day": {"likely": 9, "high": 3}}, "cases_per_day: likely must be 0 to high"),
        ({"name": "s", "cases_per_day": {"likely": 0, "high": 3}}, "cases_per_day: likely must be 1 or more"),
        ({"name": "s", "cases_per_day": -1}, "cases_per_day: likely must be 0 to high"),
        ({"name": "s", "cases_per_day": 2_000_000}, "high at most 1,000,000"),
        ({"name": "s", "rooms": "six"}, "rooms must be a whole number, not 'six'"),
        ({"name": "s", "rooms": True}, "rooms must be a whole number, not True"),
        ({"name": "s", "days": 0}, "days must be 1 to 365"),
        ({"name": "s", "service_level_per_mille": 1000}, "service_level_per_mille must be 500 to 999"),
        ({"name": "s", "staff": 7}, "staff must name roles and people"),
        ({"name": "s", "staff": {"triage": 1.5}}, "staff: triage must be a whole number"),
        ({"name": "s", "staff": {"pilot": 1}}, "staff: pilot is not one of triage"),
        ({"name": "s", "staff": {"triage": -1}}, "staff: triage must be 0 to"),
    ],
)
def test_a_wrong_word_is_named(words: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Scenario.from_dict(words)
