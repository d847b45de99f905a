"""How commands speak: problems, progress bars on stderr, JSON on stdout."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ledger.record import Record

DEFAULT_HOME = Path(os.environ.get("MINGZHANG_HOME") or "var")
Progress = Callable[[int, int], None]


class Problem(Exception):
    """Bad usage or input; the message is one sentence."""


class Stopped(Exception):
    """Somebody stopped a command; the message says what is kept and how to go on."""


@contextmanager
def stopped_with(told: str) -> Iterator[None]:
    """Tell who stops this with Ctrl-C what is kept and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        raise Stopped(told) from None


def database_url() -> str | None:
    return os.environ.get("MINGZHANG_DATABASE_URL") or None


def open_record(home: Path) -> Record:
    """The book in `home`. Raises Problem."""
    from ledger.record import Record, RecordProblem

    try:
        return Record.open(home, database_url())
    except RecordProblem as problem:
        raise Problem(str(problem)) from None


def one_thread() -> None:
    """Keep numerical libraries to one thread, where nobody said otherwise: cores are used by processes, and
    sums come out the same each time. Before such a library is imported."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


@contextmanager
def progress_bar(title: str, quiet: bool = False) -> Iterator[Progress | None]:
    """A bar on stderr where somebody sees it; yields a function of (done, in all)."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def print_json(value: dict[str, Any]) -> None:
    """One JSON object on stdout."""
    print(json.dumps(value, ensure_ascii=False, default=str))
