"""Asking for goods, and the decision who gets how much. Neither moves anything."""

from __future__ import annotations

from pydantic import Field

from ledger.domain import codes
from ledger.domain.kinds.fields import (
    MOST_LINES,
    Body,
    Code,
    Counted,
    Day,
    EntryId,
    Part,
    Quantity,
    ShortText,
)  # fmt: skip


class RequestedLine(Part):
    """How much of an item is asked for, in base units. It makes no lot."""

    item: Code
    quantity: Quantity


class SupplyRequested(Body):
    """`place` asks for goods (申领). What is withdrawn is reversed, with the reason withdrawn.

    Attributes:
        to: the place that is asked; left out where whoever is in charge shall find the goods.
        needed_by: the last day on which the goods are of use as meant.
    """

    place: Code
    to: Code | None = None
    urgency: codes.Urgency = "routine"
    reason: codes.RequestReason | None = None
    needed_by: Day | None = None
    lines: list[RequestedLine] = Field(min_length=1, max_length=MOST_LINES)


class Need(Part):
    """What the need of every share was taken from, and for how many days it was reckoned."""

    basis: codes.NeedBasis
    days: Quantity | None = None


class Share(Part):
    """What one place gets of one item, in base units.

    Attributes:
        quantity: 0 only where all is refused.
        need: the place's need on the basis of the decision, over its days.
        request: the SupplyRequested of the place that this answers. What is left of it stays open ...
        refused: ... unless this says why there will be no more.
    """

    place: Code
    item: Code
    quantity: Counted
    need: Counted | None = None
    request: EntryId | None = None
    refused: codes.RefusalReason | None = None


class AllocationDecided(Body):
    """Who gets how much, by which rule and on which need, so that nobody has to ask why.

    Attributes:
        place: who decided.
        from_place: whose stock is shared out, where it is one place's.
        document: number of the paper, where there is one.
        shares: one per place and item.
    """

    place: Code
    from_place: Code | None = Field(default=None, alias="from")
    rule: codes.AllocationRule
    need: Need
    document: ShortText | None = None
    shares: list[Share] = Field(min_length=1, max_length=MOST_LINES)
