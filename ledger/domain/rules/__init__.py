"""The rules: what a command would do to the book, with every violation at once. They run in log order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.domain.authorship import signature_violations
from ledger.domain.book import Book
from ledger.domain.entries import Command, envelope_violations
from ledger.domain.kinds import parse_body
from ledger.domain.rules import (
    asking,
    correction,
    counts,
    donors,
    inward,
    keys,
    movement,
    outward,
    registers,
    state,
    watch,
)
from ledger.domain.rules.draft import Draft

RULES: dict[str, Callable[[Any, Draft], None]] = {
    "BookOpened": registers.book_opened,
    "PlaceRegistered": registers.place_registered,
    "ItemRegistered": registers.item_registered,
    "PartyRegistered": registers.party_registered,
    "PolicySet": registers.policy_set,
    "PlaceStatusSet": registers.place_status_set,
    "ResponseLevelRecorded": registers.response_level_recorded,
    "StockOpened": inward.stock_opened,
    "DonationReceived": inward.donation_received,
    "AllotmentReceived": inward.allotment_received,
    "PurchaseReceived": inward.purchase_received,
    "SupplyRequested": asking.supply_requested,
    "AllocationDecided": asking.allocation_decided,
    "TransferDispatched": movement.transfer_dispatched,
    "TransferReceived": movement.transfer_received,
    "TransferCancelled": movement.transfer_cancelled,
    "TransferLost": movement.transfer_lost,
    "StockIssued": outward.stock_issued,
    "StockReturned": outward.stock_returned,
    "StockWrittenOff": outward.stock_written_off,
    "StockInspected": state.stock_inspected,
    "StockConverted": state.stock_converted,
    "StockCounted": counts.stock_counted,
    "DayConfirmed": counts.day_confirmed,
    "EntryReversed": correction.entry_reversed,
    "KeyEnrolled": keys.key_enrolled,
    "KeyRevoked": keys.key_revoked,
    "LogKeyRotated": keys.log_key_rotated,
    "ConsentChanged": donors.consent_changed,
    "DataErased": donors.data_erased,
    "ForecastPublished": watch.forecast_published,
}


def interpret(
    command: Command, book: Book, first: str | None = None, may_go_below_zero: bool = False
) -> Draft:
    """The draft of a command on a book; it may be written when `violations` is empty.

    `first` is the id of the first command of the same transaction, by default this one's.
    `may_go_below_zero` is for the entries of one correction, between which, and only there, stock may be
    below zero; the caller checks at its end.
    """
    draft = Draft(command, book)
    draft.violations += envelope_violations(command)
    if draft.violations:
        return draft
    body = parse_body(command.kind, command.body)
    if isinstance(body, list):
        draft.violations += body
        return draft
    if (book.size == 0) != (command.kind == "BookOpened"):
        draft.fail("kind", "book_first")
        return draft
    actor_place = command.actor["place"]
    if actor_place is not None and book.place(actor_place) is None:
        draft.fail("actor.place", "no_place", code=actor_place)
    if command.sig is not None:
        draft.violations += signature_violations(command, book.origin, book.author_key)
    if body.correction not in (None, first or command.id):
        draft.fail("correction", "correction_alone", id=body.correction)
    RULES[command.kind](body, draft)
    if (covered_by := command.body.get("covered_by")) is not None:
        draft.check_covered(covered_by)
    if not may_go_below_zero:
        draft.check_not_below_zero()
    return draft
