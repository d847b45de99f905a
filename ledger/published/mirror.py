"""The published log copied to a folder that any web server can host: same names, same bytes, checkpoint last.

    DIR/checkpoint, DIR/tile/..., DIR/policy, DIR/entries-published, DIR/witnessed/...

What a mirror holds is compared before anything is added: it is a publication of its own, and it may know more
than this folder does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ledger.published import history
from ledger.published.cosigned import ENTRIES_PUBLISHED, POLICY, read_entries_published
from ledger.published.growing import ForkError, Known, PublishedError
from ledger.published.source import FolderSource, SourceError, read_bundle, read_hashes
from ledger.published.staging import Staging
from ledger.published.writing import PublishedLog, open_own
from ledger.tlog.encoding import encode_base64
from ledger.tlog.merkle import root_at
from ledger.tlog.note import Verifier
from ledger.tlog.tiles import ENTRIES, WIDTH, Tile, encode_bundle, new_tiles, split_bundle

Progress = Callable[[int, int], None]  # files done, files in all


@dataclass(frozen=True)
class Mirrored:
    """What a copy did: entries covered before and now, and how many tiles and bundles were added."""

    before: int
    size: int
    files: int


class Mirror:
    """HOME/log copied into `folder`. The first copy in the life of a mirror compares every file that is there
    already, so that one put aside for a year, or damaged, is caught up or refused."""

    def __init__(self, log: Path, folder: Path) -> None:
        self._log = PublishedLog(log)
        self._source = FolderSource(log)
        self._mirror = PublishedLog(folder)
        self._compared = False

    def copy(self, keys: Sequence[Verifier], origin: str, progress: Progress | None = None) -> Mirrored:
        """Bring the mirror to what is published. `keys` are all that this log ever had.

        Raises ForkError where the mirror holds what contradicts this log, or more than it; PublishedError
        where nothing is published yet or a file cannot be read or written. The mirror then stays as it was.
        """
        data = self._log.checkpoint_bytes()
        if data is None:
            raise PublishedError("nothing is published yet, so there is nothing to copy")
        ours = open_own(data, keys, origin, "the published checkpoint")
        with self._mirror.locked():
            before = self._standing(ours, keys, origin)
            old = before.size if before else 0
            shown = _shown(self._log.folder, ours.size)
            stood = _shown(self._mirror.folder, old) if before else 0
            written = self._write_tiles(0 if not self._compared else old, ours.size, stood, shown, progress)
            beside = self._beside(min(shown, ours.size))
            if before is None or before.note != data:
                self._mirror.put(data, old, shown, beside)
            elif beside:
                self._mirror.put(None, old, shown, beside)
            self._compared = True
        return Mirrored(old, ours.size, written)

    def _standing(self, ours: Known, keys: Sequence[Verifier], origin: str) -> Known | None:
        """What the mirror publishes, once it is seen to be a part of what we do."""
        data = self._mirror.checkpoint_bytes()
        if data is None:
            return None
        theirs = open_own(data, keys, origin, "the mirror's checkpoint")
        if theirs.size > ours.size:
            raise ForkError(
                f"the mirror holds {theirs.size} entries, this book has published {ours.size}: it is behind",
                _both(ours, theirs),
            )
        root = root_at(theirs.size, self._log.standing(ours.size)) if theirs.size else theirs.checkpoint.root
        if root != theirs.checkpoint.root:
            raise ForkError(
                f"the mirror's checkpoint of size {theirs.size} has another root than this log",
                f"{_both(ours, theirs)}\nroot of the first {theirs.size} entries: {encode_base64(root)}\n",
            )
        return theirs

    def _write_tiles(
        self, old: int, size: int, stood: int, shown: int, progress: Progress | None
    ) -> int:
        wanted = [tile for tile in new_tiles(old, size) if tile.level != ENTRIES]
        first = 0 if not self._compared else stood
        wanted += [tile for tile in new_tiles(first, shown) if tile.level == ENTRIES]
        written = 0
        with Staging(self._mirror.folder) as staging:
            for done, tile in enumerate(wanted, 1):
                data = self._read(tile)
                if self._is_new(tile, data):
                    staging.write(tile.path, data)
                    written += 1
                if progress:
                    progress(done, len(wanted))
            staging.flush()
        return written

    def _read(self, tile: Tile) -> bytes:
        """Our tile, exactly as wide as named, though the full one may have taken its place meanwhile."""
        try:
            if tile.level != ENTRIES:
                return read_hashes(self._source, tile)
            path, data = read_bundle(self._source, tile)
        except SourceError as error:
            raise PublishedError(f"the published log is damaged: {error}") from None
        return data if path == tile.path else encode_bundle(split_bundle(data)[0][: tile.width])

    def _is_new(self, tile: Tile, data: bytes) -> bool:
        """Whether the mirror lacks this file. Raises ForkError if it holds another under its name."""
        path = self._mirror.folder / tile.path
        try:
            there = path.read_bytes()
        except FileNotFoundError:
            if tile.width == WIDTH or not (self._mirror.folder / tile.full.path).exists():
                return True
            raise ForkError(
                f"the mirror holds {tile.full.path}, which this log has not filled",
                f"{tile.full.path} stands in the mirror; here it is {tile.width} wide\n",
            ) from None
        if there != data:
            raise ForkError(
                f"the mirror's {tile.path} is not the one that is published here",
                f"{tile.path}\nSHA-256 in the mirror: {sha256(there).hexdigest()}\n"
                f"SHA-256 here: {sha256(data).hexdigest()}\n",
            )
        return False

    def _beside(self, shown: int) -> dict[str, bytes]:
        """The small files that differ."""
        wanted = {ENTRIES_PUBLISHED: b"%d\n" % shown}
        for name in (POLICY, *self._history()):
            path = self._log.folder / name
            if path.is_file():
                wanted[name] = path.read_bytes()
        return {
            name: data
            for name, data in wanted.items()
            if not (self._mirror.folder / name).is_file()
            or (self._mirror.folder / name).read_bytes() != data
        }

    def _history(self) -> Iterator[str]:
        """Days of the history that differ by length, which is enough for files that only grow."""
        for path in sorted((self._log.folder / history.FOLDER).glob("*.jsonl")):
            name = f"{history.FOLDER}/{path.name}"
            there = self._mirror.folder / name
            if not there.is_file() or there.stat().st_size != path.stat().st_size:
                yield name


def _shown(folder: Path, size: int) -> int:
    told = read_entries_published(folder)
    return size if told is None else min(told, size)


def _both(ours: Known, theirs: Known) -> str:
    return f"{theirs.where}:\n\n{theirs.note.decode()}\n{ours.where}:\n\n{ours.note.decode()}"
