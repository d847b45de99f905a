"""Entries as a reader may want them: what, where, how much, when, and what became of it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from dashboard.queries.book import Book
from dashboard.queries.registers import Item
from ledger.store.reading import PostingRow
from ledger.tlog.merkle import leaf_hash


@dataclass(frozen=True)
class Line:
    """How much of an item an entry moved, counted or names; in the item's base unit."""

    item: Item
    quantity: int


@dataclass(frozen=True)
class EntryTold:
    """One entry, read for people.

    Attributes:
        lines: what it moved, by item, in the order of its postings; for a conversion what came out, for a
            request or decision what was asked for or given.
        taken: for a conversion, what went in.
        differences: for a count, found minus missing by item, only where there is one.
        reversed_by: index of the entry that reversed it; None while it stands.
        refers: indexes of entries that its body names, by key (reverses, dispatch, request, decision,
            covered_by, correction).
        public_at: when its words are published at the earliest, where they are delayed; then nothing but
            index and fingerprint is given here.
    """

    index: int
    id: str
    kind: str
    recorded_at: datetime
    occurred_at: str
    role: str
    place: str
    body: dict[str, Any]
    prev: str
    leaf: str
    data: bytes
    lines: list[Line] = field(default_factory=list)
    taken: list[Line] = field(default_factory=list)
    differences: list[Line] = field(default_factory=list)
    reversed_by: int | None = None
    refers: dict[str, int] = field(default_factory=dict)
    public_at: datetime | None = None

    @property
    def red(self) -> bool:
        return self.kind == "EntryReversed"


def entries_at(book: Book, indexes: Iterable[int]) -> list[EntryTold]:
    """The entries of these indexes, in the given order; those not in the book are left out."""
    wanted = list(indexes)
    raw = [data for start, stop in _runs(wanted) for data in book.reading.entry_bytes(start, stop)]
    found = {envelope["index"]: (envelope, data) for data in raw if (envelope := json.loads(data))}
    postings: dict[int, list[PostingRow]] = defaultdict(list)
    for row in book.reading.postings(found):
        postings[row.entry_index].append(row)
    reversed_by = book.reading.reversed_by(envelope["id"] for envelope, _ in found.values())
    named = {i for envelope, _ in found.values() for i in _named(envelope["body"]).values()}
    indexes_of = book.reading.indexes(named)
    return [
        _told(book, *found[index], postings[index], reversed_by, indexes_of)
        for index in wanted
        if index in found
    ]


def newest(book: Book, most: int, before: int | None = None) -> list[EntryTold]:
    """The newest entries below `before`, newest first."""
    top = book.size if before is None else max(0, min(before, book.size))
    return entries_at(book, range(top - 1, max(-1, top - 1 - most), -1))


def just_written(book: Book, most: int) -> list[EntryTold]:
    """The newest entries that move goods, and the newest correction among them, newest first."""
    moved = book.reading.touching(None, None, most)
    corrections = book.reading.newest_reversals(1)
    indexes = sorted({*moved[: most - 1], *corrections, *moved[most - 1 :]}, reverse=True)
    kept = indexes[: most - 1] if corrections else indexes[:most]
    return entries_at(book, sorted({*kept, *corrections}, reverse=True))


def _runs(indexes: list[int]) -> list[tuple[int, int]]:
    """Neighbouring indexes as (start, stop), so that they are read together."""
    runs: list[tuple[int, int]] = []
    for index in sorted(set(indexes)):
        if runs and runs[-1][1] == index:
            runs[-1] = (runs[-1][0], index + 1)
        elif index >= 0:
            runs.append((index, index + 1))
    return runs


def _named(body: dict[str, Any]) -> dict[str, str]:
    keys = ("reverses", "dispatch", "request", "decision", "covered_by", "correction")
    return {key: body[key] for key in keys if isinstance(body.get(key), str)}


def _told(
    book: Book,
    envelope: dict[str, Any],
    data: bytes,
    postings: list[PostingRow],
    reversed_by: dict[str, int],
    indexes_of: dict[str, int],
) -> EntryTold:
    kind, body, index = envelope["kind"], envelope["body"], envelope["index"]
    if index >= book.told_size:
        return _untold(book, envelope, data)
    lines, taken, differences = _quantities(book, kind, body, postings)
    refers = {
        key: indexes_of[i] for key, i in _named(body).items() if i in indexes_of and indexes_of[i] != index
    }
    return EntryTold(
        index=index, id=envelope["id"], kind=kind, body=body, prev=envelope["prev"],
        recorded_at=datetime.fromisoformat(envelope["recorded_at"]), occurred_at=envelope["occurred_at"],
        role=envelope["actor"]["role"], place=envelope["actor"]["place"] or "", leaf=leaf_hash(data).hex(),
        data=data, lines=lines, taken=taken, differences=differences,
        reversed_by=reversed_by.get(envelope["id"]), refers=refers,
    )  # fmt: skip


