"""What each item of a center should be kept at: the larger of forecast and scenario, in whole packs.

The one door for pages and commands; pure and quick (about a quarter of a millisecond an item).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forecast.emergency.burn import NO_BURN, Burn
from forecast.emergency.rates import Rates
from forecast.emergency.scenario import (
    DAYS_BY_RESPONSE,
    DRAWS,
    Crowd,
    FloatArray,
    Scenario,
    draw_crowd,
    item_use,
    pieces_at_once,
)
from forecast.request import CONSUMABLE, Forecast
from forecast.stock.packs import Packed, Packs, packed_up
from forecast.stock.par import ParNeed, par_level
from forecast.stock.policy import SafetyStock, round_up

REASONS = {
    "statistical": "past use asks for more than the scenario",
    "scenario": "the scenario asks for more than past use",
    "no_scenario": "past use; the center has no scenario",
    "no_rate": "past use; the scenario's tables know no rate for the item",
    "no_forecast": "the scenario; past use says nothing",
    "par": "a par level: the item is used again",
    "none": "neither past use nor a scenario says anything",
}
"""The reason codes of a target, with what they mean."""
LOOSE = Packs()
PAR_SERVICE_PER_MILLE = 950
PAR_AVAILABLE_SHARE = 0.9
"""Of ten reusable pieces, one is being washed, charged or repaired: the book's own rule."""


@dataclass(frozen=True)
class ItemAsked:
    """One item of a center.

    Attributes:
        item: its code.
        forecast: None where there is none.
        kind: consumable, reusable or equipment.
        packs: how it is packed.
        burn: measured use in the present surge against the tables.
        par_level: declared for a reusable or for equipment; it is never lowered.
    """

    item: str
    forecast: Forecast | None = None
    kind: str = CONSUMABLE
    packs: Packs = LOOSE
    burn: Burn = NO_BURN
    par_level: int | None = None


@dataclass(frozen=True)
class Target:
    """What to keep of one item, in base units; None where nothing can be said.

    Attributes:
        item: its code.
        reason: a code of `REASONS`.
        statistical: the forecast's reorder point, the quantile of demand over the protection interval; of a
            reusable or equipment its declared par level.
        scenario: the quantile of use over the days to cover, should the scenario come.
        target: the larger of both.
        packed: the target in whole packs, never below it.
        stock: the steering levels with the target as their reorder point; None for a par level.
        scenario_expected: mean use over the days to cover; None without a scenario.
        days: days to cover that the scenario was drawn for; 0 without one.
        burn_factor: what the tables' use was multiplied by.
        burn_days: days of surge that it was measured on.
    """

    item: str
    reason: str
    statistical: int | None
    scenario: int | None
    target: int | None
    packed: Packed | None
    stock: SafetyStock | None
    scenario_expected: float | None
    days: int
    burn_factor: float
    burn_days: int

    def as_dict(self) -> dict[str, Any]:
        plain = dict(vars(self))
        plain["packed"] = vars(self.packed).copy() if self.packed else None
        plain["stock"] = self.stock.as_dict() if self.stock else None
        return plain

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Target:
        given = dict(stored)
        given["packed"] = Packed(**given["packed"]) if given["packed"] else None
        given["stock"] = SafetyStock.from_dict(given["stock"]) if given["stock"] else None
        return cls(**given)


def center_targets(
    center: str,
    asked: Iterable[ItemAsked],
    rates: Rates,
    scenario: Scenario | None = None,
    response_level: int | None = None,
    draws: int = DRAWS,
) -> list[Target]:
    """One target per item, in their order; the same input always gives the same targets.

    `center` seeds the draws. `response_level` is 1 (gravest) to 4, None where none is recorded. An item's
    days to cover are the scenario's, and no fewer than its protection interval: what is ordered today must
    be there before the stock ends. While no response is recorded, measured burn raises a target and never
    lowers it: a surge found in the ledger alone may be a false alarm, or the beginning of a worse one.
    Raises ValueError for an unknown response level.
    """
    return [target for target, _ in drawn_targets(center, asked, rates, scenario, response_level, draws)]


