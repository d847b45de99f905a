"""Writing the district into a record, in large transactions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dashboard.demo.district import CENTERS, SEED, district
from dashboard.demo.gifts import private_parties
from dashboard.demo.pen import Step
from ledger.domain.violations import Refused

if TYPE_CHECKING:
    from ledger.record import Record

_BATCH = 5_000
EXPECTED_ENTRIES = 69_000
"""About how many entries the whole district has, for a progress bar."""


def make_district(
    record: Record,
    progress: Callable[[int], None] | None = None,
    seed: int = SEED,
    days: int | None = None,
    centers: int = CENTERS,
) -> int:
    """Write the district after BookOpened; returns the number of entries that it has.

    `progress(n)` is told of every n more that are written. Ids are derived, so a making that was broken off
    goes on where it stopped. Raises Refused when the record refuses a command, RecordProblem.
    """
    written, waiting, parties = 0, list[Step](), set[str]()
    for step in district(seed, days, centers):
        parties |= {c.body["party"] for c in step.commands if c.kind == "PartyRegistered"}
        waiting.append(step)
        if len(waiting) >= _BATCH:
            _flush(record, waiting)
            waiting = []
        written += len(step.commands)
        if progress is not None:
            progress(len(step.commands))
    _flush(record, waiting)
    record.register_private_parties(row for row in private_parties(seed) if row[0] in parties)
    return written


def _flush(record: Record, steps: list[Step]) -> None:
    pieces = [(step.commands, step.recorded_at, len(step.commands) > 1) for step in steps]
    for outcome in record.write_steps(pieces):
        if outcome.violations:
            raise Refused(outcome.violations)
