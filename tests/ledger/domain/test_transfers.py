"""Transfers are two-phase: what is sent is on the way until somebody says where it is."""

from __future__ import annotations

import pytest

from tests.ledger.story import Story, new, of, unmarked


@pytest.fixture
def story() -> Story:
    return Story()


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
