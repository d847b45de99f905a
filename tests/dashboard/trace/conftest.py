"""A small book with gifts of every fate, donors with names, and witnesses that are real."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from dashboard.app import create_app
from ledger.domain import canonical
from ledger.domain.entries import Command
from ledger.domain.gifts import gift_code
from ledger.domain.ids import new_id
from ledger.domain.instants import format_instant
from ledger.record import Record
from tests.dashboard.pages.conftest import CENTERS, COVERALL, GOGGLES, MASK, Page, Writer, lot, registers

ORIGIN = "simulated.invalid/donors"
GIVEN, MIXED, TAKEN_BACK, UNNAMED, NEW = (gift_code(2026, serial) for serial in range(417, 422))
ZH, EN = "示例善人<script>alert(1)</script>", "Example Giver & <b>Sons</b>"
NAMES = (ZH, EN, "示例善人", "Example Giver")
SALT = "5a" * 32


def commit(data):
    return hmac.new(bytes.fromhex(SALT), canonical.encode(data), hashlib.sha256).hexdigest()


PARTIES = {"P-1": {"name": {"zh": ZH, "en": EN}}, "P-2": {"name": {"zh": "另一位善人", "en": "Other Giver"}}}


def gifts(w):
    """GIVEN: 640 issued, 200 on hand, 150 on the way, 10 expired. MIXED: three items, a late entry, found
    goods. TAKEN_BACK: its receipt is reversed. UNNAMED: of nobody who is registered."""
    first, second, third, _ = CENTERS
    for party, data in PARTIES.items():
        w.add("PartyRegistered", {"party": party, "type": "organisation", "commitment": commit(data)})
    given = w.add(
        "DonationReceived",
        {"place": "D1", "gift": GIVEN, "party": "P-1", "terms": {"purpose": "clinic", "reallocate": "ask"},
         "lines": [lot(MASK, 990), lot(MASK, 10, "2026-01-20")]},
    )  # fmt: skip
    for place, quantities in ((first, {0: 640, 1: 10}), (second, {0: 200})):
        lines = [{"lot": f"{given}#{n}", "quantity": q} for n, q in quantities.items()]
        sent = w.add("TransferDispatched", {"from": "D1", "to": place, "lines": lines})
        w.add("TransferReceived", {"place": place, "dispatch": sent, "lines": lines}, place=place)
    for quantity in (400, 240):
        lines = [{"lot": f"{given}#0", "quantity": quantity}]
        w.add("StockIssued", {"place": first, "purpose": "clinic", "lines": lines}, place=first, days=1)
    expired = {"place": first, "reason": "expired", "lines": [{"lot": f"{given}#1", "quantity": 10}]}
    w.add("StockWrittenOff", expired, place=first, days=20)
    way = [{"lot": f"{given}#0", "quantity": 150}]
    w.add("TransferDispatched", {"from": "D1", "to": third, "due": "2026-02-20", "lines": way}, place="D1")
    w.add(
        "DonationReceived",
        {"place": second, "gift": MIXED, "party": "P-2",
         "lines": [lot(COVERALL, 40), lot(GOGGLES, 7), lot(MASK, 30)]},
        place=second,
    )  # fmt: skip
    w.add("StockCounted", {"place": second, "lines": [{"item": COVERALL, "quantity": 43}]}, place=second)
    w.add("StockCounted", {"place": second, "lines": [{"item": GOGGLES, "quantity": 6}]}, place=second)
    wrong = w.add("DonationReceived", {"place": "D1", "gift": TAKEN_BACK, "lines": [lot(MASK, 5)]})
    w.add("EntryReversed", {"reverses": wrong, "reason": "entered_twice"}, "charity_clerk", "D1")
    w.add("DonationReceived", {"place": "D1", "gift": UNNAMED, "lines": [lot(GOGGLES, 3)]})


def make_donor_book(folder):
    name = {"zh": "善款小账", "en": "Donors' demo"}
    moment = "2026-01-01T00:00:00.000Z"
    record = Record.create(folder / "book", name=name, origin=ORIGIN, kind="simulated", recorded_at=moment)
    w = Writer()
    registers(w)
    gifts(w)
    outcomes = record.write(w.commands, w.moments)
    assert [v.message() for o in outcomes for v in o.violations] == []
    record.register_private_parties((party, SALT, data) for party, data in PARTIES.items())
    record.checkpoint()
    record.close()


@pytest.fixture(scope="session")
def donor_app(donor_home):
    return create_app(donor_home, siblings=[])


@pytest.fixture
def client(donor_app):
    return donor_app.test_client()


def write(app, kind, body, place=None, role="storekeeper"):
    """Append one entry, as the book's own clock says; gives it."""
    record = app.extensions["mingzhang"]
    command = Command(kind, new_id(), format_instant(record.now()), {"role": role, "place": place}, body)
    outcome = record.write([command])[0]
    assert outcome.entry is not None, [v.message() for v in outcome.violations]
    return outcome.entry


def read(client, path, status=200):
    """The page, which must answer with that status."""
    answer = client.get(path)
    assert answer.status_code == status, path
    return Page(answer.get_data(as_text=True))
