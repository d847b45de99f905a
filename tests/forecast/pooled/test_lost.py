"""Demand lost to empty shelves: against the survival curve, against the law, against known truth."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.stats import gamma

from forecast.pooled.lost import _Law, complete_panel
from forecast.series.censoring import kaplan_meier

SPAN = 6.0


def shelves(seed: int, stock: float, n: int = 40, periods: int = 60) -> tuple[NDArray, NDArray, NDArray]:
    """True demand (gamma, whole), what a shelf of about `stock` times the mean let out, if it emptied."""
    rng = np.random.default_rng(seed)
    truth = np.round(rng.gamma(4.0, 10.0, (n, periods)))
    held = np.round(40.0 * stock * rng.uniform(0.5, 1.5, (n, periods)))
    return truth, np.minimum(truth, held), truth >= held


def test_where_the_curve_reaches_the_draws_are_its_own() -> None:
    demand = np.array([[3.0, 5, 8, 5, 9, 2, 8, 12]])
    censored = np.array([[False, True, False, False, True, False, False, False]])
    curve = kaplan_meier(np.where(censored, demand - 0.5, demand)[0], censored[0])
    even = (0.5 + np.array([1, 2]) * 0.6180339887498949) % 1.0
    expected = curve.draw_above(np.array([4.5, 8.5]), even)
    np.testing.assert_array_equal(complete_panel(demand, censored, SPAN)[censored], expected)


def test_moments_above_a_bound_are_those_of_the_gamma_law() -> None:
    level, shape, bound = 7.0, 2.5, 9.0
    law = gamma(shape, scale=level / shape)
    mean, variance = _Law(np.array([level]), np.array([shape])).above(np.array([bound]))
    tail = law.sf(bound)
    exact = quad(lambda x: x * law.pdf(x), bound, np.inf)[0] / tail
    square = quad(lambda x: x * x * law.pdf(x), bound, np.inf)[0] / tail
    assert mean[0] == pytest.approx(exact, rel=1e-6)
    assert variance[0] == pytest.approx(square - exact**2, rel=1e-5)


def test_draws_beyond_the_curve_follow_the_law() -> None:
    law = gamma(2.5, scale=7.0 / 2.5)
    even = np.array([0.1, 0.5, 0.9])
    drawn = _Law(np.full(3, 7.0), np.full(3, 2.5)).drawn_above(np.full(3, 9.0), even)
    np.testing.assert_allclose(law.sf(drawn), law.sf(9.0) * even, rtol=1e-9)


@pytest.mark.parametrize("stock", [0.8, 1.0, 1.3])
def test_most_of_the_demand_that_was_lost_is_found_again(stock: float) -> None:
    truth, issued, empty = shelves(3, stock)
    completed = complete_panel(issued, empty, SPAN)
    lost = 1 - issued.sum() / truth.sum()
    assert lost > 0.05
    assert abs(completed.sum() / truth.sum() - 1) < 0.2 * lost + 0.01


def test_a_shelf_filled_to_one_height_hides_the_top_from_the_curve_but_not_from_the_law() -> None:
    truth, _, _ = shelves(4, 1.0)
    empty = truth >= 40.0
    issued = np.minimum(truth, 40.0)
    completed = complete_panel(issued, empty, SPAN)
    assert abs(np.quantile(completed, 0.9) / np.quantile(truth, 0.9) - 1) < 0.1
    assert np.quantile(issued, 0.9) < 0.7 * np.quantile(truth, 0.9)


def test_bounds_hold_and_what_is_known_stays() -> None:
    _, issued, empty = shelves(5, 0.9)
    issued[:, 7] = np.nan
    completed = complete_panel(issued, empty, SPAN)
    bound = empty & (issued > 0)
    assert (completed[bound] >= issued[bound]).all()
    assert (completed[bound] == np.round(completed[bound])).all()
    np.testing.assert_array_equal(completed[~empty], issued[~empty])
    assert np.isnan(completed[empty & (issued == 0)]).all()


def test_a_series_is_completed_alike_in_any_company() -> None:
    _, issued, empty = shelves(6, 0.9)
    whole = complete_panel(issued, empty, SPAN)
    np.testing.assert_array_equal(complete_panel(issued[7:8], empty[7:8], SPAN), whole[7:8])
    np.testing.assert_array_equal(complete_panel(issued[::-1], empty[::-1], SPAN), whole[::-1])


@pytest.mark.parametrize(
    "demand", [[5.0] * 9, [9e15] * 9, [1e-300] * 9, [0.25] * 9, [1.0, *[0.0] * 8], [1e-9, 9e15, *[0.0] * 7]]
)
def test_always_emptied_shelves_and_extreme_units_stay_finite(demand: list[float]) -> None:
    given = np.array([demand])
    completed = complete_panel(given, given > 0, SPAN)
    assert np.isfinite(completed).all()
    assert (completed >= given).all()
    assert (completed <= 3 * given.max()).all()
