"""What a book knows already, as planning a list asks it: one snapshot, nothing written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ledger.domain.book import StockFacts
from ledger.domain.entries import Entry, read
from ledger.domain.gifts import GIFT_CODE
from ledger.domain.views import PARTY, VIEWS
from ledger.projections.folded import FoldedBook

NAMED_TYPES = frozenset({"organisation", "government", "charity", "supplier"})


class Stored(Protocol):
    """What of the store is read here."""

    def find(self, identities: Sequence[str]) -> dict[str, bytes]: ...
    def private_parties(self) -> dict[str, tuple[str, str]]: ...


@dataclass(frozen=True)
class KnownItem:
    """A registered item: its names and the names of its base unit; empty where not given."""

    code: str
    name_zh: str
    unit_zh: str
    unit_en: str
    spec: str
    needs_lot: bool

    @property
    def units(self) -> tuple[str, ...]:
        return tuple(unit for unit in (self.unit_zh, self.unit_en) if unit)


class Known:
    """A book on one snapshot. `today` is the day of its clock in its own zone."""

    def __init__(self, book: FoldedBook, stored: Stored, today: str) -> None:
        self.book = book
        self.kind = book.kind
        self.today = today
        self._stored = stored
        self._entries: dict[str, Entry] = {}
        self._serials: dict[int, int] | None = None
        self._donors: dict[str, str] = {}
        self._parties: dict[tuple[str, str], str] = {}
        for party, (_, data) in stored.private_parties().items():
            self._learn(party, json.loads(data))

    def _learn(self, party: str, data: Mapping[str, object]) -> None:
        name, row = data.get("name"), self.book.tables.get(PARTY.name, (party,))
        if isinstance(name, str) and row is not None:
            self._donors[party] = name
            self._parties.setdefault((name, row[0]), party)

    def prefetch(self, identities: Iterable[str]) -> None:
        """Read the entries with these ids, where there are any, at once."""
        found = self._stored.find(list(identities))
        self._entries.update((identity, read(data)) for identity, data in found.items())

    def entry(self, identity: str) -> Entry | None:
        """An entry that was prefetched."""
        return self._entries.get(identity)

    def has_place(self, code: str) -> bool:
        return self.book.place(code) is not None

    def depots(self) -> list[str]:
        rows = self.book.tables.find("view_place")
        return sorted(key[0] for key, row in rows if row[0] == "depot")

    def item(self, code: str) -> KnownItem | None:
        row = self.book.tables.get("view_item", (code,))
        if row is None:
            return None
        named = dict(zip(VIEWS["view_item"].values, row, strict=True))
        return KnownItem(
            code,
            name_zh=named["name_zh"],
            unit_zh=named["unit_zh"],
            unit_en=named["unit_en"],
            spec=named["spec"],
            needs_lot=bool(named["needs_lot"]),
        )

    def stock(self, place: str, item: str) -> list[StockFacts]:
        return self.book.stock(place, item)

    def lot_item(self, lot_id: str) -> str:
        lot = self.book.lot(lot_id)
        return lot.item if lot else ""

    def has_party(self, party: str) -> bool:
        return self.book.has_party(party)

    def party_type(self, party: str) -> str:
        row = self.book.tables.get(PARTY.name, (party,))
        return str(row[0]) if row else ""

    def donor_of(self, party: str) -> str | None:
        """The name in the private table, None where there is none (any more)."""
        return self._donors.get(party)

    def party_of(self, donor: str, kind: str) -> str | None:
        return self._parties.get((donor, kind))

    def next_serial(self, year: int) -> int:
        """One past the highest gift serial of the year in the book."""
        if self._serials is None:
            self._serials = {}
            for key, _ in self.book.tables.find("view_gift"):
                if match := GIFT_CODE.fullmatch(key[0]):
                    of_year = int(match[1])
                    self._serials[of_year] = max(self._serials.get(of_year, 0), int(match[2]))
        return self._serials.get(year, 0) + 1
