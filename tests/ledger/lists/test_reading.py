"""Files in: encodings, workbooks, limits, and files that mean harm."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest

from ledger.lists import ListProblem, import_list, reading
from ledger.lists.layouts import name_columns
from ledger.lists.reading import read_table
from tests.ledger.lists.conftest import write_csv, write_workbook

LINES = [["日期", "地点", "物资", "数量", "单位"], ["2026-03-01", "C1", "口罩", "12", "只"]]


def refused(path: Path) -> str:
    with pytest.raises(ListProblem) as problem:
        read_table(path)
    assert problem.value.message("zh") != problem.value.message("en")
    return problem.value.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings(tmp_path, encoding):
    write_csv(tmp_path / "a.csv", LINES, encoding)
    table = read_table(tmp_path / "a.csv")
    assert (table.header, [row.cells for row in table.rows]) == (tuple(LINES[0]), [tuple(LINES[1])])


@pytest.mark.parametrize("separator", [",", "\t", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_separators_and_line_ends(tmp_path, separator, end):
    text = end.join(separator.join(line) for line in LINES)
    (tmp_path / "a.csv").write_bytes(text.encode())
    assert read_table(tmp_path / "a.csv").rows[0].cells == tuple(LINES[1])


def test_quoted_cells_blank_lines_and_spaces(tmp_path):
    (tmp_path / "a.csv").write_text('\n a ,b\n\n"x, ""y"" ",　2　\n,\n3,4\n', encoding="utf-8")
    table = read_table(tmp_path / "a.csv")
    assert table.header == ("a", "b")
    assert [(row.number, row.cells) for row in table.rows] == [(2, ('x, "y"', "2")), (4, ("3", "4"))]


def test_a_workbook_reads_as_the_same_list_in_csv(tmp_path):
    write_workbook(
        tmp_path / "a.xlsx", [["day", "n", "f", "t"], [date(2026, 3, 1), 12, 12.0, datetime(2026, 3, 2)]]
    )
    assert read_table(tmp_path / "a.xlsx").rows[0].cells == ("2026-03-01", "12", "12", "2026-03-02")


def test_a_formula_stays_the_text_that_it_is_and_holds_the_line(tmp_path, book):
    header = ["date", "place", "item", "quantity", "unit", "recipient"]
    rows = [
        ["2026-03-01", "D1", "口罩", "=6*7", "只", "某医院"],
        ["2026-03-01", "D1", '=HYPERLINK("x")', "1", "只", "某"],
    ]
    for name, write in (("a.xlsx", write_workbook), ("a.csv", write_csv)):
        write(tmp_path / name, [header, *rows])
        assert "=6*7" in read_table(tmp_path / name).rows[0].cells
        report = import_list(book("archive"), tmp_path / name, "issues")
        assert [line.status for line in report.lines] == ["held", "held"]
        assert all("formula" in line.reason("en") for line in report.lines)


def test_cells_are_brought_into_nfc_and_the_report_says_so(book, table):
    decomposed = "Te\u0301st"
    path = table("date|place|recipient|item|quantity|unit", f"2026-03-01|D1|R|{decomposed}|3|只")
    record = book("archive")
    report = import_list(record, path, "issues")
    assert "text_normalised" in report.lines[0].findings
    assert record.entry(report.lines[0].entry_index - 1).body["name"]["zh"] != decomposed


@pytest.mark.parametrize("character", ["\u0007", "\u202e", "\u200b", "\u2028"])
def test_control_and_bidi_characters_hold_the_line(book, table, character):
    path = table("date|place|recipient|item|quantity|unit", f"2026-03-01|D1|R|口{character}罩|3|只")
    report = import_list(book("archive"), path, "issues")
    assert report.lines[0].reason("en") == f"item: it holds the character U+{ord(character):04X}"


def test_a_line_with_more_cells_than_the_heading_is_held(book, table):
    path = table(
        "date|place|recipient|item|quantity|unit", "2026-03-01|D1|R|口罩|3|只|", "2026-03-01|D1|R|口罩|3|只|x"
    )
    report = import_list(book("archive"), path, "issues")
    assert [[reason.code for reason in line.reasons] for line in report.lines] == [[], ["too_many_cells"]]


def test_files_that_are_no_lists_are_refused_in_one_sentence(tmp_path):
    path = tmp_path / "a"
    for data, code in [
        (b"", "empty"),
        (b"\n , \n", "empty"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 100, "old_excel"),
        (b"PK\x03\x04nonsense", "bad_workbook"),
        (b"a,b\n\x00\x01", "not_text"),
        (b"\xff\xff\xff\x80,\n", "not_text"),
        (b'a,b\n"open,1\n', "bad_csv"),
        (b"a,A\n1,2\n", "same_heading"),
        (b",".join(b"c%d" % n for n in range(101)), "too_many_columns"),
        (b"a\n" + b"1\n" * 100_001, "too_many_rows"),
        (b"x" * 20_000_001, "too_large"),
    ]:
        path.write_bytes(data)
        assert refused(path) == code
    assert refused(tmp_path) == refused(tmp_path / "missing.csv") == "no_file"


def workbook_bytes(tmp_path: Path) -> bytes:
    write_workbook(tmp_path / "w.xlsx", LINES)
    return (tmp_path / "w.xlsx").read_bytes()


def repacked(data: bytes, change: dict[str, bytes]) -> bytes:
    """A workbook with some parts put in or replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part not in change:
                new.writestr(part, old.read(part))
        for part, content in change.items():
            new.writestr(part, content)
    return out.getvalue()


