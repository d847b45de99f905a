"""How each day was read, kept as runs: what is read back is what was put in."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from forecast.series.demand import DayState, DemandSeries
from forecast.series.marks import marks_of, states_from


@given(st.lists(st.tuples(st.sampled_from(DayState), st.booleans()), max_size=60))
def test_marks_give_back_every_day(days: list[tuple[DayState, bool]]) -> None:
    states, response = tuple(state for state, _ in days), tuple(on for _, on in days)
    series = DemandSeries(date(2026, 1, 1), (0,) * len(days), states, response)
    marks = marks_of(series)
    assert states_from(marks, len(days)) == (list(states), list(response))
    assert len(marks) <= 2 * len(days)
    assert all(letter != DayState.OBSERVED for _, _, letter in marks)


def test_runs_are_short_and_days_beyond_are_left_out() -> None:
    states = (DayState.OBSERVED,) * 300 + (DayState.CENSORED,) + (DayState.MISSING,) * 4
    series = DemandSeries(date(2026, 1, 1), (1,) * 305, states, (False,) * 305)
    assert marks_of(series) == ((300, 1, "c"), (301, 4, "m"))
    cut, _ = states_from([(-3, 5, "m"), (8, 9, "c")], 10)
    assert "".join(cut) == "mmoooooocc"
