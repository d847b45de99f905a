"""Safety stock against worked examples of a textbook.

Chopra & Meindl, "Supply Chain Management: Strategy, Planning, and Operation", chapter on managing uncertainty
in a supply chain: safety inventory. The book rounds z to 1.2816 at 90 %.
"""

from __future__ import annotations

import numpy as np
import pytest

from forecast.models import PlainModel
from forecast.pooled.panel import WEEKLY, panel_of
from forecast.scoring.baselines import Past, textbook
from forecast.series.horizon import ProtectionInterval
from forecast.stock.policy import safety_stock


def past(*demand: float) -> Past:
    values = np.array(demand)
    return Past(panel_of([values], WEEKLY), values[None], np.zeros((1, values.size), dtype=np.bool_))


def test_continuous_review() -> None:
    """Demand of 2,500 a week, standard deviation 500, two weeks to come, 90 %: safety inventory 906."""
    level = textbook(past(2000, 2500, 3000), 2, (0.90,))[0, 0]
    assert level - 2 * 2500 == pytest.approx(906, abs=0.5)


def test_periodic_review() -> None:
    """The same, looked at every four weeks: safety inventory 1,570 and an order-up-to level of 16,570."""
    assert textbook(past(2000, 2500, 3000), 6, (0.90,))[0, 0] == pytest.approx(16_570, abs=0.5)


@pytest.mark.parametrize(
    ("deviation", "expected"),
    [(0, 1695), (1, 3625), (2, 6628), (3, 9760), (4, 12927), (5, 16109), (6, 19298)],
)
def test_uncertain_lead_time(deviation: int, expected: int) -> None:
    """2,500 a day, standard deviation 500, lead time 7 +- deviation days, 90 %: the book's table."""
    sample = (7 - deviation, 7 + deviation)  # of exactly this mean and standard deviation
    interval = ProtectionInterval(7.0, 0.0, 0, lead_time_sample_days=sample)
    total = PlainModel(2500.0, 500.0**2).total((0.90,), interval)
    assert total.mean == pytest.approx(17_500)
    assert total.quantiles[0] - total.mean == pytest.approx(expected, abs=2)
    assert safety_stock(total.quantiles[0], total.mean, 2500.0, 0).safety_stock == pytest.approx(
        expected, abs=3
    )
