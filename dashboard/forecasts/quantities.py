"""The answers to a history on their way into files: by groups of series as they come, out in order of names.

Both files are written beside their place and moved there when they are whole.
"""

from __future__ import annotations

import csv
import heapq
import io
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

HEADING = ("series_id", "level", "quantity")
IN_MEMORY_BYTES = 8_000_000
BLOCK_BYTES = 65_536
ENCODING: Any = {"encoding": "utf-8", "errors": "surrogateescape", "newline": ""}
"""A name that is no UTF-8 is written as the very bytes that were read."""


@dataclass(frozen=True)
class Said:
    """What is said of a series: whole quantities, in the order of the levels asked, and its report entry."""

    name: str
    quantities: list[int]
    entry: dict[str, Any]


class PlaceProblem(Exception):
    """A file cannot be written where it was asked for; the message is one sentence."""


class Written:
    """Groups of answers, each kept in order of names. A context: the temporary file goes with it."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115
        self._bounds: list[tuple[int, int]] = []

    def __enter__(self) -> Written:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def put(self, said: Sequence[Said]) -> None:
        start = self._file.tell()
        for one in sorted(said, key=lambda one: one.name):
            self._file.write(json.dumps([one.name, one.quantities, one.entry]).encode() + b"\n")
        self._bounds.append((start, self._file.tell()))

    def finish(self, levels: Sequence[str], head: dict[str, Any], out: Path, report: Path | None) -> None:
        """Write both files."""
        with ExitStack() as files:
            answers = files.enter_context(_whole_or_not_at_all(out))
            entries = files.enter_context(_whole_or_not_at_all(report)) if report else io.StringIO()
            table = csv.writer(answers, lineterminator="\n")
            table.writerow(HEADING)
            entries.write(json.dumps(head, indent=1)[:-2] + ',\n "series": [')
            between = "\n  "
            for name, quantities, entry in self._in_order():
                table.writerows((name, *pair) for pair in zip(levels, quantities, strict=True))
                if report:
                    entries.write(between + json.dumps(entry))
                    between = ",\n  "
            entries.write("\n ]\n}\n")

    def _in_order(self) -> Iterator[list[Any]]:
        groups = [self._group(start, end) for start, end in self._bounds]
        return heapq.merge(*groups, key=lambda line: line[0])

    def _group(self, start: int, end: int) -> Iterator[list[Any]]:
        rest = b""
        while start < end:
            self._file.seek(start)
            block = self._file.read(min(BLOCK_BYTES, end - start))
            start += len(block)
            *lines, rest = (rest + block).split(b"\n")
            yield from map(json.loads, lines)


def check_places(history: Path, out: Path, report: Path | None) -> None:
    """Refuse, before any work, what could not be written at its end, or would cover the history itself."""
    places = [out, report] if report else [out]
    for place in places:
        if place.is_dir():
            raise PlaceProblem(f"{place} is a folder; name a file")
        if not place.absolute().parent.is_dir():
            raise PlaceProblem(f"there is no folder {place.parent} to write {place.name} in")
    names = [place.resolve() for place in [history, *places]]
    if len(set(names)) < len(names):
        raise PlaceProblem("the history, the answers and the report must be three different files")


@contextmanager
def _whole_or_not_at_all(place: Path) -> Iterator[IO[str]]:
    """A file written beside its place and moved there at the end; a pipe or device is written as it is."""
    if place.exists() and not place.is_file():
        with place.open("w", **ENCODING) as file:
            yield file
        return
    place = place.resolve()  # the file that a link names, not the link: /dev/stdout is one
    aside = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        with aside.open("w", **ENCODING) as file:
            yield file
        os.replace(aside, place)
    finally:
        aside.unlink(missing_ok=True)
