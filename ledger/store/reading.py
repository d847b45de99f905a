"""What pages ask of the store, on one snapshot: plain rows of the maintained views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from ledger.domain.authorship import KeyFacts
from ledger.domain.lots import STOCK_ACCOUNTS
from ledger.store import consent
from ledger.store.tables import METADATA, VIEW_TABLES

ENTRY = METADATA.tables["entries"].c
FORECAST, RUN = METADATA.tables["forecasts"].c, METADATA.tables["forecast_runs"].c
PLACE, ITEM, FLOW, BALANCE, LOT, POSTING, DAILY, DISPATCH, COUNT, ACTIVITY, REVERSAL, AUTHOR_KEY, LOG_KEY = (
    VIEW_TABLES[f"view_{name}"].c
    for name in (
        "place", "item", "flow", "balance", "lot", "posting", "daily", "dispatch", "count",
        "activity", "reversal", "author_key", "log_key",
    )
)  # fmt: skip


class PlaceRow(NamedTuple):
    code: str
    kind: str
    name_zh: str
    name_en: str
    parent: str
    status: str
    keeps_stock: bool
    entry_index: int


class ItemRow(NamedTuple):
    code: str
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str
    item_class: str
    criticality: str
    spec: str
    storage: str
    catalogue: str
    entry_index: int


class FlowTotal(NamedTuple):
    """How much of an item is in an account, over all places (units of the item)."""

    item: str
    source: str
    account: str
    reason: str
    quantity: int


class ShelfRow(NamedTuple):
    """Stock of one item at one place, of one state and one expiry ("" = never, or "unmarked")."""

    place: str
    item: str
    state: str
    expiry: str
    quantity: int


class TransitRow(NamedTuple):
    """What of one dispatch is still on the way."""

    place: str
    item: str
    dispatch: str
    from_place: str
    due: str
    day: str
    entry_index: int
    quantity: int


class DayRow(NamedTuple):
    """Changes of one day at one place, in base units."""

    day: str
    issued: int
    usable_change: int


class CountRow(NamedTuple):
    """An item's last count at a place that stands."""

    place: str
    item: str
    day: str
    entry: str
    entry_index: int


class PostingRow(NamedTuple):
    """One movement of one lot, as written by an entry."""

    entry_index: int
    lot: str
    item: str
    from_account: str
    from_place: str
    to_account: str
    to_place: str
    to_ref: str
    quantity: int


class ForecastRow(NamedTuple):
    place: str
    item: str
    log_size: int
    result: str


class ForecastRun(NamedTuple):
    """The run that made the stored forecasts; another number is another run.

    `summary` is what it says of all of them together, as JSON; "" where it says nothing.
    """

    number: int
    forecasts: int
    log_size: int
    summary: str


