"""Who outside has confirmed the record, and up to where: what every page says. Reads three small files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from ledger.home import Home
from ledger.published.cosigned import cosignatures, read_entries_published, read_policy, times_of
from ledger.published.source import FolderSource, SourceError, read_checkpoint
from ledger.published.state import WitnessState, read_state
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.cosignature import moment_of
from ledger.tlog.note import parse_note
from ledger.tlog.policy import Policy, PolicyError


@dataclass(frozen=True)
class WitnessSeen:
    """One witness: size and time of the newest cosignature of it that we hold, and why there is no newer."""

    name: str
    key_name: str
    size: int | None
    time: datetime | None
    problem: str | None


@dataclass(frozen=True)
class Confirmation:
    """How far the record is confirmed.

    Attributes:
        published_size: entries that the published checkpoint covers; 0 if nothing is published.
        signed_size: entries that the log has signed; what lies above `published_size` waits for witnesses.
        witnesses: those of the policy, in its order.
        needed: the least number of them whose cosignatures suffice; 0: none is asked for.
        times: witness -> when it confirmed the published checkpoint (of its cosignature, verified).
        problem: why the last attempt signed or published nothing, if so.
    """

    published_size: int
    signed_size: int
    witnesses: tuple[WitnessSeen, ...]
    needed: int
    times: dict[str, datetime]
    problem: str | None = None

    @property
    def newest(self) -> datetime | None:
        """When somebody outside last confirmed the published checkpoint."""
        return max(self.times.values(), default=None)


def read_confirmation(home: Home) -> Confirmation:
    """As it is now. A policy or checkpoint that cannot be read confirms nothing; nothing is raised for it."""
    stamps = tuple(map(_stamp, (home.log / "checkpoint", home.policy_file, home.publishing_file)))
    return _read(home, stamps)


def entries_published(home: Home) -> int:
    """How many entries' bytes stand in the published bundles: all that are published, unless delayed."""
    size = read_confirmation(home).published_size
    shown = read_entries_published(home.log)
    return size if shown is None else min(size, shown)


def _stamp(path: Path) -> tuple[int, int, int]:
    """Changes when the file does: they are replaced whole, so each version is a file of its own."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=16)
def _read(home: Home, stamps: tuple[tuple[int, int, int], ...]) -> Confirmation:
    try:
        policy = read_policy(home.policy_file)
    except PolicyError:
        policy = Policy()
    state = read_state(home.publishing_file)
    size, times = 0, {}
    try:
        note = parse_note(read_checkpoint(FolderSource(home.log)))
        size = Checkpoint.parse(note.text).size
        found = times_of(cosignatures(note, policy))
        times = {name: moment_of(seconds) for name, seconds in found.items()}
    except (SourceError, ValueError):
        pass
    witnesses = []
    for line in policy.witnesses:
        known = state.witnesses.get(line.name, WitnessState(""))
        if known.key_name != line.key.name:
            known = WitnessState(line.key.name)
        witnesses.append(_seen(line.name, known, size, times.get(line.name)))
    signed = max(size, state.signed_size)
    return Confirmation(size, signed, tuple(witnesses), policy.needed()[0], times, state.problem)


def _seen(name: str, known: WitnessState, size: int, time: datetime | None) -> WitnessSeen:
    """The newest of what the last step noted and what stands on the published checkpoint."""
    if known.time and (time is None or known.time >= time.timestamp()):
        return WitnessSeen(name, known.key_name, known.size, moment_of(known.time), known.problem)
    return WitnessSeen(name, known.key_name, size if time else None, time, known.problem)
