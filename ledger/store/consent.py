"""What may be shown of a gift and its donor now: the one answer that every page and export goes by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, select

from ledger.store.tables import METADATA, VIEW_TABLES

BOOK = VIEW_TABLES["view_book"].c
PARTY = VIEW_TABLES["view_party"].c
CONSENT = VIEW_TABLES["view_consent"].c
ENTRY = METADATA.tables["entries"].c
PRIVATE_PARTY = METADATA.tables["private_party"].c
PRIVATE_GIFT = METADATA.tables["private_gift"].c
NOT_PERSONS = frozenset({"organisation", "government", "charity", "supplier"})
UNSAID, HIDDEN, SHOWN = -1, 0, 1  # as view_consent has them


class Shown(NamedTuple):
    """What may be shown of one gift.

    Attributes:
        name: the donor's name, (Chinese, English), while it may be shown and is still kept; else None.
        item, amount: whether what was given, and how much, may be shown beside the gift.
        is_withdrawn: the donor has said not to be named, or asked to be forgotten.
    """

    name: tuple[str, str] | None
    item: bool
    amount: bool
    is_withdrawn: bool


class _Said(NamedTuple):
    """A row of view_consent."""

    name: int
    item: int
    amount: int
    entry_index: int


def shown(connection: Connection, party: str, gift: str) -> Shown:
    """Of a gift of a party; either may be "".

    The newest ConsentChanged of the gift counts, else that of the party, else what the book does by default:
    the name hidden, item and amount shown; in an archive of public notices the notice itself is the basis for
    showing an organisation's name, never a person's (RECORD, "Rules"). A name that the party withdrew after
    its gift showed it is hidden, and what is marked to be erased is not shown whatever was said.
    """
    of_gift, of_party = _last_word(connection, "", gift), _last_word(connection, party, "")
    item, amount = (_newest(of_gift, of_party, field) != HIDDEN for field in ("item", "amount"))
    name = _newest(of_gift, of_party, "name")
    if name == SHOWN and of_party is not None and of_party.name == HIDDEN and of_gift is not None:
        name = _after_withdrawal(connection, of_gift, of_party)
    kept, is_marked = _kept(connection, party, gift)
    if name == UNSAID and kept is not None:
        name = _by_default(connection, party, kept)
    is_shown = name == SHOWN and kept is not None and not is_marked
    return Shown(_names(kept) if is_shown and kept else None, item, amount, is_marked or name == HIDDEN)


def _last_word(connection: Connection, party: str, gift: str) -> _Said | None:
    """The newest ConsentChanged of a party, or of a gift."""
    columns = (CONSENT.name, CONSENT.item, CONSENT.amount, CONSENT.entry_index)
    row = _row(connection, select(*columns).where(CONSENT.party == party, CONSENT.gift == gift))
    return None if row is None else _Said(*row)


def _newest(of_gift: _Said | None, of_party: _Said | None, field: str) -> int:
    for said in (of_gift, of_party):
        value = UNSAID if said is None else int(getattr(said, field))
        if value != UNSAID:
            return value
    return UNSAID


def _after_withdrawal(connection: Connection, of_gift: _Said, of_party: _Said) -> int:
    """The gift shows the name, its party withdrew it: shown only if the gift's last word is the later one,
    and is about the name. The view keeps one index for three fields; where it cannot tell, the name is
    hidden."""
    if of_gift.entry_index < of_party.entry_index:
        return HIDDEN
    query = select(ENTRY.data).where(ENTRY.entry_index == of_gift.entry_index)
    data = connection.execute(query).scalar()
    show = json.loads(data)["body"]["show"] if data is not None else {}
    return SHOWN if show.get("name") is True else HIDDEN


def _kept(connection: Connection, party: str, gift: str) -> tuple[dict[str, Any] | None, bool]:
    """What is kept about the party, and whether it or the gift's details are to be erased."""
    columns = (PRIVATE_PARTY.data, PRIVATE_PARTY.erase_after)
    row = _row(connection, select(*columns).where(PRIVATE_PARTY.party == party))
    of_gift = _row(connection, select(PRIVATE_GIFT.erase_after).where(PRIVATE_GIFT.gift == gift))
    is_marked = (row is not None and row[1] is not None) or (of_gift is not None and of_gift[0] is not None)
    return (None if row is None else json.loads(row[0])), is_marked


def _by_default(connection: Connection, party: str, kept: dict[str, Any]) -> int:
    if kept.get("basis") != "public_notice":
        return UNSAID
    kind = _row(connection, select(BOOK.kind))
    type_ = _row(connection, select(PARTY.type).where(PARTY.party == party))
    is_notice = kind is not None and kind[0] == "archive" and type_ is not None and type_[0] in NOT_PERSONS
    return SHOWN if is_notice else UNSAID


def _names(kept: dict[str, Any]) -> tuple[str, str] | None:
    """A name in both languages, one standing in for the other; parties' data has it as text or as both."""
    name = kept.get("name")
    if isinstance(name, str):
        return (name, name) if name else None
    if not isinstance(name, dict):
        return None
    zh, en = name.get("zh") or name.get("en"), name.get("en") or name.get("zh")
    return (str(zh), str(en)) if zh and en else None


def _row(connection: Connection, query: Select[*tuple[Any, ...]]) -> Sequence[Any] | None:
    return connection.execute(query).first()
