"""Figures of ledger/published/README.md: `.venv/bin/python -m tests.ledger.published.measure_publishing`."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from ledger.record import Record
from tests.ledger.store import books
from tests.ledger.store.books import Place, issue

COUNT, TIMES = 10_000, 5


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def new_files(folder: Path, before: set[Path]) -> dict[Path, bytes]:
    """What a step added to HOME/log."""
    return {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path not in before and path.stat().st_size
    }


def write_again(files: dict[Path, bytes], folder: Path) -> None:
    """The same bytes in as many files, each synced."""
    folder.mkdir()
    for number, data in enumerate(files.values()):
        with (folder / str(number)).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        start = Path(scratch) / "start"
        record = books.stocked(Place(start))
        record.checkpoint()
        before = {path.relative_to(start) for path in (start / "log").rglob("*")}
        record.close()
        ours, raw = [], []
        for number in range(TIMES):
            home = Path(shutil.copytree(start, Path(scratch) / f"home{number}"))
            os.sync()
            opened = Record.open(home)
            opened.write([issue(f"more{number}") for number in range(COUNT)])
            ours.append(seconds(opened.checkpoint))
            files = new_files(home / "log", {home / path for path in before})
            os.sync()
            raw.append(seconds(lambda: write_again(files, Path(scratch) / f"raw{number}")))  # noqa: B023
            idle = seconds(opened.publisher.step)
            books.accept(opened, [issue("one")])
            one = seconds(opened.publisher.step)
            opened.close()
        total = sum(map(len, files.values()))
        print(f"{COUNT:,} new entries: {len(files)} files, {total:,} bytes")
        print(f"published in {median(ours):.3f} s; the same bytes with fsync: {median(raw):.3f} s;", end=" ")
        print(f"{median(a / b for a, b in zip(ours, raw, strict=True)):.2f} x")
        print(f"one entry more: {one * 1e3:.1f} ms; a step with nothing to do: {idle * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
