"""Kinds by which goods enter the book."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ledger.domain import codes
from ledger.domain.kinds.fields import (
    MOST_LINES,
    Body,
    Code,
    Day,
    EntryId,
    Fen,
    GiftCode,
    Hex64,
    NewLot,
    Part,
    ShortText,
)

NewLots = Annotated[list[NewLot], Field(min_length=1, max_length=MOST_LINES)]


class StockOpened(Body):
    """What was on the shelf when the book began."""

    place: Code
    lines: NewLots


class GiftTerms(Part):
    """What the donor asked for; empty keys were not stated."""

    beneficiary: Code | None = None
    purpose: codes.IssuePurpose | None = None
    reallocate: codes.Reallocate | None = None
    use_by: Day | None = None


class DonationReceived(Body):
    """A gift arrived at `place`. `donee` is the institution that accepted it, where that is another place.

    `commitment`, hex HMAC-SHA256(salt, JCS(data)), stands for details of this gift kept beside the log.
    """

    place: Code
    gift: GiftCode
    party: Code | None = None
    donee: Code | None = None
    terms: GiftTerms | None = None
    commitment: Hex64 | None = None
    covered_by: EntryId | None = None
    lines: NewLots


class AllotmentReceived(Body):
    """Goods allotted from above (上级配发); `authority` is who allotted them."""

    place: Code
    authority: Code | None = None
    document: ShortText | None = None
    covered_by: EntryId | None = None
    lines: NewLots


class PurchaseReceived(Body):
    """Goods bought; `amount_fen` is the price of the whole entry in fen."""

    place: Code
    funded_by: codes.FundedBy
    amount_fen: Fen
    party: Code | None = None
    covered_by: EntryId | None = None
    lines: NewLots
