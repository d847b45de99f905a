"""A published run of forecasts: it cannot have seen more than there is, and it moves nothing."""

from __future__ import annotations

from tests.ledger.store.books import FORECAST_RUN
from tests.ledger.story import Story, new


def test_a_run_that_saw_no_more_than_there_is_is_accepted_and_moves_nothing() -> None:
    story = Story()
    story.opening("C1", new("masks", 10))
    before = {name: dict(rows) for name, rows in story.book.views.items()}
    story.tell("ForecastPublished", {**FORECAST_RUN, "log_size": story.book.size})
    changed = {name for name, rows in story.book.views.items() if rows != before[name]}
    assert changed <= {"view_activity"}
    again = story.entries[-1].id
    undo = {"reverses": again, "reason": "wrong_quantity", "correction": again}
    assert "reverses not_reversible" in story.broken("EntryReversed", undo)


def test_a_run_cannot_have_seen_more_entries_than_there_are_nor_failed_more_often_than_it_was_asked() -> None:
    story = Story()
    beyond = {**FORECAST_RUN, "log_size": story.book.size + 1}
    assert story.broken("ForecastPublished", beyond) == ["log_size too_great"]
    failing = {**FORECAST_RUN, "log_size": 1, "forecasts": 2, "failed": 3}
    assert story.broken("ForecastPublished", failing) == ["failed too_great"]
