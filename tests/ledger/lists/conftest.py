"""Books to import into: real ones, on SQLite."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import openpyxl
import pytest

from ledger.record import Record

ROOT = Path(__file__).parents[3]
RECEIVED = ROOT / "data" / "archive" / "wuhan_redcross_inkind_received_2020-01.csv"
ISSUED = ROOT / "data" / "archive" / "wuhan_redcross_inkind_issued_2020-01.csv"
TEMPLATES = ROOT / "data" / "templates"


def new_book(home: Path, kind: str) -> Record:
    name = {"zh": "测试账", "en": "test book"}
    return Record.create(home, name=name, origin=f"{kind}.invalid/lists", kind=kind)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Callable[[str], Record]]:
    """`book(kind)`: a new book of that kind."""
    made: list[Record] = []

    def make(kind: str) -> Record:
        made.append(new_book(tmp_path / f"book-{len(made)}", kind))
        return made[-1]

    yield make
    for record in made:
        record.close()


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """`table(header, *rows)`: a CSV file; cells are given as one text, separated by |."""

    def make(header: str, *rows: str, name: str = "list.csv") -> Path:
        path = tmp_path / name
        write_csv(path, [line.split("|") for line in (header, *rows)])
        return path

    return make


def write_csv(path: Path, lines: Iterable[Sequence[str]], encoding: str = "utf-8") -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(lines)


def read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def write_workbook(path: Path, lines: Iterable[Sequence[object]]) -> None:
    workbook = openpyxl.Workbook()
    for line in lines:
        workbook.active.append(list(line))
    workbook.save(path)
