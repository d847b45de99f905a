"""Verification of the database's own bytes against the chain, the tree and the published checkpoint.

It looks at nothing but entries, HOME/log and HOME/log.vkey, so it works where the views, or the entries
themselves, can no longer be read by the rest. What it detects, and what not: see ledger/README.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any, ClassVar

from ledger.domain import canonical
from ledger.domain.entries import ENVELOPE_KEYS, GENESIS_PREV
from ledger.home import Home, HomeProblem
from ledger.published.writing import PublishedError, PublishedLog
from ledger.store.store import Snapshot, Store, StoreProblem
from ledger.tlog.checkpoint import Checkpoint, open_checkpoint
from ledger.tlog.merkle import Frontier
from ledger.tlog.note import VerifierKey
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
        data, checkpoint = _checkpoint(home, log)
        with store.read() as snapshot:
            named = _check_entries(snapshot, checkpoint, log.leaf_hashes(), progress)
        _check_keys(home, data, named, checkpoint.size)
    except _Bad as bad:
        return _verdict(checkpoint, bad.problem, bad.index)
    except (PublishedError, StoreProblem, HomeProblem) as error:
        return _verdict(checkpoint, str(error), None)
    return _verdict(checkpoint, None, None)


def _verdict(checkpoint: Checkpoint | None, problem: str | None, index: int | None) -> Verdict:
    size, root = (checkpoint.size, checkpoint.root_base64) if checkpoint else (None, None)
    return Verdict(problem is None, size, root, index, problem)


def _checkpoint(home: Home, log: PublishedLog) -> tuple[bytes, Checkpoint]:
    """The published checkpoint, signed by log.vkey, or by a former key where the key has just changed."""
    data = log.checkpoint_bytes()
    if data is None:
        raise _Bad("log/checkpoint is missing: nothing says what this book had been")
    problem = ""
    for key in (home.verifier(), *reversed(home.former_verifiers())):
        try:
            return data, open_checkpoint(data, key)
        except ValueError as error:
            problem = problem or str(error)
    raise _Bad(f"log/checkpoint: {problem}")


def _check_keys(home: Home, data: bytes, named: list[tuple[int, str]], size: int) -> None:
    """The key that the entries name at this size must have signed: not one that was given up before."""
    vkey = next((vkey for index, vkey in reversed(named) if index < size), None)
    try:
        if vkey is not None:
            open_checkpoint(data, VerifierKey.parse(vkey))
    except ValueError as error:
        raise _Bad(f"log/checkpoint is not signed by the key that its {size} entries name: {error}") from None
    if named and str(home.verifier()) not in {vkey for _, vkey in named}:
        raise _Bad(f"{home.vkey_file.name} is not a key that the entries name")


def _check_entries(
    snapshot: Snapshot, checkpoint: Checkpoint, tiles: Iterator[bytes | None], progress: Progress | None
) -> list[tuple[int, str]]:
    """Raises _Bad; gives the verifier keys that entries name, each with the index from which on it signs.

    A whole log runs through this loop: what is written out here saves a tenth of its time each.
    """
    named: list[tuple[int, str]] = []
    size, prev, waiting = snapshot.size(), GENESIS_PREV, None
    frontier, leaves = Frontier(), list[bytes]()  # of the checkpoint's tree; what comes after is left out
    expected = 0
    for index, identity, data in snapshot.entries():
        if index != expected:
            raise _Bad(f"entry {expected} is missing", expected)
        leaf = sha256(b"\x00" + data).digest()  # merkle.leaf_hash
        published = next(tiles, None)
        if published is not None and published != leaf:
            raise _Bad(f"entry {index} is not the one that was published (its leaf hash differs)", index)
        try:
            entry = read_row(index, identity, data, prev)
        except Misfit as misfit:
            # Without a tile the chain cannot tell which of two neighbours was changed; it was the first
            # one whose leaf is not the next `prev`.
            culprit = waiting if misfit.rule == "prev" and waiting is not None else index
            raise _Bad(misfit.told(culprit), culprit) from None
        if entry["kind"] in _NAMING_A_KEY and (vkey := _named_key(entry["body"])):
            named.append((index, vkey))
        leaves.append(leaf)
        if len(leaves) == _LEAVES_AT_ONCE:
            frontier.extend(leaves[: checkpoint.size - frontier.size])
            leaves.clear()
        prev, waiting = leaf.hex(), (index if published is None else None)
        expected += 1
        if progress is not None and expected % 5000 == 0:
            progress(expected, size)
    if expected < checkpoint.size:
        problem = f"the log ends at {expected} entries, but {checkpoint.size} were published: the tail is cut"
        raise _Bad(problem, expected)
    if (first := snapshot.first_index()) is not None and first < 0:
        raise _Bad(f"the table of entries has a row of index {first}, outside the log", first)
    frontier.extend(leaves[: checkpoint.size - frontier.size])
    if checkpoint.size and frontier.root() != checkpoint.root:
        raise _Bad("the entries do not give the root hash of the published checkpoint")
    return named


_LEAVES_AT_ONCE = 1024
_NAMING_A_KEY = ("BookOpened", "LogKeyRotated")


def _named_key(body: Any) -> str | None:
    """The key that the log is signed with from this entry on, if it says so."""
    vkey = body.get("vkey") if isinstance(body, dict) else None
    return vkey if isinstance(vkey, str) else None


class Misfit(Exception):
    """A row of the database that does not stand in the chain: `rule` says in what."""

    RULES: ClassVar[dict[str, str]] = {
        "bytes": "entry {index} is not in the one canonical form of an entry",
        "index": "entry {index} says that it has another index",
        "prev": "entry {index} does not follow entry {culprit}: its prev is not that entry's leaf hash",
        "id": "entry {index} is filed under an id that is not its own",
    }

    def __init__(self, rule: str, index: int) -> None:
        super().__init__(rule)
        self.rule = rule
        self.index = index

    def told(self, culprit: int) -> str:
        """One sentence; `culprit` is the entry before, where the chain cannot say which of the two it was."""
        return self.RULES[self.rule].format(index=self.index, culprit=culprit)


_KEYS = tuple(sorted(ENVELOPE_KEYS))  # canonical bytes hold them in this order
_SIGNED_KEYS = tuple(sorted({*ENVELOPE_KEYS, "sig"}))


def read_row(index: int, identity: str, data: bytes, prev: str) -> dict[str, Any]:
    """The entry in a row of the database at this place of the log, `prev` being the leaf before it, in hex.

    Raises Misfit.
    """
    try:
        entry = canonical.decode(data)
    except ValueError:
        raise Misfit("bytes", index) from None
    if type(entry) is not dict or tuple(entry) not in (_KEYS, _SIGNED_KEYS):
        raise Misfit("bytes", index)
    if entry["index"] != index or type(entry["index"]) is not int:
        raise Misfit("index", index)
    if entry["prev"] != prev:
        raise Misfit("prev", index)
    if entry["id"] != identity:
        raise Misfit("id", index)
    return entry
