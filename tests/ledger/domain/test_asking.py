"""Requests (申领), decisions about them, and what is sent: what is open is known after every entry."""

from __future__ import annotations

import pytest

from tests.ledger.story import Story, new, of


@pytest.fixture
def story() -> Story:
    return Story()


def state(story: Story, request: str) -> str:
    found = story.book.request(request)
    assert found is not None
    return found.state


def line(story: Story, request: str, item: str) -> tuple[int, ...]:
    """(asked, granted, refused, sent)"""
    row = story.book.tables.get("view_request_line", (request, item))
    assert row is not None
    return tuple(row)


def share(request: str, item: str, quantity: int, **more: object) -> dict:
    return {"place": "C1", "item": item, "quantity": quantity, "request": request, **more}


def test_a_request_is_answered_in_parts(story: Story) -> None:
    (masks,), (soap,) = story.opening("D1", new("masks", 100)), story.opening("D1", new("soap", 9))
    asked = story.ask("C1", masks=50, soap=4)
    assert state(story, asked) == "open"
    story.send("D1", "C1", of(masks, 30), request=asked)
    assert (state(story, asked), line(story, asked, "masks")) == ("part", (50, 0, 0, 30))
    way = story.send("D1", "C1", of(masks, 20), of(soap, 5), request=asked)
    assert (state(story, asked), line(story, asked, "soap")) == ("answered", (4, 0, 0, 5))
    story.arrive("C1", way, of(masks, 15))
    assert state(story, asked) == "answered", "an arrival changes nothing"
    story.lose(way, of(masks, 5))
    assert (state(story, asked), line(story, asked, "masks")) == ("part", (50, 0, 0, 45))
    story.send("D1", "C1", of(masks, 5), request=asked)
    assert state(story, asked) == "answered"


def test_what_is_granted_waits_until_it_is_sent_and_what_is_refused_does_not(story: Story) -> None:
    (masks,) = story.opening("D1", new("masks", 100))
    asked = story.ask("C1", masks=50, soap=4)
    decision = story.decide(
        share(asked, "masks", 40, refused="short_for_all"), share(asked, "soap", 0, refused="out_of_stock")
    )
    assert (state(story, asked), line(story, asked, "masks")) == ("part", (50, 40, 1, 0))
    way = story.send("D1", "C1", of(masks, 40), decision=decision)
    assert (state(story, asked), line(story, asked, "masks")) == ("answered", (50, 40, 1, 40))
    story.cancel(way, of(masks, 40))
    assert (state(story, asked), line(story, asked, "masks")) == ("part", (50, 40, 1, 0))
    story.reverse(decision)
    assert (state(story, asked), line(story, asked, "masks")) == ("open", (50, 0, 0, 0))


def test_part_of_a_grant_leaves_the_rest_open_and_more_than_asked_is_waited_for(story: Story) -> None:
    (masks,) = story.opening("D1", new("masks", 100))
    asked = story.ask("C1", masks=50)
    story.decide(share(asked, "masks", 30))
    story.send("D1", "C1", of(masks, 30), request=asked)
    assert state(story, asked) == "part"
    story.decide(share(asked, "masks", 30))
    story.send("D1", "C1", of(masks, 20), request=asked)
    assert (state(story, asked), line(story, asked, "masks")) == ("part", (50, 60, 0, 50))


def test_refused_and_withdrawn(story: Story) -> None:
    (masks,) = story.opening("D1", new("masks", 100))
    refused, withdrawn = story.ask("C1", masks=50), story.ask("C1", masks=5)
    story.decide(share(refused, "masks", 0, refused="enough_there"))
    assert state(story, refused) == "refused"
    story.send("D1", "C1", of(masks, 3), request=withdrawn)
    story.together([story.reversal(withdrawn, reason="withdrawn")])
    assert state(story, withdrawn) == "withdrawn", "although something was sent"
    way = {"from": "D1", "to": "C1", "lines": [of(masks, 1)], "request": withdrawn}
    assert story.broken("TransferDispatched", way) == ["request taken_back"]


def test_a_dispatch_that_is_corrected_answers_what_the_new_one_names(story: Story) -> None:
    (masks,) = story.opening("D1", new("masks", 100))
    first, second = story.ask("C1", masks=10), story.ask("C2", masks=10)
    wrong = story.send("D1", "C1", of(masks, 10), request=first)
    undo = story.reversal(wrong, reason="wrong_place")
    body = {"from": "D1", "to": "C2", "request": second, "lines": [of(masks, 10)], "correction": undo.id}
    story.together([undo, story.command("TransferDispatched", body)])
    assert (state(story, first), state(story, second)) == ("open", "answered")


def test_what_is_asked_moves_nothing_and_is_heard(story: Story) -> None:
    story.opening("D1", new("masks", 100))
    before = dict(story.book.views["view_balance"])
    asked = story.ask("C1", day="2026-03-04", masks=10)
    story.decide(share(asked, "masks", 10), day="2026-03-05")
    assert story.book.views["view_balance"] == before
    heard = story.book.views["view_activity"]
    assert (heard["C1", "2026-03-04"], heard["S1", "2026-03-05"]) == ((1, 0), (1, 0))


def test_every_thing_that_does_not_fit_is_told(story: Story) -> None:
    asked = story.ask("C2", masks=10)
    body = {"place": "C9", "to": "C9", "needed_by": "2026-02-28", "lines": [
        {"item": "gold", "quantity": 1}, {"item": "gold", "quantity": 1},
    ]}  # fmt: skip
    assert story.broken("SupplyRequested", body) == [
        "place no_place", "to no_place", "to asks_itself", "needed_by needed_before", "lines.0.item no_item",
        "lines.1.item no_item", "lines.1.item duplicate_line",
    ]  # fmt: skip
    shares = [
        share(asked, "masks", 0),
        share(asked[:-1] + "0", "masks", 1),
        {**share("", "soap", 1), "request": None},
    ]
    decided = {"place": "S1", "rule": "judgement", "need": {"basis": "requested"}, "shares": shares}
    assert story.broken("AllocationDecided", decided) == [
        "shares.0.refused refusal_wanted", "shares.0.request request_of_other", "shares.1 duplicate_line",
        "shares.1.request no_entry",
    ]  # fmt: skip
