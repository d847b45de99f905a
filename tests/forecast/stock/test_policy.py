from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.stock.policy import (
    SafetyStock,
    StockFacts,
    StockLevel,
    StockLot,
    StockPolicy,
    cover,
    order_quantity,
    par_stock_level,
    round_up,
    safety_stock,
    stock_level,
    usable_days_of_cover,
)

TODAY = date(2026, 11, 24)


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


def test_service_levels_by_criticality() -> None:
    levels = [StockPolicy.of(name).service_level for name in ("vital", "essential", "needed")]
    assert levels == [0.98, 0.95, 0.90]
    with pytest.raises(ValueError, match="criticality must be one of vital, essential, needed"):
        StockPolicy.of("nice")
    with pytest.raises(ValueError, match="service_level_per_mille must be 500 to 999"):
        StockPolicy("vital", 1000)


def test_the_steering_levels_by_hand() -> None:
    """P = 14 days at 20 a day: mean 280; quantile 355.2; review 7 days."""
    assert safety_stock(355.2, 280.0, 20.0, 7) == SafetyStock(76, 356, 496)


@given(st.floats(0, 1e9), st.floats(0, 1e9), st.floats(0, 1e6), st.integers(0, 60))
def test_safety_stock_is_not_negative_and_the_reorder_point_not_above_order_up_to(
    quantile: float, mean: float, daily: float, review: int
) -> None:
    levels = safety_stock(quantile, mean, daily, review)
    assert levels.safety_stock >= 0
    assert levels.reorder_point <= levels.order_up_to_level
    assert levels.reorder_point >= quantile - 1e-6 * max(1.0, quantile)


def test_rounding_up_ignores_float_dust() -> None:
    assert [round_up(2.0), round_up(2.0000000001), round_up(2.1), round_up(-0.5)] == [2, 2, 3, 0]


def test_orders_are_made_at_the_reorder_point_and_up_to_the_level() -> None:
    levels = SafetyStock(76, 356, 496)
    assert [order_quantity(levels, position) for position in (357, 356, 0, 600)] == [0, 140, 496, 0]


def test_cover_leaves_out_held_expired_and_what_expires_before_its_use() -> None:
    lots = [
        StockLot(100, in_days(-1)),  # expired
        StockLot(50, in_days(30), held=True),
        StockLot(60, in_days(2)),  # 10 a day for 3 days: 30 used, 30 left
        StockLot(40, in_days(5)),  # 3 days remain of it: 30 used, 10 left
        StockLot(70),
    ]
    found = cover(lots, 10.0, TODAY)
    assert (found.days, found.usable, found.left_at_expiry) == (pytest.approx(13.0), 170, 40)
    assert usable_days_of_cover(lots, 10.0, TODAY) == pytest.approx(13.0)


def test_stock_used_up_before_its_expiry_counts_whole_and_its_last_day_counts() -> None:
    assert usable_days_of_cover([StockLot(10, in_days(0))], 10.0, TODAY) == pytest.approx(1.0)
    assert usable_days_of_cover([StockLot(25, in_days(9))], 10.0, TODAY) == pytest.approx(2.5)


def test_cover_has_no_meaning_at_zero_use() -> None:
    assert usable_days_of_cover([StockLot(25, in_days(9))], 0.0, TODAY) is None
    assert usable_days_of_cover([], 3.0, TODAY) == 0.0


lots = st.lists(
    st.builds(
        StockLot,
        st.integers(0, 500),
        st.one_of(st.none(), st.integers(-5, 60).map(in_days)),
        st.booleans(),
    ),
    max_size=12,
)


@given(lots, st.floats(0.01, 200))
def test_cover_never_says_more_than_stock_over_use_and_every_unit_is_used_or_left(
    stock: list[StockLot], daily: float
) -> None:
    found = cover(stock, daily, TODAY)
    assert found.days is not None
    assert 0 <= found.days <= found.usable / daily + 1e-6
    assert found.left_at_expiry <= found.usable - found.days * daily + 1e-3
    assert found.left_at_expiry > found.usable - found.days * daily - 1.001


@given(lots, st.floats(0.01, 200), st.integers(0, 500))
def test_one_more_lot_without_expiry_adds_exactly_its_own_days(
    stock: list[StockLot], daily: float, more: int
) -> None:
    before, after = (cover(s, daily, TODAY).days for s in (stock, [*stock, StockLot(more)]))
    assert before is not None
    assert after == pytest.approx(before + more / daily)


def facts(
    criticality: str = "essential",
    usable: int = 500,
    cover_days: float | None = 50.0,
    position: int = 500,
    reorder_point: int | None = 150,
    expected_lookahead: float = 70.0,
    watch: bool = False,
) -> StockFacts:
    return StockFacts(
        criticality, usable, cover_days, 7.0, position, reorder_point, expected_lookahead, watch
    )


@pytest.mark.parametrize(
    ("given_", "level"),
    [
        (facts(), StockLevel.OK),
        (facts(usable=0, cover_days=0.0), StockLevel.OUT),
        (facts(criticality="vital", cover_days=3.0), StockLevel.OUT),
        (facts(criticality="essential", cover_days=3.0), StockLevel.URGENT),
        (facts(cover_days=6.9), StockLevel.URGENT),
        (facts(cover_days=7.0, position=149), StockLevel.LOW),
        (facts(position=219), StockLevel.LOW),  # below 150 within seven days
        (facts(position=220), StockLevel.OK),
        (facts(watch=True), StockLevel.WATCH),
        (
            facts(usable=0, cover_days=None, reorder_point=0, position=0, expected_lookahead=0),
            StockLevel.WATCH,
        ),
        (facts("vital", usable=0, cover_days=None, reorder_point=None), StockLevel.OUT),
        (facts(cover_days=None, reorder_point=0, expected_lookahead=0), StockLevel.OK),
    ],
)
def test_stock_levels(given_: StockFacts, level: StockLevel) -> None:
    assert stock_level(given_) is level


@given(st.integers(0, 600), st.integers(0, 600), st.sampled_from(["vital", "essential", "needed"]))
def test_more_stock_never_makes_the_level_worse(one: int, other: int, criticality: str) -> None:
    order = list(StockLevel)
    less, more = (
        order.index(stock_level(facts(criticality, units, units / 10, units)))
        for units in sorted((one, other))
    )
    assert less <= more


def test_reusables_are_held_against_their_par_level() -> None:
    found = [par_stock_level(usable, 4) for usable in (0, 3, 4)]
    assert found == [StockLevel.OUT, StockLevel.LOW, StockLevel.OK]
    assert par_stock_level(0, None) is StockLevel.OK
