"""Counts state what was counted; late movements and their counts."""

from __future__ import annotations

import pytest

from tests.ledger.story import Story, new, of, unmarked


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_count_by_lot_is_over_all_states_of_the_lot(story):
    (lot,) = story.opening("C1", unmarked("masks", 10))
    story.inspect("C1", of(lot, 6, result="usable"))
    count = story.count("C1", of(lot, 3))
    assert story.accounts(lot) == {"to_inspect C1": 3, "missing C1": 7}  # usable goods are missing first
    assert story.quantity(lot, "missing", "C1", count) == 7


def test_a_surplus_by_lot_is_found_on_that_lot_even_where_the_book_had_none(story):
    lot, blank = story.opening("D1", new("masks", 10), unmarked("pills", 10))
    story.count("C1", of(lot, 4), of(blank, 2))
    assert story.accounts(lot) == {"usable D1": 10, "usable C1": 4}
    assert story.accounts(blank) == {"to_inspect D1": 10, "to_inspect C1": 2}
    assert story.entered(lot) == {"received": 10, "found": 4}


def test_a_shortage_by_item_falls_on_the_lots_first_expired_first(story):
    late, soon, never = story.opening(
        "C1", new("masks", 10, "2027-06-01"), new("masks", 10, "2026-06-01"), unmarked("masks", 10)
    )
    story.count("C1", {"item": "masks", "quantity": 14})
    assert story.accounts(soon) == {"missing C1": 10}
    assert story.accounts(late) == {"usable C1": 4, "missing C1": 6}
    assert story.accounts(never) == {"to_inspect C1": 10}


def test_a_shortage_by_item_falls_on_usable_goods_before_others(story):
    """Decided: what can be used is what gets used, so held and rejected goods are missing last."""
    held, usable = story.opening(
        "C1", new("masks", 10, "2026-06-01", state="held"), new("masks", 10, "2027-06-01")
    )
    story.count("C1", {"item": "masks", "quantity": 8})
    assert story.accounts(usable) == {"missing C1": 10}
    assert story.accounts(held) == {"held C1": 8, "missing C1": 2}


def test_a_surplus_by_item_is_found_on_the_newest_lot(story):
    (first,) = story.opening("C1", new("masks", 10, "2027-06-01"))
    *_, newest = story.opening("C1", *[new("masks", 10, "2026-06-01") for _ in range(11)])
    story.count("C1", {"item": "masks", "quantity": 125})
    assert newest.endswith("#10")
    assert story.accounts(newest) == {"usable C1": 15}
    assert story.accounts(first) == {"usable C1": 10}


def test_a_surplus_without_a_lot_opens_one_that_is_wholly_found(story):
    count = story.count(
        "C1",
        {"item": "masks", "quantity": 5},
        {"item": "pills", "quantity": 0},
        {"item": "soap", "quantity": 3},
    )
    masks, soap = (story.book.lot(f"{count}#{number}") for number in (0, 1))
    assert (masks.item, masks.source, masks.lot_number, masks.expiry) == (
        "masks",
        "found",
        "unmarked",
        "unmarked",
    )
    assert (soap.item, soap.source, soap.lot_number, soap.expiry) == ("soap", "found", "", "")
    assert story.accounts(masks.id) == {"to_inspect C1": 5}
    assert story.accounts(soap.id) == {"usable C1": 3}
    assert story.entered(masks.id) == {"found": 5}


def test_a_count_that_agrees_moves_nothing(story):
    (lot,) = story.opening("C1", new("masks", 10))
    count = story.count("C1", {"item": "masks", "quantity": 10})
    assert story.accounts(lot) == {"usable C1": 10}
    assert story.book.last_count("C1", story.book.lot(lot)).id == count


def test_a_count_says_one_thing_of_each(story):
    one, _ = story.opening("C1", new("masks", 10), new("soap", 10))
    soap = {"item": "soap", "quantity": 1}
    gold = {"item": "gold", "quantity": 1}
    lines = [of(one, 1), soap, gold, of(one, 2), soap]
    assert story.broken("StockCounted", {"place": "C1", "lines": lines}) == [
        "lines.2.item no_item", "lines.3.lot duplicate_line", "lines.4.item duplicate_line",
    ]  # fmt: skip
    both = [{"item": "masks", "quantity": 9}, of(one, 9)]
    assert story.broken("StockCounted", {"place": "C1", "lines": both}) == ["lines.1.lot counted_twice"]
    assert story.broken("StockCounted", {"place": "H1", "lines": [of(one[:-1] + "9", 1)]}) == [
        "place keeps_no_stock", "lines.0.lot no_lot",
    ]  # fmt: skip


