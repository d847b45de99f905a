"""Every surge of a history, from its first day to its last: what a picture of the past shades."""

from __future__ import annotations

from datetime import date

import numpy as np

from forecast.demand import DemandSeries
from forecast.history import daily_history, known_days, level_series
from forecast.surge import ALARM, LEAST, cumulative_sums


def waves_of(series: DemandSeries, rng: np.random.Generator) -> list[tuple[date, date]]:
    """First and last day of each surge that the alarm of `surge` would have seen, oldest first.

    A surge begins after the last day on which the sum was 0, and ends with the last day of its alarm; two
    alarms without such a day between them are one surge.
    """
    history = daily_history(series)
    if history.size <= LEAST or not history.demand.any():
        return []
    level = level_series(history, rng)
    days = known_days(series)[level.factors[history.phases] > 0]
    sums = cumulative_sums(level.level_values[None])[0]
    found: list[tuple[date, date]] = []
    alarms, calm = np.flatnonzero(sums > ALARM), np.flatnonzero(sums <= 0)
    for end in alarms.tolist():
        start = int(calm[calm < end][-1]) + 1 if (calm < end).any() else 0
        first, last = date.fromordinal(int(days[start])), date.fromordinal(int(days[end]))
        if found and found[-1][0] == first:
            found.pop()
        found.append((first, last))
    return found
