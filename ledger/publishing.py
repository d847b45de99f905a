"""The publisher: signs what the log has grown by, has witnesses confirm it, and puts it where others read it.

One step, under the lock of HOME/log, each part on disk before the next begins:

    tiles and bundles -> the checkpoint signed (keys/last-signed) -> witnesses asked -> log/checkpoint

A crash anywhere leaves the old published checkpoint with all it needs; the next step goes on. What was signed
is never contradicted: ledger/published/README.md says what is compared before a key is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ledger.domain.entries import GENESIS_PREV
from ledger.home import Home, HomeProblem
from ledger.published.asking import Cadence
from ledger.published.evidence import keep_evidence
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
    """What this process wrote itself, one after another: entries `start` .. `stop`-1, and the last one's leaf
    hash (hex). Nothing, by default."""

    start: int = 0
    stop: int = 0
    leaf: str = ""


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

    def chained(self, start: int, stop: int) -> Iterator[bytes]:
        """Entries to publish. Raises PublishedError before one is signed that does not stand in the chain, or
        is not the last that this process wrote: it was changed since it was appended, and signing it would
        break the log for good.

        Of entries that this process wrote only the chain is looked at: if it ends in the leaf that this
        process holds, each is, byte for byte, what was checked when it was written.
        """
        own = self._own()
        with self._store.read() as snapshot:
            before = snapshot.entry_bytes(start - 1) if start else None
            prev = GENESIS_PREV if before is None else leaf_hash(before).hex()
            for expected, (index, identity, data) in enumerate(snapshot.entries(start, stop), start):
                if index != expected:
                    raise PublishedError(f"entry {expected} is missing: nothing is signed")
                if not (own.start <= index < own.stop <= stop and _follows(index, identity, data, prev)):
                    try:
                        read_row(index, identity, data, prev)
                    except Misfit as misfit:
                        raise PublishedError(f"{misfit.told(index - 1)}: nothing is signed") from None
                prev = leaf_hash(data).hex()
                if index + 1 == own.stop and prev != own.leaf:
                    raise PublishedError(f"entry {index} is not the one that was written: nothing is signed")
                yield data


def _follows(index: int, identity: str, data: bytes, prev: str) -> bool:
    """Whether an entry of ours has this place, id and `prev`, by its bytes: in the canonical form keys are in
    order, and no text can hold a quotation mark as it is."""
    at = data.rfind(b',"prev":"%b","recorded_at":"' % prev.encode())
    return at > 0 and b',"id":"%b","index":%d,"kind":"' % (identity.encode(), index) in data


def _with_evidence(home: Home, fork: ForkError) -> ForkError:
    text = f"{fork}\n\n{fork.evidence}"
    for what, path in (("published", home.log / "checkpoint"), ("last signed", home.last_signed_file)):
        if path.is_file():
            text += f"\nthe {what} checkpoint:\n\n{path.read_text(encoding='utf-8', errors='replace')}"
    kept_in = keep_evidence(home.evidence, str(fork)[:60], text)
    kept = f" (evidence: {kept_in.relative_to(home.path)})" if kept_in else ""
    return ForkError(f"{fork}{kept}", fork.evidence)


