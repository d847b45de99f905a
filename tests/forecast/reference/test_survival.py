"""Kaplan-Meier against survival::survfit of R, on the two data sets that its books and manuals print."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.series.censoring import kaplan_meier

# survival::aml (Miller 1981, Survival Analysis, p. 49): weeks to relapse, True = still in remission when last
# seen. The curves are those that `summary(survfit(Surv(time, status) ~ x, data = aml))` prints.
MAINTAINED = [
    (9, False), (13, False), (13, True), (18, False), (23, False), (28, True), (31, False), (34, False),
    (45, True), (48, False), (161, True),
]  # fmt: skip
MAINTAINED_CURVE = {9: 0.909, 13: 0.818, 18: 0.716, 23: 0.614, 31: 0.491, 34: 0.368, 48: 0.184}
NOT_MAINTAINED = [
    (5, False), (5, False), (8, False), (8, False), (12, False), (16, True), (23, False), (27, False),
    (30, False), (33, False), (43, False), (45, False),
]  # fmt: skip
NOT_MAINTAINED_CURVE = {
    5: 0.8333, 8: 0.6667, 12: 0.5833, 23: 0.4861, 27: 0.3889, 30: 0.2917, 33: 0.1944, 43: 0.0972, 45: 0.0,
}  # fmt: skip
# Freireich et al. 1963, 6-MP arm (MASS::gehan); the curve is printed in Kalbfleisch & Prentice, and in Klein
# & Moeschberger, Survival Analysis, table 4.1.
GEHAN = [
    *((6, False) for _ in range(3)), (6, True), (7, False), (9, True), (10, False), (10, True), (11, True),
    (13, False), (16, False), (17, True), (19, True), (20, True), (22, False), (23, False), (25, True),
    (32, True), (32, True), (34, True), (35, True),
]  # fmt: skip
GEHAN_CURVE = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}


@pytest.mark.parametrize(
    ("data", "curve"),
    [(MAINTAINED, MAINTAINED_CURVE), (NOT_MAINTAINED, NOT_MAINTAINED_CURVE), (GEHAN, GEHAN_CURVE)],
    ids=["aml maintained", "aml not maintained", "gehan 6-MP"],
)
def test_the_curve_is_that_of_survfit(data: list[tuple[int, bool]], curve: dict[int, float]) -> None:
    times, censored = (np.array(column) for column in zip(*data, strict=True))
    found = kaplan_meier(times.astype(np.float64), censored.astype(np.bool_))
    assert found.values.tolist() == list(curve)
    digits = 4 if data is NOT_MAINTAINED else 3
    assert found.survival == pytest.approx(list(curve.values()), abs=0.5001 * 10**-digits)
