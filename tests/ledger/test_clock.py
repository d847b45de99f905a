"""Each book has its own clock, and no entry is recorded before the one that it follows."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.audit import rebuild
from ledger.clock import Clock
from ledger.domain.instants import format_instant, parse_instant
from ledger.record import Record
from tests.ledger.store import books
from tests.ledger.store.books import OPENED_AT, Place, quiet_day, registers


def from_now(**ahead: float) -> str:
    return format_instant(datetime.now(UTC) + timedelta(**ahead))


def later_book(home: Path, last: str, kind: str = "live") -> Record:
    """A book whose last entry was recorded at `last`, as if the system's clock had been put back since."""
    record = Place(home).create(kind)
    books.accept(record, registers())
    books.chain_on(record.store, [quiet_day("last")], last)
    rebuild(record.store)
    record.close()
    return Place(home).open()


def recorded(record: Record, name: str) -> str:
    return books.accept(record, [quiet_day(name)])[0].recorded_at


@pytest.mark.parametrize("kind", ["simulated", "drill"])
def test_a_book_with_its_own_clock_stands_still_while_it_is_closed(tmp_path: Path, kind: str):
    record = Place(tmp_path).create(kind)
    books.accept(record, registers())
    last = recorded(record, "1")
    assert timedelta(0) <= parse_instant(last) - parse_instant(OPENED_AT) < timedelta(minutes=1)
    record.close()
    time.sleep(0.6)
    again = Place(tmp_path).open()
    opened = again.now()
    assert opened - parse_instant(last) < timedelta(seconds=0.5)
    time.sleep(0.05)
    assert again.now() - opened >= timedelta(seconds=0.04), "it runs while the book is open"
    assert recorded(again, "2") > last
    again.close()


@pytest.mark.parametrize("kind", ["live", "archive"])
def test_live_and_archive_books_follow_the_system(tmp_path: Path, kind: str):
    record = Place(tmp_path).create(kind)
    books.accept(record, registers())
    before = from_now()
    assert before <= recorded(record, "1") <= from_now()
    assert abs(record.now() - datetime.now(UTC)) < timedelta(seconds=1)
    record.close()


def test_a_clock_a_little_behind_repeats_the_last_instant(tmp_path: Path):
    last = from_now(minutes=4)
    record = later_book(tmp_path, last)
    assert recorded(record, "1") == recorded(record, "2") == last
    record.close()


def test_a_clock_far_behind_is_refused_until_it_is_accepted(tmp_path: Path):
    last = from_now(minutes=90)
    record = later_book(tmp_path, last)
    size = record.size
    (outcome,) = record.write([quiet_day("1")])
    (violation,) = outcome.violations
    assert (violation.rule, violation.facts) == ("clock_behind", {"minutes": 89})
    assert "doctor --accept-clock" in violation.message()
    assert "accept-clock" in violation.message("zh")
    assert record.size == size
    # what is in the book already is still answered
    assert record.write([registers()[0]])[0].repeated
    # `doctor --accept-clock` is another process; this one goes on without being opened again
    record.folder.accepted_clock_file.write_text(f"{last}\n")
    assert recorded(record, "2") == recorded(record, "3") == last
    record.close()


def test_what_was_accepted_holds_for_that_lag_alone(tmp_path: Path):
    record = later_book(tmp_path, from_now(minutes=90))
    record.folder.accepted_clock_file.write_text(from_now(minutes=60))
    assert record.write([quiet_day("1")])[0].violations[0].rule == "clock_behind"
    record.close()


@pytest.mark.parametrize("kind", ["simulated", "drill"])
def test_a_clock_of_its_own_is_never_behind(tmp_path: Path, kind: str):
    last = from_now(days=400)
    record = later_book(tmp_path, last, kind)
    assert recorded(record, "1") >= last
    record.close()


def test_a_clock_far_ahead_goes_on(tmp_path: Path):
    before = from_now(days=-3)
    record = Place(tmp_path).create("live")
    books.accept(record, registers())
    record.close()
    assert Clock("live", before).recorded_at(before) > before
    assert Clock("live", before).minutes_behind(before) == 0


@pytest.mark.parametrize(("behind", "refused"), [(4.9, False), (5.2, True), (60, True)])
def test_five_minutes_are_the_limit(behind: float, refused: bool):
    last = from_now(minutes=behind)
    assert bool(Clock("live", last).minutes_behind(last)) == refused
    assert Clock("live", last, last).minutes_behind(last) == 0
    assert Clock("simulated", last).minutes_behind(from_now(minutes=300)) == 0
