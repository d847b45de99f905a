from __future__ import annotations

import numpy as np
import pytest

from forecast.pooled.panel import DAILY, MONTHLY, Rhythm
from forecast.scoring.backtest import classify, ours
from forecast.scoring.baselines import Past, from_issues, openboxes, textbook
from forecast.scoring.imagined import HISTORY_WEEKS, imagine, law_known
from forecast.scoring.simulate import (
    Planner,
    Results,
    StockRules,
    World,
    at_level,
    run_policies,
    simulate,
    with_buffer,
)

FloatArray = np.ndarray


def always(level: float) -> Planner:
    return lambda past, cover: np.full(len(past.issued), level)


def world(demand: list[float] | FloatArray, before: int = 24, rhythm: Rhythm = MONTHLY) -> World:
    """One series (or many), `before` periods of 10 known."""
    ahead = np.atleast_2d(np.array(demand, dtype=np.float64))
    return World(np.hstack([np.full((len(ahead), before), 10.0), ahead]), before, rhythm)


def outcome(results: Results):  # type: ignore[no-untyped-def]
    found = results.outcome()
    assert found is not None
    return found


def test_a_period_by_hand() -> None:
    """No lead time, one period of review, up to 12 each month: demand 10, 15, 10, 10 after the first.

    Scored from the second period on (cover = 1): in it 12 of 15 are met, in the others all.
    """
    results = simulate(world([10, 15, 10, 10]), always(12), StockRules(1, 0, 50))
    found = outcome(results)
    mean = (24 * 10 + 45) / 28
    assert found.fill_rate == pytest.approx(32 / 35)
    assert found.short_days == pytest.approx((3 / 15) * 365 / 3)
    assert found.held_days == pytest.approx((0 + 2 + 2) / 3 / mean * 365 / 12)
    assert results.came_days * mean / (365 / 12) == pytest.approx([2 + 10 + 12 + 10])
    assert found.wasted_share == 0
    assert found.orders == pytest.approx(12)


def test_an_order_arrives_after_its_lead_time() -> None:
    """Up to 30 with two periods to come: 30 on the shelf, then what was ordered two periods before."""
    results = simulate(world([30, 0, 5, 0, 0]), always(30), StockRules(1, 2, 50))
    # period 0: 30 issued, shelf empty; its order of 0 and that of period 1 (30) come in periods 2 and 3
    found = outcome(results)
    assert results.issued_days.tolist() == [0.0]  # scored from period 3 on, where nobody asks
    assert found.fill_rate == 1.0
    counted = simulate(world([30, 0, 5, 0, 7]), always(30), StockRules(1, 2, 50))
    assert outcome(counted).fill_rate == 1.0, "the order of period 1 is there by then"


def test_orders_are_placed_at_reviews_only() -> None:
    found = outcome(simulate(world([10] * 24), always(60), StockRules(3, 0, 50)))
    assert found.orders == pytest.approx(4)
    assert found.fill_rate == 1.0


def test_the_position_counts_what_is_on_its_way() -> None:
    """Else each review before the first arrival would order the same again."""
    results = simulate(world([10] * 36), always(100), StockRules(1, 4, 100))
    most = results.held_days / (365 / 12) * 10
    assert most[0] <= 100 - 4 * 10 + 1e-9


def test_first_expired_is_issued_first_and_what_is_over_is_thrown_away() -> None:
    """Up to 40 each month with two months of use left, 10 asked for: steady at 10 of 40 issued."""
    results = simulate(world([10] * 60), always(40), StockRules(1, 0, 2))
    # a delivery is used in its own month and the next, and the rest goes; position 40 each month.
    # received r each month, issued 10, wasted w: r = 10 + w; from old stock first.
    received = results.came_days[0] / (365 / 12) * 10 / 59
    wasted = results.wasted_days[0] / (365 / 12) * 10 / 59
    assert received == pytest.approx(10 + wasted, abs=1)
    assert wasted == pytest.approx(10, abs=1)
    longer = simulate(world([10] * 60), always(40), StockRules(1, 0, 4))
    assert longer.wasted_days[0] == pytest.approx(0, abs=1e-9)


