"""Kinds by which goods leave the shelf."""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from ledger.domain import codes
from ledger.domain.kinds.fields import (
    MOST_LINES,
    Body,
    Code,
    EntryId,
    FoundLot,
    LotFromState,
    LotLine,
    ShortText,
    line_form,
)

IssuedLine = Annotated[
    Annotated[LotLine, Tag("Lot")] | Annotated[FoundLot, Tag("Item")], Discriminator(line_form)
]


class StockIssued(Body):
    """Issued for use (已领用), which is not the same as used."""

    place: Code
    purpose: codes.IssuePurpose
    covered_by: EntryId | None = None
    lines: list[IssuedLine] = Field(min_length=1, max_length=MOST_LINES)


StateLines = Annotated[list[LotFromState], Field(min_length=1, max_length=MOST_LINES)]


class StockReturned(Body):
    """to_shelf (退库): issued goods back to `state` at the place; to_donor (退货): out of the book."""

    place: Code
    direction: codes.ReturnDirection
    reason: codes.ReturnReason
    covered_by: EntryId | None = None
    lines: StateLines


class StockWrittenOff(Body):
    """Wastage (报损); a destruction names its certificate."""

    place: Code
    reason: codes.WriteOffReason
    certificate: ShortText | None = None
    covered_by: EntryId | None = None
    lines: StateLines
