"""Small books to examine: one that holds every kind, and cheap commands to append to any."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ledger.domain.commitments import commitment
from ledger.domain.entries import Command, Entry, write
from ledger.domain.gifts import gift_code
from ledger.domain.ids import derived_id
from ledger.domain.kinds import KINDS
from ledger.home import write_secret
from ledger.logkeys import next_file
from ledger.record import Record
from ledger.store.store import Store
from ledger.tlog.merkle import leaf_hash
from ledger.tlog.note import Signer
from tests.ledger.signing import TestKey

ORIGIN = "mingzhang.example/small"
SIGNER = Signer(ORIGIN, b"\x07" * 32)  # a published test key: it serves no book
NEXT = Signer(ORIGIN, b"\x08" * 32)  # the one that takes its place in a book of every kind
FORECAST_RUN = {
    "log_size": 3, "day": "2026-01-03", "method": "mingzhang-forecast/1", "platform": "Linux",
    "parameters": {"lead_time_days": 3, "review_period_days": 7, "band_days": 42},
    "forecasts": 1, "failed": 0, "table": "0a" * 32,
}  # fmt: skip
NAME = {"zh": "小账本", "en": "Small book"}
OPENED_AT = "2026-01-01T00:00:00.000Z"
SALT = "5a" * 32
PERSON = {"name": "王某某", "phone": "000"}
ACTOR = {"role": "system", "place": None}
MANY = 9_000_000_000_000


@dataclass(frozen=True)
class Place:
    """Where a book lies: its folder and, unless it is SQLite, the address of its database."""

    home: Path
    url: str | None = None

    def create(self, kind: str = "simulated", **more: Any) -> Record:
        begun = OPENED_AT if kind in ("simulated", "drill") else None
        given = {"name": NAME, "origin": ORIGIN, "recorded_at": begun, "signer": SIGNER} | more
        return Record.create(self.home, kind=kind, database_url=self.url, **given)

    def open(self) -> Record:
        return Record.open(self.home, self.url)

    def store(self) -> Store:
        return Store(self.home, self.url)


def command(kind: str, name: str, body: dict[str, Any], occurred_at: str = "2026-01-02") -> Command:
    """A command whose id is derived from its kind and `name`."""
    return Command(kind, derived_id(kind, name), occurred_at, dict(ACTOR), body)


def registers() -> list[Command]:
    """Two stock-keeping places, a hospital that keeps none, three items and a party."""
    unit = {"zh": "只", "en": "piece"}
    ordinary = {"base_unit": unit, "item_class": "consumable", "criticality": "vital"}
    party = {"party": "P1", "type": "person", "commitment": commitment(bytes.fromhex(SALT), PERSON)}
    place, item = "PlaceRegistered", "ItemRegistered"
    return [
        command(place, "D1", {"code": "D1", "kind": "depot", "name": {"zh": "市仓库"}}),
        command(place, "C1", {"code": "C1", "kind": "center", "name": {"zh": "长兴中心"}, "parent": "D1"}),
        command(place, "H1", {"code": "H1", "kind": "hospital", "name": {"en": "Hospital"}}),
        command(item, "M", {"code": "M", "name": {"zh": "口罩"}, "needs_lot": True, **ordinary}),
        command(item, "K", {"code": "K", "name": {"zh": "箱"}, "needs_lot": False, **ordinary}),
        command(item, "U", {"code": "U", "name": {"zh": "件"}, "needs_lot": False, **ordinary}),
        command("PartyRegistered", "P1", party),
        command("PolicySet", "1", {"settings": {"lead_time_days": 7, "review_period_days": 14}, "item": "M"}),
    ]  # fmt: skip


def opening(quantity: int = MANY) -> Command:
    """`quantity` masks at the depot: the lot that `issue` takes from."""
    line = {"item": "M", "quantity": quantity, "lot_number": "甲-1", "expiry": "2027-06-30"}
    return command("StockOpened", "shelf", {"place": "D1", "lines": [line]})


LOT = f"{opening().id}#0"


def issue(name: str, quantity: int = 1) -> Command:
    lines = [{"lot": LOT, "quantity": quantity}]
    return command("StockIssued", name, {"place": "D1", "purpose": "clinic", "lines": lines})


def quiet_day(name: str, day: str = "2026-01-03") -> Command:
    return command("DayConfirmed", name, {"place": "C1", "day": day}, day)


def stocked(place: Place, quantity: int = MANY) -> Record:
    """A book with its registers and one lot."""
    record = place.create()
    accept(record, [*registers(), opening(quantity)])
    return record


def accept(record: Record, commands: list[Command]) -> list[Entry]:
    """Write commands of which none may be refused."""
    outcomes = record.write(commands)
    assert [v.message() for outcome in outcomes for v in outcome.violations] == []
    return [outcome.entry for outcome in outcomes if outcome.entry]


def movements() -> Iterator[list[Command]]:
    """Commands of every kind of movement, after `registers`; a list of several is one correction."""
    gift = gift_code(2026, 1)
    marked = {"lot_number": "B-7", "expiry": "2027-01-31"}
    unmarked = {"lot_number": "unmarked", "expiry": "unmarked"}
    yield [opening(1000)]
    donated = command("DonationReceived", "1", {
        "place": "D1", "gift": gift, "party": "P1", "terms": {"reallocate": "ask"},
        "lines": [{"item": "M", "quantity": 500, **marked}, {"item": "M", "quantity": 40, **unmarked},
                  {"item": "K", "quantity": 10}],
    })  # fmt: skip
    yield [donated]
    masks, loose, boxes = (f"{donated.id}#{number}" for number in range(3))
    line = {"item": "M", "quantity": 60, **marked}
    yield [command("AllotmentReceived", "1", {"place": "C1", "authority": "H1", "lines": [line]})]
    bought = {"place": "C1", "funded_by": "budget", "amount_fen": 2**53 - 1, "lines": [line]}
    yield [command("PurchaseReceived", "1", bought)]
    wanted = [{"item": "M", "quantity": 300}, {"item": "K", "quantity": 2}]
    request = command("SupplyRequested", "1", {"place": "C1", "to": "D1", "lines": wanted})
    yield [request]
    shares = [
        {"place": "C1", "item": "M", "quantity": 300, "request": request.id, "need": 400},
        {"place": "C1", "item": "K", "quantity": 0, "request": request.id, "refused": "out_of_stock"},
    ]
    decided = command("AllocationDecided", "1", {
        "place": "D1", "rule": "as_requested", "need": {"basis": "requested"}, "shares": shares,
    })  # fmt: skip
    yield [decided]
    sent = command("TransferDispatched", "1", {
        "from": "D1", "to": "C1", "due": "2026-01-09", "decision": decided.id,
        "lines": [{"lot": masks, "quantity": 300}],
    })  # fmt: skip
    yield [sent]
    yield [command("TransferReceived", "1", {
        "place": "C1", "dispatch": sent.id, "lines": [{"lot": masks, "quantity": 200, "surplus": 3}],
        "discrepancy": [{"lot": masks, "seen": 203, "reason": "fewer"}],
    })]  # fmt: skip
    rest = {"dispatch": sent.id, "lines": [{"lot": masks, "quantity": 30}]}
    yield [command("TransferCancelled", "1", {**rest, "reason": "not_sent"})]
    yield [command("TransferLost", "1", {**rest, "reason": "stolen"})]
    out = {"from": "D1", "to": "H1", "lines": [{"lot": masks, "quantity": 20}]}
    gone = command("TransferDispatched", "outside", out)
    yield [gone]
    yield [command("TransferReceived", "outside", {
        "place": "H1", "dispatch": gone.id, "lines": [{"lot": masks, "quantity": 20}],
    })]  # fmt: skip
    issued = command("StockIssued", "1", {
        "place": "C1", "purpose": "clinic",
        "lines": [{"lot": masks, "quantity": 50}, {"item": "U", "quantity": 2, "source": "found"}],
    })  # fmt: skip
    yield [issued]
    back = {"place": "C1", "direction": "to_shelf", "reason": "unused"}
    yield [command("StockReturned", "1", {**back, "lines": [{"lot": masks, "quantity": 5}]})]
    off = {"place": "C1", "reason": "damaged", "lines": [{"lot": masks, "quantity": 7}]}
    yield [command("StockWrittenOff", "1", off)]
    seen = {"place": "D1", "lines": [{"lot": loose, "quantity": 30, "result": "usable"}]}
    yield [command("StockInspected", "1", seen)]
    opened = [{"lot": boxes, "quantity": 4}, {"item": "U", "quantity": 200}]
    yield [command("StockConverted", "1", {"place": "D1", "reason": "open_case", "lines": opened})]
    yield [command("StockCounted", "1", {"place": "C1", "lines": [{"item": "M", "quantity": 240}]})]
    yield [quiet_day("1")]
    yield from decisions(gift)
    wrong = command("StockIssued", "wrong", {
        "place": "D1", "purpose": "testing", "lines": [{"lot": masks, "quantity": 90}],
    })  # fmt: skip
    yield [wrong]
    undo = {"reverses": wrong.id, "reason": "wrong_quantity", "correction": derived_id("EntryReversed", "1")}
    again = {**wrong.body, "lines": [{"lot": masks, "quantity": 9}], "correction": undo["correction"]}
    yield [command("EntryReversed", "1", undo), command("StockIssued", "right", again)]


def decisions(gift: str) -> Iterator[list[Command]]:
    """Keys enrolled, used, replaced and revoked, and what a donor decides."""
    old, new = TestKey("old", ORIGIN), TestKey("new", ORIGIN)
    yield [command("KeyEnrolled", "old", old.enrolled("C1", "server"))]
    yield [old.signed(replace(quiet_day("signed"), actor={"role": "center_lead", "place": "C1"}))]
    yield [command("KeyEnrolled", "new", new.enrolled("C1", replaces=old.id))]
    lost = {"place": "C1", "key": new.id, "reason": "lost", "since": "2026-01-02T00:00:00.000Z"}
    yield [command("KeyRevoked", "1", lost)]
    rotated = {"vkey": str(NEXT.verifier), "former": str(SIGNER.verifier), "reason": "scheduled"}
    yield [command("LogKeyRotated", "1", rotated)]
    shown = {"party": "P1", "show": {"name": True, "amount": False}, "basis": "paper"}
    yield [command("ConsentChanged", "1", shown)]
    yield [command("ConsentChanged", "2", {"gift": gift, "show": {"item": False}, "basis": "private_link"})]
    yield [command("DataErased", "1", {"gift": gift, "reason": "request"})]
    yield [command("ForecastPublished", "1", FORECAST_RUN)]
    yield [command("PlaceStatusSet", "1", {"place": "C1", "status": "merged", "into": "D1"})]
    yield [command("ResponseLevelRecorded", "1", {"level": 2, "area": "990101", "document": "7"})]


def fill(record: Record) -> None:
    """Write every kind into a new book, and who the party is; the log's next key lies ready."""
    accept(record, registers())
    write_secret(next_file(record.folder.signer_file), NEXT.encode())
    for commands in movements():
        if len(commands) > 1:
            record.write_together(commands)
        else:
            accept(record, commands)
    record.register_private_party("P1", SALT, PERSON)
    assert {entry_kind(data) for data in record.entries()} == KINDS.keys()


