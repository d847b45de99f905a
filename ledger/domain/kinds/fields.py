"""Field types that the bodies share: strict, closed, and saying in one sentence what they want."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from ledger.domain import codes
from ledger.domain.canonical import MAX_INTEGER
from ledger.domain.ids import ENTRY_ID, LOT_ID
from ledger.domain.instants import parse_day, parse_instant
from ledger.domain.signatures import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, decode_base64
from ledger.domain.text import check_text
from ledger.domain.violations import Unfit

UNMARKED = "unmarked"
MOST_LINES = 300  # of one entry; a larger command is split


def _day(text: str) -> str:
    parse_day(text)
    return text


def _expiry(text: str) -> str:
    try:
        return text if text == UNMARKED else _day(text)
    except Unfit:
        raise Unfit("bad_expiry") from None


def _instant(text: str) -> str:
    try:
        parse_instant(text)
    except ValueError:
        raise Unfit("bad_instant") from None
    return text


def _base64(size: int) -> Any:
    """The one base64 text of so many bytes."""

    def check(text: str) -> str:
        if decode_base64(text, size) is None:
            raise Unfit("bad_base64", size=size)
        return text

    return AfterValidator(check)


def _form(pattern: str, rule: str) -> Any:
    """Text of one form; what does not match breaks `rule` of MESSAGES."""
    form = re.compile(pattern)

    def check(text: str) -> str:
        if form.fullmatch(text) is None:
            raise Unfit(rule)
        return text

    return AfterValidator(check)


Code = Annotated[str, _form(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", "bad_code")]
GiftCode = Annotated[str, _form(r"[0-9A-Z][0-9A-Z-]{3,23}", "bad_gift")]
EntryId = Annotated[str, _form(ENTRY_ID.pattern, "bad_entry_id")]
LotId = Annotated[str, _form(LOT_ID.pattern, "bad_lot_id")]
Hex64 = Annotated[str, _form(r"[0-9a-f]{64}", "bad_hex")]
AdminCode = Annotated[str, _form(r"[0-9]{6,12}", "bad_admin_code")]
Gtin = Annotated[str, _form(r"[0-9]{8,14}", "bad_gtin")]
# c2sp.org/tlog-checkpoint: no space or plus sign in the origin; c2sp.org/signed-note: the verifier key.
Origin = Annotated[str, _form(r"[^\s+]{1,200}", "bad_origin"), AfterValidator(check_text)]
VerifierKey = Annotated[
    str, _form(r"[^\s+]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{1,160}", "bad_vkey"), AfterValidator(check_text)
]
KeyId = Annotated[str, _form(r"[0-9a-f]{16}", "bad_key_id")]
Base64Key = Annotated[str, _base64(PUBLIC_KEY_BYTES)]
Base64Signature = Annotated[str, _base64(SIGNATURE_BYTES)]
TimeZone = Annotated[str, _form(r"[A-Za-z0-9_+/-]{1,40}", "bad_time_zone")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=400), AfterValidator(check_text)]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=80), AfterValidator(check_text)]
Day = Annotated[str, AfterValidator(_day)]
Instant = Annotated[str, AfterValidator(_instant)]
Expiry = Annotated[str, AfterValidator(_expiry)]
Quantity = Annotated[int, Field(ge=1, le=MAX_INTEGER)]
Counted = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
Fen = Counted


class Part(BaseModel):
    """A piece of a body: frozen, strict, no unknown keys. Absent and null mean the same: not stated."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class Body(Part):
    """The body of one kind. Entries of one correction name its first entry in `correction`."""

    correction: EntryId | None = None


class Names(Part):
    """A name in the languages it has; at least one."""

    zh: Text | None = None
    en: Text | None = None

    def model_post_init(self, context: Any) -> None:
        if self.zh is None and self.en is None:
            raise Unfit("name_wanted")


class NewLot(Part):
    """A line of new stock: it makes one ledger lot. `quantity` in base units of the item."""

    item: Code
    quantity: Quantity
    lot_number: ShortText | None = None
    expiry: Expiry | None = None
    grade: codes.Grade | None = None
    state: codes.State | None = None
    pack: ShortText | None = None  # as printed, e.g. "450瓶/件"; a label, never arithmetic


class LotLine(Part):
    """A line on an existing ledger lot. `quantity` in base units."""

    lot: LotId
    quantity: Quantity


class LotFromState(LotLine):
    """A lot line that names the state it takes from."""

    state: codes.State = "usable"


class UnshownLot(NewLot):
    """Archive books: goods that left without a published receipt (RECORD.md, archive rules)."""

    source: Literal["unshown"]


class FoundLot(NewLot):
    """Issued from stock that the book did not have: opens a lot of source found."""

    source: Literal["found"]


def line_form(line: Any) -> str:
    """Which form a line has: "Lot" when it names an existing ledger lot, else "Item"."""
    names_lot = "lot" in line if isinstance(line, dict) else hasattr(line, "lot")
    return "Lot" if names_lot else "Item"
