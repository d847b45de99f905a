"""Transfers: two-phase, so that goods on the way are always somebody's question."""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from ledger.domain import codes
from ledger.domain.kinds.fields import (
    MOST_LINES,
    Body,
    Code,
    Counted,
    Day,
    EntryId,
    LotFromState,
    LotId,
    LotLine,
    NewLot,
    Part,
    Quantity,
    UnshownLot,
    line_form,
)  # fmt: skip

DispatchedLine = Annotated[
    Annotated[LotFromState, Tag("Lot")] | Annotated[UnshownLot, Tag("Item")], Discriminator(line_form)
]


class TransferDispatched(Body):
    """Goods left `from` for `to` and are in transit. Lines of source unshown are for archive books.

    Attributes:
        request: the SupplyRequested of `to` that it answers; goods that were not asked for may ride along.
        decision: the AllocationDecided that it carries out. Its shares for `to` say which requests are
            answered where `request` does not.
    """

    from_place: Code = Field(alias="from")
    to: Code
    terms: codes.TransferTerms = "allocation"
    due: Day | None = None
    request: EntryId | None = None
    decision: EntryId | None = None
    covered_by: EntryId | None = None
    lines: list[DispatchedLine] = Field(min_length=1, max_length=MOST_LINES)


class OffTheWayLine(LotLine):
    """A line that comes off a dispatch into stock, in `state`; by default the one that the lot left in."""

    state: codes.State | None = None


class ReceivedLine(OffTheWayLine):
    """`quantity` came off the dispatch; `surplus` more was in the boxes and is found."""

    surplus: Quantity | None = None


class Discrepancy(Part):
    """What was seen; it moves nothing."""

    lot: LotId
    seen: Counted
    reason: codes.DiscrepancyReason


ArrivedLine = Annotated[
    Annotated[ReceivedLine, Tag("Lot")] | Annotated[NewLot, Tag("Item")], Discriminator(line_form)
]


class TransferReceived(Body):
    """Goods arrived at `place`, of a dispatch (in parts, if need be) or without one (source unmatched)."""

    place: Code
    dispatch: EntryId | None = None
    from_place: Code | None = Field(default=None, alias="from")
    covered_by: EntryId | None = None
    discrepancy: list[Discrepancy] = Field(default=[], max_length=MOST_LINES)
    lines: list[ArrivedLine] = Field(min_length=1, max_length=MOST_LINES)


class TransferCancelled(Body):
    """The lines never left, or came back: in transit back to stock of the sender."""

    dispatch: EntryId
    reason: codes.CancelReason
    covered_by: EntryId | None = None
    lines: list[OffTheWayLine] = Field(min_length=1, max_length=MOST_LINES)


class TransferLost(Body):
    """The lines will not arrive: in transit to lost."""

    dispatch: EntryId
    reason: codes.LossReason
    lines: list[LotLine] = Field(min_length=1, max_length=MOST_LINES)
