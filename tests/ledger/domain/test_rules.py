"""Every kind told as a short story: what it moves, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ledger.domain.rules import interpret
from ledger.domain.violations import Refused, Violation
from tests.ledger.story import Story, item, new, of, opened, place, unmarked


@pytest.fixture
def story() -> Story:
    return Story()


# book and registers ---------------------------------------------------------------------------------------


def test_the_first_entry_and_only_the_first_opens_the_book(story):
    assert story.broken("BookOpened", opened()) == ["kind book_first"]
    empty = Story(kind=None)
    assert empty.broken("PlaceRegistered", place("C9", "center")) == ["kind book_first"]
    assert empty.broken("BookOpened", opened(time_zone="Asia/Wuhan")) == ["time_zone bad_time_zone"]
    assert empty.broken("BookOpened", opened()) == []


def test_depots_and_centers_keep_stock_unless_said_otherwise(story):
    story.tell("PlaceRegistered", place("H2", "hospital", keeps_stock=True))
    story.tell("PlaceRegistered", place("C9", "center", keeps_stock=False))
    keeps = {code: story.book.place(code).keeps_stock for code in ("D1", "C1", "S1", "H1", "H2", "C9")}
    assert keeps == {"D1": True, "C1": True, "S1": False, "H1": False, "H2": True, "C9": False}


def test_a_parent_is_registered_and_never_above_itself(story):
    assert story.broken("PlaceRegistered", place("C9", "center", "S9")) == ["parent no_place"]
    assert story.broken("PlaceRegistered", place("S1", "street_office", "S1")) == ["parent parent_cycle"]
    assert story.broken("PlaceRegistered", place("S1", "street_office", "C1")) == ["parent parent_cycle"]


def test_registering_a_code_again_supersedes_it(story):
    story.tell("PlaceRegistered", place("C1", "site"))
    story.tell("ItemRegistered", item("masks", needs_lot=False))
    assert story.book.place("C1") == ("C1", "site", False, "open", "")
    assert story.book.item("masks").needs_lot is False
    assert story.broken("StockOpened", {"place": "C1", "lines": [new("soap", 1)]}) == ["place keeps_no_stock"]


def test_policies_name_places_and_items_that_are_there(story):
    settings = {"silence_days": 3}
    assert story.broken("PolicySet", {"settings": settings, "place": "C9", "item": "gold"}) == [
        "place no_place", "item no_item",
    ]  # fmt: skip
    story.tell("PolicySet", {"settings": settings, "place": "C1"})
    story.tell("PolicySet", {"settings": {"silence_days": 5}, "place": "C1"})
    assert story.book.tables.get("view_policy", ("silence_days", "C1", ""))[0] == 5


def test_an_actors_place_is_registered(story):
    command = story.command("DayConfirmed", {"place": "C1", "day": "2026-03-01"})
    elsewhere = replace(command, actor={"role": "storekeeper", "place": "C9"})
    assert [v.rule for v in interpret(elsewhere, story.book).violations] == ["no_place"]


# in -------------------------------------------------------------------------------------------------------


def test_each_line_of_new_stock_makes_one_lot(story):
    one, two, three = story.gift(
        "D1", "GIFT-1", new("masks", 60), new("masks", 40), new("soap", 5), party="P1"
    )
    assert [story.accounts(lot) for lot in (one, two, three)] == [{"usable D1": q} for q in (60, 40, 5)]
    lot = story.book.lot(two)
    assert lot == (two, "masks", 40, "donated", "D1", "GIFT-1", "A1", "2027-01-01", "", "")


@pytest.mark.parametrize(
    ("kind", "body", "source"),
    [
        ("StockOpened", {}, "opening"),
        ("DonationReceived", {"gift": "GIFT-1", "donee": "H1", "terms": {"beneficiary": "C1"}}, "donated"),
        ("AllotmentReceived", {"authority": "H1"}, "allotted"),
        ("PurchaseReceived", {"funded_by": "budget", "amount_fen": 100, "party": "P2"}, "purchased"),
        ("TransferReceived", {"from": "D1"}, "unmatched"),
    ],
)
def test_where_stock_comes_from(story, kind, body, source):
    entry = story.tell(kind, {"place": "C1", **body, "lines": [new("masks", 7)]})
    assert story.book.lot(f"{entry}#0").source == source
    assert story.entered(f"{entry}#0") == {"received": 7}
    assert story.accounts(f"{entry}#0") == {"usable C1": 7}


def test_who_is_named_must_be_registered(story):
    lines = [new("gold", 1)]
    body = {
        "place": "C9",
        "gift": "GIFT-1",
        "party": "P9",
        "donee": "C8",
        "terms": {"beneficiary": "C7"},
        "lines": lines,
    }
    assert story.broken("DonationReceived", body) == [
        "party no_party", "donee no_place", "terms.beneficiary no_place", "place no_place",
        "lines.0.item no_item",
    ]  # fmt: skip
    assert story.broken(
        "AllotmentReceived", {"place": "C1", "authority": "H9", "lines": [new("masks", 1)]}
    ) == ["authority no_place"]
    purchase = {
        "place": "C1",
        "funded_by": "budget",
        "amount_fen": 0,
        "party": "P9",
        "lines": [new("masks", 1)],
    }
    assert story.broken("PurchaseReceived", purchase) == ["party no_party"]
    arrived = {"place": "C1", "from": "D9", "lines": [new("masks", 1)]}
    assert story.broken("TransferReceived", arrived) == ["from no_place"]


def test_lot_and_expiry_are_wanted_where_an_item_has_them_and_only_there(story):
    bare, half = {"item": "masks", "quantity": 1}, {"item": "masks", "quantity": 1, "expiry": "2027-01-01"}
    soap = {"item": "soap", "quantity": 1, "lot_number": "A1"}
    assert story.broken("StockOpened", {"place": "C1", "lines": [bare, half, soap]}) == [
        "lines.0 lot_wanted", "lines.1 lot_wanted", "lines.2 lot_unwanted",
    ]  # fmt: skip


def test_unmarked_goods_are_inspected_before_they_are_usable(story):
    half_marked = new("masks", 4, expiry="unmarked")
    stated = new("pills", 3, state="held"), unmarked("pills", 2, state="rejected")
    lots = story.opening("C1", unmarked("masks", 4), half_marked, *stated)
    states = [story.accounts(lot) for lot in lots]
    assert states == [{"to_inspect C1": 4}, {"to_inspect C1": 4}, {"held C1": 3}, {"rejected C1": 2}]
    assert story.broken("StockOpened", {"place": "C1", "lines": [unmarked("masks", 1, state="usable")]}) == [
        "lines.0.state unmarked_usable"
    ]


def test_goods_received_where_no_stock_is_kept_are_outside_the_book(story):
    (lot,) = story.gift("H1", "GIFT-1", new("masks", 9))
    assert story.accounts(lot) == {"outside H1": 9}
    assert story.broken("StockOpened", {"place": "H1", "lines": [new("masks", 1)]}) == [
        "place keeps_no_stock"
    ]


def test_a_gift_code_belongs_to_one_party(story):
    story.gift("D1", "GIFT-1", new("masks", 1), party="P1")
    story.gift("D1", "GIFT-1", new("masks", 2), party="P1")  # a second box of the same gift
    for other in ({"party": "P2"}, {}):
        body = {"place": "D1", "gift": "GIFT-1", **other, "lines": [new("masks", 1)]}
        assert story.broken("DonationReceived", body) == ["gift gift_of_other"]


def test_a_gift_written_under_the_wrong_party_can_be_corrected(story):
    (lot,) = story.gift("D1", "GIFT-1", new("masks", 5), party="P1")
    reversal = story.reversal(lot.partition("#")[0])
    right = story.command(
        "DonationReceived",
        {
            "place": "D1",
            "gift": "GIFT-1",
            "party": "P2",
            "correction": reversal.id,
            "lines": [new("masks", 5)],
        },
    )
    story.together([reversal, right])
    assert story.book.gift_party("GIFT-1") == "P2"
    assert story.broken(
        "DonationReceived", {"place": "D1", "gift": "GIFT-1", "party": "P1", "lines": [new("masks", 1)]}
    )


def test_a_gift_code_stays_with_its_party_while_one_box_of_it_stands(story):
    (first,) = story.gift("D1", "GIFT-1", new("masks", 5), party="P1")
    (second,) = story.gift("D1", "GIFT-1", new("masks", 6), party="P1")
    story.reverse(first.partition("#")[0])
    assert story.book.gift_party("GIFT-1") == "P1"
    story.reverse(second.partition("#")[0])
    assert story.book.gift_party("GIFT-1") is None


# transfers ------------------------------------------------------------------------------------------------


def test_a_transfer_is_in_transit_until_somebody_says_where_it_is(story):
    (lot,) = story.opening("D1", new("masks", 100))
    way = story.send("D1", "C1", of(lot, 60), due="2026-03-04")
    assert story.accounts(lot) == {"usable D1": 40, "transit C1": 60}
    story.arrive("C1", way, of(lot, 20), discrepancy=[{"lot": lot, "seen": 55, "reason": "fewer"}])
    assert story.accounts(lot) == {"usable D1": 40, "transit C1": 40, "usable C1": 20}  # seen moves nothing
    story.arrive("C1", way, of(lot, 10), of(lot, 5, state="rejected"))
    story.cancel(way, of(lot, 15))
    story.lose(way, of(lot, 10))
    assert story.accounts(lot) == {"usable D1": 55, "usable C1": 30, "rejected C1": 5, "lost C1": 10}
    assert story.quantity(lot, "lost", "C1", way) == 10


def test_a_surplus_is_found_on_the_lot(story):
    (lot,) = story.opening("D1", new("masks", 100))
    story.arrive("C1", story.send("D1", "C1", of(lot, 50)), of(lot, 50, surplus=3))
    assert story.entered(lot) == {"received": 100, "found": 3}
    assert story.accounts(lot) == {"usable D1": 50, "usable C1": 53}


def test_no_more_comes_off_a_dispatch_than_is_on_the_way(story):
    one, two = story.opening("D1", new("masks", 100), new("masks", 100))
    way = story.send("D1", "C1", of(one, 10))
    other = story.send("D1", "C2", of(two, 10))
    line = [of(one, 11), of(two, 1)]
    for kind, body in (
        ("TransferReceived", {"place": "C1"}),
        ("TransferCancelled", {"reason": "refused"}),
        ("TransferLost", {"reason": "stolen"}),
    ):
        assert story.broken(kind, {**body, "dispatch": way, "lines": line}) == [
            "lines.0.quantity not_in_dispatch", "lines.1.quantity not_in_dispatch",
        ]  # fmt: skip
    parts = [of(one, 6), of(one, 6, state="held")]
    assert story.broken("TransferReceived", {"place": "C1", "dispatch": way, "lines": parts}) == [
        "lines.1.quantity not_in_dispatch"
    ]
    elsewhere = {"place": "C1", "dispatch": other, "lines": [of(two, 1)]}
    assert story.broken("TransferReceived", elsewhere) == ["place wrong_place"]


def test_a_dispatch_is_a_dispatch(story):
    (lot,) = story.opening("D1", new("masks", 100))
    opening, nothing = lot.partition("#")[0], "00000000-0000-8000-8000-000000000000"
    for kind, body in (
        ("TransferReceived", {"place": "C1"}),
        ("TransferCancelled", {"reason": "refused"}),
        ("TransferLost", {"reason": "stolen"}),
    ):
        body |= {"lines": [of(lot, 1)]}
        assert story.broken(kind, {**body, "dispatch": opening}) == ["dispatch wrong_kind"]
        assert story.broken(kind, {**body, "dispatch": nothing}) == ["dispatch no_entry"]
    assert story.broken("TransferReceived", {"place": "C1", "lines": [of(lot, 1)]}) == [
        "lines.0.quantity dispatch_wanted"
    ]


def test_a_transfer_goes_from_a_place_with_stock_to_another_place(story):
    (lot,) = story.opening("D1", new("masks", 100))
    assert story.broken("TransferDispatched", {"from": "D1", "to": "D1", "lines": [of(lot, 1)]}) == [
        "to same_place"
    ]
    assert story.broken("TransferDispatched", {"from": "H1", "to": "C9", "lines": [of(lot, 1)]}) == [
        "from keeps_no_stock", "to no_place", "lines.0.quantity below_zero",
    ]  # fmt: skip


def test_what_is_received_where_no_stock_is_kept_has_left_the_book(story):
    (lot,) = story.opening("D1", new("masks", 100))
    story.arrive("H1", story.send("D1", "H1", of(lot, 30)), of(lot, 30, surplus=2))
    assert story.accounts(lot) == {"usable D1": 70, "outside H1": 32}


def test_goods_come_off_a_dispatch_in_the_state_they_left_in(story):
    """A line says its state, or it is the one that the lot left in; nothing becomes usable by default."""
    good, blank = story.opening("D1", new("masks", 10, state="held"), unmarked("masks", 10))
    way = story.send("D1", "C1", of(good, 10, state="held"), of(blank, 10, state="to_inspect"))
    story.cancel(way, of(good, 4), of(blank, 4))
    assert story.accounts(good) == {"held D1": 4, "transit C1": 6}
    assert story.accounts(blank) == {"to_inspect D1": 4, "transit C1": 6}
    story.arrive("C1", way, of(good, 6), of(blank, 5))
    assert story.accounts(good) == {"held D1": 4, "held C1": 6}
    assert story.accounts(blank) == {"to_inspect D1": 4, "to_inspect C1": 5, "transit C1": 1}
    for kind, body in (("TransferReceived", {"place": "C1"}), ("TransferCancelled", {"reason": "refused"})):
        line = of(blank, 1, state="usable")
        assert story.broken(kind, {**body, "dispatch": way, "lines": [line]}) == [
            "lines.0.state unmarked_usable"
        ]


def test_a_lot_that_left_in_two_states_comes_back_in_a_named_one(story):
    (lot,) = story.opening("D1", new("masks", 10))
    way = story.send("D1", "C1", of(lot, 5))
    story.arrive("C1", way, of(lot, 3), of(lot, 2, state="rejected"))
    back = story.send("C1", "D1", of(lot, 3), of(lot, 2, state="rejected"))
    body = {"place": "D1", "dispatch": back, "lines": [of(lot, 2)]}
    assert story.broken("TransferReceived", body) == ["lines.0.state state_wanted"]
    story.arrive("D1", back, of(lot, 3, state="usable"), of(lot, 2, state="rejected"))
    assert story.accounts(lot) == {"usable D1": 8, "rejected D1": 2}


def test_inspected_unmarked_goods_travel_as_usable(story):
    (lot,) = story.opening("D1", unmarked("masks", 10))
    story.inspect("D1", of(lot, 10, result="usable"))
    story.arrive("C1", story.send("D1", "C1", of(lot, 10)), of(lot, 10))
    assert story.accounts(lot) == {"usable C1": 10}


def test_discrepancies_name_known_lots(story):
    (lot,) = story.opening("D1", new("masks", 100))
    way = story.send("D1", "C1", of(lot, 10))
    odd = [{"lot": lot, "seen": 1, "reason": "fewer"}, {"lot": lot[:-1] + "7", "seen": 1, "reason": "more"}]
    body = {"place": "C1", "dispatch": way, "discrepancy": odd, "lines": [of(lot, 10)]}
    assert story.broken("TransferReceived", body) == ["discrepancy.1.lot no_lot"]


def test_unshown_goods_are_for_archive_books_only(story):
    line = new("masks", 7, source="unshown")
    body = {"from": "D1", "to": "H1", "lines": [line]}
    assert story.broken("TransferDispatched", body) == ["lines unshown_outside_archive"]
    archive = Story("archive")
    (shown,) = archive.gift("D1", "GIFT-1", new("masks", 3))
    way = archive.send("D1", "H1", of(shown, 3), line, line)
    assert archive.accounts(shown) == {"transit H1": 3}
    for number in (0, 1):
        lot = archive.book.lot(f"{way}#{number}")
        assert (lot.source, lot.gift, lot.quantity) == ("unshown", "", 7)
        assert archive.entered(lot.id) == {"received": 7}
        assert archive.accounts(lot.id) == {"transit H1": 7}


def test_an_unshown_line_is_named_by_its_place_in_the_body():
    archive = Story("archive")
    (shown,) = archive.gift("D1", "GIFT-1", new("masks", 3))
    body = {"from": "D1", "to": "H1", "lines": [of(shown, 3), new("gold", 1, source="unshown")]}
    assert archive.broken("TransferDispatched", body) == ["lines.1.item no_item"]


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
