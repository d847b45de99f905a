"""ETS(A,N,N) against `forecast::ses` of R as printed in Hyndman & Athanasopoulos, section 7.1.

"Forecasting: Principles and Practice", second edition: oil production of Saudi Arabia 1996 to 2013 (million
tonnes), alpha = 0.8339 and l0 = 446.5868; the levels are its table 7.1, the intervals those of
`forecast(ses(oildata, h = 5))`.
"""

from __future__ import annotations

import numpy as np
import pytest

from forecast.pooled.batch import fit_smoothing, varying_levels
from forecast.pooled.counts import variance_shape
from forecast.pooled.panel import smoothed_levels

OIL = np.array([
    445.36, 453.20, 454.41, 422.38, 456.04, 440.39, 425.19, 486.21, 500.43, 521.28, 508.95, 488.89, 509.87,
    456.72, 473.82, 525.95, 549.83, 542.34,
])  # fmt: skip
ALPHA, INITIAL = 0.8339, 446.5868
LEVELS = [
    446.59, 445.57, 451.93, 454.00, 427.63, 451.32, 442.20, 428.02, 476.54, 496.46, 517.15, 510.31, 492.45,
    506.98, 465.07, 472.36, 517.05, 544.39, 542.68,
]  # fmt: skip
HALF_WIDTH_95 = {1: 542.6806 - 484.2183, 2: 542.6806 - 466.5589}
Z = 1.959964


def levels() -> np.ndarray:
    return smoothed_levels(OIL[None], ALPHA, np.array([INITIAL]))[0]


def test_the_levels_are_those_of_the_book() -> None:
    """To the book's two digits, which it rounded from an alpha of more digits than it prints."""
    assert levels() == pytest.approx(LEVELS, abs=0.011)


def test_the_smoothing_parameter_is_that_of_ses() -> None:
    """Ours begins at the mean of the first six years and not at a fitted level, which moves it a little."""
    assert fit_smoothing(OIL[None])[0] == pytest.approx(ALPHA, abs=0.003)


def test_what_comes_last_hardly_depends_on_where_the_level_began() -> None:
    assert varying_levels(OIL[None], np.array([ALPHA]))[0, -1] == pytest.approx(542.6806, abs=0.001)


@pytest.mark.parametrize("ahead", [1, 2])
def test_the_width_ahead_is_that_of_the_book(ahead: int) -> None:
    """Var(y[n+h]) = s2 * (1 + (h-1) * alpha^2), s2 of 18 errors and 2 parameters.

    Of totals we have Var(total over h); that of the last period alone is what the last error brings and what
    earlier ones leave in the level, hence the two are tied at h = 1, and by 1 + alpha^2 at h = 2.
    """
    errors = OIL - levels()[:-1]
    one_step = float(errors @ errors) / (OIL.size - 2)
    both = variance_shape(np.array([1.0, 2.0]), ALPHA)
    # Var(y1 + y2) = Var(y1) + Var(y2) + 2 Cov(y1, y2), and Cov(y1, y2) = alpha * s2
    of_period = {1: both[0], 2: both[1] - both[0] - 2 * ALPHA}
    assert Z * (one_step * of_period[ahead]) ** 0.5 == pytest.approx(HALF_WIDTH_95[ahead], abs=0.02)
