"""What is asked of a forecast, and what it answers: plain values, storable as JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from forecast.evaluate import LEVELS, Backtest
from forecast.series.demand import DemandSeries
from forecast.series.horizon import ProtectionInterval
from forecast.series.marks import Mark
from forecast.stock.policy import SafetyStock, StockPolicy

CONSUMABLE = "consumable"
BAND_DAYS = 42


def seeded(key: str) -> np.random.Generator:
    """The random draws of one series, by its key alone."""
    return np.random.default_rng(int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]))


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

    @property
    def horizon(self) -> int:
        """Days ahead that the model will be asked for."""
        return max(int(self.interval.durations()[0][-1]), self.band_days)

    @property
    def levels(self) -> tuple[float, ...]:
        return tuple(sorted({*LEVELS, self.policy.service_level}))

    def rng(self) -> np.random.Generator:
        """Seeded from the key, so that a series is answered alike in any company."""
        return seeded(self.key)

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
        lead_times: ((days, how many of 100), ...) as measured; empty where a setting stands in for them.
        lead_time_from: what they are measured from: request, or dispatch, which is transport only; "" where a
            setting stands in for them, and in what an older version stored.
        lead_time_seen: how many of the place's own arrivals they are measured from; few borrow from others.
        first_day: the first day of the history; None in what an older version stored.
        marks: its days that are not plainly known (`marks`).
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
    lead_times: tuple[tuple[int, int], ...] = ()
    lead_time_from: str = ""
    lead_time_seen: int = 0
    first_day: date | None = None
    marks: tuple[Mark, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        plain = dict(self.__dict__)
        plain["origin"] = self.origin.isoformat()
        plain["quantiles"] = [list(pair) for pair in self.quantiles]
        plain["stock"] = self.stock.as_dict() if self.stock else None
        plain["backtest"] = self.backtest.as_dict() if self.backtest else None
        plain["band"] = [list(row) for row in self.band]
        plain["lead_times"] = [list(pair) for pair in self.lead_times]
        plain["first_day"] = self.first_day.isoformat() if self.first_day else None
        plain["marks"] = [list(mark) for mark in self.marks]
        return plain

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Forecast:
        given = dict(stored)
        given["origin"] = date.fromisoformat(given["origin"])
        given["quantiles"] = tuple((int(level), int(units)) for level, units in given["quantiles"])
        given["stock"] = SafetyStock.from_dict(given["stock"]) if given["stock"] else None
        given["backtest"] = Backtest.from_dict(given["backtest"]) if given["backtest"] else None
        given["band"] = tuple((int(low), int(middle), int(high)) for low, middle, high in given["band"])
        given["lead_times"] = tuple(map(tuple, given.get("lead_times", ())))
        given["first_day"] = date.fromisoformat(given["first_day"]) if given.get("first_day") else None
        given["marks"] = tuple(map(tuple, given.get("marks", ())))
        return cls(**given)
