"""Tiles and entry bundles: names, bytes and growth (C2SP tlog-tiles, tile height 8).

A hash tile is up to 256 consecutive hashes of one level, 32 bytes each; an entry bundle is up to 256
consecutive entries, each after its length as a big-endian uint16. A tile of fewer than 256 is *partial*.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256

from ledger.tlog.encoding import MAX_NUMBER
from ledger.tlog.merkle import EMPTY_ROOT, HASH_SIZE, ReadHash, node_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT
TILE_BYTES = WIDTH * HASH_SIZE
MAX_ENTRY_BYTES = 0xFFFF
MAX_BUNDLE_BYTES = WIDTH * (2 + MAX_ENTRY_BYTES)
MAX_LEVEL = 63  # tlog-tiles, "Merkle Tree"
ENTRIES = -1  # the level that stands for entry bundles; x/mod/sumdb/tlog names its data tiles so too

_NAME = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([0-9]{1,3}))?")


class TileError(ValueError):
    """A path or bytes that are no tile; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Tile:
    """Name of a hash tile, or of an entry bundle (level `ENTRIES`).

    Attributes:
        level: 0 for leaf hashes, each above for 256 times as many leaves a hash.
        index: 0-based place among the tiles of its level.
        width: number of hashes or entries in it, 1 to 256.
    """

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Path below the log's prefix: `tile/<L>/<N>[.p/<W>]`, 1234067 written as `x001/x234/067`."""
        groups = [f"{self.index % 1000:03d}"]
        rest = self.index // 1000
        while rest:
            groups.insert(0, f"x{rest % 1000:03d}")
            rest //= 1000
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = f".p/{self.width}" if self.width < WIDTH else ""
        return f"tile/{level}/{'/'.join(groups)}{partial}"

    @property
    def full(self) -> Tile:
        """The full tile at this place."""
        return replace(self, width=WIDTH)

    @classmethod
    def parse(cls, path: str) -> Tile:
        """Read a path back; whatever `path` would not write is refused. Raises TileError."""
        match = _NAME.fullmatch(path)
        if match is None:
            raise TileError(f"{path!r} is not a tile path")
        level = ENTRIES if match[1] == "entries" else int(match[1])
        tile = cls(level, int(match[2].replace("x", "").replace("/", "")), int(match[3] or WIDTH))
        if tile.path != path or tile.level > MAX_LEVEL or tile.width == 0 or tile.index > MAX_NUMBER:
            raise TileError(f"{path!r} is not a canonical tile path")
        return tile


ReadTile = Callable[[Tile], bytes]


def hash_count(size: int, level: int) -> int:
    """Hashes (or entries) that a tree of `size` leaves has at this tile level: floor(size / 256**level)."""
    return size >> (HEIGHT * max(level, 0))


def tile_at(size: int, level: int, index: int) -> Tile:
    """The tile at this place in a tree of `size` leaves, partial or full. Raises TileError without one."""
    width = min(WIDTH, hash_count(size, level) - index * WIDTH)
    if index < 0 or width <= 0:
        raise TileError(f"a tree of {size} leaves has no tile {index} at level {level}")
    return Tile(level, index, width)


