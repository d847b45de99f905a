"""A signed checkpoint's tree as published tiles show it, believed only as far as it leads to the root."""

from __future__ import annotations

from functools import lru_cache

from ledger.published.source import TileSource, read_hashes
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.merkle import (
    HASH_SIZE,
    ProofError,
    prove_consistency,
    prove_inclusion,
    root_at,
    verify_consistency,
    verify_inclusion,
)
from ledger.tlog.tiles import WIDTH, TileError, hash_reader, tile_at

_CACHED_TILES = 128  # of at most 8 kB


class TreeProblem(Exception):
    """The published tiles do not lead to the signed root; the message is one sentence."""


class PublishedTree:
    """Reads what it needs, a few tiles for any question. All methods raise TreeProblem and SourceError."""

    def __init__(self, source: TileSource, head: Checkpoint) -> None:
        self.head = head
        self._read_tile = lru_cache(_CACHED_TILES)(lambda tile: read_hashes(source, tile))
        # Its own cache is as good as none: two could hold two answers for one tile, one of them not proved.
        self._read_hash = hash_reader(head.size, self._read_tile, cached_tiles=1)

    def root_before(self, size: int) -> tuple[bytes, list[bytes]]:
        """Root of this tree's first `size` entries, and the consistency proof (RFC 6962 2.1.2) of it."""
        try:
            root = root_at(size, self._read_hash)
            proof = prove_consistency(size, self.head.size, self._read_hash)
            verify_consistency(size, self.head.size, root, self.head.root, proof)
        except (ProofError, TileError) as error:
            raise TreeProblem(f"the published tiles are not those that were signed: {error}") from None
        return root, proof

    def leaves(self, index: int) -> list[bytes]:
        """Leaf hashes of level-0 tile `index`.

        An inclusion proof of its first leaf runs over all of them: the other leaves are in its siblings.
        """
        size, first = self.head.size, index * WIDTH
        tile = tile_at(size, 0, index)
        data = self._read_tile(tile)
        leaves = [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]
        try:
            proof = prove_inclusion(first, size, self._read_hash)
            verify_inclusion(first, size, leaves[0], proof, self.head.root)
        except (ProofError, TileError) as error:
            raise TreeProblem(f"{tile.path}: its hashes are not those that were signed: {error}") from None
        return leaves
