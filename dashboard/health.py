"""How a book is: what `mingzhang doctor` says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ledger.clock import MAY_LEAD, Clock
from ledger.domain.instants import parse_instant
from ledger.domain.views import VERSION
from ledger.published.writing import PublishedError, PublishedLog
from ledger.record import Record


@dataclass(frozen=True)
class Line:
    """One finding; `bad` when somebody should do something."""

    text: str
    bad: bool = False


def examine(record: Record) -> list[Line]:
    with record.store.read() as snapshot:
        size, state = snapshot.size(), snapshot.views_state()
    last = record.entry(size - 1)
    lines = [Line(f"{record.kind} book {record.facts.origin}, {size:,} entries")]
    lines.append(_clock(record, last.recorded_at if last else None))
    fits = state == (size, VERSION)
    lines.append(
        Line("the views are at the size of the log" if fits else "run `mingzhang rebuild`", not fits)
    )
    lines.append(_published(record, size))
    return lines


def _clock(record: Record, last: str | None) -> Line:
    if last is None or record.kind not in ("live", "archive"):
        return Line("the book carries its own clock")
    clock = Clock(record.kind, last, record.folder.accepted_clock())
    if minutes := clock.minutes_behind(last):
        text = f"the clock is {minutes} minutes behind the last entry; check it, then `doctor --accept-clock`"
        return Line(text, True)
    if datetime.now(UTC) - parse_instant(last) > MAY_LEAD:
        return Line(f"the last entry is of {last}, more than a day ago")
    return Line("the clock agrees with the last entry")


def _published(record: Record, size: int) -> Line:
    try:
        checkpoint = PublishedLog(record.folder.log).checkpoint()
    except PublishedError as error:
        return Line(str(error), True)
    if checkpoint is None:
        return Line("nothing is published yet: run `mingzhang checkpoint`", True)
    left = size - checkpoint.size
    text = f"published up to {checkpoint.size:,} entries; {left:,} not yet covered by a checkpoint"
    return Line(text, left < 0)
