"""The published log of a book: the C2SP tlog-tiles prefix in a folder, grown but never rewritten."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ledger.disk import locked
from ledger.published.growing import (
    ForkError,
    Grower,
    Known,
    PublishedError,
    ReadEntries,
    standing_hashes,
)
from ledger.published.source import FolderSource, MissingError, SourceError, read_checkpoint, read_hashes
from ledger.published.staging import Staging
from ledger.tlog.checkpoint import Checkpoint, open_checkpoint, read_unverified, sign_checkpoint
from ledger.tlog.merkle import HASH_SIZE, ReadHash
from ledger.tlog.note import Signer, Verifier
from ledger.tlog.tiles import ENTRIES, MAX_LEVEL, WIDTH, Tile, hash_count, tile_at

__all__ = ["ForkError", "Known", "PublishedError", "PublishedLog", "ReadEntries", "open_own"]


class PublishedLog:
    """The folder HOME/log: `checkpoint` and `tile/...`, as C2SP tlog-tiles lays them out.

    Every file is put in place whole, the checkpoint last: a crash at any moment leaves the old checkpoint
    with all that it needs, and the next growth goes on from there. One process at a time writes: `grow` and
    `put` are called within `locked`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._source = FolderSource(folder)

    def checkpoint_bytes(self) -> bytes | None:
        """The signed checkpoint as published; None if nothing is. Raises PublishedError."""
        try:
            return read_checkpoint(self._source)
        except MissingError:
            return None
        except SourceError as error:
            raise PublishedError(str(error)) from None

    def checkpoint(self) -> Checkpoint | None:
        """What the published checkpoint says, its signature not looked at. Raises PublishedError."""
        data = self.checkpoint_bytes()
        try:
            return None if data is None else read_unverified(data)
        except ValueError as error:
            raise PublishedError(f"the published checkpoint cannot be read: {error}") from None

    @property
    def size(self) -> int:
        """Number of entries published; 0 if nothing is."""
        checkpoint = self.checkpoint()
        return checkpoint.size if checkpoint else 0

    def hash_reader(self, size: int) -> ReadHash:
        """Stored hashes of the first `size` entries, for proofs in any tree up to the published one.

        Both this and the callable raise PublishedError.
        """
        published = self.size
        if size > published:
            raise PublishedError(f"the log is published up to size {published}, not {size}")
        return standing_hashes(self._source, published, size)

    def leaf_hashes(self) -> Iterator[bytes | None]:
        """Leaf hash of each published entry from its level-0 tile; None where it has no well-formed one."""
        size = self.size
        for index in range(-(-size // WIDTH)):
            tile = tile_at(size, 0, index)
            data = self._hashes_or_none(tile)
            for at in range(tile.width):
                yield None if data is None else data[at * HASH_SIZE : (at + 1) * HASH_SIZE]

    def read_leaf(self, index: int) -> bytes | None:
        """Leaf hash of one published entry; None where it has no well-formed level-0 tile."""
        if not 0 <= index < self.size:
            return None
        data = self._hashes_or_none(tile_at(self.size, 0, index // WIDTH))
        at = index % WIDTH * HASH_SIZE
        return None if data is None else data[at : at + HASH_SIZE]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder's lock file, made if need be; a second process waits. Raises PublishedError."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with locked(self.folder / ".lock"):
                yield
        except OSError as error:
            raise PublishedError(f"the published log cannot be written: {error.strerror or error}") from None

    def grow(
        self,
        read_entries: ReadEntries,
        size: int,
        standing: Known | None,
        known: Sequence[Known] = (),
        shown: tuple[int, int] | None = None,
    ) -> bytes:
        """Tiles and bundles of the first `size` entries, on disk when this returns; gives the root.

        See Grower.grow: nothing is signed, and `checkpoint` stays as it is.
        """
        return Grower(self.folder).grow(read_entries, size, standing, known, shown)

    def holds_tiles(self) -> bool:
        """Whether there are tiles to go on from; without, a log is grown from its first entry."""
        return (self.folder / "tile").exists()

    def stands(self, known: Known) -> bool:
        """Whether the tiles that a growth from this checkpoint reads are there and give its root."""
        return Grower(self.folder).stands(known)

    def standing(self, size: int) -> ReadHash:
        """Stored hashes of a tree of this size, published or not yet, whose tiles stand."""
        return standing_hashes(self._source, size, size)

    def put(self, note: bytes | None, old: int, shown: int, beside: Mapping[str, bytes]) -> None:
        """Publish a signed checkpoint whose tiles stand, after these small files; without, the files alone.

        `old` is the size that was published before; partial tiles whose full tile is published now go, and
        partial bundles whose full bundle is among the first `shown` entries.
        """
        with Staging(self.folder) as staging:
            for path, data in beside.items():
                staging.write(path, data)
            if note is not None:
                staging.write("checkpoint", note)
            staging.flush()
        self._drop_partial_tiles(old, old if note is None else read_unverified(note).size, shown)

    def extend(
        self, read_entries: ReadEntries, size: int, signer: Signer, former_keys: Iterable[Verifier] = ()
    ) -> Checkpoint:
        """Publish the first `size` entries and sign them; gives the checkpoint now published.

        Reads from `read_entries` the entries that are new and those that share the last published one's
        bundle, and compares the latter with what is published. `former_keys` are keys of this log before
        `signer`'s, one of which may have signed the checkpoint that is there. Raises ForkError rather than
        sign backwards or beside published history, PublishedError if the folder is damaged or the entries run
        short; the old checkpoint then still stands. The publisher of a book does the same in its own steps.
        """
        with self.locked():
            data = self.checkpoint_bytes()
            keys = [signer.verifier, *former_keys]
            standing = None if data is None else open_own(data, keys, signer.name, "the published checkpoint")
            root = self.grow(read_entries, size, standing)
            old = standing.checkpoint.size if standing else 0
            if standing and size == old:
                return standing.checkpoint
            checkpoint = Checkpoint(signer.name, size, root)
            self.put(sign_checkpoint(checkpoint, signer), old, size, {})
            return checkpoint

    def _hashes_or_none(self, tile: Tile) -> bytes | None:
        try:
            return read_hashes(self._source, tile)
        except SourceError:
            return None

    def _drop_partial_tiles(self, old: int, size: int, shown: int) -> None:
        """Delete the partial tiles whose full tile is published now (tlog-tiles, "Partial Tiles"): from the
        tile before the one that was open, for a crash in between, to the last full one."""
        for level in range(ENTRIES, MAX_LEVEL):
            count = min(size, shown) if level == ENTRIES else hash_count(size, level)
            open_before = min(hash_count(old, level), count) // WIDTH
            for index in range(max(open_before - 1, 0), count // WIDTH):
                full = self.folder / Tile(level, index).path
                shutil.rmtree(full.with_name(full.name + ".p"), ignore_errors=True)


def open_own(data: bytes, keys: Iterable[Verifier], origin: str, where: str) -> Known:
    """A checkpoint if one of these keys signed it for this origin. Raises ForkError."""
    problem = ValueError()
    for key in keys:
        try:
            return Known(where, data, open_checkpoint(data, key, origin))
        except ValueError as error:
            problem = error
    raise ForkError(f"{where} is not this log's own: {problem}", evidence=data.decode("utf-8", "replace"))
