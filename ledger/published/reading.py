"""Checking a log from its published bytes alone, in a folder or at an address."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from ledger.published.ahead import AheadSource
from ledger.published.learned import AuthorCounts
from ledger.published.older import other_signers
from ledger.published.source import (
    FolderSource,
    HttpSource,
    SourceError,
    TileSource,
    open_source,
    read_checkpoint,
)
from ledger.published.walking import Bad, Progress, Walk
from ledger.tlog.cosignature import moment_of
from ledger.tlog.note import VerifierKey
from ledger.tlog.policy import Policy, Witnessed
from ledger.tlog.verdict import Verdict

__all__ = ["FolderSource", "HttpSource", "PublishedVerdict", "TileSource", "open_source", "verify_base"]


@dataclass(frozen=True)
class PublishedVerdict(Verdict):
    """A verdict on published bytes, and what was seen besides.

    Attributes:
        witnesses: those of the policy that cosigned -> when, YYYY-MM-DDTHH:MM:SSZ ("" where untold).
        held_back: newest entries whose bytes are not published yet; their hashes were checked.
        log_key: the verifier key that the log's own entries name as its present one; None where none does.
        authors: how many entries are signed by whom they are of; None unless asked for.
    """

    witnesses: dict[str, str] = field(default_factory=dict)
    held_back: int = 0
    log_key: str | None = None
    authors: AuthorCounts | None = None


def verify_base(
    base: str | Path | TileSource,
    trusted: str | VerifierKey | Policy,
    old: bytes | None = None,
    progress: Progress | None = None,
    *,
    delayed: bool = False,
    authors: bool = False,
) -> PublishedVerdict:
    """Verify a whole published log, trusting only a verifier key, or a policy of keys and witnesses.

    Checked are: the checkpoint's signatures and origin (the key's name), and the policy's quorum; every entry
    against its level-0 tile; each entry's canonical form, `index` and `prev` (the leaf hash of the entry
    before); every higher tile and the root, all computed anew from the entries; that the key which the
    entries themselves name as the log's (BookOpened, LogKeyRotated) signed the checkpoint; and, if the bytes
    of an older signed checkpoint are given, that its tree is a prefix: it may be signed by a trusted key or
    by one that the entries name, so that it outlives a change of key. Damage of any kind is a verdict naming
    the place, never an exception.

    Args:
        delayed: bytes of the newest entries may be missing, from the number on that the base's
            `entries-published` tells; their hashes are checked, and how many they are is told.
        authors: check every author's signature too, and count them; a bad one fails.
    """
    opened: Witnessed | None = None
    walk: Walk | None = None
    problem, index = None, None
    try:
        policy = _policy(trusted)
        source = open_source(base) if isinstance(base, str | Path) else base
        note = read_checkpoint(source)
        opened = _open(note, policy)
        walk = Walk(source, note, opened.checkpoint, authors)
        if old is not None:
            walk.expect(old, [line.key for line in policy.logs])
        with ExitStack() as stack:
            if isinstance(source, HttpSource):
                walk.source = stack.enter_context(AheadSource(source, walk.plan()))
            walk.run(delayed, progress)
    except Bad as bad:
        problem, index = str(bad), bad.index
    except (SourceError, ValueError) as error:
        problem = str(error)
    return _verdict(problem, index, opened, walk)


def _policy(trusted: str | VerifierKey | Policy) -> Policy:
    if isinstance(trusted, Policy):
        return trusted
    return Policy.of_log(VerifierKey.parse(trusted) if isinstance(trusted, str) else trusted)


def _open(note: bytes, policy: Policy) -> Witnessed:
    """Verify the base's checkpoint. Raises Bad, which says by whom it is signed if by nobody known."""
    try:
        return policy.open_checkpoint(note)
    except ValueError as error:
        instead = other_signers(note, [line.key for line in policy.logs])
        needed = f"; it is signed by {instead}, whose verifier key is needed to check it" if instead else ""
        raise Bad(f"checkpoint: {error}{needed}") from None


def _verdict(
    problem: str | None, index: int | None, opened: Witnessed | None, walk: Walk | None
) -> PublishedVerdict:
    checkpoint = opened.checkpoint if opened else None
    present = walk.keys.present if walk else None
    return PublishedVerdict(
        ok=problem is None,
        size=checkpoint.size if checkpoint else None,
        root=checkpoint.root_base64 if checkpoint else None,
        first_bad_index=index,
        problem=problem,
        witnesses={name: _moment(seconds) for name, seconds in opened.times.items()} if opened else {},
        held_back=walk.held_back if walk else 0,
        log_key=str(present) if present else None,
        authors=walk.authors.counts() if walk and walk.authors else None,
    )


def _moment(seconds: int) -> str:
    if not seconds:  # by 0 an ML-DSA-44 cosignature states no time (tlog-cosignature)
        return ""
    return f"{moment_of(seconds):%Y-%m-%dT%H:%M:%SZ}"
