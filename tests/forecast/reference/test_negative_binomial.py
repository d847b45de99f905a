"""The count law against tables that anyone can check, and against the best known data set for it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forecast.pooled.counts import count_quantiles

# Closed forms, to be checked by hand:
#   r = 1, p = 1/2 (geometric):        P(X <= k) = 1 - 2^-(k+1):   .9375 at 3, .96875 at 4, .984375 at 5
#   r = 2, p = 1/2: P(X = k) = (k+1) / 2^(k+2):                    .9375 at 5, .96484 at 6, .98047 at 7
#   Poisson, mean 5 (any printed table):                           .9319 at 8, .9682 at 9, .9863 at 10
#   Poisson, mean 1:                                               .9197 at 2, .9810 at 3
BY_HAND = [
    (1.0, 2.0, (3, 4, 5)),
    (2.0, 4.0, (5, 6, 7)),
    (5.0, 5.0, (8, 9, 10)),
    (1.0, 1.0, (2, 3, 3)),
]
# Bliss & Fisher 1953, Biometrics 9:176-200: European red mites on 150 apple leaves. By moments k = 1.167.
MITES = {0: 70, 1: 38, 2: 17, 3: 10, 4: 9, 5: 3, 6: 2, 7: 1}


@pytest.mark.parametrize(("mean", "variance", "expected"), BY_HAND)
def test_quantiles_that_can_be_checked_by_hand(
    mean: float, variance: float, expected: tuple[int, ...]
) -> None:
    found = count_quantiles(np.array([mean]), np.array([variance]), np.array([0.90, 0.95, 0.98]))
    assert found[0].tolist() == list(expected)


def test_red_mites_on_apple_leaves() -> None:
    counts = np.repeat(list(MITES), list(MITES.values()))
    mean, variance = float(counts.mean()), float(counts.var(ddof=1))
    shape = mean**2 / (variance - mean)
    assert (round(mean, 4), round(variance, 3), round(shape, 3)) == (1.1467, 2.274, 1.167)
    # p(k+1) = p(k) * (r + k) / (k + 1) * (1 - p), p(0) = p^r, p = mean / variance
    share = mean / variance
    masses = [share**shape]
    for k in range(40):
        masses.append(masses[-1] * (shape + k) / (k + 1) * (1 - share))
    assert math.isclose(sum(masses), 1, abs_tol=1e-9)
    reached = np.cumsum(masses)
    levels = np.array([0.5, 0.8, 0.9, 0.95, 0.98, 0.99])
    found = count_quantiles(np.array([mean]), np.array([variance]), levels)[0]
    assert found.tolist() == [int(np.argmax(reached >= level)) for level in levels]
    # and the leaves agree: the law's 90 % and 95 % are those of the 150 counts
    assert found[[2, 3]].tolist() == np.quantile(counts, [0.90, 0.95], method="inverted_cdf").tolist()
