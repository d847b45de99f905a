"""Has a surge begun? A cumulative sum of how surprising each day's demand was.

Each day is compared with the negative binomial of the days well before it (a guard lies between, so that a
surge does not raise its own yardstick; days of an alarm are left out, so that a first wave does not hide the
second): mid-p value, turned into a normal score z. The sum

    S[t] = min(2 H, max(0, S[t-1] + z[t] - 1/2))                (Page 1954, Biometrika 41:100-115)

raises the alarm while it is above H; the surge began after the last day on which S was 0. Its ceiling 2 H
lets the all-clear come within about two weeks. A count law with its variance from the past is what
public-health surveillance uses, and it too leaves past outbreaks out (Farrington et al. 1996, JRSS A
159:547-563). An alarm that lasts for some four months runs out of yardstick and ends: then it is the new
usual. H is set by the false alarms that it was measured to give (README, "Surges").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.pooled.panel import DAILY, panel_of
from forecast.series.demand import DemandSeries
from forecast.series.history import daily_history, level_series

FloatArray = NDArray[np.float64]

LENGTH, LEAST = 84, 42
"""A day is compared with so many known days of no alarm, the newest; with fewer than LEAST it is not."""
GUARD, OLDEST = 14, 182
"""They end GUARD days before it and are no older than OLDEST days."""
ALLOWANCE = 0.5
ALARM = 6.5
"""H for one item."""
CENTER_ALARM = 9.0
"""H for the items of a center together, whose busy days are shared."""
LARGEST_SCORE = 3.0
"""One day alone adds at most this much less the allowance: a single big issue is no surge."""
LOOK_BACK = 420
"""Days that are walked to know how things stand now."""
MOST_TIMES = 99.0
YOUNG_SPREAD = 2.0
"""Spread that the items' pooled score is taken to have until its own past tells."""
FALSE_ALARMS_PER_1000 = 1.0
"""Alarms per 1,000 days of steady demand, at most: both thresholds are the smallest, in half steps (of a
center whole ones), at which the upper end of the measured 95 % interval stays below this for every kind of
steady demand tried (`python -m tests.forecast.measure_surge`; README, "Surges")."""


@dataclass(frozen=True)
class Surge:
    """A surge that is going on at the end of a series.

    Attributes:
        days: how long it has lasted, in known days.
        times: demand since then / demand of the days before; at most 99 (before may be nothing).
        score: the sum S at the end.
        since: its first day, where the series has dates.
        false_alarms_per_1000: how many alarms 1,000 days of steady demand raise.
    """

    days: int
    times: float
    score: float
    since: date | None = None
    false_alarms_per_1000: float = FALSE_ALARMS_PER_1000

    def as_dict(self) -> dict[str, Any]:
        return vars(self) | {"since": self.since.isoformat() if self.since else None}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Surge:
        since = date.fromisoformat(stored["since"]) if stored["since"] else None
        return cls(**{**stored, "since": since})


@dataclass(frozen=True)
class Levelled:
    """Demand of one item without weekdays and stock-outs.

    Attributes:
        days: shape (n,), known open days as ordinals of the calendar (`date.toordinal`), rising.
        values: shape (n,), units a day.
    """

    days: NDArray[np.int64]
    values: FloatArray


def levelled(series: DemandSeries, rng: np.random.Generator) -> Levelled:
    """Level a series as forecasts do, stock-outs completed by draws of `rng`; empty if it is too short."""
    if series.days_used <= GUARD + LEAST:
        return Levelled(np.zeros(0, dtype=np.int64), np.zeros(0))
    history = daily_history(series)
    level = level_series(history, rng)
    places = np.flatnonzero(~series.missing_array())[level.factors[history.phases] > 0]
    return Levelled(series.first_day.toordinal() + places, level.level_values)


def item_surges(items: Sequence[Levelled]) -> list[Surge | None]:
    """The surge at the end of each item's demand, with its first day."""
    found = surges_now(panel_of([one.values for one in items], DAILY).values)
    return [
        None if surge is None else replace(surge, since=date.fromordinal(int(one.days[-surge.days])))
        for surge, one in zip(found, items, strict=True)
    ]


