"""What proof costs in a long log: verifying all of it, and proving one entry."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from random import Random
from statistics import median

from dashboard.bench.measuring import Measure, timed
from ledger.domain.entries import Entry, write
from ledger.domain.ids import derived_id
from ledger.record import Record
from ledger.tlog.merkle import leaf_hash

_PIECE = 20_000
_PROOFS = 200


def proofs(sample: Path, size: int, folder: Path, say: Callable[[str], None]) -> Iterator[Measure]:
    """A log of `size` entries of the sort that the book in `sample` holds, measured part by part."""
    record = _long_book(sample, folder / "long", size)
    try:
        say(f"publishing {size:,} entries ...")
        record.checkpoint()
        say(f"verifying {size:,} entries ...")
        yield _verifying(record, size)
        yield _inclusion(record, size)
    finally:
        record.close()


def _long_book(sample: Path, home: Path, size: int) -> Record:
    """A book whose entries are written past rules and views: what is measured reads bytes alone."""
    from dashboard.demonstration import create_district

    record = create_district(home)
    _extend(record, sample, size)
    return record


def _extend(record: Record, sample: Path, size: int) -> None:
    """Chain the sample's entries on, again and again, each time with ids of their own."""
    with Record.open(sample).reading() as reading:
        bodies = reading.entry_bytes(1, min(_PIECE, reading.size()))
    kinds = cycle(bodies)
    last = record.entry(record.size - 1)
    assert last is not None
    while last.index + 1 < size:
        entries: list[Entry] = []
        while len(entries) < _PIECE and last.index + 1 < size:
            last = _next(last, json.loads(next(kinds)))
            entries.append(last)
        with record.store.write() as writing:
            writing.insert_entries(entries)


def _next(last: Entry, like: dict) -> Entry:
    index = last.index + 1
    command = replace(
        last.command, kind=like["kind"], id=derived_id("bench", str(index)), actor=like["actor"],
        occurred_at=like["occurred_at"], body=like["body"],
    )  # fmt: skip
    return write(command, index, leaf_hash(last.data).hex(), last.recorded_at)


def _verifying(record: Record, size: int) -> Measure:
    from ledger.verify import verify_book

    with timed() as ours:
        verdict = verify_book(record.folder, record.store)
    with timed() as raw, record.store.read() as snapshot:
        for _, _, data in snapshot.entries():
            json.loads(data)
            hashlib.sha256(data).digest()
    ratio = ours.seconds / raw.seconds
    return Measure(
        f"verify {size:,} entries", ours.seconds, raw.seconds, ratio,
        "at most 2x reading, json.loads and one SHA-256 each", verdict.ok and ratio <= 2,
    )  # fmt: skip


def _inclusion(record: Record, size: int) -> Measure:
    """Proofs of entries all over the log, each with nothing kept from the one before."""
    from ledger.published.writing import PublishedLog
    from ledger.tlog.merkle import prove_inclusion

    dice, times = Random(1), []
    for _ in range(_PROOFS):
        index = dice.randrange(size)
        begun = time.perf_counter()
        prove_inclusion(index, size, PublishedLog(record.folder.log).hash_reader(size))
        times.append(time.perf_counter() - begun)
    seconds = median(times)
    name = f"inclusion proof at {size:,} entries (slowest of {_PROOFS}: {max(times) * 1000:.1f} ms)"
    return Measure(name, seconds, None, None, "at most 2 ms", seconds <= 0.002)
