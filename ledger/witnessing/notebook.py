"""What a monitor has written down about one log: how far it read, every checkpoint it saw, what was wrong.

    STATE/state.json     how far; replaced whole
    STATE/seen.jsonl     every signed checkpoint seen, a line each: {"at", "where", "note"}; only grows
    STATE/evidence/...   see Evidence
    STATE/.lock          one monitor at a time
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ledger.published.staging import put_in_place
from ledger.witnessing.entries import Place
from ledger.witnessing.evidence import Evidence

VERSION = 1


class NotebookProblem(Exception):
    """The folder cannot be used; the message is one sentence."""


@dataclass(frozen=True)
class Sighting:
    """A signed checkpoint: when it was seen (POSIX seconds), where (an address), and its exact text."""

    at: int
    where: str
    note: str


@dataclass(frozen=True)
class State:
    """How far a monitor is.

    Attributes:
        origin: the log; "" before the first checkpoint.
        head: the newest checkpoint that continues all before it; None before the first.
        grew_at: when its size was first seen, POSIX seconds.
        fresh: newest cosignature of a known witness seen at the log, POSIX seconds; 0: none.
        hashed: number of entries whose hashes were found and lead to the signed root.
        place: how far their bytes were read.
        again: which bundle is read again next.
        waiting: checkpoints seen elsewhere that are larger than the head, compared once it has grown.
        shown: address -> hex SHA-256 of the signed checkpoint seen there last.
    """

    origin: str = ""
    head: Sighting | None = None
    grew_at: int = 0
    fresh: int = 0
    hashed: int = 0
    place: Place = field(default_factory=Place)
    again: int = 0
    waiting: tuple[Sighting, ...] = ()
    shown: dict[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        """As JSON."""
        return (json.dumps(asdict(self) | {"v": VERSION}, ensure_ascii=False, indent=1) + "\n").encode()

    @classmethod
    def decode(cls, data: bytes) -> State:
        """Raises ValueError, KeyError or TypeError for what `encode` did not write."""
        told: dict[str, Any] = json.loads(data)
        if told.pop("v") != VERSION:
            raise ValueError("it is of another version of this program")
        head = Sighting(**told["head"]) if told["head"] else None
        waiting = tuple(Sighting(**each) for each in told["waiting"])
        return replace(cls(**told), head=head, place=Place(**told["place"]), waiting=waiting)


class Notebook:
    """The folder of a monitor."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.evidence = Evidence(folder / "evidence")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Use the folder alone. Raises NotebookProblem if another monitor does."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = (self.folder / ".lock").open("wb")
        except OSError as error:
            raise NotebookProblem(f"{self.folder} cannot be used: {error.strerror}") from None
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise NotebookProblem(f"another monitor is at work in {self.folder}") from None
            yield

    def load(self) -> State:
        """The state, a new one at first. Raises NotebookProblem if it is damaged."""
        try:
            return State.decode((self.folder / "state.json").read_bytes())
        except FileNotFoundError:
            if (self.folder / "seen.jsonl").exists():
                raise NotebookProblem(
                    f"state.json is gone from {self.folder}, though something was seen before"
                ) from None
            return State()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NotebookProblem(f"state.json in {self.folder} cannot be read: {error}") from None

    def save(self, state: State) -> None:
        """Keep the state, on disk when this returns."""
        put_in_place(self.folder / "state.json", state.encode())

    def saw(self, sighting: Sighting) -> None:
        """Write down a checkpoint, on disk when this returns. A torn last line is left to stand alone."""
        line = json.dumps(asdict(sighting), ensure_ascii=False)
        with (self.folder / "seen.jsonl").open("ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                line = line if file.read(1) == b"\n" else "\n" + line
            file.write((line + "\n").encode())
            file.flush()
            os.fsync(file.fileno())
