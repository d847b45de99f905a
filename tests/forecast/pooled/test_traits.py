import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.pooled.panel import MONTHLY, Panel, panel_of
from forecast.pooled.traits import Traits, traits_at

NAMES = ("places", "spreads", "zero_share", "size")


def panel(periods: int = 60, series: int = 6, scale: float = 1.0) -> Panel:
    rng = np.random.default_rng(9)
    mean = np.exp(rng.normal(3, 1, (series, 1)))
    values = scale * rng.negative_binomial(2, 2 / (2 + mean), (series, periods))
    return panel_of([row[i:] for i, row in enumerate(values.astype(np.float64))], MONTHLY)


def assert_alike(one: Traits, other: Traits) -> None:
    for name in NAMES:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=1e-9)


@settings(max_examples=20)
@given(st.integers(17, 60), st.sampled_from([1, 3, 14]))
def test_nothing_of_what_comes_after_an_origin_is_known(origin: int, length: int) -> None:
    """From twelve periods on: the level before the first period is the mean of up to six."""
    whole = panel()
    assert_alike(
        traits_at(whole, length, np.array([origin])).latest(),
        traits_at(whole.upto(origin), length, np.array([origin])).latest(),
    )


def test_all_but_the_share_of_zeros_are_in_units_of_the_item() -> None:
    small, large = (traits_at(panel(scale=k), 3, np.array([60])).latest() for k in (1.0, 1000.0))
    np.testing.assert_allclose(large.places, 1000 * small.places)
    np.testing.assert_allclose(large.spreads, 1000 * small.spreads)
    np.testing.assert_allclose(large.zero_share, small.zero_share)


def test_steady_demand_is_where_every_place_puts_it_with_no_spread() -> None:
    found = traits_at(panel_of([np.full(40, 7.0)], MONTHLY), 3, np.array([40])).latest()
    np.testing.assert_allclose(found.places[0], 21.0)
    np.testing.assert_allclose(found.spreads[0], 0.0, atol=1e-9)
    assert found.zero_share[0] == 0.0


def test_a_season_seen_three_times_moves_one_place_towards_it() -> None:
    year = np.array([10.0] * 9 + [40.0] * 3)
    found = traits_at(panel_of([np.tile(year, 5)[:-3]], MONTHLY), 3, np.array([57])).latest()
    recent, season = found.places[0, 4], found.places[0, 5]
    assert recent == pytest.approx(3 * year.mean())
    assert 100 < season <= 120


def test_gaps_hide_the_season() -> None:
    year = np.array([10.0] * 9 + [40.0] * 3)
    found = traits_at(panel_of([np.tile(year, 5)[:-3]], MONTHLY, [False]), 3, np.array([57])).latest()
    assert found.places[0, 5] == found.places[0, 4]


def test_nothing_at_all_has_traits_too() -> None:
    found = traits_at(panel_of([np.array([]), np.zeros(5)], MONTHLY), 3, np.array([5])).latest()
    for name in NAMES:
        assert np.isfinite(getattr(found, name)).all()
    assert (found.size == 0.5).all()