def test_nothing_is_lost_or_made() -> None:
    """Opening + received = issued + wasted + left, in units, for many unlike series."""
    rng = np.random.default_rng(2)
    demand = rng.poisson(rng.uniform(0.2, 40, (40, 1)), (40, 48)).astype(np.float64)
    some = World(demand, 24, MONTHLY)
    results = simulate(some, always(50), StockRules(2, 1, 4))
    assert (results.issued_days <= results.demand_days + 1e-9).all()
    left = results.came_days - results.issued_days - results.wasted_days
    units = left * some.demand.mean(axis=1) / (365 / 12)
    busy = some.demand.mean(axis=1) >= 1  # below, a series counts as if it used a unit per time to cover
    assert (units >= -1e-6).all()
    assert (units[busy] <= 50 + 1e-6).all()
    assert (results.wasted_days > 0).any()


def test_a_policy_sees_issues_and_empty_shelves_never_demand() -> None:
    seen: list[Past] = []

    def plan(past: Past, cover: int) -> FloatArray:
        seen.append(past)
        return np.array([12.0])

    simulate(world([10, 30, 0, 10]), plan, StockRules(1, 0, 50))
    issued, out = seen[-1].issued[0], seen[-1].out[0]
    assert issued[24:].tolist() == [10, 12, 0], "of 30 asked for, 12 were there to be seen"
    assert out[24:].tolist() == [False, True, False]


def test_a_month_with_nothing_to_give_is_missing() -> None:
    seen: list[Past] = []

    def plan(past: Past, cover: int) -> FloatArray:
        seen.append(past)
        return np.array([0.0])

    simulate(world([10, 10, 10]), plan, StockRules(1, 0, 50))
    assert seen[-1].panel.sizes.tolist() == [24]
    assert seen[-1].out[0, 24:].tolist() == [True, True]


def test_completing_stock_outs_breaks_the_spiral() -> None:
    """Who takes issues for demand orders less after each stock-out; who completes them is short less."""
    some, _ = imagine(10)
    rules = StockRules(1, 3, 26, replan=8)
    seen, raw = (
        outcome(simulate(some, at_level(ask, 0.90), rules)) for ask in (textbook, from_issues(textbook))
    )
    assert seen.short_days < raw.short_days
    assert seen.fill_rate > raw.fill_rate


def test_forecasts_are_made_as_often_as_told() -> None:
    calls: list[int] = []

    def plan(past: Past, cover: int) -> FloatArray:
        calls.append(past.issued.shape[1])
        return np.array([50.0])

    simulate(world([10] * 13), plan, StockRules(1, 2, 12, replan=4))
    assert calls == [24, 28, 32, 36]


def test_a_higher_level_is_short_less_and_holds_more() -> None:
    some, _ = imagine(10)
    rules = StockRules(1, 3, 26, replan=13)
    found = [outcome(simulate(some, at_level(textbook, level), rules)) for level in (0.5, 0.9, 0.99)]
    assert sorted(found, key=lambda one: -one.short_days) == found
    assert sorted(found, key=lambda one: one.held_days) == found


def test_a_buffer_adds_months_of_the_average() -> None:
    past = past_of_ten()
    plain = with_buffer(openboxes, 0)(past, 3)
    assert with_buffer(openboxes, 2)(past, 3) == pytest.approx(plain + 2 * plain / 3)
    assert plain == pytest.approx([30.0])


def past_of_ten() -> Past:
    seen: list[Past] = []

    def plan(past: Past, cover: int) -> FloatArray:
        seen.append(past)
        return np.zeros(1)

    simulate(world([10]), plan, StockRules(1, 0, 5))
    return seen[0]


def test_a_series_nobody_uses_holds_nothing_and_is_never_short() -> None:
    some = World(np.zeros((1, 40)), 24, MONTHLY)
    found = outcome(simulate(some, at_level(ours, 0.95), StockRules()))
    assert (found.short_days, found.held_days, found.wasted_share, found.fill_rate) == (0, 0, 0, 1)


