"""One pass over all entries of a published log, and all that is checked of them on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ledger.domain import canonical
from ledger.domain.entries import GENESIS_PREV
from ledger.published.cosigned import ENTRIES_PUBLISHED
from ledger.published.learned import Authors, NamedKeys
from ledger.published.older import OldCheckpoint
from ledger.published.source import MissingError, SourceError, TileSource, read_bundle, read_hashes
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.encoding import parse_decimal
from ledger.tlog.merkle import HASH_SIZE, leaf_hash
from ledger.tlog.note import VerifierKey, open_note
from ledger.tlog.tiles import (
    ENTRIES,
    MAX_BUNDLE_BYTES,
    TILE_BYTES,
    WIDTH,
    Tile,
    TileGrowth,
    split_bundle,
    tile_at,
)

Progress = Callable[[int, int], None]  # entries done, entries in all


class Bad(Exception):
    """A check that failed: one sentence, and the lowest bad index where it lies in the entries."""

    def __init__(self, problem: str, index: int | None = None) -> None:
        super().__init__(problem)
        self.index = index


class Walk:
    """One pass over all entries, growing the tree that the published tiles are compared with.

    Attributes:
        source: where the files are read from; may be replaced before `run` by one that reads them ahead.
        keys: the log's own keys, as far as the entries so far name them.
        authors: what was found of the authors' signatures, where asked for.
        held_back: newest entries whose bytes are not published, as the base says.
    """

    def __init__(self, source: TileSource, note: bytes, checkpoint: Checkpoint, has_authors: bool) -> None:
        """`note` is the base's checkpoint, verified. Raises Bad or SourceError."""
        self.source = source
        self.keys = NamedKeys(checkpoint.origin)
        self.authors = Authors(checkpoint.origin) if has_authors else None
        self._note = note
        self._checkpoint = checkpoint
        self._older: OldCheckpoint | None = None
        self._shown = min(_entries_published(source, checkpoint.size), checkpoint.size)
        self._growth = TileGrowth()
        self._prev = GENESIS_PREV

    @property
    def size(self) -> int:
        """Number of entries that the checkpoint speaks of."""
        return self._checkpoint.size

    @property
    def held_back(self) -> int:
        return self.size - self._shown

    def expect(self, old: bytes, trusted: Sequence[VerifierKey]) -> None:
        """Let `run` check that the tree of this older checkpoint is a prefix. Raises Bad if it cannot be."""
        try:
            self._older = OldCheckpoint.read(old, self._checkpoint.origin, trusted)
        except ValueError as error:
            raise Bad(f"the old checkpoint: {error}") from None

    def plan(self) -> Iterator[tuple[str, int]]:
        """Path and limit of the files that `run` reads, in its order, but for the few of higher levels."""
        for tile, bundle in self._tiles():
            yield tile.path, TILE_BYTES
            if bundle:
                yield bundle.path, MAX_BUNDLE_BYTES

    def run(self, delayed: bool, progress: Progress | None) -> None:
        """Check everything. Raises Bad or SourceError at the first thing wrong."""
        if self._older and self._older.is_trusted:
            self._refuse_shrunk(self._older)
        self._compare_with_older()
        for tile, bundle in self._tiles():
            self._take(tile, bundle)
            if progress:
                progress(tile.index * WIDTH + tile.width, self.size)
        for tile, data in self._growth.partial():
            self._compare(tile, data)
        if self._growth.root() != self._checkpoint.root:
            raise Bad(f"checkpoint: its root is not that of the {self.size} published entries")
        if self._older:
            self._check_signer_of(self._older)
            self._refuse_shrunk(self._older)
        self._check_own_key()
        self._check_held_back(delayed)
        if self.authors and self.authors.first_bad:
            index, problem = self.authors.first_bad
            raise Bad(f"entry {index}, its author's signature or key: {problem}", index)

    # the entries -----------------------------------------------------------------------------------------

    def _tiles(self) -> Iterator[tuple[Tile, Tile | None]]:
        """Each level-0 tile with the bundle of its entries, as far as they are published."""
        for first in range(0, self.size, WIDTH):
            tile = tile_at(self.size, 0, first // WIDTH)
            width = min(tile.width, self._shown - first)
            yield tile, Tile(ENTRIES, tile.index, width) if width > 0 else None

    def _take(self, tile: Tile, bundle: Tile | None) -> None:
        first = tile.index * WIDTH
        hashes = self._published_hashes(tile, first)
        leaves = [hashes[at : at + HASH_SIZE] for at in range(0, len(hashes), HASH_SIZE)]
        if bundle:
            self._take_bundle(bundle, leaves)
        self._grow(leaves)

    def _take_bundle(self, bundle: Tile, leaves: list[bytes]) -> None:
        first = bundle.index * WIDTH
        try:
            path, data = read_bundle(self.source, bundle)
        except SourceError as error:
            raise Bad(str(error), first) from None
        entries, rest = split_bundle(data)
        for at, entry in enumerate(entries[: bundle.width]):
            if leaf_hash(entry) != leaves[at]:
                raise Bad(f"{path}: entry {first + at} is unlike its leaf in the level-0 tile", first + at)
            self._check_chain(entry, first + at, path)
            self._prev = leaves[at].hex()
        expected = WIDTH if path == bundle.full.path else bundle.width
        if len(entries) != expected or rest:
            problem = f"{path}: {len(entries)} entries and {len(rest)} bytes more, not {expected} entries"
            raise Bad(problem, first + len(entries) if len(entries) < bundle.width else None)

    def _published_hashes(self, tile: Tile, first: int) -> bytes:
        try:
            return read_hashes(self.source, tile)
        except SourceError as error:
            raise Bad(str(error), first if tile.level == 0 else None) from None

    def _check_chain(self, entry: bytes, index: int, path: str) -> None:
        """RECORD, "Envelope": `index` is the entry's place, `prev` the leaf hash of the entry before."""
        try:
            envelope: Any = canonical.decode(entry)
        except (ValueError, RecursionError) as error:
            raise Bad(f"{path}: entry {index} is not a canonical entry: {error}", index) from None
        if not isinstance(envelope, dict):
            raise Bad(f"{path}: entry {index} is not a JSON object", index)
        stated = envelope.get("index")
        if type(stated) is not int or stated != index:
            raise Bad(f"{path}: entry {index} states another index", index)
        if envelope.get("prev") != self._prev:
            raise Bad(f"{path}: entry {index} does not follow the entry before it (prev)", index)
        self.keys.take(envelope)
        if self.authors:
            self.authors.take(envelope)

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
            raise Bad(f"{tile.path}: its hashes are not those of the tiles below")

    # the old checkpoint, and the log's own keys -----------------------------------------------------------

    def _compare_with_older(self) -> None:
        older = self._older
        if older and self._growth.size == older.size and self._growth.root() != older.root:
            self._check_signer_of(older)
            raise Bad(f"the old checkpoint of size {older.size} has another root than these entries")

    def _refuse_shrunk(self, older: OldCheckpoint) -> None:
        if older.size > self.size:
            raise Bad(f"checkpoint: its size {self.size} is below the {older.size} of the old checkpoint")

    def _check_signer_of(self, older: OldCheckpoint) -> None:
        try:
            older.check_signer(self.keys.known)
        except ValueError as error:
            raise Bad(f"the old checkpoint: {error}") from None

    def _check_own_key(self) -> None:
        """A key that was given up, and perhaps stolen, does not sign alone what came after.

        Held-back entries may name another key; then nothing is asked.
        """
        present = self.keys.present
        if present and not self.held_back and not _is_signed_by(self._note, present):
            named = f"{present.name}+{present.key_id:08x}"
            raise Bad(f"checkpoint: it is not signed by {named}, the key that its entries name as the log's")

    def _check_held_back(self, delayed: bool) -> None:
        if self.held_back and not delayed:
            problem = (
                f"the bytes of entries from {self._shown} on are not published yet ({ENTRIES_PUBLISHED});"
                " with --delayed their hashes alone are checked"
            )
            raise Bad(problem, self._shown)


def _is_signed_by(note: bytes, key: VerifierKey) -> bool:
    try:
        open_note(note, [key])
    except ValueError:
        return False
    return True


def _entries_published(source: TileSource, size: int) -> int:
    """How many entries the base says stand in bundles; all where it does not say."""
    try:
        data = source.read(ENTRIES_PUBLISHED, 100)
    except MissingError:
        return size
    try:
        return parse_decimal(data.decode("ascii").removesuffix("\n"), "the number of entries")
    except ValueError as error:
        raise Bad(f"{ENTRIES_PUBLISHED}: {error}") from None
