from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.stock.packs import Packed, Packs, packed_down, packed_up

MASKS = Packs(50, 2000)


@pytest.mark.parametrize(
    ("quantity", "packs", "packed"),
    [
        (0, MASKS, Packed(0, 0, 0, 0)),
        (1, MASKS, Packed(0, 1, 0, 50)),
        (2050, MASKS, Packed(1, 1, 0, 2050)),
        (3960, MASKS, Packed(2, 0, 0, 4000)),  # 39.2 boxes make a case
        (421, Packs(None, 50), Packed(8, 0, 21, 421)),  # a ninth case is opened for 21 of its 50
        (425, Packs(None, 50), Packed(9, 0, 0, 450)),  # half of it is needed: whole
        (101, Packs(20, None), Packed(0, 6, 0, 120)),
        (7, Packs(), Packed(0, 0, 7, 7)),
    ],
)
def test_a_need_is_rounded_up_to_packs(quantity: int, packs: Packs, packed: Packed) -> None:
    assert packed_up(quantity, packs) == packed


@pytest.mark.parametrize(
    ("quantity", "packs", "packed"),
    [
        (2099, MASKS, Packed(1, 1, 0, 2050)),
        (49, MASKS, Packed(0, 0, 0, 0)),
        (71, Packs(None, 50), Packed(1, 0, 21, 71)),
    ],
)
def test_what_fits_is_rounded_down(quantity: int, packs: Packs, packed: Packed) -> None:
    assert packed_down(quantity, packs) == packed


sizes = st.one_of(st.none(), st.integers(1, 60))


@given(st.integers(0, 10_000), sizes, st.one_of(st.none(), st.integers(60, 3000)))
def test_packs_are_never_below_a_need_nor_above_a_limit(
    quantity: int, box: int | None, case: int | None
) -> None:
    packs = Packs(box, case)
    up, down = packed_up(quantity, packs), packed_down(quantity, packs)
    assert down.units <= quantity <= up.units
    assert up.units - quantity < max(packs.smallest, (case or 0) / 2 + 1 if not box else (box or 1))
    for found in (up, down):
        assert found.units == found.cases * (case or 0) + found.boxes * (box or 0) + found.loose


def test_sizes_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="units_per_box must be 1 or more"):
        Packs(0)
    with pytest.raises(ValueError, match="units_per_case must not be below units_per_box"):
        Packs(50, 20)
