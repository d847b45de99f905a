"""Which days of a history are not plainly known, short enough to be kept beside its forecast.

A forecast is stored without the demand that it was made from: that stands in the ledger. What the ledger's
views do not tell is how each day was read; kept as runs, that is a few numbers for most series.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from forecast.series.demand import DayState, DemandSeries

RESPONSE = "r"
Mark = tuple[int, int, str]
"""(how many days after the first, how many days, letter): a `DayState` other than observed, or RESPONSE."""


def marks_of(series: DemandSeries) -> tuple[Mark, ...]:
    """Runs of days that are censored or missing, then runs of days of a response."""
    lost = (run for run in _runs([str(state) for state in series.states]) if run[2] != DayState.OBSERVED)
    response = _runs([RESPONSE if marked else "" for marked in series.response])
    return (*lost, *(run for run in response if run[2]))


def states_from(marks: Sequence[Mark], days: int) -> tuple[list[DayState], list[bool]]:
    """State of each of the `days`, and whether it was one of a response; days beyond a run are left out."""
    states, response = [DayState.OBSERVED] * days, [False] * days
    for first, length, letter in marks:
        for day in range(max(0, first), min(days, first + length)):
            if letter == RESPONSE:
                response[day] = True
            else:
                states[day] = DayState(letter)
    return states, response


def _runs(letters: Sequence[str]) -> Iterator[Mark]:
    start = 0
    for letter, group in groupby(letters):
        length = sum(1 for _ in group)
        yield start, length, letter
        start += length
