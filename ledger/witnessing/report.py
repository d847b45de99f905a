"""What a monitor found in one look at a log, in plain words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong or worth a warning.

    Attributes:
        code: for programs. Problems: rewritten, shorter, split_view, kept (a lie found before), entry, tiles,
            signature, not_confirmed, unreachable. Warnings: stale, ahead, witness.
        text: one sentence for people.
        evidence: the folder in which the exact bytes are kept, below the monitor's own; None if none are.
    """

    code: str
    text: str
    evidence: str | None = None


@dataclass(frozen=True)
class Report:
    """One look.

    Attributes:
        at: when, POSIX seconds.
        origin: the log; "" where it never showed a signed checkpoint.
        size: number of entries of the newest checkpoint that continues all those before it.
        root: its root, base64; None before the first.
        new_entries: how many of them are new since the look before.
        read: the first so many entries were read, byte for byte.
        confirmed: witness name -> POSIX seconds of its cosignature, on the checkpoint shown now.
        grew_at: when the size was first seen, POSIX seconds; 0 before the first checkpoint.
        fresh: newest cosignature ever seen at the log, POSIX seconds; 0 if none.
        problems: what is wrong, the gravest first.
        warnings: what may be nothing.
    """

    at: int
    origin: str
    size: int
    root: str | None
    new_entries: int
    read: int
    confirmed: dict[str, int]
    grew_at: int
    fresh: int
    problems: tuple[Finding, ...]
    warnings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Nothing is wrong."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"ok": self.ok, **asdict(self)}

    def sentence(self) -> str:
        """One line for people."""
        tail = "".join(f"; WARNING: {finding.text}" for finding in self.warnings)
        if self.problems:
            told = [
                finding.text + (f" (kept in {finding.evidence})" if finding.evidence else "")
                for finding in self.problems
            ]
            return f"WRONG: {'; '.join(told)}{tail}"
        return f"ok: {self._good()}{tail}"

    def _good(self) -> str:
        new = f", {self.new_entries:,} of them new" if self.new_entries else ""
        parts = [f"{self.size:,} {'entry' if self.size == 1 else 'entries'}{new}"]
        if self.read < self.size:
            parts.append(f"the bytes of {self.size - self.read:,} are not published yet")
        if self.confirmed:
            newest = max(self.confirmed.values())  # 0: an ML-DSA-44 cosignature need not say when
            ago = f", last {duration(max(0, self.at - newest))} ago" if newest else ""
            parts.append(f"confirmed by {', '.join(sorted(self.confirmed))}{ago}")
        else:
            parts.append("nobody outside has confirmed them")
        return "; ".join(parts)


def duration(seconds: int) -> str:
    """A length of time in its largest whole unit."""
    for name, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count = seconds // length
        if count >= (2 if name != "minute" else 1):
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "under a minute"