def test_outcomes_of_a_class_and_of_nobody() -> None:
    results = simulate(world([[10] * 8, [30] * 8]), always(20), StockRules(1, 0, 5))
    first, second = (results.outcome(np.array(mask)) for mask in ([True, False], [False, True]))
    assert first is not None
    assert second is not None
    assert (first.short_days, first.fill_rate) == (0, 1)
    assert second.fill_rate == pytest.approx(20 / 30)
    assert outcome(results).worst_days == pytest.approx(second.short_days)
    assert results.outcome(np.array([False, False])) is None


def test_days_are_days() -> None:
    """A day without is one day, on a daily calendar as on a monthly one."""
    found = outcome(
        simulate(world([10] * 50 + [1000] + [10] * 50, rhythm=DAILY), always(11), StockRules(1, 0, 9))
    )
    assert found.short_days == pytest.approx((1 - 11 / 1000) * 365 / 100)


@pytest.mark.parametrize(
    "rules",
    [{"review": 0}, {"lead": -1}, {"shelf_life": 0}, {"replan": 0}],
    ids=lambda rules: next(iter(rules)),
)
def test_rules_that_cannot_be_are_refused(rules: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(rules))):
        StockRules(**rules)


@pytest.mark.parametrize(
    ("demand", "start"),
    [(np.ones((1, 5)), 5), (np.ones((1, 5)), 0), (np.full((1, 5), np.nan), 2), (-np.ones((1, 5)), 2)],
)
def test_a_world_that_cannot_be_is_refused(demand: FloatArray, start: int) -> None:
    with pytest.raises(ValueError, match="start"):
        World(demand, start, MONTHLY)


def test_policies_run_one_after_the_other() -> None:
    steps: list[tuple[int, int]] = []
    found = run_policies(
        world([10] * 6),
        [("a", always(5)), ("b", always(50))],
        StockRules(1, 0, 9),
        lambda *at: steps.append(at),
    )
    assert steps == [(1, 2), (2, 2)]
    assert outcome(found["a"]).fill_rate == pytest.approx(0.5)


# the imagined world


def test_imagined_demand_is_of_the_classes_it_is_meant_to_be() -> None:
    some, _ = imagine(25)
    classes = classify(some.demand[:, :HISTORY_WEEKS])
    for place in range(4):
        own = classes[place * 25 : place * 25 + 25]
        assert (own == place).mean() > 0.7


def test_imagined_demand_is_the_same_for_the_same_seed() -> None:
    (first, _), (again, _), (other, _) = imagine(5), imagine(5), imagine(5, seed=2)
    np.testing.assert_array_equal(first.demand, again.demand)
    assert not np.array_equal(first.demand, other.demand)
    assert (first.demand == np.floor(first.demand)).all()


def test_the_mean_of_the_law_is_that_of_its_draws() -> None:
    _, law = imagine(5)
    rng = np.random.default_rng(3)
    drawn = np.mean([law.draw(rng, slice(0, 26)) for _ in range(300)], axis=0).sum(axis=1)
    told = (law.mean[:, :26] * law.chance[:, None]).sum(axis=1)
    assert drawn == pytest.approx(told, rel=0.12)


def test_who_knows_the_law_keeps_the_promise() -> None:
    """Order-up-to at 90 %: the share of weeks in which the stock that is to last lasts is 90 % or more."""
    some, law = imagine(25)
    totals = np.stack([some.demand[:, t : t + 4].sum(axis=1) for t in range(104, 200, 4)])
    levels = np.stack([law_known(law, 0.90)(_now(some, t), 4) for t in range(104, 200, 4)])
    assert (totals <= levels).mean() == pytest.approx(0.90, abs=0.02)


def _now(some: World, period: int) -> Past:
    from forecast.pooled.panel import WEEKLY, Panel

    issued = some.demand[:, :period]
    whole = np.ones(len(issued), dtype=np.bool_)
    return Past(Panel(issued, WEEKLY, whole), issued, np.zeros(issued.shape, dtype=np.bool_))