class Reading:
    """One consistent snapshot of a book. Every method is one indexed question; none folds entries."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _rows(self, query: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        return self._connection.execute(query).fetchall()

    def _one(self, query: Select[*tuple[Any, ...]]) -> Any:
        return self._connection.execute(query).scalar()

    # the log ---------------------------------------------------------------------------------------------

    def size(self) -> int:
        """Number of entries."""
        last = self._one(select(func.max(ENTRY.entry_index)))
        return 0 if last is None else int(last) + 1

    def forecast_run(self) -> ForecastRun:
        """The run that made the stored forecasts; number 0 where none did, or one of a version that kept no
        number, whose forecasts are counted."""
        columns = (RUN.number, RUN.forecasts, RUN.log_size, RUN.summary)
        for row in self._rows(select(*columns).order_by(RUN.number.desc()).limit(1)):
            return ForecastRun(*row)
        count, size = self._rows(select(func.count(), func.max(FORECAST.log_size)))[0]
        return ForecastRun(0, int(count), int(size or 0), "")

    def entry_bytes(self, start: int, stop: int) -> list[bytes]:
        """Exact bytes of the entries start .. stop-1 that are there, in order."""
        query = select(ENTRY.data).where(ENTRY.entry_index >= start, ENTRY.entry_index < stop)
        return [bytes(row[0]) for row in self._rows(query.order_by(ENTRY.entry_index))]

    def indexes(self, ids: Iterable[str]) -> dict[str, int]:
        """Entry id -> index, of those that are in the book."""
        wanted = list(dict.fromkeys(ids))
        query = select(ENTRY.entry_id, ENTRY.entry_index).where(ENTRY.entry_id.in_(wanted))
        return {row[0]: int(row[1]) for row in self._rows(query)} if wanted else {}

    def postings(self, indexes: Iterable[int]) -> list[PostingRow]:
        """The movements that these entries wrote, in order."""
        wanted = list(indexes)
        columns = (
            POSTING.entry_index, POSTING.lot, POSTING.item, POSTING.from_account, POSTING.from_place,
            POSTING.to_account, POSTING.to_place, POSTING.to_ref, POSTING.quantity,
        )  # fmt: skip
        query = select(*columns).where(POSTING.entry_index.in_(wanted))
        rows = self._rows(query.order_by(POSTING.entry_index, POSTING.number)) if wanted else []
        return [PostingRow(*row) for row in rows]

    def reversed_by(self, ids: Iterable[str]) -> dict[str, int]:
        """Entry id -> index of the entry that reversed it."""
        wanted = list(ids)
        query = select(REVERSAL.entry, REVERSAL.by_index).where(REVERSAL.entry.in_(wanted))
        return {row[0]: int(row[1]) for row in self._rows(query)} if wanted else {}

    def newest_reversals(self, most: int) -> list[int]:
        """Indexes of the newest entries that reverse another."""
        query = select(REVERSAL.by_index).order_by(REVERSAL.by_index.desc()).limit(most)
        return [int(row[0]) for row in self._rows(query)]

    # registers -------------------------------------------------------------------------------------------

    def places(self) -> list[PlaceRow]:
        columns = (
            PLACE.code, PLACE.kind, PLACE.name_zh, PLACE.name_en, PLACE.parent, PLACE.status,
            PLACE.keeps_stock, PLACE.entry_index,
        )  # fmt: skip
        return [PlaceRow(*row) for row in self._rows(select(*columns).order_by(PLACE.code))]

    def items(self) -> list[ItemRow]:
        columns = (
            ITEM.code, ITEM.name_zh, ITEM.name_en, ITEM.unit_zh, ITEM.unit_en, ITEM.item_class,
            ITEM.criticality, ITEM.spec, ITEM.storage, ITEM.catalogue, ITEM.entry_index,
        )  # fmt: skip
        return [ItemRow(*row) for row in self._rows(select(*columns).order_by(ITEM.code))]

    # keys ------------------------------------------------------------------------------------------------

    def author_keys(self, places: Iterable[str] | None = None) -> list[KeyFacts]:
        """Every key of these places (of all where not told), revoked ones too, in the order of enrolment."""
        columns = (
            AUTHOR_KEY.key, AUTHOR_KEY.place, AUTHOR_KEY.alg, AUTHOR_KEY.public_key, AUTHOR_KEY.custody,
            AUTHOR_KEY.entry_index, AUTHOR_KEY.revoked_index, AUTHOR_KEY.reason, AUTHOR_KEY.since,
        )  # fmt: skip
        query = select(*columns).order_by(AUTHOR_KEY.entry_index)
        if places is not None:
            query = query.where(AUTHOR_KEY.place.in_(list(places)))
        return [KeyFacts(*row) for row in self._rows(query)]

    def log_keys(self) -> list[tuple[int, str]]:
        """(entry index, verifier key) of every key that the log was signed with, the present one last."""
        query = select(LOG_KEY.entry_index, LOG_KEY.vkey).order_by(LOG_KEY.entry_index)
        return [(int(row[0]), row[1]) for row in self._rows(query)]

    # gifts -----------------------------------------------------------------------------------------------

    def gift_entries(self, gift: str) -> list[int]:
        """Indexes of the entries by which a gift was received, oldest first; reversed ones too."""
        query = select(LOT.entry_index).distinct().where(LOT.gift == gift, LOT.source == "donated")
        return [int(row[0]) for row in self._rows(query.order_by(LOT.entry_index))]

    def shown(self, party: str, gift: str) -> consent.Shown:
        """What may be shown of a gift and its donor now; see ledger/store/consent.py. Either may be ""."""
        return consent.shown(self._connection, party, gift)

    # where goods are -------------------------------------------------------------------------------------

    def flow(self, item: str) -> list[tuple[str, str, str, str, str, int]]:
        """Of one item: (source, origin, place, account, reason, quantity)."""
        columns = (FLOW.source, FLOW.origin, FLOW.place, FLOW.account, FLOW.reason, FLOW.quantity)
        return [tuple(row) for row in self._rows(select(*columns).where(FLOW.item == item))]

    def flow_totals(self) -> list[FlowTotal]:
        """Of every item, over all places."""
        group = (FLOW.item, FLOW.source, FLOW.account, FLOW.reason)
        query = select(*group, func.sum(FLOW.quantity)).group_by(*group)
        return [FlowTotal(row[0], row[1], row[2], row[3], int(row[4])) for row in self._rows(query)]

    def shelf(self, place: str | None = None, item: str | None = None) -> list[ShelfRow]:
        """Stock by place, item, state and expiry; of one place or item where told."""
        group = (BALANCE.place, BALANCE.item, BALANCE.account, LOT.expiry)
        query = (
            select(*group, func.sum(BALANCE.quantity))
            .join_from(VIEW_TABLES["view_balance"], VIEW_TABLES["view_lot"], BALANCE.lot == LOT.lot)
            .where(BALANCE.account.in_(STOCK_ACCOUNTS), *_scope(BALANCE, place, item))
            .group_by(*group)
        )
        return [ShelfRow(row[0], row[1], row[2], row[3], int(row[4])) for row in self._rows(query)]

    def transit(self, place: str | None = None, item: str | None = None) -> list[TransitRow]:
        """What is on the way, by destination, item and dispatch."""
        head = (
            BALANCE.place, BALANCE.item, BALANCE.ref, DISPATCH.from_place, DISPATCH.due, DISPATCH.day,
            DISPATCH.entry_index,
        )  # fmt: skip
        query = (
            select(*head, func.sum(BALANCE.quantity))
            .join_from(
                VIEW_TABLES["view_balance"], VIEW_TABLES["view_dispatch"], BALANCE.ref == DISPATCH.dispatch
            )
            .where(BALANCE.account == "transit", *_scope(BALANCE, place, item))
            .group_by(*head)
        )
        return [TransitRow(*(*row[:7], int(row[7]))) for row in self._rows(query)]

    def daily(self, place: str, item: str) -> list[DayRow]:
        """Days on which something changed, oldest first."""
        query = select(DAILY.day, DAILY.issued, DAILY.usable_change)
        query = query.where(DAILY.place == place, DAILY.item == item).order_by(DAILY.day)
        return [DayRow(*row) for row in self._rows(query)]

    def last_day_told(self) -> str:
        """The last day on which goods moved, as claimed; empty where none did."""
        return self._one(select(func.max(POSTING.day))) or ""

    # counts, days, forecasts -----------------------------------------------------------------------------

    def last_counts(self, place: str | None = None, item: str | None = None) -> list[CountRow]:
        """The last count that stands, of each item at each place (a count of single lots counts as one)."""
        standing = [COUNT.reversed.is_(False), *_scope(COUNT, place, item)]
        newest = (
            select(COUNT.place, COUNT.item, func.max(COUNT.entry_index).label("newest"))
            .where(*standing)
            .group_by(COUNT.place, COUNT.item)
            .subquery()
        )
        same = (newest.c.place == COUNT.place) & (newest.c.item == COUNT.item)
        query = select(COUNT.place, COUNT.item, COUNT.day, COUNT.entry, COUNT.entry_index).distinct()
        query = query.join_from(
            VIEW_TABLES["view_count"], newest, same & (newest.c.newest == COUNT.entry_index)
        )
        return [CountRow(*row) for row in self._rows(query)]

    def count_differences(self, entries: Iterable[str]) -> dict[tuple[str, str], int]:
        """(count's id, item) -> found minus missing, in base units, for counts that found a difference."""
        wanted = list(dict.fromkeys(entries))
        if not wanted:
            return {}
        query = (
            select(BALANCE.ref, BALANCE.item, BALANCE.account, func.sum(BALANCE.quantity))
            .where(BALANCE.account.in_(("missing", "found")), BALANCE.ref.in_(wanted))
            .group_by(BALANCE.ref, BALANCE.item, BALANCE.account)
        )
        found: dict[tuple[str, str], int] = {}
        for ref, item, account, quantity in self._rows(query):
            sign = 1 if account == "found" else -1
            found[ref, item] = found.get((ref, item), 0) + sign * int(quantity)
        return found

    def last_days(self, place: str | None = None) -> dict[str, tuple[str, str]]:
        """Place -> (last day that any entry speaks of, last day confirmed as without change, or "")."""
        query = select(ACTIVITY.place, func.max(ACTIVITY.day)).group_by(ACTIVITY.place)
        if place is not None:
            query = query.where(ACTIVITY.place == place)
        any_day = dict(tuple(row) for row in self._rows(query))
        confirmed = dict(tuple(row) for row in self._rows(query.where(ACTIVITY.confirmed > 0)))
        return {place: (day, confirmed.get(place, "")) for place, day in any_day.items()}

    def forecasts(self, place: str | None = None, item: str | None = None) -> Iterator[ForecastRow]:
        """Of one place or item where told; read piece by piece, since each is some thousand letters long."""
        columns = (FORECAST.place, FORECAST.item, FORECAST.log_size, FORECAST.result)
        query = select(*columns).where(*_scope(FORECAST, place, item))
        for row in self._connection.execute(query, execution_options={"yield_per": 1000}):
            yield ForecastRow(*row)

    def touching(self, place: str | None, item: str | None, most: int) -> list[int]:
        """Indexes of the newest entries that moved an item, or anything at a place; newest first."""
        query = select(POSTING.entry_index).distinct()
        if item is not None:
            query = query.where(POSTING.item == item)
        if place is not None:
            query = query.where(or_(POSTING.from_place == place, POSTING.to_place == place))
        return [int(row[0]) for row in self._rows(query.order_by(POSTING.entry_index.desc()).limit(most))]


def _scope(columns: Any, place: str | None, item: str | None) -> list[ColumnElement[bool]]:
    told = ((columns.place, place), (columns.item, item))
    return [column == value for column, value in told if value is not None]
