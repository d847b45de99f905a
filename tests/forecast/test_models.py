from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from forecast.models import DeclaredModel, DemandModel, PlainModel, SettledModel
from forecast.pooled.batch import fit_smoothing, varying_levels
from forecast.pooled.counts import count_quantiles, variance_shape
from forecast.pooled.lessons import NO_LESSONS
from forecast.pooled.panel import first_levels
from forecast.series.history import daily_history, known_days, season_factors
from forecast.series.horizon import ProtectionInterval
from forecast.settled import answer_settled, make_ready
from tests.forecast.worlds import IntArray, clinic_demand, series_of

LEVELS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99)
TWO_WEEKS = ProtectionInterval(7.0, 0.0, 7)


def settled(demand: IntArray, horizon: int = 60, seed: int = 0) -> SettledModel:
    """The model of a series that has no others to learn from."""
    series, rng = series_of(demand), np.random.default_rng(seed)
    ready = make_ready(daily_history(series), known_days(series), TWO_WEEKS, demand.size, horizon, rng)
    return answer_settled([ready], LEVELS, NO_LESSONS)[0][0]


def test_the_smoothing_parameter_and_levels_are_those_of_statsmodels() -> None:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    rng = np.random.default_rng(3)
    demand = rng.poisson(20 + np.cumsum(rng.normal(0, 1, 300)).clip(-15, 40))
    values = demand[None, :].astype(np.float64)
    initial = first_levels(values)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ETSModel(values[0], initialization_method="known", initial_level=initial[0])
        theirs = model.fit(disp=0)
    assert fit_smoothing(values)[0] == pytest.approx(theirs.smoothing_level, abs=1e-2)
    fitted = varying_levels(values, np.array([theirs.smoothing_level]))[0]
    np.testing.assert_allclose(fitted[:-1], theirs.fittedvalues, rtol=1e-9)
    np.testing.assert_allclose(fitted[1:], theirs.level, rtol=1e-9)


def test_the_variance_of_a_total_is_the_sum_of_squared_weights() -> None:
    """Snyder et al. 2004: a unit error k periods before the end counts 1 + k*a times."""
    for smoothing in (0.0, 0.13, 0.7, 1.0):
        sums = [sum((1 + k * smoothing) ** 2 for k in range(h)) for h in range(1, 30)]
        np.testing.assert_allclose(variance_shape(np.arange(1.0, 30.0), smoothing), sums)


def test_count_quantiles_are_the_smallest_counts_that_reach_the_level() -> None:
    """By summing the probability masses, in the mean and dispersion form of the textbooks."""
    for mean, variance in ((0.3, 0.3), (4.0, 4.0), (4.0, 11.0), (120.0, 900.0)):
        counts = np.arange(2000)
        if variance == mean:
            masses = stats.poisson.pmf(counts, mean)
        else:
            size = mean**2 / (variance - mean)
            masses = stats.nbinom.pmf(counts, size, size / (size + mean))
        reached = [int(np.argmax(np.cumsum(masses) >= level - 1e-12)) for level in LEVELS]
        found = count_quantiles(np.array([mean]), np.array([variance]), np.array(LEVELS))
        assert found[0].tolist() == reached


def test_plain_mean_is_the_textbook_formula() -> None:
    """d = 20 and sd = 6 a day, lead time 7 +- 2 days, review 7: sd of the total = sqrt(14*36 + 400*4)."""
    plain = PlainModel(20.0, 36.0)
    total = plain.total((0.95,), ProtectionInterval(7.0, 4.0, 7))
    assert total.mean == pytest.approx(280, rel=0.001)
    assert total.quantiles[0] == pytest.approx(280 + 1.6449 * (14 * 36 + 400 * 4) ** 0.5, rel=0.005)


def test_plain_mean_scatters_no_less_than_poisson() -> None:
    total = PlainModel(2.0, 0.0).total((0.95,), TWO_WEEKS)
    assert total.quantiles[0] == pytest.approx(28 + 1.6449 * 28**0.5, rel=1e-4)


def test_a_declared_rate_is_poisson() -> None:
    total = DeclaredModel(1.5).total((0.9, 0.98), TWO_WEEKS)
    assert total.quantiles == (stats.poisson.ppf(0.9, 21), stats.poisson.ppf(0.98, 21))


@pytest.mark.parametrize(
    ("world", "tolerance"), [("poisson", 0.05), ("negative binomial", 0.10), ("intermittent", 0.15)]
)
def test_known_quantiles_of_steady_demand_are_met(world: str, tolerance: float) -> None:
    """Totals over 14 days whose law is known; the mean error over ten histories of 540 days."""
    ratios = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        demand = {
            "poisson": rng.poisson(12, 540),
            "negative binomial": rng.negative_binomial(2, 2 / 14, 540),
            "intermittent": rng.poisson(6, 540) * (rng.random(540) < 0.2),
        }[world]
        truth = {
            "poisson": stats.poisson.ppf(0.95, 168),
            "negative binomial": stats.nbinom.ppf(0.95, 28, 2 / 14),
            "intermittent": np.quantile(
                rng.poisson(6 * rng.binomial(14, 0.2, 40_000)), 0.95, method="inverted_cdf"
            ),
        }[world]
        ratios.append(settled(demand, seed=seed).total((0.95,), TWO_WEEKS).quantiles[0] / truth)
    assert np.mean(ratios) == pytest.approx(1.0, abs=tolerance)


