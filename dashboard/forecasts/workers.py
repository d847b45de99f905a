"""Pieces of a run worked on: by this process, on all cores, or on a Dask cluster.

Few pieces are under way at a time, so that memory does not grow with their number. What a worker does
depends on the piece and on what the run was taught alone.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from importlib import import_module
from typing import Any, NamedTuple

from dashboard.forecasts.pieces import Asked, Piece, request_of
from forecast.emergency.burn import surge_days
from forecast.emergency.surge import item_surges, levelled
from forecast.published import table_line
from forecast.request import CONSUMABLE, Forecast, ForecastRequest
from forecast.run import Taught, failed_forecast, forecast_many
from forecast.series.demand import DemandSeries
from forecast.stock.policy import StockPolicy

Answer = tuple[Piece, str]
AHEAD = 2
"""Pieces waiting for each worker."""
CONNECT_SECONDS = 10
_log = logging.getLogger(__name__)
_known: dict[str, Taught] = {}


class Answered(NamedTuple):
    """One forecast as workers hand it over: its reason, itself as JSON, and its line of the table."""

    place: str
    item: str
    reason: str
    result: str
    line: str


class WorkProblem(Exception):
    """The workers cannot work; the message is one sentence for people."""


def answer_piece(piece: Piece, taught: Taught) -> str:
    """The forecasts of a piece as lines of JSON: an `Answered` for each item asked of.

    A series that cannot even be read gets a forecast that says "failed": none is dropped.
    """
    requests: list[ForecastRequest] = []
    failed: dict[int, Forecast] = {}
    for place, asked in enumerate(piece.asked):
        try:
            requests.append(request_of(piece, asked))
        except Exception as error:
            _log.warning("%s|%s failed: %s", asked.place, asked.item, error)
            failed[place] = failed_forecast(_nothing_known(piece, asked))
    answers, surges = iter(forecast_many(requests, taught=taught)), _surges(requests)
    told = []
    for place, asked in enumerate(piece.asked):
        forecast = failed[place] if place in failed else next(answers)
        line = table_line(forecast).decode()
        result = json.dumps(forecast.as_dict() | surges.get(forecast.key, {}))
        told.append(Answered(asked.place, asked.item, forecast.reason, result, line))
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in told)


def _surges(requests: Sequence[ForecastRequest]) -> dict[str, dict[str, Any]]:
    """Key -> the days of its present surge, to lie beside the forecast: targets are raised by them."""
    told, known = [], []
    for one in requests:
        if one.kind == CONSUMABLE:
            with suppress(Exception):  # what cannot be levelled is told by its forecast
                known.append(levelled(one.series, one.rng()))
                told.append(one)
    return {
        one.key: {"surge": surge_days(one.series, surge.since).as_dict()}
        for one, surge in zip(told, item_surges(known), strict=True)
        if surge is not None and surge.since is not None
    }


def _nothing_known(piece: Piece, asked: Asked) -> ForecastRequest:
    return ForecastRequest(
        f"{asked.place}|{asked.item}", DemandSeries(piece.today, (), (), ()), asked.interval,
        StockPolicy.of(asked.criticality), piece.log_size, asked.kind, asked.item, band_days=piece.band_days,
    )  # fmt: skip


def cores_here() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Here:
    """This machine; `jobs` processes, or none beside this one for 1."""

    def __init__(self, jobs: int) -> None:
        self.cores = jobs

    def answers(self, pieces: Iterable[Piece], taught: Taught) -> Iterator[Answer]:
        """In the order of the pieces. Raises WorkProblem when a process was killed."""
        if self.cores == 1:
            yield from ((piece, answer_piece(piece, taught)) for piece in pieces)
            return
        # Forked, a worker has all modules loaded; elsewhere forking is not safe. It touches no database.
        context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
        pool = ProcessPoolExecutor(self.cores, context, initializer=_begin, initargs=(taught,))
        try:
            yield from _in_order(pieces, lambda piece: pool.submit(_answer_known, piece), AHEAD * self.cores)
        except BrokenProcessPool:
            raise WorkProblem(
                "a worker was killed, perhaps for want of memory; what was done is kept, so run it again"
            ) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _begin(taught: Taught) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the process that asks ends the others
    _known["taught"] = taught


def _answer_known(piece: Piece) -> str:
    return answer_piece(piece, _known["taught"])


class Cluster:
    """A Dask scheduler at `address`, as tcp://host:8786; its workers have this version of the program."""

    def __init__(self, address: str) -> None:
        try:
            distributed = import_module("distributed")
        except ImportError:
            raise WorkProblem(
                "--scheduler needs the package distributed: install mingzhang with the extra cluster"
            ) from None
        try:
            self._client: Any = distributed.Client(address, timeout=CONNECT_SECONDS)
        except (OSError, TimeoutError, ValueError) as error:
            why = str(error).strip().partition("\n")[0]
            raise WorkProblem(f"no Dask scheduler answers at {address}: {why}") from None
        self.cores = sum(self._client.ncores().values())
        if not self.cores:
            self.close()
            raise WorkProblem(f"the Dask scheduler at {address} has no workers")

    def answers(self, pieces: Iterable[Piece], taught: Taught) -> Iterator[Answer]:
        lost = (
            import_module("distributed.client").FutureCancelledError,
            import_module("distributed.scheduler").KilledWorker,
            OSError,
        )
        try:
            known = self._client.scatter(taught, broadcast=True, hash=False)

            def begin(piece: Piece) -> Any:
                return self._client.submit(answer_piece, piece, known, pure=False)

            yield from _in_order(pieces, begin, AHEAD * self.cores)
        except lost as error:
            why = type(error).__name__
            raise WorkProblem(
                f"the cluster lost its workers ({why}); what was done is kept, so run it again"
            ) from None

    def close(self) -> None:
        self._client.close()


def _in_order(
    pieces: Iterable[Piece], begin: Callable[[Piece], Future[str] | Any], most: int
) -> Iterator[Answer]:
    under_way: deque[tuple[Piece, Any]] = deque()
    for piece in pieces:
        under_way.append((piece, begin(piece)))
        if len(under_way) >= most:
            first, future = under_way.popleft()
            yield first, future.result()
    while under_way:
        first, future = under_way.popleft()
        yield first, future.result()
