"""One forecast or many: plain requests in, plain forecasts out, both storable as JSON.

A forecast depends on its request alone (its random draws are seeded from the key), so it can be cached
with the size of the log that it saw, computed elsewhere, or computed again for a check.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from forecast.demand import DemandSeries
from forecast.evaluate import LEVELS, Backtest
from forecast.history import daily_history, level_series
from forecast.horizon import ProtectionInterval
from forecast.lessons import NO_LESSONS, Lessons, learn_lessons
from forecast.models import DemandModel
from forecast.panel import DAILY, panel_of
from forecast.policy import SafetyStock, StockPolicy, round_up, safety_stock
from forecast.pool import MOST_SERIES
from forecast.select import MODEL_DAYS, PLAIN_DAYS, Choice, choose, window_length

CONSUMABLE = "consumable"
BAND_LEVELS = (0.1, 0.5, 0.9)
BAND_DAYS = 42


@dataclass(frozen=True)
class ForecastRequest:
    """What is asked for one item at one place.

    Attributes:
        key: names the series, unique and lasting, as "center|item"; seeds the random draws.
        series: demand rebuilt from the ledger; its last day is the last whole day.
        interval: the protection interval.
        policy: criticality and service level.
        log_size: number of entries that the series was rebuilt from.
        kind: consumable, reusable or equipment; only consumables are forecast.
        like: series with the same value are alike (the item code); short ones borrow their rate.
        scenario_daily_rate: declared demand in units per day, where a scenario is set.
        like_daily_rate: median rate of like series; `forecast_many` fills it in.
        par_level: declared stock of a reusable or of equipment, in units.
        band_days: days ahead of the day-by-day band.
    """

    key: str
    series: DemandSeries
    interval: ProtectionInterval
    policy: StockPolicy
    log_size: int
    kind: str = CONSUMABLE
    like: str = ""
    scenario_daily_rate: float | None = None
    like_daily_rate: float | None = None
    par_level: int | None = None
    band_days: int = BAND_DAYS

    def __post_init__(self) -> None:
        if not 1 <= self.band_days <= 365:
            raise ValueError("band_days must be 1 to 365")
        for name in ("scenario_daily_rate", "like_daily_rate"):
            rate = getattr(self, name)
            if rate is not None and not 0 <= rate < float("inf"):
                raise ValueError(f"{name} must be 0 or more")

    @property
    def declared_rate(self) -> float | None:
        """The rate told from outside: the larger of scenario and like series; None if neither is known."""
        rates = [rate for rate in (self.scenario_daily_rate, self.like_daily_rate) if rate is not None]
        return max(rates, default=None)

    def as_dict(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "series": self.series.as_dict(),
            "interval": self.interval.as_dict(),
            "criticality": self.policy.criticality,
            "service_level_per_mille": self.policy.service_level_per_mille,
            "log_size": self.log_size,
            "kind": self.kind,
            "like": self.like,
            "scenario_daily_rate": self.scenario_daily_rate,
            "like_daily_rate": self.like_daily_rate,
            "par_level": self.par_level,
            "band_days": self.band_days,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> ForecastRequest:
        given = dict(stored)
        policy = StockPolicy(given.pop("criticality"), given.pop("service_level_per_mille"))
        series = DemandSeries.from_dict(given.pop("series"))
        interval = ProtectionInterval.from_dict(given.pop("interval"))
        return cls(series=series, interval=interval, policy=policy, **given)


@dataclass(frozen=True)
class Forecast:
    """What is known of one item's demand at one place, and the stock that follows from it.

    Attributes:
        key, log_size: from the request.
        origin: the first day ahead; the band's first row is the end of this day.
        model: pooled_ets_nb, ets_nb (too few series to learn from), pooled_short, plain_mean, too_short
            (rate declared or borrowed), no_use, or none.
        reason: why not a full model: "", short, too_short, insufficient, no_use, failed, reusable, equipment.
        days_used: days that said something of demand.
        censored_share, missing_share: shares of the history, 0 to 1.
        insufficient: more than half of the history censored or missing.
        service_level_per_mille: chance asked for.
        protection_days, lead_time_days: mean protection interval and lead time.
        daily_mean: expected demand, units per day; None where nothing can be said.
        total_mean: expected demand over the protection interval.
        quantiles: ((per mille, base units), ...) of total demand over the protection interval.
        stock: safety stock, reorder point, order-up-to level; None where nothing can be said.
        par_level: what to keep where there is no forecast; None if nothing is declared.
        backtest: past error of this model on this series; None where there was no room to measure.
        band: cumulative demand, (10 %, 50 %, 90 %) per day ahead.
    """

    key: str
    log_size: int
    origin: date
    model: str
    reason: str
    days_used: int
    censored_share: float
    missing_share: float
    insufficient: bool
    service_level_per_mille: int
    protection_days: float
    lead_time_days: float
    daily_mean: float | None
    total_mean: float | None
    quantiles: tuple[tuple[int, int], ...]
    stock: SafetyStock | None
    par_level: int | None
    backtest: Backtest | None
    band: tuple[tuple[int, int, int], ...]

    def as_dict(self) -> dict[str, Any]:
        plain = dict(self.__dict__)
        plain["origin"] = self.origin.isoformat()
        plain["quantiles"] = [list(pair) for pair in self.quantiles]
        plain["stock"] = self.stock.as_dict() if self.stock else None
        plain["backtest"] = self.backtest.as_dict() if self.backtest else None
        plain["band"] = [list(row) for row in self.band]
        return plain

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Forecast:
        given = dict(stored)
        given["origin"] = date.fromisoformat(given["origin"])
        given["quantiles"] = tuple((int(level), int(units)) for level, units in given["quantiles"])
        given["stock"] = SafetyStock.from_dict(given["stock"]) if given["stock"] else None
        given["backtest"] = Backtest.from_dict(given["backtest"]) if given["backtest"] else None
        given["band"] = tuple((int(low), int(middle), int(high)) for low, middle, high in given["band"])
        return cls(**given)


def forecast_one(request: ForecastRequest, lessons: Lessons = NO_LESSONS) -> Forecast:
    """The forecast of one series; the same request and lessons always give the same forecast."""
    if request.kind != CONSUMABLE:
        return _forecast(request, Choice(None, request.kind, None))
    lengths, _ = request.interval.durations()
    horizon = max(int(lengths[-1]), request.band_days)
    return _forecast(request, _chosen(request, horizon, lessons))


def forecast_many(
    requests: Iterable[ForecastRequest],
    progress: Callable[[int, int], None] | None = None,
    lessons: Lessons | None = None,
) -> list[Forecast]:
    """One forecast per request, in their order; `progress(done, total)` is called after each.

    `lessons` are learnt from the requests themselves unless they are given.

    Series too short to speak for themselves borrow the median daily rate of the like ones, unless the
    request already brings one.
    """
    asked = list(requests)
    rates = _like_rates(asked)
    taught = lessons_of(asked) if lessons is None else lessons
    forecasts: list[Forecast] = []
    for request in asked:
        if request.like_daily_rate is None:
            request = replace(request, like_daily_rate=rates.get(request.like))
        forecasts.append(forecast_one(request, taught))
        if progress is not None:
            progress(len(forecasts), len(asked))
    return forecasts


def lessons_of(requests: Sequence[ForecastRequest]) -> Lessons:
    """What the series of a run teach each other: from at most 400 of the sound ones, evenly taken."""
    usable = [request for request in requests if _teaches(request)]
    places = np.unique(np.linspace(0, len(usable) - 1, min(len(usable), MOST_SERIES)).astype(np.int64))
    series, gapless, lengths = [], [], set()
    for place in places.tolist():
        request = usable[place]
        levelled = level_series(daily_history(request.series), _rng(request))
        series.append(levelled.values)
        gapless.append(levelled.size == request.series.days)
        lengths.add(window_length(request.interval, levelled))
    if not series:
        return NO_LESSONS
    short = {
        (max(1, round(request.interval.mean_days())), request.series.days_used)
        for request in requests
        if request.kind == CONSUMABLE and PLAIN_DAYS <= request.series.days_used < MODEL_DAYS
    }
    levels = sorted({*LEVELS, *(request.policy.service_level for request in requests)})
    return learn_lessons(panel_of(series, DAILY, gapless), lengths, short, levels)


def _teaches(request: ForecastRequest) -> bool:
    series = request.series
    sound = not series.insufficient and series.days_used >= MODEL_DAYS
    return sound and request.kind == CONSUMABLE and any(series.demand)


def daily_band(
    model: DemandModel, horizon_days: int, levels: Sequence[float] = BAND_LEVELS
) -> list[tuple[int, int, int]]:
    """Cumulative demand to the end of each day ahead: low, middle, high, rounded up to base units."""
    rows = model.cumulative(levels, horizon_days)
    return [(round_up(low), round_up(middle), round_up(high)) for low, middle, high in rows.tolist()]


def _chosen(request: ForecastRequest, horizon: int, lessons: Lessons) -> Choice:
    rng = _rng(request)
    return choose(request.series, request.interval, horizon, rng, request.declared_rate, lessons)


def _rng(request: ForecastRequest) -> np.random.Generator:
    return np.random.default_rng(int.from_bytes(hashlib.sha256(request.key.encode()).digest()[:8]))


def _like_rates(requests: Sequence[ForecastRequest]) -> dict[str, float]:
    """Median over places of the mean daily demand, from series with a sufficient history of their own."""
    rates: dict[str, list[float]] = {}
    for request in requests:
        series = request.series
        sound = not series.insufficient and series.days_used >= MODEL_DAYS
        if sound and request.like and request.kind == CONSUMABLE:
            rates.setdefault(request.like, []).append(sum(series.demand) / series.days_used)
    return {like: float(np.median(found)) for like, found in rates.items()}


def _forecast(request: ForecastRequest, choice: Choice) -> Forecast:
    series, model, policy = request.series, choice.model, request.policy
    levels = sorted({*LEVELS, policy.service_level})
    total = model.total(levels, request.interval) if model else None
    found = dict(zip(levels, total.quantiles, strict=True)) if total else {}
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
    )
