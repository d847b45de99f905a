"""Verification of the database's own bytes against the chain, the tree and the published checkpoint.

It looks at nothing but entries, HOME/log and HOME/log.vkey, so it works where the views, or the entries
themselves, can no longer be read by the rest. What it detects, and what not: see ledger/README.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ledger.domain import canonical
from ledger.domain.entries import ENVELOPE_KEYS, GENESIS_PREV
from ledger.home import Home, HomeProblem
from ledger.published.writing import PublishedError, PublishedLog
from ledger.store.store import Snapshot, Store, StoreProblem
from ledger.tlog.checkpoint import Checkpoint, open_checkpoint
from ledger.tlog.merkle import Frontier, leaf_hash
from ledger.tlog.verdict import Verdict

Progress = Callable[[int, int], None]  # entries done, entries in all


class _Bad(Exception):
    def __init__(self, problem: str, index: int | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.index = index


def verify_book(home: Home, store: Store, progress: Progress | None = None) -> Verdict:
    """Check every entry of the database. Never raises for what it finds; the verdict names the place."""
    checkpoint: Checkpoint | None = None
    try:
        log = PublishedLog(home.log)
        checkpoint = _checkpoint(home, log)
        with store.read() as snapshot:
            _check_entries(snapshot, checkpoint, log.leaf_hashes(), progress)
    except _Bad as bad:
        return _verdict(checkpoint, bad.problem, bad.index)
    except (PublishedError, StoreProblem, HomeProblem) as error:
        return _verdict(checkpoint, str(error), None)
    return _verdict(checkpoint, None, None)


def _verdict(checkpoint: Checkpoint | None, problem: str | None, index: int | None) -> Verdict:
    size, root = (checkpoint.size, checkpoint.root_base64) if checkpoint else (None, None)
    return Verdict(problem is None, size, root, index, problem)


def _checkpoint(home: Home, log: PublishedLog) -> Checkpoint:
    data = log.checkpoint_bytes()
    if data is None:
        raise _Bad("log/checkpoint is missing: nothing says what this book had been")
    try:
        return open_checkpoint(data, home.verifier())
    except ValueError as error:
        raise _Bad(f"log/checkpoint: {error}") from None


def _check_entries(
    snapshot: Snapshot, checkpoint: Checkpoint, tiles: Iterator[bytes | None], progress: Progress | None
) -> None:
    size, prev, waiting = snapshot.size(), GENESIS_PREV, None
    frontier, root_at_checkpoint = Frontier(), None
    expected = 0
    for index, identity, data in snapshot.entries():
        if index != expected:
            raise _Bad(f"entry {expected} is missing", expected)
        leaf = leaf_hash(data)
        published = next(tiles, None)
        if published is not None and published != leaf:
            raise _Bad(f"entry {index} is not the one that was published (its leaf hash differs)", index)
        if (problem := envelope_problem(index, identity, data, prev)) is not None:
            # Without a tile the chain cannot tell which of two neighbours was changed; it was the first
            # one whose leaf is not the next `prev`.
            culprit = waiting if problem == "prev" and waiting is not None else index
            raise _Bad(PROBLEMS[problem].format(index=index, culprit=culprit), culprit)
        frontier.append(leaf)
        prev, waiting = leaf.hex(), (index if published is None else None)
        expected += 1
        if expected == checkpoint.size:
            root_at_checkpoint = frontier.root()
        if progress is not None and expected % 5000 == 0:
            progress(expected, size)
    if expected < checkpoint.size:
        problem = f"the log ends at {expected} entries, but {checkpoint.size} were published: the tail is cut"
        raise _Bad(problem, expected)
    if (first := snapshot.first_index()) is not None and first < 0:
        raise _Bad(f"the table of entries has a row of index {first}, outside the log", first)
    if checkpoint.size and root_at_checkpoint != checkpoint.root:
        raise _Bad("the entries do not give the root hash of the published checkpoint")


PROBLEMS = {
    "bytes": "entry {index} is not in the one canonical form of an entry",
    "index": "entry {index} says that it has another index",
    "prev": "entry {index} does not follow entry {culprit}: its prev is not that entry's leaf hash",
    "id": "entry {index} is filed under an id that is not its own",
}


def envelope_problem(index: int, identity: str, data: bytes, prev: str) -> str | None:
    """Which of PROBLEMS a row has at this place of the log, if any."""
    try:
        value = canonical.decode(data)
    except ValueError:
        return "bytes"
    if not isinstance(value, dict) or value.keys() - {"sig"} != ENVELOPE_KEYS:
        return "bytes"
    if value["index"] != index:
        return "index"
    if value["prev"] != prev:
        return "prev"
    return "id" if value["id"] != identity else None
