"""The figures of forecast/README.md, "Runs": `.venv/bin/python -m tests.dashboard.measure_runs HOME`.

HOME is a made book, as that of `mingzhang demo`. Told in seconds of one core, so that they may be added up
for a larger book: what is done once, what the one process does that reads and writes, what workers share.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from dashboard.cli.speaking import one_thread

NATIONAL_CENTERS, NATIONAL_ITEMS = 35_000, 36


def main(home: Path) -> None:
    one_thread()
    from dashboard.forecasts.forecasting import Table
    from dashboard.forecasts.kept import KeptWork
    from dashboard.forecasts.pieces import Cutter, Parameters
    from dashboard.forecasts.workers import answer_piece
    from forecast.run import teach
    from ledger.record import Record

    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(home, Path(folder) / "book")
        with closing(Record.open(copy)) as record, record.store.read() as snapshot:
            today = record.now().astimezone(record.facts.zone).date()
            cutter = Cutter(snapshot, snapshot.size(), today, Parameters())
            taught = teach(cutter.sample())  # and all modules are loaded
            answer_piece(next(cutter.pieces()), taught)
            begun = time.process_time()
            teach(cutter.sample())
            once = time.process_time() - begun
            table, work = Table(0, KeptWork(copy, 0, "measure")), 0.0
            begun = time.process_time()
            for piece in cutter.pieces():
                before = time.process_time()
                lines = answer_piece(piece, taught)
                work += time.process_time() - before
                table.add(table.work.keep(piece.number, piece.digest(), lines))
            alone = time.process_time() - begun - work
        with closing(Record.open(copy)) as record:
            begun = time.process_time()
            with record.store.write() as writing:
                writing.put_forecasts(table.rows())
            alone += time.process_time() - begun
    _tell(table.forecasts, len(cutter.centers), once, alone, work)


def _tell(series: int, centers: int, once: float, alone: float, work: float) -> None:
    share = NATIONAL_CENTERS * NATIONAL_ITEMS / series
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{series} series of {centers} centers; load {os.getloadavg()[0]:.1f}, peak memory {peak:.0f} MiB")
    each = [f"{1000 * part / series:.2f}" for part in (alone, work)]
    print(f"once {once:.1f} s; ms a series: the one process {each[0]}, workers {each[1]}")
    for cores in (2, 8, 32, 64):
        hours = (once + max(alone, (alone + work) / cores) * share) / 3600
        print(f"extrapolated to {NATIONAL_CENTERS:,} x {NATIONAL_ITEMS} on {cores} cores: {hours:.2f} h")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
