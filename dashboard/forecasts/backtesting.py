"""The back-test as anyone can rerun it: a ledger or a history file in, one plain report out.

The report is a dict that JSON can hold (`backtest_report`); `backtest_page` makes the HTML from the same
dict, so that the two cannot differ. A long run keeps what is done in a folder (`KeptAnswers`) and takes it up
again.
"""

from __future__ import annotations

import hashlib
import os
import platform
import time
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecast.pooled.panel import DAILY
from forecast.scoring import baselines
from forecast.scoring.backtest import CLASSES, Entrant, Report, backtest, ours, ours_fast
from forecast.scoring.baselines import days_in_period
from forecast.tables.periods import NAMES
from forecast.tables.table import Table

if TYPE_CHECKING:
    from ledger.record import Record

FloatArray = NDArray[np.float64]
Progress = Callable[[int, int], None]

OURS = "mingzhang"
HORIZONS = {"daily": 14, "weekly": 4, "monthly": 3}
ORIGINS = {"daily": 20, "weekly": 12, "monthly": 3}
"""Nine months of days or months, a year of weeks: fewer would all lie in one season or outbreak."""
LEVELS = (0.90, 0.95, 0.98)
PEER_PACKAGE = "statsforecast"


class NothingToTest(ValueError):
    """No series to test; the message is one sentence."""


@dataclass(frozen=True)
class Source:
    """What is tested: a short name for people and, for a ledger, the size of the log."""

    name: str
    log_size: int | None = None


class KeptAnswers(MutableMapping[str, FloatArray]):
    """Answers of forecasters, one file each, under a folder that belongs to one question and one program."""

    def __init__(self, folder: Path, question: str) -> None:
        self.folder = folder / question

    def __getitem__(self, key: str) -> FloatArray:
        try:
            return np.asarray(np.load(self._path(key), allow_pickle=False), dtype=np.float64)
        except (FileNotFoundError, ValueError, EOFError):
            raise KeyError(key) from None

    def __setitem__(self, key: str, value: FloatArray) -> None:
        """Written aside and renamed, so that a run stopped in between leaves no half a file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        aside = self.folder / f"{key}.{os.getpid()}.part"
        with aside.open("wb") as file:
            np.save(file, value, allow_pickle=False)
        aside.replace(self._path(key))

    def __delitem__(self, key: str) -> None:
        self._path(key).unlink()

    def __iter__(self) -> Iterator[str]:
        return (path.stem for path in sorted(self.folder.glob("*.npy")))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, key: object) -> bool:
        try:
            self[str(key)]
        except KeyError:
            return False
        return True

    def clear(self) -> None:
        """The report is written: nothing needs to be kept any more. Folders of other questions stay."""
        for path in self.folder.glob("*"):
            path.unlink(missing_ok=True)
        for folder in (self.folder, self.folder.parent):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.npy"


def question_of(table: Table, length: int, levels: Sequence[float]) -> str:
    """A print of all that answers depend on: the data, what is asked, and the program that answers."""
    digest = hashlib.sha256(
        repr((table.names, table.rhythm, length, tuple(levels))).encode("utf-8", "replace")
    )
    digest.update(np.ascontiguousarray(table.demand).tobytes())
    digest.update(np.ascontiguousarray(table.censored).tobytes())
    digest.update(str(peer_version()).encode())
    for path in sorted(Path(baselines.__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def peer_version() -> str | None:
    try:
        return version(PEER_PACKAGE)
    except PackageNotFoundError:
        return None


def entrants() -> tuple[list[Entrant], list[str]]:
    """Who takes part, and who was left out since a package is not there."""
    found = [
        Entrant(OURS, ours, alone=False),
        Entrant("mingzhang_fast", ours_fast, alone=False),
        Entrant("textbook", baselines.textbook),
        Entrant("textbook_recent", baselines.textbook_recent),
        Entrant("openboxes", baselines.openboxes),
        Entrant("open_msupply", baselines.open_msupply),
    ]
    peers = [Entrant("auto_ets", baselines.auto_ets), Entrant("croston_sba", baselines.croston_sba)]
    try:
        baselines.statsforecast_models()
    except baselines.PeerMissing:
        return found, [one.name for one in peers]
    return found + peers, []


def ledger_table(record: Record) -> Table:
    """Daily demand per center and item, as the book's forecasts see it. NothingToTest if there is none.

    Of a book with very many centers only those that teach a run are taken (`pieces.SAMPLE_CENTERS`).
    """
    from dashboard.forecasts.pieces import Cutter, Parameters

    today = record.now().astimezone(record.facts.zone).date()
    with record.store.read() as snapshot:
        requests = Cutter(snapshot, snapshot.size(), today, Parameters()).sample()
    series = {one.key: one.series for one in requests if one.kind == "consumable" and one.series.days}
    if not series:
        raise NothingToTest("the book holds no use of a consumable at a center yet")
    first = min(one.first_day for one in series.values())
    width = (max(one.last_day for one in series.values()) - first).days + 1
    names = tuple(sorted(series))
    demand = np.full((len(names), width), np.nan)
    censored = np.zeros(demand.shape, dtype=np.bool_)
    for i, name in enumerate(names):
        one = series[name]
        place = slice((one.first_day - first).days, (one.first_day - first).days + one.days)
        demand[i, place] = np.where(one.missing_array(), np.nan, one.demand_array())
        censored[i, place] = one.censored_array()
    return Table(names, DAILY, first, demand, censored, ((),) * len(names))


def backtest_report(
    table: Table,
    source: Source,
    length: int | None = None,
    origins: int | None = None,
    levels: Sequence[float] = LEVELS,
    kept: MutableMapping[str, FloatArray] | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Test everybody on the table. TooShort if no series has history enough."""
    horizon = length or default_horizon(table)
    windows = origins or ORIGINS[rhythm_name(table)]
    taking_part, left_out = entrants()
    begun = time.monotonic()
    found = backtest(table, taking_part, horizon, windows, tuple(levels), kept, progress)
    return {
        "source": {**asdict(source), **_shape(table), "scored_series": found.series_in()},
        "horizon": horizon,
        "origins": len(found.windows.starts),
        "levels": list(found.levels),
        "methods": {name: score.as_dict() for name, score in found.scores.items()},
        "by_class": _by_class(found),
        "ratios": {to: _ratios(found, to) for to in ("auto_ets", "textbook") if to in found.scores},
        "left_out": left_out,
        "seconds": round(time.monotonic() - begun, 1),
        "program": {"mingzhang": version("mingzhang"), PEER_PACKAGE: peer_version()},
        "machine": f"CPython {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores",
    }


