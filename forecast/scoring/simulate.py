"""What a policy would have done: stock ordered, kept and issued period by period, for many series at once.

Each period, in this order: deliveries come in; if it is a review, the order brings the inventory position
(on hand + on order) up to a level S; demand is met first expired, first out; what cannot be met is lost; what
has reached its last day of use is thrown away. This is the (R, S) rule of Silver, Pyke & Thomas, "Inventory
and Production Management in Supply Chains", chapter on periodic review: an order placed now must last until
the next one arrives, so S is a quantile of demand over review period + lead time.

A policy is told what a storekeeper would know: what was *issued*, and when the shelf was empty. One that
takes issues for demand orders too little after a stock-out, and so has the next one.

Deliveries come with the same days of use left, so lots are kept by the periods that they have left. All is
counted per series in days of its own demand, since units of different items are never added up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.pooled.panel import Rhythm
from forecast.scoring.backtest import past_of
from forecast.scoring.baselines import Forecaster, Past, days_in_period, periods_per_month
from forecast.stock.policy import whole_units
from forecast.tables.table import Table

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

YEAR_DAYS = 365
DUST = 1e-9
"""Less than this is nothing: what is left over by floats."""

Planner = Callable[[Past, int], FloatArray]
"""(what is known, periods to cover) -> order-up-to level of each series, units."""


@dataclass(frozen=True)
class StockRules:
    """How stock comes and goes, in periods.

    Attributes:
        review: periods between two orders.
        lead: periods from an order to the shelf; 0 = there when demand begins.
        shelf_life: periods of use that a delivery has left, the one in which it comes counted.
        replan: periods between two forecasts.
    """

    review: int = 1
    lead: int = 2
    shelf_life: int = 12
    replan: int = 1

    def __post_init__(self) -> None:
        if self.review < 1 or self.shelf_life < 1 or self.replan < 1:
            raise ValueError("review, shelf_life and replan must be 1 or more periods")
        if self.lead < 0:
            raise ValueError("lead must not be below 0")

    @property
    def cover(self) -> int:
        """Periods that an order must last: the protection interval."""
        return self.review + self.lead


@dataclass(frozen=True)
class World:
    """Demand as it truly was.

    Attributes:
        demand: shape (n, periods), units; NaN only before a series begins.
        start: the period in which the simulation begins; all before is known to every policy.
        rhythm: what a period is.
    """

    demand: FloatArray
    start: int
    rhythm: Rhythm

    def __post_init__(self) -> None:
        if not 1 <= self.start < self.demand.shape[1]:
            raise ValueError("start must leave at least one period before it and one after")
        if np.isnan(self.demand[:, self.start :]).any() or np.nanmin(self.demand) < 0:
            raise ValueError("demand must be known from start on, and not below 0")


@dataclass(frozen=True)
class Outcome:
    """What came of a policy, mean of series after the first `cover` periods.

    Attributes:
        series: how many.
        short_days: days per series and year on which somebody went without: of a period, the share of its
            demand that was lost.
        worst_days: the same, mean of the tenth of series that fared worst.
        fill_rate: share of demand that was met, 0..1.
        held_days: mean stock at the end of a period, in days of the series' demand.
        wasted_share: thrown away / (opening stock + received), 0..1 (DOMAIN.md section 4, "Wastage").
        orders: orders per series and year.
    """

    series: int
    short_days: float
    worst_days: float
    fill_rate: float
    held_days: float
    wasted_share: float
    orders: float

    def as_dict(self) -> dict[str, Any]:
        return dict(self.__dict__)


@dataclass(frozen=True)
class Results:
    """What came of a policy, per series, shape (n,), after the first `cover` periods.

    All but `short_days` and `orders` (per year) is in days of the series' own demand: its mean before and in
    the simulation, at least a unit per time to cover. Of the simulated time alone, a series that died out
    would count a thousand times.
    """

    short_days: FloatArray
    demand_days: FloatArray
    issued_days: FloatArray
    held_days: FloatArray
    came_days: FloatArray
    wasted_days: FloatArray
    orders: FloatArray

    def outcome(self, chosen: BoolArray | None = None) -> Outcome | None:
        """The mean of the chosen series, of all by default; None if there is none."""
        kept = np.ones(self.short_days.size, dtype=np.bool_) if chosen is None else chosen
        if not kept.any():
            return None
        short = np.sort(self.short_days[kept])
        demand = float(self.demand_days[kept].sum())
        return Outcome(
            series=int(short.size),
            short_days=float(short.mean()),
            worst_days=float(short[-max(1, short.size // 10) :].mean()),
            fill_rate=float(self.issued_days[kept].sum()) / demand if demand > 0 else 1.0,
            held_days=float(self.held_days[kept].mean()),
            wasted_share=float(self.wasted_days[kept].sum() / max(self.came_days[kept].sum(), 1e-9)),
            orders=float(self.orders[kept].mean()),
        )


def at_level(ask: Forecaster, level: float) -> Planner:
    """Order up to a forecaster's quantile at one service level."""
    return lambda past, cover: ask(past, cover, (level,))[:, 0]


def with_buffer(ask: Forecaster, months: float) -> Planner:
    """Order up to a moving average over the time to cover, and so many months of it on top."""

    def plan(past: Past, cover: int) -> FloatArray:
        mean = ask(past, cover, (0.5,))[:, 0]
        return np.asarray(mean * (1 + months * periods_per_month(past.panel.rhythm) / cover))

    return plan


