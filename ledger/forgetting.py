"""HOME/erasures: what was asked to be forgotten and what was destroyed, so that a restored database forgets.

The list lies outside the database, so a backup of the database that is put back does not take it back. It
names codes and entries, never a name: one JSON object a line, on disk before anything that it says is done.

    {"at":"2026-03-01T00:00:00.000Z","code":"P1","do":"erase_after","kind":"party","reason":"request","upto":8}
    {"at":"2026-03-31T00:00:07.120Z","code":"P1","do":"erased","kind":"party","reason":"request","upto":8}

`at` is when it is to be erased, or when it was. `upto` is the entry that had last registered the party, or
received the gift: what is registered anew after it is not meant.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from ledger.domain import canonical
from ledger.home import Home, HomeProblem
from ledger.published.staging import put_in_place
from ledger.store.private import Kind, PrivateRow, destroy_rows, mark_rows, private_rows, registered_at
from ledger.store.store import Snapshot, Store

KINDS: tuple[Kind, Kind] = ("party", "gift")


@dataclass(frozen=True)
class Line:
    """One line of the list; see the head of this module."""

    do: Literal["erase_after", "erased"]
    kind: Kind
    code: str
    upto: int
    reason: str
    at: str


class ErasureList:
    """The list of one book. Raises HomeProblem where it cannot be read or written."""

    def __init__(self, home: Home) -> None:
        self.path = home.path / "erasures"
        self._unscrubbed = home.path / ".erasures-unscrubbed"

    def read(self) -> list[Line]:
        """All lines, in the order in which they were written."""
        return [self._parse(number, line) for number, line in enumerate(self._bytes().splitlines(), 1)]

    def append(self, lines: Sequence[Line]) -> None:
        """Write lines, all or none; when this returns, they are on disk. To be called while `locked`."""
        if not lines:
            return
        added = b"".join(canonical.encode(asdict(line)) + b"\n" for line in lines)
        self._put(self.path, self._bytes() + added)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time forgets; a second one waits."""
        try:
            file = (self.path.parent / ".erasures.lock").open("wb")
        except OSError as error:
            raise HomeProblem(f"{self.path.parent} cannot be written: {error.strerror}") from None
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def will_destroy(self) -> None:
        """Note, before rows are destroyed, that their bytes have yet to go from the database's files. To be
        called while `locked`."""
        self._put(self._unscrubbed, b"")

    @property
    def leaves_bytes(self) -> bool:
        """Whether bytes of what was destroyed may still stand in a file of the database."""
        return self._unscrubbed.exists()

    def scrub(self, store: Store) -> None:
        """See to it that they do not, as far as other programs let us. To be called while `locked`."""
        if self.leaves_bytes and store.is_scrubbed():
            self._unscrubbed.unlink()

    def _put(self, path: Path, data: bytes) -> None:
        try:
            put_in_place(path, data, 0o600)
        except OSError as error:
            raise HomeProblem(f"{path.name} cannot be written: {error.strerror}") from None

    def _bytes(self) -> bytes:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise HomeProblem(f"{self.path.name} cannot be read: {error.strerror}") from None

    def _parse(self, number: int, line: bytes) -> Line:
        try:
            read = Line(**json.loads(line))
        except (TypeError, ValueError):
            raise HomeProblem(f"line {number} of {self.path.name} cannot be read") from None
        if read.do not in ("erase_after", "erased") or read.kind not in KINDS or type(read.upto) is not int:
            raise HomeProblem(f"line {number} of {self.path.name} cannot be read")
        return read


def replay(home: Home, store: Store) -> int:
    """Make the database forget what the list says: destroy again, mark again. Gives the number of rows that
    were destroyed.

    Cheap where there is nothing to do: it runs at every opening of a book. Raises HomeProblem, StoreProblem.
    """
    erasures = ErasureList(home)
    lines = erasures.read()
    if not lines:
        return 0
    with store.read() as snapshot:
        is_done = not any(_plan(lines, snapshot)) and not erasures.leaves_bytes
    if is_done:
        return 0
    with erasures.locked():
        return carry_out(erasures, store)


def carry_out(erasures: ErasureList, store: Store) -> int:
    """As `replay`, while the list is `locked`."""
    lines = erasures.read()
    with store.read() as snapshot:
        is_planned = any(_plan(lines, snapshot))
    destroyed = _write(erasures, lines, store) if is_planned else 0
    erasures.scrub(store)
    return destroyed


def _write(erasures: ErasureList, lines: list[Line], store: Store) -> int:
    erasures.will_destroy()
    with store.write() as writing:
        destroy, mark = _plan(lines, writing)  # again, now that nobody else writes
        for kind in KINDS:
            destroy_rows(writing, kind, [row.code for row in destroy if row.kind == kind])
            mark_rows(writing, kind, [(row.code, at) for row, at in mark if row.kind == kind])
    return len(destroy)


def _plan(lines: list[Line], snapshot: Snapshot) -> tuple[list[PrivateRow], list[tuple[PrivateRow, str]]]:
    """(rows to be destroyed, rows to be marked with their date)."""
    destroy, mark = [], []
    for kind in KINDS:
        of_code: dict[str, list[Line]] = {}
        for line in lines:
            if line.kind == kind:
                of_code.setdefault(line.code, []).append(line)
        for row in private_rows(snapshot, kind, list(of_code)):
            registered = registered_at(snapshot, kind, row.code)
            meant = [line for line in of_code[row.code] if registered is None or registered <= line.upto]
            if any(line.do == "erased" for line in meant):
                destroy.append(row)
            elif meant and row.erase_after != (date := min(line.at for line in meant)):
                mark.append((row, date))
    return destroy, mark
