"""A history CSV of any size and order, put by so that some of its series can be taken up at a time.

Columns: series_id, t (YYYY-MM-DD), y. Others are passed over, but for `available` (0: the shelf was empty at
the period's end) and, where all four are there, stock_initial, stock_received, stock_adjustment, stock_end.

Rows are put in 256 parts by a hash of their series' name as they are read: the first parts are a fair sample
of the series, and the same one in whatever order the rows come. Beyond 16 MB the parts lie in a temporary
file, so that memory does not grow with the table.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import os
import struct
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.tables.periods import EPOCH
from forecast.tables.table import EMPTY_AT_END, NO_DAY, NOTHING_TO_GIVE, Rows, Table, tabulate

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
Flags = NDArray[np.uint8]
Progress = Callable[[int, int], None]

REQUIRED = ("series_id", "t", "y")
STOCK = ("stock_initial", "stock_received", "stock_adjustment", "stock_end")
PARTS = 256
LONGEST_DATE = len("2026-11-24")
ROWS_READ_AT_ONCE = 100_000
ROWS_TAKEN_UP_AT_ONCE = 200_000
IN_MEMORY_BYTES = 16_000_000
_HEAD = struct.Struct("<QQ")
_EPOCH = EPOCH.toordinal()


class HistoryProblem(Exception):
    """The file cannot be read as a history; the message is one sentence."""


class Histories:
    """The rows of a history CSV. A context: the temporary file goes with it.

    Attributes:
        rows: how many there are, blank lines left out.
        days: the distinct days, from 1970-01-01, rising.
        stock_known: some column says when the shelf was empty.
        sha256: of the file's bytes, in hex.
    """

    def __init__(self) -> None:
        self.rows = 0
        self.days: IntArray = np.zeros(0, dtype=np.int64)
        self.stock_known = False
        self.sha256 = ""
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115
        self._pieces: list[list[tuple[int, int]]] = [[] for _ in range(PARTS)]

    def __enter__(self) -> Histories:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    def put(
        self, names: Sequence[str], series: IntArray, days: IntArray, demand: FloatArray, flags: Flags
    ) -> None:
        """Put rows by; `series` says which of `names` each belongs to."""
        part_of_name = np.array([_part(name) for name in names], dtype=np.int64)
        parts = part_of_name[series]
        order = np.argsort(parts, kind="stable")
        bounds = np.searchsorted(parts[order], np.arange(PARTS + 1))
        for part in np.unique(parts).tolist():
            chosen = order[bounds[part] : bounds[part + 1]]
            used, own = np.unique(series[chosen], return_inverse=True)
            text = json.dumps([names[i] for i in used.tolist()]).encode()
            columns = own.astype("<i8"), days[chosen].astype("<i8"), demand[chosen].astype("<f8")
            start = self._file.tell()
            self._file.write(_HEAD.pack(len(text), chosen.size) + text)
            for column in (*columns, flags[chosen].astype("u1")):
                self._file.write(column.tobytes())
            self._pieces[part].append((start, chosen.size))
        self.rows += series.size

    def groups(self, rows: int | None = None) -> Iterator[Rows]:
        """All series, about so many rows at a time, each series whole; the first are a fair sample."""
        most = ROWS_TAKEN_UP_AT_ONCE if rows is None else rows
        waiting: list[int] = []
        size = 0
        for part in range(PARTS):
            count = sum(held for _, held in self._pieces[part])
            if waiting and size + count > most:
                yield self._rows(waiting)
                waiting, size = [], 0
            if count:
                waiting.append(part)
                size += count
        if waiting:
            yield self._rows(waiting)

    def _rows(self, parts: Sequence[int]) -> Rows:
        pieces = [self._piece(start) for part in parts for start, _ in self._pieces[part]]
        names = tuple(sorted({name for own, *_ in pieces for name in own}))
        number = {name: i for i, name in enumerate(names)}
        series = [
            np.array([number[name] for name in own], dtype=np.int64)[place] for own, place, *_ in pieces
        ]
        days, demand, flags = (np.concatenate([piece[k] for piece in pieces]) for k in (2, 3, 4))
        return Rows(names, np.concatenate(series), days, demand, flags)

    def _piece(self, start: int) -> tuple[list[str], IntArray, IntArray, FloatArray, Flags]:
        self._file.seek(start)
        text_size, rows = _HEAD.unpack(self._file.read(_HEAD.size))
        names = json.loads(self._file.read(text_size))
        series, days, demand = (
            np.frombuffer(self._file.read(8 * rows), kind) for kind in ("<i8", "<i8", "<f8")
        )
        return names, series, days, demand, np.frombuffer(self._file.read(rows), "u1")


def read_histories(path: Path, progress: Progress | None = None) -> Histories:
    """Read a whole CSV; whoever calls closes what is returned. Raises HistoryProblem and OSError."""
    found = Histories()
    try:
        with path.open("rb", buffering=0) as raw:
            size, seen = os.fstat(raw.fileno()).st_size, _Seen(raw)
            # Names that are no UTF-8 pass through to the answers byte for byte.
            text = io.BufferedReader(seen, 1 << 18)
            lines = io.TextIOWrapper(text, encoding="utf-8-sig", errors="surrogateescape", newline="")
            reader = csv.reader(lines)
            try:
                cells = _Cells(next(reader, []), path.name)
                for piece in iter(lambda: list(islice(reader, ROWS_READ_AT_ONCE)), []):
                    found.put(*cells.columns(piece))
                    if progress:
                        progress(seen.bytes, size)
            except csv.Error as error:
                raise HistoryProblem(f"{path.name}, line {reader.line_num}: {error}") from None
        found.days, found.stock_known = cells.distinct_days(), cells.stock_known
        found.sha256 = seen.sha256.hexdigest()
    except BaseException:
        found.close()
        raise
    return found


def read_table(path: Path, fill_gaps: bool = False, season: int | None = None) -> Table:
    """The whole history in memory, on its calendar. Raises HistoryProblem and OSError."""
    with read_histories(path) as histories:
        groups = list(histories.groups(max(1, histories.rows)))
    if not groups:
        raise HistoryProblem(f"{path.name} has no row below its heading")
    return tabulate(groups[0], fill_gaps, season=season)


class _Seen(io.RawIOBase):
    """A file that remembers how many bytes were read, and their SHA-256."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw
        self.bytes = 0
        self.sha256 = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._raw.readinto(buffer) or 0
        self.bytes += count
        self.sha256.update(memoryview(buffer)[:count])
        return count


