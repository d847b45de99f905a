"""Corrections only add: reversals of every kind, dependents, and movements older than a count."""

from __future__ import annotations

import pytest

from ledger.domain.kinds import KINDS
from ledger.domain.rules.correction import FINAL, SUPERSEDED
from ledger.domain.violations import Refused
from tests.ledger.story import Story, new, of, unmarked


@pytest.fixture
def story() -> Story:
    return Story()


def every_kind(story: Story) -> dict[str, str]:
    """One reversible entry of each kind, told on `story`; returns kind -> id, in an order of telling."""
    (masks,) = story.opening("D1", new("masks", 100))
    (blank,) = story.opening("D1", unmarked("masks", 10))
    told: dict[str, str] = {"StockOpened": story.opening("C2", new("pills", 5))[0].partition("#")[0]}
    told["DonationReceived"] = story.gift("D1", "GIFT-1", new("pills", 9), party="P1")[0].partition("#")[0]
    told["AllotmentReceived"] = story.tell("AllotmentReceived", {"place": "D1", "lines": [new("soap", 3)]})
    bought = {"place": "D1", "funded_by": "budget", "amount_fen": 5, "lines": [new("soap", 3)]}
    told["PurchaseReceived"] = story.tell("PurchaseReceived", bought)
    way = story.send("D1", "C1", of(masks, 60))
    told["TransferReceived"] = story.arrive("C1", way, of(masks, 30, surplus=1), unmarked("pills", 2))
    told["TransferCancelled"] = story.cancel(way, of(masks, 5))
    told["TransferLost"] = story.lose(way, of(masks, 5))
    told["TransferDispatched"] = story.send("D1", "C2", of(masks, 1))
    told["SupplyRequested"] = story.ask("C2", masks=4)
    share = {"place": "C2", "item": "masks", "quantity": 1, "request": told["SupplyRequested"]}
    told["AllocationDecided"] = story.decide(share)
    told["StockIssued"] = story.issue("C1", of(masks, 10), new("pills", 1, source="found"))
    told["StockReturned"] = story.give_back("C1", of(masks, 2))
    told["StockWrittenOff"] = story.write_off("C1", "damaged", of(masks, 2))
    told["StockInspected"] = story.inspect("D1", of(blank, 4, result="usable"))
    told["StockConverted"] = story.convert("D1", of(masks, 2), new("soap", 40))[0].partition("#")[0]
    told["StockCounted"] = story.count("C1", of(masks, 17), {"item": "soap", "quantity": 2})
    told["DayConfirmed"] = story.tell("DayConfirmed", {"place": "C1", "day": "2026-03-01"})
    return told


def balances(story: Story) -> dict:
    return {key: row for key, row in story.book.views["view_balance"].items() if row is not None}


def days(story: Story) -> dict:
    return {key: row for key, row in story.book.views["view_daily"].items() if any(row or ())}


def test_every_kind_is_reversed_or_superseded(story):
    assert every_kind(story).keys() | SUPERSEDED | FINAL | {"EntryReversed"} == KINDS.keys()


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - SUPERSEDED - FINAL - {"EntryReversed"}))
def test_a_reversal_leaves_the_book_as_if_it_had_never_been(kind):
    """Told without the entry, or told with it and reversed at once: the same sums, the same days."""
    story = Story()
    told = every_kind(story)
    before = None
    replayed = Story()
    for entry in story.entries[11:]:
        if entry.id == told[kind]:
            before = (balances(replayed), days(replayed))
        replayed.together([entry.command])
        if entry.id == told[kind]:
            replayed.reverse(entry.id)
            assert (balances(replayed), days(replayed)) == before
            return
    raise AssertionError(f"{kind} was not told")


def test_what_cannot_be_reversed(story):
    (lot,) = story.opening("C1", new("masks", 10))
    opened, place = story.entries[0].id, story.entries[1].id
    reversal = story.reverse(lot.partition("#")[0])
    nothing = "00000000-0000-8000-8000-000000000000"

    def broken(entry: str) -> list[str]:
        command = story.reversal(entry)
        return story.broken_command(command)

    assert broken(reversal) == ["reverses reversal_of_reversal"]
    assert broken(opened) == ["reverses not_reversible"]
    assert broken(place) == ["reverses not_reversible"]
    assert broken(lot.partition("#")[0]) == ["reverses reversed_twice"]
    assert broken(nothing) == ["reverses no_entry"]
    assert story.broken("EntryReversed", {"reverses": nothing, "reason": "other"}) == [
        "correction missing", "reverses no_entry",
    ]  # fmt: skip
    again = {"reverses": lot[:36], "reason": "other", "correction": nothing}
    assert story.broken("EntryReversed", again) == [
        "correction correction_alone", "reverses reversed_twice",
    ]  # fmt: skip


def test_a_receipt_is_not_reversed_under_what_was_made_of_it(story):
    (lot,) = story.opening("C1", new("masks", 10))
    story.issue("C1", of(lot, 4))
    (violation,) = _refusal(lambda: story.reverse(lot.partition("#")[0]))
    assert (violation.field, violation.rule) == ("lines", "below_zero")
    assert story.broken_command(story.reversal(lot.partition("#")[0])) == ["reverses below_zero"]
    assert story.accounts(lot) == {"usable C1": 6, "issued C1": 4}


