"""One run of a book at a time: who has to wait is told so, and then begins."""

from __future__ import annotations

import threading
from pathlib import Path

from dashboard.forecasts.kept import one_run_at_a_time


def test_a_second_run_is_told_that_it_waits_and_begins_when_the_first_ends(tmp_path: Path) -> None:
    told, events = threading.Event(), []

    def second() -> None:
        with one_run_at_a_time(tmp_path, told.set):
            events.append("second")

    with one_run_at_a_time(tmp_path, lambda: events.append("nobody else is there")):
        other = threading.Thread(target=second)
        other.start()
        assert told.wait(30)
        events.append("first")
    other.join(30)
    assert events == ["first", "second"]
