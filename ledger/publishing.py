"""The publisher: signs what the log has grown by, has witnesses confirm it, and puts it where others read it.

One step, under the lock of HOME/log, each part on disk before the next begins:

    tiles and bundles -> the checkpoint signed (keys/last-signed) -> witnesses asked -> log/checkpoint

A crash anywhere leaves the old published checkpoint with all it needs; the next step goes on. What was signed
is never contradicted: ledger/published/README.md says what is compared before a key is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ledger.domain.entries import GENESIS_PREV
from ledger.home import Home, HomeProblem
from ledger.published.asking import Cadence
from ledger.published.evidence import keep_evidence
from ledger.published.growing import Hashed
from ledger.published.state import read_state, write_state
from ledger.published.writing import ForkError, PublishedError, PublishedLog
from ledger.stepping import Step, Stepping, Told
from ledger.store.store import Store, StoreProblem
from ledger.tlog.merkle import leaf_hash
from ledger.verify import Misfit, read_row

__all__ = ["STEP_SECONDS", "Cadence", "Own", "Publisher", "Step", "Told"]

STEP_SECONDS = 10  # RECORD, "Publishing and trust": a checkpoint at most every 10 s, if the log has grown


@dataclass(frozen=True)
class Own:
    """What this process wrote itself, one after another: the leaf hashes of the entries from `start` on.
    Nothing, by default."""

    start: int = 0
    leaves: Sequence[bytes] = ()

    @property
    def stop(self) -> int:
        return self.start + len(self.leaves)


class Publisher:
    """Holds the way to the key, reads the store, needs no web. One process at a time takes a step.

    Args:
        now: the book's clock, by which entries come of age where publishing them is delayed.
        key_file: the log's private key; by default where `Home.key_file` says.
        own: what this process wrote; what is signed must agree with it.
    """

    def __init__(
        self,
        home: Home,
        store: Store,
        now: Callable[[], datetime],
        *,
        key_file: Path | None = None,
        own: Callable[[], Own] = Own,
        cadence: Cadence | None = None,
    ) -> None:
        self.home = home
        self.key_file = key_file or home.key_file
        self._store = store
        self._now = now
        self._own = own
        self._cadence = cadence or Cadence()
        self._has_asked: set[str] = set()  # witnesses that hold nothing which this folder has lost

    def step(self, told: Told | None = None) -> Step:
        """Sign, gather, publish, as far as there is need; below quorum the published checkpoint stays.

        Raises ForkError when what was published or confirmed contradicts the book (evidence is kept, the
        message names its file), PublishedError, HomeProblem or StoreProblem; nothing is signed then that was
        not, and the reason stands in HOME/publishing.json.
        """
        log = PublishedLog(self.home.log)
        stepping = Stepping(
            self.home, self._store, log, self.key_file, self.chained, self._now, self._cadence,
            told or Told(), set(self._has_asked),
        )  # fmt: skip
        try:
            with log.locked():
                step = stepping.run()
            self._has_asked = stepping.has_asked
            return step
        except ForkError as fork:
            self._has_asked = set()
            problem: Exception = _with_evidence(self.home, fork)
        except (PublishedError, HomeProblem, StoreProblem) as error:
            problem = error
        self._note_problem(str(problem))
        raise problem from None

    def _note_problem(self, problem: str) -> None:
        try:
            state = read_state(self.home.publishing_file)
            if state.problem != problem:
                write_state(self.home.publishing_file, replace(state, problem=problem))
        except OSError:
            pass  # the problem itself is told by the caller

    def chained(self, start: int, stop: int) -> Iterator[Hashed]:
        """Entries to publish, with their leaf hashes. Raises PublishedError before one is signed that does
        not stand in the chain, or is not what this process wrote: it was changed since it was appended, and
        signing it would break the log for good.

        An entry that this process wrote after another of its own needs no look inside: a leaf hash like the
        one it was written with says that each byte is the one that was checked then, `prev` among them.
        """
        own = self._own()
        with self._store.read() as snapshot:
            before = snapshot.entry_bytes(start - 1) if start else None
            prev = GENESIS_PREV if before is None else leaf_hash(before).hex()
            for rows in snapshot.entries_in_pieces(start, stop):
                data = [row[2] for row in rows]
                leaves = [leaf_hash(entry) for entry in data]
                _check_rows(start, rows, leaves, prev, own)
                start, prev = start + len(rows), leaves[-1].hex()
                yield from zip(data, leaves, strict=True)


def _check_rows(
    start: int, rows: Sequence[tuple[int, str, bytes]], leaves: Sequence[bytes], prev: str, own: Own
) -> None:
    """Rows of the entries from index `start` on, after the leaf hash `prev` (hex). Raises PublishedError."""
    for expected, (index, *_) in enumerate(rows, start):
        if index != expected:
            raise PublishedError(f"entry {expected} is missing: nothing is signed")
    first, last = max(start, own.start), min(start + len(rows), own.stop)
    for index in range(first, last):
        if leaves[index - start] != own.leaves[index - own.start]:
            raise PublishedError(f"entry {index} is not the one that was written: nothing is signed")
    for at, row in enumerate(rows):
        try:
            if not first < start + at < last:
                read_row(*row, leaves[at - 1].hex() if at else prev)
            elif not _is_filed(*row):  # else it stands as it was written, and so does the one before it
                raise Misfit("id", start + at)
        except Misfit as misfit:
            raise PublishedError(f"{misfit.told(start + at - 1)}: nothing is signed") from None


def _is_filed(index: int, identity: str, data: bytes) -> bool:
    """Whether an entry of ours has this id, by its bytes: in the canonical form keys are in order, and no
    text can hold a quotation mark as it is."""
    return b',"id":"%b","index":%d,"kind":"' % (identity.encode(), index) in data


def _with_evidence(home: Home, fork: ForkError) -> ForkError:
    text = f"{fork}\n\n{fork.evidence}"
    for what, path in (("published", home.log / "checkpoint"), ("last signed", home.last_signed_file)):
        if path.is_file():
            text += f"\nthe {what} checkpoint:\n\n{path.read_text(encoding='utf-8', errors='replace')}"
    kept_in = keep_evidence(home.evidence, str(fork)[:60], text)
    kept = f" (evidence: {kept_in.relative_to(home.path)})" if kept_in else ""
    return ForkError(f"{fork}{kept}", fork.evidence)


