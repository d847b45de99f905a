"""What rules may ask of the book: a protocol, so that domain needs no database and no fold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import NamedTuple, Protocol

from ledger.domain.authorship import KeyFacts
from ledger.domain.lots import Account, Lot, Posting


class PlaceFacts(NamedTuple):
    code: str
    kind: str
    keeps_stock: bool
    status: str
    parent: str


class ItemFacts(NamedTuple):
    code: str
    needs_lot: bool
    unit_zh: str
    unit_en: str


class DispatchFacts(NamedTuple):
    id: str
    from_place: str
    to: str


class RequestFacts(NamedTuple):
    """A SupplyRequested: who asks; `state` as in view_request."""

    id: str
    place: str
    state: str


class DecisionFacts(NamedTuple):
    """An AllocationDecided: who decided."""

    id: str
    place: str
    reversed: bool


class EntryFacts(NamedTuple):
    """Of an entry that is in the book already, or earlier in the same transaction."""

    entry_index: int
    kind: str
    reversed: bool


class CountFacts(NamedTuple):
    """The last count of a lot at a place; `whole_item`: it counted the item over all its lots."""

    id: str
    entry_index: int
    whole_item: bool


class StockFacts(NamedTuple):
    """Some of a lot in one state at a place; `entry_index` is that of the entry that made the lot."""

    lot: Lot
    state: str
    quantity: int
    entry_index: int


class SubjectFacts(NamedTuple):
    """A party or gift: the newest entry that registered it, and that erased what was kept of it, or -1."""

    entry_index: int
    erased_index: int


class Book(Protocol):
    """Read access to the folded book at the present size."""

    @property
    def kind(self) -> str: ...
    @property
    def origin(self) -> str: ...
    @property
    def zone(self) -> tzinfo: ...
    @property
    def size(self) -> int: ...
    def place(self, code: str) -> PlaceFacts | None: ...
    def status_on(self, place: str, day: str) -> str:
        """What a place was on a day of the book, by what is written so far; open where nothing is."""

    def response_on(self, area: str, day: str) -> int:
        """The level recorded of exactly this area on a day; 0 where none is."""

    def item(self, code: str) -> ItemFacts | None: ...
    def has_party(self, party: str) -> bool: ...
    def gift_party(self, gift: str) -> str | None:
        """The party of a gift code, "" if none was named; None if the code is new or all of it reversed."""

    def subject(self, party: str, gift: str) -> SubjectFacts | None:
        """Of a party or, where `party` is "", of a gift; None if it was never registered or received."""

    def author_key(self, key: str) -> KeyFacts | None:
        """A key that was ever enrolled, at whatever place."""

    def log_keys(self) -> list[tuple[int, str]]:
        """(entry index, verifier key) of every key that the log was signed with, the present one last."""

    def lot(self, lot_id: str) -> Lot | None: ...
    def quantity(self, lot_id: str, account: Account) -> int: ...
    def stock(self, place: str, item: str) -> Iterable[StockFacts]: ...
    def missing(self, place: str, item: str, count: str) -> Iterable[StockFacts]:
        """What the count with this id calls missing of an item, by lot; the state is "missing"."""

    def dispatch(self, entry_id: str) -> DispatchFacts | None: ...
    def request(self, entry_id: str) -> RequestFacts | None: ...
    def asks_for(self, request: str, item: str) -> bool: ...
    def decision(self, entry_id: str) -> DecisionFacts | None: ...
    def share(self, decision: str, place: str, item: str) -> int:
        """Base units that a decision gives; 0 where it does not name the place and the item."""

    def entry(self, entry_id: str) -> EntryFacts | None: ...
    def postings(self, index: int) -> list[Posting]: ...
    def last_count(self, place: str, lot: Lot) -> CountFacts | None: ...