def drawn_targets(
    center: str,
    asked: Iterable[ItemAsked],
    rates: Rates,
    scenario: Scenario | None = None,
    response_level: int | None = None,
    draws: int = DRAWS,
) -> list[tuple[Target, FloatArray | None]]:
    """Each of `center_targets` with the drawn use behind it, shape (draws,); None without a scenario."""
    return [
        (_target(one, need, scenario), need.use if need else None)
        for one, need in _needs(center, asked, rates, scenario, response_level, draws)
    ]


def _needs(
    center: str,
    asked: Iterable[ItemAsked],
    rates: Rates,
    scenario: Scenario | None,
    response_level: int | None,
    draws: int,
) -> Iterator[tuple[ItemAsked, _Need | None]]:
    """Each item, its burn left out where it may not count, and what the scenario needs of it."""
    if response_level not in DAYS_BY_RESPONSE:
        raise ValueError("response_level must be 1 to 4, or None where none is recorded")
    crowds: dict[int, Crowd] = {}
    for told in asked:
        one = told if response_level or told.burn.ratio > 1 else replace(told, burn=NO_BURN)
        if scenario is None:
            yield one, None
            continue
        days = max(scenario.days_to_cover(response_level), _protection(one))
        if days not in crowds:
            crowds[days] = draw_crowd(scenario, days, center, draws)
        yield one, _needed(one, rates, crowds[days], scenario, center)


def _protection(one: ItemAsked) -> int:
    return math.ceil(one.forecast.protection_days) if one.forecast else 0


@dataclass(frozen=True)
class _Need:
    quantile: int
    days: int
    use: FloatArray


def _needed(one: ItemAsked, rates: Rates, crowd: Crowd, scenario: Scenario, center: str) -> _Need | None:
    """What the scenario uses of one item; None where the tables know no rate for it."""
    known = rates.get(one.item)
    if not known:
        return None
    level = scenario.service_level_per_mille / 1000
    if one.kind == CONSUMABLE:
        use = item_use(known, crowd, scenario.rate_spread_percent, center, one.item, one.burn)
        return _Need(_upper(use, level), crowd.days, use)
    pieces = pieces_at_once(known, crowd)
    at_once = _upper(np.ceil(pieces - 1e-9), level)
    share = 1.0 if one.kind == "equipment" else PAR_AVAILABLE_SHARE
    need = ParNeed(at_once, share, PAR_SERVICE_PER_MILLE)
    return _Need(par_level(need), crowd.days, pieces)


def _upper(values: FloatArray, level: float) -> int:
    """The smallest drawn value that at least this share of the draws does not pass."""
    return round_up(float(np.quantile(values, level, method="inverted_cdf")))


def _target(one: ItemAsked, need: _Need | None, scenario: Scenario | None) -> Target:
    past = _past(one)
    target = max(
        (level for level in (past, need.quantile if need else None) if level is not None), default=None
    )
    return Target(
        item=one.item,
        reason=_reason(one, past, need, scenario),
        statistical=past,
        scenario=need.quantile if need else None,
        target=target,
        packed=None if target is None else packed_up(target, one.packs),
        stock=_raised(one, target),
        scenario_expected=float(need.use.mean()) if need else None,
        days=need.days if need else 0,
        burn_factor=one.burn.factor if need else 1.0,
        burn_days=one.burn.days if need else 0,
    )


def _past(one: ItemAsked) -> int | None:
    if one.kind != CONSUMABLE:
        return one.par_level
    stock = one.forecast.stock if one.forecast else None
    return stock.reorder_point if stock else None


def _reason(one: ItemAsked, past: int | None, need: _Need | None, scenario: Scenario | None) -> str:
    if past is None and need is None:
        return "none"
    if one.kind != CONSUMABLE:
        return "par"
    if need is None:
        return "no_scenario" if scenario is None else "no_rate"
    if past is None:
        return "no_forecast"
    return "scenario" if need.quantile > past else "statistical"


def _raised(one: ItemAsked, target: int | None) -> SafetyStock | None:
    """The forecast's steering levels with the target for reorder point: what is added is safety stock."""
    stock = one.forecast.stock if one.forecast and one.kind == CONSUMABLE else None
    if stock is None or target is None:
        return None
    more = target - stock.reorder_point
    return SafetyStock(stock.safety_stock + more, target, stock.order_up_to_level + more)
