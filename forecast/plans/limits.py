"""What centers can have where money or room is short: orders cut, and the service that is lost.

Targets say what is wanted; here whole packs are granted one after another within the limits (`allocation`),
vital items before others, and what each cut costs is said in chances and in units.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from forecast.plans.allocation import CRITICALITY_WEIGHT, FloatArray, Granted, Want, allocate, forecast_draws
from forecast.plans.targets import ItemAsked, Target

LARGEST = 2**53 - 1


@dataclass(frozen=True)
class Limits:
    """What all items of a center, or of the centers that share it, may cost and how much room they may take.

    Attributes:
        budget_fen: money for orders, in fen; None where there is enough.
        room_ml: room for orders, in millilitres; None where there is enough.
        price_fen: item -> price of a base unit. An item that is not named costs nothing and is not cut.
        volume_ml: item -> room that a base unit takes. An item that is not named takes none.
    """

    budget_fen: int | None = None
    room_ml: int | None = None
    price_fen: Mapping[str, int] = field(default_factory=dict)
    volume_ml: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        numbers = {"budget_fen": self.budget_fen, "room_ml": self.room_ml}
        for name in ("price_fen", "volume_ml"):
            numbers |= {f"{name}: {item}": value for item, value in getattr(self, name).items()}
        for name, value in numbers.items():
            if value is not None and (type(value) is not int or not 0 <= value <= LARGEST):
                raise ValueError(f"{name} must be a whole number, 0 or more")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Limits:
        """Raises ValueError, in one sentence, for an unknown name or what is no whole number."""
        unknown = sorted(set(stored) - set(cls.__dataclass_fields__))
        if unknown:
            raise ValueError(f"{unknown[0]} is not a word of limits")
        for name in ("price_fen", "volume_ml"):
            if not isinstance(stored.get(name, {}), Mapping):
                raise ValueError(f"{name} must name items and whole numbers, as PPE-01 = 35")
        return cls(**stored)


@dataclass(frozen=True)
class Wanted:
    """One item's target, what is there, and how much it matters.

    Attributes:
        asked: as it was asked.
        target: as it was answered.
        use: shape (n,), what the scenario uses of it (`targets.drawn_targets`); None without one.
        position: usable stock and what is on its way, in units.
        criticality: vital, essential or needed.
        center: named in what is granted, where the limits are shared by several; "" for one alone.
    """

    asked: ItemAsked
    target: Target
    use: FloatArray | None
    position: int
    criticality: str
    center: str = ""

    @property
    def key(self) -> str:
        """How the grant is named: the item, or center|item."""
        return f"{self.center}|{self.asked.item}" if self.center else self.asked.item


@dataclass(frozen=True)
class Outcome:
    """What the limits leave.

    Attributes:
        grants: one for each item with a target, in their order.
        cost_fen, room_ml: what the orders take.
        unlimited: items without a price (or volume) under a budget (or limit of room): not cut.
    """

    grants: tuple[Granted, ...]
    cost_fen: int
    room_ml: int
    unlimited: tuple[str, ...]

    @property
    def cut(self) -> tuple[Granted, ...]:
        return tuple(grant for grant in self.grants if grant.cut)

    def as_dict(self) -> dict[str, Any]:
        return {
            "grants": [asdict(grant) for grant in self.grants],
            "cost_fen": self.cost_fen,
            "room_ml": self.room_ml,
            "unlimited": list(self.unlimited),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Outcome:
        grants = tuple(Granted(**grant) for grant in stored["grants"])
        return cls(grants, stored["cost_fen"], stored["room_ml"], tuple(stored["unlimited"]))


def within_limits(wanted: Sequence[Wanted], limits: Limits) -> Outcome:
    """Orders that bring each item towards its target within the limits; see `allocation.allocate`."""
    wants = [_want(one, limits) for one in wanted if one.target.target is not None]
    found = allocate(wants, limits.budget_fen, limits.room_ml)
    return Outcome(found.grants, round(found.cost), round(found.volume), tuple(_unlimited(wants, limits)))


def _want(one: Wanted, limits: Limits) -> Want:
    item = one.asked.item
    return Want(
        key=one.key,
        demand=_demand(one),
        position=one.position,
        target=one.target.target or 0,
        pack=one.asked.packs.smallest,
        unit_cost=limits.price_fen.get(item, 0),
        unit_volume=limits.volume_ml.get(item, 0),
        weight=CRITICALITY_WEIGHT[one.criticality],
    )


def _demand(one: Wanted) -> FloatArray:
    """What the target is a quantile of: use in the scenario, demand as forecast, or a declared par level."""
    if one.use is not None and one.target.reason != "statistical":
        return one.use
    if one.asked.forecast is not None and one.target.stock is not None:
        return forecast_draws(one.asked.forecast)
    return np.array([float(one.target.target or 0)])


def _unlimited(wants: Iterable[Want], limits: Limits) -> list[str]:
    found = []
    for want in wants:
        unpriced = limits.budget_fen is not None and not want.unit_cost
        unmeasured = limits.room_ml is not None and not want.unit_volume
        if want.packs_wanted and (unpriced or unmeasured):
            found.append(want.key)
    return found
