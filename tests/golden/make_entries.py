"""Makes entries.jsonl and entries.json beside this file: `.venv/bin/python -m tests.golden.make_entries`.

One book of every kind, byte by byte, and its leaf hashes and root. The signing key is PUBLISHED HERE: it is a
test key and never serves a book. Where these bytes change, what other programs read has changed.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ledger.domain.commitments import commitment
from ledger.domain.entries import Command, Entry, write
from ledger.domain.ids import derived_id
from ledger.domain.rules import interpret
from ledger.projections.folded import FoldedBook
from ledger.tlog.encoding import encode_base64
from ledger.tlog.merkle import leaf_hash, root_of
from ledger.tlog.note import Signer
from tests.ledger.signing import TestKey

ORIGIN = "simulated.invalid/golden"
CLERK, CENTER, CENTERS_NEXT = (TestKey(name, ORIGIN) for name in ("clerk", "center", "center's next"))
TEST_SEED = hashlib.sha256(b"a published test key, which serves no book").digest()
FOLDER = Path(__file__).parent

Body = dict[str, Any]


class Maker:
    """Writes entry after entry; refuses what the rules refuse."""

    def __init__(self) -> None:
        self.book = FoldedBook()
        self.entries: list[Entry] = []

    def tell(
        self,
        kind: str,
        body: Body,
        role: str,
        place: str | None,
        occurred_at: str,
        key: TestKey | None = None,
    ) -> str:
        number = len(self.entries)
        actor = {"role": role, "place": place}
        command = Command(kind, derived_id("golden", str(number)), occurred_at, actor, body)
        command = key.signed(command) if key else command
        draft = interpret(command, self.book, body.get("correction"))
        assert not draft.violations, [violation.message() for violation in draft.violations]
        prev = leaf_hash(self.entries[-1].data).hex() if self.entries else "0" * 64
        entry = write(command, number, prev, f"2026-03-{1 + number // 8:02}T0{number % 8}:15:00.{number:03}Z")
        self.book.fold(entry, draft)
        self.entries.append(entry)
        return command.id


def make() -> list[Entry]:
    maker = Maker()
    registers(maker)
    masks, gift, blank, opened = received(maker)
    moved(maker, masks, gift)
    used(maker, gift, blank, opened)
    decided(maker)
    computed(maker)
    shut(maker)
    asked(maker, masks)
    return maker.entries


def registers(maker: Maker) -> None:
    vkey = str(Signer(ORIGIN, TEST_SEED).verifier)
    name = {"zh": "金样账", "en": "Golden book"}
    body = {"name": name, "origin": ORIGIN, "kind": "simulated", "time_zone": "Asia/Shanghai", "vkey": vkey}

    def system(kind: str, body: Body) -> None:
        maker.tell(kind, body, "system", None, "2026-03-01")

    system("BookOpened", body)
    office = {
        "code": "9901",
        "kind": "street_office",
        "name": {"zh": "北街街道办", "en": "North Street Office"},
    }
    center = {"code": "990101", "kind": "center", "name": {"zh": "北街社区卫生服务中心"}, "parent": "9901"}
    system("PlaceRegistered", {"code": "9900", "kind": "depot", "name": {"zh": "区仓库", "en": "Depot"}})
    system("PlaceRegistered", office)
    system("PlaceRegistered", {**center, "admin_code": "420199", "population": 41000, "staff": 37})
    system(
        "PlaceRegistered",
        {"code": "9909", "kind": "hospital", "name": {"zh": "区医院"}, "keeps_stock": False},
    )
    mask = {
        "code": "MASK",
        "name": {"zh": "医用口罩", "en": "Medical mask"},
        "base_unit": {"zh": "只", "en": "piece"},
    }
    system(
        "ItemRegistered",
        {
            **mask,
            "item_class": "consumable",
            "criticality": "vital",
            "needs_lot": True,
            "gtins": ["06901234567892"],
        },
    )
    soap = {"code": "SOAP", "name": {"zh": "洗手液"}, "base_unit": {"zh": "瓶"}, "item_class": "consumable"}
    system(
        "ItemRegistered", {**soap, "criticality": "needed", "needs_lot": False, "aliases": ["洗手液500ml"]}
    )
    donor = commitment(bytes(range(32)), {"name": "测试商会", "type": "organisation"})
    system("PartyRegistered", {"party": "P-1", "type": "organisation", "commitment": donor})
    system("PolicySet", {"settings": {"service_level_vital": 980, "silence_days": 3}, "basis": "own rule"})


def received(maker: Maker) -> tuple[str, str, str, str]:
    """Lots: bought masks and given masks at the depot, unmarked masks and soap at the center."""
    line = {
        "item": "MASK",
        "quantity": 5000,
        "lot_number": "20251102A",
        "expiry": "2027-10-31",
        "grade": "medical",
    }
    opening = {"place": "990101", "lines": [{"item": "SOAP", "quantity": 12}]}
    opened = maker.tell("StockOpened", opening, "storekeeper", "990101", "2026-03-01T01:00:00.000Z")
    enrolled = CLERK.enrolled("9900", "server")
    maker.tell("KeyEnrolled", enrolled, "system", None, "2026-02-27T01:00:00.000Z")
    kept = {"name": "测试商会", "address": "北街 1 号"}
    given = {
        "place": "9900", "gift": "2026-00001-4", "party": "P-1", "donee": "9909",
        "terms": {
            "beneficiary": "990101", "purpose": "outbreak", "reallocate": "ask", "use_by": "2026-12-31",
        },
        "commitment": commitment(bytes(range(32, 64)), kept),
        "lines": [{**line, "pack": "50只/盒"}, {"item": "SOAP", "quantity": 60}],
    }  # fmt: skip
    gift = maker.tell("DonationReceived", given, "charity_clerk", "9900", "2026-02-27/2026-03-01", CLERK)
    unmarked = {"item": "MASK", "quantity": 90, "lot_number": "unmarked", "expiry": "unmarked"}
    allotted = {"place": "990101", "authority": "9909", "document": "联防〔2026〕7号", "lines": [unmarked]}
    blank = maker.tell("AllotmentReceived", allotted, "storekeeper", "990101", "2026-03-02")
    bought = {
        "place": "9900",
        "funded_by": "budget",
        "amount_fen": 260000,
        "lines": [{**line, "quantity": 2000}],
    }
    masks = maker.tell("PurchaseReceived", bought, "storekeeper", "9900", "2026-03-02T02:00:00.000Z")
    return f"{masks}#0", f"{gift}#0", f"{blank}#0", f"{opened}#0"


def moved(maker: Maker, masks: str, gift: str) -> None:
    lines = [{"lot": gift, "quantity": 800}, {"lot": masks, "quantity": 200}]
    body = {"from": "9900", "to": "990101", "due": "2026-03-04", "lines": lines}
    way = maker.tell("TransferDispatched", body, "storekeeper", "9900", "2026-03-03T01:00:00.000Z")
    arrived = {
        "place": "990101", "dispatch": way, "discrepancy": [{"lot": masks, "seen": 190, "reason": "fewer"}],
        "lines": [{"lot": gift, "quantity": 800, "surplus": 5}, {"lot": masks, "quantity": 100}],
    }  # fmt: skip
    maker.tell("TransferReceived", arrived, "storekeeper", "990101", "2026-03-03T06:30:00.000Z")
    cancelled = {"dispatch": way, "reason": "wrong_item", "lines": [{"lot": masks, "quantity": 90}]}
    maker.tell("TransferCancelled", cancelled, "storekeeper", "9900", "2026-03-04")
    lost = {"dispatch": way, "reason": "unknown", "lines": [{"lot": masks, "quantity": 10}]}
    maker.tell("TransferLost", lost, "storekeeper", "9900", "2026-03-04")


def used(maker: Maker, gift: str, blank: str, soap: str) -> None:
    place, role = "990101", "storekeeper"
    inspected = [
        {"lot": blank, "quantity": 60, "result": "usable"},
        {"lot": blank, "quantity": 30, "result": "rejected"},
    ]
    maker.tell(
        "StockInspected", {"place": place, "lines": inspected}, role, place, "2026-03-04T01:00:00.000Z"
    )
    found = {"item": "SOAP", "quantity": 2, "source": "found"}
    issued = {"place": place, "purpose": "clinic", "lines": [{"lot": gift, "quantity": 120}, found]}
    given = maker.tell("StockIssued", issued, role, place, "2026-03-04T02:30:00.000Z")
    returned = {
        "place": place,
        "direction": "to_shelf",
        "reason": "unused",
        "lines": [{"lot": gift, "quantity": 20}],
    }
    back = maker.tell("StockReturned", returned, role, place, "2026-03-04T08:00:00.000Z")
    burnt = [{"lot": blank, "quantity": 30, "state": "rejected"}]
    off = {"place": place, "reason": "destroyed", "certificate": "D-2026-01", "lines": burnt}
    maker.tell("StockWrittenOff", off, "center_lead", place, "2026-03-04")
    made = {"item": "SOAP", "quantity": 3}
    converted = {"place": place, "reason": "wrong_item", "lines": [{"lot": soap, "quantity": 3}, made]}
    maker.tell("StockConverted", converted, "center_lead", place, "2026-03-05")
    counted = {"place": place, "lines": [{"item": "SOAP", "quantity": 11}, {"lot": gift, "quantity": 700}]}
    count = maker.tell("StockCounted", counted, "auditor", place, "2026-03-05T09:00:00.000Z")
    late = {
        "place": place,
        "purpose": "home_visit",
        "covered_by": count,
        "lines": [{"lot": gift, "quantity": 4}],
    }
    maker.tell("StockIssued", late, role, place, "2026-03-05T03:00:00.000Z")
    maker.tell("DayConfirmed", {"place": place, "day": "2026-03-06"}, role, place, "2026-03-06")
    correction = {"correction": derived_id("golden", str(len(maker.entries)))}
    for entry in (back, given):  # what depends on the issue first, newest first
        body = {"reverses": entry, "reason": "wrong_quantity", **correction}
        maker.tell("EntryReversed", body, "center_lead", place, "2026-03-07")
    again = {**issued, **correction, "covered_by": count, "lines": [{"lot": gift, "quantity": 102}, found]}
    maker.tell("StockIssued", again, "center_lead", place, "2026-03-04T02:30:00.000Z")
    returned = {**returned, **correction, "covered_by": count}
    maker.tell("StockReturned", returned, "center_lead", place, "2026-03-04T08:00:00.000Z")


def decided(maker: Maker) -> None:
    """Keys of a center and of the log, and what a donor wants."""
    place, at = "990101", "2026-03-08T0{}:00:00.000Z".format
    maker.tell("KeyEnrolled", CENTER.enrolled(place), "system", None, at(1))
    day = {"place": place, "day": "2026-03-08"}
    maker.tell("DayConfirmed", day, "storekeeper", place, "2026-03-08", CENTER)
    replaced = CENTERS_NEXT.enrolled(place, replaces=CENTER.id)
    maker.tell("KeyEnrolled", replaced, "center_lead", place, at(2), CENTER)
    stolen = {"place": place, "key": CENTERS_NEXT.id, "reason": "stolen", "since": at(3)}
    maker.tell("KeyRevoked", stolen, "center_lead", place, at(4))
    next_key = Signer(ORIGIN, hashlib.sha256(TEST_SEED).digest())
    vkeys = {"vkey": str(next_key.verifier), "former": str(Signer(ORIGIN, TEST_SEED).verifier)}
    maker.tell("LogKeyRotated", {**vkeys, "reason": "scheduled"}, "system", None, at(5))
    shown = {"party": "P-1", "show": {"name": False, "amount": True}, "basis": "private_link"}
    maker.tell("ConsentChanged", shown, "system", None, at(6))
    maker.tell("DataErased", {"gift": "2026-00001-4", "reason": "request"}, "system", None, at(7))


def computed(maker: Maker) -> None:
    """A run of forecasts that was made public."""
    run = {
        "log_size": len(maker.entries), "day": "2026-03-08", "method": "mingzhang-forecast/1",
        "platform": "Linux x86_64, CPython 3.11",
        "parameters": {"lead_time_days": 3, "review_period_days": 7, "band_days": 42},
        "forecasts": 3, "failed": 0, "table": hashlib.sha256(b"a table").hexdigest(),
    }  # fmt: skip
    maker.tell("ForecastPublished", run, "system", None, "2026-03-08T08:00:00.000Z")


def shut(maker: Maker) -> None:
    """A center that is sealed in an outbreak, merged, and open again; the response that came with it."""
    at = "2026-03-09T0{}:00:00.000Z".format
    level = {"level": 1, "area": "990100", "authority": "虚构省", "document": "虚构〔2026〕1 号"}
    maker.tell("ResponseLevelRecorded", level, "district_health", None, at(1))
    sealed = {"place": "990101", "status": "sealed", "reason": "outbreak"}
    maker.tell("PlaceStatusSet", sealed, "street_office", None, at(2))
    merged = {"place": "990101", "status": "merged", "into": "9900"}
    maker.tell("PlaceStatusSet", merged, "district_health", None, at(3))
    maker.tell("PlaceStatusSet", {"place": "990101", "status": "open"}, "district_health", None, "2026-03-10")
    maker.tell("ResponseLevelRecorded", {"level": 0, "area": "990100"}, "district_health", None, "2026-03-10")


def asked(maker: Maker, masks: str) -> None:
    """A request of which one part is granted and sent and the rest refused; another one that is withdrawn."""
    place, at = "990101", "2026-03-11T0{}:00:00.000Z".format
    wanted = {
        "place": place, "to": "9900", "urgency": "urgent", "reason": "outbreak", "needed_by": "2026-03-14",
        "lines": [{"item": "MASK", "quantity": 900}, {"item": "SOAP", "quantity": 6}],
    }  # fmt: skip
    request = maker.tell("SupplyRequested", wanted, "center_lead", place, at(1))
    shares: list[Body] = [
        {"place": place, "item": "MASK", "quantity": 700, "need": 860, "refused": "short_for_all"},
        {"place": place, "item": "SOAP", "quantity": 0, "refused": "out_of_stock"},
    ]
    decided = {
        "place": "9901", "from": "9900", "rule": "max_min_cover", "document": "北街〔2026〕3 号",
        "need": {"basis": "measured_use", "days": 14},
        "shares": [{**share, "request": request} for share in shares],
    }  # fmt: skip
    decision = maker.tell("AllocationDecided", decided, "street_office", "9901", at(2))
    lines = [{"lot": masks, "quantity": 700}]
    sent = {"from": "9900", "to": place, "request": request, "decision": decision, "lines": lines}
    way = maker.tell("TransferDispatched", sent, "storekeeper", "9900", at(3))
    arrived = {"place": place, "dispatch": way, "lines": lines}
    maker.tell("TransferReceived", arrived, "storekeeper", place, at(6))
    again = maker.tell(
        "SupplyRequested",
        {"place": place, "lines": [{"item": "SOAP", "quantity": 6}]},
        "center_lead",
        place,
        at(7),
    )
    taken_back = {
        "reverses": again,
        "reason": "withdrawn",
        "correction": derived_id("golden", str(len(maker.entries))),
    }
    maker.tell("EntryReversed", taken_back, "center_lead", place, at(8))


def files() -> dict[str, bytes]:
    """File name -> bytes."""
    entries = make()
    leaves = [leaf_hash(entry.data) for entry in entries]
    proof = {
        "origin": ORIGIN, "size": len(leaves), "root": encode_base64(root_of(leaves)),
        "leaf_hashes": [leaf.hex() for leaf in leaves],
    }  # fmt: skip
    return {
        "entries.jsonl": b"".join(entry.data + b"\n" for entry in entries),
        "entries.json": (json.dumps(proof, indent=1) + "\n").encode(),
    }


if __name__ == "__main__":
    for name, data in files().items():
        (FOLDER / name).write_bytes(data)
