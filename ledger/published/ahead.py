"""Reading ahead: over a network the next files come while the last ones are being checked."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

from ledger.published.source import TileSource

THREADS = 4
FILES_AHEAD = 8  # of at most 16.8 MB each (tlog-tiles: 256 entries of 65,535 bytes)


class AheadSource:
    """Another source, of which the planned files are fetched in order some ahead of their being read.

    A file that is read in another order, or was not planned, is fetched when it is asked for. A context
    manager: when it ends, what was fetched for nothing is dropped.
    """

    def __init__(self, source: TileSource, plan: Iterable[tuple[str, int]]) -> None:
        """`plan`: path and limit of each file that will be read, in order."""
        self._source = source
        self._plan = iter(plan)
        self._threads = ThreadPoolExecutor(THREADS, "fetching")
        self._coming: OrderedDict[str, Future[bytes]] = OrderedDict()

    def read(self, path: str, limit: int) -> bytes:
        """See TileSource."""
        for planned, most in islice(self._plan, FILES_AHEAD - len(self._coming)):
            self._coming[planned] = self._threads.submit(self._source.read, planned, most)
        coming = self._coming.pop(path, None)
        return self._source.read(path, limit) if coming is None else coming.result()

    def __enter__(self) -> AheadSource:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)
