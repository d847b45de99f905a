"""The entries of a published log, read from its bundles: the exact bytes that everybody else can have."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.published.growing import PublishedError
from ledger.published.source import SourceError, TileSource, read_bundle
from ledger.tlog.tiles import ENTRIES, WIDTH, Tile, split_bundle


def read_entries(source: TileSource, start: int, stop: int, shown: int) -> Iterator[bytes]:
    """Entries `start` to `stop` - 1, of `shown` that stand in bundles (0 <= start <= stop <= shown).

    Reads one bundle after another as it goes. Raises PublishedError where one is missing or damaged.
    """
    for number in range(start // WIDTH, -(-stop // WIDTH)):
        first = number * WIDTH
        bundle = Tile(ENTRIES, number, min(WIDTH, shown - first))
        try:
            path, data = read_bundle(source, bundle)
        except SourceError as error:
            raise PublishedError(f"the published log is damaged: {error}") from None
        entries, _ = split_bundle(data)
        if len(entries) < bundle.width:
            raise PublishedError(f"the published log is damaged: {path} holds {len(entries)} entries")
        yield from entries[max(start - first, 0) : stop - first]
