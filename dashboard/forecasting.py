"""From the ledger's views to forecasts and back into the store: the wiring of `forecast`, run as a job."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from forecast.demand import DayMovement, DemandSeries, demand_series
from forecast.horizon import ProtectionInterval
from forecast.leadtime import LeadTime, LeadTimes, Shipment
from forecast.policy import StockPolicy
from forecast.run import ForecastRequest, forecast_many
from ledger.store.series import DailyRow, Passage, active_days, daily_rows, passages, policies

if TYPE_CHECKING:
    from ledger.record import Record

LEAD_TIME_DAYS = 3  # of a place that nothing has been sent to yet, and no policy speaks of
REVIEW_PERIOD_DAYS = 7

Progress = Callable[[int, int], None]


def run_forecasts(record: Record, progress: Progress | None = None) -> int:
    """Forecast every item at every center and keep the results; returns how many there are."""
    requests = forecast_requests(record)
    forecasts = forecast_many(requests, progress)
    rows = []
    for forecast in forecasts:
        place, item = forecast.key.split("|")
        rows.append((place, item, forecast.log_size, json.dumps(forecast.as_dict())))
    with record.store.write() as writing:
        writing.put_forecasts(rows)
    return len(rows)


def forecast_requests(record: Record) -> list[ForecastRequest]:
    """One request per center and item with any movement, all from the same size of the log."""
    today = record.now().astimezone(record.facts.zone).date()
    with record.store.read() as snapshot:
        size = snapshot.size()
        centers = {key[0] for key, row in snapshot.rows("view_place") if row[0] == "center"}
        items = {key[0]: row for key, row in snapshot.rows("view_item")}
        rows = [row for row in daily_rows(snapshot) if row.place in centers]
        days, set_policies = active_days(snapshot), policies(snapshot)
        lead_times = LeadTimes(map(shipment, passages(snapshot)), today)
    policy = _Policies(set_policies)
    requests = []
    for (place, item), group in groupby(rows, key=lambda row: (row.place, row.item)):
        item_class, criticality = items[item][4], items[item][5]
        series = _series(list(group), days[place], today - timedelta(days=1))
        if series is not None:
            requests.append(
                ForecastRequest(
                    key=f"{place}|{item}",
                    series=series,
                    interval=policy.interval(place, item, lead_times.of(place)),
                    policy=StockPolicy(criticality, policy.service_level(criticality, place, item)),
                    log_size=size,
                    kind=item_class,
                    like=item,
                )
            )
    return requests


class _Policies:
    """Settings in force: of the place and item, of the item, of the place, of the book; else the default."""

    def __init__(self, settings: dict[tuple[str, str, str], int]) -> None:
        self.settings = settings

    def get(self, name: str, place: str, item: str, default: int) -> int:
        for scope in ((place, item), ("", item), (place, ""), ("", "")):
            if (value := self.settings.get((name, *scope))) is not None:
                return value
        return default

    def service_level(self, criticality: str, place: str, item: str) -> int:
        default = StockPolicy.of(criticality).service_level_per_mille
        return self.get(f"service_level_{criticality}", place, item, default)

    def interval(self, place: str, item: str, measured: LeadTime | None) -> ProtectionInterval:
        """The measured lead time where any dispatch has arrived, else the book's own setting.

        No requests are recorded yet, so what is measured is transport only (`LeadTime.measured_from`).
        """
        return ProtectionInterval(
            lead_time_mean_days=self.get("lead_time_days", place, item, LEAD_TIME_DAYS),
            lead_time_variance_days2=0,
            review_days=self.get("review_period_days", place, item, REVIEW_PERIOD_DAYS),
            lead_time_sample_days=measured.sample() if measured else (),
        )


def shipment(passage: Passage) -> Shipment:
    """A dispatch of the ledger as a lead time is measured from it; one that came to nothing has ended."""
    usable = date.fromisoformat(passage.usable) if passage.usable else None
    dispatched = date.fromisoformat(passage.dispatched)
    ended = None if usable or passage.open_ else dispatched
    return Shipment(passage.to_place, passage.from_place, dispatched, usable, ended=ended)


def _series(rows: list[DailyRow], active: set[str], last_day: date) -> DemandSeries | None:
    """Demand of one item at one place, from its first movement to yesterday."""
    first_day = date.fromisoformat(rows[0].day)
    if first_day > last_day:
        return None
    usable, movements = 0, []
    for row in rows:
        usable += row.usable_change
        day = date.fromisoformat(row.day)
        if day <= last_day:
            movements.append(
                DayMovement(
                    day=day,
                    received=row.received + row.arrived + row.other_in,
                    issued=row.issued,
                    moved_out=row.dispatched + row.other_out,
                    usable_end=max(0, usable),
                )
            )
    span = [first_day + timedelta(days=n) for n in range((last_day - first_day).days + 1)]
    silent = [day for day in span if day.isoformat() not in active]
    return demand_series(movements, first_day, last_day, 0, silent)
