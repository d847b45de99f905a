"""From demand to stock: safety stock, reorder point, order-up-to level, days of cover, stock level.

Rules and names from DOMAIN.md sections 4 and 7. All quantities are whole base units, rounded up.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

SERVICE_LEVEL_PER_MILLE: Mapping[str, int] = {"vital": 980, "essential": 950, "needed": 900}
"""The book's own rule for the share of protection intervals to get through without a stock-out."""


class StockLevel(StrEnum):
    """The alert levels of DOMAIN.md section 7, worst first: 断货, 告急, 偏低, 留意, and none of them."""

    OUT = "out"
    URGENT = "urgent"
    LOW = "low"
    WATCH = "watch"
    OK = "ok"


@dataclass(frozen=True)
class StockPolicy:
    """What the stock of one item at one place has to withstand.

    Attributes:
        criticality: vital, essential or needed.
        service_level_per_mille: chance, of 1000, that a protection interval ends without a stock-out.
    """

    criticality: str
    service_level_per_mille: int

    def __post_init__(self) -> None:
        if self.criticality not in SERVICE_LEVEL_PER_MILLE:
            raise ValueError(f"criticality must be one of {', '.join(SERVICE_LEVEL_PER_MILLE)}")
        if not 500 <= self.service_level_per_mille <= 999:
            raise ValueError("service_level_per_mille must be 500 to 999")

    @property
    def service_level(self) -> float:
        return self.service_level_per_mille / 1000

    @classmethod
    def of(cls, criticality: str) -> StockPolicy:
        """The default service level of a criticality."""
        if criticality not in SERVICE_LEVEL_PER_MILLE:
            raise ValueError(f"criticality must be one of {', '.join(SERVICE_LEVEL_PER_MILLE)}")
        return cls(criticality, SERVICE_LEVEL_PER_MILLE[criticality])


