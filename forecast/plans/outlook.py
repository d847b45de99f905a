"""A cached forecast and today's stock: days of cover, the day of running out, what to order, the alert level.

The forecast is slow and cached; the stock changes with every entry. So this part is light (no model, no
heavy import) and is asked anew for each page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from forecast.request import Forecast
from forecast.stock.policy import (
    LevelThresholds,
    SafetyStock,
    StockFacts,
    StockLevel,
    StockLot,
    cover,
    order_quantity,
    par_stock_level,
    stock_level,
)


@dataclass(frozen=True)
class RunOut:
    """The last days on which stock still reaches, by heavy, middle and light use; None = not in the band.

    Each is the first day at whose end demand has used all: `early` at the band's 90 %, `late` at 10 %.
    """

    early: date | None
    middle: date | None
    late: date | None


@dataclass(frozen=True)
class StockOutlook:
    """One item at one place as it stands today; quantities in base units.

    Attributes:
        usable: neither held nor expired.
        days_of_cover: None at zero expected use, or where no forecast can be made.
        left_at_expiry: of the usable, forecast to expire unused.
        left_out: reason -> units on the shelf that the days of cover do not count: expired, held,
            expires_unused (not where no use is known). These and the units counted are all there is.
        position: usable + in transit - committed.
        level: alert level.
        order: quantity that brings the position to the order-up-to level; 0 above the reorder point.
        run_out: when the stock ends, with early and late.
        band: what is left at the end of each day ahead: (at heavy, middle, light use), never below 0.
    """

    usable: int
    days_of_cover: float | None
    left_at_expiry: int
    position: int
    level: StockLevel
    order: int
    run_out: RunOut
    band: tuple[tuple[int, int, int], ...]
    left_out: Mapping[str, int] = field(default_factory=dict)


def stock_outlook(
    forecast: Forecast,
    lots: Iterable[StockLot],
    today: date,
    criticality: str,
    in_transit: int = 0,
    committed: int = 0,
    watch: bool = False,
    thresholds: LevelThresholds | None = None,
    stock: SafetyStock | None = None,
) -> StockOutlook:
    """Read a forecast against the stock of today.

    `stock` holds the levels to steer by in place of the forecast's own: those of a `targets.Target`.
    `in_transit` leaves overdue transfers out. The band counts days from `today` on, also when the
    forecast is some days old: the level is taken to stand still between.
    Stock that will expire before its use is not counted on in `run_out` and `band`.
    """
    limits = thresholds or LevelThresholds()
    if stock is not None:
        forecast = replace(forecast, stock=stock)
    covered = cover(lots, forecast.daily_mean or 0.0, today)
    position = covered.usable + in_transit - committed
    known = forecast.daily_mean is not None
    # Without a known use nothing can be said to be left over.
    left = covered.left_at_expiry if known else 0
    looked_at = watch or left > 0
    return StockOutlook(
        usable=covered.usable,
        days_of_cover=covered.days,
        left_at_expiry=left,
        position=position,
        level=_level(forecast, covered.usable, covered.days, position, criticality, looked_at, limits),
        order=order_quantity(forecast.stock, position) if forecast.stock else 0,
        run_out=run_out(forecast.band, covered.usable - left, today),
        band=stock_band(forecast.band, covered.usable - left),
        left_out={
            reason: units for reason, units in covered.left_out.items() if reason != "expires_unused" or known
        },
    )


def _level(
    forecast: Forecast,
    usable: int,
    cover_days: float | None,
    position: int,
    criticality: str,
    watch: bool,
    limits: LevelThresholds,
) -> StockLevel:
    if forecast.stock is None and forecast.par_level is not None:
        worst = par_stock_level(usable, forecast.par_level)
        return StockLevel.WATCH if worst is StockLevel.OK and watch else worst
    facts = StockFacts(
        criticality=criticality,
        usable=usable,
        cover_days=cover_days,
        lead_time_days=forecast.lead_time_days,
        position=position,
        reorder_point=forecast.stock.reorder_point if forecast.stock else None,
        expected_lookahead=(forecast.daily_mean or 0.0) * limits.low_lookahead_days,
        watch=watch,
    )
    return stock_level(facts, limits)


def run_out(band: Sequence[tuple[int, int, int]], usable: int, today: date) -> RunOut:
    """The day on which `usable` is used up, from a band of cumulative demand (low, middle, high)."""
    days = [_first_day(band, column, usable, today) for column in (2, 1, 0)]
    return RunOut(*days)


def _first_day(band: Sequence[tuple[int, int, int]], column: int, usable: int, today: date) -> date | None:
    for ahead, row in enumerate(band):
        if row[column] >= usable:
            return today + timedelta(days=ahead)
    return None


def stock_band(band: Sequence[tuple[int, int, int]], usable: int) -> tuple[tuple[int, int, int], ...]:
    """Stock left at the end of each day ahead: (heavy, middle, light use), never below 0."""
    left = [[max(0, usable - used) for used in row] for row in band]
    return tuple((heavy, middle, light) for light, middle, heavy in left)
