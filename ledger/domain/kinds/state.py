"""Kinds that change what stock is, not how much of it came in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from ledger.domain import codes
from ledger.domain.kinds.fields import MOST_LINES, Body, Code, LotFromState, LotLine, NewLot, line_form


class InspectedLine(LotLine):
    result: Literal["usable", "held", "rejected"]


class StockInspected(Body):
    """Goods to inspect were looked at: each line goes to its result."""

    place: Code
    lines: list[InspectedLine] = Field(min_length=1, max_length=MOST_LINES)


ConvertedLine = Annotated[
    Annotated[LotFromState, Tag("Lot")] | Annotated[NewLot, Tag("Item")], Discriminator(line_form)
]


class StockConverted(Body):
    """Lot lines go in, item lines come out, one per gift share (RECORD.md, Lots and the equation)."""

    place: Code
    reason: codes.ConversionReason
    lines: list[ConvertedLine] = Field(min_length=2, max_length=MOST_LINES)
