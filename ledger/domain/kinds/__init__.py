"""The kinds of entries: one frozen class per kind, each field explained, units named.

`KINDS` is the one list; rules, golden files, docs and pages are checked against it. `correction` is a key
that every kind of a correction's entries may carry, so `Body` has it.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from ledger.domain.kinds import (
    asking,
    book,
    correction,
    counts,
    donors,
    inward,
    keys,
    movement,
    outward,
    state,
    watch,
)
from ledger.domain.kinds.fields import Body
from ledger.domain.kinds.wording import violations_of
from ledger.domain.violations import Violation

KINDS: dict[str, type[Body]] = {
    cls.__name__: cls
    for cls in (
        book.BookOpened, book.PlaceRegistered, book.ItemRegistered, book.PartyRegistered, book.PolicySet,
        book.PlaceStatusSet, book.ResponseLevelRecorded,
        inward.StockOpened, inward.DonationReceived, inward.AllotmentReceived, inward.PurchaseReceived,
        asking.SupplyRequested, asking.AllocationDecided,
        movement.TransferDispatched, movement.TransferReceived, movement.TransferCancelled,
        movement.TransferLost,
        outward.StockIssued, outward.StockReturned, outward.StockWrittenOff,
        state.StockInspected, state.StockConverted,
        counts.StockCounted, counts.DayConfirmed,
        correction.EntryReversed,
        keys.KeyEnrolled, keys.KeyRevoked, keys.LogKeyRotated,
        donors.ConsentChanged, donors.DataErased,
        watch.ForecastPublished,
    )
}  # fmt: skip


def parse_body(kind: str, body: dict[str, Any]) -> Body | list[Violation]:
    """The body as its class, or every way in which it is not of the kind's shape."""
    cls = KINDS.get(kind)
    if cls is None:
        return [Violation("kind", "unknown_kind", {"kind": kind[:60]})]
    try:
        return cls.model_validate(body)
    except ValidationError as error:
        return violations_of(error)
