"""The measures of accuracy, of CSV files and simulated sets, against AutoETS and the textbook.

    python -m tests.forecast.measure_sets FILE... [--gaps zero] [--simulated 1,2] [--shapes CDF] [--used]

A file holds series_id,t,y and may hold stock columns, as for `mingzhang forecast backtest`. Windows, scores
and rounding are the back-test's: 14 days, 4 weeks or 3 months; the last 20, 12 or 3 origins; at most 300
series, drawn with a fixed seed. `--used` keeps the series with any demand in the year before the first
window: those that have ended are easy to beat AutoETS on. Needs statsforecast (README, "Back-test").
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dashboard.forecasts.histories import read_table
from forecast.pooled.panel import DAILY, MONTHLY, WEEKLY
from forecast.scoring.backtest import Entrant, Report, backtest, ours, ours_fast
from forecast.scoring.baselines import Forecaster, Past, auto_ets, textbook
from forecast.tables.table import Table
from tests.forecast.shapes import SHAPES, table_of

SPANS = {DAILY.year: (14, 20), WEEKLY.year: (4, 12), MONTHLY.year: (3, 3)}
"""Periods ahead and number of origins, by the periods of a year."""
PEER, BOOK = "auto_ets", "textbook"


@dataclass(frozen=True)
class Measures:
    """One forecaster on one set; ratios of loss and of stock held at .95."""

    to_peer: float
    to_book: float
    calibration: float
    held: float
    seconds: float


class Timed:
    """A forecaster, and the seconds of one core that it took per thousand series."""

    def __init__(self, ask: Forecaster) -> None:
        self._ask, self.seconds, self.series = ask, 0.0, 0

    def __call__(self, past: Past, length: int, levels: tuple[float, ...]) -> np.ndarray:
        started = time.process_time()
        found = self._ask(past, length, levels)
        self.seconds += time.process_time() - started
        self.series += len(found)
        return found

    def per_thousand(self) -> float:
        return 1000 * self.seconds / max(1, self.series)


def measure(table: Table) -> tuple[Report, dict[str, Measures]]:
    """Score one set. Raises TooShort, and PeerMissing without statsforecast."""
    length, origins = SPANS[table.rhythm.year]
    asked = {"full": Timed(ours), "fast": Timed(ours_fast), BOOK: Timed(textbook), PEER: Timed(auto_ets)}
    entrants = [Entrant(name, ask, alone=name in (BOOK, PEER)) for name, ask in asked.items()]
    report = backtest(table, entrants, length, origins)
    middle = report.levels.index(0.95)
    found = {}
    for name, score in report.scores.items():
        to_peer, to_book = report.ratio(name, PEER).value, report.ratio(name, BOOK).value
        held = score.held[middle] / report.scores[PEER].held[middle]
        found[name] = Measures(to_peer, to_book, score.calibration, held, asked[name].per_thousand())
    return report, found


def drawn(table: Table, most: int, used: bool) -> Table:
    """At most so many series, of those whose history suffices."""
    length, origins = SPANS[table.rhythm.year]
    first = table.demand.shape[1] - length * origins
    before = table.demand[:, : max(first, 0)]
    fit = (~np.isnan(before)).sum(axis=1) >= 2 * table.rhythm.settled
    if used:
        fit &= np.nansum(before[:, -table.rhythm.year :], axis=1) > 0
    chosen = np.sort(np.random.default_rng(1).permutation(np.flatnonzero(fit))[:most])
    return replace(
        table,
        names=tuple(table.names[i] for i in chosen.tolist()),
        demand=table.demand[chosen],
        censored=table.censored[chosen],
        notes=tuple(table.notes[i] for i in chosen.tolist()),
    )


def show(name: str, report: Report, found: dict[str, Measures]) -> None:
    print(f"{name}: {report.series_in()} series, {int(report.windows.counted.sum())} windows")
    for who, m in found.items():
        between = report.ratio(who, PEER)
        covered = " ".join(f"{share:.3f}" for share in report.scores[who].covered)
        print(
            f"  {who:9} {report.scores[who].pinball:.4f}  /{PEER} {m.to_peer:.3f} "
            f"[{between.low:.3f}, {between.high:.3f}]  /{BOOK} {m.to_book:.3f}  cal {m.calibration:.4f}  "
            f"held {m.held:.3f}  enough {covered}  {m.seconds:.2f} s per 1000",
            flush=True,
        )


def summary(sets: dict[str, dict[str, Measures]]) -> None:
    for who in next(iter(sets.values())):
        rows = [found[who] for found in sets.values()]
        to_peer, to_book, held = (
            float(np.exp(np.mean(np.log([getattr(row, part) for row in rows]))))
            for part in ("to_peer", "to_book", "held")
        )
        print(
            f"all: {who:9} /{PEER} {to_peer:.3f}, worst set {max(row.to_peer for row in rows):.3f}  "
            f"/{BOOK} {to_book:.3f}  cal {np.mean([row.calibration for row in rows]):.4f}  held {held:.3f}  "
            f"{np.median([row.seconds for row in rows]):.2f} s per 1000 (median)"
        )


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("files", nargs="*", type=Path, metavar="FILE")
    asked.add_argument("--gaps", choices=["missing", "zero"], default="missing")
    asked.add_argument("--simulated", default="", help="seeds of simulated sets")
    asked.add_argument("--shapes", default="CDF", help="which of C, D, F and H (harsher than C)")
    asked.add_argument("--used", action="store_true")
    asked.add_argument("--most", type=int, default=300)
    given = asked.parse_args()
    tables = {path.stem: read_table(path, given.gaps == "zero") for path in given.files}
    for seed in filter(None, given.simulated.split(",")):
        for name in given.shapes:
            make, rhythm = SHAPES[name]
            tables[f"{name}{seed}"] = table_of(make(int(seed)), rhythm)
    found = {}
    for name, table in tables.items():
        report, found[name] = measure(drawn(table, given.most, given.used))
        show(name, report, found[name])
    if found:
        summary(found)


if __name__ == "__main__":
    main()
