"""What leaves the shelf and what changes its state: each kind told as a short story."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.violations import Refused, Violation
from tests.ledger.story import Story, new, of, unmarked


@pytest.fixture
def story() -> Story:
    return Story()


# out ------------------------------------------------------------------------------------------------------


def test_stock_of_a_lot_never_goes_below_zero(story):
    (lot,) = story.opening("C1", new("masks", 10))
    story.issue("C1", of(lot, 4))
    body = {"place": "C1", "purpose": "clinic", "lines": [of(lot, 7)]}
    (violation,) = _violations(story, "StockIssued", body)
    assert violation.message() == (
        "lines.0.quantity: the book has 6 of this at C1 (usable); 7 are needed, 1 more"
    )
    assert story.broken("StockIssued", {**body, "place": "C2"}) == ["lines.0.quantity below_zero"]
    story.issue("C1", of(lot, 6))
    assert story.accounts(lot) == {"issued C1": 10}


def test_only_usable_stock_is_issued(story):
    held, blank = story.opening("C1", new("masks", 10, state="held"), unmarked("masks", 10))
    body = {"place": "C1", "purpose": "clinic", "lines": [of(held, 1), of(blank, 1)]}
    assert story.broken("StockIssued", body) == ["lines.0.quantity below_zero", "lines.1.quantity below_zero"]


def test_an_issue_from_found_stock_opens_a_lot_that_is_wholly_found(story):
    entry = story.issue("C1", new("masks", 8, source="found"), unmarked("pills", 2, source="found"))
    for number, quantity in enumerate((8, 2)):
        assert story.book.lot(f"{entry}#{number}").source == "found"
        assert story.entered(f"{entry}#{number}") == {"found": quantity}
        assert story.accounts(f"{entry}#{number}") == {"issued C1": quantity}


def test_issued_goods_come_back_to_the_shelf_where_they_were_issued(story):
    (lot,) = story.opening("C1", new("masks", 10))
    story.issue("C1", of(lot, 6))
    story.give_back("C1", of(lot, 2), of(lot, 1, state="rejected"))
    assert story.accounts(lot) == {"usable C1": 6, "rejected C1": 1, "issued C1": 3}
    body = {"direction": "to_shelf", "reason": "unused", "lines": [of(lot, 4)]}
    assert story.broken("StockReturned", {**body, "place": "C1"}) == ["lines.0.quantity below_zero"]
    assert story.broken("StockReturned", {**body, "place": "C2"}) == ["lines.0.quantity below_zero"]
    assert story.broken("StockReturned", {**body, "place": "H1"}) == [
        "place keeps_no_stock", "lines.0.quantity below_zero",
    ]  # fmt: skip


def test_goods_go_back_to_the_donor(story):
    (lot,) = story.gift("C1", "GIFT-1", new("masks", 10, state="rejected"), party="P1")
    story.give_back("C1", of(lot, 10, state="rejected"), direction="to_donor")
    assert story.accounts(lot) == {"returned C1": 10}


def test_wastage_keeps_its_reason_and_a_destruction_its_certificate(story):
    (lot,) = story.opening("C1", new("masks", 10))
    story.write_off("C1", "expired", of(lot, 3))
    story.write_off("C1", "damaged", of(lot, 2))
    assert story.quantity(lot, "written_off", "C1", "expired") == 3
    assert story.quantity(lot, "written_off", "C1", "damaged") == 2
    body = {"place": "C1", "reason": "destroyed", "lines": [of(lot, 9)]}
    assert story.broken("StockWrittenOff", body) == [
        "certificate certificate_wanted", "lines.0.quantity below_zero",
    ]  # fmt: skip
    story.write_off("C1", "destroyed", of(lot, 5), certificate="D-1")
    assert story.accounts(lot) == {"written_off C1": 10}


def test_a_lot_stands_once_per_entry_and_state(story):
    (lot,) = story.opening("C1", new("masks", 10))
    twice = [of(lot, 1), of(lot, 2)]
    assert story.broken("StockIssued", {"place": "C1", "purpose": "clinic", "lines": twice}) == [
        "lines.1.lot duplicate_line"
    ]
    assert story.broken("StockWrittenOff", {"place": "C1", "reason": "other", "lines": twice}) == [
        "lines.1.lot duplicate_line"
    ]


def test_every_violation_is_told_at_once(story):
    (lot,) = story.opening("C1", new("masks", 10))
    bare = {"item": "masks", "quantity": 1, "source": "found"}
    lines = [of(lot, 99), of(lot, 1), of(lot[:-1] + "9", 1), new("gold", 1, source="found"), bare]
    body = {"place": "S1", "purpose": "clinic", "lines": lines, "correction": lot[:36]}
    assert story.broken("StockIssued", body) == [
        "correction correction_alone", "place keeps_no_stock", "lines.1.lot duplicate_line",
        "lines.2.lot no_lot", "lines.3.item no_item", "lines.4 lot_wanted", "lines.0.quantity below_zero",
    ]  # fmt: skip


# state ----------------------------------------------------------------------------------------------------


def test_inspection_moves_goods_to_its_result(story):
    (lot,) = story.opening("C1", unmarked("masks", 10))
    story.inspect("C1", of(lot, 5, result="usable"), of(lot, 3, result="held"), of(lot, 1, result="rejected"))
    assert story.accounts(lot) == {"usable C1": 5, "held C1": 3, "rejected C1": 1, "to_inspect C1": 1}
    body = {"place": "C1", "lines": [of(lot, 2, result="usable")]}
    assert story.broken("StockInspected", body) == ["lines.0.quantity below_zero"]


def test_a_case_of_two_gifts_opens_into_one_lot_per_gift(story):
    (one,) = story.gift("D1", "GIFT-1", new("masks", 2), party="P1")
    (two,) = story.gift("D1", "GIFT-2", new("masks", 1), party="P2")
    first, second = story.convert("D1", of(one, 2), of(two, 1), new("pills", 67), new("pills", 33))
    assert (story.book.lot(first).gift, story.book.lot(second).gift) == ("GIFT-1", "GIFT-2")
    assert story.entered(first) == {"converted_in": 67}
    assert story.accounts(one) == {"converted_out D1": 2}
    assert story.book.lot(first).source == "converted"


def test_ties_go_to_the_lower_source_line(story):
    (one,) = story.gift("D1", "GIFT-1", new("masks", 1), party="P1")
    (two,) = story.gift("D1", "GIFT-2", new("masks", 1), party="P2")
    body = {"place": "D1", "reason": "open_case"}
    wrong = [of(two, 1), of(one, 1), new("pills", 2), new("pills", 3)]
    (violation,) = _violations(story, "StockConverted", {**body, "lines": wrong})
    assert violation.message() == (
        "lines: the outputs must be shared among the gifts as 3 + 2, in whole units by largest remainder"
    )
    first, second = story.convert("D1", of(two, 1), of(one, 1), new("pills", 3), new("pills", 2))
    assert (story.book.lot(first).gift, story.book.lot(second).gift) == ("GIFT-2", "GIFT-1")


def test_a_share_that_comes_to_nothing_makes_no_lot(story):
    (one,) = story.gift("D1", "GIFT-1", new("masks", 9), party="P1")
    (two,) = story.gift("D1", "GIFT-2", new("masks", 1), party="P2")
    (lot,) = story.convert("D1", of(two, 1), of(one, 9), new("pills", 1))
    assert story.book.lot(lot).gift == "GIFT-1"


def test_goods_of_no_gift_share_as_one(story):
    """Bought and allotted goods have no donor to tell apart."""
    (gift,) = story.gift("D1", "GIFT-1", new("masks", 5), party="P1")
    one, two = story.opening("D1", new("masks", 3), new("masks", 2))
    lots = story.convert("D1", of(one, 3), of(gift, 5), of(two, 2), new("pills", 50), new("pills", 50))
    assert [story.book.lot(lot).gift for lot in lots] == ["", "GIFT-1"]


def test_in_a_kit_every_item_weighs_the_same(story):
    """10 kits of 10 masks (gift 1) and 20 soaps (gift 2, a quarter of them bought)."""
    (masks,) = story.gift("D1", "GIFT-1", new("masks", 10), party="P1")
    (soap,) = story.gift("D1", "GIFT-2", new("soap", 15), party="P2")
    (bought,) = story.opening("D1", new("soap", 5))
    # shares: 1/2, 3/8, 1/8 of 10 = 5, 3.75, 1.25
    kits = [new("pills", quantity) for quantity in (5, 4, 1)]
    lots = story.convert("D1", of(masks, 10), of(soap, 15), of(bought, 5), *kits, reason="make_kit")
    assert [(story.book.lot(lot).gift, story.book.lot(lot).quantity) for lot in lots] == [
        ("GIFT-1", 5), ("GIFT-2", 4), ("", 1),
    ]  # fmt: skip


def test_a_kit_opens_into_several_items(story):
    (one,) = story.gift("D1", "GIFT-1", new("pills", 1), party="P1")
    (two,) = story.gift("D1", "GIFT-2", new("pills", 1), party="P2")
    inside = new("masks", 5), new("soap", 2), new("masks", 5), new("soap", 1)
    lots = story.convert("D1", of(one, 1), of(two, 1), *inside, reason="open_kit")
    assert [(story.book.lot(lot).item, story.book.lot(lot).gift) for lot in lots] == [
        ("masks", "GIFT-1"), ("soap", "GIFT-1"), ("masks", "GIFT-2"), ("soap", "GIFT-2"),
    ]  # fmt: skip


def test_a_conversion_has_two_sides(story):
    (lot,) = story.opening("C1", new("masks", 10))
    body = {"place": "C1", "reason": "regrade"}
    for lines in ([of(lot, 1), of(lot, 1, state="held")], [new("pills", 1), new("pills", 1)]):
        assert "lines conversion_sides" in story.broken("StockConverted", {**body, "lines": lines})
    unknown = [of(lot[:-1] + "9", 1), of(lot, 1), new("gold", 1)]
    assert story.broken("StockConverted", {**body, "lines": unknown}) == [
        "lines.0.lot no_lot",
        "lines.2.item no_item",
    ]
    story.convert("C1", of(lot, 1), new("masks", 1, grade="non_medical", state="held"), reason="regrade")


def _violations(story: Story, kind: str, body: dict[str, Any]) -> list[Violation]:
    with pytest.raises(Refused) as refused:
        story.tell(kind, body)
    return refused.value.violations