def test_day_confirmed_moves_nothing_and_can_be_taken_back(story):
    confirmed = story.tell("DayConfirmed", {"place": "C1", "day": "2026-02-28"})
    activity = story.book.views["view_activity"]
    assert activity["C1", "2026-02-28"] == (0, 1)
    assert activity["C1", "2026-03-01"] == (1, 0)  # the day on which it was said
    story.reverse(confirmed)
    assert activity["C1", "2026-02-28"] == (0, 0)
    assert story.broken("DayConfirmed", {"place": "C9", "day": "2026-02-28"}) == ["place no_place"]


# late movements -------------------------------------------------------------------------------------------


def test_a_late_issue_was_gone_when_counted(story):
    (lot,) = story.opening("C1", new("masks", 10))
    count = story.count("C1", of(lot, 7))
    story.issue("C1", of(lot, 2), covered_by=count)
    assert story.accounts(lot) == {"usable C1": 7, "missing C1": 1, "issued C1": 2}
    story.issue("C1", of(lot, 2), covered_by=count)  # more than was missing: so more had been there
    assert story.accounts(lot) == {"usable C1": 7, "issued C1": 4}
    assert story.entered(lot) == {"received": 10, "found": 1}


def test_a_late_issue_that_was_not_gone_leaves_the_shelf(story):
    (lot,) = story.opening("C1", new("masks", 10))
    story.count("C1", of(lot, 7))
    story.issue("C1", of(lot, 2))
    assert story.accounts(lot) == {"usable C1": 5, "missing C1": 3, "issued C1": 2}


def test_a_late_issue_of_another_lot_than_the_one_that_bore_the_shortage(story):
    """The item was counted as a whole: the lot said to be missing is back, the issued one is gone."""
    soon, late = story.opening("C1", new("masks", 10, "2026-06-01"), new("masks", 10, "2027-06-01"))
    count = story.count("C1", {"item": "masks", "quantity": 16})
    assert story.accounts(soon) == {"usable C1": 6, "missing C1": 4}
    story.issue("C1", of(late, 3), covered_by=count)
    assert story.accounts(soon) == {"usable C1": 9, "missing C1": 1}
    assert story.accounts(late) == {"usable C1": 7, "issued C1": 3}
    assert story.on_hand("C1", "masks") == 16
    story.issue("C1", of(late, 3), covered_by=count)  # 1 still missing, 2 more than anybody counted
    assert story.accounts(soon) == {"usable C1": 10}
    assert story.accounts(late) == {"usable C1": 6, "issued C1": 6}
    assert story.entered(late) == {"received": 10, "found": 2}
    assert story.on_hand("C1", "masks") == 16


def test_counted_lot_by_lot_a_late_issue_touches_no_other_lot(story):
    one, two = story.opening("C1", new("masks", 10), new("masks", 10))
    count = story.count("C1", of(one, 6), of(two, 10))
    story.issue("C1", of(two, 3), covered_by=count)
    assert story.accounts(one) == {"usable C1": 6, "missing C1": 4}
    assert story.accounts(two) == {"usable C1": 10, "issued C1": 3}
    assert story.entered(two) == {"received": 10, "found": 3}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("DonationReceived", {"gift": "GIFT-1"}),
        ("AllotmentReceived", {}),
        ("PurchaseReceived", {"funded_by": "budget", "amount_fen": 1}),
        ("TransferReceived", {}),
    ],
)
def test_a_late_receipt_takes_over_what_the_count_found(story, kind, body):
    """Goods came before their paper: the count had opened a lot for them."""
    count = story.count("C1", {"item": "masks", "quantity": 50})
    entry = story.tell(
        kind, {"place": "C1", **body, "covered_by": count, "lines": [new("masks", 30), new("masks", 25)]}
    )
    assert story.accounts(f"{count}#0") == {}
    assert story.accounts(f"{entry}#0") == {"usable C1": 30}
    assert story.accounts(f"{entry}#1") == {"usable C1": 20, "missing C1": 5}  # 5 were gone when counted
    assert story.on_hand("C1", "masks") == 50


