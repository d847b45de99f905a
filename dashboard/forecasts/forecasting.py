"""From the ledger's views to forecasts and back into the store: the wiring of `forecast`, run as a job."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from dashboard.forecasts.kept import KeptWork, one_run_at_a_time, published_table
from dashboard.forecasts.pieces import Cutter, Parameters, Piece
from dashboard.forecasts.summary import Pooled, summary_of
from dashboard.forecasts.workers import Answer, Answered, Here
from forecast.evaluate import Backtest, pooled_coverage
from forecast.published import METHOD, running_on
from forecast.run import Taught, teach
from forecast.series.leadtime import MeasuredFrom
from ledger.domain.entries import Command
from ledger.domain.ids import derived_id
from ledger.published.staging import put_in_place
from ledger.record import SYSTEM

if TYPE_CHECKING:
    from ledger.record import Record
    from ledger.store.store import Snapshot

Progress = Callable[[int, int], None]
FAILURES_NAMED = 20


class Workers(Protocol):
    """What works on pieces: see `workers`."""

    cores: int

    def answers(self, pieces: Iterable[Piece], taught: Taught) -> Iterator[Answer]: ...


@dataclass(frozen=True)
class Run:
    """A run that is done.

    Attributes:
        forecasts: how many, failed ones included.
        failed: how many could not be computed as meant; `failures` names the first of them.
        lead_times: how many have a lead time from requests, from dispatches (transport only), or as set.
        taken_up: pieces that an earlier run, broken off, had done.
        table: SHA-256 of the table, see `forecast.published`.
        entry_index: of the entry that publishes it; None where it was not published.
    """

    log_size: int
    day: date
    forecasts: int
    failed: int
    failures: tuple[str, ...]
    lead_times: tuple[int, int, int]
    taken_up: int
    cores: int
    seconds: float
    table: str
    entry_index: int | None = None


def run_forecasts(
    record: Record,
    progress: Progress | None = None,
    workers: Workers | None = None,
    publish: bool = False,
    parameters: Parameters | None = None,
    waiting: Callable[[], None] | None = None,
) -> Run:
    """Forecast every item at every center, and keep the results for the pages; `progress` counts centers,
    `waiting` is called where another run of the book has to end first.

    What a run that was broken off has done is taken up. Raises WorkProblem when the workers fail: what was
    done stays kept.
    """
    told, working = parameters or Parameters(), workers or Here(1)
    begun = time.monotonic()
    today = record.now().astimezone(record.facts.zone).date()
    with one_run_at_a_time(record.home, waiting):
        with record.store.read() as snapshot:
            size = snapshot.size()
            table = compute(snapshot, size, today, told, record.home, working, progress)
        with record.store.write() as writing:
            writing.put_forecasts(table.rows(), table.summary)
        index = _publish(record, table, today, told) if publish else None
        table.work.done()
    seconds = round(time.monotonic() - begun, 1)
    return Run(
        size, today, table.forecasts, table.failed, tuple(table.failures), table.lead_times, table.taken_up,
        working.cores, seconds, table.print, index,
    )  # fmt: skip


class Table:
    """The answers of a whole run, on disk: read once for the print, once for the store."""

    def __init__(self, log_size: int, work: KeptWork) -> None:
        self.log_size, self.work = log_size, work
        self.forecasts = self.failed = self.taken_up = 0
        self.failures: list[str] = []
        self._pooled: Pooled = {}
        self._begun = Counter[str]()
        self._files: list[Path] = []
        self._digest = hashlib.sha256()

    def add(self, file: Path) -> None:
        self._files.append(file)
        for one in _read(file):
            self._digest.update(one.line.encode())
            self.forecasts += 1
            told = json.loads(one.result)
            self._pooled = pooled_coverage([_backtest(told)], self._pooled)
            self._begun[told["lead_time_from"]] += 1
            if one.reason == "failed":
                self.failed += 1
                self.failures += [f"{one.place}|{one.item}"][: FAILURES_NAMED - len(self.failures)]

    @property
    def print(self) -> str:
        return self._digest.hexdigest()

    @property
    def lead_times(self) -> tuple[int, int, int]:
        return self._begun[MeasuredFrom.REQUEST], self._begun[MeasuredFrom.DISPATCH], self._begun[""]

    @property
    def summary(self) -> str:
        """What all of them together say, for the store."""
        return summary_of(self._pooled)

    def rows(self) -> Iterator[tuple[str, str, int, str]]:
        """(place, item, log size, forecast as JSON), in order."""
        for file in self._files:
            for one in _read(file):
                yield one.place, one.item, self.log_size, one.result

    def lines(self) -> Iterator[bytes]:
        for file in self._files:
            yield from (one.line.encode() for one in _read(file))


def _backtest(told: dict[str, Any]) -> Backtest | None:
    return Backtest.from_dict(told["backtest"]) if told["backtest"] else None


def _read(file: Path) -> Iterator[Answered]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield Answered(*json.loads(line))


def compute(
    snapshot: Snapshot,
    log_size: int,
    today: date,
    parameters: Parameters,
    home: Path,
    workers: Workers,
    progress: Progress | None = None,
) -> Table:
    """The table of a snapshot whose views are those of `log_size` entries, worked out under `home`."""
    cutter = Cutter(snapshot, log_size, today, parameters)
    taught = teach(cutter.sample())
    work = KeptWork(home, log_size, _key(log_size, today, parameters, taught))
    table, done = Table(log_size, work), 0
    for centers, file in _answered(cutter.pieces(), taught, workers, work, table):
        table.add(file)
        done += centers
        if progress is not None:
            progress(done, len(cutter.centers))
    return table


def _answered(
    pieces: Iterable[Piece], taught: Taught, workers: Workers, work: KeptWork, table: Table
) -> Iterator[tuple[int, Path]]:
    """How many centers each piece has, and its answers, in order: what is kept, the others by the workers."""
    known: dict[int, tuple[int, Path]] = {}
    digests: dict[int, str] = {}

    def asked() -> Iterator[Piece]:
        for piece in pieces:
            digest = piece.digest()
            file = work.find(piece.number, digest)
            if file is None:
                digests[piece.number] = digest
                yield piece
            else:
                table.taken_up += 1
                known[piece.number] = (piece.centers, file)

    wanted = 0
    for piece, lines in workers.answers(asked(), taught):
        while wanted in known and wanted < piece.number:
            yield known.pop(wanted)
            wanted += 1
        yield piece.centers, work.keep(piece.number, digests.pop(piece.number), lines)
        wanted = piece.number + 1
    for number in sorted(known):
        yield known.pop(number)


def _key(log_size: int, today: date, parameters: Parameters, taught: Taught) -> str:
    told = [METHOD, running_on(), log_size, today.isoformat(), asdict(parameters), taught.as_dict()]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _publish(record: Record, table: Table, today: date, parameters: Parameters) -> int:
    """Keep the table under its print, then append the entry that names it; again is the same entry."""
    body = {
        "log_size": table.log_size, "day": today.isoformat(), "method": METHOD, "platform": running_on(),
        "parameters": asdict(parameters), "forecasts": table.forecasts, "failed": table.failed,
        "table": table.print,
    }  # fmt: skip
    put_in_place(published_table(record.home, table.print), table.lines())
    identity = derived_id("ForecastPublished", str(table.log_size), table.print, running_on())
    command = Command("ForecastPublished", identity, today.isoformat(), dict(SYSTEM), body)
    outcome = record.write([command])[0]
    if outcome.entry is None:
        raise RuntimeError(f"the run could not be published: {outcome.violations}")
    return outcome.entry.index
