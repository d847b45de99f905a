"""Small logs for witnesses and monitors: honest ones, and ones that lie."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from ledger.domain import canonical
from ledger.domain.instants import format_instant
from ledger.published.writing import PublishedLog
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.merkle import leaf_hash, prove_consistency, root_of
from ledger.tlog.note import Signer, sign_note
from ledger.tlog.witness import AddCheckpoint
from tests.ledger.published.logs import reader

ORIGIN = "mingzhang.example/watched"
SIGNER = Signer(ORIGIN, b"\x07" * 32)
VKEY = str(SIGNER.verifier)
START = datetime(2026, 3, 1, tzinfo=UTC)


@cache
def entries_of(size: int, note: str = "", since: int = 0) -> tuple[bytes, ...]:
    """Entries of a log that says `note` from index `since` on."""
    entries: list[bytes] = []
    prev = "0" * 64
    for index in range(size):
        body = f"{note if index >= since else ''}{index}"
        recorded_at = format_instant(START + timedelta(seconds=index))
        entries.append(
            canonical.encode({"body": body, "index": index, "prev": prev, "recorded_at": recorded_at})
        )
        prev = leaf_hash(entries[-1]).hex()
    return tuple(entries)


def publish(folder: Path, entries: Iterable[bytes], size: int | None = None) -> PublishedLog:
    """Publish the first `size` entries in the folder, in a step of its own."""
    told = list(entries)
    log = PublishedLog(folder)
    log.extend(reader(told), len(told) if size is None else size, SIGNER)
    return log


class Tree:
    """The tree of some entries: signed checkpoints and requests of any of its sizes."""

    def __init__(self, entries: Iterable[bytes], signer: Signer = SIGNER) -> None:
        self.leaves = [leaf_hash(entry) for entry in entries]
        self.signer = signer

    def text(self, size: int) -> str:
        return Checkpoint(self.signer.name, size, root_of(self.leaves[:size])).text

    def checkpoint(self, size: int) -> bytes:
        return sign_note(self.text(size), self.signer)

    def proof(self, old: int, new: int) -> tuple[bytes, ...]:
        return tuple(prove_consistency(old, new, self._read_hash))

    def request(self, old: int, new: int, proof: tuple[bytes, ...] | None = None) -> bytes:
        """The body of an add-checkpoint call, with the right proof unless told another."""
        told = self.proof(old, new) if proof is None else proof
        return AddCheckpoint(old, told, self.checkpoint(new)).encode()

    def _read_hash(self, level: int, index: int) -> bytes:
        return root_of(self.leaves[index << level : (index + 1) << level])