def test_a_weekday_pattern_is_found_used_and_closed_days_need_nothing() -> None:
    rng = np.random.default_rng(2)
    expected = np.array([30, 20, 20, 20, 25, 6, 0])[np.arange(364) % 7]
    demand = rng.poisson(expected)
    factors = season_factors(daily_history(series_of(demand)))
    np.testing.assert_allclose(factors, expected[:7] / expected[:7].mean(), atol=0.12)
    assert factors[6] == 0
    band = settled(demand).cumulative((0.5,), 14)[:, 0]
    assert band[6] == band[5]  # Sunday adds nothing
    assert band[13] == pytest.approx(2 * 121, rel=0.05)


def test_no_weekday_pattern_is_invented() -> None:
    found = 0
    for seed in range(40):
        demand = np.random.default_rng(seed).poisson(9, 200)
        found += bool((season_factors(daily_history(series_of(demand))) != 1).any())
    assert found <= 2


def test_an_uncertain_lead_time_asks_for_more() -> None:
    model = settled(np.random.default_rng(1).poisson(10, 300))
    sure = model.total((0.95,), ProtectionInterval(7.0, 0.0, 7))
    unsure = model.total((0.95,), ProtectionInterval(7.0, 25.0, 7))
    measured = model.total((0.95,), ProtectionInterval(0.0, 0.0, 7, lead_time_sample_days=(2, 2, 7, 17)))
    assert unsure.quantiles[0] > sure.quantiles[0] * 1.15
    assert measured.mean == pytest.approx(sure.mean, rel=0.05)
    assert measured.quantiles[0] > sure.quantiles[0] * 1.3


def test_the_protection_interval_keeps_the_mean_and_variance_given() -> None:
    for interval in (ProtectionInterval(2.5, 0.0, 7), ProtectionInterval(10.0, 9.0, 7)):
        lengths, chances = interval.durations()
        mean = chances @ lengths
        assert chances.sum() == pytest.approx(1)
        assert mean == pytest.approx(interval.lead_time_mean_days + 7, rel=0.01)
        if interval.lead_time_variance_days2:
            assert chances @ (lengths - mean) ** 2 == pytest.approx(9, rel=0.05)


@pytest.mark.parametrize(
    ("given_", "field"),
    [
        ((-1.0, 0.0, 7), "lead_time_mean_days"),
        ((1.0, float("nan"), 7), "lead_time_variance_days2"),
        ((1.0, 0.0, 400), "review_days"),
        ((1.0, 0.0, 7, (-2,)), "lead_time_sample_days"),
    ],
)
def test_a_bad_interval_is_refused_by_name(given_: tuple[float, float, int], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        ProtectionInterval(*given_)


worlds = st.builds(
    lambda seed, days: clinic_demand(np.random.default_rng(seed), days),
    st.integers(0, 10_000),
    st.integers(60, 400),
)


@settings(max_examples=25)
@given(worlds)
def test_quantiles_rise_with_level_and_with_time(demand: IntArray) -> None:
    models: list[DemandModel] = [
        settled(demand),
        PlainModel(demand.mean(), demand.var()),
        DeclaredModel(0.7),
    ]
    for model in models:
        quantiles = model.total(LEVELS, ProtectionInterval(7.0, 6.0, 7)).quantiles
        assert list(quantiles) == sorted(quantiles)
        assert quantiles[0] >= 0
        band = model.cumulative((0.1, 0.5, 0.9), 42)
        assert (np.diff(band, axis=0) >= 0).all()
        assert (np.diff(band, axis=1) >= 0).all()


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(2, 1000))
def test_counting_in_smaller_units_scales_the_answer(seed: int, times: int) -> None:
    """Demand far from the Poisson floor, so only rounding may differ."""
    demand = np.random.default_rng(seed).negative_binomial(2, 2 / 102, 200)
    one = settled(demand).total(LEVELS, TWO_WEEKS)
    many = settled(demand * times).total(LEVELS, TWO_WEEKS)
    np.testing.assert_allclose(np.array(many.quantiles) / times, one.quantiles, rtol=0.01)


def test_asking_beyond_what_was_simulated_is_refused() -> None:
    with pytest.raises(ValueError, match="horizon must be at most 60"):
        settled(np.arange(60) % 5).cumulative((0.5,), 61)
