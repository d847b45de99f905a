"""The rolling-origin back-test: a table of the past in, scores out, for any forecaster beside any other.

Each forecaster is told what was known up to an origin and answers quantiles of the total over the next
periods, rounded up to whole units; the origins are the last ones whose windows do not overlap. A window in
which demand was not seen whole (a stock-out, a missing period) is not scored. Scores, as in FORECAST.md:

    pinball      mean pinball loss over windows and levels / max(length * mean of history, 1 unit)
    calibration  mean over levels q of max(0, q - P(D <= S), P(D < S) - q): made for counts
    covered      share of windows in which the quantile was enough, per level
    fill_rate    share of demand met from a stock of that size, per level
    held         mean of quantile / max(length * mean of history, 1 unit), per level: what it costs

by set and by class of series: smooth, erratic, intermittent or lumpy (Syntetos, Boylan & Croston 2005,
Journal of the Operational Research Society 56:495-503: a mean interval between demands of 1.32 and a squared
variation of demand sizes of 0.49 divide them).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.evaluate import LEVELS, calibration_error, pinball
from forecast.pooled.ensemble import Teacher, answer
from forecast.scoring.baselines import Forecaster, Past
from forecast.stock.policy import whole_units
from forecast.tables.table import Table

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
Progress = Callable[[int, int], None]

CLASSES = ("smooth", "erratic", "intermittent", "lumpy")
LONGEST_INTERVAL, LARGEST_VARIATION = 1.32, 0.49
BOOTSTRAPS = 2000
CHUNK = 100
NOTHING = 1e-12
"""Added to both losses of a ratio: two forecasts without any error are alike."""


class TooShort(ValueError):
    """No series has history enough for a back-test."""


@dataclass(frozen=True)
class Entrant:
    """One who takes part.

    Attributes:
        name: how scores name it.
        ask: the forecaster.
        alone: it looks at each series by itself, so that it is asked only for those that are scored, a
            hundred at a time; else it is shown all series at once.
    """

    name: str
    ask: Forecaster
    alone: bool = True


@dataclass(frozen=True)
class Windows:
    """What happened, and what each window is measured by; axes (origins, series).

    Attributes:
        starts: column of the table in which each window begins.
        demand: total of each window.
        size: max(length * mean of the history before, 1 unit).
        counted: windows that are scored: history enough before them, their demand seen whole.
        classes: class of each series as of its history, index into CLASSES.
    """

    starts: tuple[int, ...]
    demand: FloatArray
    size: FloatArray
    counted: BoolArray
    classes: IntArray


@dataclass(frozen=True)
class Score:
    """One forecaster on one set or class; see the head of this module. Tuples are per level."""

    windows: int
    pinball: float
    pinball_by_level: tuple[float, ...]
    calibration: float
    covered: tuple[float, ...]
    fill_rate: tuple[float, ...]
    held: tuple[float, ...]

    def as_dict(self) -> dict[str, Any]:
        return {name: list(v) if isinstance(v, tuple) else v for name, v in self.__dict__.items()}


@dataclass(frozen=True)
class Ratio:
    """Mean loss of one forecaster over that of another, with the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Report:
    """Scores by forecaster, of all series and by class.

    Attributes:
        levels: the service levels, rising.
        windows: what happened.
        scores, by_class: by forecaster, and by forecaster and class (classes without a window left out).
        losses: by forecaster, scaled loss of each window, shape (origins, series), 0 where not scored.
    """

    levels: tuple[float, ...]
    windows: Windows
    scores: Mapping[str, Score]
    by_class: Mapping[str, Mapping[str, Score]]
    losses: Mapping[str, FloatArray] = field(repr=False)

    def ratio(self, name: str, to: str, series_class: str | None = None) -> Ratio:
        """Loss of one over that of another, series drawn anew 2,000 times.

        The paired percentile bootstrap over series (Efron 1979): the same series are drawn for both, and
        windows of one series stay together. KeyError for a forecaster that did not take part.
        """
        kept = self._of_class(series_class)
        ours, theirs = (np.where(kept, self.losses[who], 0.0).sum(axis=0) for who in (name, to))
        ours, theirs = ours[kept.any(axis=0)], theirs[kept.any(axis=0)]
        drawn = np.random.default_rng(0).integers(0, ours.size, (BOOTSTRAPS, ours.size))
        ratios = (ours[drawn].sum(axis=1) + NOTHING) / (theirs[drawn].sum(axis=1) + NOTHING)
        low, high = np.quantile(ratios, [0.025, 0.975])
        return Ratio(float((ours.sum() + NOTHING) / (theirs.sum() + NOTHING)), float(low), float(high))

    def series_in(self, series_class: str | None = None) -> int:
        """How many series have a scored window."""
        return int(self._of_class(series_class).any(axis=0).sum())

    def _of_class(self, series_class: str | None) -> BoolArray:
        if series_class is None:
            return self.windows.counted
        own: BoolArray = self.windows.classes == CLASSES.index(series_class)
        return self.windows.counted & own


