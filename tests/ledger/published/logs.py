"""Small logs to publish: chained entries, and a signer whose key serves no book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ledger.domain import canonical
from ledger.published.writing import PublishedLog, ReadEntries
from ledger.tlog.merkle import leaf_hash
from ledger.tlog.note import Signer

ORIGIN = "mingzhang.example/test"
SIGNER = Signer(ORIGIN, b"\x05" * 32)
VKEY = str(SIGNER.verifier)


def chain(bodies: Iterable[object]) -> Iterator[bytes]:
    """Entries with `index`, `prev` and this `body`."""
    prev = "0" * 64
    for index, body in enumerate(bodies):
        entry = canonical.encode({"body": body, "index": index, "prev": prev})
        prev = leaf_hash(entry).hex()
        yield entry


def entries_of(size: int, note: str = "") -> list[bytes]:
    return list(chain(f"{note}{index}" for index in range(size)))


def reader(entries: Sequence[bytes]) -> ReadEntries:
    return lambda start, end: [(entry, leaf_hash(entry)) for entry in entries[start:end]]


def publish(folder: Path, entries: list[bytes], *sizes: int) -> PublishedLog:
    """Publish these entries, at each of the sizes on the way (by default all at once)."""
    log = PublishedLog(folder)
    for size in sizes or (len(entries),):
        log.extend(reader(entries), size, SIGNER)
    return log


def files_of(folder: Path) -> dict[str, bytes]:
    """Path and bytes of every published file."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }
