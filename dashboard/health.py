"""How a book is: what `mingzhang doctor` says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ledger.clock import MAY_LEAD, Clock
from ledger.domain.instants import parse_instant
from ledger.domain.views import VERSION
from ledger.home import Home
from ledger.published.confirmation import entries_published, read_confirmation
from ledger.published.cosigned import read_policy
from ledger.published.evidence import evidence_files
from ledger.published.state import read_state
from ledger.published.writing import PublishedError, PublishedLog
from ledger.record import Record
from ledger.tlog.policy import PolicyError


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
    lines += _signing(record.folder)
    lines += _witnesses(record.folder)
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
    if left < 0:
        lost = f"the book ends at {size:,}: {-left:,} are missing"
        return Line(f"{checkpoint.size:,} entries are published, but {lost}", True)
    return Line(f"published up to {checkpoint.size:,} entries; {left:,} not yet covered by a checkpoint")


def _signing(home: Home) -> list[Line]:
    """The key, what was signed last, and what stands in the way of signing."""
    lines = [Line("the signing key is here" if home.key_file.exists() else "the signing key is not here")]
    state = read_state(home.publishing_file)
    if state.signed_size > state.published_size:
        waiting = state.signed_size - state.published_size
        lines.append(Line(f"signed up to {state.signed_size:,} entries; {waiting:,} wait for witnesses"))
    if state.problem:
        lines.append(Line(f"the last attempt to publish failed: {state.problem}", True))
    if home.restored_file.exists():
        text = "restored from a backup: signing is off until somebody outside agrees (`mingzhang checkpoint`)"
        lines.append(Line(text, True))
    if (shown := entries_published(home)) < read_confirmation(home).published_size:
        lines.append(Line(f"publishing entries is delayed: {shown:,} of them are public"))
    if kept := evidence_files(home.evidence):
        lines.append(Line(f"evidence of a contradiction is kept: {kept[-1].name} ({len(kept)} in all)", True))
    return lines


def _witnesses(home: Home) -> list[Line]:
    """Who confirms the record, and when each last did."""
    try:
        read_policy(home.policy_file)
    except PolicyError as error:
        return [Line(f"{home.policy_file.name}: {error}", True)]
    told = read_confirmation(home)
    if not told.witnesses:
        return [Line("no witness: nobody outside confirms this record")]
    confirmed, needed = len(told.times), told.needed
    text = f"{confirmed} of {len(told.witnesses)} witnesses confirm what is published, {needed} needed"
    lines = [Line(text, confirmed < needed)]
    for one in told.witnesses:
        last = f"last at {one.time:%Y-%m-%d %H:%M} UTC, {one.size:,} entries" if one.time else "never"
        lines.append(Line(f"witness {one.name}: {last}" + (f"; it {one.problem}" if one.problem else "")))
    return lines