class _Cells:
    """The cells of rows made into columns of numbers, by the heading of the file."""

    def __init__(self, heading: Sequence[str], file: str) -> None:
        names = [cell.strip().lower() for cell in heading]
        if not any(names):
            raise HistoryProblem(
                f"{file} is empty: its first line must name the columns {', '.join(REQUIRED)}"
            )
        for name in REQUIRED:
            if names.count(name) != 1:
                how = "has no column" if name not in names else "names more than one column"
                raise HistoryProblem(
                    f"{file} {how} {name}; needed are {', '.join(REQUIRED)}, separated by commas"
                )
        self._required = [names.index(name) for name in REQUIRED]
        self._available = names.index("available") if "available" in names else None
        self._stock = [names.index(name) for name in STOCK] if set(STOCK) <= set(names) else []
        self._days: dict[str, int] = {}
        self._distinct: set[int] = set()
        self.stock_known = self._available is not None or bool(self._stock)
        known = [*self._required, *self._stock, self._available or 0]
        self._width = max(known) + 1

    def columns(
        self, rows: Sequence[Sequence[str]]
    ) -> tuple[list[str], IntArray, IntArray, FloatArray, Flags]:
        """Names, and for each row: which name, day, demand, flags; blank lines left out."""
        number: dict[str, int] = {}
        series, days, demand, flags = [], [], [], []
        at_name, at_day, at_demand = self._required
        for row in rows:
            cells = row if len(row) >= self._width else [*row, *[""] * (self._width - len(row))]
            name, day = cells[at_name], cells[at_day]
            if not (name or day or cells[at_demand]):
                continue
            series.append(number.setdefault(name, len(number)))
            known = self._days.get(day)
            days.append(self._day(day) if known is None else known)
            demand.append(_number(cells[at_demand]))
            flags.append(self._flags(cells) if self.stock_known else 0)
        return (
            list(number),
            np.array(series, dtype=np.int64),
            np.array(days, dtype=np.int64),
            np.array(demand, dtype=np.float64),
            np.array(flags, dtype=np.uint8),
        )

    def distinct_days(self) -> IntArray:
        return np.array(sorted(self._distinct), dtype=np.int64)

    def _day(self, text: str) -> int:
        """Days from 1970-01-01; a time after the date is passed over. NO_DAY for what is no date."""
        try:
            day = date.fromisoformat(text.strip()[:LONGEST_DATE]).toordinal() - _EPOCH
        except ValueError:
            return NO_DAY
        self._distinct.add(day)
        if len(text) <= LONGEST_DATE:
            self._days[text] = day
        return day

    def _flags(self, cells: Sequence[str]) -> int:
        flags = 0
        if self._available is not None and _number(cells[self._available]) == 0:
            flags |= EMPTY_AT_END
        if self._stock:
            initial, received, adjustment, end = (_number(cells[i]) for i in self._stock)
            if end <= 0:
                flags |= EMPTY_AT_END
            if initial + received + (adjustment if adjustment > 0 else 0.0) <= 0:
                flags |= NOTHING_TO_GIVE
        return flags


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _part(name: str) -> int:
    return hashlib.blake2b(name.encode("utf-8", "surrogateescape"), digest_size=1).digest()[0]
