"""Too little money or room for all: which levels are cut, and what service is left of each.

The expected unmet need E(D - S)+ of an item falls with its level S, ever more slowly. So packs are bought
one after another where the next one takes away most expected unmet need, weighted by criticality, for what
it costs: marginal analysis (Fox 1966, "Discrete optimization via marginal analysis", Management Science
13:210-216). With one limit what it has bought at any moment is the best that so much money can buy. With
two, prices of money and of room are weighed into one cost, and the best of a few weighings is kept
(surrogate constraints: Glover 1968, Operations Research 16:741-749).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from forecast.request import Forecast

FloatArray = NDArray[np.float64]

CRITICALITY_WEIGHT: Mapping[str, float] = {"vital": 4.0, "essential": 2.0, "needed": 1.0}
"""What one unmet unit counts. The book's own rule: .98, .95 and .90 leave shortages in 1 of 50, 20 and 10
intervals, so a shortage of a vital item is avoided about four times as hard as one of a needed item."""
MOST_STEPS = 400
"""Steps from position to target; larger ranges are walked in several packs at a time."""
WEIGHINGS = 21
LEAST_LIMIT = 1e-9
"""A limit below this is weighed as this, so that its price stays a number."""


@dataclass(frozen=True)
class Want:
    """What is wanted of one item at one place.

    Attributes:
        key: names it in the answer.
        demand: shape (n,), equally likely totals of demand over the protection interval, in units.
        position: what is there or on its way, in units.
        target: the level wanted without limits, in units.
        pack: units that are handed out together.
        unit_cost: money per unit, in the limit's own unit (fen); 0 where it costs nothing.
        unit_volume: room per unit, in the limit's own unit (ml); 0 where it needs none.
        weight: what one unmet unit counts against those of other items.
    """

    key: str
    demand: FloatArray = field(repr=False)
    position: int
    target: int
    pack: int = 1
    unit_cost: float = 0.0
    unit_volume: float = 0.0
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not self.demand.size or not np.isfinite(self.demand).all():
            raise ValueError(f"{self.key}: demand must hold finite figures")
        if self.pack < 1 or min(self.unit_cost, self.unit_volume) < 0 or self.weight <= 0:
            raise ValueError(f"{self.key}: pack 1 or more, costs not below 0, weight above 0")

    @property
    def packs_wanted(self) -> int:
        return max(0, -(-(self.target - self.position) // self.pack))


@dataclass(frozen=True)
class Granted:
    """What the limits leave of one want.

    Attributes:
        key: the want's.
        order: units granted, in whole packs.
        level: position + order.
        service_level, wanted_service_level: share of intervals that the level, and the level wanted, last.
        expected_unmet, wanted_unmet: units of demand expected to go unmet in one protection interval at the
            level, and at the level wanted: what the limits cost is their difference.
        cut: less was granted than wanted.
    """

    key: str
    order: int
    level: int
    service_level: float
    wanted_service_level: float
    expected_unmet: float
    wanted_unmet: float
    cut: bool


@dataclass(frozen=True)
class Allocation:
    """Grants in the order of the wants, and what they use of each limit."""

    grants: tuple[Granted, ...]
    cost: float
    volume: float

    @property
    def cut(self) -> tuple[Granted, ...]:
        return tuple(grant for grant in self.grants if grant.cut)


def allocate(
    wants: Sequence[Want], cost_limit: float | None = None, volume_limit: float | None = None
) -> Allocation:
    """Grant whole packs within the limits; None is no limit. Without any limit every want is granted whole.

    Raises ValueError for a limit below 0.
    """
    for name, limit in (("cost_limit", cost_limit), ("volume_limit", volume_limit)):
        if limit is not None and not limit >= 0:
            raise ValueError(f"{name} must be 0 or more")
    cap = np.array([np.inf if limit is None else limit for limit in (cost_limit, volume_limit)])
    steps = _Steps.of(wants)
    best, least = np.zeros(len(wants), dtype=np.int64), np.inf
    for share in _weighings(cap):
        granted = steps.walked(share, cap)
        unmet = sum(w.weight * expected_unmet(w, n) for w, n in zip(wants, granted.tolist(), strict=True))
        if unmet < least - 1e-12:
            best, least = granted, unmet
    grants = tuple(_granted(want, packs) for want, packs in zip(wants, best.tolist(), strict=True))
    return Allocation(
        grants,
        cost=sum(grant.order * want.unit_cost for grant, want in zip(grants, wants, strict=True)),
        volume=sum(grant.order * want.unit_volume for grant, want in zip(grants, wants, strict=True)),
    )


def expected_unmet(want: Want, packs: int) -> float:
    """E(D - S)+ at the level that `packs` more packs make, in units."""
    return float(np.maximum(want.demand - (want.position + packs * want.pack), 0.0).mean())


def draws_from_quantiles(
    levels: Sequence[float], quantities: Sequence[float], draws: int = 400
) -> FloatArray:
    """Equally likely totals that have these quantiles; levels rising, between 0 and 1.

    Between two levels the quantity is taken to be straight in -log(1 - level), as in an exponential tail,
    and the last slope goes on above the highest level; from 0 the first quantile is reached straight.
    """
    rising = all(one < next_ for one, next_ in pairwise((0.0, *levels, 1.0)))
    if not levels or len(levels) != len(quantities) or not rising:
        raise ValueError("levels must rise between 0 and 1, one for each quantity")
    at = -np.log1p(-(np.arange(draws) + 0.5) / draws)
    x = np.concatenate([[0.0], -np.log1p(-np.array(levels))])
    y = np.maximum.accumulate(np.concatenate([[0.0], np.array(quantities, dtype=np.float64)]))
    slope = (y[-1] - y[-2]) / (x[-1] - x[-2])
    found = np.interp(at, x, y)
    return np.asarray(np.where(at > x[-1], y[-1] + slope * (at - x[-1]), found), dtype=np.float64)


def forecast_draws(forecast: Forecast) -> FloatArray:
    """Equally likely totals of demand over the protection interval, as a forecast tells them.

    Its mean stands in for the median, which is no higher where large demand is rare. Raises ValueError
    where it tells none.
    """
    if forecast.total_mean is None or not forecast.quantiles:
        raise ValueError(f"{forecast.key}: no demand is forecast")
    known = {level / 1000: float(units) for level, units in forecast.quantiles if level > 500}
    known[0.5] = forecast.total_mean
    levels = sorted(known)
    return draws_from_quantiles(levels, [known[level] for level in levels])


@dataclass(frozen=True)
class _Steps:
    """Every step of every want: what it saves of weighted unmet need, and its packs, money and room."""

    want: NDArray[np.int64]
    packs: NDArray[np.int64]
    saved: FloatArray
    price: FloatArray  # shape (steps, 2): money, room
    wants: int

    @classmethod
    def of(cls, wants: Sequence[Want]) -> _Steps:
        rows = [_steps_of(want) for want in wants]
        sizes = [packs.size for packs, _ in rows]
        unit = np.array([(w.unit_cost, w.unit_volume) for w in wants]).reshape(-1, 2)
        place = np.repeat(np.arange(len(wants)), sizes)
        packs = np.concatenate([packs for packs, _ in rows] or [np.zeros(0, np.int64)])
        pack = np.array([w.pack for w in wants], dtype=np.float64)
        saved = np.concatenate([saved for _, saved in rows] or [np.zeros(0)])
        return cls(place, packs, saved, unit[place] * (packs * pack[place])[:, None], len(wants))

    def walked(self, share: FloatArray, cap: FloatArray) -> NDArray[np.int64]:
        """Packs granted to each want, taking steps by saving per weighed cost while they fit.

        A want whose step does not fit stops there; the others go on.
        """
        cost = self.price @ share
        worth = np.where(cost > 0, self.saved / np.where(cost > 0, cost, 1.0), np.inf)
        granted, open_ = np.zeros(self.wants, dtype=np.int64), np.ones(self.wants, dtype=np.bool_)
        left = cap.copy()
        for step in np.argsort(-worth, kind="stable").tolist():
            want = self.want[step]
            if not open_[want]:
                continue
            if (self.price[step] <= left * (1 + 1e-12)).all():
                left = left - self.price[step]
                granted[want] += self.packs[step]
            else:
                open_[want] = False
        return granted


def _steps_of(want: Want) -> tuple[NDArray[np.int64], FloatArray]:
    """Packs of each step up to the target, and the weighted unmet need that it takes away.

    Steps of one want save ever less, so an order by worth keeps them in their own order.
    """
    wanted = want.packs_wanted
    ends = np.unique(np.linspace(0, wanted, min(wanted, MOST_STEPS) + 1).astype(np.int64))
    levels = want.position + ends * want.pack
    ordered = np.sort(want.demand)
    above = np.searchsorted(ordered, levels, side="right")
    tails = np.concatenate([np.cumsum(ordered[::-1])[::-1], [0.0]])
    unmet = (tails[above] - levels * (ordered.size - above)) / ordered.size
    return np.diff(ends), want.weight * -np.diff(unmet)


def _weighings(cap: FloatArray) -> list[FloatArray]:
    """Prices of money and room to try, each as a share of its limit."""
    price = 1.0 / np.maximum(cap, LEAST_LIMIT)  # no limit costs nothing: 1 / inf
    if not np.isfinite(cap).all():
        return [price]
    return [np.array([share, 1.0 - share]) * price for share in np.linspace(0.0, 1.0, WEIGHINGS)]


def _granted(want: Want, packs: int) -> Granted:
    level = want.position + packs * want.pack
    wanted = max(want.position, want.position + want.packs_wanted * want.pack)
    return Granted(
        key=want.key,
        order=packs * want.pack,
        level=level,
        service_level=float(np.mean(want.demand <= level)),
        wanted_service_level=float(np.mean(want.demand <= wanted)),
        expected_unmet=expected_unmet(want, packs),
        wanted_unmet=expected_unmet(want, want.packs_wanted),
        cut=packs < want.packs_wanted,
    )
