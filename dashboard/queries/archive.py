"""What an archive of public lists holds, and what was found in the lists."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from dashboard.language import Name
from dashboard.queries.book import Book

UNSHOWN = "issued_without_receipt"


@dataclass(frozen=True)
class Finding:
    """What the import found: a code of ledger.lists.findings, in words, and how many lines have it."""

    code: str
    label: Name
    means: Name
    lines: int


@dataclass(frozen=True)
class HeldLine:
    """A line of a list that could not be recorded."""

    file: str
    row: int
    reason: Name


@dataclass(frozen=True)
class ListReport:
    """One imported list: how many of its lines are entries, and how many were held back."""

    file: str
    lines: int
    recorded: int
    unshown: int  # lines issued, of all or part of which the book shows no receipt


@dataclass(frozen=True)
class Summary:
    """The archive in numbers."""

    lists: list[ListReport]
    findings: list[Finding]
    held: list[HeldLine]

    @property
    def lines(self) -> int:
        return sum(report.lines for report in self.lists)

    @property
    def recorded(self) -> int:
        return sum(report.recorded for report in self.lists)

    @property
    def issued_lines(self) -> int:
        """Recorded lines of the lists that issue."""
        return sum(report.recorded for report in self.lists if report.unshown)

    @property
    def unshown_lines(self) -> int:
        return sum(report.unshown for report in self.lists)


def summary(book: Book) -> Summary:
    made: Summary = book.memory.recall("archive", (book.size, _stamp(book.home)), lambda: _summary(book))
    return made


def _reports(home: Path) -> list[Path]:
    return sorted((home / "reports").glob("import-*.csv"))


def _stamp(home: Path) -> tuple[tuple[str, int], ...]:
    return tuple((path.name, path.stat().st_mtime_ns) for path in _reports(home))


def _summary(book: Book) -> Summary:
    from ledger.lists.findings import FINDINGS  # opens workbooks' library: for archives only

    lists, held, found = [], [], Counter[str]()
    for path in _reports(book.home):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        recorded = [row for row in rows if row["status"] == "recorded" and row["entry_index"]]
        if not recorded:
            continue  # a dry run, or a list of which nothing could be recorded
        unshown = sum(UNSHOWN in row["findings"].split(";") for row in rows)
        lists.append(ListReport(rows[0]["file"], len(rows), len(recorded), unshown))
        for row in rows:
            found.update(code for code in row["findings"].split(";") if code)
            if row["status"] == "held":
                held.append(HeldLine(row["file"], int(row["row"]), _reason(row["reason"])))
    findings = [
        Finding(code, _label(told.label_zh, told.label_en), Name(told.means_zh, told.means_en), found[code])
        for code, told in FINDINGS.items()
        if found[code]
    ]
    return Summary(lists, sorted(findings, key=lambda f: -f.lines), held)


def _label(zh: str, en: str) -> Name:
    return Name(zh, en[:1].upper() + en[1:])


def _reason(text: str) -> Name:
    """A report states a reason in both languages, `english / 中文`."""
    english, _, chinese = text.partition(" / ")
    return Name(chinese, english)
