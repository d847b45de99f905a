"""Proof of what went wrong, kept as exact bytes, a folder a case."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from ledger.published.staging import Staging

_NAME = re.compile(r"([a-z_]+)-(0|[1-9][0-9]{0,18})-([0-9a-f]{16})")
MOST_CASES = 32  # of one kind: whoever sends much fills no disk


@dataclass(frozen=True)
class Case:
    """One kept case: `kind` and, of what it is about, the tree size and the beginning of the root (hex)."""

    kind: str
    size: int
    root: str

    @property
    def name(self) -> str:
        """The name of its folder."""
        return f"{self.kind}-{self.size}-{self.root}"

    @classmethod
    def of(cls, kind: str, size: int, root: bytes) -> Case:
        """The case of a tree; one tree has one case of a kind, however often it is sent."""
        return cls(kind, size, root.hex()[:16])

    @classmethod
    def parse(cls, name: str) -> Case | None:
        """A folder's name read back; None if it is none of ours."""
        match = _NAME.fullmatch(name)
        return cls(match[1], int(match[2]), match[3]) if match else None


class Evidence:
    """The cases in a folder. The first ones of each kind are kept; none replaces another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, case: Case, files: dict[str, bytes]) -> bool:
        """Keep these files, on disk when this returns; False if the case is there already or there is no
        room. One at a time calls this."""
        alike = [other for other in self.cases() if other.kind == case.kind]
        if self.has(case, *files) or len(alike) >= MOST_CASES:
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        with Staging(self.folder) as staging:
            for name, data in files.items():
                staging.write(f"{case.name}/{name}", data)
            staging.flush()
        return True

    def drop(self, case: Case) -> None:
        """Let go of a case that turned out to be none."""
        shutil.rmtree(self.folder / case.name, ignore_errors=True)

    def has(self, case: Case, *names: str) -> bool:
        """Whether the case is there with all these files."""
        return all((self.folder / case.name / name).is_file() for name in names)

    def cases(self) -> list[Case]:
        """Every case, smallest tree first."""
        try:
            found = [Case.parse(path.name) for path in self.folder.iterdir()]
        except FileNotFoundError:
            return []
        return sorted((case for case in found if case), key=lambda case: (case.size, case.kind, case.root))
