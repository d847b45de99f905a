"""Measurements as ratios: what we do against the raw limit, both in one run on this machine."""

from __future__ import annotations

import gc
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

QUICK_ENTRIES = 20_000
_PIECE = 10_000  # steps per transaction
_REQUESTS = 5


Piece = list[tuple[Sequence[Any], str, bool]]  # as Record.write_steps takes them


@dataclass(frozen=True)
class Measure:
    """One measured figure beside its raw baseline, both in seconds.

    `ratio` is what the issue bounds; `bound` says how.
    """

    name: str
    ours: float
    raw: float | None
    ratio: float | None
    bound: str
    met: bool


def run(home: Path | None, full: bool, say: Callable[[str], None]) -> list[Measure]:
    """All measures. `home`: a made district whose pages are timed; without one, it is made first."""
    with tempfile.TemporaryDirectory(prefix="mingzhang-bench-") as scratch:
        folder = Path(scratch)
        say("making the district ...")
        pieces = _pieces(None if full else QUICK_ENTRIES)
        measures = [*_append_and_verify(folder, pieces)]
        say("timing --help ...")
        measures.append(_help())
        say("timing first pages ...")
        measures += _pages(home or _district(folder / "district"))
        return measures


def _pieces(most: int | None) -> list[Piece]:
    """The district's steps, in pieces that are a transaction each."""
    from dashboard.demo.district import district

    made = islice(district(), most)
    steps: Piece = [(step.commands, step.recorded_at, len(step.commands) > 1) for step in made]
    return [steps[start : start + _PIECE] for start in range(0, len(steps), _PIECE)]


def _append_and_verify(folder: Path, pieces: list[Piece]) -> Iterator[Measure]:
    from dashboard.demonstration import create_district
    from ledger.store.baseline import raw_insert_seconds
    from ledger.verify import verify_book

    record = create_district(folder / "book")
    with _timed() as ours:
        for piece in pieces:
            record.write_steps(piece)
    with record.store.read() as snapshot:
        rows = list(snapshot.entries())
    raw = raw_insert_seconds(folder / "raw", rows)
    ratio = raw / ours.seconds
    yield Measure(
        f"append {len(rows):,} entries through all rules and views", ours.seconds, raw, ratio,
        "at least 0.05x the rate of raw inserts, aim 0.15x", ratio >= 0.05,
    )  # fmt: skip
    record.checkpoint()
    with _timed() as ours:
        verdict = verify_book(record.folder, record.store)
    with _timed() as baseline, record.store.read() as snapshot:
        for _, _, data in snapshot.entries():
            json.loads(data)
            hashlib.sha256(data).digest()
    ratio = ours.seconds / baseline.seconds
    yield Measure(
        f"verify {len(rows):,} entries", ours.seconds, baseline.seconds, ratio,
        "at most 3x reading, json.loads and one SHA-256 each", verdict.ok and ratio <= 3,
    )  # fmt: skip


def _help() -> Measure:
    times = []
    for _ in range(_REQUESTS):
        with _timed() as one:
            subprocess.run([sys.executable, "-m", "dashboard.cli", "--help"], check=True, capture_output=True)
        times.append(one.seconds)
    with _timed() as bare:
        subprocess.run([sys.executable, "-c", ""], check=True)
    best = min(times)
    return Measure("mingzhang --help", best, bare.seconds, best / bare.seconds, "within 0.5 s", best <= 0.5)


def _district(home: Path) -> Path:
    from dashboard.demonstration import make_district_book

    make_district_book(home)
    return home


def _pages(home: Path) -> Iterator[Measure]:
    """Server time of each first page: the median of several requests, none of them from a page cache."""
    from dashboard.app import create_app

    client = create_app(home).test_client()
    for path in _first_pages(home):
        client.get(path)
        times = []
        for _ in range(_REQUESTS):
            with _timed() as one:
                answer = client.get(path)
                answer.get_data()
            times.append(one.seconds)
            if answer.status_code != 200:
                raise RuntimeError(f"{path} answered {answer.status_code}")
        seconds = median(times)
        yield Measure(f"page {path}", seconds, None, None, "under 0.2 s of server time", seconds < 0.2)


def _first_pages(home: Path) -> Iterable[str]:
    from ledger.record import Record

    with Record.open(home).reading() as reading:
        center = next(place.code for place in reading.places() if place.kind == "center")
        item = next(iter(reading.items())).code
    return ("/", "/centers/", f"/centers/{center}", "/items/", f"/items/{item}", "/flows/", "/log/checkpoint")


@dataclass
class _Timer:
    seconds: float = 0.0


@contextmanager
def _timed() -> Iterator[_Timer]:
    timer = _Timer()
    gc.collect()
    begun = time.perf_counter()
    yield timer
    timer.seconds = time.perf_counter() - begun
