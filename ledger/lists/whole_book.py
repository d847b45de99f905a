"""Findings over everything in an archive book, from its views alone, for pages and for imports of issues."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ledger.domain.instants import day_of
from ledger.lists.archive import UNSTATED
from ledger.lists.conservation import OverIssued, over_issued
from ledger.lists.findings import Finding, Goods, of_goods
from ledger.lists.known import NAMED_TYPES, Known
from ledger.lists.likeness import other_units
from ledger.projections.folded import FoldedBook

if TYPE_CHECKING:
    from ledger.record import Record

_OUT = frozenset({"transit", "issued", "outside", "lost", "requisitioned"})


def book_findings(record: Record) -> list[Finding]:
    """What the whole book shows: `lines` are entry indexes (of items, for issued_over_received, the entries
    that registered them). Like lines of two periods need donors' names and are found at import only."""
    with record.folded() as book:
        received = _received(book)
        found = [
            Finding(code, (goods.line,), f"{goods.name} {goods.quantity} {goods.unit}".strip())
            for goods in received
            for code in of_goods(goods)
        ]
        found += other_units(received)
        found += [Finding("issued_over_received", over.lines, over.detail) for over in over_issued_in(book)]
        found += _without_receipt(book)
    return found


def over_issued_in(book: FoldedBook) -> list[OverIssued]:
    """Names and units of which the book shows more going out than coming in (unshown lots are no receipt).

    From view_flow, so that reversed entries count for nothing; `lines` are the items' entries.
    """
    came: dict[str, int] = {}
    went: dict[str, int] = {}
    for (item, source, _, _, account, _), (quantity,) in book.find("view_flow"):
        if account == "received" and source != "unshown":
            came[item] = came.get(item, 0) + quantity
        elif account in _OUT:
            went[item] = went.get(item, 0) + quantity
    return over_issued(_by_item(book, came), _by_item(book, went))


def received_with_donors(known: Known) -> list[Goods]:
    """Every gift line of an archive book with its donor, where the donor is named."""
    gifts = {key[0]: row[0] for key, row in known.book.find("view_gift")}
    donors = {
        gift: known.donor_of(party) or ""
        for gift, party in gifts.items()
        if party and known.party_type(party) in NAMED_TYPES
    }
    received = _received(known.book, with_gift=True)
    return [replace(goods, donor=donors.get(goods.donor, "")) for goods in received]


def _received(book: FoldedBook, with_gift: bool = False) -> list[Goods]:
    """Every lot that came in as a gift and was not reversed; `donor` holds the gift code if asked for."""
    reversed_ = {row[0] for _, row in book.find("view_reversal")}
    items = _items(book)
    goods = []
    for _, row in book.find("view_lot"):
        item, quantity, source, _, gift, _, _, _, _, index, day = row
        if source == "donated" and index not in reversed_:
            name, spec, unit = items[item][:3]
            donor = gift if with_gift else ""
            goods.append(Goods(index, name, spec, unit, quantity, donor, day_of(day, book.zone)))
    return sorted(goods, key=lambda one: one.line)


def _without_receipt(book: FoldedBook) -> list[Finding]:
    items = _items(book)
    return [
        Finding(
            "issued_without_receipt", (row[9],), " ".join((items[row[0]][0], str(row[1]), items[row[0]][2]))
        )
        for _, row in sorted(book.find("view_lot"), key=lambda pair: pair[1][9])
        if row[2] == "unshown"
    ]


def _by_item(book: FoldedBook, quantities: dict[str, int]) -> list[Goods]:
    items = _items(book)
    return [
        Goods(items[code][3], *items[code][:3], quantity)
        for code, quantity in quantities.items()
        if quantity > 0
    ]


def _items(book: FoldedBook) -> dict[str, tuple[str, str, str, int]]:
    """code -> (name, spec, unit as printed, index of the entry that registered it)."""
    items = {}
    for (code,), row in book.find("view_item"):
        unit = "" if row[2] == UNSTATED["zh"] else row[2] or row[3]
        items[code] = (row[0] or row[1], row[8], unit, row[12])
    return items
