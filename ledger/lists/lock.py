"""One import into a book at a time, so that two do not choose the same gift numbers."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.lists.reasons import ListProblem

_LONGEST_WAIT_SECONDS = 600


@contextmanager
def only_import(home: Path, wait_seconds: float = _LONGEST_WAIT_SECONDS) -> Iterator[None]:
    """Hold HOME/import.lock; waits for another import to end. Raises ListProblem when it does not."""
    with (home / "import.lock").open("w") as file:
        give_up = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= give_up:
                    raise ListProblem("busy") from None
                time.sleep(0.1)
        yield
