"""Which model answers for each series, and how wrong that model was on windows it had not seen."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.evaluate import LEVELS, Backtest, measured, rolling_origins, window_rows
from forecast.models import DeclaredModel, DemandModel, PlainModel, plain_model, short_model
from forecast.pooled.lessons import NO_LESSONS, Lessons
from forecast.request import CONSUMABLE, ForecastRequest
from forecast.series.history import History, daily_history, known_days, level_series
from forecast.series.horizon import LONGEST_DAYS, ProtectionInterval
from forecast.settled import MODEL_DAYS, Ready, answer_settled, make_ready, window_length
from forecast.stock.policy import whole_units

IntArray = NDArray[np.int64]

PLAIN_DAYS = 14
"""From two weeks on the textbook model answers (DOMAIN.md section 5: measured burn after 14 days)."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """The model that answers (None: nothing can be said), why not the full one, and its past error."""

    model: DemandModel | None
    reason: str
    backtest: Backtest | None


def choose_all(requests: Sequence[ForecastRequest], lessons: Lessons = NO_LESSONS) -> list[Choice]:
    """The model for each series, in their order; those with history enough are worked on together.

    A declared rate (units per day, from a scenario or like series) answers where history is under two weeks,
    or under eight and without any use, and is the least rate where more than half of it is lost.
    """
    chosen: dict[int, Choice] = {}
    waiting: list[tuple[int, Ready]] = []
    for place, request in enumerate(requests):
        found = _guarded(request, lambda one: _ready_or_choice(one, lessons))
        if isinstance(found, Ready):
            waiting.append((place, found))
        else:
            chosen[place] = found
    chosen.update(_together(requests, waiting, lessons))
    return [chosen[place] for place in range(len(requests))]


def _together(
    requests: Sequence[ForecastRequest], waiting: Sequence[tuple[int, Ready]], lessons: Lessons
) -> dict[int, Choice]:
    """The panel's answers; where the panel fails, each series alone, so that one cannot take others along."""
    levels = tuple(sorted({level for place, _ in waiting for level in requests[place].levels}))
    try:
        answers = answer_settled([one for _, one in waiting], levels, lessons)
        return {
            place: Choice(model, "", past) for (place, _), (model, past) in zip(waiting, answers, strict=True)
        }
    except Exception as error:
        if len(waiting) > 1:
            _log.info("a panel of %d failed (%s): each alone", len(waiting), error)
            alone = [_together(requests, [one], lessons) for one in waiting]
            return {place: choice for found in alone for place, choice in found.items()}
        ((place, one),) = waiting
        request = requests[place]
        told = _guarded(request, lambda asked: _plain(one.history, asked, "failed"))
        return {place: told if isinstance(told, Choice) else FAILED}


FAILED = Choice(None, "failed", None)


def _guarded(request: ForecastRequest, work: Callable[[ForecastRequest], Ready | Choice]) -> Ready | Choice:
    """One series that cannot be worked on is named as failed, and the run goes on."""
    try:
        return work(request)
    except Exception as error:
        _log.warning("%s failed: %s", request.key, error)
        return FAILED


def _ready_or_choice(request: ForecastRequest, lessons: Lessons) -> Ready | Choice:
    if request.kind != CONSUMABLE:
        return Choice(None, request.kind, None)
    series = request.series
    history, rate = daily_history(series), request.declared_rate
    if history.size < PLAIN_DAYS:
        return Choice(_declared(rate), "too_short", None)
    if not history.demand.any():
        settled = history.size >= MODEL_DAYS and not series.insufficient
        declared = None if settled else _declared(rate)
        return Choice(declared or PlainModel(0.0, 0.0, "no_use"), "no_use", None)
    if series.insufficient:
        return _plain(history, request, "insufficient", rate or 0.0)
    if history.size < MODEL_DAYS:
        return _short(history, request, lessons)
    known, rng = known_days(series), request.rng()
    return make_ready(history, known, request.interval, series.days, request.horizon, rng)


def _plain(history: History, request: ForecastRequest, reason: str, at_least: float = 0.0) -> Choice:
    past = _plain_backtest(history, known_days(request.series), request.interval, request.rng())
    return Choice(plain_model(history, request.rng(), at_least), reason, past)


def _short(history: History, request: ForecastRequest, lessons: Lessons) -> Choice:
    """By what like memories of long series were followed by; the plain mean where nothing was learnt."""
    levelled = level_series(history, request.rng())
    length = window_length(request.interval, levelled)
    lesson = lessons.short(length, levelled.size)
    if lesson is None:
        return _plain(history, request, "short")
    return Choice(short_model(lesson, levelled, length), "short", None)


def _declared(rate: float | None) -> DeclaredModel | None:
    return DeclaredModel(rate) if rate else None


def _plain_backtest(
    history: History, known: IntArray, interval: ProtectionInterval, rng: np.random.Generator
) -> Backtest | None:
    length = max(1, min(LONGEST_DAYS, round(interval.mean_days())))
    starts = rolling_origins(history.size, length, PLAIN_DAYS)
    if not starts:
        return None
    series = level_series(history.without_season(), rng, starts[0])
    within = np.array(starts)[:, None] + np.arange(length)
    seen = np.asarray(series.observed[within].all(axis=1))
    demand = history.demand[within].sum(axis=1)
    window = ProtectionInterval(float(length), 0.0, 0)
    totals = [plain_model(history.upto(start), rng).total(LEVELS, window).quantiles for start in starts]
    quantities = whole_units(np.array(totals))
    rows = window_rows(known[within[:, [0, -1]]], demand, seen, quantities)
    window_mean = length * float(series.values[: starts[0]].mean())
    return measured(LEVELS, demand[seen], quantities[seen], window_mean, length, rows)
