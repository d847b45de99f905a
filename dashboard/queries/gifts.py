"""One gift: what came of it, to the piece, and every entry that moved it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from dashboard.figures import fate_of
from dashboard.figures.theme import FATE
from dashboard.queries.book import Book
from dashboard.queries.entries import EntryTold, Line, entries_at
from dashboard.queries.registers import Item, Place
from ledger.domain.lots import SOURCE_ACCOUNTS, STOCK_ACCOUNTS


@dataclass(frozen=True)
class Share:
    """So much of a gift's item, of one physical lot, that had one fate at one place.

    Attributes:
        state: usable, to_inspect, held or rejected where it is on hand, else "".
        expired: on hand, past its expiry today and not yet written off.
    """

    fate: str
    place: Place
    state: str
    lot_number: str
    expiry: str
    expired: bool
    quantity: int


@dataclass(frozen=True)
class GiftItem:
    """One item of a gift, in its base unit; `received + converted_in + found` is the sum of `shares`."""

    item: Item
    received: int
    converted_in: int
    found: int
    shares: list[Share]

    @property
    def entered(self) -> int:
        return self.received + self.converted_in + self.found

    @property
    def fates(self) -> dict[str, int]:
        """By fate, in the order of drawing."""
        total: dict[str, int] = defaultdict(int)
        for share in self.shares:
            total[share.fate] += share.quantity
        return {fate: total[fate] for fate in FATE if total[fate]}

    @property
    def expired_on_shelf(self) -> int:
        return sum(share.quantity for share in self.shares if share.expired)

    def places_of(self, fate: str) -> list[Place]:
        """Where this fate befell it, most first."""
        total: dict[str, int] = defaultdict(int)
        known = {share.place.code: share.place for share in self.shares}
        for share in self.shares:
            if share.fate == fate:
                total[share.place.code] += share.quantity
        return [known[code] for code in sorted(total, key=lambda code: (-total[code], code))]


@dataclass(frozen=True)
class Gift:
    """A gift as the public may see it.

    Attributes:
        party: the party's code, never a name; "" where none is told.
        place: where it was received; day: when, as claimed.
        terms: what the donor asked for (kinds.inward.GiftTerms), only keys that were told.
        receipts: indexes of the entries that received it and stand, oldest first; where all were taken back,
            of those.
        reversed: the receipt was taken back by a correction, so that nothing of it counts.
        moved_by: indexes of every entry that moved any of it, newest first.
        lots: ids of its ledger lots.
    """

    code: str
    party: str
    place: Place
    day: str
    terms: dict[str, Any]
    receipts: list[int]
    reversed: bool
    items: list[GiftItem]
    moved_by: list[int]
    lots: frozenset[str] = field(repr=False)


def gift(book: Book, code: str) -> Gift | None:
    """The gift of this number; None where the book has none."""
    known = book.rows("view_gift", gift=code)
    if not known:
        return None
    head = known[0]
    lots = {row["lot"]: row for row in book.rows("view_lot", gift=code)}
    received = entries_at(book, book.reading.gift_entries(code))
    standing = [entry for entry in received if entry.reversed_by is None] or received
    receipts = [entry.index for entry in standing]
    moved = {row["entry_index"] for lot in lots for row in book.rows("view_posting", lot=lot)}
    terms = standing[0].body.get("terms") or {}  # of a delayed entry nothing is told
    return Gift(
        code=code, party=head["party"], place=book.registers.place(head["place"]), day=head["day"],
        terms={key: value for key, value in terms.items() if value is not None},
        receipts=receipts, reversed=bool(head["reversed"]), items=_items(book, lots.values()),
        moved_by=sorted(moved | set(receipts), reverse=True), lots=frozenset(lots),
    )  # fmt: skip


def _items(book: Book, lots: Iterable[dict[str, Any]]) -> list[GiftItem]:
    entered: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(SOURCE_ACCOUNTS, 0))
    shares: dict[str, dict[tuple[str, str, str, str, str], int]] = defaultdict(lambda: defaultdict(int))
    for lot in lots:
        for row in book.rows("view_balance", lot=lot["lot"]):
            account, quantity = row["account"], int(row["quantity"])
            if account in SOURCE_ACCOUNTS:
                entered[lot["item"]][account] += quantity
            elif quantity:
                state = account if account in STOCK_ACCOUNTS else ""
                key = (
                    fate_of(account, row["ref"]),
                    row["place"],
                    state,
                    lot["lot_number"],
                    lot["expiry"],
                )
                shares[lot["item"]][key] += quantity
    return [
        GiftItem(book.registers.item(item), **entered[item], shares=_shares(book, shares[item]))
        for item in sorted(entered)
    ]


def _shares(book: Book, summed: dict[tuple[str, str, str, str, str], int]) -> list[Share]:
    order = {fate: rank for rank, fate in enumerate(FATE)}
    today = book.today.isoformat()
    made = [
        Share(
            fate, book.registers.place(place), state, number, expiry,
            fate == "onhand" and expiry[:1].isdigit() and expiry < today, quantity,
        )
        for (fate, place, state, number, expiry), quantity in summed.items()
    ]  # fmt: skip
    return sorted(made, key=lambda s: (order[s.fate], -s.quantity, s.place.code, s.expiry, s.state))


@dataclass(frozen=True)
class GiftStep:
    """An entry that moved some of a gift.

    Attributes:
        entry: told as far as it moved this gift, so that its sentence counts the gift's own pieces; counts,
            conversions and corrections keep their own words.
        own: the gift's own pieces where `entry` does not tell them.
    """

    entry: EntryTold
    own: list[Line]


def steps(book: Book, gift: Gift, indexes: Iterable[int]) -> list[GiftStep]:
    """What these entries did with the gift, in the given order."""
    wanted = list(indexes)
    moved: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in book.reading.postings(wanted):
        if row.lot in gift.lots:
            moved[row.entry_index][row.item] += row.quantity
    made = []
    for entry in entries_at(book, wanted):
        if entry.public_at:
            made.append(GiftStep(entry, []))
            continue
        lines = [Line(book.registers.item(item), n) for item, n in moved[entry.index].items() if n]
        whole = entry.kind in _TOLD_WHOLE
        made.append(GiftStep(entry, lines) if whole else GiftStep(replace(entry, lines=lines), []))
    return made


_TOLD_WHOLE = ("StockCounted", "StockConverted", "EntryReversed")
