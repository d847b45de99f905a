import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.pooled.panel import (
    MONTHLY,
    Panel,
    first_columns,
    first_levels,
    panel_of,
    smoothed_levels,
    trailing_means,
    window_totals,
)

demand = st.lists(st.integers(0, 1000).map(float), max_size=12)
panels = st.lists(demand, min_size=1, max_size=5).map(
    lambda rows: panel_of(list(map(np.array, rows)), MONTHLY)
)


def known(panel: Panel, row: int) -> list[float]:
    values = panel.values[row]
    return [float(value) for value in values[~np.isnan(values)]]


def test_series_of_all_lengths_end_together() -> None:
    panel = panel_of([np.array([1.0, 2.0, 3.0]), np.array([]), np.array([9.0])], MONTHLY)
    assert panel.values.shape == (3, 3)
    assert panel.sizes.tolist() == [3, 0, 1]
    assert first_columns(panel.values).tolist() == [0, 3, 2]
    assert panel.values[2, -1] == 9.0


def test_an_empty_panel_has_a_column_and_no_row() -> None:
    assert panel_of([], MONTHLY).values.shape == (0, 1)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -1.0])
def test_what_is_no_demand_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="finite and not below 0"):
        panel_of([np.array([1.0, wrong])], MONTHLY)


@settings(max_examples=40)
@given(panels, st.integers(1, 12))
def test_window_totals_are_sums_of_slices(panel: Panel, length: int) -> None:
    width = panel.values.shape[1]
    if length > width:
        return
    totals = window_totals(panel.values, length)
    for row in range(len(panel.values)):
        for start in range(width - length + 1):
            inside = panel.values[row, start : start + length]
            np.testing.assert_allclose(totals[row, start], inside.sum(), equal_nan=True)


@settings(max_examples=40)
@given(panels, st.integers(1, 12))
def test_trailing_means_look_back_only(panel: Panel, periods: int) -> None:
    width = panel.values.shape[1]
    found = trailing_means(panel.values, periods, np.arange(width + 1))
    for row in range(len(panel.values)):
        for column in range(width + 1):
            before = panel.values[row, max(0, column - periods) : column]
            before = before[~np.isnan(before)]
            assert found[column, row] == pytest.approx(before.mean() if before.size else 0.0)


@settings(max_examples=40)
@given(panels, st.floats(0.0, 1.0))
def test_smoothed_levels_follow_the_recursion(panel: Panel, smoothing: float) -> None:
    levels = smoothed_levels(panel.values, smoothing, first_levels(panel.values))
    for row in range(len(panel.values)):
        own = known(panel, row)
        level = float(np.mean(own[: max(1, min(6, len(own) // 2))])) if own else 0.0
        for value in own:
            level = smoothing * value + (1 - smoothing) * level
        assert levels[row, -1] == pytest.approx(level, abs=1e-9)
