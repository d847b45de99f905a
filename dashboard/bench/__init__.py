"""Measurements as ratios: what we do against the raw limit, both in one run on this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from dashboard.bench.measuring import Measure

__all__ = ["Measure", "run"]

QUICK_ENTRIES = 20_000
QUICK_LOG = 50_000
FULL_LOG = 1_000_000


def run(home: Path | None, full: bool, say: Callable[[str], None]) -> list[Measure]:
    """All measures. `home`: a made district whose pages are timed; without one, it is made first."""
    from dashboard.bench import book, pages, proofs

    with tempfile.TemporaryDirectory(prefix="mingzhang-bench-") as scratch:
        folder = Path(scratch)
        say("appending the district ...")
        made = folder / "book"
        measures = [*book.append_and_publish(made, book.pieces(None if full else QUICK_ENTRIES))]
        say("making a long log ...")
        measures += proofs.proofs(made, FULL_LOG if full else QUICK_LOG, folder, say)
        say("timing --help ...")
        measures.append(pages.help_alone())
        say("timing first pages ...")
        measures += pages.first_pages(home or pages.district_home(folder / "district"))
        return measures
