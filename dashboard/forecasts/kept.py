"""What a run of forecasts has done so far, kept in the book's folder until it is whole.

HOME/forecasts/work/<log size>-<key>/<number>-<digest>.jsonl holds the answers of one piece. The key is made
of the method, the parameters and all that the run was taught, the digest of all that was asked: so what was
kept is taken up only where the same would come out, and a run that was killed goes on where it stopped.
Files appear whole or not at all. HOME/forecasts/<print>.jsonl is the table of a published run.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.disk import locked
from ledger.published.staging import put_in_place

FOLDER = "forecasts"


class KeptWork:
    """The work of one run. Use within `one_run_at_a_time`."""

    def __init__(self, home: Path, log_size: int, key: str) -> None:
        self._all = home / FOLDER / "work"
        self.folder = self._all / f"{log_size}-{key[:16]}"
        self.folder.mkdir(parents=True, exist_ok=True)
        for stale in self._all.iterdir():
            if stale != self.folder and stale.is_dir():
                shutil.rmtree(stale, ignore_errors=True)  # of another log size or question

    def find(self, number: int, digest: str) -> Path | None:
        path = self._path(number, digest)
        return path if path.exists() else None

    def keep(self, number: int, digest: str, lines: str) -> Path:
        path = self._path(number, digest)
        put_in_place(path, lines.encode())
        return path

    def done(self) -> None:
        shutil.rmtree(self._all, ignore_errors=True)

    def _path(self, number: int, digest: str) -> Path:
        return self.folder / f"{number:06}-{digest[:32]}.jsonl"


def published_table(home: Path, table: str) -> Path:
    """Where the table of a published run is kept, named by its print."""
    return home / FOLDER / f"{table}.jsonl"


@contextmanager
def one_run_at_a_time(home: Path, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """A second run of the same book waits for the first; `waiting` is called before it does."""
    (home / FOLDER).mkdir(exist_ok=True)
    with locked(home / FOLDER / "run.lock", waiting):
        yield
