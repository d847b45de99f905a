"""Rules of the kinds by which goods leave the shelf."""

from __future__ import annotations

from ledger.domain.kinds.outward import StockIssued, StockReturned, StockWrittenOff
from ledger.domain.lots import Account
from ledger.domain.rules.draft import Draft


def stock_issued(body: StockIssued, draft: Draft) -> None:
    draft.here("place", body.place, keeps_stock=True)
    issued = Account("issued", body.place)
    for field, line, lot in draft.lot_lines(body.lines):
        draft.take(lot, "usable", body.place, issued, line.quantity, field)
    for lot, _ in draft.new_lots(body.lines, "found", body.place):
        # "its whole quantity is found" (RECORD.md, Lots): it was on the shelf, the book had not known
        draft.move(lot, Account("found", body.place, draft.command.id), issued, lot.quantity)


def stock_returned(body: StockReturned, draft: Draft) -> None:
    place = draft.here("place", body.place, keeps_stock=True)
    for field, line, lot in draft.lot_lines(body.lines, ("state",)):
        if body.direction == "to_donor":
            draft.take(lot, line.state, body.place, Account("returned", body.place), line.quantity, field)
        elif place is not None:
            draft.put(lot, Account("issued", body.place), place, line.state, line.quantity, field)


def stock_written_off(body: StockWrittenOff, draft: Draft) -> None:
    draft.here("place", body.place, keeps_stock=True)
    if body.reason == "destroyed" and body.certificate is None:
        draft.fail("certificate", "certificate_wanted")
    written_off = Account("written_off", body.place, body.reason)
    for field, line, lot in draft.lot_lines(body.lines, ("state",)):
        draft.take(lot, line.state, body.place, written_off, line.quantity, field)