def make_every_kind(home: Path, more: int = 0, published: bool = True) -> None:
    """A published book of every kind with `more` quiet days after it."""
    record = Place(home).create()
    fill(record)
    accept(record, [quiet_day(f"more{number}") for number in range(more)])
    if published:
        record.checkpoint()
    record.close()


def entry_kind(data: bytes) -> str:
    return str(json.loads(data)["kind"])


def chain_on(store: Store, commands: list[Command], recorded_at: str) -> None:
    """Put entries into the table without rules or views, as another program with the database would."""
    with store.write() as writing:
        size = writing.size()
        prev = leaf_hash(writing.entry_bytes(size - 1) or b"").hex()
        entries = []
        for index, one in enumerate(commands, size):
            entries.append(write(one, index, prev, recorded_at))
            prev = leaf_hash(entries[-1].data).hex()
        writing.insert_entries(entries)


def query(store: Store, sql: str, *values: object) -> list[Any]:
    with store.read() as snapshot:
        return [tuple(row) for row in snapshot.select(sql, *values)]


def change(store: Store, sql: str, *values: object) -> None:
    """Change rows behind the record's back, as somebody with the database can. `?` stands for a value."""
    with store.write() as writing:
        writing.connection.exec_driver_sql(sql.replace("?", writing._mark), values)
