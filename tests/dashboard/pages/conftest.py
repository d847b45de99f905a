"""A small simulated book with one of everything that pages must tell, and an empty archive."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from dashboard.app import create_app
from dashboard.config import Sibling
from dashboard.forecasts.forecasting import run_forecasts
from ledger.domain.entries import Command
from ledger.domain.ids import derived_id
from ledger.record import Record

SIBLING = Sibling("archive", "http://127.0.0.1:9/")
CENTERS = [f"99010100{street}-0{n}" for street in (1, 2) for n in (1, 2)]
MASK, COVERALL, GOGGLES = "PPE-02", "PPE-05", "PPE-09"


class Writer:
    """Queues commands; ids are derived, so that a lot can be named before it is written."""

    def __init__(self):
        self.commands, self.moments = [], []
        self.now = datetime(2026, 1, 2, tzinfo=UTC)

    def add(self, kind, body, role="storekeeper", place=None, days=0):
        self.now += timedelta(days=days, minutes=3)
        moment = self.now.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        identity = derived_id("pages", str(len(self.commands)))
        body = body | ({"correction": identity} if kind == "EntryReversed" else {})
        self.commands.append(Command(kind, identity, moment, {"role": role, "place": place}, body))
        self.moments.append(moment)
        return identity


def lot(item, quantity, expiry="2028-02-29"):
    dated = {} if item == GOGGLES else {"lot_number": "L1", "expiry": expiry}
    return {"item": item, "quantity": quantity, **dated}


def registers(w):
    streets = {
        "990101001": ("松月街道办事处", "Songyue Street Office"),
        "990101002": ("映溪街道办事处", "Yingxi Street Office"),
    }
    for code, (zh, en) in streets.items():
        w.add("PlaceRegistered", {"code": code, "kind": "street_office", "name": {"zh": zh, "en": en}})
    w.add(
        "PlaceRegistered", {"code": "D1", "kind": "depot", "name": {"zh": "示范区仓库", "en": "Demo depot"}}
    )
    for code in CENTERS:
        zh, en = streets[code[:9]]
        name = {"zh": f"{zh[:4]}第{code[-1]}中心", "en": f"{en.split()[0]} No. {code[-1]} Center"}
        w.add("PlaceRegistered", {"code": code, "kind": "center", "parent": code[:9], "name": name})
    for code, zh, en, unit, item_class in (
        (MASK, "医用外科口罩", "Surgical mask", "只", "consumable"),
        (COVERALL, "防护服", "Coverall", "套", "consumable"),
        (GOGGLES, "护目镜", "Goggles", "副", "reusable"),
    ):
        body = {
            "code": code, "name": {"zh": zh, "en": en}, "base_unit": {"zh": unit, "en": "each"},
            "item_class": item_class, "criticality": "vital", "needs_lot": item_class == "consumable",
        }  # fmt: skip
        w.add("ItemRegistered", body)


def movements(w):
    gift = w.add(
        "DonationReceived",
        {
            "place": "D1",
            "gift": "2026-00001-3",
            "lines": [lot(MASK, 20_000), lot(COVERALL, 600), lot(GOGGLES, 60)],
        },
    )
    allotted = w.add("AllotmentReceived", {"place": "D1", "lines": [lot(MASK, 12_000)]})
    opened = {}
    for code in CENTERS:
        opened[code] = w.add(
            "StockOpened", {"place": code, "lines": [lot(MASK, 900, "2026-02-01"), lot(COVERALL, 40)]}
        )
        lines = [{"lot": f"{gift}#0", "quantity": 2_500}, {"lot": f"{gift}#2", "quantity": 6}]
        sent = w.add("TransferDispatched", {"from": "D1", "to": code, "due": "2026-01-09", "lines": lines})
        w.add("TransferReceived", {"place": code, "dispatch": sent, "lines": lines}, place=code)
    for day in range(60):
        for n, code in enumerate(CENTERS):
            lines = [{"lot": f"{gift}#0", "quantity": 20 + (day * 7 + n) % 30}]
            w.add(
                "StockIssued", {"place": code, "purpose": "clinic", "lines": lines}, place=code, days=n == 0
            )
    first, second, third, fourth = CENTERS
    coveralls = [{"lot": f"{opened[first]}#1", "quantity": 40}]
    w.add("StockIssued", {"place": first, "purpose": "outbreak", "lines": coveralls}, place=first)
    w.add(
        "StockWrittenOff",
        {"place": second, "reason": "expired", "lines": [{"lot": f"{opened[second]}#0", "quantity": 900}]},
        place=second,
    )
    w.add("StockCounted", {"place": second, "lines": [{"item": COVERALL, "quantity": 38}]}, place=second)
    w.add("StockCounted", {"place": third, "lines": [{"item": COVERALL, "quantity": 45}]}, place=third)
    w.add(
        "TransferDispatched",
        {
            "from": "D1",
            "to": fourth,
            "due": "2026-02-01",
            "lines": [{"lot": f"{allotted}#0", "quantity": 1_000}],
        },
    )
    wrong = w.add(
        "StockIssued",
        {"place": fourth, "purpose": "clinic", "lines": [{"lot": f"{gift}#0", "quantity": 70}]},
        place=fourth,
    )
    w.add("EntryReversed", {"reverses": wrong, "reason": "wrong_quantity"}, "center_lead", fourth)
    w.add("DayConfirmed", {"place": fourth, "day": "2026-03-04"}, place=fourth)


def make_small_book(home):
    name = {"zh": "小示范区", "en": "Small demo"}
    record = Record.create(
        home / "book",
        name=name,
        origin="simulated.invalid/small",
        kind="simulated",
        recorded_at="2026-01-01T00:00:00.000Z",
    )
    w = Writer()
    registers(w)
    movements(w)
    outcomes = record.write(w.commands, w.moments)
    assert [v.message() for o in outcomes for v in o.violations] == []
    record.checkpoint()
    record.close()
    record = Record.open(home / "book")
    assert run_forecasts(record).forecasts > 0
    record.close()


def make_archive_book(home):
    record = Record.create(
        home / "book", name={"zh": "一月公示"}, origin="archive.invalid/small", kind="archive"
    )
    record.checkpoint()
    record.close()


@pytest.fixture(scope="session")
def small_app(small_home):
    return create_app(small_home, siblings=[SIBLING])


@pytest.fixture
def client(small_app):
    return small_app.test_client()


class Page(HTMLParser):
    """A page's words, links and tables, read by nothing of ours."""

    def __init__(self, text):
        super().__init__()
        self.links, self.tables, self.sources, self._cell, self._part = [], [], [], None, ""
        self.words = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "a":
            self.links.append(given.get("href", ""))
        self.sources += [
            given[name] for name in ("src", "data-figure", "data-plotly", "data-rules") if name in given
        ]
        if tag == "link":
            self.sources.append(given["href"])
        if tag == "table":
            self.tables.append({"thead": [], "tbody": [], "tfoot": []})
        elif tag in ("thead", "tbody", "tfoot"):
            self._part = tag
        elif tag == "tr":
            self.tables[-1][self._part].append([])
        elif tag in ("td", "th"):
            self._cell = []

    def handle_endtag(self, tag):
        if tag in ("td", "th") and self._cell is not None:
            self.tables[-1][self._part][-1].append("".join(self._cell).strip())
            self._cell = None

    def handle_data(self, data):
        self.words.append(data)
        if self._cell is not None:
            self._cell.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.words))


@pytest.fixture
def read(client):
    """`read(path)`: the page, which must answer 200."""

    def page(path):
        answer = client.get(path)
        assert answer.status_code == 200, path
        return Page(answer.get_data(as_text=True))

    return page


def number(text):
    """The whole number that a cell begins with."""
    return int(re.match(r"−?[\d,]+", text)[0].replace(",", "").replace("−", "-"))
