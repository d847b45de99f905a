"""Rules of the book's own kinds and its registers."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from ledger.domain.instants import day_of
from ledger.domain.kinds.book import (
    BookOpened,
    ItemRegistered,
    PartyRegistered,
    PlaceRegistered,
    PlaceStatusSet,
    PolicySet,
    ResponseLevelRecorded,
)
from ledger.domain.rules.draft import Draft

AREAS = ("district", "street_office")
ADMIN_CODE = re.compile(r"[0-9]{6,12}")


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


def place_status_set(body: PlaceStatusSet, draft: Draft) -> None:
    """It must change something on its day. Written of the same day again, the later one counts."""
    day = day_of(draft.command.occurred_at, draft.book.zone)
    if draft.place("place", body.place) and draft.book.status_on(body.place, day) == body.status:
        draft.fail("status", "same_status", code=body.place, status=body.status, day=day)
    if (body.into is not None) != (body.status == "merged"):
        draft.fail("into", "into_wanted" if body.into is None else "into_unwanted")
    elif body.into == body.place:
        draft.fail("into", "into_itself", code=body.into)
    elif body.into and draft.place("into", body.into) and draft.book.status_on(body.into, day) == "merged":
        draft.fail("into", "into_merged", code=body.into, day=day)
    draft.holds = ("view_status", body.place, (body.status, body.into or ""))


def response_level_recorded(body: ResponseLevelRecorded, draft: Draft) -> None:
    """It must change something on its day. Written of the same day again, the later one counts."""
    day = day_of(draft.command.occurred_at, draft.book.zone)
    place = draft.book.place(body.area)
    if not (place and place.kind in AREAS) and ADMIN_CODE.fullmatch(body.area) is None:
        draft.fail("area", "no_area", code=body.area)
    elif draft.book.response_on(body.area, day) == body.level:
        rule = "same_level" if body.level else "no_response"
        draft.fail("level", rule, code=body.area, level=body.level, day=day)
    draft.holds = ("view_response", body.area, (body.level,))


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
    if body.item is not None:
        draft.item("item", body.item)
    draft.registration = body
