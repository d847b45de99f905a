"""Following a log from its published bytes alone.

A monitor believes signatures and nothing else. It keeps every signed checkpoint that it ever saw: two that
contradict each other are a lie that the log's keeper cannot take back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ledger.witnessing.look import Address, Look, Progress, Rules
from ledger.witnessing.notebook import Notebook
from ledger.witnessing.report import Report

__all__ = ["Address", "Monitor", "Rules"]


class Monitor:
    """Looks at one log again and again; all it knows is in its notebook, so it can stop at any time."""

    def __init__(
        self,
        notebook: Notebook,
        rules: Rules,
        log: Address,
        others: Sequence[Address] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._notebook = notebook
        self._rules = rules
        self._log = log
        self._others = others
        self._clock = clock

    def look(self, progress: Progress | None = None) -> Report:
        """Look once. Raises NotebookProblem if that is damaged or in use; all else is in the report."""
        with self._notebook.locked():
            look = Look(self._notebook, self._rules, self._log, int(self._clock()), progress)
            return look.run(self._others)
