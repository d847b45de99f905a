"""The published log of a book: the C2SP tlog-tiles prefix in a folder, grown but never rewritten."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from ledger.published.source import FolderSource, MissingError, SourceError, read_checkpoint, read_hashes
from ledger.published.staging import Staging
from ledger.tlog.checkpoint import Checkpoint, open_checkpoint, read_unverified, sign_checkpoint
from ledger.tlog.merkle import HASH_SIZE, ReadHash, leaf_hash
from ledger.tlog.note import Signer, Verifier
from ledger.tlog.tiles import (
    ENTRIES,
    MAX_LEVEL,
    WIDTH,
    Tile,
    TileError,
    TileGrowth,
    encode_bundle,
    hash_count,
    hash_reader,
    tile_at,
)

ReadEntries = Callable[[int, int], Iterable[bytes]]  # (start, end) -> the entries of these indices, in order


class PublishedError(Exception):
    """The published log cannot be read or grown; the message is one sentence."""


class ForkError(PublishedError):
    """What was asked for would contradict what is published already; nothing was signed."""


class PublishedLog:
    """The folder HOME/log: `checkpoint` and `tile/...`, as C2SP tlog-tiles lays them out.

    Every file is put in place whole, the checkpoint last: a crash at any moment leaves the old checkpoint
    with all that it needs, and the next `extend` goes on from there. One process at a time writes (a lock
    file).
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

        def read_tile(tile: Tile) -> bytes:
            return self._read_hashes(tile_at(published, tile.level, tile.index))[: tile.width * HASH_SIZE]

        return hash_reader(size, read_tile)

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

    def extend(
        self, read_entries: ReadEntries, size: int, signer: Signer, former_keys: Iterable[Verifier] = ()
    ) -> Checkpoint:
        """Publish the first `size` entries and sign them; gives the checkpoint now published.

        Reads from `read_entries` the entries that are new and those that share the last published one's
        bundle, and compares the latter with what is published. `former_keys` are keys of this log before
        `signer`'s, one of which may have signed the checkpoint that is there. Raises ForkError rather than
        sign backwards or beside published history, PublishedError if the folder is damaged or the entries run
        short; the old checkpoint then still stands.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._locked():
                return self._extend(read_entries, size, signer, [signer.verifier, *former_keys])
        except OSError as error:
            raise PublishedError(f"the published log cannot be written: {error.strerror or error}") from None

    def _extend(
        self, read_entries: ReadEntries, size: int, signer: Signer, keys: list[Verifier]
    ) -> Checkpoint:
        current = self._own_checkpoint(keys, signer.name)
        old = current.size if current else 0
        if size < old:
            raise ForkError(f"the log is published up to size {old}, so a checkpoint of {size} is not signed")
        growth = self._read_growth(current)
        if current is None:
            self._refuse_longer(size)
        with Staging(self.folder) as staging:
            self._write_tiles(read_entries, size, growth, staging)
            if current and size == old:
                return current
            staging.flush()  # everything that the checkpoint speaks of is on disk before it
            checkpoint = Checkpoint(signer.name, size, growth.root())
            staging.write("checkpoint", sign_checkpoint(checkpoint, signer))
            staging.flush()
        self._drop_partial_tiles(old, size)
        return checkpoint

    def _write_tiles(
        self, read_entries: ReadEntries, size: int, growth: TileGrowth, staging: Staging
    ) -> None:
        old = growth.size
        start = max(old - 1, 0) // WIDTH * WIDTH  # the bundle of the last published entry is read again
        entries = iter(read_entries(start, size))
        for first in range(start, size, WIDTH):
            bundle = Tile(ENTRIES, first // WIDTH, min(WIDTH, size - first))
            chunk = list(islice(entries, bundle.width))
            if len(chunk) < bundle.width:
                raise PublishedError(f"the entries end at index {first + len(chunk)}, before size {size}")
            leaves = [leaf_hash(entry) for entry in chunk]
            self._check_standing(first, leaves, old)
            new = leaves[max(old - first, 0) :]
            if new:
                staging.write(bundle.path, _bundle_bytes(first, chunk))
            for tile, data in growth.add(new):
                staging.write(tile.path, data)
        for tile, data in growth.partial():
            if hash_count(old, tile.level) < hash_count(size, tile.level):
                staging.write(tile.path, data)

    def _check_standing(self, first: int, leaves: list[bytes], old: int) -> None:
        """Compare the leaves from index `first` on, a tile of them, with the level-0 tile that stands there.

        Not only the published ones: beyond the checkpoint there is nothing, or what a crash left of these
        same entries, or a newer history whose checkpoint someone took away or put back to an older one.
        """
        standing = self._standing_leaves(first // WIDTH)
        if len(standing) < (old - first) * HASH_SIZE:
            raise PublishedError(f"the published log is damaged: tile {first // WIDTH} of level 0 is missing")
        for at, leaf in enumerate(leaves):
            known = standing[at * HASH_SIZE : (at + 1) * HASH_SIZE]
            if known and known != leaf:
                raise ForkError(f"entry {first + at} differs from the one published at its index")

    def _refuse_longer(self, size: int) -> None:
        """Without a checkpoint, tiles beyond `size` tell of one that was: a log never grows shorter."""
        standing = self._standing_leaves(size // WIDTH)
        if len(standing) > size % WIDTH * HASH_SIZE:
            raise ForkError(f"the folder holds tiles of a log longer than size {size}, but no checkpoint")

    def _standing_leaves(self, index: int) -> bytes:
        """The widest level-0 tile in the folder at this place, signed or not; empty if there is none."""
        full = Tile(0, index)
        if (self.folder / full.path).exists():
            return self._read_hashes(full)
        try:
            names = os.listdir(self.folder / f"{full.path}.p")
        except FileNotFoundError:
            return b""
        width = max((int(name) for name in names if name.isdecimal()), default=0)
        return self._read_hashes(Tile(0, index, width)) if width else b""

    def _own_checkpoint(self, keys: list[Verifier], origin: str) -> Checkpoint | None:
        """The published checkpoint if one of these keys signed it for this origin; all else is refused."""
        data = self.checkpoint_bytes()
        if data is None:
            return None
        problem = ValueError()
        for key in keys:
            try:
                return open_checkpoint(data, key, origin)
            except ValueError as error:
                problem = error
        raise ForkError(f"the published checkpoint is not this log's own: {problem}")

    def _read_growth(self, current: Checkpoint | None) -> TileGrowth:
        """Where the published tiles end, once they are seen to give the published root."""
        if current is None:
            return TileGrowth()
        growth = TileGrowth.read(current.size, self._read_hashes)
        if growth.root() != current.root:
            raise ForkError(f"the published tiles do not give the checkpoint's root of size {current.size}")
        return growth

    def _read_hashes(self, tile: Tile) -> bytes:
        try:
            return read_hashes(self._source, tile)
        except SourceError as error:
            raise PublishedError(f"the published log is damaged: {error}") from None

    def _hashes_or_none(self, tile: Tile) -> bytes | None:
        try:
            return read_hashes(self._source, tile)
        except SourceError:
            return None

    def _drop_partial_tiles(self, old: int, size: int) -> None:
        """Delete the partial tiles whose full tile is published now (tlog-tiles, "Partial Tiles").

        Only the tile that was open before can have any, and the one before it after a crash in between.
        """
        for level in range(ENTRIES, MAX_LEVEL):
            open_before = hash_count(old, level) // WIDTH
            for index in (open_before - 1, open_before):
                if 0 <= index < hash_count(size, level) // WIDTH:
                    full = self.folder / Tile(level, index).path
                    shutil.rmtree(full.with_name(full.name + ".p"), ignore_errors=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the folder's lock file; a second process waits."""
        with (self.folder / ".lock").open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _bundle_bytes(first: int, entries: list[bytes]) -> bytes:
    try:
        return encode_bundle(entries)
    except TileError as error:
        raise PublishedError(f"among the entries from index {first}, {error}") from None
