"""One forecast or many: plain requests in, plain forecasts out.

A forecast depends on its request and the run's lessons alone (its random draws are seeded from the key), so
it can be cached with the size of the log that it saw, computed elsewhere, or computed again for a check.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np

from forecast.evaluate import LEVELS
from forecast.models import DemandModel
from forecast.pooled.lessons import NO_LESSONS, Lessons, learn_lessons
from forecast.pooled.pool import MOST_SERIES
from forecast.request import CONSUMABLE, Forecast, ForecastRequest
from forecast.select import FAILED, PLAIN_DAYS, Choice, choose_all
from forecast.series.history import daily_history, level_series
from forecast.series.marks import marks_of
from forecast.settled import MODEL_DAYS, level_panel, window_length
from forecast.stock.policy import round_up, safety_stock

BAND_LEVELS = (0.1, 0.5, 0.9)
PIECE = 256
"""Series worked on together: what bounds the memory."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Taught:
    """What the series of a run teach each other.

    Attributes:
        lessons: see `lessons`.
        rates: median daily rate of like series, by `like`.
    """

    lessons: Lessons
    rates: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        return {"lessons": self.lessons.as_dict(), "rates": dict(sorted(self.rates.items()))}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Taught:
        return cls(Lessons.from_dict(stored["lessons"]), dict(stored["rates"]))


NOTHING_TAUGHT = Taught(NO_LESSONS, {})


def forecast_one(request: ForecastRequest, taught: Taught = NOTHING_TAUGHT) -> Forecast:
    """The forecast of one series."""
    return forecast_many([request], taught=taught)[0]


def forecast_many(
    requests: Iterable[ForecastRequest], progress: Progress | None = None, taught: Taught | None = None
) -> list[Forecast]:
    """One forecast per request, in their order; `progress(done, total)` is called after each.

    What the series teach each other is learnt from the requests themselves unless it is given. Series too
    short to speak for themselves borrow the median daily rate of like ones, unless the request brings one.
    """
    asked = list(requests)
    known = teach(asked) if taught is None else taught
    forecasts: list[Forecast] = []
    for start in range(0, len(asked), PIECE):
        piece = [_with_rate(request, known.rates) for request in asked[start : start + PIECE]]
        for request, choice in zip(piece, choose_all(piece, known.lessons), strict=True):
            forecasts.append(_forecast(request, choice))
            if progress is not None:
                progress(len(forecasts), len(asked))
    return forecasts


def teach(requests: Sequence[ForecastRequest]) -> Taught:
    """Learn from at most 400 of the sound series, evenly taken."""
    return Taught(_lessons(requests), _like_rates(requests))


def _lessons(requests: Sequence[ForecastRequest]) -> Lessons:
    usable = [request for request in requests if _is_sound(request) and any(request.series.demand)]
    places = np.unique(np.linspace(0, len(usable) - 1, min(len(usable), MOST_SERIES)).astype(np.int64))
    chosen = [usable[place] for place in places.tolist()]
    if not chosen:
        return NO_LESSONS
    series = [level_series(daily_history(request.series), request.rng()) for request in chosen]
    lengths = {window_length(request.interval, one) for request, one in zip(chosen, series, strict=True)}
    short = {
        (max(1, round(request.interval.mean_days())), request.series.days_used)
        for request in requests
        if request.kind == CONSUMABLE and PLAIN_DAYS <= request.series.days_used < MODEL_DAYS
    }
    levels = sorted({*LEVELS, *(level for request in requests for level in request.levels)})
    return learn_lessons(level_panel(series, [r.series.days for r in chosen]), lengths, short, levels)


def _like_rates(requests: Sequence[ForecastRequest]) -> dict[str, float]:
    """Median over places of the mean daily demand, from series with a sufficient history of their own."""
    rates: dict[str, list[float]] = {}
    for request in requests:
        if _is_sound(request) and request.like:
            used = sum(request.series.demand) / request.series.days_used
            rates.setdefault(request.like, []).append(used)
    return {like: float(np.median(found)) for like, found in rates.items()}


def _is_sound(request: ForecastRequest) -> bool:
    series = request.series
    return request.kind == CONSUMABLE and not series.insufficient and series.days_used >= MODEL_DAYS


def _with_rate(request: ForecastRequest, rates: Mapping[str, float]) -> ForecastRequest:
    if request.like_daily_rate is not None or request.like not in rates:
        return request
    return replace(request, like_daily_rate=rates[request.like])


def daily_band(
    model: DemandModel, horizon_days: int, levels: Sequence[float] = BAND_LEVELS
) -> list[tuple[int, int, int]]:
    """Cumulative demand to the end of each day ahead: low, middle, high, rounded up to base units."""
    rows = model.cumulative(levels, horizon_days)
    return [(round_up(low), round_up(middle), round_up(high)) for low, middle, high in rows.tolist()]


def _forecast(request: ForecastRequest, choice: Choice) -> Forecast:
    series, model, policy = request.series, choice.model, request.policy
    total = model.total(request.levels, request.interval) if model else None
    found = dict(zip(request.levels, total.quantiles, strict=True)) if total else {}
    stock = None
    if model and total:
        quantile = found[policy.service_level]
        stock = safety_stock(quantile, total.mean, model.rate(), request.interval.review_days)
    declared = model is not None and model.name == "too_short" and stock is not None
    return Forecast(
        key=request.key,
        log_size=request.log_size,
        origin=series.last_day + timedelta(days=1),
        model=model.name if model else "none",
        reason=choice.reason,
        days_used=series.days_used,
        censored_share=series.censored_share,
        missing_share=series.missing_share,
        insufficient=series.insufficient,
        service_level_per_mille=policy.service_level_per_mille,
        protection_days=request.interval.mean_days(),
        lead_time_days=request.interval.lead_time_days(),
        daily_mean=model.rate() if model else None,
        total_mean=total.mean if total else None,
        quantiles=tuple((round(level * 1000), round_up(units)) for level, units in found.items()),
        stock=stock,
        par_level=stock.reorder_point if declared and stock else request.par_level,
        backtest=choice.backtest,
        band=tuple(daily_band(model, request.band_days)) if model else (),
        lead_times=tuple(sorted(Counter(request.interval.lead_time_sample_days).items())),
        lead_time_from=request.interval.lead_time_from,
        lead_time_seen=request.interval.lead_time_seen,
        first_day=series.first_day,
        marks=marks_of(series),
    )


def failed_forecast(request: ForecastRequest) -> Forecast:
    """What is said of a series that could not be worked on at all."""
    return _forecast(request, FAILED)