def default_horizon(table: Table) -> int:
    return HORIZONS[rhythm_name(table)]


def rhythm_name(table: Table) -> str:
    days = days_in_period(table.rhythm)
    return next(name for rhythm, name in NAMES.items() if days_in_period(rhythm) == days)


def _shape(table: Table) -> dict[str, Any]:
    periods = table.demand.shape[1]
    known = ~np.isnan(table.demand)
    return {
        "series": len(table.names),
        "rhythm": rhythm_name(table),
        "periods": periods,
        "first_day": table.first_day.isoformat(),
        "last_period_from": _first_day_of(table, periods - 1).isoformat(),
        "censored_share": float(table.censored.sum() / max(known.sum(), 1)),
    }


def _first_day_of(table: Table, period: int) -> date:
    if rhythm_name(table) != "monthly":
        return table.first_day + timedelta(days=round(period * days_in_period(table.rhythm)))
    month = table.first_day.year * 12 + table.first_day.month - 1 + period
    return date(month // 12, month % 12 + 1, 1)


def _by_class(found: Report) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name in CLASSES:
        own = {method: scores[name].as_dict() for method, scores in found.by_class.items() if name in scores}
        if own:
            result[name] = {"series": found.series_in(name), "methods": own}
            if "textbook" in own:
                result[name]["ratio_to_textbook"] = asdict(found.ratio(OURS, "textbook", name))
            if "auto_ets" in own:
                result[name]["ratio_to_auto_ets"] = asdict(found.ratio(OURS, "auto_ets", name))
    return result


def _ratios(found: Report, to: str) -> dict[str, Any]:
    return {name: asdict(found.ratio(name, to)) for name in found.scores if name != to}
