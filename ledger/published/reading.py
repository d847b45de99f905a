"""Checking a log from its published bytes alone, in a folder or at an address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ledger.domain import canonical
from ledger.published.source import (
    FolderSource,
    HttpSource,
    SourceError,
    TileSource,
    open_source,
    read_bundle,
    read_checkpoint,
    read_hashes,
)
from ledger.tlog.checkpoint import Checkpoint, open_checkpoint
from ledger.tlog.merkle import HASH_SIZE, leaf_hash
from ledger.tlog.note import VerifierKey
from ledger.tlog.tiles import ENTRIES, WIDTH, Tile, TileGrowth, split_bundle, tile_at
from ledger.tlog.verdict import Verdict

__all__ = ["FolderSource", "HttpSource", "TileSource", "open_source", "verify_base"]

FIRST_PREV = "0" * 64  # RECORD: prev of entry 0
Progress = Callable[[int, int], None]  # entries done, entries in all


class _Bad(Exception):
    """A check that failed: one sentence, and the lowest bad index where it lies in the entries."""

    def __init__(self, problem: str, index: int | None = None) -> None:
        super().__init__(problem)
        self.index = index


def verify_base(
    base: str | Path | TileSource,
    vkey: str | VerifierKey,
    old: bytes | None = None,
    progress: Progress | None = None,
) -> Verdict:
    """Verify a whole published log, trusting only the verifier key.

    Checked are: the checkpoint's signature and origin (the key's name); every entry against its level-0
    tile; each entry's canonical form, `index` and `prev` (the leaf hash of the entry before); every higher
    tile and the root, all computed anew from the entries; and, if the bytes of an older signed checkpoint are
    given, that its tree is a prefix. Damage of any kind is a Verdict naming the place, never an exception.
    """
    checkpoint: Checkpoint | None = None
    try:
        key = VerifierKey.parse(vkey) if isinstance(vkey, str) else vkey
        source = open_source(base) if isinstance(base, str | Path) else base
        checkpoint = _open(read_checkpoint(source), key, "checkpoint")
        older = None if old is None else _open(old, key, "the old checkpoint")
        _Walk(source, checkpoint, older, progress).run()
    except _Bad as bad:
        return _verdict(checkpoint, str(bad), bad.index)
    except (SourceError, ValueError) as error:
        return _verdict(checkpoint, str(error), None)
    return _verdict(checkpoint, None, None)


def _verdict(checkpoint: Checkpoint | None, problem: str | None, first_bad_index: int | None) -> Verdict:
    size, root = (checkpoint.size, checkpoint.root_base64) if checkpoint else (None, None)
    return Verdict(problem is None, size, root, first_bad_index, problem)


def _open(data: bytes, key: VerifierKey, what: str) -> Checkpoint:
    try:
        return open_checkpoint(data, key)
    except ValueError as error:
        raise _Bad(f"{what}: {error}") from None


class _Walk:
    """One pass over all entries, growing the tree that the published tiles are compared with."""

    def __init__(
        self, source: TileSource, checkpoint: Checkpoint, older: Checkpoint | None, progress: Progress | None
    ) -> None:
        self._source = source
        self._checkpoint = checkpoint
        self._older = older
        self._progress = progress
        self._growth = TileGrowth()
        self._prev = FIRST_PREV

    def run(self) -> None:
        """Check everything. Raises _Bad or SourceError at the first thing wrong."""
        size = self._checkpoint.size
        if self._older and self._older.size > size:
            raise _Bad(f"checkpoint: its size {size} is below the {self._older.size} of the old checkpoint")
        self._compare_with_older()
        for first in range(0, size, WIDTH):
            self._take_bundle(Tile(ENTRIES, first // WIDTH, min(WIDTH, size - first)))
            if self._progress:
                self._progress(min(first + WIDTH, size), size)
        for tile, data in self._growth.partial():
            self._compare(tile, data)
        if self._growth.root() != self._checkpoint.root:
            raise _Bad(f"checkpoint: its root is not that of the {size} published entries")

    def _take_bundle(self, bundle: Tile) -> None:
        first = bundle.index * WIDTH
        hashes = self._published_hashes(tile_at(self._checkpoint.size, 0, bundle.index), first)
        try:
            path, data = read_bundle(self._source, bundle)
        except SourceError as error:
            raise _Bad(str(error), first) from None
        entries, rest = split_bundle(data)
        leaves = []
        for at, entry in enumerate(entries[: bundle.width]):
            leaves.append(leaf_hash(entry))
            if leaves[at] != hashes[at * HASH_SIZE : (at + 1) * HASH_SIZE]:
                raise _Bad(f"{path}: entry {first + at} is unlike its leaf in the level-0 tile", first + at)
            self._check_chain(entry, first + at, path)
            self._prev = leaves[at].hex()
        expected = WIDTH if path == bundle.full.path else bundle.width
        if len(entries) != expected or rest:
            problem = f"{path}: {len(entries)} entries and {len(rest)} bytes more, not {expected} entries"
            raise _Bad(problem, first + len(leaves) if len(leaves) < bundle.width else None)
        self._grow(leaves)

    def _published_hashes(self, tile: Tile, first: int) -> bytes:
        try:
            return read_hashes(self._source, tile)
        except SourceError as error:
            raise _Bad(str(error), first if tile.level == 0 else None) from None

    def _check_chain(self, entry: bytes, index: int, path: str) -> None:
        """RECORD, "Envelope": `index` is the entry's place, `prev` the leaf hash of the entry before."""
        try:
            envelope = canonical.decode(entry)
        except (ValueError, RecursionError) as error:
            raise _Bad(f"{path}: entry {index} is not a canonical entry: {error}", index) from None
        if not isinstance(envelope, dict):
            raise _Bad(f"{path}: entry {index} is not a JSON object", index)
        stated = envelope.get("index")
        if type(stated) is not int or stated != index:
            raise _Bad(f"{path}: entry {index} states another index", index)
        if envelope.get("prev") != self._prev:
            raise _Bad(f"{path}: entry {index} does not follow the entry before it (prev)", index)

    def _grow(self, leaves: list[bytes]) -> None:
        """Add leaves, stopping where the old checkpoint ends to compare its root."""
        before, older = self._growth.size, self._older
        cut = older.size - before if older and before < older.size <= before + len(leaves) else 0
        for part in (leaves[:cut], leaves[cut:]):
            for tile, data in self._growth.add(part):
                self._compare(tile, data)
            self._compare_with_older()

    def _compare(self, tile: Tile, data: bytes) -> None:
        """A published hash tile against the computed one; level 0 was compared entry by entry."""
        if tile.level and self._published_hashes(tile, 0) != data:
            raise _Bad(f"{tile.path}: its hashes are not those of the tiles below")

    def _compare_with_older(self) -> None:
        older = self._older
        if older and self._growth.size == older.size and self._growth.root() != older.root:
            raise _Bad(f"the old checkpoint of size {older.size} has another root than these entries")
