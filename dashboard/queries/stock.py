"""Who runs short, when? Stock of today read against the cached forecasts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from dashboard.queries.book import Book
from dashboard.queries.registers import Item, Place
from dashboard.queries.targets import targets
from forecast.plans.outlook import StockOutlook, stock_outlook
from forecast.plans.targets import Target
from forecast.request import Forecast
from forecast.stock.policy import SafetyStock, StockFacts, StockLevel, StockLot, stock_level
from ledger.store.reading import ShelfRow, TransitRow
from ledger.store.series import expired_at

LEVELS = ("out", "urgent", "low", "watch", "ok")


@dataclass(frozen=True)
class Standing:
    """One item at one place today; quantities in base units.

    Attributes:
        level: out, nearly_out, urgent, low, watch or ok; "" where nothing can be said.
        basis: what the level rests on: forecast, too_short, insufficient, no_use, none (no forecast yet),
            or the item's class where it is not forecast.
        usable: neither held, waiting for inspection nor expired.
        expired, waiting: on the shelf but expired; waiting for inspection, held or rejected.
        transit: on the way and not overdue; overdue: on the way past its due day.
        days: usable days of cover; None where it has no meaning or is not known.
        target: what to keep where the center has a scenario; None where past use alone says it.
    """

    place: Place
    item: Item
    level: str
    basis: str
    usable: int
    expired: int
    waiting: int
    transit: int
    overdue: int
    days: float | None
    forecast: Forecast | None
    outlook: StockOutlook | None
    next_due: tuple[date, int] | None
    target: Target | None = None

    @property
    def stock(self) -> SafetyStock | None:
        """The levels to steer by: those of past use, raised where the scenario asks for more."""
        return _steered(self.forecast, self.target)

    @property
    def safety(self) -> int | None:
        return self.stock.safety_stock if self.stock else None

    @property
    def reorder(self) -> int | None:
        return self.stock.reorder_point if self.stock else None

    @property
    def raised(self) -> bool:
        """Whether the scenario asks for more than past use."""
        return self.target is not None and self.target.reason in ("scenario", "no_forecast")

    @property
    def urgency(self) -> tuple[int, float, str, str]:
        """Sorts the most urgent first."""
        level = "out" if self.level == "nearly_out" else self.level
        rank = LEVELS.index(level) if level else len(LEVELS)
        days = self.days if self.days is not None else 0.0 if self.usable == 0 and rank == 0 else 1e9
        return rank, days, self.place.code, self.item.code


def standings(book: Book, place: str | None = None, item: str | None = None) -> list[Standing]:
    """Every item at every center (or at one place, of one item), most urgent first."""
    if place is None and item is None:
        made = book.memory.recall("standings", book.state, lambda: _standings(book, None, None))
        return list(made)
    return _standings(book, place, item)


def _standings(book: Book, place: str | None, item: str | None) -> list[Standing]:
    shelf: dict[tuple[str, str], list[ShelfRow]] = defaultdict(list)
    for row in book.reading.shelf(place, item):
        shelf[row.place, row.item].append(row)
    transit: dict[tuple[str, str], list[TransitRow]] = defaultdict(list)
    for moving in book.reading.transit(place, item):
        transit[moving.place, moving.item].append(moving)
    known = book.known(place, item)
    keys = {*shelf, *transit, *known}
    raised = targets(book, known, keys)
    found = []
    for key in keys:
        at = book.registers.place(key[0])
        if at.kind == "center" or place is not None:
            found.append(
                standing(
                    at,
                    book.registers.item(key[1]),
                    shelf[key],
                    transit[key],
                    known[key].forecast if key in known else None,
                    book.today,
                    raised.get(key),
                )
            )
    return sorted(found, key=lambda s: s.urgency)


def standing(
    place: Place,
    item: Item,
    shelf: Iterable[ShelfRow],
    transit: Iterable[TransitRow],
    forecast: Forecast | None,
    today: date,
    target: Target | None = None,
) -> Standing:
    """Pure: one item at one place, from its shelf, what is on the way, its forecast and target if any."""
    rows, moving = list(shelf), list(transit)
    lots = [_lot(row) for row in rows]
    expired = sum(lot.quantity for lot in lots if lot.expiry and lot.expiry < today and not lot.held)
    waiting = sum(lot.quantity for lot in lots if lot.held)
    overdue = sum(row.quantity for row in moving if row.due and row.due < today.isoformat())
    coming = sum(row.quantity for row in moving) - overdue
    due = sorted((row.due, row.quantity) for row in moving if row.due and row.due >= today.isoformat())
    outlook, steering = None, _steering(forecast, target, today)
    if steering is not None:
        outlook = stock_outlook(steering, lots, today, item.criticality or "needed", in_transit=coming)
    usable = outlook.usable if outlook else sum(lot.quantity for lot in lots) - expired - waiting
    level = _level(outlook, item, usable)
    return Standing(
        place=place, item=item, level=level, basis=_basis(item, forecast), usable=usable, expired=expired,
        waiting=waiting, transit=coming, overdue=overdue, days=outlook.days_of_cover if outlook else None,
        forecast=forecast, outlook=outlook,
        next_due=(date.fromisoformat(due[0][0]), due[0][1]) if due else None, target=target,
    )  # fmt: skip


def _steered(forecast: Forecast | None, target: Target | None) -> SafetyStock | None:
    """Levels with the target for reorder point. Where past use says nothing, all of it is safety stock."""
    past = forecast.stock if forecast else None
    if target is None or target.target is None:
        return past
    if target.reason == "par":
        return None
    return target.stock or SafetyStock(target.target, target.target, target.target)


def _steering(forecast: Forecast | None, target: Target | None, today: date) -> Forecast | None:
    """The forecast with the levels to steer by; one that knows no use where there is a target alone."""
    if target is None or target.target is None:
        return forecast
    par = target.target if target.reason == "par" else None
    return replace(forecast or _nothing_known(today), stock=_steered(forecast, target), par_level=par)


def _nothing_known(today: date) -> Forecast:
    return Forecast(
        key="", log_size=0, origin=today, model="none", reason="", days_used=0, censored_share=0.0,
        missing_share=0.0, insufficient=False, service_level_per_mille=0, protection_days=0.0,
        lead_time_days=0.0, daily_mean=None, total_mean=None, quantiles=(), stock=None, par_level=None,
        backtest=None, band=(),
    )  # fmt: skip


def _lot(row: ShelfRow) -> StockLot:
    expiry = date.fromisoformat(row.expiry) if row.expiry[:1].isdigit() else None
    return StockLot(row.quantity, expiry, held=row.state != "usable")


def _level(outlook: StockOutlook | None, item: Item, usable: int) -> str:
    if outlook is not None:
        level = outlook.level
    elif usable == 0 and item.item_class == "consumable":
        level = stock_level(StockFacts(item.criticality or "needed", 0, None, 0.0, 0, None))
    else:
        return ""
    return "nearly_out" if level is StockLevel.OUT and usable > 0 else str(level)


def _basis(item: Item, forecast: Forecast | None) -> str:
    if item.item_class in ("reusable", "equipment"):
        return item.item_class
    if forecast is None:
        return "none"
    if forecast.model == "none":
        return "insufficient" if forecast.insufficient else forecast.reason or "none"
    return forecast.model if forecast.model in ("too_short", "no_use") else "forecast"


@dataclass(frozen=True)
class CenterStanding:
    """A center on the overview: its most urgent vital item, and how many items stand at each level."""

    center: Place
    street: Place | None
    scarcest: Standing | None
    levels: dict[str, int]
    last_day: str
    confirmed: str


def center_standings(book: Book) -> list[CenterStanding]:
    """Every center, most urgent first."""
    mine: dict[str, list[Standing]] = defaultdict(list)
    for one in standings(book):
        mine[one.place.code].append(one)
    days = book.reading.last_days()
    found = []
    for center in book.registers.centers():
        levels: dict[str, int] = defaultdict(int)
        for one in mine[center.code]:
            if one.level:
                levels["out" if one.level == "nearly_out" else one.level] += 1
        vital = [
            s
            for s in mine[center.code]
            if s.item.criticality == "vital" and s.item.item_class == "consumable"
        ]
        last, confirmed = days.get(center.code, ("", ""))
        scarcest = vital[0] if vital else None
        found.append(
            CenterStanding(center, book.registers.street(center), scarcest, dict(levels), last, confirmed)
        )
    far = (len(LEVELS), 1e9, "", "")
    return sorted(found, key=lambda c: (*(c.scarcest.urgency if c.scarcest else far)[:2], c.center.code))


@dataclass(frozen=True)
class StockLine:
    """What the stock figure draws: the past by day, and the band ahead (day, low, middle, high)."""

    past: list[tuple[date, int]]
    ahead: list[tuple[date, int, int, int]]
    inbound: tuple[date, int] | None
    stock: Standing


def stock_line(book: Book, stock: Standing, past_days: int = 28, ahead_days: int = 14) -> StockLine:
    """Usable stock at the end of each of the last days, without what had expired on that day."""
    place, item = stock.place.code, stock.item.code
    change: dict[date, int] = defaultdict(int)
    first, total, past = book.today - timedelta(days=past_days - 1), 0, []
    for row in book.reading.daily(place, item):
        change[max(date.fromisoformat(row.day), first)] += row.usable_change
    for one in expired_at(book.snapshot, place, item, book.today.isoformat()):
        change[max(date.fromisoformat(one.day), first)] -= one.change
    for day in (first + timedelta(days=n) for n in range(past_days)):
        total += change[day]
        past.append((day, max(0, total)))
    past[-1] = (book.today, stock.usable)
    ahead = []
    if stock.usable > 0 and stock.outlook is not None and stock.forecast is not None and stock.forecast.band:
        # Row 0 is the end of today, which is partly over; the drawn band leaves from the stock as it is now.
        for i, (low, middle, high) in enumerate(stock.outlook.band[1 : ahead_days + 1], 1):
            ahead.append((book.today + timedelta(days=i), low, middle, high))
    return StockLine(past, ahead, stock.next_due, stock)