def on_one_calendar(items: Sequence[Levelled]) -> tuple[int, FloatArray]:
    """The first day, as an ordinal, and values of shape (items, days), NaN on days that are not known."""
    known = np.concatenate([one.days for one in items] or [np.zeros(0, dtype=np.int64)])
    if not known.size:
        return 0, np.zeros((len(items), 0))
    first = int(known.min())
    values = np.full((len(items), int(known.max()) - first + 1), np.nan)
    for row, one in zip(values, items, strict=True):
        row[one.days - first] = one.values
    return first, values


def center_surge(items: Sequence[Levelled]) -> Surge | None:
    """The surge at the end of a center, all its items together, with its first day.

    Patients who come for one thing come for others, so what all items say together is surer and sooner
    than what each says. `times` is the median over the items with any use before.
    """
    first, values = on_one_calendar(items)
    recent = values[:, -LOOK_BACK:]
    line = pooled_sums(recent[None])[0]
    if not line.size or line[-1] <= CENTER_ALARM:
        return None
    found = [one for one in (_surge(row, line, CENTER_ALARM) for row in recent) if one is not None]
    times = [one.times for one in found if one.times < MOST_TIMES]
    lasted = int(line.size - _start(line))
    since = date.fromordinal(first + values.shape[1] - lasted)
    return Surge(lasted, float(np.median(times)) if times else MOST_TIMES, float(line[-1]), since)


def surge_now(values: FloatArray) -> Surge | None:
    """The surge at the end of one series of known days, weekdays levelled; None if there is none."""
    return surges_now(values[None, -LOOK_BACK:])[0]


def surges_now(values: FloatArray) -> list[Surge | None]:
    """The surge at the end of each of many series, shape (n, days), right-aligned; NaN where not known."""
    recent = values[:, -LOOK_BACK:]
    sums = cumulative_sums(recent)
    return [_surge(row, line, ALARM) for row, line in zip(recent, sums, strict=True)]


def _surge(values: FloatArray, sums: FloatArray, alarm: float) -> Surge | None:
    if not sums.size or sums[-1] <= alarm:
        return None
    start = _start(sums)
    lasted, before = values[start:], values[max(0, start - LENGTH) : start]
    lasted, before = lasted[~np.isnan(lasted)], before[~np.isnan(before)]
    if not lasted.size:
        return None
    usual = float(before.mean()) if before.size else 0.0
    times = min(MOST_TIMES, float(lasted.mean()) / max(usual, 1e-9))
    return Surge(int(lasted.size), times, float(sums[-1]))


def _start(sums: FloatArray) -> int:
    calm = np.flatnonzero(sums <= 0)
    return int(calm[-1]) + 1 if calm.size else 0


def cumulative_sums(values: FloatArray, alarm: float = ALARM) -> FloatArray:
    """S of each day of each series, shape (n, days); it stands still on days that are not known."""
    past = _Past(values)
    sums = np.zeros(values.shape)
    running = np.zeros(len(values))
    for day in range(values.shape[1]):
        running = _next(running, past.scores(day), alarm)
        sums[:, day] = running
        past.remember(day, running <= alarm)
    return sums


def pooled_sums(values: FloatArray, alarm: float = CENTER_ALARM) -> FloatArray:
    """S of each day of each center, shape (centers, days), from `values` of shape (centers, items, days).

    Stouffer's sum of the scores over the root of their number (Stouffer et al. 1949); where items move
    together its spread is above 1, and it is divided by the spread of its own past.
    """
    centers, items, days = values.shape
    past, own = _Past(values.reshape(centers * items, days)), _Moments(centers, days)
    sums, running = np.zeros((centers, days)), np.zeros(centers)
    for day in range(days):
        scores = past.scores(day).reshape(centers, items)
        spoken = (~np.isnan(scores) & (scores != 0)).sum(axis=1)
        pooled = np.nan_to_num(scores).sum(axis=1) / np.sqrt(np.maximum(1, spoken))
        pooled[np.isnan(scores).all(axis=1)] = np.nan
        count, _, variance = own.window(day)
        spread = np.sqrt(np.maximum(1.0, np.where(count >= LEAST, variance, YOUNG_SPREAD**2)))
        running = _next(running, np.clip(pooled / spread, -LARGEST_SCORE, LARGEST_SCORE), alarm)
        sums[:, day] = running
        calm = running <= alarm
        past.remember(day, np.repeat(calm, items))
        own.add(day, pooled, calm & (spoken > 0))
    return sums


