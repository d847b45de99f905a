"""The one writer of a book in a process: takes all waiting commands into one transaction."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ledger.appending import Chain, Found, Head, Outcome, Work
from ledger.clock import Clock
from ledger.domain import canonical
from ledger.domain.entries import GENESIS_PREV, Entry
from ledger.domain.views import VERSION
from ledger.home import Home
from ledger.projections.folded import FoldedBook
from ledger.projections.tables import Nothing, Whole
from ledger.store.store import Store, StoreProblem, Unstorable, Writing
from ledger.tlog.merkle import leaf_hash

_MOST_ROWS_KEPT = 2_000_000  # rows of views kept in memory between transactions; past it they are let go
_MOST_LEAVES_KEPT = 100_000  # 3.2 MB; what was written before them is read whole when it is published
_BULK = 1_000  # commands in one transaction


class RecordProblem(Exception):
    """The book cannot be opened, made or written; the message is one sentence."""


class Writer:
    """Threads may share it; callers are answered after the commit.

    `head` is where the log ended when this process last wrote or looked under the lock.
    """

    def __init__(self, folder: Home, store: Store, clock: Clock) -> None:
        self.folder = folder
        self.store = store
        self.clock = clock
        self.head: Head = (0, GENESIS_PREV, None)
        self._own: list[bytes] = []  # leaf hashes of the last entries before `head`, written here
        self._own_lock = threading.Lock()
        self._waiting: list[Work] = []
        self._waiting_lock = threading.Lock()
        self._turn = threading.Lock()
        self._book: FoldedBook | None = None
        self._rebuilds = 0  # how often the views had been made anew when `_book` was read from them

    def minutes_behind(self, last: str) -> int:
        """See Clock; looks again for what `doctor --accept-clock`, another process, may have agreed to."""
        if self.clock.minutes_behind(last):
            self.clock.accept(self.folder.accepted_clock())
        return self.clock.minutes_behind(last)

    def own(self) -> tuple[int, list[bytes]]:
        """What this process wrote itself, one after another, up to `head`: the first index, and the leaf
        hashes from there on (of the last 100,000 at most)."""
        with self._own_lock:
            return self.head[0] - len(self._own), list(self._own)

    def submit(self, pieces: Sequence[Work]) -> list[Outcome]:
        with self._waiting_lock:
            self._waiting += pieces
        with self._turn:
            if any(work.outcomes is None and work.problem is None for work in pieces):
                with self._waiting_lock:
                    taken, self._waiting = self._waiting, []
                self._write_all(taken)
        for work in pieces:
            if work.problem is not None:
                raise work.problem
        return [outcome for work in pieces for outcome in work.outcomes or ()]

    def _write_all(self, taken: list[Work]) -> None:
        """One transaction for all that waited. A failure of the database fails all of them; one that some
        command brought about fails that piece of work alone."""
        try:
            with _in_bulk(taken), self.store.write() as writing:
                book = self._book_under_lock(writing)
                entries: list[Entry] = []
                found = Found(writing.find, taken)
                for work in taken:
                    chain = Chain(self, book, found, entries)
                    work.outcomes = chain.together(work) if work.together else chain.each(work)
                if entries:
                    writing.insert_entries(entries)
                    writing.apply(book.take_changes(), book.size)
        except BaseException as error:
            self._book = None
            if len(taken) > 1 and _is_of_one(error):
                for work in taken:
                    work.outcomes = None
                    self._write_all([work])
                return
            told = RecordProblem(str(error)) if isinstance(error, StoreProblem) else error
            for work in taken:
                work.outcomes, work.problem = None, told
            if not isinstance(error, Exception):
                raise
            return
        if entries:
            last = entries[-1]
            self.clock.reach(last.recorded_at)
            leaf = leaf_hash(last.data)
            with self._own_lock:
                self._own += [bytes.fromhex(entry.prev) for entry in entries[1:]] + [leaf]
                del self._own[:-_MOST_LEAVES_KEPT]
                self.head = (book.size, leaf.hex(), last.recorded_at)
        book.tables.beneath = Nothing()
        self._book = book if book.tables.rows_known() < _MOST_ROWS_KEPT else None

    def _book_under_lock(self, writing: Writing) -> FoldedBook:
        """The folded book at the present size: the one in memory, unless another process wrote meanwhile."""
        size = writing.size()
        last = writing.entry_bytes(size - 1) if size else None
        leaf = GENESIS_PREV if last is None else leaf_hash(last).hex()
        if writing.views_state() != ((size, VERSION) if size else None):
            raise StoreProblem("the views are not of this size and version; run `mingzhang rebuild`")
        book, rebuilds = self._book, writing.rebuilds()
        elsewhere = (size, leaf) != self.head[:2]  # another process wrote what stands before
        if book is None or elsewhere or rebuilds != self._rebuilds:
            self._rebuilds = rebuilds
            recorded_at = None if last is None else canonical.decode_loose(last)["recorded_at"]
            with self._own_lock:
                self._own = [] if elsewhere else self._own
                self.head = (size, leaf, recorded_at)
            book = FoldedBook(writing, size) if size else FoldedBook()
        book.tables.beneath = Whole(writing) if book.whole else writing
        return book


@contextmanager
def _in_bulk(taken: list[Work]) -> Iterator[None]:
    """Let the garbage collector rest during a large transaction: it would walk the same growing millions of
    rows again and again and free nothing (a sixth of the time, see ledger/README.md, Measured)."""
    rests = gc.isenabled() and sum(len(work.commands) for work in taken) >= _BULK
    if rests:
        gc.disable()
    try:
        yield
    finally:
        if rests:
            gc.enable()


def _is_of_one(error: BaseException) -> bool:
    """Whether a failure came of what some command holds, not of the database or of being stopped."""
    if isinstance(error, StoreProblem):
        return isinstance(error, Unstorable)
    return isinstance(error, Exception)
