"""What people type for a gift number is forgiven as far as it is meant plainly, and no further."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.trace.numbers import WrongNumber, read_gift_number
from ledger.domain.gifts import gift_code
from tests.dashboard.trace.conftest import GIVEN

YEAR, SERIAL, CHECK = GIVEN.split("-")
FULL_WIDTH = str.maketrans("0123456789-", "０１２３４５６７８９－")


@pytest.mark.parametrize(
    "typed",
    [
        GIVEN, f"  {GIVEN} ", GIVEN.replace("-", ""), GIVEN.replace("-", " "), GIVEN.replace("-", "—"),
        GIVEN.replace("-", "–"), GIVEN.replace("-", "−"), GIVEN.translate(FULL_WIDTH), " ".join(GIVEN),
        f"{YEAR}　{SERIAL}　{CHECK}", f"{YEAR}.{SERIAL}.{CHECK}",
    ],
)  # fmt: skip
def test_spaces_dashes_and_wide_digits_are_forgiven(typed):
    assert read_gift_number(typed) == GIVEN


@given(st.integers(2020, 2099), st.integers(1, 999_999_999), st.sampled_from(["", " ", "-", "－"]))
def test_every_number_is_read_back(year, serial, between):
    code = gift_code(year, serial)
    assert read_gift_number(code.replace("-", between)) == code


@given(st.integers(0, 9), st.integers(1, 9))
def test_a_wrong_digit_is_told_as_one(at, more):
    digits = list(GIVEN.replace("-", ""))
    digits[at] = str((int(digits[at]) + more) % 10)
    with pytest.raises(WrongNumber) as caught:
        read_gift_number("".join(digits))
    assert caught.value.key == "trace.wrong.digit"


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("", "trace.wrong.empty"), (" - ", "trace.wrong.empty"), ("417", "trace.wrong.shape"),
        ("2026-00417", "trace.wrong.shape"), ("abcd-00417-1", "trace.wrong.shape"),
        ("20260041712345678", "trace.wrong.shape"), ("<script>", "trace.wrong.shape"),
        ("²026-00417-1", "trace.wrong.digit"), ("٢٠٢٦-٠٠٤١٧-١", "trace.wrong.shape"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_told(typed, key):
    with pytest.raises(WrongNumber) as caught:
        read_gift_number(typed)
    assert caught.value.key == key