def _untold(book: Book, envelope: dict[str, Any], data: bytes) -> EntryTold:
    recorded = datetime.fromisoformat(envelope["recorded_at"])
    return EntryTold(
        index=envelope["index"], id="", kind="", recorded_at=recorded, occurred_at="", role="", place="",
        body={}, prev="", leaf=leaf_hash(data).hex(), data=b"",
        public_at=recorded + timedelta(hours=book.delay_hours),
    )  # fmt: skip


def _quantities(
    book: Book, kind: str, body: dict[str, Any], postings: list[PostingRow]
) -> tuple[list[Line], list[Line], list[Line]]:
    """(moved or counted, taken in by a conversion, differences of a count)."""
    if kind == "StockCounted":
        counted = [(line["item"], line["quantity"]) for line in body["lines"] if "item" in line]
        signed = [(p.item, p.quantity if p.from_account == "found" else -p.quantity) for p in postings]
        return _summed(book, counted), [], _summed(book, signed)
    if kind == "StockConverted":
        out = [(p.item, p.quantity) for p in postings if p.from_account == "converted_in"]
        taken = [(p.item, p.quantity) for p in postings if p.to_account == "converted_out"]
        return _summed(book, out), _summed(book, taken), []
    if kind in ("SupplyRequested", "AllocationDecided"):
        asked = body["lines"] if kind == "SupplyRequested" else body["shares"]
        return _summed(book, [(line["item"], line["quantity"]) for line in asked]), [], []
    return _summed(book, [(p.item, p.quantity) for p in postings]), [], []


def _summed(book: Book, pairs: Iterable[tuple[str, int]]) -> list[Line]:
    total: dict[str, int] = {}
    for item, quantity in pairs:
        total[item] = total.get(item, 0) + quantity
    return [Line(book.registers.item(item), quantity) for item, quantity in total.items() if quantity]


# how late things are written -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Late:
    """One entry: when it happened, as claimed, and when it was recorded; `hours` between the two."""

    index: int
    occurred_at: str
    recorded_at: datetime
    hours: float


@dataclass(frozen=True)
class Lag:
    """How long after it happened a place writes things down, over the entries of some days.

    Attributes:
        entries: how many were looked at.
        median_hours: between what is claimed (a day counts to its end) and the record.
        late: how many came more than `late_hours` after.
        latest: the entries that came latest, the worst first.
    """

    entries: int
    median_hours: float
    late: int
    latest: tuple[Late, ...] = ()
    late_hours: int = 24


LAG_DAYS = 30
_AT_ONCE, _LATEST = 2000, 5


def lags(book: Book) -> dict[str, Lag]:
    """Place -> lag over the last LAG_DAYS. Archives have none: their dates are the lists' own (RECORD.md)."""
    if book.facts.kind == "archive":
        return {}
    made: dict[str, Lag] = book.memory.recall("lags", book.size, lambda: _lags(book))
    return made


def _lags(book: Book) -> dict[str, Lag]:
    since = book.last_recorded_at - timedelta(days=LAG_DAYS)
    found: dict[str, list[Late]] = defaultdict(list)
    stop = book.told_size
    while stop > 0:
        start = max(0, stop - _AT_ONCE)
        for data in reversed(book.reading.entry_bytes(start, stop)):
            envelope = json.loads(data)
            recorded = datetime.fromisoformat(envelope["recorded_at"])
            if recorded < since:
                return _medians(found)
            if place := envelope["actor"]["place"]:
                occurred = envelope["occurred_at"]
                late = Late(envelope["index"], occurred, recorded, hours_late(occurred, recorded, book))
                found[place].append(late)
        stop = start
    return _medians(found)


def hours_late(occurred: str, recorded: datetime, book: Book) -> float:
    """Hours from what is claimed to the record; a day counts to its end in the book's zone. Never below 0."""
    if "T" in occurred:
        happened = datetime.fromisoformat(occurred)
    else:
        last_day = date.fromisoformat(occurred[-10:])
        happened = datetime.combine(last_day, time.max, tzinfo=book.facts.zone)
    return max(0.0, (recorded - happened.astimezone(UTC)).total_seconds() / 3600)


def _medians(entries: dict[str, list[Late]]) -> dict[str, Lag]:
    found = {}
    for place, measured in entries.items():
        ranked = sorted(measured, key=lambda late: (late.hours, late.index))
        late = sum(one.hours > Lag.late_hours for one in ranked)
        median = ranked[len(ranked) // 2].hours
        found[place] = Lag(len(ranked), median, late, tuple(reversed(ranked[-_LATEST:])))
    return found
