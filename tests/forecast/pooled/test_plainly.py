"""The last resort, and count laws where counting takes too long."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import nbinom, poisson

from forecast.pooled.counts import MANY, count_quantiles
from forecast.pooled.plainly import like_others, plain_quantiles

LEVELS = (0.0001, 0.5, 0.9, 0.98, 0.9999)


def test_mean_and_z_sigma_by_hand() -> None:
    """Values 2, 4, 6: mean 4, variance 4. Three periods: 12 + z * sqrt(3 * 4 * (1 + 3/3))."""
    quantiles, mean = plain_quantiles(np.array([2.0, 4.0, 6.0]), 3, (0.5, 0.975))
    assert mean == 12.0
    np.testing.assert_allclose(quantiles, [12.0, 12.0 + 1.959964 * 24**0.5], rtol=1e-6)


def test_little_history_never_fails() -> None:
    assert plain_quantiles(np.zeros(0), 3, LEVELS)[0].tolist() == [0.0] * 5
    one, _ = plain_quantiles(np.array([9.0]), 3, LEVELS)
    assert (np.diff(one) >= 0).all()
    assert one[0] == 0.0
    assert np.isfinite(plain_quantiles(np.full(9, 9e15), 400, LEVELS)[0]).all()


def test_an_unknown_series_is_the_middle_of_the_others() -> None:
    quantiles, mean = like_others(np.array([[1.0, 2], [5, 9], [3, 4]]), np.array([1.0, 4, 2]))
    assert (quantiles.tolist(), mean) == ([3.0, 4.0], 2.0)
    assert like_others(np.zeros((0, 2)), np.zeros(0))[0].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("ratio", [1.0, 40.0, 1e5])
def test_many_are_counted_by_the_gamma_law(ratio: float) -> None:
    mean = np.array([MANY])
    law = poisson(MANY) if ratio == 1.0 else nbinom(MANY / (ratio - 1), 1 / ratio)
    found = count_quantiles(mean, mean * ratio, np.array(LEVELS))[0]
    np.testing.assert_allclose(found, law.ppf(LEVELS), rtol=3e-5, atol=3)


@pytest.mark.parametrize("mean", [1e-12, 1e9, 4e18, 1e200])
def test_extreme_means_are_answered_at_once(mean: float) -> None:
    found = count_quantiles(np.array([mean, mean]), np.array([mean, 10 * mean]), np.array(LEVELS))
    assert np.isfinite(found).all()
    assert (np.diff(found, axis=1) >= 0).all()
