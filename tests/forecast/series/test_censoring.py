from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.models import plain_model
from forecast.series.censoring import complete, kaplan_meier, local_level
from forecast.series.history import daily_history, level_series
from tests.forecast.worlds import rebuilt, series_of


def test_the_curve_is_that_of_statsmodels() -> None:
    from statsmodels.duration.survfunc import SurvfuncRight

    rng = np.random.default_rng(5)
    demand = rng.poisson(6, 300).astype(float)
    censored = rng.random(300) < 0.3
    theirs = SurvfuncRight(demand, ~censored)
    ours = kaplan_meier(demand, censored)
    np.testing.assert_allclose(ours.at(theirs.surv_times), theirs.surv_prob, atol=1e-12)


def test_the_curve_by_hand() -> None:
    """Seen 1, 2, 4; at least 2. S(1) = 3/4, S(2) = 3/4 * 2/3 = 1/2, S(4) = 0 (one left, and it was seen)."""
    curve = kaplan_meier(np.array([1.0, 2.0, 2.0, 4.0]), np.array([False, False, True, False]))
    assert curve.values.tolist() == [1, 2, 4]
    np.testing.assert_allclose(curve.survival, [0.75, 0.5, 0.0])
    assert curve.draw_above(np.array([2.0]), np.array([0.5])).tolist() == [4]


def test_nothing_is_invented_beyond_what_was_seen() -> None:
    curve = kaplan_meier(np.array([3.0, 9.0]), np.array([False, True]))
    assert curve.draw_above(np.array([9.0, 1.0]), np.array([0.3, 0.01])).tolist() == [9, 3]
    nothing_seen = kaplan_meier(np.array([3.0, 9.0]), np.array([True, True]))
    assert complete(np.array([3.0]), np.array([True]), nothing_seen, np.random.default_rng(0)).tolist() == [3]


@given(st.lists(st.tuples(st.integers(0, 500), st.sampled_from("ocm")), min_size=1, max_size=120))
def test_correcting_never_lowers_demand_below_the_raw_mean(days: list[tuple[int, str]]) -> None:
    units = [0 if mark == "m" else amount for amount, mark in days]
    history = daily_history(series_of(units, marks="".join(mark for _, mark in days)))
    if not history.size:
        return
    completed = level_series(history.without_season(), np.random.default_rng(0)).values
    assert completed.mean() >= np.mean(units) * (1 - 1e-12)
    assert plain_model(history, np.random.default_rng(0)).rate() >= np.mean(units) * (1 - 1e-12)


@given(st.lists(st.integers(0, 50), min_size=2, max_size=80), st.sets(st.integers(0, 79)), st.integers(0, 79))
def test_a_completed_day_is_never_below_what_was_issued(
    units: list[int], censored: set[int], more: int
) -> None:
    demand = np.array(units, dtype=float)
    marks = np.array([i in censored or i == more for i in range(demand.size)])
    completed = complete(demand, marks, kaplan_meier(demand, marks), np.random.default_rng(1))
    assert (completed >= demand).all()
    assert (completed == demand)[~marks].all()


def test_a_quiet_stocked_out_day_after_an_outbreak_is_completed_as_a_quiet_day() -> None:
    """5 a day, in an outbreak of 60 days 25; then every fourth quiet day runs out after 4. Truly it asked for
    what a Poisson law of 5 gives above 4: 6.0 on average. One curve over all would say more than 9."""
    rng = np.random.default_rng(4)
    level = np.repeat([5.0, 25.0, 5.0], [200, 60, 160])
    demand = rng.poisson(level)
    out = np.arange(420) >= 300
    out &= (np.arange(420) % 4 == 0) & (demand > 4)
    series = series_of(np.where(out, 4, demand), marks="".join("c" if lost else "o" for lost in out))
    history = daily_history(series)
    local = level_series(history, np.random.default_rng(0)).values[out].mean()
    plain = complete(history.demand, out, kaplan_meier(history.demand, out), np.random.default_rng(0))[
        out
    ].mean()
    assert plain > 8.5
    assert local < 7.5


def test_the_local_level_looks_back_only_and_stands_where_demand_is_steady() -> None:
    demand = np.random.default_rng(0).poisson(9, 200).astype(float)
    later = demand.copy()
    later[150:] *= 5
    np.testing.assert_array_equal(local_level(demand, 150)[:150], local_level(later, 150)[:150])
    np.testing.assert_allclose(local_level(np.full(90, 7.0), 90), 7.0)
    assert (local_level(np.zeros(30), 30) > 0).all()


@pytest.mark.parametrize("world", ["poisson", "negative binomial", "intermittent"])
def test_known_truth_is_met_more_closely_than_by_raw_issues(world: str) -> None:
    """The shelf holds 10 days of demand and is filled every 14: about a third of the days run short."""
    worse, better = 0.0, 0.0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        demand = {
            "poisson": rng.poisson(8, 540),
            "negative binomial": rng.negative_binomial(2, 2 / 12, 540),
            "intermittent": rng.poisson(9, 540) * (rng.random(540) < 0.25),
        }[world].astype(np.int64)
        series = rebuilt(demand, cycle_days=14, cover_days=10)
        lost = demand.mean() - series.demand_array().mean()
        assert lost > 0.1 * demand.mean()
        corrected = level_series(daily_history(series), rng).values.mean()
        worse += abs(lost)
        better += abs(corrected - demand.mean())
    assert better < 0.4 * worse
