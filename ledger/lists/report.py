"""What an import did, line by line: for the screen, as CSV and as JSON."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.lists.findings import FINDINGS, Finding
from ledger.lists.plan import Plan
from ledger.lists.reasons import Reason

COLUMNS = ("file", "row", "status", "entry_index", "reason", "findings")
_MOST_EXAMPLES = 5


@dataclass(frozen=True)
class ReportLine:
    """One row of the list: recorded as which entry, or held and why; and what was found."""

    row: int
    status: str
    entry_index: int | None
    reasons: tuple[Reason, ...]
    findings: tuple[str, ...]

    def reason(self, lang: str) -> str:
        return ("；" if lang == "zh" else "; ").join(reason.message(lang) for reason in self.reasons)


@dataclass(frozen=True)
class ImportReport:
    """The report of one import or dry run.

    `added` counts the entries that this run wrote, registrations with them; 0 for a dry run. `findings` are
    in order of their codes, each with its rows; `detail` is an example in words.
    """

    file: str
    sha256: str
    kind: str
    dry_run: bool
    added: int
    lines: tuple[ReportLine, ...]
    findings: tuple[Finding, ...]
    unread_columns: tuple[str, ...]

    @property
    def recorded(self) -> int:
        return sum(line.status == "recorded" for line in self.lines)

    @property
    def held(self) -> int:
        return sum(line.status == "held" for line in self.lines)

    @property
    def counts(self) -> dict[str, int]:
        """Finding code -> number of rows that have it, in the order of FINDINGS."""
        counted = Counter(code for line in self.lines for code in line.findings)
        return {code: counted[code] for code in FINDINGS if counted[code]}

    def csv(self) -> str:
        """The report file; the reason is in English and Chinese."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for line in self.lines:
            index = "" if line.entry_index is None or self.dry_run else line.entry_index
            reason = f"{line.reason('en')} / {line.reason('zh')}" if line.reasons else ""
            writer.writerow((self.file, line.row, line.status, index, reason, ";".join(line.findings)))
        return text.getvalue()

    def write(self, home: Path) -> tuple[Path, Path]:
        """Write HOME/import-report.csv and HOME/reports/import-<12 hex>.csv, each whole or not at all.

        A dry run does not take the place of the kept report of an import that recorded something.
        """
        kept = home / "reports" / f"import-{self.sha256[:12]}.csv"
        kept.parent.mkdir(exist_ok=True)
        newest = home / "import-report.csv"
        for path in [newest] if self.dry_run and _has_entries(kept) else [kept, newest]:
            part = path.with_suffix(".part")
            part.write_text(self.csv(), encoding="utf-8", newline="")
            part.replace(path)
        return newest, kept

    def summary(self, lang: str = "en") -> str:
        """Some lines of text for the screen."""
        zh = lang == "zh"
        head = (
            f"{self.file}：{len(self.lines)} 行，入账 {self.recorded}，搁置 {self.held}；"
            f"新增 {self.added} 条记录"
            if zh
            else f"{self.file}: {len(self.lines)} rows, {self.recorded} recorded, {self.held} held;"
            f" {self.added} entries added"
        )
        parts = [head]
        if self.dry_run:
            parts.append("试运行：什么也没有写入账" if zh else "dry run: nothing was written into the book")
        if self.unread_columns:
            names = ", ".join(self.unread_columns)
            parts.append(f"未读的列：{names}" if zh else f"columns not read: {names}")
        parts += [self._held_words(line, zh) for line in self.lines if line.status == "held"][:20]
        parts += self._finding_words(zh)
        return "\n".join(parts)

    def _held_words(self, line: ReportLine, zh: bool) -> str:
        if zh:
            return f"  第 {line.row} 行搁置：{line.reason('zh')}"
        return f"  row {line.row} held: {line.reason('en')}"

    def _finding_words(self, zh: bool) -> list[str]:
        words = []
        for code, count in self.counts.items():
            label = FINDINGS[code].label_zh if zh else FINDINGS[code].label_en
            words.append(f"  {count:>5}  {label} ({code})")
            words += [f"         {text}" for text in self.examples(code)[:2]]
        return words

    def examples(self, code: str) -> list[str]:
        """Up to five different examples of a finding, in words."""
        details = dict.fromkeys(one.detail for one in self.findings if one.code == code and one.detail)
        return list(details)[:_MOST_EXAMPLES]

    def as_dict(self) -> dict[str, Any]:
        """One JSON object, for --json."""
        return {
            "file": self.file,
            "sha256": self.sha256,
            "kind": self.kind,
            "dry_run": self.dry_run,
            "rows": len(self.lines),
            "recorded": self.recorded,
            "held": self.held,
            "added": self.added,
            "findings": {
                code: {"rows": count, "label": FINDINGS[code].label_en, "examples": self.examples(code)}
                for code, count in self.counts.items()
            },
            "held_rows": [
                {"row": line.row, "reason": line.reason("en")} for line in self.lines if line.status == "held"
            ],
            "unread_columns": list(self.unread_columns),
        }


def _has_entries(path: Path) -> bool:
    """Whether a kept report names any entry."""
    if not path.exists():
        return False
    with path.open(encoding="utf-8", newline="") as file:
        return any(row["entry_index"] for row in csv.DictReader(file))


def report_of(plan: Plan, dry_run: bool, added: int) -> ImportReport:
    """The report of a plan after it was written, or tried."""
    lines, findings = [], []
    order = {code: position for position, code in enumerate(FINDINGS)}
    for line in plan.lines:
        codes = tuple(sorted(line.findings, key=order.__getitem__))
        status = "held" if line.held else "recorded"
        index = None if line.held or dry_run else line.entry_index
        lines.append(ReportLine(line.number, status, index, tuple(line.reasons), codes))
        findings += [Finding(code, (line.number,), line.findings[code]) for code in codes]
    findings.sort(key=lambda one: order[one.code])
    listing = plan.listing
    return ImportReport(
        listing.file, listing.sha256, listing.kind, dry_run, added, tuple(lines), tuple(findings),
        listing.unread_columns,
    )  # fmt: skip
