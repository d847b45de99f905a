"""Every surge of a history, from its first day to its last: what a picture of the past shades."""

from __future__ import annotations

from datetime import date

import numpy as np

from forecast.emergency.surge import ALARM, cumulative_sums, levelled
from forecast.series.demand import DemandSeries


def waves_of(series: DemandSeries, rng: np.random.Generator) -> list[tuple[date, date]]:
    """First and last day of each surge that the alarm of `surge` would have seen, oldest first.

    A surge begins after the last day on which the sum was 0, and ends with the last day of its alarm; two
    alarms without such a day between them are one surge.
    """
    known = levelled(series, rng)
    if not known.values.any():
        return []
    sums = cumulative_sums(known.values[None])[0]
    found: list[tuple[date, date]] = []
    calm = np.flatnonzero(sums <= 0)
    for end in np.flatnonzero(sums > ALARM).tolist():
        start = int(calm[calm < end][-1]) + 1 if (calm < end).any() else 0
        first, last = date.fromordinal(int(known.days[start])), date.fromordinal(int(known.days[end]))
        if found and found[-1][0] == first:
            found.pop()
        found.append((first, last))
    return found
