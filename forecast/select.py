"""Which model answers for a series, and how wrong that model was on windows it had not seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from forecast.demand import DemandSeries
from forecast.evaluate import LEVELS, Backtest, measured, rolling_origins
from forecast.history import History, LevelSeries, daily_history, level_series
from forecast.horizon import LONGEST_DAYS, ProtectionInterval
from forecast.lessons import NO_LESSONS, Lessons
from forecast.models import (
    CombinedModel,
    DeclaredModel,
    DemandModel,
    PlainModel,
    PooledTotal,
    learn,
    plain_model,
    pooled_totals,
    short_model,
)
from forecast.paths import BACKTEST_PATHS
from forecast.policy import round_up

MODEL_DAYS = 56
"""From eight weeks with knowledge on `ets_nb` answers: a weekday pattern and a level can then be told."""
PLAIN_DAYS = 14
"""From two weeks on the textbook model answers (DOMAIN.md section 5: measured burn after 14 days)."""


@dataclass(frozen=True)
class Choice:
    """The model that answers (None: nothing can be said), why not the full one, and its past error."""

    model: DemandModel | None
    reason: str
    backtest: Backtest | None


def choose(
    series: DemandSeries,
    interval: ProtectionInterval,
    horizon: int,
    rng: np.random.Generator,
    declared_rate: float | None,
    lessons: Lessons = NO_LESSONS,
) -> Choice:
    """The model for a series; `horizon` days ahead will be asked of it. `lessons` are those of its book.

    `declared_rate` (units per day, from a scenario or like series) answers where history is under two
    weeks, or under eight and without any use, and is the least rate where more than half of it is lost.
    """
    history = daily_history(series)
    if history.size < PLAIN_DAYS:
        return Choice(_declared(declared_rate), "too_short", None)
    if not history.demand.any():
        settled = history.size >= MODEL_DAYS and not series.insufficient
        declared = None if settled else _declared(declared_rate)
        return Choice(declared or PlainModel(0.0, 0.0, "no_use"), "no_use", None)
    if series.insufficient:
        return _plain(history, interval, rng, "insufficient", declared_rate or 0.0)
    if history.size < MODEL_DAYS:
        return _short(history, interval, rng, lessons)
    try:
        return _combined(series, history, interval, horizon, rng, lessons)
    except (ArithmeticError, ValueError, np.linalg.LinAlgError):
        return _plain(history, interval, rng, "failed")  # named on the page, never dropped


def _plain(
    history: History,
    interval: ProtectionInterval,
    rng: np.random.Generator,
    reason: str,
    at_least: float = 0.0,
) -> Choice:
    return Choice(plain_model(history, rng, at_least), reason, _plain_backtest(history, interval, rng))


def _short(history: History, interval: ProtectionInterval, rng: np.random.Generator, lessons: Lessons) -> Choice:
    """By what like memories of long series were followed by; the plain mean where nothing was learnt."""
    levelled = level_series(history, rng)
    length = window_length(interval, levelled)
    lesson = lessons.short(length, levelled.size)
    if lesson is None:
        return _plain(history, interval, rng, "short")
    return Choice(short_model(lesson, levelled, length), "short", None)


def _combined(
    series: DemandSeries,
    history: History,
    interval: ProtectionInterval,
    horizon: int,
    rng: np.random.Generator,
    lessons: Lessons,
) -> Choice:
    levelled = level_series(history, rng)
    length = window_length(interval, levelled)
    pooled: PooledTotal | None = None
    taught = lessons.settled(length)
    whole = levelled.size == series.days
    if taught is not None:
        pooled = pooled_totals(taught[0], levelled, length, [levelled.size], whole)[0]
    phases = history.future_phases(horizon)
    model = CombinedModel(learn(levelled, length), levelled, phases, rng, pooled)
    return Choice(model, "", _combined_backtest(history, interval, rng, lessons, whole))


def _declared(rate: float | None) -> DeclaredModel | None:
    return DeclaredModel(rate) if rate else None


def window_length(interval: ProtectionInterval, series: LevelSeries) -> int:
    """The mean protection interval in open periods."""
    open_share = float(np.mean(series.factors > 0))
    return max(1, min(LONGEST_DAYS, round(interval.mean_days() * open_share)))


def _combined_backtest(
    history: History, interval: ProtectionInterval, rng: np.random.Generator, lessons: Lessons, whole: bool
) -> Backtest | None:
    """Season, survival curve, smoothing parameters and lesson are learnt before the first window and kept;
    the level, the residuals and the width move on with each window."""
    learn_from = max(MODEL_DAYS, history.size // 2)
    levelled = level_series(history, rng, learn_from)
    warm_up = int((levelled.factors[history.phases[:learn_from]] > 0).sum())
    length = window_length(interval, levelled)
    starts = rolling_origins(levelled.size, length, warm_up)
    if not starts or not levelled.values[: starts[0]].any():
        return None
    parameters = learn(levelled.upto(starts[0]), length)
    taught = lessons.settled(length)
    pooled: dict[int, PooledTotal] = {}
    if taught is not None:
        pooled = dict(zip(starts, pooled_totals(taught[1], levelled, length, starts, whole), strict=True))

    def model_at(start: int) -> DemandModel:
        phases = levelled.phases[start : start + length]
        past = levelled.upto(start)
        return CombinedModel(parameters, past, phases, rng, pooled.get(start), BACKTEST_PATHS)

    return _scored(levelled, starts, length, model_at)


def _plain_backtest(
    history: History, interval: ProtectionInterval, rng: np.random.Generator
) -> Backtest | None:
    length = max(1, min(LONGEST_DAYS, round(interval.mean_days())))
    starts = rolling_origins(history.size, length, PLAIN_DAYS)
    if not starts:
        return None
    levelled = level_series(history.without_season(), rng, starts[0])
    return _scored(levelled, starts, length, lambda start: plain_model(history.upto(start), rng))


def _scored(
    series: LevelSeries, starts: Sequence[int], length: int, model_at: Callable[[int], DemandModel]
) -> Backtest | None:
    """Try the model on each window; those with a stock-out are left out, their demand is not known."""
    window = ProtectionInterval(float(length), 0.0, 0)
    seen = [start for start in starts if series.observed[start : start + length].all()]
    demand = np.array([series.values[start : start + length].sum() for start in seen])
    totals = [model_at(start).total(LEVELS, window).quantiles for start in seen]
    quantities = np.array([[round_up(q) for q in quantiles] for quantiles in totals], dtype=np.float64)
    window_mean = length * float(series.values[: starts[0]].mean())
    return measured(LEVELS, demand, quantities.reshape(len(seen), len(LEVELS)), window_mean, length)