def test_a_correction_reverses_dependents_newest_first_and_tells_them_again(story):
    """100 were written, 90 came; 30 went on to C1, of which 20 were issued."""
    (wrong,) = story.gift("D1", "GIFT-1", new("masks", 100), party="P1")
    way = story.send("D1", "C1", of(wrong, 30))
    arrived = story.arrive("C1", way, of(wrong, 30))
    issued = story.issue("C1", of(wrong, 20))
    first = story.reversal(issued)
    undo = [first, *[story.reversal(entry, first.id) for entry in (arrived, way, wrong.partition("#")[0])]]
    head = {"correction": first.id}

    gift = {"place": "D1", "gift": "GIFT-1", "party": "P1", "lines": [new("masks", 90)]}
    received = story.command("DonationReceived", head | gift)
    right = f"{received.id}#0"
    sent = story.command("TransferDispatched", head | {"from": "D1", "to": "C1", "lines": [of(right, 30)]})
    came = story.command(
        "TransferReceived", head | {"place": "C1", "dispatch": sent.id, "lines": [of(right, 30)]}
    )
    given = story.command(
        "StockIssued", head | {"place": "C1", "purpose": "clinic", "lines": [of(right, 20)]}
    )
    story.together([*undo, received, sent, came, given])
    assert story.accounts(wrong) == {}
    assert story.entered(wrong) == {}
    assert story.accounts(right) == {"usable D1": 60, "usable C1": 10, "issued C1": 20}


def test_stock_may_be_below_zero_between_the_entries_of_a_correction_and_only_there(story):
    (lot,) = story.opening("C1", new("masks", 10))
    issued = story.issue("C1", of(lot, 8))
    first = story.reversal(lot.partition("#")[0])  # 2 on hand, so -8 now
    second = story.reversal(issued, first.id)
    story.together([first, second])
    assert story.accounts(lot) == {}


def test_a_correction_that_ends_below_zero_is_refused_whole(story):
    (lot,) = story.opening("C1", new("masks", 10))
    issued = story.issue("C1", of(lot, 8))
    size, before = story.book.size, balances(story)
    first = story.reversal(issued)
    body = {"place": "C1", "purpose": "clinic", "lines": [of(lot, 11)], "correction": first.id}
    assert [
        v.rule for v in _refusal(lambda: story.together([first, story.command("StockIssued", body)]))
    ] == ["below_zero"]
    assert (story.book.size, balances(story)) == (size, before)
    assert story.book.entry(issued).reversed is False


def test_correction_names_the_first_entry_of_its_own_transaction(story):
    (lot,) = story.opening("C1", new("masks", 10))
    body = {"place": "C1", "purpose": "clinic", "lines": [of(lot, 1)]}
    assert story.broken("StockIssued", {**body, "correction": lot[:36]}) == ["correction correction_alone"]
    first = story.command("StockIssued", body)
    story.together([first, story.command("StockIssued", {**body, "correction": first.id})])


# movements older than a count -----------------------------------------------------------------------------


def test_a_reversed_issue_older_than_the_count_leaves_the_shelf_as_counted(story):
    (lot,) = story.opening("C1", new("masks", 10))
    issued = story.issue("C1", of(lot, 4))
    count = story.count("C1", of(lot, 6))
    story.reverse(issued)
    assert story.accounts(lot) == {"usable C1": 6, "missing C1": 4}
    assert story.quantity(lot, "missing", "C1", count) == 4


def test_a_reversed_issue_explains_what_the_count_had_found(story):
    (lot,) = story.opening("C1", new("masks", 10))
    issued = story.issue("C1", of(lot, 4))
    story.count("C1", of(lot, 9))
    story.reverse(issued)
    assert story.accounts(lot) == {"usable C1": 9, "missing C1": 1}
    assert story.entered(lot) == {"received": 10}


def test_a_reversed_receipt_older_than_the_count_is_found(story):
    (lot,) = story.opening("C1", new("masks", 10))
    story.count("C1", {"item": "masks", "quantity": 7})
    story.reverse(lot.partition("#")[0])
    assert story.accounts(lot) == {"usable C1": 7}
    assert story.entered(lot) == {"found": 7}


def test_a_reversed_arrival_older_than_the_count_is_in_transit_again(story):
    (lot,) = story.opening("D1", new("masks", 10))
    arrived = story.arrive("C1", story.send("D1", "C1", of(lot, 10)), of(lot, 10))
    story.count("C1", of(lot, 8))
    story.reverse(arrived)
    assert story.accounts(lot) == {"usable C1": 8, "transit C1": 10}
    assert story.entered(lot) == {"received": 10, "found": 8}


def test_a_count_elsewhere_or_before_covers_nothing(story):
    (lot,) = story.opening("C1", new("masks", 10))
    story.count("C1", of(lot, 10))
    issued = story.issue("C1", of(lot, 4))
    story.count("C2", of(lot, 0))
    story.reverse(issued)
    assert story.accounts(lot) == {"usable C1": 10}


