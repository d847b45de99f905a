"""Proofs and look-ups in a long log: `.venv/bin/python -m tests.ledger.published.measure_proofs`."""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from flask import Flask

from dashboard.api import api_blueprint
from ledger.published.leaves import LeafIndexes
from ledger.published.source import FolderSource
from ledger.published.writing import PublishedLog
from ledger.tlog.checkpoint import Checkpoint, sign_checkpoint
from ledger.tlog.merkle import prove_consistency, prove_inclusion, verify_inclusion
from ledger.tlog.tiles import Tile, TileGrowth
from tests.ledger.store.books import ORIGIN, SIGNER, Place

SIZE = 1_000_000
TIMES = 300


def leaf(index: int) -> bytes:
    return sha256(b"\0%d" % index).digest()


def make(folder: Path, size: int) -> None:
    """The hash tiles of a log of `size` and its checkpoint; there are no entries."""
    growth = TileGrowth()

    def put(tile: Tile, data: bytes) -> None:
        path = folder / tile.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    for first in range(0, size, 1_000):
        for tile, data in growth.add([leaf(index) for index in range(first, first + 1_000)]):
            put(tile, data)
    for tile, data in growth.partial():
        put(tile, data)
    (folder / "checkpoint").write_bytes(sign_checkpoint(Checkpoint(ORIGIN, size, growth.root()), SIGNER))


def told(what: str, run: Callable[[int], object], size: int) -> None:
    """Median and 99th percentile of calls with random indices."""
    taken = []
    for index in random.Random(7).sample(range(1, size), TIMES):
        start = time.perf_counter()
        run(index)
        taken.append((time.perf_counter() - start) * 1e3)
    taken.sort()
    print(f"{what}: median {taken[TIMES // 2]:.2f} ms, 99 of 100 within {taken[TIMES * 99 // 100]:.2f} ms")


def main() -> None:
    for size in (SIZE // 10, SIZE):
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), size)


def measure(folder: Path, size: int) -> None:
    print(f"a log of {size:,}")
    record = Place(folder / "book").create()
    shutil.rmtree(record.folder.log)
    make(record.folder.log, size)
    log = PublishedLog(record.folder.log)
    checkpoint = log.checkpoint()
    assert checkpoint
    proof = prove_inclusion(7, size, log.hash_reader(size))
    verify_inclusion(7, size, leaf(7), proof, checkpoint.root)
    told("inclusion proof", lambda index: prove_inclusion(index, size, log.hash_reader(size)), size)
    told("consistency proof", lambda index: prove_consistency(index, size, log.hash_reader(size)), size)
    found = LeafIndexes(FolderSource(record.folder.log))
    start = time.perf_counter()
    found.find(leaf(0), size - 300)
    print(f"first look-up of a leaf: {(time.perf_counter() - start) * 1e3:.0f} ms")
    start = time.perf_counter()
    found.find(leaf(0), size)
    print(f"the next after a growth by 300: {(time.perf_counter() - start) * 1e3:.1f} ms")
    told("leaf look-up", lambda index: found.find(leaf(index), size), size)
    app = Flask("measured")
    app.register_blueprint(api_blueprint(record))
    client = app.test_client()
    client.get(f"/api/v1/proofs/inclusion?hash={leaf(1).hex()}")
    asked = "/api/v1/proofs/inclusion?"
    told("GET inclusion by index", lambda index: client.get(f"{asked}index={index}"), size)
    told("GET inclusion by hash", lambda index: client.get(f"{asked}hash={leaf(index).hex()}"), size)


if __name__ == "__main__":
    main()
