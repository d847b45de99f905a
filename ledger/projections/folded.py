"""The folded book: answers what rules ask, and folds drafts into the views."""

from __future__ import annotations

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from ledger.domain.authorship import KeyFacts
from ledger.domain.book import (
    CountFacts,
    DecisionFacts,
    DispatchFacts,
    EntryFacts,
    ItemFacts,
    PlaceFacts,
    RequestFacts,
    StockFacts,
    SubjectFacts,
)
from ledger.domain.entries import Entry
from ledger.domain.instants import day_of
from ledger.domain.kinds.book import BookOpened
from ledger.domain.kinds.fields import Body
from ledger.domain.lots import IS_STOCK, STOCK_ACCOUNTS, Account, Lot, Posting
from ledger.domain.rules.draft import Draft
from ledger.domain.views import Key, Row
from ledger.projections.asking import fold_asked, fold_way, undo_asked
from ledger.projections.registers import find_key, hold, holding, register
from ledger.projections.sums import add_up
from ledger.projections.tables import Beneath, Tables


class FoldedBook:
    """A book at a size: the `Book` that rules read, over tables in memory.

    The same fold serves appending, rebuilding and auditing; what differs is what lies beneath the tables.
    """

    def __init__(self, beneath: Beneath | None = None, size: int = 0) -> None:
        self.tables = Tables(beneath)
        self.whole = beneath is None  # folded from the first entry on, with nothing left out
        self.size = size
        self.kind = ""
        self.origin = ""
        self.zone: tzinfo = UTC
        self._recent: dict[str, tuple[int, str, str]] = {}  # id -> index, kind, day; until the store has them
        self._shelves: dict[tuple[str, str], dict[tuple[str, str], None]] = {}
        self._counts: dict[tuple[str, str], dict[Key, None]] = {}
        self._missing: dict[tuple[str, str], dict[str, None]] = {}
        self._before = (size, 0, 0)  # size, and how many of `_recent` and `_unsummed` there were, at `begin`
        self._lots: dict[str, Lot] = {}
        self._unsummed: list[Key] = []
        if row := self.tables.get("view_book", (0,)):
            self._open(row[2], row[3], row[4])

    def _open(self, origin: str, kind: str, time_zone: str) -> None:
        self.origin, self.kind, self.zone = origin, kind, ZoneInfo(time_zone)

    # what rules ask --------------------------------------------------------------------------------------

    def place(self, code: str) -> PlaceFacts | None:
        row = self.tables.get("view_place", (code,))
        return PlaceFacts(code, row[0], bool(row[5]), row[8], row[3]) if row else None

    def status_on(self, place: str, day: str) -> str:
        row = holding(self.tables, "view_status", place, day)
        return str(row[1]) if row else "open"

    def response_on(self, area: str, day: str) -> int:
        row = holding(self.tables, "view_response", area, day)
        return int(row[1]) if row else 0

    def item(self, code: str) -> ItemFacts | None:
        row = self.tables.get("view_item", (code,))
        return ItemFacts(code, bool(row[6]), row[2], row[3]) if row else None

    def has_party(self, party: str) -> bool:
        return self.tables.get("view_party", (party,)) is not None

    def gift_party(self, gift: str) -> str | None:
        row = self.tables.get("view_gift", (gift,))
        return str(row[0]) if row and not row[4] else None

    def subject(self, party: str, gift: str) -> SubjectFacts | None:
        row = self.tables.get("view_party", (party,)) if party else self.tables.get("view_gift", (gift,))
        erased = self.tables.get("view_erasure", (party, gift))
        return SubjectFacts(row[-1], erased[0] if erased else -1) if row else None

    def author_key(self, key: str) -> KeyFacts | None:
        return find_key(self.tables, key)

    def log_keys(self) -> list[tuple[int, str]]:
        return sorted((key[0], row[0]) for key, row in self.tables.find("view_log_key"))

    def lot(self, lot_id: str) -> Lot | None:
        known = self._lots.get(lot_id)
        if known is None and (row := self.tables.get("view_lot", (lot_id,))):
            known = self._lots[lot_id] = Lot(lot_id, *row[:9])
        return known

    def quantity(self, lot_id: str, account: Account) -> int:
        row = self.tables.get("view_balance", (lot_id, *account))
        return row[1] if row else 0

    def stock(self, place: str, item: str) -> list[StockFacts]:
        found = []
        for lot_id, state in self._shelf(place, item):
            lot = self.lot(lot_id)
            quantity = self.quantity(lot_id, Account(state, place))
            row = self.tables.get("view_lot", (lot_id,))
            if quantity > 0 and lot is not None and row is not None:
                found.append(StockFacts(lot, state, quantity, row[9]))
        return found

    def missing(self, place: str, item: str, count: str) -> list[StockFacts]:
        found = []
        for lot_id in self._bearers(place, count):
            lot, row = self.lot(lot_id), self.tables.get("view_lot", (lot_id,))
            quantity = self.quantity(lot_id, Account("missing", place, count))
            if quantity > 0 and lot is not None and row is not None and lot.item == item:
                found.append(StockFacts(lot, "missing", quantity, row[9]))
        return found

    def dispatch(self, entry_id: str) -> DispatchFacts | None:
        row = self.tables.get("view_dispatch", (entry_id,))
        return DispatchFacts(entry_id, row[0], row[1]) if row else None

    def request(self, entry_id: str) -> RequestFacts | None:
        row = self.tables.get("view_request", (entry_id,))
        return RequestFacts(entry_id, row[0], row[6]) if row else None

    def asks_for(self, request: str, item: str) -> bool:
        return self.tables.get("view_request_line", (request, item)) is not None

    def decision(self, entry_id: str) -> DecisionFacts | None:
        row = self.tables.get("view_decision", (entry_id,))
        return DecisionFacts(entry_id, row[0], bool(row[7])) if row else None

    def share(self, decision: str, place: str, item: str) -> int:
        row = self.tables.get("view_share", (decision, place, item))
        return row[0] if row else 0

    def entry(self, entry_id: str) -> EntryFacts | None:
        found = self._recent.get(entry_id) or self.tables.beneath.entry(entry_id)
        if found is None:
            return None
        return EntryFacts(found[0], found[1], self.tables.get("view_reversal", (entry_id,)) is not None)

    def postings(self, index: int) -> list[Posting]:
        return [posting for posting, _ in self._postings_with_days(index)]

    def last_count(self, place: str, lot: Lot) -> CountFacts | None:
        newest: CountFacts | None = None
        for key in self._counts_of(place, lot.item):
            if key[2] in ("", lot.id) and (newest is None or key[3] > newest.entry_index):
                row = self.tables.get("view_count", key)
                if row is not None and not row[2]:
                    newest = CountFacts(row[0], key[3], not key[2])
        return newest

    # groups that are read whole, once ---------------------------------------------------------------------

    def _shelf(self, place: str, item: str) -> dict[tuple[str, str], None]:
        """The (lot, state) of an item at a place that are, or lately were, above zero."""
        shelf = self._shelves.get((place, item))
        if shelf is None:
            shelf = self._shelves[place, item] = {}
            for account in STOCK_ACCOUNTS:
                for key in self.tables.load("view_balance", place=place, item=item, account=account):
                    shelf[key[0], key[1]] = None
        return shelf

    def _bearers(self, place: str, count: str) -> dict[str, None]:
        """The lots of which a count calls, or lately called, something missing."""
        bearers = self._missing.get((place, count))
        if bearers is None:
            keys = self.tables.load("view_balance", account="missing", place=place, ref=count)
            bearers = self._missing[place, count] = {key[0]: None for key in keys}
        return bearers

    def _counts_of(self, place: str, item: str) -> dict[Key, None]:
        counts = self._counts.get((place, item))
        if counts is None:
            counts = self._counts[place, item] = {}
            counts.update(dict.fromkeys(self.tables.load("view_count", place=place, item=item)))
        return counts

    def _postings_with_days(self, index: int) -> list[tuple[Posting, str]]:
        found: list[tuple[Posting, str]] = []
        while row := self.tables.get("view_posting", (index, len(found))):
            lot = self.lot(row[0])
            if lot is None:
                raise LookupError(f"entry {index} moved lot {row[0]}, which is not in view_lot")
            found.append((Posting(lot, Account(*row[2:5]), Account(*row[5:8]), row[8]), row[9]))
        return found

    # folding ---------------------------------------------------------------------------------------------

    def fold(self, entry: Entry, draft: Draft) -> None:
        """Bring the views to `entry.index + 1`. The draft must be that entry's, without violations."""
        day = day_of(entry.command.occurred_at, self.zone)
        self._recent[entry.id] = (entry.index, entry.kind, entry.command.occurred_at)
        if draft.registration is not None:
            self._register(draft.registration, entry.index)
        for lot in draft.lots:
            self._lots[lot.id] = lot
            self.tables.put("view_lot", (lot.id,), (*lot[1:], entry.index, day))
        if any(draft.answers):
            self.tables.put("view_answer", (entry.id,), draft.answers)
        if draft.reverses is not None:
            self._fold_reversal(entry, draft, *draft.reverses)
        else:
            for number, posting in enumerate(draft.postings):
                self._post(entry.index, number, posting, day)
            self._fold_facts(entry, draft, day)
        for (lot_id, account), change in draft.deltas.items():
            if change and (moved := self.lot(lot_id)):
                self._add(moved, account, change)
        for place in dict.fromkeys(draft.places):
            self._add_activity(place, day, entries=1)
        self.size = entry.index + 1

    def _fold_facts(self, entry: Entry, draft: Draft, day: str) -> None:
        tables = self.tables
        if draft.gift is not None:
            self._fold_gift(entry, *draft.gift, day)
        if draft.dispatch is not None:
            from_place, to, due = draft.dispatch
            row = (from_place, to, due, day, entry.recorded_at, entry.index)
            tables.put("view_dispatch", (entry.id,), row)
        if draft.asked is not None:
            fold_asked(tables, entry, draft.asked, day)
        for item, lot_id in draft.counted:
            place = entry.body["place"]
            key = (place, item, lot_id, entry.index)
            self._counts_of(place, item)[key] = None
            tables.put("view_count", key, (entry.id, day, False))
        if draft.holds is not None:
            hold(tables, *draft.holds, entry.index, day)
        if draft.confirmed is not None:
            named = (entry.body["place"], draft.confirmed)
            tables.put("view_confirmation", (entry.index,), named)
            self._add_activity(named[0], named[1], confirmed=1)

    def _fold_gift(self, entry: Entry, gift: str, party: str, day: str) -> None:
        """The first donation that stands, the newest, and the newest commitment under the code."""
        row = self.tables.get("view_gift", (gift,))
        stands = row is not None and not row[4]
        first = row[:4] if row and stands else (party, entry.body["place"], day, entry.index)
        commitment = entry.body.get("commitment") or (row[5] if row and stands else "")
        self.tables.put("view_gift", (gift,), (*first, False, commitment, entry.index))

    def _fold_reversal(self, entry: Entry, draft: Draft, index: int, kind: str) -> None:
        """A reversal counts on the day of what it undoes, so that time series come out as if it never was."""
        days = {posting.lot.id: day for posting, day in self._postings_with_days(index)}
        for number, posting in enumerate(draft.postings):
            self._post(entry.index, number, posting, days[posting.lot.id])
        self.tables.put("view_reversal", (entry.body["reverses"],), (index, entry.index))
        undo_asked(self.tables, entry.body["reverses"], kind)
        if kind == "StockCounted":
            for key, row in self.tables.find("view_count", entry_index=index):
                self.tables.put("view_count", key, (*row[:2], True))
        elif kind == "DonationReceived":
            self._release_gift(draft.postings[0].lot.gift)
        elif kind == "DayConfirmed" and (named := self.tables.get("view_confirmation", (index,))):
            self._add_activity(named[0], named[1], confirmed=-1)

    def _release_gift(self, gift: str) -> None:
        """A gift code of which every donation is reversed may be given to the right party."""
        self.tables.load("view_lot", gift=gift)
        given = [
            key[0].partition("#")[0]
            for key, row in self.tables.known["view_lot"].items()
            if row is not None and row[4] == gift and row[2] == "donated"
        ]
        row = self.tables.get("view_gift", (gift,))
        if row is not None and all(self.tables.get("view_reversal", (entry,)) for entry in given):
            self.tables.put("view_gift", (gift,), (*row[:4], True, *row[5:]))

    def _add_activity(self, place: str, day: str, entries: int = 0, confirmed: int = 0) -> None:
        before = self.tables.get("view_activity", (place, day)) or (0, 0)
        self.tables.put("view_activity", (place, day), (before[0] + entries, before[1] + confirmed))

    def _post(self, index: int, number: int, posting: Posting, day: str) -> None:
        lot, out_of, into, quantity = posting
        key = (index, number)
        self.tables.put("view_posting", key, (lot.id, lot.item, *out_of, *into, quantity, day))
        if out_of.kind == "transit" or into.kind == "transit":
            fold_way(self.tables, posting)
        self._unsummed.append(key)

    def _add(self, lot: Lot, account: Account, change: int) -> None:
        kind, place, ref = account
        if kind in IS_STOCK:
            self._shelf(place, lot.item)[lot.id, kind] = None
        elif kind == "missing":
            self._bearers(place, ref)[lot.id] = None
        key = (lot.id, kind, place, ref)
        row = self.tables.get("view_balance", key)
        quantity = row[1] + change if row else change
        self.tables.put("view_balance", key, (lot.item, quantity) if quantity else None)

    def _register(self, body: Body, index: int) -> None:
        register(self.tables, body, index)
        if isinstance(body, BookOpened):
            self._open(body.origin, body.kind, body.time_zone)

    # savepoints and flushing -----------------------------------------------------------------------------

    def begin(self) -> None:
        self.tables.begin()
        self._before = (self.size, len(self._recent), len(self._unsummed))

    def commit(self) -> None:
        self.tables.commit()

    def undo(self) -> None:
        """Back to `begin`. Shelves and counts may keep a key too many, which reads as zero."""
        self.tables.undo()
        self.size, recent, unsummed = self._before
        for identity in list(self._recent)[recent:]:
            del self._recent[identity]
        del self._unsummed[unsummed:]
        self._lots.clear()

    def take_changes(self) -> dict[str, dict[Key, Row | None]]:
        """The changed rows, for the store to write; entries folded so far must be written with them."""
        self._recent.clear()
        self._settle()
        return self.tables.take_changes()

    @property
    def views(self) -> dict[str, dict[Key, Row | None]]:
        """Rows in memory by view and key; all of them when the book is `whole`."""
        self._settle()
        return self.tables.known

    def find(self, view: str, **where: object) -> list[tuple[Key, Row]]:
        """All rows of a view, stored or in memory, with these values in key columns."""
        self._settle()
        return self.tables.find(view, **where)

    def _settle(self) -> None:
        """Add what was posted since the last time to the views that only sum. No rule reads those, so they
        are summed in one go, once a transaction."""
        postings = self.tables.known["view_posting"]
        add_up(self.tables, self.lot, (row for key in self._unsummed if (row := postings[key])))
        self._unsummed = []
