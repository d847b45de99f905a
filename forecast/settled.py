"""Series with history enough, answered together: levelled, laid side by side, forecast and back-tested.

Series whose windows are of one length, and that have room for as many past windows, go through `rolling` as
one panel. What the back-test may know comes from before its first window: season, completed stock-outs,
smoothing parameters and lesson; only level, residuals and width move on with each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.evaluate import FEWEST_WINDOWS, LEVELS, Backtest, measured, rolling_origins, window_rows
from forecast.models import SettledModel
from forecast.pooled.lessons import Lessons, Settled
from forecast.pooled.panel import DAILY, Panel, panel_of
from forecast.pooled.rolling import PATHS_NOW, PATHS_THEN, Totals, totals_at
from forecast.pooled.tide import states_at
from forecast.series.history import History, LevelSeries, level_series
from forecast.series.horizon import LONGEST_DAYS, ProtectionInterval
from forecast.stock.policy import whole_units

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MODEL_DAYS = 56
"""From eight weeks with knowledge on the full method answers: a weekday pattern and a level can be told."""
FULL, ALONE = "pooled_ets_nb", "ets_nb"


@dataclass(frozen=True)
class Ready:
    """One series made ready.

    Attributes:
        history: its days with knowledge.
        known: which days they are (`history.known_days`).
        now, then: levelled for the forecast, and for the back-test from what its first half knew.
        length: the mean protection interval in open days.
        starts: the first open day of each past window, in `then`.
        days: days of the whole history, missing ones too.
        horizon: days ahead that will be asked for.
    """

    history: History
    known: IntArray
    now: LevelSeries
    then: LevelSeries
    length: int
    starts: tuple[int, ...]
    days: int
    horizon: int


def make_ready(
    history: History,
    known: IntArray,
    interval: ProtectionInterval,
    days: int,
    horizon: int,
    rng: np.random.Generator,
) -> Ready:
    learn_from = max(MODEL_DAYS, history.size // 2)
    now, then = level_series(history, rng), level_series(history, rng, learn_from)
    warm_up = int((then.factors[history.phases[:learn_from]] > 0).sum())
    length = window_length(interval, now)
    starts = rolling_origins(then.size, length, warm_up)
    if len(starts) < FEWEST_WINDOWS or not then.values[: starts[0]].any():
        starts = ()
    return Ready(history, known, now, then, length, starts, days, horizon)


def window_length(interval: ProtectionInterval, series: LevelSeries) -> int:
    """The mean protection interval in open periods."""
    open_share = float(np.mean(series.factors > 0))
    return max(1, min(LONGEST_DAYS, round(interval.mean_days() * open_share)))


def answer_settled(
    series: Sequence[Ready], levels: Sequence[float], lessons: Lessons
) -> list[tuple[SettledModel, Backtest | None]]:
    """A model and its past error for each, in their order."""
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for place, one in enumerate(series):
        groups[one.length, len(one.starts)].append(place)
    found: dict[int, tuple[SettledModel, Backtest | None]] = {}
    for (length, windows), places in groups.items():
        own = [series[place] for place in places]
        taught = lessons.settled(length)
        models = _models(own, length, levels, taught)
        errors = _errors(own, length, windows, taught) if windows else [None] * len(own)
        found.update(zip(places, zip(models, errors, strict=True), strict=True))
    return [found[place] for place in range(len(series))]


def _models(
    series: Sequence[Ready], length: int, levels: Sequence[float], taught: Settled | None
) -> Iterator[SettledModel]:
    panel = level_panel([one.now for one in series], [one.days for one in series])
    origins, lesson = [panel.values.shape[1]], taught.now if taught else None
    totals = totals_at(panel, length, levels, origins, lesson, PATHS_NOW)
    if taught:
        totals = taught.stretch_now.applied(totals, states_at(panel, origins, taught.tide), levels)
    for i, one in enumerate(series):
        factors = one.now.factors[one.history.future_phases(one.horizon)]
        yield SettledModel(
            name=FULL if taught else ALONE,
            length=length,
            mean=float(totals.means[0, i]),
            variance=float(totals.variances[0, i]),
            smoothing=float(totals.smoothing[i]),
            quantiles=dict(zip(levels, totals.quantiles[0, i].tolist(), strict=True)),
            weights=np.cumsum(factors),
            mean_factor=float(one.now.factors.mean()),
        )


def _errors(
    series: Sequence[Ready], length: int, windows: int, taught: Settled | None
) -> Iterator[Backtest | None]:
    panel = level_panel([one.then for one in series], [one.days for one in series])
    width = panel.values.shape[1]
    origins = [width - length * (windows - i) for i in range(windows)]
    totals = totals_at(panel, length, LEVELS, origins, taught.then if taught else None, PATHS_THEN)
    if taught:
        totals = taught.stretch_then.applied(totals, states_at(panel, origins, taught.tide), LEVELS)
    for i, one in enumerate(series):
        yield _scored(one, totals, i)


def _scored(one: Ready, totals: Totals, row: int) -> Backtest | None:
    """Each window's total against its quantiles; those with a stock-out are shown but not scored, their
    demand is not known."""
    series, length = one.then, one.length
    starts = np.array(one.starts)
    within = starts[:, None] + np.arange(length)
    weight = series.factors[series.phases[within]].sum(axis=1)[:, None] / length
    quantities = whole_units(totals.quantiles[:, row] * weight)
    # Windows lie end to end: each takes all days up to the next, those too on which a place is mostly closed.
    first = np.flatnonzero(series.factors[one.history.phases] > 0)[starts]
    last = np.append(first[1:], one.history.size) - 1
    demand = np.add.reduceat(one.history.demand, first)
    seen = ~np.logical_or.reduceat(one.history.censored, first)
    rows = window_rows(one.known[np.stack([first, last], axis=1)], demand, seen, quantities)
    window_mean = length * float(series.values[: one.starts[0]].mean())
    return measured(LEVELS, demand[seen], quantities[seen], window_mean, length, rows)


def level_panel(series: Sequence[LevelSeries], days: Sequence[int]) -> Panel:
    """Levelled demand side by side, the newest period last."""
    gapless = [one.size == whole for one, whole in zip(series, days, strict=True)]
    return panel_of([one.level_values for one in series], DAILY, gapless)
