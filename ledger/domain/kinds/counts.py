"""Counts and the day's confirmation."""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from ledger.domain.kinds.fields import MOST_LINES, Body, Code, Counted, Day, LotId, Part, line_form


class CountedLot(Part):
    """What was counted of one lot, in base units, over all its states at the place."""

    lot: LotId
    quantity: Counted


class CountedItem(Part):
    """What was counted of an item, over all its lots at the place."""

    item: Code
    quantity: Counted


CountedLine = Annotated[
    Annotated[CountedLot, Tag("Lot")] | Annotated[CountedItem, Tag("Item")], Discriminator(line_form)
]


class StockCounted(Body):
    """States what was counted; the difference is against the log at append."""

    place: Code
    lines: list[CountedLine] = Field(min_length=1, max_length=MOST_LINES)


class DayConfirmed(Body):
    """今日无变动, 零报告: nothing moved at `place` on `day`."""

    place: Code
    day: Day
