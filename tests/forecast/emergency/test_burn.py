from __future__ import annotations

from datetime import date

import pytest

from forecast.emergency.burn import NO_BURN, Burn, burn_since, measured_burn
from tests.forecast.worlds import MONDAY, series_of


def test_burn_by_hand() -> None:
    """Four days at half the tables: w = 4/8, factor = .5 * .5 + .5 = .75; doubt = sqrt(.5)."""
    found = measured_burn([20, 20, 20, 20], [40] * 4)
    assert (found.days, found.ratio, found.weight, found.factor) == (4, 0.5, 0.5, 0.75)
    assert found.doubt == pytest.approx(0.7071, abs=1e-4)
    assert measured_burn([20] * 14, [40] * 14).factor == pytest.approx(14 / 18 * 0.5 + 4 / 18)


def test_the_ratio_is_the_mean_of_the_days_ratios() -> None:
    assert measured_burn([10, 90], [10, 30]).ratio == 2.0


def test_what_is_not_known_says_nothing() -> None:
    assert measured_burn([None, 5, 7], [10, 0, 0]) == NO_BURN
    assert NO_BURN.factor == 1.0
    assert measured_burn([None, 5], [10, 10]).days == 1


def test_a_day_that_ran_out_takes_the_mean_of_the_days_no_lower() -> None:
    found = measured_burn([10, 30, 50, 25], [10] * 4, [False, False, False, True])
    assert found.ratio == pytest.approx((1 + 3 + 5 + 4) / 4)
    assert measured_burn([30], [10], [True]).ratio == 3.0


def test_a_slip_of_the_pen_is_bounded() -> None:
    assert measured_burn([1e9], [1]).ratio == 100.0


def test_lists_must_belong_together_and_burn_be_possible() -> None:
    with pytest.raises(ValueError, match="of one length"):
        measured_burn([1], [1, 2])
    with pytest.raises(ValueError, match="weight must be 0 to below 1"):
        Burn(1, 1.0, 1.0)


def test_burn_of_a_series_from_the_first_day_of_its_surge() -> None:
    series = series_of([5, 5, 20, 30, 0, 10], marks="ooocmo")
    found = burn_since(series, date(2025, 5, 7), 10.0)
    assert series.first_day == MONDAY
    # 20 and 10 whole; 30 ran out and no day was higher; one day is not known
    assert (found.days, found.ratio) == (3, pytest.approx((2 + 1 + 3) / 3))
    assert Burn.from_dict(found.as_dict()) == found
