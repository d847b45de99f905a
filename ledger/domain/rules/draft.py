"""What a command would do to the book, gathered with everything that speaks against it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ledger.domain.book import Book, CountFacts, ItemFacts, PlaceFacts, StockFacts
from ledger.domain.entries import Command
from ledger.domain.ids import lot_id
from ledger.domain.kinds.asking import AllocationDecided, SupplyRequested
from ledger.domain.kinds.fields import MOST_LINES, Body, LotLine, NewLot
from ledger.domain.lots import RAISED_BY_LEAVING, STOCK_ACCOUNTS, Account, Lot, Posting, fefo_key
from ledger.domain.violations import Violation

# Names of body keys, made once: a line has its number in every violation, and few lines break a rule.
_LOT_FIELDS = tuple(f"lines.{number}.lot" for number in range(MOST_LINES))
_QUANTITY_FIELDS = tuple(f"lines.{number}.quantity" for number in range(MOST_LINES))


class Draft:
    """The effect of one command on a book.

    Rules call `fail` for every violation they find and go on, so that all are told at once; they call
    `move` for every quantity. Nothing is written here: projections fold a draft without violations.

    Attributes:
        lots: new ledger lots in body order (`#0`, `#1` ...).
        postings: the movements, in order.
        deltas: (lot id, account) -> by how much the postings together change it.
        registration: the body, when the command registers or sets something.
        holds: (view, subject, what holds of it from the day on); see views.STATUS and RESPONSE.
        dispatch: (from, to, due or "") when it opens a transfer.
        answers: (request or "", decision or "") that a transfer names.
        asked: the body of a request or of a decision about one.
        counted: (item, lot id or "") of each counted line.
        confirmed: the day that DayConfirmed names.
        reverses: (index, kind) of the entry that is reversed.
        gift: (gift code, party or "") that a donation names.
        places: where it happened; places that are only named are not among them.
    """

    def __init__(self, command: Command, book: Book) -> None:
        self.command = command
        self.book = book
        self.violations: list[Violation] = []
        self.lots: list[Lot] = []
        self.postings: list[Posting] = []
        self.registration: Body | None = None
        self.holds: tuple[str, str, tuple[Any, ...]] | None = None
        self.dispatch: tuple[str, str, str] | None = None
        self.answers: tuple[str, str] = ("", "")
        self.asked: SupplyRequested | AllocationDecided | None = None
        self.counted: list[tuple[str, str]] = []
        self.confirmed: str | None = None
        self.reverses: tuple[int, str] | None = None
        self.gift: tuple[str, str] | None = None
        self.places: list[str] = []
        self.deltas: dict[tuple[str, Account], int] = {}
        self._takers: dict[tuple[str, Account], str] = {}
        self._own: dict[str, Lot] = {}
        self._covered = False

    def fail(self, field: str, rule: str, **facts: Any) -> None:
        violation = Violation(field, rule, facts)
        if violation not in self.violations:
            self.violations.append(violation)

    # places, items, lots ---------------------------------------------------------------------------------

    def place(self, field: str, code: str) -> PlaceFacts | None:
        """A place that the command names; fails when it is unknown."""
        place = self.book.place(code)
        if place is None:
            self.fail(field, "no_place", code=code)
        return place

    def here(self, field: str, code: str, keeps_stock: bool = False) -> PlaceFacts | None:
        """The place where it happened; fails when it is unknown, or keeps no stock where it must."""
        place = self.place(field, code)
        if place is not None:
            self.places.append(code)
            if keeps_stock and not place.keeps_stock:
                self.fail(field, "keeps_no_stock", code=code)
        return place

    def item(self, field: str, code: str) -> ItemFacts | None:
        """An item that the command names; fails when it is unknown."""
        item = self.book.item(code)
        if item is None:
            self.fail(field, "no_item", code=code)
        return item

    def no_such(self, field: str, identity: str, wanted: str) -> None:
        """Fail for an id that is not of an entry of the kind `wanted`."""
        entry = self.book.entry(identity)
        if entry is None:
            self.fail(field, "no_entry", id=identity)
        else:
            self.fail(field, "wrong_kind", id=identity, kind=entry.kind, wanted=wanted)

    def lot(self, field: str, identity: str) -> Lot | None:
        lot = self._own.get(identity) or self.book.lot(identity)
        if lot is None:
            self.fail(field, "no_lot", lot=identity)
        return lot

    def lot_lines(self, lines: Iterable[Any], keys: tuple[str, ...] = ()) -> Iterable[tuple[str, Any, Lot]]:
        """(field, line, lot) of each line on an existing lot; a lot may stand once per value of `keys`."""
        seen: set[Any] = set()
        for number, line in enumerate(lines):
            if not isinstance(line, LotLine):
                continue
            identity = (line.lot, *(getattr(line, key) for key in keys)) if keys else line.lot
            if identity in seen:
                self.fail(_LOT_FIELDS[number], "duplicate_line", lot=line.lot)
                continue
            seen.add(identity)
            if lot := self.lot(_LOT_FIELDS[number], line.lot):
                yield _QUANTITY_FIELDS[number], line, lot

    def new_lots(
        self, lines: Iterable[Any], source: str, origin: str, gift: str = ""
    ) -> Iterable[tuple[Lot, str]]:
        """(lot, state) of each line of new stock, made in body order."""
        for number, line in enumerate(lines):
            if isinstance(line, NewLot) and (
                made := self.new_lot(f"lines.{number}", line, source, origin, gift)
            ):
                yield made

    def new_lot(
        self, field: str, line: NewLot, source: str, origin: str, gift: str = ""
    ) -> tuple[Lot, str] | None:
        item = self.item(f"{field}.item", line.item)
        if item is None:
            return None
        stated = (line.lot_number is not None) + (line.expiry is not None)
        if item.needs_lot and stated < 2:
            self.fail(field, "lot_wanted", code=line.item)
        elif not item.needs_lot and stated:
            self.fail(field, "lot_unwanted", code=line.item)
        lot = self.add_lot(
            line.item, line.quantity, source, origin, gift,
            line.lot_number or "", line.expiry or "", line.grade or "", line.pack or "",
        )  # fmt: skip
        if line.state == "usable" and lot.first_state != "usable":
            self.fail(f"{field}.state", "unmarked_usable")
        return lot, line.state or lot.first_state

    def add_lot(
        self, item: str, quantity: int, source: str, origin: str, gift: str = "", *printed: str
    ) -> Lot:
        lot = Lot(lot_id(self.command.id, len(self.lots)), item, quantity, source, origin, gift, *printed)
        self.lots.append(lot)
        self._own[lot.id] = lot
        return lot

    # quantities ------------------------------------------------------------------------------------------

    def quantity(self, lot: Lot, account: Account) -> int:
        """Base units in the account after the postings so far."""
        before = 0 if lot.id in self._own else self.book.quantity(lot.id, account)
        return before + self.deltas.get((lot.id, account), 0)

    def move(self, lot: Lot, out_of: Account, into: Account, quantity: int, field: str = "lines") -> None:
        if quantity == 0:
            return
        self.postings.append(Posting(lot, out_of, into, quantity))
        self._change((lot.id, out_of), quantity if out_of.kind in RAISED_BY_LEAVING else -quantity, field)
        self._change((lot.id, into), -quantity if into.kind in RAISED_BY_LEAVING else quantity, field)

    def _change(self, key: tuple[str, Account], change: int, field: str) -> None:
        self.deltas[key] = self.deltas.get(key, 0) + change
        if change < 0:
            self._takers.setdefault(key, field)

    def check_not_below_zero(self) -> None:
        """RECORD.md, Rules: stock of a lot never goes below zero; nor does any other account."""
        for key, field in self._takers.items():
            identity, account = key
            before = 0 if identity in self._own else self.book.quantity(identity, account)
            after = before + self.deltas[key]
            if after < 0:
                facts = {"have": before, "need": before - after, "short": -after}
                self.fail(
                    field, "below_zero", place=account.place, account=account.kind, lot=identity, **facts
                )

    def takers(self) -> dict[tuple[str, Account], str]:
        """The (lot id, account) that this command lowers, with the field that did it."""
        return self._takers

    # differences of counts -------------------------------------------------------------------------------

    def take_difference(self, lot: Lot, place: str, count: str, into: Account, quantity: int) -> None:
        """Stock stays and the count's difference gives: first what it called missing, then more is found."""
        missing = Account("missing", place, count)
        taken = min(quantity, max(0, self.quantity(lot, missing)))
        self.move(lot, missing, into, taken)
        self.move(lot, Account("found", place, count), into, quantity - taken)

    def put_difference(
        self, lot: Lot, out_of: Account, place: str, count: str, quantity: int, field: str
    ) -> None:
        """Stock stays and the count's difference takes: first what it called found, then more is missing."""
        found = Account("found", place, count)
        returned = min(quantity, max(0, self.quantity(lot, found)))
        self.move(lot, out_of, found, returned, field)
        self.move(lot, out_of, Account("missing", place, count), quantity - returned, field)

    def take(self, lot: Lot, state: str, place: str, into: Account, quantity: int, field: str) -> None:
        """Out of stock, or, for a movement that a count covers, out of the count's difference.

        The lot's own missing goes first. Where the item was counted as a whole, its shortage may stand on
        other lots: they come back to the shelf for what this lot gives.
        """
        stock = Account(state, place)
        count = self._cover(lot, place)
        if count is None:
            self.move(lot, stock, into, quantity, field)
            return
        own = min(quantity, max(0, self.quantity(lot, Account("missing", place, count.id))))
        self.take_difference(lot, place, count.id, into, own)
        left = quantity - own
        missing = Account("missing", place, count.id)
        short = self.book.missing(place, lot.item, count.id) if count.whole_item else ()
        for bearer in _others(short, lot):
            share = max(0, min(left, self.quantity(bearer.lot, missing), self.quantity(lot, stock)))
            self.move(bearer.lot, missing, stock, share)
            self.move(lot, stock, into, share, field)
            left -= share
        self.take_difference(lot, place, count.id, into, left)

    def put(
        self, lot: Lot, out_of: Account, place: PlaceFacts, state: str, quantity: int, field: str = "lines"
    ) -> None:
        """Into stock, or out of the book where the place keeps none, or, for a movement that a count covers,
        into the count's difference.

        What the count found on the lot itself goes first. Where the item was counted as a whole, its surplus
        may stand on other lots: they hand over what is still on the shelf of it.
        """
        if not place.keeps_stock:
            self.move(lot, out_of, Account("outside", place.code), quantity, field)
            return
        count = self._cover(lot, place.code)
        if count is None:
            self.move(lot, out_of, Account(state, place.code), quantity, field)
            return
        own = min(quantity, max(0, self.quantity(lot, Account("found", place.code, count.id))))
        self.put_difference(lot, out_of, place.code, count.id, own, field)
        left = quantity - own
        shelf = self.book.stock(place.code, lot.item) if count.whole_item else ()
        for pile in _others(shelf, lot):
            there, found = Account(pile.state, place.code), Account("found", place.code, count.id)
            share = max(0, min(left, self.quantity(pile.lot, there), self.quantity(pile.lot, found)))
            self.move(pile.lot, there, found, share)
            self.move(lot, out_of, Account(state, place.code), share, field)
            left -= share
        self.put_difference(lot, out_of, place.code, count.id, left, field)

    def _cover(self, lot: Lot, place: str) -> CountFacts | None:
        """The covering count, or None. Fails when the named count is not the lot's last one at the place."""
        covered_by: str | None = self.command.body.get("covered_by")
        if covered_by is None:
            return None
        self._covered = True
        last = self.book.last_count(place, lot)
        if last is None or last.id != covered_by:
            self.fail("covered_by", "not_covered", id=covered_by, place=place)
            return None
        return last

    def check_covered(self, covered_by: str) -> None:
        """Fails when a count is named, and nothing of the movement is such that a count could cover it."""
        if not self._covered and not self.violations:
            self.fail("covered_by", "not_covered", id=covered_by, place=", ".join(self.places))

    def later_count(self, place: str, lot: Lot, index: int) -> CountFacts | None:
        """The place's last count of the lot, if it was written after entry `index`."""
        last = self.book.last_count(place, lot)
        return last if last is not None and last.entry_index > index else None


def is_stock(account: Account) -> bool:
    return account.kind in STOCK_ACCOUNTS


def _others(stock: Iterable[StockFacts], lot: Lot) -> list[StockFacts]:
    """What is of other lots, in FEFO order, then by state, so that every machine takes them alike."""
    others = [facts for facts in stock if facts.lot.id != lot.id]
    return sorted(others, key=lambda facts: (fefo_key(facts.lot, facts.entry_index), facts.state))