def test_a_late_receipt_takes_over_only_what_is_still_on_the_shelf(story):
    (lot,) = story.opening("C1", new("masks", 10))
    count = story.count("C1", {"item": "masks", "quantity": 40})
    story.issue("C1", of(lot, 35))
    entry = story.tell(
        "AllotmentReceived",
        {"place": "C1", "covered_by": count, "lines": [new("masks", 3), new("masks", 27)]},
    )
    assert story.accounts(lot) == {"issued C1": 35}
    assert story.accounts(f"{entry}#0") == {"usable C1": 3}
    assert story.accounts(f"{entry}#1") == {"usable C1": 2, "missing C1": 25}
    assert story.on_hand("C1", "masks") == 5


def test_a_late_arrival_of_a_dispatch_with_its_surplus(story):
    (lot,) = story.opening("D1", new("masks", 100))
    way = story.send("D1", "C1", of(lot, 20))
    count = story.count(
        "C1", {"item": "masks", "quantity": 22}
    )  # they were on the shelf, unmarked in the book
    story.arrive("C1", way, of(lot, 20, surplus=2), covered_by=count)
    assert story.accounts(f"{count}#0") == {}
    assert story.accounts(lot) == {"usable D1": 80, "usable C1": 22}
    assert story.on_hand("C1", "masks") == 22


def test_late_dispatch_return_wastage_and_cancellation(story):
    (lot,) = story.opening("C1", new("masks", 100))
    story.issue("C1", of(lot, 10))
    way = story.send("C1", "C2", of(lot, 10))
    count = story.count("C1", of(lot, 75))  # the book says 80
    story.give_back("C1", of(lot, 4), covered_by=count)  # was on the shelf: 9 are missing then
    assert story.accounts(lot) == {"usable C1": 75, "missing C1": 9, "issued C1": 6, "transit C2": 10}
    story.cancel(way, of(lot, 5), covered_by=count)
    story.write_off("C1", "damaged", of(lot, 3), covered_by=count)
    story.give_back("C1", of(lot, 2), direction="to_donor", covered_by=count)
    second = story.send("C1", "C2", of(lot, 1), covered_by=count)
    assert story.accounts(lot) == {
        "usable C1": 75, "missing C1": 8, "issued C1": 6, "transit C2": 6, "written_off C1": 3,
        "returned C1": 2,
    }  # fmt: skip
    story.arrive("C2", second, of(lot, 1))
    assert story.accounts(lot)["usable C2"] == 1


def test_covered_by_names_the_last_count_of_every_lot_of_the_movement(story):
    one, two = story.opening("C1", new("masks", 10), new("pills", 10))
    first = story.count("C1", of(one, 10))
    other = story.opening("C1", new("soap", 1))[0].partition("#")[0]
    body = {"place": "C1", "purpose": "clinic"}
    for wrong in (other, one.partition("#")[0]):
        assert story.broken("StockIssued", {**body, "covered_by": wrong, "lines": [of(one, 1)]}) == [
            "covered_by not_covered"
        ]
    both = {**body, "covered_by": first, "lines": [of(one, 1), of(two, 1)]}
    assert story.broken("StockIssued", both) == ["covered_by not_covered"]  # pills were not counted
    last = story.count("C1", of(one, 9))
    assert story.broken("StockIssued", {**body, "covered_by": first, "lines": [of(one, 1)]}) == [
        "covered_by not_covered"
    ]
    story.reverse(last)
    story.issue("C1", of(one, 1), covered_by=first)  # the reversed count does not stand


def test_covered_by_is_refused_where_it_covers_nothing(story):
    count = story.count("C1", {"item": "masks", "quantity": 1})
    found = {
        "place": "C1",
        "purpose": "clinic",
        "covered_by": count,
        "lines": [new("masks", 1, source="found")],
    }
    assert story.broken("StockIssued", found) == ["covered_by not_covered"]
    outside = {"place": "H1", "gift": "GIFT-1", "covered_by": count, "lines": [new("masks", 1)]}
    assert story.broken("DonationReceived", outside) == ["covered_by not_covered"]
