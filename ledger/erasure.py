"""Forgetting: unpublish at once, destroy after a time, say on the record that it was done.

Law: PIPL 47 (delete on request, or stop all but storing while another law wants it kept), 突发事件应对法 85
(what was taken for an emergency goes after it). Every proof stays valid: an entry holds commitments, never
what they commit to. The order, each on disk before the next: HOME/erasures, salt and data, the entry
DataErased; whatever was cut off in between, the next `erase_due` ends, and a repeat adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ledger.domain.entries import Command
from ledger.domain.ids import derived_id, new_id
from ledger.domain.instants import format_instant
from ledger.forgetting import ErasureList, Line, carry_out, replay
from ledger.home import HomeProblem
from ledger.store.private import (
    Kind,
    PrivateRow,
    erased_at,
    gifts_of,
    marked_rows,
    private_rows,
    registered_at,
)
from ledger.store.store import Snapshot, StoreProblem
from ledger.writer import RecordProblem

if TYPE_CHECKING:
    from ledger.record import Record

__all__ = ["RETENTION_DAYS", "Erased", "Forgetting", "erase_due", "forget", "plan_forgetting", "replay"]

RETENTION_DAYS = 30
SETTING = ("erase_after_days", "", "")  # PolicySet of the whole book, in place of RETENTION_DAYS
HIDDEN = {"name": False, "item": False, "amount": False}
_SYSTEM = {"role": "system", "place": None}
Subject = tuple[Kind, str]


@dataclass(frozen=True)
class Forgetting:
    """What forgetting does, or did.

    Attributes:
        kept: parties and gifts of which something is kept, that is to be destroyed.
        hidden: those of which consent is withdrawn by an entry; the others showed nothing already.
        erase_after: the instant after which `erase_due` has destroyed all of it; None where nothing is kept.
        entries: indexes of the entries that were written.
    """

    kept: tuple[Subject, ...]
    hidden: tuple[Subject, ...]
    erase_after: str | None
    entries: tuple[int, ...] = ()


@dataclass(frozen=True)
class Erased:
    """What `erase_due` did.

    Attributes:
        destroyed: parties and gifts whose salt and data are gone.
        entries: indexes of the entries that say so; of an erasure that had been cut off, too.
        is_complete: False while another program still reads a file that holds the bytes: run it again. The
            entries are written when the bytes are gone.
    """

    destroyed: tuple[Subject, ...]
    entries: tuple[int, ...]
    is_complete: bool


def plan_forgetting(
    record: Record, *, party: str | None = None, gift: str | None = None, after_days: int | None = None
) -> Forgetting:
    """What `forget` would do; nothing is written. Raises as `forget`."""
    with _told():
        return _plan(record, party, gift, after_days)[0]


def forget(
    record: Record,
    *,
    party: str | None = None,
    gift: str | None = None,
    after_days: int | None = None,
    reason: str = "request",
    basis: str = "paper",
    actor: dict[str, Any] | None = None,
) -> Forgetting:
    """Stop showing a party with all its gifts, or one gift, at once, and mark what is kept for destruction.

    `after_days` is 0 for at once (call `erase_due` then), by default what the book's PolicySet or
    RETENTION_DAYS says; a date that was set before is never put off. `reason` is one of DataErased's, `basis`
    of ConsentChanged's. Raises RecordProblem when the book has no such party or gift, or cannot be written;
    ValueError unless one is named.
    """
    erasures = ErasureList(record.folder)
    with _told(), erasures.locked():
        planned, kept = _plan(record, party, gift, after_days)
        erasures.append([
            Line("erase_after", row.kind, row.code, upto, reason, row.erase_after or "") for row, upto in kept
        ])  # fmt: skip
        carry_out(erasures, record.store)
        now = format_instant(record.now())
        commands = [
            Command(
                "ConsentChanged", new_id(), now, dict(actor or _SYSTEM),
                {kind: code, "show": dict(HIDDEN), "basis": basis},
            )
            for kind, code in planned.hidden
        ]  # fmt: skip
        entries = _write(record, commands)
    return Forgetting(planned.kept, planned.hidden, planned.erase_after, entries)


def erase_due(record: Record) -> Erased:
    """Destroy what is due by the book's clock, and say so on the record; end what was cut off before.

    Exactly once: processes wait for each other, and ids are derived. Raises RecordProblem.
    """
    erasures = ErasureList(record.folder)
    with _told(), erasures.locked():
        carry_out(erasures, record.store)
        now = format_instant(record.now())
        reasons = {(line.kind, line.code): line.reason for line in erasures.read()}
        with record.store.read() as snapshot:
            due = [row for row in marked_rows(snapshot) if (row.erase_after or "") <= now]
            lines = [
                Line(
                    "erased", row.kind, row.code, registered_at(snapshot, row.kind, row.code) or 0,
                    reasons.get((row.kind, row.code), "request"), now,
                )
                for row in due
            ]  # fmt: skip
        erasures.append(lines)
        carry_out(erasures, record.store)
        is_complete = not erasures.leaves_bytes
        entries = _write_erased(record, erasures.read()) if is_complete else ()
    return Erased(tuple((line.kind, line.code) for line in lines), entries, is_complete)


def due_dates(record: Record) -> list[tuple[str, Subject]]:
    """(instant, what is to be erased after it), the earliest first."""
    with _told(), record.store.read() as snapshot:
        return [(row.erase_after or "", (row.kind, row.code)) for row in marked_rows(snapshot)]


def _plan(
    record: Record, party: str | None, gift: str | None, after_days: int | None
) -> tuple[Forgetting, list[tuple[PrivateRow, int]]]:
    """The plan, and the kept rows as they are to be marked, each with the entry that last registered it."""
    if (party is None) == (gift is None):
        raise ValueError("name a party or a gift")
    with record.store.read() as snapshot:
        subjects = _subjects(snapshot, party, gift)
        rows = [row for kind, code in subjects for row in private_rows(snapshot, kind, [code])]
        registered = [registered_at(snapshot, row.kind, row.code) or 0 for row in rows]
        hidden = tuple(one for at, one in enumerate(subjects) if _shows(snapshot, one, is_asked=at == 0))
        days = _retention_days(snapshot) if after_days is None else after_days
    asked = format_instant(record.now() + timedelta(days=days))
    marked = [row._replace(erase_after=min(asked, row.erase_after or asked)) for row in rows]
    last = max((row.erase_after or "" for row in marked), default=None)
    kept = tuple((row.kind, row.code) for row in rows)
    return Forgetting(kept, hidden, last), list(zip(marked, registered, strict=True))


def _subjects(snapshot: Snapshot, party: str | None, gift: str | None) -> list[Subject]:
    """What is asked for first; of a party, its gifts after it."""
    asked: Subject = ("gift", gift) if gift is not None else ("party", party or "")
    if registered_at(snapshot, *asked) is None:
        raise RecordProblem(f"the book has no {asked[0]} {asked[1]}")
    return [asked] if party is None else [asked, *(("gift", code) for code in gifts_of(snapshot, party))]


def _shows(snapshot: Snapshot, subject: Subject, is_asked: bool) -> bool:
    """Whether an entry is needed for nothing of it to be shown: a gift without consent of its own follows its
    party."""
    kind, code = subject
    row = snapshot.row("view_consent", (code, "") if kind == "party" else ("", code))
    if row is None:
        return is_asked
    return any(value != 0 for value in row[:3]) if is_asked else any(value == 1 for value in row[:3])


def _retention_days(snapshot: Snapshot) -> int:
    row = snapshot.row("view_policy", SETTING)
    return int(row[0]) if row else RETENTION_DAYS


def _write_erased(record: Record, lines: list[Line]) -> tuple[int, ...]:
    """DataErased of every line that has none yet, unless the subject was registered anew since."""
    with record.store.read() as snapshot:
        waiting = [
            line
            for line in {_identity(line): line for line in lines if line.do == "erased"}.values()
            if registered_at(snapshot, line.kind, line.code) == line.upto
            and (erased_at(snapshot, line.kind, line.code) or -1) < line.upto
        ]
    commands = [
        Command(
            "DataErased", _identity(line), line.at, dict(_SYSTEM),
            {line.kind: line.code, "reason": line.reason},
        )
        for line in waiting
    ]  # fmt: skip
    return _write(record, commands)


def _identity(line: Line) -> str:
    return derived_id("DataErased", line.kind, line.code, str(line.upto))


def _write(record: Record, commands: list[Command]) -> tuple[int, ...]:
    outcomes = record.write(commands) if commands else []
    broken = [violation.message() for outcome in outcomes for violation in outcome.violations]
    if broken:
        raise RecordProblem("; ".join(broken))
    return tuple(outcome.entry.index for outcome in outcomes if outcome.entry is not None)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (StoreProblem, HomeProblem) as error:
        raise RecordProblem(str(error)) from None