def ours(past: Past, length: int, levels: tuple[float, ...]) -> FloatArray:
    """The full method."""
    return answer(past.panel, Teacher(past.panel, length, levels)).quantiles


def ours_fast(past: Past, length: int, levels: tuple[float, ...]) -> FloatArray:
    return answer(past.panel, Teacher(past.panel, length, levels), fast=True).quantiles


def backtest(
    table: Table,
    entrants: Sequence[Entrant],
    length: int,
    origins: int = 3,
    levels: tuple[float, ...] = LEVELS,
    kept: MutableMapping[str, FloatArray] | None = None,
    progress: Progress | None = None,
    least_history: int | None = None,
) -> Report:
    """Run every entrant over the same windows.

    Series with less than `least_history` known periods before an origin (default: twice as many as make them
    settled) are not scored at it. Answers are put into `kept` as they come, and what is there already is not
    asked again: so a long run can be stopped and taken up. TooShort if no window is left.
    """
    needed = 2 * table.rhythm.settled if least_history is None else least_history
    windows = windows_of(table, length, origins, needed)
    if not windows.counted.any():
        raise TooShort(
            f"no series has {needed} known periods before the last {origins} x {length}: nothing to score"
        )
    found = {one.name: np.zeros((*windows.counted.shape, len(levels))) for one in entrants}
    asked = _questions(table, windows, entrants)
    memory: MutableMapping[str, FloatArray] = {} if kept is None else kept
    total = _count(windows, entrants)
    for done, (key, entrant, place, rows, past) in enumerate(asked, 1):
        if key not in memory:
            memory[key] = entrant.ask(past.rows(rows) if entrant.alone else past, length, levels)
        quantiles = memory[key]
        found[entrant.name][place, rows] = whole_units(quantiles if entrant.alone else quantiles[rows])
        if progress:
            progress(done, total)
    return _report(windows, found, levels)


def _questions(
    table: Table, windows: Windows, entrants: Sequence[Entrant]
) -> Iterator[tuple[str, Entrant, int, IntArray, Past]]:
    """(key, entrant, origin, rows, past) of each question; the past is made ready once per origin."""
    for place, start in enumerate(windows.starts):
        if not windows.counted[place].any():
            continue
        past = past_of(upto(table, start))
        for entrant in entrants:
            for part, rows in enumerate(_parts(windows, place, entrant)):
                yield f"{entrant.name}-{start}-{part}", entrant, place, rows, past


def _parts(windows: Windows, place: int, entrant: Entrant) -> list[IntArray]:
    rows = np.flatnonzero(windows.counted[place])
    return [rows[i : i + CHUNK] for i in range(0, rows.size, CHUNK)] if entrant.alone else [rows]


def _count(windows: Windows, entrants: Sequence[Entrant]) -> int:
    places = [i for i in range(len(windows.starts)) if windows.counted[i].any()]
    return sum(len(_parts(windows, place, entrant)) for place in places for entrant in entrants)


def upto(table: Table, periods: int) -> Table:
    """The first `periods` columns of a table."""
    return replace(table, demand=table.demand[:, :periods], censored=table.censored[:, :periods])


