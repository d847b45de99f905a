import numpy as np

from forecast.pooled.panel import DAILY, MONTHLY, panel_of
from forecast.pooled.weekdays import levelled, shares, weekday_weights

OPEN = np.array([1.4, 1.2, 1.1, 1.1, 1.2, 1.0, 0.0])


def clinic(weeks: int) -> np.ndarray:
    return np.random.default_rng(4).poisson(20 * np.tile(OPEN, weeks)).astype(np.float64)


def test_a_closed_sunday_is_found_and_filled_with_a_usual_day() -> None:
    panel = panel_of([clinic(40)], DAILY)
    weights = weekday_weights(panel)
    np.testing.assert_allclose(weights[0], OPEN, atol=0.08)
    days = levelled(panel, weights).values[0, 56:].reshape(-1, 7).mean(axis=0)
    np.testing.assert_allclose(days / days.mean(), 1.0, atol=0.06)


def test_weights_begin_with_the_next_day() -> None:
    weights = weekday_weights(panel_of([clinic(40)[:-3]], DAILY))
    assert int(np.argmin(weights[0])) == 2


def test_noise_is_not_taken_for_weekdays() -> None:
    rng = np.random.default_rng(5)
    panel = panel_of([rng.poisson(3, 280).astype(np.float64) for _ in range(200)], DAILY)
    assert np.abs(weekday_weights(panel) - 1.0).mean() < 0.03


def test_whole_weeks_ask_for_a_whole_share_and_other_spans_for_theirs() -> None:
    weights = weekday_weights(panel_of([clinic(40)], DAILY))
    np.testing.assert_allclose(shares(weights, 14), 1.0)
    np.testing.assert_allclose(shares(weights, 3), weights[:, :3].mean(axis=1))


def test_months_few_weeks_gaps_and_no_use_are_left_as_they_are() -> None:
    days = clinic(40)
    for panel in (
        panel_of([days], MONTHLY),
        panel_of([days[:49]], DAILY),
        panel_of([days], DAILY, gapless=[False]),
        panel_of([np.zeros(280)], DAILY),
    ):
        weights = weekday_weights(panel)
        assert (weights == 1.0).all()
        assert levelled(panel, weights) is panel
