"""What a place is and which response is in force, by day; neither moves anything."""

from __future__ import annotations

from tests.ledger.story import Story, new, place


def told(story: Story, day: str, **body: object) -> str:
    kind = "PlaceStatusSet" if "status" in body else "ResponseLevelRecorded"
    return story.tell(kind, dict(body), day)


def test_a_status_holds_from_its_day_until_the_next_whenever_it_was_written() -> None:
    story = Story()
    story.opening("C1", new("masks", 10))
    before = dict(story.book.views["view_balance"])
    told(story, "2026-03-05", place="C1", status="sealed", reason="outbreak")
    told(story, "2026-03-03", place="C1", status="closed")  # told late
    told(story, "2026-03-05", place="C1", status="merged", into="C2")  # instead of sealed
    held = [story.book.status_on("C1", f"2026-03-0{day}") for day in (2, 3, 4, 5, 6)]
    assert held == ["open", "closed", "closed", "merged", "merged"]
    assert story.book.views["view_balance"] == before
    story.tell("PlaceRegistered", place("C1", "center", "S1"))
    row = story.book.views["view_place"]["C1",]
    assert row is not None
    assert row[8] == "merged", "registered again, a place stays as it is"


def test_what_changes_nothing_or_names_nothing_is_refused() -> None:
    story = Story()
    assert story.broken("PlaceStatusSet", {"place": "X", "status": "closed"}) == ["place no_place"]
    assert story.broken("PlaceStatusSet", {"place": "C1", "status": "open"}) == ["status same_status"]
    nowhere = {"place": "C1", "status": "merged", "into": "X"}
    assert story.broken("PlaceStatusSet", nowhere) == ["into no_place"]
    assert story.broken("ResponseLevelRecorded", {"level": 5, "area": "S1"}) == ["level too_great"]
    assert story.broken("ResponseLevelRecorded", {"level": 1, "area": "99"}) == ["area no_area"]
    set_ = told(story, "2026-03-01", place="C1", status="closed")
    undo = {"reverses": set_, "reason": "other", "correction": set_}
    assert "reverses not_reversible" in story.broken("EntryReversed", undo)


def test_a_level_holds_until_the_next_and_ends_with_nought() -> None:
    story = Story()
    for day, level in ((2, 3), (4, 1), (6, 0)):
        told(story, f"2026-03-0{day}", area="990100", level=level)
    assert [story.book.response_on("990100", f"2026-03-0{d}") for d in range(1, 8)] == [0, 3, 3, 1, 1, 0, 0]
    assert story.book.response_on("S1", "2026-03-04") == 0, "of exactly this area"
