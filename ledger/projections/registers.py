"""Folds of what is registered, set, enrolled or decided: one row per code, scope, key or subject."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.domain.authorship import NOT_REVOKED, KeyFacts
from ledger.domain.kinds.book import BookOpened, ItemRegistered, PartyRegistered, PlaceRegistered, PolicySet
from ledger.domain.kinds.donors import ConsentChanged, DataErased
from ledger.domain.kinds.fields import Body, Names
from ledger.domain.kinds.keys import KeyEnrolled, KeyRevoked, LogKeyRotated
from ledger.domain.views import Row
from ledger.projections.tables import Tables


def register(tables: Tables, body: Body, index: int) -> None:
    """Put what entry `index` registers into its view."""
    _FOLDS[type(body)](tables, body, index)


def find_key(tables: Tables, key: str) -> KeyFacts | None:
    """The facts of a key, as view_author_key has them."""
    row = tables.get("view_author_key", (key,))
    return None if row is None else KeyFacts(key, *row)


def holding(tables: Tables, view: str, subject: str, day: str) -> Row | None:
    """What holds of a place (view_status) or an area (view_response) on a day; None where nothing does."""
    rows = [row for row in _held(tables, view, subject) if row[0] <= day]
    return max(rows, key=lambda row: (row[0], row[-1]), default=None)


def hold(tables: Tables, view: str, subject: str, what: Row, index: int, day: str) -> None:
    """Write what holds from a day on; of a place, its row says the newest."""
    tables.put(view, (subject, len(_held(tables, view, subject))), (day, *what, index))
    if view == "view_status" and (row := tables.get("view_place", (subject,))):
        newest = max(_held(tables, view, subject), key=lambda held: (held[0], held[-1]))
        tables.put("view_place", (subject,), (*row[:8], newest[1], *row[9:]))


def _held(tables: Tables, view: str, subject: str) -> list[Row]:
    """What was ever written of a place or an area, in order."""
    rows: list[Row] = []
    while row := tables.get(view, (subject, len(rows))):
        rows.append(row)
    return rows


def _book(tables: Tables, body: BookOpened, index: int) -> None:
    row = (*_names(body.name), body.origin, body.kind, body.time_zone, body.vkey)
    tables.put("view_book", (0,), row)
    tables.put("view_log_key", (index,), (body.vkey, "", ""))


def _place(tables: Tables, body: PlaceRegistered, index: int) -> None:
    keeps = body.kind in ("depot", "center") if body.keeps_stock is None else body.keeps_stock
    above = (body.parent or "", body.admin_code or "")
    people = (body.population, body.staff)
    before = tables.get("view_place", (body.code,))
    status = before[8] if before else "open"  # registered again, a place stays as it is
    row = (body.kind, *_names(body.name), *above, keeps, *people, status, index)
    tables.put("view_place", (body.code,), row)


def _item(tables: Tables, body: ItemRegistered, index: int) -> None:
    words = (*_names(body.name), *_names(body.base_unit), body.item_class, body.criticality)
    packs = (body.units_per_box, body.units_per_case, body.catalogue or "", index)
    row = (*words, body.needs_lot, body.storage or "", body.spec or "", *packs)
    tables.put("view_item", (body.code,), row)


def _party(tables: Tables, body: PartyRegistered, index: int) -> None:
    tables.put("view_party", (body.party,), (body.type, body.commitment, index))


def _policy(tables: Tables, body: PolicySet, index: int) -> None:
    for name, value in body.settings.items():
        scope = (name, body.place or "", body.item or "")
        tables.put("view_policy", scope, (value, body.basis or "", index))


def _key(tables: Tables, body: KeyEnrolled, index: int) -> None:
    row = (body.place, body.alg, body.public_key, body.custody, index, NOT_REVOKED, "", "")
    tables.put("view_author_key", (body.key,), row)
    if body.replaces is not None:
        _revoke(tables, body.replaces, index, "rotated", "")


def _revocation(tables: Tables, body: KeyRevoked, index: int) -> None:
    _revoke(tables, body.key, index, body.reason, body.since or "")


def _revoke(tables: Tables, key: str, index: int, reason: str, since: str) -> None:
    known = find_key(tables, key)
    if known is None:
        raise LookupError(f"entry {index} revokes key {key}, which is not in view_author_key")
    tables.put("view_author_key", (key,), known.revoked(index, reason, since)[1:])


def _log_key(tables: Tables, body: LogKeyRotated, index: int) -> None:
    tables.put("view_log_key", (index,), (body.vkey, body.former, body.reason))


def _consent(tables: Tables, body: ConsentChanged, index: int) -> None:
    key = (body.party or "", body.gift or "")
    before = tables.get("view_consent", key) or (-1, -1, -1)
    said = (body.show.name, body.show.item, body.show.amount)
    shown = [was if now is None else int(now) for was, now in zip(before[:3], said, strict=True)]
    tables.put("view_consent", key, (*shown, index))


def _erasure(tables: Tables, body: DataErased, index: int) -> None:
    tables.put("view_erasure", (body.party or "", body.gift or ""), (index,))


_FOLDS: dict[type[Body], Callable[[Tables, Any, int], None]] = {
    BookOpened: _book, PlaceRegistered: _place, ItemRegistered: _item, PartyRegistered: _party,
    PolicySet: _policy, KeyEnrolled: _key, KeyRevoked: _revocation, LogKeyRotated: _log_key,
    ConsentChanged: _consent, DataErased: _erasure,
}  # fmt: skip


def _names(name: Names) -> tuple[str, str]:
    return name.zh or "", name.en or ""