def test_workbooks_that_mean_harm_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.xlsx"
    good = workbook_bytes(tmp_path)
    sheet = "xl/worksheets/sheet1.xml"
    entities = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'
    for change, code in [
        ({"xl/vbaProject.bin": b"macro"}, "macros"),
        ({sheet: entities}, "bad_workbook"),
        ({sheet: b"<worksheet><sheetData><row>"}, "bad_workbook"),
        ({"xl/workbook.xml": b"<workbook/>"}, "bad_workbook"),
    ]:
        path.write_bytes(repacked(good, change))
        assert refused(path) == code
    path.write_bytes(good[: len(good) // 2])
    assert refused(path) == "bad_workbook"
    monkeypatch.setattr(reading, "MOST_UNPACKED_BYTES", 100_000)
    path.write_bytes(repacked(good, {"xl/media/bomb.bin": b"\0" * 200_000}))
    assert path.stat().st_size < 20_000
    assert refused(path) == "too_large"


def test_a_workbook_that_lies_about_its_size_is_read_whole(tmp_path):
    data = workbook_bytes(tmp_path)
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        sheet = package.read("xl/worksheets/sheet1.xml")
    assert b'ref="A1:E2"' in sheet
    lied = sheet.replace(b'ref="A1:E2"', b'ref="A1:A1"')
    (tmp_path / "a.xlsx").write_bytes(repacked(data, {"xl/worksheets/sheet1.xml": lied}))
    assert read_table(tmp_path / "a.xlsx").rows[0].cells == tuple(LINES[1])


def test_layouts_are_told_by_their_headings(table):
    with pytest.raises(ListProblem, match="column date, place is missing"):
        name_columns(read_table(table("item|quantity|unit", "a|1|b")), "counts")
    with pytest.raises(ListProblem, match="list of issues, not of donations"):
        name_columns(read_table(table("recipient|item_raw|qty_raw", "a|b|1")), "donations")
    with pytest.raises(ListProblem, match="not a kind of list"):
        name_columns(read_table(table("a", "b")), "gifts")
    with pytest.raises(ListProblem, match="two columns named quantity"):
        name_columns(read_table(table("date|item|quantity|数量", "a|b|1|1")), "donations")
    listing = name_columns(read_table(table("日期|物资名称|数量|颜色", "2026-01-01|x|1|red")), "donations")
    assert listing.unread_columns == ("颜色",)
    assert listing.rows[0].cells == {"date": "2026-01-01", "item": "x", "quantity": "1"}
