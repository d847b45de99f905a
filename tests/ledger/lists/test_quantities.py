"""Quantities as printed: exact ones are read, all others are held with the reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.canonical import MAX_INTEGER
from ledger.lists.quantities import Amount, parse_quantity
from ledger.lists.reasons import HeldBack

quantities = st.integers(1, MAX_INTEGER)


@pytest.mark.parametrize(
    ("text", "quantity", "unit", "rewritten"),
    [
        ("198", 198, "", False),
        ("198件", 198, "件", False),
        ("8400 人份", 8400, "人份", False),
        ("１９８", 198, "", True),
        ("１２箱", 12, "箱", True),
        ("1,200", 1200, "", True),
        ("1，200只", 1200, "只", True),
        ("198.0", 198, "", True),
        ("3.6万", 36000, "", True),
        ("3.6万只", 36000, "只", True),
        ("0012", 12, "", True),
        ("9007199254740991", MAX_INTEGER, "", False),
    ],
)
def test_exact_quantities_are_read(text, quantity, unit, rewritten):
    assert parse_quantity(text) == Amount(quantity, unit, rewritten)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no_quantity"), ("约100", "approximate"), ("100多箱", "approximate"), ("100余", "approximate"),
        ("100+", "approximate"), ("~100", "approximate"), ("about 100", "approximate"),
        ("近万只", "approximate"),
        ("1.5", "fraction"), ("1.23456万", "fraction"), ("-3", "negative"),
        ("－3", "negative"), ("0", "zero"),
        ("0箱", "zero"), ("9007199254740992", "too_many"), ("9" * 5000, "too_many"), ("1,20", "grouping"),
        ("12,3456", "grouping"), ("若干", "not_a_number"), ("三箱", "not_a_number"), ("1e3", "not_a_number"),
        ("12件*100个", "not_a_number"), ("10-20", "not_a_number"), ("=1+1", "not_a_number"),
        ("50%", "not_a_number"),
        ("+5", "not_a_number"), ("0x10", "not_a_number"), ("１．５", "fraction"), ("1 200", "not_a_number"),
    ],
)  # fmt: skip
def test_everything_else_is_held(text, reason):
    with pytest.raises(HeldBack) as held:
        parse_quantity(text)
    assert held.value.reason.code == reason
    assert held.value.reason.message("en") != held.value.reason.message("zh")


def test_zero_is_for_counts():
    assert parse_quantity("0", zero=True) == Amount(0, "", False)


@given(quantities, st.sampled_from(["", "件", "箱", "瓶", "each"]), st.booleans(), st.booleans())
def test_a_written_number_is_read_back(quantity, unit, grouped, full_width):
    text = f"{quantity:,}" if grouped else str(quantity)
    if full_width:
        text = text.translate(str.maketrans("0123456789,", "０１２３４５６７８９，"))
    amount = parse_quantity(text + unit)
    assert (amount.quantity, amount.unit) == (quantity, unit)
    assert amount.rewritten == (full_width or (grouped and quantity > 999))


@given(st.text(max_size=30))
def test_any_text_is_read_exactly_or_held(text):
    try:
        outcome: Amount | str = parse_quantity(text, zero=True)
    except HeldBack as held:
        outcome = held.reason.message("en")
    if isinstance(outcome, Amount):
        assert 0 <= outcome.quantity <= MAX_INTEGER
        assert any(character.isdigit() for character in text)
    else:
        assert outcome


@given(quantities, st.sampled_from(["约", "近", "超", "≈", "-"]))
def test_a_number_with_a_doubt_is_never_read(quantity, doubt):
    with pytest.raises(HeldBack):
        parse_quantity(f"{doubt}{quantity}")
