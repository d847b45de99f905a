from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from forecast.emergency import surge
from forecast.emergency.surge import (
    ALARM,
    GUARD,
    LEAST,
    Levelled,
    center_surge,
    cumulative_sums,
    item_surges,
    levelled,
    surge_now,
    surges_now,
)
from tests.forecast.measure_surge import alarms, counts, upper, wide
from tests.forecast.worlds import MONDAY, series_of

WARM = GUARD + LEAST


def test_a_day_is_scored_by_its_mid_p_value() -> None:
    """42 days of 4 and 6 in turn, then 9. The yardstick is days 0 to 27: mean 5, and its variance, 1, is
    raised to the mean's: Poisson(5) widened by 1 + 1/28. For Poisson(5) itself, from tables:
    P(X <= 8) = .9319, P(X <= 9) = .9682, mid-p .9500, z = 1.645."""
    values = np.array([4.0, 6.0] * (WARM // 2) + [9.0])
    sums = cumulative_sums(values[None, :])[0]
    assert sums[:-1].max() == 0
    assert sums[-1] == pytest.approx(1.645 - 0.5, abs=0.05)


def test_the_sum_walks_by_hand() -> None:
    """Days far above the yardstick score 3 and add 2.5, up to twice the alarm; quiet ones take it down."""
    values = np.array([5.0] * WARM + [500.0] * 9 + [0.0] * 5)
    sums = cumulative_sums(values[None, :])[0][WARM:]
    assert sums[:5] == pytest.approx([2.5, 5.0, 7.5, 10.0, 12.5])
    assert sums[8] == 2 * ALARM
    assert np.diff(sums[9:12]).max() < -3


def test_unknown_days_stand_still_and_short_histories_say_nothing() -> None:
    values = np.array([5.0] * WARM + [500.0, np.nan, np.nan, 500.0])
    assert cumulative_sums(values[None, :])[0][WARM:] == pytest.approx([2.5, 2.5, 2.5, 5.0])
    assert surge_now(np.array([1.0] * 20 + [900.0] * 20)) is None
    assert surge_now(np.zeros(0)) is None


def test_a_surge_is_found_with_its_beginning_and_its_height() -> None:
    height = np.concatenate([np.full(200, 20.0), np.full(12, 60.0)])
    values = counts(np.random.default_rng(3), np.tile(height, (40, 1)), 5)
    found = [one for one in surges_now(values) if one is not None]
    assert len(found) >= 39
    assert np.median([one.days for one in found]) == pytest.approx(12, abs=1)
    assert np.median([one.times for one in found]) == pytest.approx(3, rel=0.1)
    assert all(one.score > ALARM for one in found)
    assert surge_now(values[0]) == surges_now(values)[0]
    assert sum(one is not None for one in surges_now(values[:, :200])) <= 2


def test_the_second_wave_is_found_though_the_first_lies_in_its_past() -> None:
    rng = np.random.default_rng(4)
    height = np.ones((40, 200))
    height[:, 100:140] = height[:, 180:] = 3
    sums = cumulative_sums(counts(rng, 20 * height, 3))
    assert (sums[:, 110] > ALARM).mean() > 0.9
    assert (sums[:, 160:180] <= ALARM).all(axis=0).max()
    # With the first wave left in the yardstick it is 1 of 5.
    assert (sums[:, 194] > ALARM).mean() > 0.6


def test_a_new_usual_is_no_surge_for_ever() -> None:
    rng = np.random.default_rng(5)
    values = counts(rng, np.concatenate([np.full(150, 20.0), np.full(300, 60.0)])[None, :], 5)
    sums = cumulative_sums(values)[0]
    assert sums[170] > ALARM
    assert sums[320:].max() <= ALARM


def test_steady_demand_raises_no_more_alarms_than_are_stated() -> None:
    """The whole measurement is `measure_surge`; here its kind with most alarms, 40,000 days of it."""
    sums = cumulative_sums(wide(20, 3)(np.random.default_rng(6), np.ones((100, 500))))
    found, days = alarms(sums, ALARM)
    assert 0 < 1000 * found / days < 2 * surge.FALSE_ALARMS_PER_1000
    assert upper(3) == pytest.approx(8.767, abs=0.001)  # Garwood's table


def test_a_surge_has_its_first_day_in_the_calendar() -> None:
    """Sundays closed, a week not known, surge from day 210 on."""
    rng = np.random.default_rng(8)
    level = np.where(np.arange(224) >= 210, 80.0, 20.0) * (np.arange(224) % 7 != 6)
    demand = counts(rng, np.maximum(level, 1e-9), 5).astype(int)
    marks = "".join("m" if 50 <= day < 57 else "o" for day in range(224))
    quiet = series_of(demand[:210], marks=marks[:210])
    told = [levelled(series, rng) for series in (series_of(demand, marks=marks), quiet, series_of([]))]
    found, none, empty = item_surges(told)
    assert (none, empty) == (None, None)
    assert found is not None
    assert found.since is not None
    assert abs((found.since - MONDAY - timedelta(days=210)).days) <= 2
    assert item_surges([]) == []


def test_a_center_is_seen_sooner_than_its_items() -> None:
    rng = np.random.default_rng(9)
    level = rng.uniform(0.5, 5, 20)[:, None] * np.where(np.arange(206) >= 200, 1.8, 1.0)
    values = counts(rng, level, 2)
    found = center_surge(items(values))
    assert found is not None
    assert found.since is not None
    assert abs((found.since - MONDAY).days - 200) <= 2
    assert found.days == 206 - (found.since - MONDAY).days
    assert found.times == pytest.approx(1.8, rel=0.4)
    assert sum(one is not None for one in surges_now(values)) < 10
    assert center_surge(items(values[:, :200])) is None
    assert center_surge([]) is None


def items(values: np.ndarray) -> list[Levelled]:
    """Items of one center; the fourth began 100 days late."""
    days = MONDAY.toordinal() + np.arange(values.shape[1])
    return [
        Levelled(days[from_:], row[from_:])
        for row, from_ in zip(values, [0, 0, 0, 100] + [0] * 16, strict=True)
    ]
