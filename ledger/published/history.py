"""log/witnessed/<YYYY-MM-DD>.jsonl: cosigned checkpoints as they were published, to date entries by.

A line is `{"time":...,"size":...,"checkpoint":...}`: the earliest cosignature time (UTC), the tree size, the
note. An entry below that size was recorded no later than that time, whatever it says itself. One line in ten
minutes is kept, and what stands between in log/checkpoint alone is added before it is replaced.
"""

from __future__ import annotations

import json
import os
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ledger.home import Home
from ledger.published.cosigned import cosignatures, read_policy, times_of
from ledger.published.source import FolderSource, SourceError, read_checkpoint
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.cosignature import moment_of
from ledger.tlog.note import Note, parse_note
from ledger.tlog.policy import Policy

FOLDER = "witnessed"
KEPT_SECONDS = 600


@dataclass(frozen=True)
class Seen:
    """One cosigned checkpoint: POSIX seconds of its earliest cosignature, tree size, note."""

    seconds: int
    size: int
    note: Note


def seen_of(note: Note, policy: Policy) -> Seen | None:
    """A cosigned checkpoint as a line of the history; None without a cosignature that tells a time."""
    times = times_of(cosignatures(note, policy))
    return Seen(min(times.values()), Checkpoint.parse(note.text).size, note) if times else None


def keep(log: Path, outgoing: Seen | None, incoming: Seen | None) -> None:
    """Add what `log/checkpoint` held, and what it holds now, as far as ten minutes have passed.

    Called before the checkpoint is replaced, so that a crash in between loses no line. Raises OSError.
    """
    last = _last(log)
    for one in (outgoing, incoming):
        now = incoming.seconds if incoming else 0
        if one and (last is None or (one.size > last.size and now - last.seconds >= KEPT_SECONDS)):
            _append(log, one)
            last = one


def _append(log: Path, seen: Seen) -> None:
    moment = moment_of(seen.seconds)
    path = log / FOLDER / f"{moment:%Y-%m-%d}.jsonl"
    path.parent.mkdir(exist_ok=True)
    line = {
        "time": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "size": seen.size, "checkpoint": seen.note.encode().decode(),
    }  # fmt: skip
    with path.open("ab+") as file:
        torn = file.tell() and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n"
        data = json.dumps(line, ensure_ascii=False).encode() + b"\n"
        file.write(b"\n" + data if torn else data)
        file.flush()
        os.fsync(file.fileno())


def _last(log: Path) -> Seen | None:
    for path in reversed(_files(log)):
        for seen in reversed(list(_lines(path))):
            return seen
    return None


def _files(log: Path) -> list[Path]:
    return sorted((log / FOLDER).glob("????-??-??.jsonl"))


def _lines(path: Path) -> Iterator[Seen]:
    """The lines of a file that can be read; a torn one is passed over."""
    try:
        data = path.read_bytes()
    except OSError:
        return
    for line in data.split(b"\n"):
        if (seen := _seen(line)) is not None:
            yield seen


def _seen(line: bytes) -> Seen | None:
    try:
        told: Any = json.loads(line)
        seconds = int(datetime.fromisoformat(told["time"]).timestamp())
        return Seen(seconds, int(told["size"]), parse_note(told["checkpoint"].encode()))
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


def witnessed_by(home: Home, index: int) -> tuple[datetime, int, list[str]] | None:
    """The earliest kept cosignature that covers an entry: an upper bound of when it was recorded.

    (its time, size of that checkpoint, names of the policy's witnesses on it); None where no cosigned
    checkpoint covers the entry, or none of the witnesses of today's policy is on it. Raises PolicyError.
    """
    policy = read_policy(home.policy_file)
    for seen in _covering(home.log, index):
        cosigned = cosignatures(seen.note, policy)
        if times := times_of(cosigned):
            return moment_of(min(times.values())), seen.size, list(cosigned)
    return None


def _covering(log: Path, index: int) -> Iterator[Seen]:
    """The first kept checkpoint of a size above `index`, then the published one if none is kept."""
    files = _files(log)
    sizes = _FirstSizes(files)
    # The last file that begins at or below `index` may hold the wanted line; else the next one begins above.
    start = max(bisect_right(sizes, index) - 1, 0)
    for path in files[start : start + 2]:
        lines = list(_lines(path))
        at = bisect_right([seen.size for seen in lines], index)
        if at < len(lines):
            yield lines[at]
            return
    try:
        note = parse_note(read_checkpoint(FolderSource(log)))
        size = Checkpoint.parse(note.text).size
    except (SourceError, ValueError):
        return
    if size > index:
        yield Seen(0, size, note)


class _FirstSizes:
    """Size of the first line of each file, read when bisection asks for it."""

    def __init__(self, files: list[Path]) -> None:
        self._files = files

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, at: int) -> int:
        first = next(_lines(self._files[at]), None)
        return first.size if first else -1
