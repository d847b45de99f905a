"""Rows of views in memory over what is stored beneath: read on first touch, kept, written by the store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ledger.domain.views import VIEWS, Key, Row


class Beneath(Protocol):
    """What is stored already. `rows` finds by equality on some key or value columns."""

    def row(self, view: str, key: Key) -> Row | None: ...
    def rows(self, view: str, **where: object) -> Iterable[tuple[Key, Row]]: ...
    def entry(self, identity: str) -> tuple[int, str, str] | None:
        """(index, kind, occurred_at) of a written entry."""


class Nothing:
    """Beneath an empty book, or a rebuild."""

    def row(self, view: str, key: Key) -> Row | None:
        return None

    def rows(self, view: str, **where: object) -> Iterable[tuple[Key, Row]]:
        return ()

    def entry(self, identity: str) -> tuple[int, str, str] | None:
        return None


class Whole(Nothing):
    """Beneath a book that was folded here from its first entry on: every row is in memory already, so only
    the ids of entries are looked up."""

    def __init__(self, stored: Beneath) -> None:
        self._stored = stored

    def entry(self, identity: str) -> tuple[int, str, str] | None:
        return self._stored.entry(identity)


class Tables:
    """A cache of rows by view and key, with the changes since `take_changes`.

    A row of None is known to be absent. `begin` starts a savepoint; `undo` goes back to it.
    """

    def __init__(self, beneath: Beneath | None = None) -> None:
        self.beneath: Beneath = beneath or Nothing()
        self.known: dict[str, dict[Key, Row | None]] = {name: {} for name in VIEWS}
        self._changed: dict[str, dict[Key, None]] = {name: {} for name in VIEWS}
        self._journal: list[tuple[str, Key, Row | None]] | None = None

    def get(self, view: str, key: Key) -> Row | None:
        known = self.known[view]
        if key in known:
            return known[key]
        row = known[key] = self.beneath.row(view, key)
        return row

    def put(self, view: str, key: Key, row: Row | None) -> None:
        if self._journal is not None:
            self._journal.append((view, key, self.get(view, key)))
        self.known[view][key] = row
        self._changed[view][key] = None

    def load(self, view: str, **where: object) -> list[Key]:
        """The keys of a stored group, whose rows are now in memory; rows known already are newer and stay."""
        known = self.known[view]
        keys = []
        for key, row in self.beneath.rows(view, **where):
            known.setdefault(key, row)
            keys.append(key)
        return keys

    def find(self, view: str, **where: object) -> list[tuple[Key, Row]]:
        """All rows, stored or in memory, with these values in key columns. Reads every row in memory."""
        self.load(view, **where)
        names = list(VIEWS[view].key)
        wanted = [(names.index(name), value) for name, value in where.items()]
        return [
            (key, row)
            for key, row in self.known[view].items()
            if row is not None and all(key[position] == value for position, value in wanted)
        ]

    def rows_known(self) -> int:
        return sum(map(len, self.known.values()))

    def begin(self) -> None:
        self._journal = []

    def commit(self) -> None:
        self._journal = None

    def undo(self) -> None:
        for view, key, row in reversed(self._journal or []):
            self.known[view][key] = row
        self._journal = None

    def take_changes(self) -> dict[str, dict[Key, Row | None]]:
        """The rows changed since the last call, None for a row to delete."""
        changes = {
            view: {key: self.known[view][key] for key in keys} for view, keys in self._changed.items() if keys
        }
        self._changed = {name: {} for name in VIEWS}
        return changes
