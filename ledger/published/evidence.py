"""Evidence of a fork: what contradicts what, kept as text in HOME/evidence for whoever has to find out."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from ledger.published.staging import put_in_place


def keep_evidence(folder: Path, what: str, text: str) -> Path | None:
    """Write `<UTC time>-<what>.txt`, on disk when this returns, and give its path.

    The same text is kept once: a process that meets the same fork every ten seconds names the file that is
    there. None where the folder cannot be written: the refusal itself must not fail for that.
    """
    name = re.sub(r"[^a-z0-9.-]+", "-", what.lower()).strip("-")
    data = (text.rstrip("\n") + "\n").encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for known in sorted(folder.glob(f"*-{name}.txt")):
            if known.read_bytes() == data:
                return known
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        path = folder / f"{moment}-{name}.txt"
        number = 1
        while path.exists():
            number += 1
            path = folder / f"{moment}-{number}-{name}.txt"
        put_in_place(path, data)
    except OSError:
        return None
    return path


def evidence_files(folder: Path) -> list[Path]:
    """What is kept, oldest first."""
    return sorted(folder.glob("*.txt"))
