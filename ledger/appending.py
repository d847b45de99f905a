"""Appending within one transaction: which commands become entries, and what is answered for the others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ledger.clock import Clock
from ledger.domain import canonical
from ledger.domain.entries import Command, Entry, from_envelope, write
from ledger.domain.ids import is_entry_id
from ledger.domain.lots import Account
from ledger.domain.rules import interpret
from ledger.domain.violations import Refused, Violation
from ledger.projections.folded import FoldedBook
from ledger.tlog.merkle import leaf_hash

Head = tuple[int, str, str | None]  # size, last leaf as hex, last recorded_at


@dataclass(frozen=True)
class Outcome:
    """What became of a command: its entry, or why it was refused. `repeated`: it was in the book before."""

    entry: Entry | None
    violations: list[Violation] = field(default_factory=list)
    repeated: bool = False


@dataclass
class Work:
    """Commands that wait for the writer, and what became of them."""

    commands: Sequence[Command]
    recorded_at: Sequence[str] | None
    together: bool
    outcomes: list[Outcome] | None = None
    problem: BaseException | None = None


class _Writer(Protocol):
    """What the chain asks of the writer: where the log ends, and its clock."""

    head: Head
    clock: Clock

    def minutes_behind(self, last: str) -> int: ...


class Found:
    """Entries that the waiting commands' ids name already."""

    def __init__(self, find: Callable[[list[str]], dict[str, bytes]], taken: list[Work]) -> None:
        commands = [command for work in taken for command in work.commands]
        self._stored = find([command.id for command in commands if _is_id(command.id)])
        self._fresh: dict[str, Entry] = {}

    def get(self, identity: Any) -> Entry | None:
        if not _is_id(identity):
            return None  # the rules will say so
        if identity in self._fresh:
            return self._fresh[identity]
        data = self._stored.get(identity)
        return None if data is None else read_stored(data)

    def add(self, entries: Iterable[Entry]) -> None:
        self._fresh.update((entry.id, entry) for entry in entries)


class Chain:
    """Appends the commands of one piece of work to the entries of the transaction."""

    def __init__(self, writer: _Writer, book: FoldedBook, found: Found, entries: list[Entry]) -> None:
        self.writer = writer
        self.book = book
        self.found = found
        self.entries = entries

    def each(self, work: Work) -> list[Outcome]:
        outcomes = []
        for number, command in enumerate(work.commands):
            earlier = self.found.get(command.id)
            if earlier is not None:
                outcomes.append(_answer_again(command, earlier))
                continue
            try:
                entry = self._append(command, _nth(work.recorded_at, number), command.id)
                self.found.add([entry])
                outcomes.append(Outcome(entry))
            except Refused as refused:
                outcomes.append(Outcome(None, refused.violations))
        return outcomes

    def together(self, work: Work) -> list[Outcome]:
        """All or none. Stock may be below zero between the entries, and is checked at the end."""
        if not work.commands:
            return []
        earlier = [self.found.get(command.id) for command in work.commands]
        if any(earlier):
            return [
                _answer_again(command, entry) if entry else Outcome(None, [_missing_beside(command)])
                for command, entry in zip(work.commands, earlier, strict=True)
            ]
        if broken := _ill_joined(work.commands):
            return [Outcome(None, broken)]
        start, first = len(self.entries), work.commands[0].id
        self.book.begin()
        try:
            touched: dict[tuple[str, Account], str] = {}  # what gave, and the field that took it
            for number, command in enumerate(work.commands):
                self._append(command, _nth(work.recorded_at, number), first, touched)
            if broken := _below_zero(self.book, touched):
                raise Refused(broken)
        except Refused as refused:
            self.book.undo()
            del self.entries[start:]
            return [Outcome(None, refused.violations)]
        self.book.commit()
        self.found.add(self.entries[start:])
        return [Outcome(entry) for entry in self.entries[start:]]

    def _append(
        self,
        command: Command,
        recorded_at: str | None,
        first: str,
        touched: dict[tuple[str, Account], str] | None = None,
    ) -> Entry:
        corrects = touched is not None and _correction(command) is not None
        draft = interpret(command, self.book, first, may_go_below_zero=corrects)
        if draft.violations:
            raise Refused(draft.violations)
        size, prev, last = self._head()
        if recorded_at is None:
            if last is not None and (minutes := self.writer.minutes_behind(last)):
                raise Refused([Violation("recorded_at", "clock_behind", {"minutes": minutes})])
            recorded_at = self.writer.clock.recorded_at(last)
        elif last is not None and recorded_at < last:
            raise Refused([Violation("recorded_at", "shape", {"why": f"it may not go back from {last}"})])
        entry = write(command, size, prev, recorded_at)
        self.book.fold(entry, draft)
        self.entries.append(entry)
        if touched is not None:
            touched.update(draft.takers())
        return entry

    def _head(self) -> tuple[int, str, str | None]:
        if not self.entries:
            return self.writer.head
        last = self.entries[-1]
        return last.index + 1, leaf_hash(last.data).hex(), last.recorded_at


def _nth(values: Sequence[str] | None, number: int) -> str | None:
    return None if values is None else values[number]


def _answer_again(command: Command, entry: Entry) -> Outcome:
    """Same id and same command: the first answer again. Same id, other command: conflict."""
    try:
        # by their bytes: in Python 1, 1.0 and true are equal
        if canonical.encode(entry.command.as_dict()) == canonical.encode(command.as_dict()):
            return Outcome(entry, repeated=True)
    except canonical.NotCanonical:
        pass
    return Outcome(None, [Violation("id", "conflict", {"id": command.id, "index": entry.index})])


def _is_id(identity: Any) -> bool:
    return isinstance(identity, str) and is_entry_id(identity)


def _correction(command: Command) -> Any:
    return command.body.get("correction") if isinstance(command.body, dict) else None


def _ill_joined(commands: Sequence[Command]) -> list[Violation]:
    """Entries written together have ids of their own; if one names a correction, all of them name it."""
    if len({command.id for command in commands if _is_id(command.id)}) < len(commands):
        why = "commands written together each have a valid id of their own"
        return [Violation("id", "shape", {"why": why})]
    if len({str(_correction(command)) for command in commands}) > 1:
        why = "all entries of one correction name its first entry"
        return [Violation("correction", "shape", {"why": why})]
    return []


def _missing_beside(command: Command) -> Violation:
    why = f"{command.id} is new, but others of the same transaction are in the book already"
    return Violation("id", "shape", {"why": why})


def _below_zero(book: FoldedBook, touched: dict[tuple[str, Account], str]) -> list[Violation]:
    broken = []
    for (lot, account), name in touched.items():
        after = book.quantity(lot, account)
        if after < 0:
            facts = {"have": 0, "need": -after, "short": -after, "lot": lot}
            broken.append(
                Violation(name, "below_zero", facts | {"place": account.place, "account": account.kind})
            )
    return broken


def read_stored(data: bytes) -> Entry:
    """The entry of bytes that were written here; `verify` is what checks them."""
    return from_envelope(json.loads(data), data)
