"""Importing a list: read, plan, write in transactions of up to 1,000 commands, report."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.domain.entries import Command, write
from ledger.domain.instants import day_of, format_instant
from ledger.domain.rules import interpret
from ledger.domain.violations import Refused, Violation
from ledger.lists.findings import name_key
from ledger.lists.known import Known
from ledger.lists.layouts import NamedList, name_columns
from ledger.lists.lines import Line
from ledger.lists.lock import only_import
from ledger.lists.plan import Plan, plan
from ledger.lists.reading import read_table
from ledger.lists.report import ImportReport, report_of
from ledger.lists.whole_book import over_issued_in
from ledger.projections.folded import FoldedBook
from ledger.record import Outcome, Record, RecordProblem
from ledger.store.store import StoreProblem

MOST_COMMANDS = 1_000
Progress = Callable[[int, int], None]
NewSalt = Callable[[], str]


def import_list(
    record: Record,
    path: Path,
    kind: str,
    dry_run: bool = False,
    progress: Progress | None = None,
    new_salt: NewSalt = lambda: os.urandom(32).hex(),
) -> ImportReport:
    """Import a CSV or XLSX list into a book and write its report into the book's folder.

    `kind` is donations, issues, counts, centers or items; `progress(done, total)` counts lines. A dry run
    plans and checks everything the same way, writes the report and leaves the book as it is. `new_salt` is
    for books made with invented names. Raises ListProblem (nothing written) and RecordProblem; a list may
    be imported again after either, and goes on where it stopped.
    """
    listing = name_columns(read_table(path), kind)
    try:
        if dry_run:
            report = _try(record, listing, new_salt, progress)
        else:
            with only_import(record.home):
                report = _apply(record, listing, new_salt, progress)
    except StoreProblem as error:
        raise RecordProblem(str(error)) from None
    report.write(record.home)
    return report


@contextmanager
def _known(record: Record) -> Iterator[Known]:
    with record.store.read() as snapshot:
        book = FoldedBook(snapshot, snapshot.size())
        yield Known(book, snapshot, day_of(format_instant(record.now()), book.zone))


def _apply(record: Record, listing: NamedList, new_salt: NewSalt, progress: Progress | None) -> ImportReport:
    with _known(record) as known:
        planned = plan(listing, known, new_salt)
    if parties := [(one.party, one.salt, one.data) for line in planned.lines for one in line.parties]:
        record.register_private_parties(parties)  # first: an entry must never lack its opening
    added, done = 0, 0
    for lines in _transactions(planned.lines):
        commands = [command for line in lines for command in _commands(line)]
        outcomes = iter(record.write(commands) if commands else [])
        for line in lines:
            own = [next(outcomes) for _ in _commands(line)]
            added += sum(outcome.entry is not None and not outcome.repeated for outcome in own)
            _settle(line, own)
        done += len(lines)
        if progress is not None:
            progress(done, len(planned.lines))
    with record.folded() as book:
        _find_over_issued(planned, book)
    return report_of(planned, dry_run=False, added=added)


def _try(record: Record, listing: NamedList, new_salt: NewSalt, progress: Progress | None) -> ImportReport:
    """The same against a book in memory over a snapshot; nothing of it is kept."""
    with _known(record) as known:
        planned = plan(listing, known, new_salt)
        tried: dict[str, Command] = {}
        for done, line in enumerate(planned.lines, 1):
            outcomes = [_tried(command, known.book, tried) for command in _commands(line)]
            _settle(line, outcomes)
            if progress is not None and done % MOST_COMMANDS == 0:
                progress(done, len(planned.lines))
        _find_over_issued(planned, known.book)
    if progress is not None:
        progress(len(planned.lines), len(planned.lines))
    return report_of(planned, dry_run=True, added=0)


def _tried(command: Command, book: FoldedBook, tried: dict[str, Command]) -> Outcome:
    """What would become of a command, by the same rules, folded into the book in memory."""
    earlier = tried.get(command.id)
    if earlier is not None:
        if earlier == command:
            return Outcome(None, repeated=True)
        return Outcome(None, [Violation("id", "conflict", {"id": command.id, "index": "-"})])
    draft = interpret(command, book)
    if draft.violations:
        return Outcome(None, draft.violations)
    try:
        entry = write(command, book.size, "0" * 64, "0000-00-00T00:00:00.000Z")
    except Refused as refused:
        return Outcome(None, refused.violations)
    book.fold(entry, draft)
    tried[command.id] = command
    return Outcome(entry)


def _commands(line: Line) -> list[Command]:
    return [] if line.command is None else [*line.registrations, line.command]


def _transactions(lines: list[Line]) -> Iterator[list[Line]]:
    """Consecutive lines with at most 1,000 commands together; a line's commands stay in one."""
    some: list[Line] = []
    size = 0
    for line in lines:
        own = len(_commands(line))
        if some and size + own > MOST_COMMANDS:
            yield some
            some, size = [], 0
        some.append(line)
        size += own
    if some:
        yield some


def _settle(line: Line, outcomes: list[Outcome]) -> None:
    """Note the entry on the line, or hold it back with what the rules said."""
    broken = [violation for outcome in outcomes for violation in outcome.violations]
    for violation in broken:
        if violation.rule == "conflict":
            line.hold("conflict", index=violation.facts["index"])
        else:
            line.hold("refused", english=violation.message(), chinese=violation.message("zh"))
    if outcomes and not broken and (entry := outcomes[-1].entry) is not None:
        line.entry_index = entry.index


def _find_over_issued(planned: Plan, book: FoldedBook) -> None:
    """issued_over_received on the lines of issues, by the whole book with this list in it."""
    if planned.listing.kind != "issues" or book.kind != "archive":
        return
    over = {(name_key(one.name), unit): one.detail for one in over_issued_in(book) for unit in one.units}
    for line in planned.lines:
        detail = over.get((name_key(line.seen.name), line.seen.unit))
        if detail is not None and not line.held:
            line.find("issued_over_received", detail)
