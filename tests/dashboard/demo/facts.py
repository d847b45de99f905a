"""What is true of the whole example district, to be asked of any record that holds it.

`check_district_facts(entries)` takes the exact bytes in order, from `Record.entries()` or from `book_of()`.
With `known` (view name -> key -> row, as FoldedBook or the store hold them) it does not fold them again.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from dashboard.demo.days import ALL_DAYS, FIRST_DAY, LAST_DAY
from dashboard.demo.district import BOOK, opened_at
from dashboard.demo.pen import Step
from dashboard.demo.tables import load
from ledger.domain.entries import GENESIS_PREV, Command, read, write
from ledger.domain.gifts import check_gift_code
from ledger.domain.kinds import KINDS
from ledger.domain.rules import interpret
from ledger.projections.folded import FoldedBook
from tests.ledger.asked import request_states

TEST_VKEY = "simulated.invalid/example-district+00000000+AAAA"
Views = Mapping[str, Mapping[Any, Any]]


def book_of(steps: Iterable[Step], count: int | None = None) -> tuple[list[bytes], FoldedBook]:
    """The bytes and the folded book of `steps` after BookOpened. Every command must pass every rule."""
    entries, book, prev = [], FoldedBook(), GENESIS_PREV
    first = opened_at(count)
    system = {"role": "system", "place": None}
    opened = Command(
        "BookOpened", "00000000-0000-8000-8000-000000000000", first, system, {**BOOK, "vkey": TEST_VKEY}
    )
    for step in (Step(first, (opened,)), *steps):
        for command in step.commands:
            draft = interpret(command, book, step.commands[0].id, may_go_below_zero=step.together)
            assert not draft.violations, (step.recorded_at, command, [v.message() for v in draft.violations])
            entry = write(command, book.size, prev, step.recorded_at)
            prev = hashlib.sha256(b"\0" + entry.data).hexdigest()
            book.fold(entry, draft)
            entries.append(entry.data)
    below = [key for key, row in book.views["view_balance"].items() if row and row[1] < 0]
    assert below == []
    return entries, book


def fold(entries: Iterable[bytes]) -> Views:
    """The views of entries that are in a record already."""
    book = FoldedBook()
    for data in entries:
        entry = read(data)
        first = entry.body.get("correction") or entry.id
        draft = interpret(entry.command, book, first, may_go_below_zero=first != entry.id)
        book.fold(entry, draft)
    return book.views


def check_district_facts(entries: Iterable[bytes], known: Views | None = None) -> None:
    """Assert what README.md says of the made book. Ranges are wide enough for another seed."""
    kept = list(entries)
    written = [json.loads(data) for data in kept]
    check_written(written)
    check_views(fold(kept) if known is None else known, written)


# from the entries alone -----------------------------------------------------------------------------------


# What the invented district has none of: nobody there holds a key or has asked to be forgotten.
OF_PEOPLE = {"KeyEnrolled", "KeyRevoked", "LogKeyRotated", "DataErased"}
# Nothing was shut there, and no authority answered its invented outbreaks with a level.
OF_EMERGENCY = {"PlaceStatusSet", "ResponseLevelRecorded"}
# Not in the district as its maker writes it; `mingzhang demo` publishes one run of forecasts at the end.
AFTERWARDS = {"ForecastPublished"}


def check_written(written: list[dict[str, Any]]) -> None:
    kinds = Counter(entry["kind"] for entry in written)
    assert len(written) >= 60_000
    assert set(kinds) - AFTERWARDS == set(KINDS) - OF_PEOPLE - OF_EMERGENCY - AFTERWARDS
    assert [e["recorded_at"] for e in written] == sorted(e["recorded_at"] for e in written)
    assert written[0]["recorded_at"][:10] == FIRST_DAY.isoformat()
    assert written[-1]["recorded_at"][:10] == LAST_DAY.isoformat()
    assert kinds["ItemRegistered"] == 36
    _check_places([entry["body"] for entry in written if entry["kind"] == "PlaceRegistered"])
    assert 0.01 < sum(map(late, written)) / len(written) < 0.05
    assert 150 <= kinds["EntryReversed"] <= 500
    assert sum(e["kind"] == "StockIssued" and "covered_by" in e["body"] for e in written) >= 10
    assert sum(e["kind"] == "PurchaseReceived" and "covered_by" in e["body"] for e in written) >= 3
    gifts = {e["body"]["gift"] for e in written if e["kind"] == "DonationReceived"}
    assert 300 <= len(gifts) <= 1200
    assert all(map(check_gift_code, gifts))
    assert {part for part, found in _parts(written) if found} == set(PARTS)


def _check_places(places: list[dict[str, Any]]) -> None:
    assert Counter(p["kind"] for p in places) == {
        "district": 1, "street_office": 3, "depot": 1, "center": 24,
    }  # fmt: skip
    assert all(p["code"].startswith("99") and p["admin_code"].startswith("99") for p in places)
    centers = [p for p in places if p["kind"] == "center"]
    assert all(25_000 <= p["population"] <= 91_000 and 30 <= p["staff"] <= 60 for p in centers)
    assert len({p["name"]["zh"] for p in places}) == len(places)


def late(entry: Mapping[str, Any]) -> bool:
    """Recorded more than 24 hours after it happened."""
    if len(entry["occurred_at"]) != 24:
        return False
    gap = datetime.fromisoformat(entry["recorded_at"]) - datetime.fromisoformat(entry["occurred_at"])
    return gap > timedelta(hours=24)


# what must occur somewhere: name -> (kind, test of the body)
PARTS = {
    "unmarked box": ("DonationReceived", lambda b: any(n.get("expiry") == "unmarked" for n in b["lines"])),
    "two-gift conversion": ("StockConverted", lambda b: sum("item" in n for n in b["lines"]) > 1),
    "open case": ("StockConverted", lambda b: b["reason"] == "open_case"),
    "wrong item": ("StockConverted", lambda b: b["reason"] == "wrong_item"),
    "regrade": ("StockConverted", lambda b: b["reason"] == "regrade"),
    "expired": ("StockWrittenOff", lambda b: b["reason"] == "expired"),
    "destroyed": ("StockWrittenOff", lambda b: b["reason"] == "destroyed" and "certificate" in b),
    "back to the shelf": ("StockReturned", lambda b: b["direction"] == "to_shelf"),
    "back to the donor": ("StockReturned", lambda b: b["direction"] == "to_donor"),
    "urgent request": ("SupplyRequested", lambda b: b.get("urgency") == "urgent" and "needed_by" in b),
    "request in an outbreak": ("SupplyRequested", lambda b: b["reason"] == "outbreak"),
    "rest refused": ("AllocationDecided", lambda b: any("refused" in n for n in b["shares"])),
    "request answered": ("TransferDispatched", lambda b: "request" in b and "decision" not in b),
    "decision carried out": ("TransferDispatched", lambda b: "request" in b and "decision" in b),
    "request withdrawn": ("EntryReversed", lambda b: b["reason"] == "withdrawn"),
    "fewer arrived": (
        "TransferReceived",
        lambda b: any(d["reason"] == "fewer" for d in b.get("discrepancy", ())),
    ),
    "more arrived": ("TransferReceived", lambda b: any("surplus" in n for n in b["lines"])),
    "arrived damaged": ("TransferReceived", lambda b: any(n.get("state") == "rejected" for n in b["lines"])),
    "between centers": ("TransferDispatched", lambda b: "-D" not in b["from"]),
    "issued from found": ("StockIssued", lambda b: any(n.get("source") == "found" for n in b["lines"])),
    "counted lot by lot": ("StockCounted", lambda b: any("lot" in n for n in b["lines"])),
    "wrong place": ("EntryReversed", lambda b: b["reason"] == "wrong_place"),
    "entered twice": ("EntryReversed", lambda b: b["reason"] == "entered_twice"),
    "corrected receipt": ("PurchaseReceived", lambda b: "correction" in b),
    "correction under a count": ("StockIssued", lambda b: "correction" in b and "covered_by" in b),
    "name may be shown": ("ConsentChanged", lambda b: b["show"] == {"name": True}),
    "name no longer shown": ("ConsentChanged", lambda b: b["show"] == {"name": False}),
    "terms of a gift": ("DonationReceived", lambda b: "reallocate" in b.get("terms", {})),
}


def _parts(written: list[dict[str, Any]]) -> Iterator[tuple[str, bool]]:
    of_kind = defaultdict(list)
    for entry in written:
        of_kind[entry["kind"]].append(entry["body"])
    for name, (kind, test) in PARTS.items():
        yield name, any(map(test, of_kind[kind]))


# from the views -------------------------------------------------------------------------------------------


def check_views(known: Views, written: list[dict[str, Any]]) -> None:
    usable, zero_share = usable_at_end(known)
    assert 0.01 <= zero_share <= 0.05
    vital = {item.code for item in load().items if item.vital and item.consumable}
    cover = {key: days for key, days in cover_at_end(known, usable).items() if key[1] in vital}
    assert 1 <= sum(days < 3 for days in cover.values()) <= 5
    assert 1 <= sum(3 <= days < 12 for days in cover.values()) <= 45
    assert sum(days >= 12 for days in cover.values()) > 0.75 * len(cover)
    balances = [(key, row) for key, row in known["view_balance"].items() if row]
    on_the_way = {key[3] for key, row in balances if key[1] == "transit"}
    overdue = [d for d in on_the_way if known["view_dispatch"][d,][2] < LAST_DAY.isoformat()]
    assert 5 <= len(on_the_way) <= 30
    assert 1 <= len(overdue) <= 6
    waiting = {key[0] for key, row in balances if key[1] == "to_inspect"}
    assert 2 <= len(waiting) <= 40
    assert _expiring(known, balances) >= 5
    _check_requests(known, written)
    assert _silent_since(written, "990101001-03") == 12
    sources = Counter[str]()
    for (_, source, _, _, account, _), row in known["view_flow"].items():
        sources[source] += row[0] if row and account == "received" else 0
    total = sum(sources.values())
    assert 0.05 < sources["donated"] / total < 0.3
    assert sources["allotted"] / total > 0.25
    assert sources["purchased"] / total > 0.15


def _check_requests(known: Views, written: list[dict[str, Any]]) -> None:
    """Answered or withdrawn but for the newest, by the views and by the entries alone."""
    states = {key[0]: row[6] for key, row in known["view_request"].items() if row}
    items = {key[0]: row[0] for key, row in known["view_lot"].items() if row}
    assert states == request_states(written, items)
    counted = Counter(states.values())
    assert counted["answered"] >= 100
    assert counted["withdrawn"] >= 1
    assert counted["open"] + counted["part"] <= 20


def usable_at_end(known: Views) -> tuple[dict[tuple[str, str], int], float]:
    """(usable base units by center and consumable, share of their days that ended with nothing usable)."""
    changes: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for (place, item, day), row in known["view_daily"].items():
        changes[place, item][day] = row[6]
    days = [(FIRST_DAY + timedelta(days=i)).isoformat() for i in range(ALL_DAYS)]
    tables, usable, empty = load(), {}, 0
    for key in [(c.code, i.code) for c in tables.centers for i in tables.items if i.consumable]:
        stock = 0
        for day in days:
            stock += changes[key].get(day, 0)
            empty += stock <= 0
        usable[key] = stock
    return usable, empty / (len(usable) * ALL_DAYS)


def cover_at_end(known: Views, usable: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], float]:
    """Usable stock by mean issues per day of the last eight weeks."""
    since = (LAST_DAY - timedelta(days=55)).isoformat()
    issued = Counter[tuple[str, str]]()
    for (place, item, day), row in known["view_daily"].items():
        if day >= since:
            issued[place, item] += row[2]
    return {key: stock * 56 / issued[key] for key, stock in usable.items() if issued[key]}


def _expiring(known: Views, balances: list[tuple[Any, Any]]) -> int:
    """Usable lots that expire within 60 days after the end."""
    last, until = LAST_DAY.isoformat(), (LAST_DAY + timedelta(days=60)).isoformat()
    lots = {key[0] for key, _ in balances if key[1] == "usable"}
    return sum(last <= known["view_lot"][lot,][6] <= until for lot in lots)


def _silent_since(written: list[dict[str, Any]], place: str) -> int:
    """Whole days before the end without an entry that `place` wrote."""
    newest = max(e["recorded_at"] for e in written if e["actor"]["place"] == place)
    return (LAST_DAY - date.fromisoformat(newest[:10])).days
