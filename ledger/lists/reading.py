"""CSV and XLSX files into a heading and rows of text cells. Nothing in a file is ever run or evaluated.

Limits: 20 MB, 100,000 lines, 100 columns; a workbook unpacks to at most 200 MB. Only the first sheet is read;
a formula stays the text that it is.
"""

from __future__ import annotations

import csv
import hashlib
import io
import unicodedata
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ledger.domain.canonical import MAX_INTEGER
from ledger.lists.reasons import ListProblem

MOST_BYTES = 20_000_000
MOST_UNPACKED_BYTES = 200_000_000
MOST_ROWS = 100_000
MOST_COLUMNS = 100
_OLD_EXCEL = bytes.fromhex("d0cf11e0a1b11ae1")  # [MS-CFB] 2.2: .xls, and .xlsx under a password


@dataclass(frozen=True, slots=True)
class RawRow:
    """One line: `number` is 1 for the first below the heading, blank lines counted; cells are NFC, trim."""

    number: int
    cells: tuple[str, ...]
    normalised: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A file as read. `sha256` is of its bytes, in hex; rows are those with any text."""

    file: str
    sha256: str
    header: tuple[str, ...]
    rows: list[RawRow]


def read_table(path: Path) -> Table:
    """The table in a CSV or XLSX file, told apart by content. Raises ListProblem."""
    data = _bytes_of(path)
    if data.startswith(_OLD_EXCEL):
        raise ListProblem("old_excel", file=path.name)
    is_workbook = data.startswith(b"PK\x03\x04")
    lines = _workbook_lines(data, path.name) if is_workbook else _csv_lines(data, path.name)
    header, rows = _split(lines, path.name)
    return Table(path.name, hashlib.sha256(data).hexdigest(), header, rows)


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ListProblem("no_file", file=path.name or str(path), why=error.strerror) from None
    if len(data) > MOST_BYTES:
        raise ListProblem("too_large", file=path.name, most=MOST_BYTES // 1_000_000)
    return data


def _split(lines: Iterable[Iterable[str]], file: str) -> tuple[tuple[str, ...], list[RawRow]]:
    """The first line with any text is the heading; blank lines below it keep their number, left out."""
    header: tuple[str, ...] | None = None
    rows: list[RawRow] = []
    number = 0
    for line in lines:
        cells = _clean(line)
        if header is None:
            if any(cells):
                header = _without_tail(cells)
                _check_header(header, file)
            continue
        number += 1
        if not any(cells):
            continue
        cells = _without_tail(cells)
        if len(rows) == MOST_ROWS:
            raise ListProblem("too_many_rows", file=file, most=MOST_ROWS)
        if len(cells) > MOST_COLUMNS:
            raise ListProblem("too_many_columns", file=file, most=MOST_COLUMNS)
        written = tuple(unicodedata.normalize("NFC", cell) for cell in cells)
        rows.append(RawRow(number, written, written != cells))
    if header is None:
        raise ListProblem("empty", file=file)
    return header, rows


def _check_header(header: tuple[str, ...], file: str) -> None:
    if len(header) > MOST_COLUMNS:
        raise ListProblem("too_many_columns", file=file, most=MOST_COLUMNS)
    named = [name.casefold() for name in header if name]
    for name in named:
        if named.count(name) > 1:
            raise ListProblem("same_heading", file=file, column=name[:40])


def _clean(line: Iterable[str]) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line)


def _without_tail(cells: tuple[str, ...]) -> tuple[str, ...]:
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return cells[:end]


# CSV -------------------------------------------------------------------------------------------------------


def _csv_lines(data: bytes, file: str) -> Iterator[list[str]]:
    text = _decode(data, file)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise ListProblem("bad_csv", file=file, why=f"line {reader.line_num}: {error}") from None


def _decode(data: bytes, file: str) -> str:
    """UTF-8 with or without a mark, UTF-16 with one, else GB 18030, the national standard of older Excel."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\x00" in data:
        raise ListProblem("not_text", file=file)
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ListProblem("not_text", file=file)


def _delimiter(text: str) -> str:
    """Comma, unless the first line has none and has tabs or semicolons."""
    first = text.lstrip().partition("\n")[0]
    if "," not in first:
        for other in ("\t", ";"):
            if other in first:
                return other
    return ","


# XLSX ------------------------------------------------------------------------------------------------------


def _workbook_lines(data: bytes, file: str) -> Iterator[list[str]]:
    _check_package(data, file)
    import openpyxl  # 0.2 s: only when a workbook is read

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on styles and extensions, none of which is read
        try:
            # data_only would give the value that some program stored for a formula: a claim nobody can check
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # a file may lie about its size
            for row in sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True):
                yield [_cell_text(value) for value in row]
        except ListProblem:
            raise
        except Exception:  # a hostile file can make the parser fail in any way
            raise ListProblem("bad_workbook", file=file) from None


def _check_package(data: bytes, file: str) -> None:
    """Refuse macros, zip bombs and document type definitions before any XML is parsed."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            if any(part.filename.lower().endswith("vbaproject.bin") for part in parts):
                raise ListProblem("macros", file=file)
            if sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES or len(parts) > 10_000:
                raise ListProblem("too_large", file=file, most=MOST_UNPACKED_BYTES // 1_000_000)
            for part in parts:
                with package.open(part) as opened:
                    if b"<!DOCTYPE" in opened.read(4096).upper():
                        raise ListProblem("bad_workbook", file=file)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        raise ListProblem("bad_workbook", file=file) from None
    except ValueError:
        raise ListProblem("bad_workbook", file=file) from None


def _cell_text(value: Any) -> str:
    """A cell's value as the same list in CSV would print it."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_INTEGER:
        return str(int(value))
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return value.date().isoformat()
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return str(value)
