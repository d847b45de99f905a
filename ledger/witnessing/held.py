"""What a witness holds of one log: the newest checkpoint that it confirmed, in a file that proves itself."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ledger.published.staging import put_in_place
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.cosignature import CosignatureKey, cosignature_time
from ledger.tlog.note import Note, open_note
from ledger.witnessing.evidence import Case, Evidence

CONTRADICTION = "contradiction"  # two roots signed for one size: a lie, and proof of it
UNPROVED = "unproved"  # signed and larger, but the proof that came with it does not hold


class HeldProblem(Exception):
    """What was held cannot be trusted, so nothing is confirmed; the message is one sentence."""


@dataclass(frozen=True)
class Held:
    """A confirmed checkpoint.

    Attributes:
        checkpoint: what was confirmed.
        time: POSIX seconds of the witness's cosignature.
        data: the signed note: the log's signatures and the witness's.
    """

    checkpoint: Checkpoint
    time: int
    data: bytes


def origin_hash(origin: str) -> str:
    """Hex SHA-256 of an origin: the log's folder, and its address at the witness (/logs/<hex>/)."""
    return sha256(origin.encode()).hexdigest()


class HeldLog:
    """A log's folder at its witness.

    checkpoint    the newest confirmed checkpoint with the witness's own cosignature: the state. The latter is
                  checked whenever it is read, so that damage is seen and never taken for a state
    origin        the log's name, for people; written when the log is added
    begun         made once a checkpoint was confirmed: after that, a missing one is damage, not a beginning
    evidence/     see Evidence; each case holds `request` (the exact bytes) and `held` (the checkpoint then)
    .lock         held while a request is checked and stored
    """

    def __init__(self, folder: Path, origin: str, key: CosignatureKey) -> None:
        self.folder = folder
        self.origin = origin
        self.evidence = Evidence(folder / "evidence")
        self._key = key

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else, thread or process, checks or stores for this log meanwhile. Raises HeldProblem."""
        try:
            file = (self.folder / ".lock").open("wb")
        except OSError as error:
            raise HeldProblem(f"the folder kept for {self.origin} cannot be used: {error.strerror}") from None
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def read(self) -> Held | None:
        """The newest confirmed checkpoint; None if there never was one. Raises HeldProblem on damage."""
        try:
            data = (self.folder / "checkpoint").read_bytes()
        except FileNotFoundError:
            if self.folder.is_dir() and not (self.folder / "begun").exists():
                return None
            raise HeldProblem(f"the checkpoint held of {self.origin} is gone") from None
        except OSError as error:
            raise HeldProblem(
                f"the checkpoint held of {self.origin} cannot be read: {error.strerror}"
            ) from None
        try:
            return self._open(data)
        except ValueError as error:
            raise HeldProblem(f"the checkpoint held of {self.origin} is damaged: {error}") from None

    def _open(self, data: bytes) -> Held:
        text, (own, *_) = open_note(data, [self._key])
        checkpoint = Checkpoint.parse(text)
        if checkpoint.origin != self.origin:
            raise ValueError(f"it is of {checkpoint.origin}")
        return Held(checkpoint, cosignature_time(own), data)

    def store(self, note: Note) -> None:
        """Hold this cosigned checkpoint from now on: on disk, whole, when this returns."""
        put_in_place(self.folder / "checkpoint", note.encode())
        if not (self.folder / "begun").exists():
            put_in_place(self.folder / "begun", b"")
        confirmed = Checkpoint.parse(note.text)
        self.evidence.drop(Case.of(UNPROVED, confirmed.size, confirmed.root))  # only the proof was bad

    def keep(self, request: bytes, signed: Checkpoint, held: Held) -> Case | None:
        """Keep what contradicts the held checkpoint, or did not prove that it does not. None if it is kept
        already or there is no room."""
        kind = CONTRADICTION if signed.size == held.checkpoint.size else UNPROVED
        case = Case.of(kind, signed.size, signed.root)
        return case if self.evidence.keep(case, {"held": held.data, "request": request}) else None