def _next(running: FloatArray, scores: FloatArray, alarm: float) -> FloatArray:
    """One step of S, which stands still on a day that is not known (NaN)."""
    moved = np.clip(running + scores - ALLOWANCE, 0.0, 2 * alarm)
    return np.asarray(np.where(np.isnan(scores), running, moved), dtype=np.float64)


class _Moments:
    """Count, sum and sum of squares of the days that count; asked day by day, in order."""

    def __init__(self, rows: int, days: int) -> None:
        self.totals = np.zeros((days + 1, 3, rows))
        self.begins = np.zeros(rows, dtype=np.int64)
        self.rows = np.arange(rows)

    def add(self, day: int, values: FloatArray, counted: NDArray[np.bool_]) -> None:
        kept = np.where(counted, np.nan_to_num(values), 0.0)
        self.totals[day + 1] = self.totals[day] + np.stack([counted, kept, kept**2])

    def window(self, day: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Count, mean and variance of the yardstick of a day."""
        end = max(0, day - GUARD)
        self.begins = np.maximum(self.begins, day - OLDEST)
        while (long := self._count(end) > LENGTH).any():
            self.begins = self.begins + long
        count, total, squares = self.totals[end] - self.totals[self.begins, :, self.rows].T
        safe = np.maximum(count, 1.0)
        mean = total / safe
        return count, mean, np.maximum(0.0, squares / safe - mean**2)

    def _count(self, end: int) -> FloatArray:
        return np.asarray(self.totals[end, 0] - self.totals[self.begins, 0, self.rows], dtype=np.float64)


class _Past:
    """The yardsticks of many series, day by day."""

    def __init__(self, values: FloatArray) -> None:
        self.values = np.nan_to_num(values)
        self.known = ~np.isnan(values)
        self.moments = _Moments(*values.shape)

    def remember(self, day: int, calm: NDArray[np.bool_]) -> None:
        self.moments.add(day, self.values[:, day], self.known[:, day] & calm)

    def scores(self, day: int) -> FloatArray:
        """Normal score of each series' day; 0 where its yardstick is too short, NaN where it is not known."""
        count, mean, variance = self.moments.window(day)
        scores = np.where(count >= LEAST, _scores(self.values[:, day], count, mean, variance), 0.0)
        return np.asarray(np.where(self.known[:, day], scores, np.nan), dtype=np.float64)


def _scores(values: FloatArray, count: FloatArray, mean: FloatArray, variance: FloatArray) -> FloatArray:
    """Mid-p value under the negative binomial of these moments, as a normal score.

    P(X <= x) = I_p(r, x + 1), the regularised incomplete beta function; r = m^2/(v - m), p = m/v.
    """
    from scipy.special import betainc, ndtri

    safe = np.maximum(count, 1.0)
    mean = np.maximum(mean, 0.5 / safe)  # nothing seen in n days is no proof of nothing: half a unit
    # The yardstick's own uncertainty widens the law: Var * (1 + 1/n), as in any prediction interval.
    variance = np.maximum(variance, mean * (1 + 1e-6)) * (1 + 1 / safe)
    size, chance = mean**2 / (variance - mean), mean / variance
    whole = np.round(values)
    below = np.where(whole > 0, betainc(size, np.maximum(whole, 1.0), chance), 0.0)
    middle = (below + betainc(size, whole + 1.0, chance)) / 2
    score = ndtri(np.clip(middle, 1e-9, 1 - 1e-9))
    return np.asarray(np.clip(score, -LARGEST_SCORE, LARGEST_SCORE), dtype=np.float64)
