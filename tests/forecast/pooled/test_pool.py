import json
import warnings

import numpy as np
import pytest

from forecast.pooled.panel import DAILY, MONTHLY, Panel, panel_of
from forecast.pooled.pool import (
    PLACES,
    WIDTH,
    Lesson,
    _gamma,
    _shape,
    learn_lesson,
    learn_short_lesson,
    memory_of,
    sample_of,
)
from forecast.pooled.traits import traits_at

LEVELS = (0.9, 0.95, 0.98)


def counts(series: int, periods: int = 60, seed: int = 10) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mean = np.exp(rng.normal(2.5, 1.2, (series, 1)))
    return rng.negative_binomial(2, 2 / (2 + mean), (series, periods)).astype(np.float64)


def panel(series: int, periods: int = 60) -> Panel:
    return panel_of(list(counts(series, periods)), MONTHLY)


def learnt(taught: Panel) -> Lesson:
    lesson = learn_lesson(taught, 3, LEVELS)
    assert lesson is not None
    return lesson


def test_windows_never_seen_are_covered_as_often_as_promised() -> None:
    demand = counts(200, 63)
    past = panel_of(list(demand[:, :60]), MONTHLY)
    lesson = learnt(past)
    quantiles = lesson.quantiles(traits_at(past, 3, np.array([60])).latest(), LEVELS)
    enough = (demand[:, 60:].sum(axis=1)[:, None] <= quantiles).mean(axis=0)
    np.testing.assert_allclose(enough, LEVELS, atol=0.04)


def test_the_gamma_part_is_the_law_of_that_mean_and_spread() -> None:
    from scipy.stats import gamma

    mean, spread = np.array([2.0, 9.0, 50.0]), np.array([3.0, 4.0, 10.0])
    for level in LEVELS:
        law = gamma(a=(mean / (WIDTH * spread)) ** 2, scale=(WIDTH * spread) ** 2 / mean)
        np.testing.assert_allclose(mean + spread * _gamma(mean / spread, level), law.ppf(level))


def rows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(11)
    terms = np.stack([np.ones(150), rng.uniform(0, 6, 150), rng.uniform(0, 1, 150)], axis=1)
    return terms, rng.gamma(2, 1, 150) + terms @ [0.5, 0.2, 1.0], rng.uniform(0.3, 1, 150)


def test_the_shape_is_statsmodels_quantile_regression() -> None:
    from statsmodels.regression.quantile_regression import QuantReg

    terms, residuals, _ = rows()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = QuantReg(residuals, terms).fit(q=0.9).params
    np.testing.assert_allclose(_shape(terms, residuals, np.ones(150), 0.9), theirs, atol=0.02)


@pytest.mark.parametrize("level", LEVELS)
def test_no_shape_has_a_smaller_weighted_loss(level: float) -> None:
    """Quantile regression as the linear programme that it is (Koenker & Bassett 1978), solved by HiGHS."""
    from scipy.optimize import linprog

    terms, residuals, weight = rows()
    n = residuals.size
    costs = np.concatenate([np.zeros(6), level * weight, (1 - level) * weight])
    sides = np.hstack([terms, -terms, np.eye(n), -np.eye(n)])
    least = linprog(costs, A_eq=sides, b_eq=residuals).fun
    miss = residuals - terms @ _shape(terms, residuals, weight, level)
    assert (weight * np.maximum(level * miss, (level - 1) * miss)).sum() == pytest.approx(least, rel=0.005)


def test_few_series_of_noise_are_drawn_to_what_sets_have_in_common() -> None:
    few, many = learnt(panel(2, 40)), learnt(panel(300))
    distance = [float(np.abs(np.array(found.place_weights) - PLACES).sum()) for found in (few, many)]
    assert distance[0] < 0.6 < distance[1]
    assert sum(many.place_weights) == pytest.approx(1.0, abs=0.08)


def test_a_unit_ten_times_smaller_asks_for_ten_times_as_much() -> None:
    taught = panel(100)
    other = panel_of(list(10 * taught.values), MONTHLY)
    quantiles = [
        learnt(one).quantiles(traits_at(one, 3, np.array([60])).latest(), LEVELS) for one in (taught, other)
    ]
    np.testing.assert_allclose(quantiles[1].sum(axis=0), 10 * quantiles[0].sum(axis=0), rtol=0.03)


def test_answers_rise_with_the_level_and_stay_above_nothing() -> None:
    lesson = learnt(panel(30))
    strange = [np.zeros(40), np.array([*np.zeros(39), 1e9]), np.full(40, 1e-3), np.array([1e12] * 40)]
    traits = traits_at(panel_of(strange, MONTHLY), 3, np.array([40])).latest()
    quantiles = lesson.quantiles(traits, LEVELS)
    assert np.isfinite(quantiles).all()
    assert (quantiles >= 0).all()
    assert (np.diff(quantiles, axis=1) >= 0).all()


def test_a_lesson_survives_json() -> None:
    lesson = learnt(panel(30))
    assert Lesson.from_dict(json.loads(json.dumps(lesson.as_dict()))) == lesson


def test_a_lesson_until_a_column_knows_no_more() -> None:
    taught = panel(30)
    assert learn_lesson(taught, 3, LEVELS, until=48) == learn_lesson(taught.upto(48), 3, LEVELS)


@pytest.mark.parametrize("taught", [panel(1, 30), panel_of([np.zeros(60)] * 9, MONTHLY), panel_of([], DAILY)])
def test_too_little_teaches_nothing(taught: Panel) -> None:
    assert learn_lesson(taught, 3, LEVELS) is None
    assert learn_short_lesson(panel_of([], MONTHLY), 3, 4, LEVELS) is None


def test_long_series_teach_how_short_ones_go_on() -> None:
    lesson = learn_short_lesson(panel(200), 3, 4, LEVELS)
    assert lesson is not None
    short = panel_of(list(counts(300, 7, seed=12)), MONTHLY)
    quantiles = lesson.quantiles(traits_at(short.upto(4), 3, np.array([4])).latest(), LEVELS)
    enough = (short.values[:, 4:].sum(axis=1)[:, None] <= quantiles).mean(axis=0)
    np.testing.assert_allclose(enough, LEVELS, atol=0.04)
    assert [memory_of(size) for size in (0, 1, 5, 7, 100)] == [1, 1, 4, 6, 45]


def test_what_is_learnt_from_is_bounded() -> None:
    assert len(sample_of(panel(401, 5)).values) == 400
    few = panel(20, 5)
    assert sample_of(few) is few
