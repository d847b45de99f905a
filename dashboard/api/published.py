"""The published log as one request sees it, and when to come back for what is not in it yet."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from http import HTTPStatus

from dashboard.api.answers import Refusal
from ledger.delay import SETTING
from ledger.domain import canonical
from ledger.published.confirmation import read_confirmation
from ledger.published.cosigned import read_entries_published
from ledger.published.entries import read_entries
from ledger.published.leaves import LeafIndexes
from ledger.published.source import FolderSource
from ledger.published.writing import PublishedError, PublishedLog
from ledger.publishing import STEP_SECONDS
from ledger.record import Record
from ledger.tlog.checkpoint import Checkpoint, read_unverified
from ledger.tlog.merkle import EMPTY_ROOT, HASH_SIZE, ReadHash

WITNESS_SECONDS = 60  # below the quorum; appends never wait, readers may
_MOST_SECONDS = 86_400


class Publication:
    """What is published of a book at this moment; nothing beyond it is answered.

    Attributes:
        note: the published checkpoint, exact bytes; None while nothing is published.
        checkpoint: what it says; without one, the empty log.
        shown: how many entries' bytes are published, at most the checkpoint's size.
    """

    def __init__(self, record: Record, leaves: LeafIndexes) -> None:
        """Raises PublishedError where the folder is damaged."""
        self._record = record
        self._leaves = leaves
        self._log = PublishedLog(record.folder.log)
        self.note = self._log.checkpoint_bytes()
        try:
            empty = Checkpoint(record.facts.origin, 0, EMPTY_ROOT)
            self.checkpoint = empty if self.note is None else read_unverified(self.note)
        except ValueError as error:
            raise PublishedError(f"the published checkpoint cannot be read: {error}") from None
        shown = read_entries_published(record.folder.log)
        self.shown = self.size if shown is None else min(shown, self.size)

    @property
    def size(self) -> int:
        return self.checkpoint.size

    def note_of(self, size: int) -> str | None:
        """The signed checkpoint, if it is of this size."""
        return self.note.decode() if self.note is not None and size == self.size else None

    # hashes ----------------------------------------------------------------------------------------------

    def read_hash(self, size: int) -> ReadHash:
        return self._log.hash_reader(size)

    def leaf(self, index: int) -> bytes:
        leaf = self._log.read_leaf(index)
        if leaf is None or len(leaf) != HASH_SIZE:
            raise PublishedError(f"the published log is damaged: it has no hash of entry {index}")
        return leaf

    def index_of_leaf(self, leaf: bytes) -> int | None:
        return self._leaves.find(leaf, self.size)

    def index_of_id(self, identity: str) -> int | None:
        """By the book's own list of ids."""
        with self._record.reading() as reading:
            return reading.indexes([identity]).get(identity)

    def check_size(self, size: int, field: str) -> int:
        """A size that is published. Raises Refusal: there is no proof beyond what is signed and shown."""
        if size <= self.size:
            return size
        told = f"{field}: the log is published up to size {self.size}, and nothing beyond is answered"
        if size <= self._record.size:
            raise Refusal(HTTPStatus.CONFLICT, told, field, self._seconds_to_step(size - 1))
        raise Refusal(HTTPStatus.NOT_FOUND, told, field)

    # entries ---------------------------------------------------------------------------------------------

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        """Exact bytes of entries `start` to `stop` - 1, which are shown."""
        return read_entries(FolderSource(self._record.folder.log), start, stop, self.shown)

    def entry(self, index: int) -> bytes:
        return next(self.entries(index, index + 1))

    def check_index(self, index: int, field: str) -> int:
        """An entry that the published checkpoint covers. Raises Refusal."""
        if index < self.size:
            return index
        if index < self._record.size:
            told = f"{field}: entry {index} is recorded, and not yet in the published list"
            raise Refusal(HTTPStatus.CONFLICT, told, field, self._seconds_to_step(index))
        raise Refusal(HTTPStatus.NOT_FOUND, f"{field}: there is no entry {index}", field)

    def check_shown(self, index: int, field: str) -> int:
        """An entry whose bytes are published. Raises Refusal, which says when they come."""
        if self.check_index(index, field) < self.shown:
            return index
        when = self.shown_at(index)
        told = f"{field}: the bytes of entry {index} are held back for the time that this book delays them"
        seconds = STEP_SECONDS
        if when is not None:
            seconds += max(0, math.ceil((when - self._record.now()).total_seconds()))
        raise Refusal(HTTPStatus.CONFLICT, told, field, min(seconds, _MOST_SECONDS), when)

    def shown_at(self, index: int) -> datetime | None:
        """When an entry's bytes are published at the earliest; None if the delay was taken back meanwhile."""
        with self._record.store.read() as snapshot:
            row, data = snapshot.row("view_policy", SETTING), snapshot.entry_bytes(index)
        if not row or not int(row[0]) or data is None:
            return None
        recorded = datetime.fromisoformat(canonical.decode_loose(data)["recorded_at"])
        return recorded + timedelta(hours=int(row[0]))

    def _seconds_to_step(self, index: int) -> int:
        """Until what is recorded may be published: the next step, or when witnesses have answered."""
        is_signed = index < read_confirmation(self._record.folder).signed_size
        return WITNESS_SECONDS if is_signed else STEP_SECONDS
