import numpy as np
import pytest

from forecast.pooled.batch import ETS_GRID, fit_smoothing, own_levels, path_quantiles, varying_levels
from forecast.pooled.panel import MONTHLY, first_levels, panel_of, smoothed_levels

LEVELS = np.array([0.5, 0.9, 0.98])


def nile() -> np.ndarray:
    """Yearly flow at Aswan, 1871-1970 (ships with statsmodels)."""
    from statsmodels.datasets import nile

    return np.asarray(nile.load_pandas().data["volume"], dtype=np.float64)


def walks(series: int, periods: int, smoothing: float) -> np.ndarray:
    """ETS(A,N,N) with a known smoothing parameter, far above 0."""
    rng = np.random.default_rng(6)
    errors = rng.normal(0, 5, (series, periods))
    before = np.cumsum(errors, axis=1) - errors
    return 500 + smoothing * before + errors


@pytest.mark.parametrize("smoothing", [0.05, 0.2, 0.5])
def test_the_estimate_is_that_of_statsmodels(smoothing: float) -> None:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    for values in (*walks(3, 120, smoothing), nile()):
        first = float(first_levels(values[None])[0])
        model = ETSModel(values, error="add", initialization_method="known", initial_level=first)
        theirs = model.fit(disp=False)
        ours = float(fit_smoothing(values[None])[0])
        assert ours == pytest.approx(theirs.smoothing_level, abs=0.03)
        level = varying_levels(values[None], np.array([theirs.smoothing_level]))[0]
        np.testing.assert_allclose(level[1:], theirs.level, rtol=1e-6)


def test_the_prior_speaks_in_short_histories_and_is_overruled_in_long_ones() -> None:
    steady = np.random.default_rng(7).normal(100, 5, (40, 12))
    assert fit_smoothing(steady, prior=True).std() < 0.6 * fit_smoothing(steady).std()
    long = walks(10, 3000, 0.55)
    np.testing.assert_allclose(fit_smoothing(long, prior=True), 0.55, atol=0.06)


def test_nothing_varies_nothing_is_smoothed() -> None:
    constant = panel_of([np.full(20, 3.0), np.zeros(20), np.array([]), np.array([5.0])], MONTHLY).values
    assert fit_smoothing(constant).tolist() == [0.0, 0.0, 0.0, 0.0]
    assert fit_smoothing(constant, prior=True).tolist() == [0.0, 0.0, 0.0, 0.0]


def test_the_own_level_knows_nothing_of_what_comes_after() -> None:
    values = walks(5, 60, 0.3)
    columns = np.array([20, 35, 60])
    found = own_levels(values, columns)
    for i, column in enumerate(columns):
        np.testing.assert_allclose(found[i], own_levels(values[:, :column], np.array([column]))[0])
    on_grid = [smoothed_levels(values, a, first_levels(values))[:, 60] for a in ETS_GRID]
    assert np.isclose(np.array(on_grid), found[-1]).any(axis=0).all()


def test_totals_are_drawn_as_statsmodels_simulates_them() -> None:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    values = walks(1, 400, 0.2)
    mean, ours = path_quantiles(values, 6, LEVELS, year=10_000)
    model = ETSModel(values[0], error="add", initialization_method="heuristic").fit(disp=False)
    np.random.seed(1)
    paths = model.simulate(6, anchor="end", repetitions=4000, random_errors="bootstrap")
    totals = np.asarray(paths).reshape(6, 4000).sum(axis=0)
    assert mean[0] == pytest.approx(totals.mean(), rel=0.005)
    np.testing.assert_allclose(ours[0], np.quantile(totals, LEVELS), rtol=0.01)


def test_errors_of_late_weigh_more_than_those_of_long_ago() -> None:
    rng = np.random.default_rng(8)
    calm, wild = 100 + rng.normal(0, 1, 48), 100 + rng.normal(0, 20, 48)
    _, found = path_quantiles(np.array([[*wild, *calm], [*calm, *wild]]), 3, LEVELS, year=12)
    assert found[0, 2] < found[1, 2]


def test_a_series_is_answered_alike_in_any_company() -> None:
    values = panel_of([nile(), nile()[30:], np.array([4.0, 0.0, 2.0]), np.array([])], MONTHLY).values
    mean, together = path_quantiles(values, 3, LEVELS, 12)
    assert np.isfinite(together).all()
    for row in range(len(values)):
        alone = path_quantiles(values[row : row + 1], 3, LEVELS, 12)
        assert alone[0][0] == mean[row]
        assert alone[1][0].tolist() == together[row].tolist()
