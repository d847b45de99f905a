from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from forecast.evaluate import (
    LEVELS,
    Backtest,
    calibration_error,
    measured,
    pinball,
    pooled_coverage,
    rolling_origins,
    scaled_pinball,
)
from forecast.models import plain_model
from forecast.pooled.panel import MONTHLY, panel_of
from forecast.pooled.rolling import totals_at
from forecast.series.history import History
from forecast.series.horizon import ProtectionInterval

ABXAWARE = Path(__file__).parent / "abxaware" / "purchases.csv"


def test_pinball_by_hand() -> None:
    """At .9, ten short cost 9 and ten over cost 1."""
    assert pinball(0.9, np.array([30.0, 10.0]), np.array([20.0, 20.0])) == pytest.approx([9, 1])


def test_pinball_is_smallest_at_the_true_quantile() -> None:
    demand = np.random.default_rng(0).poisson(50, 20_000).astype(float)
    losses = [pinball(0.9, demand, np.full(1, float(s))).mean() for s in range(40, 80)]
    assert 40 + int(np.argmin(losses)) == np.quantile(demand, 0.9, method="inverted_cdf")


def test_scaled_pinball_divides_by_the_demand_of_a_window_but_by_no_less_than_one_unit() -> None:
    demand, quantities = np.array([30.0, 10.0]), np.array([[20.0], [20.0]])
    assert scaled_pinball((0.9,), demand, quantities, 25.0) == pytest.approx(5 / 25)
    assert scaled_pinball((0.9,), demand, quantities, 0.2) == pytest.approx(5)


def test_calibration_counts_a_step_that_covers_the_level_as_right() -> None:
    demand = np.array([0.0] * 8 + [5.0] * 2)
    zero, five = np.zeros((10, 1)), np.full((10, 1), 5.0)
    assert calibration_error((0.9,), demand, five) == 0.0  # below 5 in .8, at most 5 in all: .9 is inside
    assert calibration_error((0.9,), demand, zero) == pytest.approx(0.1)
    assert calibration_error((0.5,), demand, np.full((10, 1), 9.0)) == pytest.approx(0.5)


def test_origins_do_not_overlap_and_end_with_the_history() -> None:
    assert rolling_origins(100, 14, 56) == (58, 72, 86)
    assert rolling_origins(60, 14, 56) == ()
    assert len(rolling_origins(1000, 14, 56)) == 12


def test_two_windows_are_no_measurement_and_stored_ones_come_back() -> None:
    demand, quantities = np.array([4.0, 6.0, 9.0]), np.array([[5.0, 7, 9]] * 3)
    assert measured(LEVELS, demand[:2], quantities[:2], 6.0, 14) is None
    found = measured(LEVELS, demand, quantities, 6.0, 14)
    assert found is not None
    assert found.covered == (1, 2, 3)
    assert Backtest.from_dict(found.as_dict()) == found
    assert pooled_coverage([found, None, found]) == {0.9: (2, 6), 0.95: (4, 6), 0.98: (6, 6)}


def purchases() -> list[np.ndarray]:
    """The real series, months without a purchase filled with 0 from each one's first month to the last."""
    with ABXAWARE.open(encoding="utf-8") as file:
        rows = [(row["series_id"], row["t"], float(row["y"])) for row in csv.DictReader(file)]
    last = max(_month(t) for _, t, _ in rows)
    series: dict[str, np.ndarray] = {}
    for name in dict.fromkeys(name for name, _, _ in rows):
        own = {_month(t): max(0.0, y) for n, t, y in rows if n == name}
        series[name] = np.array([own.get(m, 0.0) for m in range(min(own), last + 1)])
    return list(series.values())


def _month(day: str) -> int:
    return int(day[:4]) * 12 + int(day[5:7])


def score_three_months(series: list[np.ndarray]) -> dict[str, tuple[float, float]]:
    """Per model: scaled pinball and calibration of the total of 3 months, the last 3 windows of each."""
    window = ProtectionInterval(3.0, 0.0, 0)
    rng = np.random.default_rng(0)
    losses: dict[str, list[float]] = {"ets_nb": [], "plain_mean": []}
    demand: list[float] = []
    quantities: dict[str, list[tuple[float, ...]]] = {"ets_nb": [], "plain_mean": []}
    for values in series:
        for origin in rolling_origins(values.size, 3, 24, most=3):
            past = values[:origin]
            history = History(past, np.zeros(origin, bool), np.zeros(origin, np.int64), 0, 1)
            alone = totals_at(panel_of([past], MONTHLY), 3, LEVELS, [origin], None).quantiles[0, 0]
            plain = plain_model(history, rng).total(LEVELS, window).quantiles
            demand.append(float(values[origin : origin + 3].sum()))
            for name, found in (("ets_nb", alone.tolist()), ("plain_mean", plain)):
                asked = tuple(np.ceil(found).tolist())
                quantities[name].append(asked)
                loss = scaled_pinball(LEVELS, np.array(demand[-1:]), np.array([asked]), 3 * past.mean())
                losses[name].append(loss)
    return {
        name: (float(np.mean(loss)), calibration_error(LEVELS, np.array(demand), np.array(quantities[name])))
        for name, loss in losses.items()
    }


def test_on_real_purchases_the_model_beats_the_textbook_and_is_better_calibrated() -> None:
    scores = score_three_months(purchases())
    assert scores["ets_nb"][0] < 0.92 * scores["plain_mean"][0]
    assert scores["ets_nb"][1] < min(0.03, scores["plain_mean"][1])
