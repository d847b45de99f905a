"""What donors decide: what may be shown, in both directions; what is erased, once."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.story import Story, new, party

SHOWN = st.dictionaries(st.sampled_from(("name", "item", "amount")), st.booleans(), min_size=1)


@pytest.fixture
def story() -> Story:
    """P1 gave GIFT-1."""
    story = Story()
    story.gift("D1", "GIFT-1", new("masks", 5), party="P1", commitment="0a" * 32)
    return story


def consent(story: Story, **body: object) -> list[str]:
    return story.broken("ConsentChanged", {"show": {"name": False}, "basis": "private_link", **body})


def erased(story: Story, **body: object) -> list[str]:
    return story.broken("DataErased", {"reason": "request", **body})


def row(story: Story, view: str, party: str = "", gift: str = "") -> tuple | None:
    return story.book.views[view].get((party, gift))


@pytest.mark.parametrize("ask", [consent, erased])
def test_one_known_party_or_gift_is_named(story, ask):
    assert ask(story, party="P1") == ask(story, gift="GIFT-1") == []
    assert ask(story, party="P1", gift=None) == []
    assert ask(story) == ask(story, party="P1", gift="GIFT-1") == ["body one_wanted"]
    assert ask(story, party="P9") == ["party no_party"]
    assert ask(story, gift="GIFT-9") == ["gift no_gift"]
    assert ask(story, gift="P1") != []


def test_consent_is_changed_piece_by_piece_and_back(story):
    def tell(show: dict[str, bool], **subject: str) -> None:
        story.tell("ConsentChanged", {**subject, "show": show, "basis": "paper"})

    tell({"name": True}, party="P1")
    assert row(story, "view_consent", "P1")[:3] == (1, -1, -1)
    tell({"name": False, "amount": True}, party="P1")
    assert row(story, "view_consent", "P1")[:3] == (0, -1, 1)
    tell({"item": False}, gift="GIFT-1")
    assert row(story, "view_consent", gift="GIFT-1")[:3] == (-1, 0, -1)
    tell({"name": True}, party="P1")
    assert row(story, "view_consent", "P1") == (1, -1, 1, story.entries[-1].index)


@settings(max_examples=30)
@given(st.lists(SHOWN, max_size=8))
def test_the_newest_word_on_each_piece_counts(told):
    story, wanted = Story(), {"name": -1, "item": -1, "amount": -1}
    for show in told:
        story.tell("ConsentChanged", {"party": "P2", "show": show, "basis": "opening"})
        wanted |= {piece: int(value) for piece, value in show.items()}
    found = row(story, "view_consent", "P2")
    assert (found is None) == (not told)
    assert found is None or found[:3] == tuple(wanted.values())


def test_what_is_kept_is_erased_once_until_there_is_more_of_it(story):
    party_one = {"party": "P1"}
    story.tell("DataErased", {**party_one, "reason": "request"})
    assert erased(story, **party_one) == ["party erased_before"]
    assert erased(story, gift="GIFT-1") == [], "a gift is another thing than its giver"
    assert erased(story, party="P2") == []
    story.tell("PartyRegistered", party("P1"))
    assert erased(story, **party_one) == []
    story.tell("DataErased", {**party_one, "reason": "retention"})
    assert row(story, "view_erasure", "P1") == (story.entries[-1].index,)
    assert erased(story, **party_one) == ["party erased_before"]


def test_a_gift_that_came_in_two_boxes_may_be_erased_after_each(story):
    story.tell("DataErased", {"gift": "GIFT-1", "reason": "request"})
    assert erased(story, gift="GIFT-1") == ["gift erased_before"]
    story.gift("D1", "GIFT-1", new("masks", 5), party="P1")
    assert erased(story, gift="GIFT-1") == []


def test_a_gift_keeps_its_newest_commitment_and_its_newest_donation(story):
    def kept() -> tuple:
        return story.book.views["view_gift"][("GIFT-1",)]

    first = story.entries[-1]
    assert kept() == ("P1", "D1", "2026-03-01", first.index, False, "0a" * 32, first.index)
    story.gift("C1", "GIFT-1", new("masks", 5), party="P1")
    assert kept() == ("P1", "D1", "2026-03-01", first.index, False, "0a" * 32, story.entries[-1].index)
    story.gift("C1", "GIFT-1", new("masks", 5), party="P1", commitment="0b" * 32)
    assert kept()[5] == "0b" * 32
    for entry in story.entries[-3:]:
        story.reverse(entry.id)
    assert kept()[4:6] == (True, "0b" * 32)
    assert consent(story, gift="GIFT-1") == [], "the entries can still be read, so the donor still decides"
    story.gift("C1", "GIFT-1", new("masks", 5), party="P2")
    assert kept() == ("P2", "C1", "2026-03-01", story.entries[-1].index, False, "", story.entries[-1].index)


def test_a_decision_is_changed_not_reversed_and_an_erasure_stays(story):
    consent_id = story.tell("ConsentChanged", {"party": "P1", "show": {"name": True}, "basis": "paper"})
    erasure_id = story.tell("DataErased", {"party": "P1", "reason": "request"})
    assert story.broken_command(story.reversal(consent_id)) == ["reverses not_reversible"]
    assert story.broken_command(story.reversal(erasure_id)) == ["reverses not_undone"]
    assert consent(story, party="P1") == []


def test_decisions_move_nothing(story):
    before = story.accounts(f"{story.entries[-1].id}#0")
    story.tell("ConsentChanged", {"gift": "GIFT-1", "show": {"amount": False}, "basis": "private_link"})
    story.tell("DataErased", {"gift": "GIFT-1", "reason": "emergency_over"})
    assert [draft.postings for draft in story.drafts[-2:]] == [[], []]
    assert story.accounts(f"{story.entries[-3].id}#0") == before
    assert all(a.index + 1 == b.index for a, b in pairwise(story.entries))
