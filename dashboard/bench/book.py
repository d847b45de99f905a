"""Appending through all rules and views, and publishing, against the raw writing of the same bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from dashboard.bench.measuring import Measure, timed
from ledger.published.writing import PublishedLog
from ledger.record import Record

_PIECE = 10_000  # steps per transaction
Piece = list[tuple[Sequence[Any], str, bool]]  # as Record.write_steps takes them


def pieces(most: int | None) -> list[Piece]:
    """The district's steps, in pieces that are a transaction each."""
    from dashboard.demo.district import district

    made = islice(district(), most)
    steps: Piece = [(step.commands, step.recorded_at, len(step.commands) > 1) for step in made]
    return [steps[start : start + _PIECE] for start in range(0, len(steps), _PIECE)]


def append_and_publish(home: Path, given: list[Piece]) -> Iterator[Measure]:
    """Make the book in `home` of these pieces; the last of them is published by itself."""
    from dashboard.demonstration import create_district
    from ledger.store.baseline import raw_insert_seconds

    record = create_district(home)
    with timed() as ours:
        for piece in given[:-1]:
            record.write_steps(piece)
    record.checkpoint()
    with timed() as last:
        record.write_steps(given[-1])
    ours.seconds += last.seconds
    with record.store.read() as snapshot:
        rows = list(snapshot.entries())
    raw = raw_insert_seconds(home.with_name("raw"), rows)
    ratio = raw / ours.seconds
    yield Measure(
        f"append {len(rows):,} entries through all rules and views", ours.seconds, raw, ratio,
        "at least 0.05x the rate of raw inserts, aim 0.15x", ratio >= 0.05,
    )  # fmt: skip
    yield _publish(record, home.with_name("plain"))
    record.close()


def _publish(record: Record, plain: Path) -> Measure:
    """The publishing of what this process has just written; and its files, written plainly with an fsync
    each."""
    log = record.folder.log
    before, size = {path for path in log.rglob("*") if path.is_file()}, PublishedLog(log).size
    with timed() as ours:
        record.checkpoint()
    new = [path.read_bytes() for path in log.rglob("*") if path.is_file() and path not in before]
    plain.mkdir()
    with timed() as raw:
        for number, data in enumerate(new):
            with (plain / str(number)).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
    ratio = ours.seconds / raw.seconds
    return Measure(
        f"publish {record.size - size:,} new entries ({len(new)} files)", ours.seconds, raw.seconds, ratio,
        "at most 2x writing the same files with fsync", ratio <= 2,
    )  # fmt: skip
