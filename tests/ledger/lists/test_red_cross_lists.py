"""The two real lists, whole: every figure that README.md states, and that importing again adds nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.audit import audit
from ledger.domain.gifts import check_gift_code
from ledger.lists import ImportReport, book_findings, import_list
from ledger.record import Record
from tests.ledger.lists.conftest import ISSUED, RECEIVED, new_book, read_csv, write_csv, write_workbook

HELD = {
    43: "no_quantity", 87: "no_item_name", 88: "no_item_name", 89: "no_item_name", 90: "no_item_name",
    93: "no_quantity", 97: "no_quantity", 99: "no_quantity", 176: "no_quantity", 178: "no_quantity",
    209: "no_item_name", 210: "no_item_name",
}  # fmt: skip


class Archive:
    """Both lists in one book, with their reports."""

    def __init__(self, home: Path) -> None:
        self.record = new_book(home, "archive")
        self.received = import_list(self.record, RECEIVED, "donations")
        self.issued = import_list(self.record, ISSUED, "issues")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    archive = Archive(tmp_path_factory.mktemp("archive") / "home")
    yield archive
    archive.record.close()


def bodies(record: Record, kind: str) -> list[dict]:
    entries = (json.loads(data) for data in record.entries())
    return [entry["body"] for entry in entries if entry["kind"] == kind]


def with_finding(report: ImportReport, code: str) -> list[int]:
    return [line.row for line in report.lines if code in line.findings]


def test_twelve_received_lines_are_held_and_say_why(archive):
    assert (len(archive.received.lines), archive.received.recorded, archive.received.held) == (551, 539, 12)
    held = {
        line.row: [reason.code for reason in line.reasons] for line in archive.received.lines if line.reasons
    }
    assert held == {row: [code] for row, code in HELD.items()}
    assert (len(archive.issued.lines), archive.issued.recorded, archive.issued.held) == (250, 250, 0)


def test_findings_of_the_received_list(archive):
    assert archive.received.counts == {
        "exact_duplicate": 27, "near_duplicate": 24, "same_goods_other_unit": 208, "same_gift_other_unit": 17,
        "vague_name": 103, "missing_pack_size": 264, "unclear_pack_size": 25, "quantity_glued": 209,
        "quantity_in_name": 4, "donor_wish": 4, "unit_unstated": 5, "odd_unit": 1,
    }  # fmt: skip


def test_findings_of_the_issued_list(archive):
    assert archive.issued.counts == {
        "exact_duplicate": 5, "same_goods_other_unit": 171, "issued_over_received": 171,
        "issued_without_receipt": 243, "vague_name": 1, "missing_pack_size": 123, "unclear_pack_size": 42,
        "donor_wish": 1,
    }  # fmt: skip


def test_ninety_lines_say_only_mask(archive):
    rows = read_csv(RECEIVED)
    name = rows[0].index("item_raw")
    masks = [number for number, row in enumerate(rows[1:], 1) if row[name] == "口罩"]
    assert len(masks) == 90
    assert set(masks) <= set(with_finding(archive.received, "vague_name"))


def test_surplus_duplicates_are_those_without_the_note_column(archive):
    rows = read_csv(RECEIVED)
    note = rows[0].index("note")
    bare = Counter(tuple(cell for place, cell in enumerate(row) if place != note) for row in rows[1:])
    assert len(with_finding(archive.received, "exact_duplicate")) == sum(n - 1 for n in bare.values()) == 27


def test_one_consignment_printed_in_two_periods_is_found_and_nothing_else(archive):
    assert with_finding(archive.received, "near_duplicate") == [*range(259, 271), *range(359, 371)]
    cells = read_csv(RECEIVED)
    first = [int(row[8]) for row in cells[259:271]]
    assert sum(first) == 2872
    assert (
        "row 261 榄菊84除菌液 150 箱 (2020-01-29) ~ row 360" in archive.received.examples("near_duplicate")[2]
    )


def test_more_cough_tablets_were_issued_than_received(archive):
    details = {one.detail for one in archive.issued.findings if one.code == "issued_over_received"}
    computed = [detail for detail in details if "computed" in detail]
    assert computed == [
        "复方甘草片: received 80 件/箱"
        " (36000 瓶 at 450瓶/件 = 80 件; 件 and 箱 taken as one case, computed), issued 560"
    ]


def test_a_receipt_is_a_gift_of_its_own_at_the_depot(archive):
    gifts = bodies(archive.record, "DonationReceived")
    assert len(gifts) == 539
    assert [gift["gift"][5:10] for gift in gifts] == [f"{serial:05d}" for serial in range(1, 540)]
    assert all(check_gift_code(gift["gift"]) and gift["place"] == "WHRC-DEPOT" for gift in gifts)
    assert all(len(gift["lines"]) == 1 for gift in gifts)


def test_items_are_name_spec_and_unit_as_printed(archive):
    items = bodies(archive.record, "ItemRegistered")
    printed = {(item["name"]["zh"], item.get("spec"), item["base_unit"]["zh"]) for item in items}
    assert len(printed) == len(items) == 495
    assert ("复方甘草片", "450瓶/件", "瓶") in printed
    assert ("抗病毒口服液", None, "件") in printed  # was "198件"
    assert ("注射用阿奇霉素", None, "0.5g/支") in printed
    unstated = [item for item in items if item["base_unit"].get("en") == "unstated"]
    assert {item["name"]["zh"] for item in unstated} >= {"彩色超声诊断仪", "病人监护仪B450"}


def test_dispatches_stay_in_transit_and_unshown_goods_are_under_no_gift(archive):
    dispatches = bodies(archive.record, "TransferDispatched")
    lines = [line for dispatch in dispatches for line in dispatch["lines"]]
    assert len(dispatches) == 250
    assert sum(line.get("source") == "unshown" for line in lines) == 243
    with archive.record.folded() as book:
        lots = dict(book.tables.find("view_lot"))
        accounts = Counter(key[1] for key, row in book.tables.find("view_balance") if row[1])
    assert {row[2] for row in lots.values()} == {"donated", "unshown"}
    assert all(row[4] == "" for row in lots.values() if row[2] == "unshown")
    assert set(accounts) == {"received", "usable", "transit"}


def test_shown_stock_goes_out_in_order_of_receipt(archive):
    """洁康医用酒精75%, 200ML*12: 19 boxes were received and 19 issued."""
    items = {item["name"]["zh"]: item["code"] for item in bodies(archive.record, "ItemRegistered")}
    code = items["洁康医用酒精75%"]
    with archive.record.folded() as book:
        (lot,) = [key[0] for key, row in book.tables.find("view_lot") if row[0] == code]
        balance = {key[1]: row[1] for key, row in book.tables.find("view_balance", lot=lot)}
    assert balance == {"received": 19, "transit": 19}


def test_places_are_registered_on_the_way(archive):
    places = bodies(archive.record, "PlaceRegistered")
    kinds = Counter(place["kind"] for place in places)
    assert kinds == {"depot": 1, "hospital": 13, "site": 9}
    assert places[0]["name"]["zh"] == "武汉市红十字会"
    assert all(place["keeps_stock"] is False for place in places[1:])


def test_donors_names_stand_in_no_entry_and_persons_stay_hidden(archive):
    donors = {row[3] for row in read_csv(RECEIVED)[1:] if len(row[3]) > 3}
    recipients = {row[2] for row in read_csv(ISSUED)[1:]}
    items = "".join(item["name"]["zh"] for item in bodies(archive.record, "ItemRegistered"))
    written = b"".join(archive.record.entries()).decode()
    assert [name for name in donors - recipients if name in written and name not in items] == []
    with archive.record.store.read() as snapshot:
        private = {party: json.loads(data) for party, (_, data) in snapshot.private_parties().items()}
    types = {party["party"]: party["type"] for party in bodies(archive.record, "PartyRegistered")}
    assert private.keys() == types.keys()
    assert {data["basis"] for data in private.values()} == {"public_notice"}
    by_name = {data["name"]: types[party] for party, data in private.items()}
    assert by_name["辉瑞制药"] == by_name["可孚"] == "organisation"
    assert by_name["爱心人士"] == by_name["[团体或个人-已隐去]"] == "unnamed"
    assert by_name["[个人-已隐去]"] == "person"
    assert len(types) == len(by_name) == 154


def test_the_book_audits_clean(archive):
    archive.record.checkpoint()
    assert audit(archive.record.store).ok


def test_the_whole_book_shows_the_same_findings(archive):
    counts = Counter(finding.code for finding in book_findings(archive.record))
    assert counts["missing_pack_size"] == 264
    assert counts["issued_without_receipt"] == 243
    assert counts["vague_name"] == 103
    assert counts["issued_over_received"] == 55


# again --------------------------------------------------------------------------------------------------


def copies(folder: Path) -> Iterator[tuple[Path, str, int]]:
    """(file, kind, rows) that say what the two lists say."""
    rows = read_csv(RECEIVED)
    renamed = folder / "another name.csv"
    renamed.write_bytes(RECEIVED.read_bytes())
    yield renamed, "donations", 551
    workbook = folder / "received.xlsx"
    quantity = rows[0].index("qty_raw")
    cells = [
        [int(cell) if at == quantity and cell.isdigit() else cell for at, cell in enumerate(row)]
        for row in rows
    ]
    write_workbook(workbook, cells)
    yield workbook, "donations", 551
    older = folder / "gb.csv"
    write_csv(older, [row[::-1] for row in rows], "gb18030")  # columns in another order, too
    yield older, "donations", 551
    one_notice = folder / "period.csv"
    write_csv(one_notice, [row for row in rows if row[1] in ("period", "8-2")])
    yield one_notice, "donations", sum(row[1] == "8-2" for row in rows)
    issued = folder / "issued.xlsx"
    write_workbook(issued, read_csv(ISSUED))
    yield issued, "issues", 250


def test_importing_again_under_any_name_adds_nothing(archive, tmp_path):
    size = archive.record.size
    first = {"donations": archive.received, "issues": archive.issued}
    for path, kind, rows in copies(tmp_path):
        again = import_list(archive.record, path, kind)
        assert (again.added, len(again.lines)) == (0, rows)
        known = {line.entry_index for line in first[kind].lines}
        assert {line.entry_index for line in again.lines} <= known
        assert [
            line.reasons for line in again.lines if line.reasons and line.reasons[0].code == "conflict"
        ] == []
    assert archive.record.size == size


def test_the_same_file_again_gives_the_same_report(archive):
    for path, kind, first in ((RECEIVED, "donations", archive.received), (ISSUED, "issues", archive.issued)):
        assert import_list(archive.record, path, kind).csv() == first.csv()


def test_a_changed_line_is_held_as_a_conflict_and_the_rest_is_known(archive, tmp_path):
    rows = read_csv(RECEIVED)
    rows[1][rows[0].index("qty_raw")] = "199件"
    rows[2][rows[0].index("donor")] = "辉瑞制药"
    write_csv(tmp_path / "changed.csv", rows)
    size = archive.record.size
    report = import_list(archive.record, tmp_path / "changed.csv", "donations")
    assert [line.row for line in report.lines if "conflict" in line.reason("en")] == [1, 2]
    assert (report.recorded, report.added, archive.record.size) == (537, 0, size)
    rows = read_csv(ISSUED)
    rows[3][rows[0].index("recipient")] = "同济医院"
    write_csv(tmp_path / "changed.csv", rows)
    report = import_list(archive.record, tmp_path / "changed.csv", "issues")
    assert [line.row for line in report.lines if "conflict" in line.reason("en")] == [3]


def test_a_dry_run_writes_nothing_and_tells_the_same(archive, tmp_path):
    record = new_book(tmp_path / "home", "archive")
    report = import_list(record, RECEIVED, "donations", dry_run=True)
    with record.store.read() as snapshot:
        assert snapshot.private_parties() == {}
    assert (record.size, report.added, report.held) == (1, 0, 12)
    assert [line.findings for line in report.lines] == [line.findings for line in archive.received.lines]
    assert {row[3] for row in read_csv(tmp_path / "home" / "import-report.csv")[1:]} == {""}
    import_list(record, RECEIVED, "donations")
    size = record.size
    report = import_list(record, ISSUED, "issues", dry_run=True)
    assert record.size == size
    assert [line.findings for line in report.lines] == [line.findings for line in archive.issued.lines]
    record.close()


def test_the_second_period_in_a_file_of_its_own_is_compared_with_the_book(tmp_path):
    rows = read_csv(RECEIVED)
    record = new_book(tmp_path / "home", "archive")
    reports = {}
    for period in ("7-2", "8-2"):
        path = tmp_path / f"{period}.csv"
        write_csv(path, [row for row in rows if row[1] in ("period", period)])
        reports[period] = import_list(record, path, "donations")
    assert with_finding(reports["7-2"], "near_duplicate") == []
    assert len(with_finding(reports["8-2"], "near_duplicate")) == 12
    assert reports["8-2"].examples("near_duplicate")[0].startswith("entry ")
    again = import_list(record, tmp_path / "8-2.csv", "donations")
    assert again.csv() == reports["8-2"].csv()
    record.close()


def test_without_a_source_file_column_the_content_is_the_name(tmp_path):
    rows = [row[1:] for row in read_csv(RECEIVED)]
    record = new_book(tmp_path / "home", "archive")
    for name in ("a.csv", "b.csv"):
        write_csv(tmp_path / name, rows)
    first = import_list(record, tmp_path / "a.csv", "donations")
    again = import_list(record, tmp_path / "b.csv", "donations")
    assert (first.recorded, again.recorded, again.added) == (539, 539, 0)
    record.close()
