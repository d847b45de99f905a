from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.series.demand import DayMovement, DayState, DemandSeries, demand_series
from tests.forecast.worlds import MONDAY


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def read(
    *movements: DayMovement, days: int, start: int, silent: tuple[int, ...] = ()
) -> tuple[list[int], str]:
    series = demand_series(movements, MONDAY, day(days - 1), start, {day(i) for i in silent})
    return list(series.demand), "".join(series.states)


def test_days_without_a_row_are_days_of_no_demand_while_stock_lasts() -> None:
    assert read(DayMovement(day(1), issued=4), days=3, start=10) == ([0, 4, 0], "ooo")


def test_a_day_that_ends_at_zero_says_at_least_what_was_issued_and_then_nothing_until_goods_come() -> None:
    found = read(
        DayMovement(day(0), issued=10, usable_end=0),
        DayMovement(day(2), received=30, issued=5, usable_end=25),
        days=4,
        start=10,
    )
    assert found == ([10, 0, 0, 0], "cmmo"), "goods came on the third day, nobody knows at what hour"


def test_a_day_emptied_by_a_transfer_without_issues_says_nothing() -> None:
    assert read(DayMovement(day(0), moved_out=10, usable_end=0), days=1, start=10) == ([0], "m")


def test_transfers_and_losses_are_not_demand() -> None:
    assert read(DayMovement(day(0), issued=2, moved_out=50), days=2, start=100) == ([2, 0], "oo")


def test_stock_is_reckoned_where_the_end_of_day_is_not_given() -> None:
    found = read(
        DayMovement(day(0), issued=6, moved_out=4), DayMovement(day(2), received=5), days=4, start=10
    )
    assert found == ([6, 0, 0, 0], "cmmo")


def test_expired_stock_cannot_be_asked_for() -> None:
    """The balance says 40, but nothing of it was usable all day."""
    assert read(DayMovement(day(0), usable_end=0, usable_max=0), days=2, start=40) == ([0, 0], "mm")


def test_a_silent_day_is_missing_but_a_day_with_a_movement_is_not_silent() -> None:
    found = read(DayMovement(day(1), issued=3), days=3, start=9, silent=(0, 1))
    assert found == ([0, 3, 0], "moo")


def test_a_return_to_shelf_is_taken_off_the_issues_before_it() -> None:
    found = read(
        DayMovement(day(0), issued=5),
        DayMovement(day(1), issued=2),
        DayMovement(day(2), issued=-4),
        days=3,
        start=50,
    )
    assert found == ([3, 0, 0], "ooo")


def test_response_days_are_marked_and_kept() -> None:
    series = demand_series([DayMovement(day(1), issued=9)], MONDAY, day(1), 20, response_days={day(1)})
    assert series.demand == (0, 9)
    assert series.response == (False, True)


@pytest.mark.parametrize(
    ("marks", "insufficient"), [("oocc", False), ("occm", True), ("", True), ("o", False)]
)
def test_more_than_half_lost_is_insufficient(marks: str, insufficient: bool) -> None:
    states = tuple(DayState(letter) for letter in marks)
    series = DemandSeries(MONDAY, (1,) * len(marks), states, (False,) * len(marks))
    assert series.insufficient is insufficient


def test_impossible_demand_is_refused() -> None:
    for units in (-1, 2**53):
        with pytest.raises(ValueError, match="demand must be 0 to 9007199254740991"):
            DemandSeries(MONDAY, (units,), (DayState.OBSERVED,), (False,))


def test_a_day_given_twice_or_outside_is_refused_by_name() -> None:
    twice = [DayMovement(day(0)), DayMovement(day(0))]
    with pytest.raises(ValueError, match=r"day 2025-05-05 is given twice"):
        demand_series(twice, MONDAY, day(3), 0)
    with pytest.raises(ValueError, match=r"day 2025-05-09 lies outside 2025-05-05 to 2025-05-08"):
        demand_series([DayMovement(day(4))], MONDAY, day(3), 0)


days_of_stock = st.lists(
    st.builds(dict, received=st.integers(0, 40), issued=st.integers(-5, 40), moved_out=st.integers(0, 20)),
    min_size=1,
    max_size=40,
)


@given(days_of_stock, st.integers(0, 60), st.sets(st.integers(0, 39)))
def test_demand_is_never_negative_never_more_than_issued_and_survives_storage(
    rows: list[dict[str, int]], start: int, silent: set[int]
) -> None:
    movements = [DayMovement(day(i), **row) for i, row in enumerate(rows) if i not in silent]
    series = demand_series(movements, MONDAY, day(len(rows) - 1), start, {day(i) for i in silent})
    assert series.days == len(rows)
    assert sum(series.demand) <= sum(max(0, movement.issued) for movement in movements)
    for units, state in zip(series.demand, series.states, strict=True):
        assert units > 0 if state is DayState.CENSORED else units >= 0
        assert units == 0 or state is not DayState.MISSING
    assert DemandSeries.from_dict(series.as_dict()) == series
