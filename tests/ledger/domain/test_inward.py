"""The book, its registers and what comes in: each kind told as a short story."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.domain.rules import interpret
from tests.ledger.story import Story, item, new, opened, place, unmarked


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


def test_the_unit_of_a_code_may_gain_a_language_but_never_change(story):
    story.tell("ItemRegistered", {**item("masks"), "base_unit": {"zh": "只", "en": "piece"}})
    for other in ({"zh": "箱", "en": "piece"}, {"zh": "只"}, {"en": "case"}):
        assert story.broken("ItemRegistered", {**item("masks"), "base_unit": other}) == [
            "base_unit unit_changed"
        ]
    assert story.book.item("masks")[2:] == ("只", "piece")


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
