"""Rules of stock counts: the difference is against the book at append."""

from __future__ import annotations

from collections import defaultdict

from ledger.domain.book import StockFacts
from ledger.domain.kinds.counts import CountedItem, CountedLot, DayConfirmed, StockCounted
from ledger.domain.kinds.fields import UNMARKED
from ledger.domain.lots import STOCK_ACCOUNTS, Account, Lot, fefo_key, receipt_key
from ledger.domain.rules.draft import Draft

# Who bears a shortage first within one lot: what can be used is what gets used.
_ORDER = {state: rank for rank, state in enumerate(STOCK_ACCOUNTS)}


def stock_counted(body: StockCounted, draft: Draft) -> None:
    draft.here("place", body.place, keeps_stock=True)
    seen: set[str] = set()
    whole = {line.item for line in body.lines if isinstance(line, CountedItem)}
    for number, line in enumerate(body.lines):
        name = line.lot if isinstance(line, CountedLot) else line.item
        field = f"lines.{number}.{'lot' if isinstance(line, CountedLot) else 'item'}"
        if name in seen:
            draft.fail(field, "duplicate_line", lot=name)
            continue
        seen.add(name)
        if isinstance(line, CountedLot):
            _count_lot(line, field, body.place, whole, draft)
        else:
            _count_item(line, field, body.place, draft)


def day_confirmed(body: DayConfirmed, draft: Draft) -> None:
    draft.here("place", body.place)
    draft.confirmed = body.day


def _count_lot(line: CountedLot, field: str, place: str, whole: set[str], draft: Draft) -> None:
    lot = draft.lot(field, line.lot)
    if lot is None:
        return
    if lot.item in whole:
        draft.fail(field, "counted_twice", code=lot.item)
    held = [stock for stock in draft.book.stock(place, lot.item) if stock.lot.id == lot.id]
    draft.counted.append((lot.item, lot.id))
    _settle(line.quantity, held, lot, place, draft)


def _count_item(line: CountedItem, field: str, place: str, draft: Draft) -> None:
    item = draft.item(field, line.item)
    if item is None:
        return
    held = list(draft.book.stock(place, line.item))
    draft.counted.append((line.item, ""))
    if held:
        newest = max(held, key=lambda stock: receipt_key(stock.lot, stock.entry_index)).lot
        _settle(line.quantity, held, newest, place, draft)
    elif line.quantity:
        # a surplus without a lot opens a lot with source found (RECORD.md, Lots)
        printed = (UNMARKED, UNMARKED) if item.needs_lot else ("", "")
        lot = draft.add_lot(line.item, line.quantity, "found", place, "", *printed)
        found = Account("found", place, draft.command.id)
        draft.move(lot, found, Account(lot.first_state, place), line.quantity)


def _settle(counted: int, held: list[StockFacts], newest: Lot, place: str, draft: Draft) -> None:
    """A shortage falls on the lots in FEFO order, usable goods first; a surplus on the newest (RECORD.md,
    Rules)."""
    difference = counted - sum(stock.quantity for stock in held)
    if difference > 0:
        states: dict[str, int] = defaultdict(int)
        for stock in held:
            if stock.lot.id == newest.id:
                states[stock.state] += stock.quantity
        state = min(states, key=lambda s: _ORDER[s], default=newest.first_state)
        draft.move(newest, Account("found", place, draft.command.id), Account(state, place), difference)
    missing = Account("missing", place, draft.command.id)
    for stock in sorted(held, key=lambda s: (_ORDER[s.state], fefo_key(s.lot, s.entry_index))):
        short = min(max(0, -difference), stock.quantity)
        draft.move(stock.lot, Account(stock.state, place), missing, short)
        difference += short
