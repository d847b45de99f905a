"""A published run of forecasts, computed again from the entries alone and compared byte by byte."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.forecasts.forecasting import Table, Workers, compute
from dashboard.forecasts.kept import published_table
from dashboard.forecasts.pieces import Parameters
from dashboard.forecasts.workers import Here
from forecast.published import METHOD, running_on
from ledger.audit import rebuild_as_of
from ledger.store.store import Store

if TYPE_CHECKING:
    from ledger.record import Record

Progress = Callable[[int, int], None]
KIND = "ForecastPublished"


class NotPublished(Exception):
    """The entry publishes no run that can be computed here; the message is one sentence."""


@dataclass(frozen=True)
class Reproduced:
    """How a published run compares with its computation anew.

    Attributes:
        log_size: the number of entries that both saw.
        published, computed: the two prints.
        same_platform: whether it was computed on what this machine says it is.
        first_difference: what differs first, in words; None where the prints are alike.
    """

    log_size: int
    forecasts: int
    published: str
    computed: str
    same_platform: bool
    first_difference: str | None

    @property
    def ok(self) -> bool:
        return self.published == self.computed


def reproduce(
    record: Record, index: int, workers: Workers | None = None, progress: Progress | None = None
) -> Reproduced:
    """Compute the run that entry `index` publishes as of its log size, from the entries, and compare.

    The views are made anew in a folder of their own; neither they nor the forecasts of the book are read or
    written. Raises NotPublished; CannotRebuild for entries that cannot be folded.
    """
    body = _published(record, index)
    size, day = int(body["log_size"]), date.fromisoformat(body["day"])
    with tempfile.TemporaryDirectory(prefix="mingzhang-") as name:
        folder = Path(name)
        with closing(Store(folder, create=True)) as scratch:
            rebuild_as_of(record.store, size, scratch)
            with scratch.read() as snapshot:
                working = workers or Here(1)
                parameters = Parameters(**body["parameters"])
                table = compute(snapshot, size, day, parameters, folder, working, progress)
        difference = None
        if table.print != body["table"]:
            difference = _first_difference(published_table(record.home, body["table"]), body, table)
    return Reproduced(
        size, table.forecasts, body["table"], table.print, body["platform"] == running_on(), difference
    )


def _published(record: Record, index: int) -> dict[str, Any]:
    entry = record.entry(index)
    if entry is None:
        raise NotPublished(f"there is no entry {index}: the book has {record.size:,} entries")
    if entry.kind != KIND:
        raise NotPublished(f"entry {index} is a {entry.kind}, which publishes no run of forecasts")
    if entry.body["method"] != METHOD:
        raise NotPublished(
            f"entry {index} was computed by {entry.body['method']}, and this version computes by {METHOD}"
        )
    return entry.body


def _first_difference(kept: Path, body: dict[str, Any], table: Table) -> str:
    """The first line that differs, told from the table that was kept when it was published."""
    if not kept.exists():
        return (
            f"forecasts/{kept.name}, the table that was published, is not kept here, so no line can be named"
        )
    with kept.open("rb") as lines:
        for told, computed in zip_longest(lines, table.lines(), fillvalue=b""):
            if told != computed:
                return _named(told, computed)
    return "the table that is kept is what was computed, but the entry's print is of another table"


def _named(told: bytes, computed: bytes) -> str:
    if not told or not computed:
        where = "is not in what was published" if computed else "is not in what was computed"
        return f"{_place(told or computed)} {where}"
    try:
        before, now = json.loads(told), json.loads(computed)
    except ValueError:
        return "the table that was published and kept here cannot be read"
    if before["key"] != now["key"]:
        return f"{_place(min(told, computed, key=_place))} is in one of the two only"
    field = next(name for name in now if before.get(name) != now[name])
    return f"{_place(computed)}: {field} was published as {before.get(field)}, computed as {now[field]}"


def _place(line: bytes) -> str:
    try:
        place, _, item = json.loads(line)["key"].partition("|")
    except (ValueError, KeyError):
        return "a line that cannot be read"
    return f"{place}, item {item}"
