from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from forecast.plans.allocation import Want, allocate, draws_from_quantiles, expected_unmet, forecast_draws
from forecast.run import forecast_one
from tests.forecast.worlds import request_of, series_of


def want(key: str, mean: float, packs: int, pack: int = 10, **words: float) -> Want:
    demand = np.random.default_rng(len(key)).poisson(mean, 200).astype(np.float64)
    return Want(key, demand, 0, packs * pack, pack, **words)


def test_expected_unmet_is_the_normal_loss_function() -> None:
    """Silver, Pyke & Thomas, table of the unit normal: G(1.00) = .08332, G(1.65) = .02064."""
    demand = np.asarray(norm.ppf((np.arange(20_000) + 0.5) / 20_000, 1000, 100), dtype=np.float64)
    item = Want("x", demand, 0, 2000)
    assert expected_unmet(item, 1100) == pytest.approx(8.332, abs=0.02)
    assert expected_unmet(item, 1165) == pytest.approx(2.064, abs=0.02)


def test_without_limits_all_is_granted_and_nothing_is_cut() -> None:
    found = allocate([want("a", 35, 5), want("bb", 80, 9)])
    assert [grant.order for grant in found.grants] == [50, 90]
    assert found.cut == ()


def test_two_alike_share_alike_and_the_lost_service_is_stated() -> None:
    demand = np.arange(1.0, 101.0)
    pair = [Want(key, demand, 0, 90, 10, unit_cost=1) for key in ("a", "b")]
    found = allocate(pair, cost_limit=120)
    assert [grant.order for grant in found.grants] == [60, 60]
    assert found.cost == 120
    first = found.cut[0]
    assert (first.service_level, first.wanted_service_level) == (0.6, 0.9)
    # E(D - 60)+ = (1 + ... + 40)/100 = 8.2; E(D - 90)+ = (1 + ... + 10)/100 = .55
    assert (first.expected_unmet, first.wanted_unmet) == (pytest.approx(8.2), pytest.approx(0.55))


def test_vital_items_are_cut_last() -> None:
    demand = np.arange(1.0, 101.0)
    vital, needed = (Want(key, demand, 0, 90, 10, 1, weight=w) for key, w in (("v", 4.0), ("n", 1.0)))
    found = allocate([needed, vital], cost_limit=100)
    assert found.grants[1].order > found.grants[0].order
    # Where both are short, the last pack of each saves alike: 4 * P(D > v) about P(D > n).
    assert 4 * (1 - found.grants[1].service_level) == pytest.approx(
        1 - found.grants[0].service_level, abs=0.4
    )


wants = st.lists(
    st.tuples(st.integers(5, 60), st.integers(1, 4), st.integers(1, 5), st.sampled_from([1.0, 2.0, 4.0])),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60, deadline=None)
@given(wants, st.floats(0, 1))
def test_one_limit_is_spent_as_well_as_by_trying_everything_but_for_one_pack(
    told: list[tuple[int, int, int, float]], share: float
) -> None:
    items = [
        want("x" * (i + 1), mean, packs, unit_cost=float(cost), weight=weight)
        for i, (mean, packs, cost, weight) in enumerate(told)
    ]
    limit = share * sum(item.packs_wanted * item.pack * item.unit_cost for item in items)
    found = allocate(items, cost_limit=limit)
    assert found.cost <= limit + 1e-9
    unmet = sum(i.weight * grant.expected_unmet for i, grant in zip(items, found.grants, strict=True))
    best = least_unmet(items, limit)
    largest_step = max(i.weight * (expected_unmet(i, 0) - expected_unmet(i, 1)) for i in items)
    assert best - 1e-9 <= unmet <= best + largest_step + 1e-9


@settings(max_examples=40, deadline=None)
@given(wants, st.integers(0, 12))
def test_packs_of_one_price_are_granted_best_of_all(
    told: list[tuple[int, int, int, float]], bought: int
) -> None:
    items = [
        want("x" * (i + 1), mean, packs, unit_cost=1.0, weight=weight)
        for i, (mean, packs, _, weight) in enumerate(told)
    ]
    found = allocate(items, cost_limit=bought * 10.0)
    unmet = sum(i.weight * grant.expected_unmet for i, grant in zip(items, found.grants, strict=True))
    assert unmet == pytest.approx(least_unmet(items, bought * 10.0))


def least_unmet(items: list[Want], limit: float) -> float:
    """By trying every number of packs of every item."""
    tried = product(*(range(item.packs_wanted + 1) for item in items))
    return min(
        sum(i.weight * expected_unmet(i, n) for i, n in zip(items, packs, strict=True))
        for packs in tried
        if sum(n * i.pack * i.unit_cost for i, n in zip(items, packs, strict=True)) <= limit + 1e-9
    )


def test_money_and_room_both_bind() -> None:
    dear = want("d", 50, 6, unit_cost=5, unit_volume=1)
    large = want("ll", 50, 6, unit_cost=1, unit_volume=5)
    found = allocate([dear, large], cost_limit=200, volume_limit=200)
    assert found.cost <= 200
    assert found.volume <= 200
    assert min(grant.order for grant in found.grants) >= 20


def test_nothing_to_spend_grants_nothing_but_what_is_free() -> None:
    found = allocate([want("a", 35, 5, unit_cost=1), want("bb", 80, 9)], cost_limit=0)
    assert [grant.order for grant in found.grants] == [0, 90]
    with pytest.raises(ValueError, match="cost_limit must be 0 or more"):
        allocate([], cost_limit=-1)


def test_draws_have_the_quantiles_they_were_made_from() -> None:
    levels, quantities = (0.5, 0.9, 0.95, 0.98), (40.0, 70.0, 80.0, 95.0)
    draws = draws_from_quantiles(levels, quantities, 10_000)
    assert np.quantile(draws, levels) == pytest.approx(quantities, rel=0.01)
    for wrong in ((0.9, 0.9), (0.95, 0.9), (0.0, 0.5), (0.5, 1.0)):
        with pytest.raises(ValueError, match="levels must rise between 0 and 1"):
            draws_from_quantiles(wrong, (1.0, 2.0))


def test_a_forecast_gives_its_demand() -> None:
    forecast = forecast_one(request_of(series_of(np.random.default_rng(3).poisson(9, 120))))
    draws = forecast_draws(forecast)
    assert forecast.total_mean is not None
    assert draws.mean() == pytest.approx(forecast.total_mean, rel=0.3)
    assert np.quantile(draws, 0.95) == pytest.approx(dict(forecast.quantiles)[950], rel=0.02)
    unknown = forecast_one(request_of(series_of([])))
    with pytest.raises(ValueError, match="no demand is forecast"):
        forecast_draws(unknown)
