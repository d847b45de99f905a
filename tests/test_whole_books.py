"""The two demo books, whole: what the pages say is what the exact entries add up to.

The sums come from `export --format jsonl` through tests/ledger/equation.py, which shares no code with rules
or projections; the page totals are read off the HTML as a person would.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dashboard.app import create_app
from dashboard.cli import run
from ledger.store.store import Store
from tests.ledger.equation import IN, Spot, Sums

# A page's column (its heading in the by-source table) and the accounts that it adds up.
COLUMNS = {
    "Came in": ("received", "converted_in", "found"),
    "Issued for use": ("issued",),
    "On hand": ("usable", "to_inspect", "held", "rejected"),
    "In transit": ("transit",),
    "Returned to donor": ("returned",),
    "Converted": ("converted_out",),
    "Lost": ("lost",),
    "Missing": ("missing",),
}


def exported(home: Path, tmp_path: Path) -> list[dict]:
    """The entries as `mingzhang export` gives them."""
    target = tmp_path / "book.jsonl"
    assert run(["--home", str(home), "export", "--format", "jsonl", "-o", str(target)]) == 0
    return [json.loads(line) for line in target.read_bytes().splitlines()]


class Tables(HTMLParser):
    """The tables of a page: caption and rows of cell texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: list[tuple[str, list[list[str]]]] = []
        self._text: list[str] = []
        self._caption = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "table":
            self.tables.append(("", []))
        elif tag == "tr":
            self.tables[-1][1].append([])
        if tag in ("th", "td", "caption"):
            self._text = []

    def handle_endtag(self, tag):
        text = re.sub(r"\s+", " ", "".join(self._text)).strip()
        if tag == "caption":
            self.tables[-1] = (text, self.tables[-1][1])
        elif tag in ("th", "td"):
            self.tables[-1][1][-1].append(text)

    def handle_data(self, data):
        self._text.append(data)


def number(text: str) -> int:
    return int(text.replace(",", ""))


def totals_of(html: str) -> dict[str, int]:
    """Column heading -> total of the table by source."""
    for _, rows in Tables(html).tables:
        if rows and rows[0][:2] == ["Source", "Came in"]:
            return {
                heading: number(cell) for heading, cell in zip(rows[0][1:], rows[-1][1:], strict=True)
            }
    raise AssertionError("the page has no table by source")


class Sides:
    """Of each lot what came in, what went out or is here, and where less than nothing would be.

    Kept change by change: a lot has been at hundreds of spots, and an entry moves it between two.
    """

    def __init__(self) -> None:
        self.known: dict[tuple[str, Spot], int] = defaultdict(int)
        self.came: dict[str, int] = defaultdict(int)
        self.went: dict[str, int] = defaultdict(int)
        self.below: dict[str, set[Spot]] = defaultdict(set)

    def change(self, key: tuple[str, Spot], quantity: int) -> None:
        lot, spot = key
        side = self.came if spot[0] in IN else self.went
        side[lot] += quantity - self.known[key]
        self.known[key] = quantity
        (self.below[lot].add if quantity < 0 else self.below[lot].discard)(spot)


@pytest.fixture(scope="module")
def district(district_home, tmp_path_factory):
    """(sums after every entry was checked, the lots that broke the equation, a client of the pages)."""
    sums, sides, broken = Sums(), Sides(), []
    for entry in exported(district_home, tmp_path_factory.mktemp("export")):
        sums.add(entry)
        for key in sums.changed:
            sides.change(key, sums.at[key])
        for lot in sums.touched:
            below = entry["body"].get("correction") is None and sides.below[lot]
            if sides.came[lot] != sides.went[lot] or below:
                broken.append((entry["index"], lot))
    return sums, broken, create_app(district_home).test_client()


def test_equation_holds_for_every_lot_after_every_entry(district):
    sums, broken, _ = district
    assert broken == []
    assert len(sums.lots) > 3_000
    at_end = Sides()
    for key, quantity in sums.at.items():
        at_end.change(key, quantity)
    assert at_end.came == at_end.went


def test_views_hold_what_the_export_adds_up_to(district, district_home):
    """Per lot, account, place and reference, to the piece."""
    sums, _, _ = district
    with Store(district_home).read() as snapshot:
        stored = {key: row[1] for key, row in snapshot.rows("view_balance")}
    assert stored == {(lot, *spot): quantity for (lot, spot), quantity in sums.at.items() if quantity}


def test_page_totals_are_what_the_export_adds_up_to(district):
    sums, _, client = district
    of_item: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (lot, account), quantity in sums.by_account().items():
        of_item[sums.lots[lot]["item"]][account] += quantity
    assert len(of_item) == 36
    for item, accounts in of_item.items():
        page = totals_of(client.get(f"/items/{item}?lang=en").get_data(as_text=True))
        for heading, names in COLUMNS.items():
            wanted = sum(accounts.get(name, 0) for name in names)
            assert page.get(heading, 0) == wanted, (item, heading)
        gone = page.get("Expired", 0) + page.get("Other write-offs", 0)
        assert gone == accounts.get("written_off", 0), item
        assert page["Came in"] == sum(n for heading, n in page.items() if heading != "Came in"), item


def test_archive_adds_up_and_every_unshown_lot_stands_apart(archive_home, tmp_path):
    entries = exported(archive_home, tmp_path)
    sums = Sums().add_all(entries)
    came: dict[str, int] = defaultdict(int)
    went: dict[str, int] = defaultdict(int)
    for (lot, account), quantity in sums.by_account().items():
        (came if account in IN else went)[lot] += quantity
    assert came == went
    unshown = [lot for lot in sums.lots.values() if lot["source"] == "unshown"]
    assert len(unshown) == 243
    assert not any(lot["gift"] for lot in unshown)
    assert sum(entry["kind"] == "DonationReceived" for entry in entries) == 539
    assert sum(entry["kind"] == "TransferDispatched" for entry in entries) == 250
    moved = ("DonationReceived", "TransferDispatched")
    kinds = [entry["kind"] for entry in entries if entry["kind"] in moved]
    assert kinds == sorted(kinds)  # all receipts go before all dispatches


def test_archive_page_does_not_call_received_what_no_list_shows(archive_home):
    """84消毒液 in 瓶: 5 received by the published lists, 2,400 issued."""
    client = create_app(archive_home).test_client()
    page = client.get("/items/A-ef56b8e043?lang=en").get_data(as_text=True)
    answer = re.search(r'<p class="answer">(.*?)</p>', page, re.DOTALL)
    assert answer is not None
    assert re.sub(r"<[^>]+>", "", answer[1]).replace("\xa0", " ") == (
        "84消毒液: of 5 瓶 received, and 2,395 瓶 without a published receipt, 2,400 are in transit."
    )