def simulate(world: World, planner: Planner, rules: StockRules) -> Results:
    """Run one policy through a world."""
    n, periods = world.demand.shape
    known, censored = world.demand.copy(), np.zeros((n, periods), dtype=np.bool_)
    known[:, world.start :] = np.nan
    shelf = _Shelf(n, rules.shelf_life, periods + rules.lead + 1)
    counted = _Counts(n)
    level = np.zeros(n)
    for period in range(world.start, periods):
        since = period - world.start
        if since % rules.replan == 0:
            past = past_of(_table(known[:, :period], censored[:, :period], world.rhythm))
            level = whole_units(planner(past, rules.cover))
        if since == 0:
            shelf.fill(level)
        if since == rules.cover:
            counted.open(shelf.on_hand())
        ordered = np.maximum(0.0, level - shelf.position()) if since % rules.review == 0 else np.zeros(n)
        shelf.order(ordered, period + rules.lead)
        received = shelf.receive(period)
        demand = world.demand[:, period]
        issued = shelf.issue(demand)
        left = shelf.on_hand()
        empty, idle = left <= DUST, issued <= DUST
        known[:, period] = np.where(empty & idle, np.nan, issued)
        censored[:, period] = empty & ~idle
        wasted = shelf.pass_period()
        if since >= rules.cover:
            counted.add(demand, issued, left, received, wasted, ordered > DUST)
    return counted.results(world, rules.cover)


def _table(known: FloatArray, censored: BoolArray, rhythm: Rhythm) -> Table:
    names = tuple(map(str, range(len(known))))
    return Table(names, rhythm, date(2000, 1, 1), known, censored, ((),) * len(known))


class _Shelf:
    """Stock of each series by the periods of use left (column 0: the last), and what is on its way."""

    def __init__(self, n: int, shelf_life: int, periods: int) -> None:
        self.lots = np.zeros((n, shelf_life))
        self.coming = np.zeros((periods, n))
        self.on_order = np.zeros(n)

    def fill(self, level: FloatArray) -> None:
        """The first stock: of all ages up to half of its life, so that it does not all expire on one day."""
        young = self.lots[:, self.lots.shape[1] // 2 :]
        young += level[:, None] / young.shape[1]

    def receive(self, period: int) -> FloatArray:
        came: FloatArray = self.coming[period].copy()
        self.coming[period] = 0.0
        self.lots[:, -1] += came
        self.on_order -= came
        return came

    def order(self, quantity: FloatArray, when: int) -> None:
        self.coming[when] += quantity
        self.on_order += quantity

    def on_hand(self) -> FloatArray:
        return np.asarray(self.lots.sum(axis=1))

    def position(self) -> FloatArray:
        return self.on_hand() + self.on_order

    def issue(self, demand: FloatArray) -> FloatArray:
        """Meet demand first expired, first out; returns what was issued."""
        stacked = np.cumsum(self.lots, axis=1)
        self.lots = np.diff(np.maximum(stacked - demand[:, None], 0.0), axis=1, prepend=0.0)
        return np.asarray(np.minimum(demand, stacked[:, -1]), dtype=np.float64)

    def pass_period(self) -> FloatArray:
        """One period goes by; returns what has reached its end."""
        wasted: FloatArray = self.lots[:, 0].copy()
        self.lots[:, :-1] = self.lots[:, 1:]
        self.lots[:, -1] = 0.0
        return wasted


class _Counts:
    """Sums per series over the periods that count."""

    def __init__(self, n: int) -> None:
        self.periods = 0
        (
            self.opening,
            self.demand,
            self.issued,
            self.held,
            self.received,
            self.wasted,
            self.orders,
            self.short,
        ) = (np.zeros(n) for _ in range(8))

    def open(self, left: FloatArray) -> None:
        self.opening += left

    def add(
        self,
        demand: FloatArray,
        issued: FloatArray,
        left: FloatArray,
        received: FloatArray,
        wasted: FloatArray,
        ordered: BoolArray,
    ) -> None:
        self.periods += 1
        self.demand += demand
        self.issued += issued
        self.held += left
        self.received += received
        self.wasted += wasted
        self.orders += ordered
        self.short += np.where(demand > 0, 1.0 - issued / np.maximum(demand, 1e-12), 0.0)

    def results(self, world: World, cover: int) -> Results:
        period_days = days_in_period(world.rhythm)
        daily = np.maximum(np.nanmean(world.demand, axis=1), 1.0 / cover) / period_days
        periods = max(self.periods, 1)
        years = periods * period_days / YEAR_DAYS
        return Results(
            short_days=self.short * period_days / years,
            demand_days=self.demand / daily,
            issued_days=self.issued / daily,
            held_days=self.held / periods / daily,
            came_days=(self.opening + self.received) / daily,
            wasted_days=self.wasted / daily,
            orders=self.orders / years,
        )


def run_policies(
    world: World,
    policies: Sequence[tuple[str, Planner]],
    rules: StockRules,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Results]:
    """The results of each named policy in one world."""
    found = {}
    for done, (name, planner) in enumerate(policies, 1):
        found[name] = simulate(world, planner, rules)
        if progress:
            progress(done, len(policies))
    return found
