"""Figures of ledger/tlog/README.md: `.venv/bin/python -m tests.ledger.published.measure`."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from ledger.published.reading import verify_base
from ledger.tlog.merkle import Frontier, leaf_hash
from tests.ledger.published.logs import VKEY, chain, publish

LEAVES = [leaf_hash(b"%d" % index) for index in range(100_000)]
LINE = {"item": "mask-surgical", "quantity": 12_000, "lot_number": "A20200118", "expiry": "2022-01-31"}
ENTRIES = list(chain({"gift": "G-1", "lines": [LINE] * 4, "number": number} for number in range(60_000)))


def seconds(run: Callable[[], object], times: int = 1) -> float:
    """Shortest time of several runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return min(taken)


def hash_raw() -> None:
    left = LEAVES[0]
    for leaf in LEAVES:
        sha256(b"\x01" + left + leaf).digest()


def append_each() -> None:
    frontier = Frontier()
    for leaf in LEAVES:
        frontier.append(leaf)
    frontier.root()


def read_raw() -> None:
    for entry in ENTRIES:
        json.loads(entry)
        sha256(b"\x00" + entry).digest()


def main() -> None:
    raw = seconds(hash_raw, 7)
    print(f"one node hash a leaf, 100,000 leaves: {raw * 1e3:.0f} ms")
    print(f"Frontier.extend and root: {seconds(lambda: Frontier().extend(LEAVES), 7) / raw:.2f} x that")
    print(f"Frontier.append, one call a leaf: {seconds(append_each, 7) / raw:.2f} x that")
    size = len(ENTRIES)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder)
        mean = sum(map(len, ENTRIES)) // size
        whole = seconds(lambda: publish(log, ENTRIES, size - 1))
        print(f"publishing {size - 1:,} entries of {mean} bytes: {whole:.2f} s")
        print(f"publishing one more: {seconds(lambda: publish(log, ENTRIES)) * 1e3:.0f} ms")
        base = seconds(read_raw, 3)
        print(f"json.loads and SHA-256 of each: {base:.2f} s")
        print(f"verify_base: {seconds(lambda: verify_base(log, VKEY), 3) / base:.2f} x that")


if __name__ == "__main__":
    main()
