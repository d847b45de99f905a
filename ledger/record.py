"""The record of one book: check, append, project, in one transaction. Nothing else writes entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ledger.appending import Outcome, Work, read_stored
from ledger.clock import Clock
from ledger.domain import canonical
from ledger.domain.entries import Command, Entry
from ledger.domain.ids import derived_id
from ledger.domain.instants import parse_instant
from ledger.domain.rules import interpret
from ledger.domain.violations import Refused, Violation
from ledger.forgetting import replay
from ledger.home import Home, HomeProblem
from ledger.private import PrivateSide
from ledger.projections.folded import FoldedBook
from ledger.published.writing import PublishedError
from ledger.publishing import Own, Publisher
from ledger.store.store import Store, StoreProblem
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.note import Signer
from ledger.writer import RecordProblem, Writer

if TYPE_CHECKING:
    from ledger.store.reading import Reading

__all__ = ["BookFacts", "Outcome", "Record", "RecordProblem"]

SYSTEM = {"role": "system", "place": None}


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


class Record(PrivateSide):
    """One open book. Threads may share it: within a process one writer takes all waiting commands into one
    transaction; between processes the database's lock serialises; callers are answered after the commit."""

    def __init__(self, home: Home, store: Store, facts: BookFacts, last_recorded_at: str | None) -> None:
        self.home = home.path
        self.folder = home
        self.store = store
        self.facts = facts
        self.writer = Writer(home, store, Clock(facts.kind, last_recorded_at, home.accepted_clock()))

    # opening and making ----------------------------------------------------------------------------------

    @classmethod
    def open(cls, home: Path, database_url: str | None = None) -> Record:
        """Raises RecordProblem when there is no usable book in `home`."""
        try:
            store = Store(home, database_url)
        except StoreProblem as error:
            raise RecordProblem(str(error)) from None
        try:
            folder = Home(home)
            record = cls._opened(folder, store)
            replay(folder, store)
            return record
        except (StoreProblem, HomeProblem) as error:
            store.close()
            raise RecordProblem(str(error)) from None
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
        return self.writer.clock.now()

    def entry(self, index: int) -> Entry | None:
        with self.store.read() as snapshot:
            data = snapshot.entry_bytes(index)
        return None if data is None else read_stored(data)

    def find(self, entry_id: str) -> Entry | None:
        with self.store.read() as snapshot:
            data = snapshot.find([entry_id]).get(entry_id)
        return None if data is None else read_stored(data)

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
        return self.writer.submit([Work(commands, recorded_at, together=False)])

    def write_together(
        self, commands: Sequence[Command], recorded_at: Sequence[str] | None = None
    ) -> list[Entry]:
        """Append the entries of one correction, or of a command split for size: all or none.

        Raises Refused with the violations of the first command that has any, RecordProblem.
        """
        self._check_moments(commands, recorded_at)
        outcomes = self.writer.submit([Work(commands, recorded_at, together=True)])
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
            pieces.append(Work(commands, moments, together))
        return self.writer.submit(pieces)

    @cached_property
    def publisher(self) -> Publisher:
        """What signs and publishes this book. It knows what this process wrote, and signs nothing else."""
        return Publisher(self.folder, self.store, self.now, own=lambda: Own(*self.writer.own()))

    def checkpoint(self) -> Checkpoint:
        """Sign and publish the log as it stands; gives the published checkpoint, which is an older one while
        witnesses are waited for. Raises RecordProblem."""
        try:
            step = self.publisher.step()
        except (PublishedError, HomeProblem, StoreProblem, OSError) as error:
            raise RecordProblem(str(error)) from None
        if step.published is None:
            raise RecordProblem("signed, but not yet published: it waits for witnesses")
        return step.published

    def _check_moments(self, commands: Sequence[Command], recorded_at: Sequence[str] | None) -> None:
        if recorded_at is None:
            return
        _check_carries_clock(self.kind, recorded_at)
        if len(recorded_at) != len(commands):
            raise ValueError("recorded_at: one for each command")
        for moment in set(recorded_at):
            parse_instant(moment)


def _check_carries_clock(kind: str, recorded_at: object) -> None:
    if recorded_at is not None and kind not in ("simulated", "drill"):
        raise ValueError(f"recorded_at is the clock's in a {kind} book")
