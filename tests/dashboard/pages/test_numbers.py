"""What pages say equals what the entries say, recomputed here from their bytes."""

from __future__ import annotations

import csv
import hashlib
import io
import json

import pytest

from ledger.record import Record
from tests.dashboard.pages.conftest import CENTERS, COVERALL, GOGGLES, MASK, number


@pytest.fixture(scope="session")
def book(small_home):
    record = Record.open(small_home)
    entries = [(json.loads(data), data) for data in record.entries()]
    record.close()
    return entries


@pytest.mark.parametrize("item", [MASK, COVERALL, GOGGLES])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_both_tables_of_an_item_close(read, item, lang):
    by_source, by_place = read(f"/items/{item}?lang={lang}").tables[-2:]
    for table, first in ((by_source, 1), (by_place, 3)):
        rows = [[number(cell) for cell in row[first:]] for row in table["tbody"]]
        total = [number(cell) for cell in table["tfoot"][0][first:]]
        assert [sum(column) for column in zip(*rows, strict=True)] == total
    entered, *fates = [number(cell) for cell in by_source["tfoot"][0][1:]]
    assert entered == sum(fates)
    assert number(by_place["tfoot"][0][-1]) == entered


def test_received_equals_the_lines_of_the_entries(read, book):
    received = sum(
        line["quantity"]
        for envelope, _ in book
        if envelope["kind"] in ("DonationReceived", "AllotmentReceived", "StockOpened")
        for line in envelope["body"]["lines"]
        if line["item"] == MASK
    )
    issued = sum(
        line["quantity"]
        for envelope, _ in book
        if envelope["kind"] == "StockIssued"
        for line in envelope["body"]["lines"]
        if line["lot"].endswith("#0")
    )
    issued -= 70  # the reversed one
    page = read(f"/?item={MASK}")
    assert f"{received:,} 只" in page.text
    assert f"{issued:,} 只" in page.text


def test_found_and_missing_are_told_apart(read):
    text = read(f"/items/{COVERALL}").text
    assert "盘盈 5 套" in text.replace("  ", " ")
    assert "2 套 盘亏" in text


def test_stock_past_its_expiry_is_told_on_the_first_page(read):
    """Three centers still hold 900 masks that expired on 1 February."""
    assert "2,700 只 已过有效期" in read("/").text.replace("只已", "只 已")


def test_a_reversed_issue_is_red_and_no_longer_counted(read, book):
    index = next(e["index"] for e, _ in book if e["kind"] == "EntryReversed")
    page = read(f"/entries/{index - 1}")
    assert "这一条已冲红" in page.text
    assert f"/entries/{index}" in page.links
    assert 'class="entry red"' not in page.text


def test_an_entry_shows_its_exact_bytes_and_fingerprint(client, book):
    for index in (0, 5, len(book) - 1):
        data = book[index][1]
        assert client.get(f"/entries/{index}.json").data == data
        page = client.get(f"/entries/{index}").get_data(as_text=True)
        assert hashlib.sha256(b"\x00" + data).hexdigest() in page


def test_every_kind_is_told_in_words(client, book):
    for lang in ("zh", "en"):
        for envelope, _ in {e["kind"]: (e, d) for e, d in book}.values():
            page = client.get(f"/entries/{envelope['index']}?lang={lang}").get_data(as_text=True)
            sentence = page.split('<p class="answer">')[1].split("</p>")[0]
            assert sentence
            assert "None" not in sentence
            assert "{" not in sentence


def test_csv_of_an_item_sums_to_the_page(client, read):
    rows = list(csv.DictReader(io.StringIO(client.get(f"/items/{MASK}.csv").get_data(as_text=True))))
    total = number(read(f"/items/{MASK}").tables[-2]["tfoot"][0][1])
    assert sum(int(row["quantity"]) for row in rows) == total


def test_figure_of_flows_sums_to_the_page(client, read):
    figure = client.get(f"/figures/flows.json?item={MASK}&narrow=1").get_json()
    total = number(read(f"/items/{MASK}").tables[-2]["tfoot"][0][1])
    assert sum(figure["data"][0]["link"]["value"]) == total


def test_a_center_without_stock_is_out_and_first(read):
    page = read("/centers/")
    first = page.tables[0]["tbody"][0]
    assert first[1] == "断货"
    assert first[3] == "0"
    assert "松月街道第1中心" in first[0]


def test_a_center_shows_every_item_it_has(read):
    page = read(f"/centers/{CENTERS[1]}?item={COVERALL}")
    items = page.tables[-2]["tbody"]  # the last table says how late things are written
    codes = " ".join(row[0] for row in items)
    assert all(item in codes for item in (MASK, COVERALL, GOGGLES))
    coverall = next(row for row in items if COVERALL in row[0])
    assert coverall[-1] == "−2"
    assert coverall[-2] == "3-03"


def test_reusable_goods_are_not_forecast(read):
    page = read(f"/centers/{CENTERS[1]}?item={GOGGLES}")
    assert "可重复用，不按消耗预测" in page.text


def test_overdue_transfers_are_said_to_be_overdue(read):
    assert "1,000 只过了该到的日子" in read("/centers/").text
