from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from forecast.stock.par import ParNeed, available_share, par_level


@pytest.mark.parametrize(
    ("need", "level"),
    [
        (ParNeed(0, 0.5), 0),
        (ParNeed(7), 7),
        (ParNeed(1, 0.5), 5),  # 1 - 0.5^5 = .969, 1 - 0.5^4 = .9375
        (ParNeed(3, 0.9), 5),  # of 4: .9^4 + 4 * .9^3 * .1 = .9477; of 5: .9914
        (ParNeed(3, 0.9, 940), 4),
    ],
)
def test_par_levels_by_hand(need: ParNeed, level: int) -> None:
    assert par_level(need) == level


@given(st.integers(1, 80), st.floats(0.3, 0.99), st.sampled_from([900, 950, 980]))
def test_the_par_level_is_the_smallest_that_is_enough(at_once: int, share: float, per_mille: int) -> None:
    level = par_level(ParNeed(at_once, share, per_mille))
    enough, less = (float(binom.sf(at_once - 1, pieces, share)) for pieces in (level, level - 1))
    assert enough >= per_mille / 1000 - 1e-9
    assert less < per_mille / 1000 + 1e-9


def test_a_piece_is_fit_for_the_share_of_time_that_it_is_not_away() -> None:
    assert available_share(27, 3) == pytest.approx(0.9)
    with pytest.raises(ValueError, match="in_use_days must be above 0"):
        available_share(0, 3)


def test_needs_that_cannot_be() -> None:
    for words in ({"at_once": -1}, {"at_once": 1, "available_share": 0.0}):
        with pytest.raises(ValueError, match=r"at_once|available_share"):
            ParNeed(**words)
