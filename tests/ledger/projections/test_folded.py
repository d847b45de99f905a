"""What the views say beside balances: days, activity, reversals, savepoints."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ledger.domain.rules import interpret
from ledger.domain.views import VIEWS, Key, Row
from ledger.domain.violations import Refused
from ledger.projections.folded import FoldedBook
from tests.ledger.story import Story, new, of, place


@pytest.fixture
def story() -> Story:
    return Story()


# days -----------------------------------------------------------------------------------------------------


def test_a_day_tells_what_came_and_what_went(story):
    (lot,) = story.opening("D1", new("masks", 100))
    way = story.send("D1", "C1", of(lot, 60))
    story.arrive("C1", way, of(lot, 40, surplus=1), of(lot, 5, state="rejected"))
    story.lose(way, of(lot, 15))
    story.issue("C1", of(lot, 10))
    story.give_back("C1", of(lot, 2))
    story.write_off("C1", "damaged", of(lot, 3))
    assert story.daily("D1", "masks") == {
        "received": 100, "dispatched": 60, "usable_change": 40, "stock_change": 40,
    }  # fmt: skip
    assert story.daily("C1", "masks") == {
        "arrived": 45, "issued": 8, "other_in": 1, "other_out": 3, "usable_change": 30, "stock_change": 35,
    }  # fmt: skip


def test_goods_that_come_back_to_their_sender_did_not_arrive_there(story):
    (lot,) = story.opening("D1", new("masks", 100))
    way = story.send("D1", "C1", of(lot, 60))
    story.cancel(way, of(lot, 20))
    assert story.daily("D1", "masks")["dispatched"] == 40
    assert story.daily("C1", "masks") == {}


def test_a_reversal_lowers_the_columns_that_its_entry_raised(story):
    (lot,) = story.opening("D1", new("masks", 100))
    way = story.send("D1", "C1", of(lot, 60))
    before = story.daily("D1", "masks"), story.daily("C1", "masks")
    arrived = story.arrive("C1", way, of(lot, 60))
    story.reverse(arrived)
    assert (story.daily("D1", "masks"), story.daily("C1", "masks")) == before
    story.reverse(way)
    assert story.daily("D1", "masks") == {"received": 100, "usable_change": 100, "stock_change": 100}


def test_what_was_issued_counts_even_where_no_stock_moved(story):
    """Issued as found, or covered by a count: demand is there, the shelf stays."""
    (lot,) = story.opening("C1", new("masks", 100))
    story.issue("C1", new("masks", 7, source="found"), day="2026-03-02")
    assert story.daily("C1", "masks", "2026-03-02") == {"issued": 7, "other_in": 7}
    count = story.count("C1", of(lot, 90), day="2026-03-05")
    story.issue("C1", of(lot, 10), day="2026-03-04", covered_by=count)
    assert story.daily("C1", "masks", "2026-03-04") == {"issued": 10, "other_out": -10}


def test_a_change_of_state_is_neither_in_nor_out(story):
    (lot,) = story.opening("C1", new("masks", 10, state="to_inspect"))
    story.inspect("C1", of(lot, 6, result="usable"))
    assert story.daily("C1", "masks") == {"received": 10, "usable_change": 6, "stock_change": 10}


def test_days_are_those_of_the_books_zone(story):
    (lot,) = story.opening("C1", new("masks", 10))
    story.issue("C1", of(lot, 1), day="2026-03-01T15:59:59.999Z")
    story.issue("C1", of(lot, 2), day="2026-03-01T16:00:00.000Z")
    assert story.daily("C1", "masks", "2026-03-01")["issued"] == 1
    assert story.daily("C1", "masks", "2026-03-02")["issued"] == 2


# activity -------------------------------------------------------------------------------------------------


def test_a_place_is_active_where_it_acts_not_where_it_is_named(story):
    """A silent center that is sent goods is still silent."""
    (lot,) = story.opening("D1", new("masks", 100))
    story.tell("DonationReceived", gift_for("C2"))
    way = story.send("D1", "C1", of(lot, 60))
    story.lose(way, of(lot, 10))
    story.cancel(way, of(lot, 50))
    active = {key[0] for key, row in story.book.views["view_activity"].items() if row}
    assert active == {"D1"}


def gift_for(center: str) -> dict[str, Any]:
    terms = {"beneficiary": center}
    return {"place": "D1", "gift": "GIFT-1", "donee": center, "terms": terms, "lines": [new("soap", 1)]}


# savepoints -----------------------------------------------------------------------------------------------


def snapshot(book: FoldedBook) -> dict[str, dict[Key, Row]]:
    return {name: {k: row for k, row in book.views[name].items() if row is not None} for name in VIEWS}


def retold(story: Story) -> dict[str, dict[Key, Row]]:
    """The views of the same entries folded anew."""
    book = FoldedBook()
    for entry in story.entries:
        first = entry.body.get("correction")
        book.fold(entry, interpret(entry.command, book, first, may_go_below_zero=first is not None))
    return snapshot(book)


def test_a_refused_correction_leaves_no_trace_in_any_view(story):
    """Nobody looks at the views in between, so that what is summed lazily is covered too."""
    (lot,) = story.opening("C1", new("masks", 10))
    (other,) = story.opening("C1", new("masks", 10))
    issued = story.issue("C1", of(lot, 8))
    first = story.reversal(issued)
    found = {"place": "C1", "purpose": "clinic", "lines": [of(lot, 99)], "correction": first.id}
    with pytest.raises(Refused):
        story.together([first, story.command("StockIssued", found)])
    story.write_off("C1", "damaged", of(other, 3))  # at the index that the refused reversal had
    story.count("C1", {"item": "masks", "quantity": 4})
    assert snapshot(story.book) == retold(story)


def test_changes_are_handed_over_once(story):
    story.book.take_changes()
    assert story.book.take_changes() == {}
    (lot,) = story.opening("C1", new("masks", 10))
    changes = story.book.take_changes()
    assert changes["view_balance"][lot, "usable", "C1", ""] == ("masks", 10)
    assert changes["view_daily"]["C1", "masks", "2026-03-01"][0] == 10
    story.issue("C1", of(lot, 10))
    assert story.book.take_changes()["view_balance"][lot, "usable", "C1", ""] is None  # gone: a row to delete
    assert story.book.take_changes() == {}


class Stored:
    """What a store holds: the rows of a snapshot, found as the store finds them, in another order."""

    def __init__(self, story: Story) -> None:
        self.views = copy.deepcopy(snapshot(story.book))
        self.entries = {
            entry.id: (entry.index, entry.kind, entry.command.occurred_at) for entry in story.entries
        }

    def row(self, view: str, key: Key) -> Row | None:
        return self.views[view].get(key)

    def rows(self, view: str, **where: object) -> list[tuple[Key, Row]]:
        names = [*VIEWS[view].key, *VIEWS[view].values]
        found = [
            (key, row)
            for key, row in self.views[view].items()
            if all(
                dict(zip(names, (*key, *row), strict=True))[name] == value for name, value in where.items()
            )
        ]
        return sorted(found, reverse=True)

    def entry(self, identity: str) -> tuple[int, str, str] | None:
        return self.entries.get(identity)


def test_a_book_that_reads_what_is_stored_answers_like_one_that_folded_it_all(story):
    """The same commands after a restart give the same postings, in the same order."""
    (lot,) = story.opening("D1", new("masks", 100))
    story.opening("C1", *[new("masks", 10, f"2026-{month:02}-01") for month in range(4, 12)])
    way = story.send("D1", "C1", of(lot, 40))
    unmatched = story.arrive("C1", None, new("masks", 12))
    count = story.count("C1", {"item": "masks", "quantity": 70}, {"item": "soap", "quantity": 3})
    story.count("C2", {"item": "masks", "quantity": 9})
    story.gift("D1", "GIFT-1", new("soap", 5), party="P1")
    confirmed = story.tell("DayConfirmed", {"place": "C1", "day": "2026-03-01"})

    again = Story()
    again.book = FoldedBook(Stored(story), story.book.size)
    again.entries, again.drafts, again._prev, again._ids = list(story.entries), [], story._prev, story._ids
    last_lot = list(story.book.stock("C1", "masks"))[-1].lot.id
    for told in (story, again):
        told.issue("C1", of(last_lot, 5), covered_by=count)
        told.reverse(unmatched)
        told.arrive("C1", way, of(lot, 40), covered_by=count)
        told.reverse(told.count("C1", {"item": "masks", "quantity": 33}))
        told.reverse(confirmed)
        told.tell("PlaceRegistered", place("C9", "center", "S1"))
    fresh = len(again.drafts)
    assert [d.postings for d in again.drafts] == [d.postings for d in story.drafts[-fresh:]]
    assert [e.data for e in again.entries] == [e.data for e in story.entries]
    merged = Stored(story).views
    stored = Stored(again).views
    assert all(stored[name].items() <= merged[name].items() for name in VIEWS)
