"""Leaf hash -> index: the level-0 tiles of a published log turned about, in memory, grown with the log."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ledger.published.growing import PublishedError
from ledger.published.source import SourceError, TileSource, read_hashes
from ledger.tlog.merkle import HASH_SIZE
from ledger.tlog.tiles import WIDTH, Tile, tile_at

_WORDS = HASH_SIZE // 8
_NO_WORDS: NDArray[np.uint64] = np.empty(0, np.uint64)


@dataclass(frozen=True)
class _Turned:
    """The first 8 bytes of each of `size` leaf hashes, sorted, and the index of each: 16 bytes an entry.

    Hashes that begin alike are told apart by the tiles: what is kept here only says where to look.
    """

    size: int = 0
    starts: NDArray[np.uint64] = field(default_factory=lambda: _NO_WORDS)
    indices: NDArray[np.uint64] = field(default_factory=lambda: _NO_WORDS)

    def candidates(self, leaf: bytes) -> list[int]:
        start = np.uint64(int.from_bytes(leaf[:8], "big"))
        low, high = (int(self.starts.searchsorted(start, side)) for side in ("left", "right"))
        return [int(index) for index in self.indices[low:high]]

    def with_more(self, starts: NDArray[np.uint64]) -> _Turned:
        """Grown by the next leaves, merged into their places."""
        order = starts.argsort(kind="stable")
        starts, indices = starts[order], (order + self.size).astype(np.uint64)
        places = self.starts.searchsorted(starts, "right")
        return _Turned(
            self.size + len(starts),
            np.insert(self.starts, places, starts),
            np.insert(self.indices, places, indices),
        )


class LeafIndexes:
    """Where a leaf hash stands in the log of a folder. Threads may share it.

    A look-up costs a search by halves and one tile; growth costs one copy of what is kept, by whoever asks
    first after it. What is answered was read from the tiles at that moment.
    """

    def __init__(self, source: TileSource) -> None:
        self._source = source
        self._turned = _Turned()
        self._growing = threading.Lock()

    def find(self, leaf: bytes, size: int) -> int | None:
        """The lowest index of this leaf hash (32 bytes) among the first `size` entries, which are published.

        Raises PublishedError where a tile is missing or damaged.
        """
        turned = self._turned if self._turned.size == size else self._grown(size)
        for index in turned.candidates(leaf):
            if index < size and self._leaf(index, size) == leaf:
                return index
        return None

    def _grown(self, size: int) -> _Turned:
        """Taken up to `size`; anew where the log is shorter, which is then another one."""
        with self._growing:
            turned = self._turned if self._turned.size <= size else _Turned()
            if turned.size < size:
                turned = turned.with_more(self._starts(turned.size, size))
            self._turned = turned
            return turned

    def _starts(self, old: int, size: int) -> NDArray[np.uint64]:
        """First 8 bytes of the leaf hashes from `old` to `size`."""
        starts = np.empty(size - old, np.uint64)
        for number in range(old // WIDTH, -(-size // WIDTH)):
            first = number * WIDTH
            hashes = np.frombuffer(self._hashes(tile_at(size, 0, number)), ">u8")[::_WORDS]
            starts[max(first - old, 0) : first - old + len(hashes)] = hashes[max(old - first, 0) :]
        return starts

    def _leaf(self, index: int, size: int) -> bytes:
        at = index % WIDTH * HASH_SIZE
        return self._hashes(tile_at(size, 0, index // WIDTH))[at : at + HASH_SIZE]

    def _hashes(self, tile: Tile) -> bytes:
        try:
            return read_hashes(self._source, tile)
        except SourceError as error:
            raise PublishedError(f"the published log is damaged: {error}") from None
