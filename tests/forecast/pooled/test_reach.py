"""How far answers are stretched: by what their own past year would have needed."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.pooled.ensemble import Teacher, answer
from forecast.pooled.panel import MONTHLY, Panel
from forecast.pooled.pool import Lesson, learn_lesson
from forecast.pooled.reach import BOUNDS, learn_reach, stretched, weighted_quantile
from tests.forecast.shapes import harsh_issues, hub_issues

LEVELS = (0.9, 0.95, 0.98)


def panel(values: np.ndarray) -> Panel:
    return Panel(values, MONTHLY, np.ones(len(values), dtype=np.bool_))


def lesson_of(values: np.ndarray) -> Lesson:
    found = learn_lesson(panel(values), 3, LEVELS)
    assert found is not None
    return found


def test_weighted_quantile_is_the_inverse_of_the_weighted_distribution() -> None:
    rng = np.random.default_rng(0)
    figures = rng.normal(size=101)
    for level in LEVELS:
        expected = np.quantile(figures, level, method="inverted_cdf")
        assert weighted_quantile(figures, np.ones(101), level) == expected
    repeated = np.repeat(figures, np.arange(101))
    expected = np.quantile(repeated, 0.9, method="inverted_cdf")
    assert weighted_quantile(figures, np.arange(101.0), 0.9) == expected


@pytest.mark.parametrize("fast", [True, False])
def test_steady_demand_needs_little_stretching(fast: bool) -> None:
    steady = np.random.default_rng(1).poisson(40, (150, 60)).astype(np.float64)
    found = learn_reach(panel(steady), 3, LEVELS, lesson_of(steady), fast)
    assert np.abs(np.array(found) - 1).max() < 0.12


@pytest.mark.parametrize("fast", [True, False])
def test_levels_that_shift_all_over_the_book_need_more(fast: bool) -> None:
    shifting = harsh_issues(3)
    found = learn_reach(panel(shifting), 3, LEVELS, lesson_of(shifting), fast)
    assert min(found) > 1.15
    assert max(found) <= BOUNDS[1]


def test_a_book_that_shifts_is_covered_more_nearly_as_promised() -> None:
    short = []
    for seed in (4, 5, 6):
        values = hub_issues(seed)
        past, demand = panel(values[:, :-3]), values[:, -3:].sum(axis=1)
        teacher = Teacher(past, 3, LEVELS)
        stretched = answer(past, teacher, fast=True).quantiles
        teacher._reach[True] = (1.0, 1.0, 1.0)
        as_it_was = answer(past, teacher, fast=True).quantiles
        short.append(
            [(demand[:, None] > q).mean(axis=0) - 1 + np.array(LEVELS) for q in (as_it_was, stretched)]
        )
    before, after = np.mean(short, axis=0)
    assert (before > 0.03).all()
    assert (np.abs(after) < before).all()


def test_too_little_to_go_by_leaves_answers_as_they_are() -> None:
    values = np.random.default_rng(2).poisson(5, (1, 40)).astype(np.float64)
    long = np.random.default_rng(2).poisson(5, (50, 40)).astype(np.float64)
    assert learn_reach(panel(values), 3, LEVELS, lesson_of(long), True) == (1.0, 1.0, 1.0)
    idle = np.concatenate([long[:, :20], np.zeros((50, 20))], axis=1)
    assert np.isfinite(learn_reach(panel(idle), 3, LEVELS, lesson_of(long), False)).all()


def test_levels_near_the_middle_are_left_alone() -> None:
    shifting = harsh_issues(3)
    lesson = learn_lesson(panel(shifting), 3, (0.3, 0.6, 0.9))
    assert lesson is not None
    found = learn_reach(panel(shifting), 3, (0.3, 0.6, 0.9), lesson, False)
    assert found[:2] == (1.0, 1.0)
    assert found[2] > 1.1


def test_a_quantile_below_the_mean_is_not_drawn_down() -> None:
    said = np.array([[0.0, 8.0, 20.0], [4.0, 12.0, 30.0]])
    found = stretched(np.array([10.0, 10.0]), said, (2.0, 2.0, 1.5))
    assert found.tolist() == [[0.0, 8.0, 25.0], [4.0, 14.0, 40.0]]