def test_the_wrong_lot_is_corrected_after_a_count_of_the_item(story):
    """Stock stays as counted in sum; the lot that was not issued is back, the other is gone."""
    one, two = story.opening("C1", new("masks", 10), new("masks", 10))
    issued = story.issue("C1", of(one, 4))
    count = story.count("C1", {"item": "masks", "quantity": 16})
    first = story.reversal(issued)
    body = {
        "place": "C1",
        "purpose": "clinic",
        "covered_by": count,
        "lines": [of(two, 4)],
        "correction": first.id,
    }
    story.together([first, story.command("StockIssued", body)])
    assert story.accounts(one) == {"usable C1": 10}
    assert story.accounts(two) == {"usable C1": 6, "issued C1": 4}


def test_a_reversed_count_gives_back_what_it_called_missing_or_found(story):
    one, two = story.opening("C1", new("masks", 10), new("soap", 10))
    count = story.count("C1", of(one, 7), {"item": "soap", "quantity": 12}, {"item": "pills", "quantity": 3})
    story.reverse(count)
    assert story.accounts(one) == {"usable C1": 10}
    assert story.accounts(two) == {"usable C1": 10}
    assert story.accounts(f"{count}#0") == {}
    assert story.book.last_count("C1", story.book.lot(one)) is None


def test_a_reversed_count_older_than_the_last_one_hands_over_its_difference(story):
    (lot,) = story.opening("C1", new("masks", 10))
    first = story.count("C1", of(lot, 7))
    second = story.count("C1", of(lot, 7))
    story.reverse(first)
    assert story.accounts(lot) == {"usable C1": 7, "missing C1": 3}
    assert story.quantity(lot, "missing", "C1", second) == 3


def test_a_count_is_not_reversed_under_what_it_covers(story):
    (lot,) = story.opening("C1", new("masks", 10))
    count = story.count("C1", of(lot, 7))
    late = story.issue("C1", of(lot, 3), covered_by=count)
    assert story.broken_command(story.reversal(count)) == ["reverses below_zero"]
    first = story.reversal(late)
    story.together([first, story.reversal(count, first.id)])
    assert story.accounts(lot) == {"usable C1": 10}


def test_a_reversed_covered_movement_gives_the_difference_back_to_the_count(story):
    (lot,) = story.opening("C1", new("masks", 10))
    count = story.count("C1", of(lot, 7))
    story.reverse(story.issue("C1", of(lot, 5), covered_by=count))
    assert story.accounts(lot) == {"usable C1": 7, "missing C1": 3}
    assert story.entered(lot) == {"received": 10}


def test_a_reversed_covered_receipt_gives_the_found_lot_back(story):
    count = story.count("C1", {"item": "masks", "quantity": 50})
    body = {"place": "C1", "covered_by": count, "lines": [new("masks", 60)]}
    story.reverse(story.tell("AllotmentReceived", body))
    assert story.accounts(f"{count}#0") == {"to_inspect C1": 50}
    assert story.on_hand("C1", "masks") == 50


def test_a_state_change_is_undone_in_full_whatever_was_counted(story):
    (lot,) = story.opening("C1", unmarked("masks", 10))
    inspected = story.inspect("C1", of(lot, 6, result="usable"))
    story.count("C1", of(lot, 10))
    story.reverse(inspected)
    assert story.accounts(lot) == {"to_inspect C1": 10}


# a receipt without its dispatch ---------------------------------------------------------------------------


def match(story: Story, unmatched: str, way: str, lot: str, quantity: int, **more: str) -> None:
    """The correction that re-books an unmatched receipt on the dispatched lot."""
    first = story.reversal(unmatched.partition("#")[0], reason="matched")
    body = {"place": "C1", "dispatch": way, "lines": [of(lot, quantity)], "correction": first.id, **more}
    story.together([first, story.command("TransferReceived", body)])


def test_an_unmatched_receipt_is_matched_later(story):
    (lot,) = story.opening("D1", new("masks", 100))
    unmatched = f"{story.arrive('C1', None, unmarked('masks', 40))}#0"
    assert story.book.lot(unmatched).source == "unmatched"
    way = story.send("D1", "C1", of(lot, 40))
    match(story, unmatched, way, lot, 40)
    assert story.accounts(unmatched) == {}
    assert story.accounts(lot) == {"usable D1": 60, "usable C1": 40}


def test_an_unmatched_receipt_is_matched_after_the_item_was_counted(story):
    (lot,) = story.opening("D1", new("masks", 100))
    unmatched = f"{story.arrive('C1', None, unmarked('masks', 40))}#0"
    way = story.send("D1", "C1", of(lot, 40))
    count = story.count("C1", {"item": "masks", "quantity": 38})
    match(story, unmatched, way, lot, 40, covered_by=count)
    assert story.accounts(unmatched) == {}
    assert story.entered(unmatched) == {}
    assert story.accounts(lot) == {"usable D1": 60, "usable C1": 38, "missing C1": 2}


def _refusal(act) -> list:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.violations
