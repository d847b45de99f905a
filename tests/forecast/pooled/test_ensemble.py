import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.pooled.ensemble import ALONE, FAST, FULL, NO_USE, NONE, PLAIN, SHORT, Answers, Teacher, answer
from forecast.pooled.panel import DAILY, MONTHLY, WEEKLY, Panel, Rhythm, panel_of

EXAMPLES = 500 if os.environ.get("MZ_HYPOTHESIS") == "soak" else 12
LEVELS = (0.5, 0.9, 0.98)
RNG = np.random.default_rng(13)
COMPANY = [RNG.negative_binomial(2, 2 / 22, 48).astype(np.float64) for _ in range(30)]

amounts = st.one_of(
    st.just(0.0), st.floats(1e-6, 1e-2), st.integers(0, 500).map(float), st.floats(1e6, 1e12, allow_nan=False)
)
histories = st.lists(amounts, max_size=30).map(lambda values: np.array(values, dtype=np.float64))


def asked(panel: Panel, fast: bool = False, length: int = 3, teacher: Teacher | None = None) -> Answers:
    return answer(panel, teacher or Teacher(panel, length, LEVELS), fast)


@settings(max_examples=EXAMPLES)
@given(st.lists(histories, min_size=1, max_size=4), st.sampled_from([MONTHLY, WEEKLY, DAILY]), st.booleans())
def test_whatever_the_history_every_series_has_a_rising_finite_answer(
    strange: list[np.ndarray], rhythm: Rhythm, fast: bool
) -> None:
    found = asked(panel_of([*COMPANY[:4], *strange], rhythm), fast)
    assert len(found.models) == len(found.reasons) == 4 + len(strange)
    assert np.isfinite(found.quantiles).all()
    assert np.isfinite(found.means).all()
    assert (found.quantiles >= 0).all()
    assert (np.diff(found.quantiles, axis=1) >= -1e-9 * found.quantiles.max(initial=1.0)).all()


def test_neither_order_nor_company_in_a_chunk_changes_an_answer() -> None:
    panel = panel_of([*COMPANY, *[values[:7] for values in COMPANY[:5]], np.zeros(9)], MONTHLY)
    order = np.random.default_rng(14).permutation(len(panel.values))
    teacher = Teacher(panel, 3, LEVELS)
    together = asked(panel, teacher=teacher)
    turned = asked(panel.rows(order), teacher=teacher)
    np.testing.assert_allclose(turned.quantiles, together.quantiles[order], rtol=1e-12)
    for row in (0, 31, 35):
        alone = asked(panel.rows(np.array([row])), teacher=teacher)
        np.testing.assert_allclose(alone.quantiles[0], together.quantiles[row], rtol=1e-12)
    taught_turned = asked(panel.rows(order))
    np.testing.assert_allclose(taught_turned.quantiles, together.quantiles[order], rtol=1e-3)


def test_the_same_question_has_the_same_answer_to_the_bit() -> None:
    panel = panel_of(COMPANY, MONTHLY)
    assert asked(panel).quantiles.tobytes() == asked(panel).quantiles.tobytes()


def test_a_unit_a_hundred_times_smaller_asks_for_a_hundred_times_as_much() -> None:
    one, other = (asked(panel_of([k * values for values in COMPANY], MONTHLY)) for k in (1, 100))
    np.testing.assert_allclose(other.quantiles.sum(axis=0), 100 * one.quantiles.sum(axis=0), rtol=0.03)
    np.testing.assert_allclose(other.means.sum(), 100 * one.means.sum(), rtol=0.03)


def test_each_answer_names_its_model_and_why() -> None:
    panel = panel_of([*COMPANY, COMPANY[0][:5], np.zeros(20), np.array([])], MONTHLY)
    found = asked(panel)
    assert (found.models[0], found.reasons[0]) == (FULL, "")
    assert (found.models[30], found.reasons[30]) == (SHORT, "short")
    assert (found.models[31], found.reasons[31]) == (NO_USE, "no_use")
    assert (found.models[32], found.reasons[32]) == (NONE, "empty")
    assert asked(panel, fast=True).models[0] == FAST
    lonely = asked(panel_of([COMPANY[0][:20]], MONTHLY))
    assert (lonely.models[0], lonely.reasons[0]) == (ALONE, "few_alike")
    assert asked(panel_of([COMPANY[0][:5]], MONTHLY)).models[0] == PLAIN


@pytest.mark.parametrize("fast", [True, False])
def test_constant_demand_is_asked_for_with_little_on_top(fast: bool) -> None:
    found = asked(panel_of([*COMPANY, np.full(48, 10.0)], MONTHLY), fast)
    assert 29.5 <= found.quantiles[-1, 0] <= found.quantiles[-1, -1] <= 50


def test_a_closed_weekend_is_not_stocked_for() -> None:
    open_days = np.tile([1.0, 1, 1, 1, 1, 0, 0], 40)
    rng = np.random.default_rng(15)
    clinic = panel_of([rng.poisson(30 * open_days).astype(np.float64) for _ in range(8)], DAILY)
    found = {ahead: asked(clinic.upto(280 - 2), length=ahead).means.mean() for ahead in (2, 7)}
    assert found[2] < 0.12 * found[7]
    assert found[7] == pytest.approx(150, rel=0.05)


def test_a_thousand_series_are_answered_in_chunks_as_in_one() -> None:
    rng = np.random.default_rng(16)
    panel = panel_of(list(rng.poisson(9, (300, 30)).astype(np.float64)), MONTHLY)
    teacher = Teacher(panel, 3, LEVELS)
    whole, tail = asked(panel, teacher=teacher), asked(panel.rows(np.arange(250, 300)), teacher=teacher)
    np.testing.assert_allclose(whole.quantiles[250:], tail.quantiles, rtol=1e-12)
    assert asked(panel.rows(np.arange(0)), teacher=teacher).quantiles.shape == (0, 3)
