"""Rules of the book's own kinds and its registers."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from ledger.domain.kinds.book import BookOpened, ItemRegistered, PartyRegistered, PlaceRegistered, PolicySet
from ledger.domain.rules.draft import Draft


def book_opened(body: BookOpened, draft: Draft) -> None:
    try:
        ZoneInfo(body.time_zone)
    except (KeyError, ValueError, OSError):
        draft.fail("time_zone", "bad_time_zone")
    draft.registration = body


def place_registered(body: PlaceRegistered, draft: Draft) -> None:
    above = body.parent
    while above is not None:
        if above == body.code:
            draft.fail("parent", "parent_cycle", code=body.code)
            break
        place = draft.book.place(above)
        if place is None:
            draft.fail("parent", "no_place", code=above)
            break
        above = place.parent or None
    draft.registration = body


def item_registered(body: ItemRegistered, draft: Draft) -> None:
    """A code registered again may gain the unit's name in another language, but not change its unit: every
    quantity written under the code would come to mean something else."""
    item = draft.book.item(body.code)
    if item is not None:
        known, told = (item.unit_zh, item.unit_en), (body.base_unit.zh or "", body.base_unit.en or "")
        if any(before and now != before for before, now in zip(known, told, strict=True)):
            draft.fail("base_unit", "unit_changed", code=body.code, unit=" / ".join(filter(None, known)))
    draft.registration = body


def party_registered(body: PartyRegistered, draft: Draft) -> None:
    draft.registration = body


def policy_set(body: PolicySet, draft: Draft) -> None:
    if body.place is not None:
        draft.place("place", body.place)
    if body.item is not None and draft.book.item(body.item) is None:
        draft.fail("item", "no_item", code=body.item)
    draft.registration = body
