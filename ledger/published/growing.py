"""Growing the tiles of a log in a folder, and refusing to where that would contradict what is known of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ledger.published.source import FolderSource, SourceError, TileSource, read_hashes
from ledger.published.staging import Staging
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.encoding import encode_base64
from ledger.tlog.merkle import HASH_SIZE, Frontier, ReadHash, root_at
from ledger.tlog.tiles import (
    ENTRIES,
    WIDTH,
    Tile,
    TileError,
    TileGrowth,
    encode_bundle,
    hash_count,
    hash_reader,
    tile_at,
)

Hashed = tuple[bytes, bytes]  # an entry and its leaf hash: hashed once, by whoever reads and checks it
ReadEntries = Callable[[int, int], Iterable[Hashed]]  # (start, end) -> the entries of these indices, in order


class PublishedError(Exception):
    """The published log cannot be read or grown; the message is one sentence."""


class ForkError(PublishedError):
    """What was asked for would contradict what is published already; nothing was signed.

    `evidence` says, in full, what stands against what.
    """

    def __init__(self, message: str, evidence: str = "") -> None:
        super().__init__(message)
        self.evidence = evidence


@dataclass(frozen=True)
class Known:
    """A checkpoint that this log is known to have signed.

    Attributes:
        where: what holds it, as words of a sentence: "the published checkpoint".
        note: the signed note, exact bytes.
        checkpoint: what it says; its signature was verified.
    """

    where: str
    note: bytes
    checkpoint: Checkpoint

    @property
    def size(self) -> int:
        """Number of entries."""
        return self.checkpoint.size


class Grower:
    """The tiles of one folder, for the time of one growth."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._source = FolderSource(folder)

    def grow(
        self,
        read_entries: ReadEntries,
        size: int,
        standing: Known | None,
        known: Sequence[Known] = (),
        shown: tuple[int, int] | None = None,
    ) -> bytes:
        """Put the tiles of the first `size` entries in place, on disk when this returns; gives the root.

        Args:
            standing: the largest checkpoint of ours whose tiles stand in the folder; None grows from nothing.
            known: further checkpoints that the entries must agree with. They are looked at before anything
                is written, so that a history that contradicts one leaves no tile behind.
            shown: (how many entries stand in bundles already, how many shall); by default all.

        Raises ForkError where entries, tiles and known checkpoints disagree, PublishedError if the folder is
        damaged or the entries run short.
        """
        old = standing.size if standing else 0
        for one in (*([standing] if standing else []), *known):
            if size < one.size:
                raise _shorter(one, size)
        growth = self._read_growth(standing)
        if standing is None:
            self._refuse_longer(size)
        self._check_known(read_entries, standing, known)
        before, wanted = shown or (old, size)
        with Staging(self.folder) as staging:
            self._write_older_bundles(read_entries, before, min(wanted, _start(old)), staging)
            self._write_tiles(read_entries, size, growth, (before, wanted), staging)
            staging.flush()  # everything that a checkpoint will speak of is on disk before it
        return growth.root()

    def stands(self, known: Known) -> bool:
        """Whether the open tiles of this checkpoint's tree are there and give its root."""
        try:
            self._read_growth(known)
        except PublishedError:
            return False
        return True

    def _check_known(self, read_entries: ReadEntries, standing: Known | None, known: Sequence[Known]) -> None:
        """Compare each with the tree that stands, or beyond it with the one that the entries give."""
        old = standing.size if standing else 0
        read_hash = standing_hashes(self._source, old, old)
        frontier = Frontier.read(old, read_hash)
        for one in sorted(known, key=lambda known: known.size):
            if one.size <= old:
                root = root_at(one.size, read_hash)
            else:
                frontier.extend(leaf for _, leaf in read_entries(frontier.size, one.size))
                if frontier.size < one.size:
                    raise PublishedError(f"the entries end at {frontier.size}, before size {one.size}")
                root = frontier.root()
            if root != one.checkpoint.root:
                raise _beside(one, root)

    def _write_older_bundles(
        self, read_entries: ReadEntries, before: int, end: int, staging: Staging
    ) -> None:
        """Bundles of entries whose hashes stand already: those that were held back for a time."""
        for first in range(before // WIDTH * WIDTH, end, WIDTH):
            bundle = Tile(ENTRIES, first // WIDTH, min(WIDTH, end - first))
            if first + bundle.width > before and not (self.folder / bundle.path).exists():
                chunk, leaves = _whole(read_entries(first, first + bundle.width), first, bundle.width)
                self._check_standing(first, leaves, first + bundle.width)
                staging.write(bundle.path, _bundle_bytes(first, chunk))

    def _write_tiles(
        self,
        read_entries: ReadEntries,
        size: int,
        growth: TileGrowth,
        shown: tuple[int, int],
        staging: Staging,
    ) -> None:
        old = growth.size
        start = _start(old)  # the bundle of the last entry that stands is read again
        entries = iter(read_entries(start, size))
        for first in range(start, size, WIDTH):
            chunk, leaves = _whole(entries, first, min(WIDTH, size - first))
            self._check_standing(first, leaves, old)
            width = min(first + len(chunk), shown[1]) - first
            if width > 0 and first + width > shown[0]:
                staging.write(
                    Tile(ENTRIES, first // WIDTH, width).path, _bundle_bytes(first, chunk[:width])
                )
            for tile, data in growth.add(leaves[max(old - first, 0) :]):
                staging.write(tile.path, data)
        for tile, data in growth.partial():
            if hash_count(old, tile.level) < hash_count(size, tile.level):
                staging.write(tile.path, data)

    def _check_standing(self, first: int, leaves: Sequence[bytes], old: int) -> None:
        """Compare the leaves from index `first` on, a tile of them, with the level-0 tile that stands there.

        Not only the published ones: beyond the checkpoint there is nothing, or what a crash left of these
        same entries, or a newer history whose checkpoint someone took away or put back to an older one.
        """
        standing = self._standing_leaves(first // WIDTH)
        if len(standing) < min(old - first, WIDTH) * HASH_SIZE:
            raise PublishedError(f"the published log is damaged: tile {first // WIDTH} of level 0 is missing")
        for at, leaf in enumerate(leaves):
            published = standing[at * HASH_SIZE : (at + 1) * HASH_SIZE]
            if published and published != leaf:
                raise ForkError(
                    f"entry {first + at} differs from the one published at its index",
                    f"entry {first + at}\nleaf hash in the published tiles: {published.hex()}\n"
                    f"leaf hash of the entry in the database: {leaf.hex()}\n",
                )

    def _refuse_longer(self, size: int) -> None:
        """Without a checkpoint, tiles beyond `size` tell of one that was: a log never grows shorter."""
        standing = self._standing_leaves(size // WIDTH)
        if len(standing) > size % WIDTH * HASH_SIZE:
            raise ForkError(
                f"the folder holds tiles of a log longer than size {size}, but no checkpoint",
                f"tile {size // WIDTH} of level 0 holds {len(standing) // HASH_SIZE} hashes\n",
            )

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

    def _read_growth(self, standing: Known | None) -> TileGrowth:
        """Where the tiles end, once they are seen to give the root that was signed."""
        if standing is None:
            return TileGrowth()
        growth = TileGrowth.read(standing.size, self._read_hashes)
        if growth.root() != standing.checkpoint.root:
            raise ForkError(
                f"the published tiles do not give the checkpoint's root of size {standing.size}",
                f"{standing.where}:\n\n{standing.note.decode()}\n"
                f"root that the tiles give: {encode_base64(growth.root())}\n",
            )
        return growth

    def _read_hashes(self, tile: Tile) -> bytes:
        try:
            return read_hashes(self._source, tile)
        except SourceError as error:
            raise PublishedError(f"the published log is damaged: {error}") from None


def standing_hashes(source: TileSource, standing: int, size: int) -> ReadHash:
    """Stored hashes of the tree of the first `size` leaves, of `standing` whose tiles are there.

    The callable raises PublishedError.
    """

    def read_tile(tile: Tile) -> bytes:
        try:
            data = read_hashes(source, tile_at(standing, tile.level, tile.index))
        except SourceError as error:
            raise PublishedError(f"the published log is damaged: {error}") from None
        return data[: tile.width * HASH_SIZE]

    return hash_reader(size, read_tile)


def _start(size: int) -> int:
    """First index of the bundle that the last of `size` entries stands in."""
    return max(size - 1, 0) // WIDTH * WIDTH


def _whole(entries: Iterable[Hashed], first: int, width: int) -> tuple[Sequence[bytes], Sequence[bytes]]:
    """The next `width` entries, and their leaf hashes."""
    chunk = list(islice(entries, width))
    if len(chunk) < width:
        raise PublishedError(f"the entries end at index {first + len(chunk)}, before size {first + width}")
    data, leaves = zip(*chunk, strict=True)
    return data, leaves


def _bundle_bytes(first: int, entries: Sequence[bytes]) -> bytes:
    try:
        return encode_bundle(entries)
    except TileError as error:
        raise PublishedError(f"among the entries from index {first}, {error}") from None


def _shorter(known: Known, size: int) -> ForkError:
    if known.where == PUBLISHED:
        told = f"the log is published up to size {known.size}, so a checkpoint of {size} is not signed"
    else:
        told = f"{known.where} is of size {known.size}, so a checkpoint of {size} is not signed"
    return ForkError(told, f"{known.where}:\n\n{known.note.decode()}\nentries in the database: {size}\n")


def _beside(known: Known, root: bytes) -> ForkError:
    return ForkError(
        f"{known.where} of size {known.size} has another root than the entries: it is beside this book",
        f"{known.where}:\n\n{known.note.decode()}\n"
        f"root of the first {known.size} entries here: {encode_base64(root)}\n",
    )


PUBLISHED = "the published checkpoint"