@dataclass(frozen=True)
class SafetyStock:
    """The levels that steer the stock of one item at one place, in base units.

    safety_stock      Q(D over P) - E(D over P)        DOMAIN.md section 4, "SS statistical", ours
    reorder_point     E(D over P) + safety_stock = Q(D over P)
    order_up_to_level reorder_point + E(D over one review period)

    P = lead time + review period, Q the quantile at the service level. With a look at the stock every
    review period, order when the position is at or below s, up to S: an (R,s,S) rule. Its s must last
    until the order placed one look later arrives, hence P and not the lead time alone (Silver, Pyke &
    Thomas, "Inventory and Production Management in Supply Chains", chapter on periodic review). S adds one
    review period's mean, as Max = Min + AMC * review interval does (MSH, in DOMAIN.md section 4).
    """

    safety_stock: int
    reorder_point: int
    order_up_to_level: int

    def as_dict(self) -> dict[str, Any]:
        return {
            "safety_stock": self.safety_stock,
            "reorder_point": self.reorder_point,
            "order_up_to_level": self.order_up_to_level,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> SafetyStock:
        return cls(
            int(stored["safety_stock"]), int(stored["reorder_point"]), int(stored["order_up_to_level"])
        )


def safety_stock(quantile: float, mean: float, daily_mean: float, review_days: int) -> SafetyStock:
    """Steering levels from the quantile and mean of total demand over the protection interval.

    `daily_mean` is in units per day. Formulas and their sources: `SafetyStock`. Never below 0: at a
    very intermittent item the quantile can lie under the mean, and then no extra stock is asked for.
    """
    reorder = round_up(quantile)
    return SafetyStock(
        safety_stock=round_up(max(0.0, quantile - mean)),
        reorder_point=reorder,
        order_up_to_level=round_up(reorder + daily_mean * review_days),
    )


def round_up(quantity: float) -> int:
    """The next whole base unit; float dust just above a whole number does not add one."""
    return max(0, math.ceil(quantity - max(1e-9, 1e-14 * abs(quantity))))


def whole_units(quantities: FloatArray) -> FloatArray:
    """`round_up` of each of many."""
    return np.maximum(0.0, np.ceil(quantities - np.maximum(1e-9, 1e-14 * np.abs(quantities))))


def order_quantity(levels: SafetyStock, position: int) -> int:
    """max(0, order-up-to level - position) once the position is at or below the reorder point, else 0."""
    return max(0, levels.order_up_to_level - position) if position <= levels.reorder_point else 0


@dataclass(frozen=True)
class StockLot:
    """Stock of one item with one expiry; `expiry` is the last day of use (GS1 AI 17), None = no expiry.

    `held` stock (unmarked, under inspection, recalled) is not usable.
    """

    quantity: int
    expiry: date | None = None
    held: bool = False


@dataclass(frozen=True)
class Cover:
    """How far usable stock reaches when it is used first expired, first out.

    Attributes:
        days: days of cover; None at zero expected use, where the figure has no meaning.
        usable: units neither held nor expired today.
        left_at_expiry: units of `usable` that will expire before the forecast use reaches them.
        expired: units past their last day of use, held or not.
        held: units unmarked, under inspection, recalled or rejected, and not expired.
    """

    days: float | None
    usable: int
    left_at_expiry: int
    expired: int = 0
    held: int = 0

    @property
    def left_out(self) -> dict[str, int]:
        """Units on the shelf that the days of cover do not count, by reason; reasons without any left out."""
        reasons = {"expired": self.expired, "held": self.held, "expires_unused": self.left_at_expiry}
        return {reason: units for reason, units in reasons.items() if units}


def cover(lots: Iterable[StockLot], daily_demand: float, today: date) -> Cover:
    """Walk the lots first expired, first out (FEFO), at `daily_demand` units a day, today included."""
    shelf = [lot for lot in lots if lot.quantity > 0]
    expired = sum(lot.quantity for lot in shelf if _expired(lot, today))
    held = sum(lot.quantity for lot in shelf if lot.held and not _expired(lot, today))
    fit = [lot for lot in shelf if not lot.held and not _expired(lot, today)]
    usable = sum(lot.quantity for lot in fit)
    if daily_demand <= 0 or math.isinf(usable / daily_demand):  # so little use that it would last for ever
        left = sum(lot.quantity for lot in fit if lot.expiry is not None)
        return Cover(None, usable, left, expired, held)
    days, left_over = _walked(fit, daily_demand, today)
    return Cover(days, usable, math.floor(left_over + 1e-6), expired, held)


def _walked(fit: Iterable[StockLot], daily_demand: float, today: date) -> tuple[float, float]:
    """Days that these lots last, and the units of them that expire before their turn comes."""
    elapsed, left = 0.0, 0.0
    for lot in sorted(fit, key=lambda lot: (lot.expiry is None, lot.expiry or date.max)):
        days = lot.quantity / daily_demand
        if lot.expiry is not None:
            days = max(0.0, min(days, (lot.expiry - today).days + 1 - elapsed))
        elapsed += days
        left += lot.quantity - days * daily_demand
    return elapsed, left


def usable_days_of_cover(lots: Iterable[StockLot], daily_demand: float, today: date) -> float | None:
    """Days that the stock lasts, without held or expired lots and without what expires before its use.

    None at zero expected use: a page then says so in words, never "infinite".
    """
    return cover(lots, daily_demand, today).days


def _expired(lot: StockLot, today: date) -> bool:
    return lot.expiry is not None and lot.expiry < today


@dataclass(frozen=True)
class LevelThresholds:
    """Limits of the stock levels (DOMAIN.md section 7; the book's PolicySet may change them).

    Attributes:
        out_cover_days: a vital item with at most this many days of cover counts as out (将断货).
        low_lookahead_days: "low" also if the position is forecast to be so within this many days.
    """

    out_cover_days: float = 3.0
    low_lookahead_days: int = 7


@dataclass(frozen=True)
class StockFacts:
    """What the stock level is read from; quantities in base units.

    Attributes:
        criticality: vital, essential or needed.
        usable: neither held nor expired, on the shelf now.
        cover_days: usable days of cover; None at zero expected use.
        lead_time_days: mean lead time.
        position: usable + in transit (not overdue) - committed.
        reorder_point: None where no forecast could be made.
        expected_lookahead: expected demand of the next `low_lookahead_days`.
        watch: any reason to look: much left at expiry, count overdue, silent place, gift undisclosed.
    """

    criticality: str
    usable: int
    cover_days: float | None
    lead_time_days: float
    position: int
    reorder_point: int | None
    expected_lookahead: float = 0.0
    watch: bool = False


def stock_level(facts: StockFacts, thresholds: LevelThresholds | None = None) -> StockLevel:
    """The worst level whose trigger holds (DOMAIN.md section 7).

    out     nothing usable of an item that is used or steered; or a vital item with <= 3 days of cover
    urgent  days of cover < lead time
    low     position < reorder point, now or as forecast within 7 days
    watch   any reason in `watch`; also nothing usable of an item without use on record
    """
    limits = thresholds or LevelThresholds()
    wanted = facts.cover_days is not None or bool(facts.reorder_point) or facts.criticality == "vital"
    if facts.usable <= 0:
        return StockLevel.OUT if wanted else StockLevel.WATCH
    if facts.cover_days is not None:
        if facts.criticality == "vital" and facts.cover_days <= limits.out_cover_days:
            return StockLevel.OUT
        if facts.cover_days < facts.lead_time_days:
            return StockLevel.URGENT
    if facts.reorder_point is not None and facts.position - facts.expected_lookahead < facts.reorder_point:
        return StockLevel.LOW
    return StockLevel.WATCH if facts.watch else StockLevel.OK


def par_stock_level(usable: int, par_level: int | None) -> StockLevel:
    """Level of a reusable or of equipment, which has no forecast: against its par level alone."""
    if par_level is None or par_level <= 0:
        return StockLevel.OK
    if usable <= 0:
        return StockLevel.OUT
    return StockLevel.LOW if usable < par_level else StockLevel.OK