def past_of(table: Table) -> Past:
    """What is known at a table's end."""
    known = ~np.isnan(table.demand)
    begun = np.cumsum(known, axis=1) > 0
    issued = np.where(begun, np.nan_to_num(table.demand), np.nan)
    return Past(table.panel(), issued, begun & (table.censored | ~known))


def windows_of(table: Table, length: int, origins: int, least_history: int) -> Windows:
    """The last windows that do not overlap, oldest first; ValueError for a length or number below 1."""
    if length < 1 or origins < 1:
        raise ValueError("the horizon and the number of origins must be 1 or more")
    known = ~np.isnan(table.demand)
    whole = known & ~table.censored
    width = known.shape[1]
    most = min(origins, max(0, (width - 1) // length))  # who asks for a thousand million gets those there are
    starts = tuple(width - length * back for back in range(most, 0, -1))
    demand, size, counted, classes = [], [], [], []
    for start in starts:
        past, future = table.demand[:, :start], slice(start, start + length)
        seen = known[:, :start].sum(axis=1)
        mean = np.nansum(past, axis=1) / np.maximum(seen, 1)
        demand.append(np.nansum(table.demand[:, future], axis=1))
        size.append(np.maximum(length * mean, 1.0))
        counted.append((seen >= max(1, least_history)) & whole[:, future].all(axis=1))
        classes.append(classify(past))
    shape = (len(starts), known.shape[0])
    return Windows(
        starts,
        np.array(demand).reshape(shape),
        np.array(size).reshape(shape),
        np.array(counted, dtype=np.bool_).reshape(shape),
        np.array(classes, dtype=np.int64).reshape(shape),
    )


def classify(values: FloatArray) -> IntArray:
    """Smooth, erratic, intermittent or lumpy, by the history; index into CLASSES, shape (n,)."""
    known, used = ~np.isnan(values), np.nan_to_num(values) > 0
    count = np.maximum(used.sum(axis=1), 1)
    interval = known.sum(axis=1) / count
    sizes = np.where(used, values, 0.0)
    mean = sizes.sum(axis=1) / count
    squares = np.where(used, (sizes - mean[:, None]) ** 2, 0.0).sum(axis=1) / count
    variation = squares / np.maximum(mean, 1e-9) ** 2
    rare, uneven = interval > LONGEST_INTERVAL, variation > LARGEST_VARIATION
    return np.asarray(2 * rare + uneven, dtype=np.int64)


def _report(windows: Windows, found: Mapping[str, FloatArray], levels: tuple[float, ...]) -> Report:
    losses, scores, by_class = {}, {}, {}
    for name, quantiles in found.items():
        each = [pinball(level, windows.demand, quantiles[..., i]) for i, level in enumerate(levels)]
        scaled = np.stack(each, axis=-1) / windows.size[..., None]
        losses[name] = np.where(windows.counted, scaled.mean(axis=-1), 0.0)
        scores[name] = _score(windows, quantiles, scaled, levels, windows.counted)
        own = {c: windows.counted & (windows.classes == i) for i, c in enumerate(CLASSES)}
        by_class[name] = {
            c: _score(windows, quantiles, scaled, levels, chosen) for c, chosen in own.items() if chosen.any()
        }
    return Report(levels, windows, scores, by_class, losses)


def _score(
    windows: Windows, quantiles: FloatArray, losses: FloatArray, levels: tuple[float, ...], chosen: BoolArray
) -> Score:
    demand, asked = windows.demand[chosen], quantiles[chosen]
    met = np.minimum(demand[:, None], asked).sum(axis=0) / max(float(demand.sum()), 1e-9)
    by_level = losses[chosen].mean(axis=0)
    return Score(
        windows=int(chosen.sum()),
        pinball=float(by_level.mean()),
        pinball_by_level=tuple(by_level.tolist()),
        calibration=calibration_error(levels, demand, asked),
        covered=tuple((demand[:, None] <= asked).mean(axis=0).tolist()),
        fill_rate=tuple(np.minimum(met, 1.0).tolist()) if demand.any() else tuple(1.0 for _ in levels),
        held=tuple((asked / windows.size[chosen][:, None]).mean(axis=0).tolist()),
    )
