"""Kinds about the book itself and its registers. Registering a code again supersedes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ledger.domain import codes
from ledger.domain.kinds.fields import (
    AdminCode,
    Body,
    Code,
    Counted,
    Gtin,
    Hex64,
    Names,
    Origin,
    Quantity,
    ShortText,
    Text,
    TimeZone,
    VerifierKey,
)  # fmt: skip

PolicyName = Literal[
    "service_level_vital", "service_level_essential", "service_level_needed",  # per mille
    "review_period_days", "lead_time_days", "count_cycle_vital_days", "count_cycle_days",
    "short_dated_days", "publish_delay_hours", "disclosure_limit_hours", "late_entry_hours", "silence_days",
    "critical_cover_days", "erase_after_days",
]  # fmt: skip


class BookOpened(Body):
    """Entry 0: names the book, its log and its verifier key."""

    name: Names
    origin: Origin
    kind: codes.BookKind
    time_zone: TimeZone
    vkey: VerifierKey


class PlaceRegistered(Body):
    """A place; `keeps_stock` defaults to true for depots and centers only (RECORD.md)."""

    code: Code
    kind: codes.PlaceKind
    name: Names
    parent: Code | None = None
    admin_code: AdminCode | None = None
    keeps_stock: bool | None = None
    population: Counted | None = None
    staff: Counted | None = None


class PlaceStatusSet(Body):
    """From the day on that it happened, until the next: sealed is shut from outside, as in an outbreak.

    Attributes:
        into: of a merged place, the one that takes over.
    """

    place: Code
    status: codes.PlaceStatus
    into: Code | None = None
    reason: codes.StatusReason | None = None


class ResponseLevelRecorded(Body):
    """A level of emergency response (应急响应) of an area, from the day on that it happened, until the next.

    Attributes:
        level: 1, the gravest, to 4; 0 where the response ended.
        area: code of a district or street office of the book, or an administrative code.
        authority: who declared it.
        document: by which paper, as it is numbered.
    """

    level: Annotated[int, Field(ge=0, le=4)]
    area: Code
    authority: ShortText | None = None
    document: ShortText | None = None


class ItemRegistered(Body):
    """One kind of goods with one base unit. Packs are printed facts, never used to convert quantities."""

    code: Code
    name: Names
    base_unit: Names
    item_class: codes.ItemClass
    criticality: codes.Criticality
    needs_lot: bool  # whether lot number and expiry are recorded for it
    storage: ShortText | None = None
    spec: Text | None = None
    units_per_box: Quantity | None = None
    units_per_case: Quantity | None = None
    shelf_life_months: Quantity | None = None
    aliases: list[Text] = Field(default=[], max_length=40)
    gtins: list[Gtin] = Field(default=[], max_length=40)
    catalogue: Code | None = None  # a label that links a printed name to a catalogue item


class PartyRegistered(Body):
    """A donor or supplier. Who it is stays behind the commitment: hex HMAC-SHA256(salt, JCS(data))."""

    party: Code
    type: codes.PartyType
    commitment: Hex64


class PolicySet(Body):
    """Settings of the book, of a place or of an item; a later one supersedes the same name and scope."""

    settings: dict[PolicyName, Counted] = Field(min_length=1)
    place: Code | None = None
    item: Code | None = None
    basis: ShortText | None = None  # the law, guideline or own rule it stands on
