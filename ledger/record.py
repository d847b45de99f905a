"""The record of one book: check, append, project, in one transaction. Nothing else writes entries."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ledger.clock import Clock
from ledger.domain import canonical
from ledger.domain.entries import GENESIS_PREV, Command, Entry, from_envelope, write
from ledger.domain.ids import derived_id, is_entry_id
from ledger.domain.instants import parse_instant
from ledger.domain.lots import Account
from ledger.domain.rules import interpret
from ledger.domain.views import VERSION
from ledger.domain.violations import Refused, Violation
from ledger.home import Home, HomeProblem
from ledger.projections.folded import FoldedBook
from ledger.projections.tables import Nothing, Whole
from ledger.published.writing import PublishedError, PublishedLog
from ledger.store.store import Store, StoreProblem, Unstorable, Writing
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.merkle import leaf_hash
from ledger.tlog.note import Signer
from ledger.verify import PROBLEMS, envelope_problem

if TYPE_CHECKING:
    from ledger.store.reading import Reading

SYSTEM = {"role": "system", "place": None}
_MOST_ROWS_KEPT = 2_000_000  # rows of views kept in memory between transactions; past it they are let go


class RecordProblem(Exception):
    """The book cannot be opened, made or written; the message is one sentence."""


@dataclass(frozen=True)
class Outcome:
    """What became of a command: its entry, or why it was refused. `repeated`: it was in the book before."""

    entry: Entry | None
    violations: list[Violation] = field(default_factory=list)
    repeated: bool = False


@dataclass(frozen=True)
class BookFacts:
    """What entry 0 says."""

    name_zh: str
    name_en: str
    origin: str
    kind: str
    time_zone: str
    vkey: str

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


@dataclass
class _Work:
    """Commands that wait for the writer, and what became of them."""

    commands: Sequence[Command]
    recorded_at: Sequence[str] | None
    together: bool
    outcomes: list[Outcome] | None = None
    problem: BaseException | None = None


class Record:
    """One open book. Threads may share it: within a process one writer takes all waiting commands into one
    transaction; between processes the database's lock serialises; callers are answered after the commit."""

    def __init__(self, home: Home, store: Store, facts: BookFacts, last_recorded_at: str | None) -> None:
        self.home = home.path
        self.folder = home
        self.store = store
        self.facts = facts
        self.clock = Clock(facts.kind, last_recorded_at, home.accepted_clock())
        self._waiting: list[_Work] = []
        self._waiting_lock = threading.Lock()
        self._turn = threading.Lock()
        self._book: FoldedBook | None = None
        self._rebuilds = 0  # how often the views had been made anew when `_book` was read from them
        self._head: tuple[int, str, str | None] = (0, GENESIS_PREV, None)  # size, last leaf, last recorded_at

    # opening and making ----------------------------------------------------------------------------------

    @classmethod
    def open(cls, home: Path, database_url: str | None = None) -> Record:
        """Raises RecordProblem when there is no usable book in `home`."""
        try:
            store = Store(home, database_url)
        except StoreProblem as error:
            raise RecordProblem(str(error)) from None
        try:
            return cls._opened(Home(home), store)
        except BaseException:
            store.close()
            raise

    @classmethod
    def _opened(cls, home: Home, store: Store) -> Record:
        try:
            with store.read() as snapshot:
                size = snapshot.size()
                first, last = snapshot.entry_bytes(0), snapshot.entry_bytes(size - 1) if size else None
            if first is None:
                raise RecordProblem(f"the book in {home.path} has no entry 0")
            opened = canonical.decode_loose(first)
            body = opened["body"]
            names = body["name"]
            facts = BookFacts(
                names.get("zh") or names.get("en"), names.get("en") or names.get("zh"), body["origin"],
                body["kind"], body["time_zone"], body["vkey"],
            )  # fmt: skip
            last_recorded_at = canonical.decode_loose(last or first)["recorded_at"]
            return cls(home, store, facts, last_recorded_at)
        except (StoreProblem, HomeProblem) as error:
            raise RecordProblem(str(error)) from None
        except (AttributeError, LookupError, TypeError, ValueError):
            raise RecordProblem("entry 0 or the last entry cannot be read; run `mingzhang verify`") from None

    @classmethod
    def create(
        cls,
        home: Path,
        *,
        name: dict[str, str],
        origin: str,
        kind: str,
        time_zone: str = "Asia/Shanghai",
        recorded_at: str | None = None,
        database_url: str | None = None,
        signer: Signer | None = None,
    ) -> Record:
        """Make a book: folder, keys, database, entry 0. Raises RecordProblem or Refused.

        `recorded_at` is for simulated and drill books, which begin in their own time; `signer` for tests.
        """
        folder = Home(home)
        if folder.vkey_file.exists():
            raise RecordProblem(f"{home} already holds a book")
        _check_carries_clock(kind, recorded_at)
        try:
            signer = signer or Signer.generate(origin)
        except ValueError as error:
            raise Refused([Violation("origin", "shape", {"why": str(error)})]) from None
        vkey = str(signer.verifier)
        body = {"name": name, "origin": origin, "kind": kind, "time_zone": time_zone, "vkey": vkey}
        moment = recorded_at or Clock("live", None).recorded_at(None)
        command = Command("BookOpened", derived_id("BookOpened", vkey), moment, dict(SYSTEM), body)
        if broken := interpret(command, FoldedBook()).violations:
            raise Refused(broken)
        try:
            folder.make()
            store = Store(home, database_url, create=True)
        except (StoreProblem, HomeProblem) as error:
            raise RecordProblem(str(error)) from None
        facts = BookFacts(
            name.get("zh") or name["en"], name.get("en") or name["zh"], origin, kind, time_zone, vkey
        )
        record = cls(folder, store, facts, recorded_at)
        try:
            record._begin(command, signer, [moment] if recorded_at else None)
        except BaseException:
            store.close()
            raise
        return record

    def _begin(self, opening: Command, signer: Signer, recorded_at: list[str] | None) -> None:
        """Keys and entry 0. Who made a book here meanwhile keeps it, and its keys."""
        try:
            if self.size:
                raise RecordProblem("the database already holds a book")
            self.folder.write_keys(signer)
        except (StoreProblem, HomeProblem) as error:
            raise RecordProblem(str(error)) from None
        if self.write([opening], recorded_at)[0].entry is None:
            self.folder.drop_keys()
            raise RecordProblem("the database already holds a book")

    def close(self) -> None:
        self.store.close()

    # reading ---------------------------------------------------------------------------------------------

    @property
    def kind(self) -> str:
        return self.facts.kind

    @property
    def size(self) -> int:
        """Number of entries now."""
        with self.store.read() as snapshot:
            return snapshot.size()

    def now(self) -> datetime:
        """The book's clock, UTC."""
        return self.clock.now()

    def entry(self, index: int) -> Entry | None:
        with self.store.read() as snapshot:
            data = snapshot.entry_bytes(index)
        return None if data is None else _read(data)

    def find(self, entry_id: str) -> Entry | None:
        with self.store.read() as snapshot:
            data = snapshot.find([entry_id]).get(entry_id)
        return None if data is None else _read(data)

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Exact bytes in order."""
        with self.store.read() as snapshot:
            for _, _, data in snapshot.entries(start, stop):
                yield data

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """What pages ask, on one consistent snapshot."""
        from ledger.store.reading import Reading

        with self.store.read() as snapshot:
            yield Reading(snapshot.connection)

    @contextmanager
    def folded(self) -> Iterator[FoldedBook]:
        """The folded book as rules see it, on one consistent snapshot; changes to it are not kept."""
        with self.store.read() as snapshot:
            yield FoldedBook(snapshot, snapshot.size())

    # writing ---------------------------------------------------------------------------------------------

    def write(self, commands: Sequence[Command], recorded_at: Sequence[str] | None = None) -> list[Outcome]:
        """Append independent commands in one transaction; one that is refused does not fail its neighbours.

        `recorded_at`, one per command, is for simulated and drill books in their making.
        Raises RecordProblem; ValueError for a `recorded_at` that may not be given.
        """
        self._check_moments(commands, recorded_at)
        return self._submit([_Work(commands, recorded_at, together=False)])

    def write_together(
        self, commands: Sequence[Command], recorded_at: Sequence[str] | None = None
    ) -> list[Entry]:
        """Append the entries of one correction, or of a command split for size: all or none.

        Raises Refused with the violations of the first command that has any, RecordProblem.
        """
        self._check_moments(commands, recorded_at)
        outcomes = self._submit([_Work(commands, recorded_at, together=True)])
        broken = [violation for outcome in outcomes for violation in outcome.violations]
        if broken:
            raise Refused(broken)
        return [outcome.entry for outcome in outcomes if outcome.entry is not None]

    def write_steps(self, steps: Iterable[tuple[Sequence[Command], str, bool]]) -> list[Outcome]:
        """Append many (commands, recorded_at, together) in one transaction, for books in their making.

        Each step is as in `write` or, when together, `write_together`; a refused one does not fail others.
        """
        pieces = []
        for commands, recorded_at, together in steps:
            self._check_moments(commands, moments := [recorded_at] * len(commands))
            pieces.append(_Work(commands, moments, together))
        return self._submit(pieces)

    def register_private_parties(self, rows: Iterable[tuple[str, str, dict[str, Any]]]) -> None:
        """(party, salt as 64 hex, data): who parties are, kept beside the log and erasable."""
        encoded = [(party, salt, canonical.encode(data).decode()) for party, salt, data in rows]
        try:
            with self.store.write() as writing:
                writing.put_private_parties(encoded)
        except StoreProblem as error:
            raise RecordProblem(str(error)) from None

    def register_private_party(self, party: str, salt_hex: str, data: dict[str, Any]) -> None:
        self.register_private_parties([(party, salt_hex, data)])

    def checkpoint(self) -> Checkpoint:
        """Sign and publish the log as it stands. Raises RecordProblem."""
        try:
            signer = self.folder.signer()
            if str(signer.verifier) != self.facts.vkey:
                raise RecordProblem("log.key is not the key that entry 0 names: not of this book")
            return PublishedLog(self.folder.log).extend(self._chained, self.size, signer)
        except (PublishedError, HomeProblem, StoreProblem, OSError) as error:
            raise RecordProblem(str(error)) from None

    def _chained(self, start: int, stop: int) -> Iterator[bytes]:
        """Entries to publish. Raises PublishedError before one is signed that does not stand in the chain, or
        is not the last that this process wrote: it was changed since it was appended, and signing it would
        break the log for good."""
        own_size, own_leaf, _ = self._head
        with self.store.read() as snapshot:
            before = snapshot.entry_bytes(start - 1) if start else None
            prev = GENESIS_PREV if before is None else leaf_hash(before).hex()
            for expected, (index, identity, data) in enumerate(snapshot.entries(start, stop), start):
                if index != expected:
                    raise PublishedError(f"entry {expected} is missing: nothing is signed")
                if (problem := envelope_problem(index, identity, data, prev)) is not None:
                    told = PROBLEMS[problem].format(index=index, culprit=index - 1)
                    raise PublishedError(f"{told}: nothing is signed")
                prev = leaf_hash(data).hex()
                if index + 1 == own_size and prev != own_leaf:
                    raise PublishedError(f"entry {index} is not the one that was written: nothing is signed")
                yield data

    def _check_moments(self, commands: Sequence[Command], recorded_at: Sequence[str] | None) -> None:
        if recorded_at is None:
            return
        _check_carries_clock(self.kind, recorded_at)
        if len(recorded_at) != len(commands):
            raise ValueError("recorded_at: one for each command")
        for moment in set(recorded_at):
            parse_instant(moment)

    def _minutes_behind(self, last: str) -> int:
        """See Clock; looks again for what `doctor --accept-clock`, another process, may have agreed to."""
        if self.clock.minutes_behind(last):
            self.clock.accept(self.folder.accepted_clock())
        return self.clock.minutes_behind(last)

    def _submit(self, pieces: Sequence[_Work]) -> list[Outcome]:
        with self._waiting_lock:
            self._waiting += pieces
        with self._turn:
            if any(work.outcomes is None and work.problem is None for work in pieces):
                with self._waiting_lock:
                    taken, self._waiting = self._waiting, []
                self._write_all(taken)
        for work in pieces:
            if work.problem is not None:
                raise work.problem
        return [outcome for work in pieces for outcome in work.outcomes or ()]

    def _write_all(self, taken: list[_Work]) -> None:
        """One transaction for all that waited. A failure of the database fails all of them; one that some
        command brought about fails that piece of work alone."""
        try:
            with self.store.write() as writing:
                book = self._book_under_lock(writing)
                entries: list[Entry] = []
                found = _Found(writing, taken)
                for work in taken:
                    chain = _Chain(self, book, found, entries)
                    work.outcomes = chain.together(work) if work.together else chain.each(work)
                if entries:
                    writing.insert_entries(entries)
                    writing.apply(book.take_changes(), book.size)
        except BaseException as error:
            self._book = None
            if len(taken) > 1 and _is_of_one(error):
                for work in taken:
                    work.outcomes = None
                    self._write_all([work])
                return
            told = RecordProblem(str(error)) if isinstance(error, StoreProblem) else error
            for work in taken:
                work.outcomes, work.problem = None, told
            if not isinstance(error, Exception):
                raise
            return
        if entries:
            last = entries[-1]
            self.clock.reach(last.recorded_at)
            self._head = (book.size, leaf_hash(last.data).hex(), last.recorded_at)
        book.tables.beneath = Nothing()
        self._book = book if book.tables.rows_known() < _MOST_ROWS_KEPT else None

    def _book_under_lock(self, writing: Writing) -> FoldedBook:
        """The folded book at the present size: the one in memory, unless another process wrote meanwhile."""
        size = writing.size()
        last = writing.entry_bytes(size - 1) if size else None
        leaf = GENESIS_PREV if last is None else leaf_hash(last).hex()
        if writing.views_state() != ((size, VERSION) if size else None):
            raise StoreProblem("the views are not of this size and version; run `mingzhang rebuild`")
        book, rebuilds = self._book, writing.rebuilds()
        if book is None or (size, leaf) != self._head[:2] or rebuilds != self._rebuilds:
            self._rebuilds = rebuilds
            recorded_at = None if last is None else canonical.decode_loose(last)["recorded_at"]
            self._head = (size, leaf, recorded_at)
            book = FoldedBook(writing, size) if size else FoldedBook()
        book.tables.beneath = Whole(writing) if book.whole else writing
        return book


class _Found:
    """Entries that the waiting commands' ids name already."""

    def __init__(self, writing: Writing, taken: list[_Work]) -> None:
        commands = [command for work in taken for command in work.commands]
        self._stored = writing.find([command.id for command in commands if _is_id(command.id)])
        self._fresh: dict[str, Entry] = {}

    def get(self, identity: Any) -> Entry | None:
        if not _is_id(identity):
            return None  # the rules will say so
        if identity in self._fresh:
            return self._fresh[identity]
        data = self._stored.get(identity)
        return None if data is None else _read(data)

    def add(self, entries: Iterable[Entry]) -> None:
        self._fresh.update((entry.id, entry) for entry in entries)


class _Chain:
    """Appends the commands of one piece of work to the entries of the transaction."""

    def __init__(self, record: Record, book: FoldedBook, found: _Found, entries: list[Entry]) -> None:
        self.record = record
        self.book = book
        self.found = found
        self.entries = entries

    def each(self, work: _Work) -> list[Outcome]:
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

    def together(self, work: _Work) -> list[Outcome]:
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
            if last is not None and (minutes := self.record._minutes_behind(last)):
                raise Refused([Violation("recorded_at", "clock_behind", {"minutes": minutes})])
            recorded_at = self.record.clock.recorded_at(last)
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
            return self.record._head
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


def _is_of_one(error: BaseException) -> bool:
    """Whether a failure came of what some command holds, not of the database or of being stopped."""
    if isinstance(error, StoreProblem):
        return isinstance(error, Unstorable)
    return isinstance(error, Exception)


def _check_carries_clock(kind: str, recorded_at: object) -> None:
    if recorded_at is not None and kind not in ("simulated", "drill"):
        raise ValueError(f"recorded_at is the clock's in a {kind} book")


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


def _read(data: bytes) -> Entry:
    return from_envelope(json.loads(data), data)