def new_tiles(old: int, new: int) -> Iterator[Tile]:
    """Every tile and bundle that a tree of `new` leaves has and one of `old` had not, or had narrower."""
    for level in range(ENTRIES, MAX_LEVEL + 1):
        before, after = hash_count(old, level), hash_count(new, level)
        if before >= after:
            return
        for index in range(before // WIDTH, -(-after // WIDTH)):
            yield tile_at(new, level, index)


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Entries, each after its uint16 big-endian length. Raises TileError for one longer than 65,535 bytes."""
    parts = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise TileError(f"an entry of {len(entry)} bytes is longer than {MAX_ENTRY_BYTES}")
        parts += [len(entry).to_bytes(2, "big"), entry]
    return b"".join(parts)


def split_bundle(data: bytes) -> tuple[list[bytes], bytes]:
    """The whole entries of a bundle in order, and the bytes after the last of them (none if well-formed)."""
    entries = []
    at, end = 0, len(data)
    while at + 2 <= end:
        after = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if after > end:
            break
        entries.append(data[at + 2 : after])
        at = after
    return entries, data[at:]


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """The entries of a bundle of `width`. Raises TileError if there are more, fewer, or bytes left over."""
    entries, rest = split_bundle(data)
    if rest or len(entries) != width:
        raise TileError(f"a bundle of {width} entries holds {len(entries)} and {len(rest)} bytes more")
    return entries


def complete_root(hashes: bytes) -> bytes:
    """Root of a complete subtree from its lowest hashes, joined, a power of two of them (RFC 6962 2.1)."""
    while len(hashes) > HASH_SIZE:
        hashes = _joined_pairs(hashes)
    return hashes


def _joined_pairs(hashes: bytes) -> bytes:
    """The level above: a node hash of each pair of hashes; an odd last one has none."""
    starts = range(0, len(hashes) - HASH_SIZE, 2 * HASH_SIZE)
    return b"".join([sha256(b"\x01" + hashes[at : at + 2 * HASH_SIZE]).digest() for at in starts])


def hash_reader(size: int, read_tile: ReadTile, cached_tiles: int = 64) -> ReadHash:
    """`read_hash` for `merkle` over the tiles of a tree of `size` leaves; keeps the last tiles that it read.

    The levels between those that the tiles hold are joined once a tile, as far up as they are asked for. The
    callable raises TileError for a hash that this tree does not have.
    """

    @lru_cache(maxsize=cached_tiles)
    def levels_of(tile: Tile) -> list[bytes]:
        return [read_tile(tile)]

    def read_hash(level: int, index: int) -> bytes:
        tile_level, below = divmod(level, HEIGHT)
        first = index << below  # of the 2**below hashes of the tile that the wanted one stands above
        tile = tile_at(size, tile_level, first // WIDTH)
        start = first % WIDTH
        if start + (1 << below) > tile.width:
            raise TileError(f"a tree of {size} leaves has no complete subtree {index} at level {level}")
        levels = levels_of(tile)
        while len(levels) <= below:
            levels.append(_joined_pairs(levels[-1]))
        at = (start >> below) * HASH_SIZE
        return levels[below][at : at + HASH_SIZE]

    return read_hash


class TileGrowth:
    """The hash tiles of a growing log: a full tile is handed out, the open one of each level is kept."""

    def __init__(self) -> None:
        self._open: list[bytes] = [b""]  # per level: hashes of the tile not yet full, under 256
        self._size = 0

    @classmethod
    def read(cls, size: int, read_tile: ReadTile) -> TileGrowth:
        """Go on from a stored log of `size` leaves; reads its partial tile of each level."""
        growth = cls()
        growth._size, growth._open = size, []
        count = size
        while count or not growth._open:
            level, width = len(growth._open), count % WIDTH
            growth._open.append(read_tile(Tile(level, count // WIDTH, width)) if width else b"")
            count //= WIDTH
        return growth

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._size

    def add(self, leaves: Sequence[bytes]) -> Iterator[tuple[Tile, bytes]]:
        """Add leaf hashes; gives every tile that becomes full, with its bytes. Run it to the end."""
        at = 0
        while at < len(leaves):
            room = WIDTH - len(self._open[0]) // HASH_SIZE
            taken = leaves[at : at + room]
            self._open[0] += b"".join(taken)
            self._size += len(taken)
            at += len(taken)
            yield from self._close_full()

    def _close_full(self) -> Iterator[tuple[Tile, bytes]]:
        level = 0
        while len(self._open[level]) == TILE_BYTES:
            data = self._open[level]
            yield Tile(level, hash_count(self._size, level) // WIDTH - 1), data
            self._open[level] = b""
            if level + 1 == len(self._open):
                self._open.append(b"")
            self._open[level + 1] += complete_root(data)
            level += 1

    def partial(self) -> Iterator[tuple[Tile, bytes]]:
        """The partial tile of each level that has one, with its bytes."""
        for level, data in enumerate(self._open):
            if data:
                yield tile_at(self._size, level, hash_count(self._size, level) // WIDTH), data

    def root(self) -> bytes:
        """MTH of all leaves so far: the complete subtrees of the open tiles, joined from the smallest up."""
        root: bytes | None = None
        for data in self._open:
            while data:
                width = len(data) // HASH_SIZE
                cut = (width - (width & -width)) * HASH_SIZE
                left = complete_root(data[cut:])
                root = left if root is None else node_hash(left, root)
                data = data[:cut]
        return EMPTY_ROOT if root is None else root
