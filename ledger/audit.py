"""Audit and rebuild: every view computed again from the entries alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ledger.domain import canonical
from ledger.domain.commitments import commitment
from ledger.domain.entries import ENVELOPE_KEYS, Entry, from_envelope
from ledger.domain.entries import VERSION as ENVELOPE_VERSION
from ledger.domain.lots import Account
from ledger.domain.rules import RULES, interpret
from ledger.domain.views import VERSION, VIEWS, Row
from ledger.projections.folded import FoldedBook
from ledger.store.store import Snapshot, Store

Progress = Callable[[int, int], None]  # entries done, entries in all
_PIECE = 5000


@dataclass(frozen=True)
class Difference:
    """A stored row that is not what the entries give. `view` is "entries" for an entry that breaks a rule.

    `stored` and `rebuilt` map columns to values; None where there is no such row.
    """

    view: str
    key: dict[str, Any]
    stored: Any
    rebuilt: Any


@dataclass(frozen=True)
class Audit:
    size: int
    differences: list[Difference]

    @property
    def ok(self) -> bool:
        return not self.differences


def audit(store: Store, progress: Progress | None = None) -> Audit:
    """Fold every entry again and compare with each stored row of each view."""
    with store.read() as snapshot:
        size = snapshot.size()
        fold = _Fold()
        for entry in _entries(snapshot, 0, size, progress):
            fold.add(entry)
        fold.end()
        differences = [*fold.differences, *_compare(snapshot, fold.book, size)]
    return Audit(size, differences)


def rebuild(store: Store, progress: Progress | None = None) -> int:
    """Replace every view by what the entries give; returns the size. Readers see the old or the new whole.

    Most is folded on a snapshot, while others write; the lock is held for the rest and the replacing.
    Raises CannotRebuild for entries that this version cannot fold: views without them would tell less.
    """
    fold = _Fold()
    with store.read() as snapshot:
        known = snapshot.size()
        for entry in _entries(snapshot, 0, known, progress):
            fold.add(entry)
    with store.write() as writing:
        size = writing.size()
        for entry in _entries(writing, known, size, None):
            fold.add(entry)
        fold.end()
        if fold.differences:
            bad = fold.differences[0]
            raise CannotRebuild(f"entry {bad.key['entry_index']}: {bad.rebuilt}; no view was replaced")
        writing.replace_views(fold.book.take_changes(), size)
    return size


def rebuild_as_of(source: Store, size: int, target: Store, progress: Progress | None = None) -> None:
    """Make in `target`, an empty store, the views that the first `size` entries of `source` give.

    Raises CannotRebuild for entries that this version cannot fold.
    """
    fold = _Fold()
    with source.read() as snapshot:
        for entry in _entries(snapshot, 0, size, progress):
            fold.add(entry)
    fold.end()
    if fold.differences:
        bad = fold.differences[0]
        raise CannotRebuild(f"entry {bad.key['entry_index']}: {bad.rebuilt}")
    with target.write() as writing:
        writing.replace_views(fold.book.take_changes(), size)


class CannotRebuild(Exception):
    """An entry that cannot be folded; the message is one sentence that names it."""


class _Fold:
    """The fold of a whole log, keeping what it stumbled over."""

    def __init__(self) -> None:
        self.book = FoldedBook()
        self.differences: list[Difference] = []
        self._correction: Any = None
        self._first = ""  # id of the first entry of the present correction
        self._touched: dict[tuple[str, Account], str] = {}
        self._last_index = 0
        self._last_recorded_at = ""

    def add(self, entry: Entry | Difference) -> None:
        if isinstance(entry, Difference):
            self.differences.append(entry)
            return
        correction = entry.body.get("correction") if isinstance(entry.body, dict) else None
        if correction is None or correction != self._correction:
            self.end()
            self._first = entry.id
        self._correction, self._last_index = correction, entry.index
        if str(entry.recorded_at) < self._last_recorded_at:
            self._note(entry.index, entry.recorded_at, f"recorded before entry {entry.index - 1}")
        self._last_recorded_at = str(entry.recorded_at)
        if not isinstance(entry.kind, str) or entry.kind not in RULES:
            self._note(entry.index, entry.kind, "a kind that this version does not know")
            return
        draft = interpret(entry.command, self.book, self._first, may_go_below_zero=correction is not None)
        if draft.violations:
            self._note(entry.index, entry.kind, "; ".join(v.message() for v in draft.violations))
            return
        if correction is not None:
            self._touched.update(draft.takers())
        self.book.fold(entry, draft)

    def end(self) -> None:
        """A correction is over: what it took from may no longer be below zero."""
        for (lot, account), _ in self._touched.items():
            if self.book.quantity(lot, account) < 0:
                self._note(self._last_index, "correction", f"leaves lot {lot} below zero in {account.kind}")
        self._touched = {}

    def _note(self, index: int, stored: Any, rebuilt: str) -> None:
        self.differences.append(Difference("entries", {"entry_index": index}, stored, rebuilt))


def _entries(
    snapshot: Snapshot, start: int, stop: int, progress: Progress | None
) -> Iterator[Entry | Difference]:
    expected = start
    for index, _, data in snapshot.entries(start, stop):
        for missing in range(expected, index):
            yield Difference("entries", {"entry_index": missing}, None, "a row is missing")
        expected = index + 1
        yield _entry_or_difference(index, data)
        if progress is not None and index % _PIECE == 0:
            progress(index, stop)


def _entry_or_difference(index: int, data: bytes) -> Entry | Difference:
    place = {"entry_index": index}
    try:
        envelope = canonical.decode(data)
    except ValueError as error:
        return Difference("entries", place, "unreadable", str(error))
    if not isinstance(envelope, dict) or envelope.keys() - {"sig"} != ENVELOPE_KEYS:
        return Difference("entries", place, "unreadable", "the keys are not those of an entry")
    if envelope["v"] != ENVELOPE_VERSION:
        return Difference("entries", place, {"v": envelope["v"]}, "this version does not know such entries")
    if envelope["index"] != index:
        return Difference("entries", place, {"index": envelope["index"]}, "the entry states another index")
    return from_envelope(envelope, data)


def _compare(snapshot: Snapshot, book: FoldedBook, size: int) -> Iterator[Difference]:
    for name, view in VIEWS.items():
        rebuilt = {key: row for key, row in book.views[name].items() if row is not None}
        for key, stored in snapshot.rows(name):
            row = rebuilt.pop(key, None)
            if row != stored:
                told = None if row is None else _named(view.values, row)
                yield Difference(name, _named(view.key, key), _named(view.values, stored), told)
        for key, row in rebuilt.items():
            yield Difference(name, _named(view.key, key), None, _named(view.values, row))
    if (state := snapshot.views_state()) != (size, VERSION):
        told = None if state is None else {"size": state[0], "version": state[1]}
        yield Difference("view_state", {"id": 0}, told, {"size": size, "version": VERSION})
    yield from _compare_private(snapshot, book)


def _compare_private(snapshot: Snapshot, book: FoldedBook) -> Iterator[Difference]:
    """What is kept about parties and gifts must be what their commitments commit to; an erased one is not
    kept."""
    parties, gifts = snapshot.private_parties(), snapshot.private_gifts()
    yield from _compare_kept("private_party", "party", parties, book.views["view_party"], 1)
    yield from _compare_kept("private_gift", "gift", gifts, book.views["view_gift"], 5)


def _compare_kept(
    name: str, key: str, kept: dict[str, tuple[str, str]], rows: dict[Any, Row | None], at: int
) -> Iterator[Difference]:
    """`at`: which column of the view's row holds the commitment."""
    for code, (salt, data) in kept.items():
        row = rows.get((code,))
        try:
            computed = commitment(bytes.fromhex(salt), json.loads(data))
        except (TypeError, ValueError) as error:
            computed = f"unreadable: {error}"
        if row is None or row[at] != computed:
            yield Difference(name, {key: code}, computed, None if row is None else {"commitment": row[at]})


def _named(columns: dict[str, type], values: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(columns, values, strict=True))
