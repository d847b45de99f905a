"""What each center should hold: forecasts, scenarios, packs, burn and limits of a book brought together."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from dashboard.forecasts.scenarios import Scenarios, data_lines, shipped_rates
from forecast.emergency.burn import NO_BURN, Burn, burn_since
from forecast.emergency.rates import Rates
from forecast.emergency.scenario import Scenario, expected_daily
from forecast.emergency.surge import Surge, center_surge, item_surges, levelled
from forecast.plans.limits import Limits, Outcome, Wanted, within_limits
from forecast.plans.targets import ItemAsked, Target, drawn_targets
from forecast.request import CONSUMABLE, ForecastRequest
from forecast.stock.packs import Packs
from ledger.store.series import response_levels

if TYPE_CHECKING:
    from dashboard.queries.book import Book


class Goods(NamedTuple):
    """What a table of targets says of an item beside the figures."""

    code: str
    name: str
    unit: str
    kind: str
    criticality: str
    packs: Packs


def catalogue_goods() -> list[Goods]:
    """The items of data/item_catalogue.csv."""
    rows = csv.DictReader(data_lines("item_catalogue.csv"))
    return [
        Goods(
            row["code"],
            row["name_zh"],
            row["base_unit_zh"],
            row["item_class"],
            row["criticality"],
            _packs(row["units_per_box"], row["units_per_case"]),
        )
        for row in rows
    ]


def book_goods(book: Book) -> list[Goods]:
    """The items of a book."""
    return [
        Goods(
            row["code"],
            row["name_zh"] or row["name_en"],
            row["unit_zh"] or row["unit_en"],
            row["item_class"],
            row["criticality"],
            _packs(row["units_per_box"], row["units_per_case"]),
        )
        for row in sorted(book.rows("view_item"), key=lambda row: row["code"])
    ]


def book_rates(book: Book) -> Rates:
    """The shipped rates under the book's own item codes: by the catalogue item that each is linked to."""
    rates = shipped_rates()
    links = {row["code"]: row["catalogue"] or row["code"] for row in book.rows("view_item")}
    return {code: rates[link] for code, link in links.items() if link in rates}


def book_positions(book: Book, center: str) -> dict[str, int]:
    """What a center has of each item: usable stock and what is on its way and not overdue."""
    from dashboard.queries.stock import standings

    return {one.item.code: one.usable + one.transit for one in standings(book, center)}


@dataclass(frozen=True)
class Watch:
    """What the ledger shows of a surge at one center.

    Attributes:
        surge: of all consumables together; None if there is none.
        burns: item -> burn measured since its own surge began; items without one are left out.
    """

    surge: Surge | None
    burns: Mapping[str, Burn]


CALM = Watch(None, {})


def watches(book: Book, scenarios: Scenarios, rates: Rates, centers: Collection[str]) -> dict[str, Watch]:
    """Surges of these centers; burn is measured where the center has a scenario and the item a rate."""
    from dashboard.forecasts.pieces import Cutter, Parameters, request_of

    found = {}
    for piece in Cutter(book.snapshot, book.size, book.today, Parameters()).pieces(centers):
        for center, asked in groupby(piece.asked, key=lambda one: one.place):
            told = [request_of(piece, one) for one in asked if one.kind == CONSUMABLE]
            found[center] = _watch(told, scenarios.of(center), rates)
    return found


def _watch(asked: Sequence[ForecastRequest], scenario: Scenario | None, rates: Rates) -> Watch:
    known = [levelled(one.series, one.rng()) for one in asked]
    burns = {}
    for one, surge in zip(asked, item_surges(known), strict=True):
        if surge is not None and surge.since is not None and scenario is not None and rates.get(one.like):
            daily = expected_daily(rates[one.like], scenario)
            burns[one.like] = burn_since(one.series, surge.since, daily)
    return Watch(center_surge(known), burns)


def center_items(
    book: Book, center: str, goods: Iterable[Goods], burns: Mapping[str, Burn]
) -> list[ItemAsked]:
    """What is asked of each item of a center: its newest forecast, its packs and its burn."""
    asked, forecasts = [], book.forecasts(place=center)
    for one in goods:
        forecast = forecasts.get((center, one.code))
        declared = forecast.par_level if forecast else None
        burn = burns.get(one.code, NO_BURN)
        asked.append(ItemAsked(one.code, forecast, one.kind, one.packs, burn, declared))
    return asked


def _packs(box: Any, case: Any) -> Packs:
    """Pack sizes as a register holds them: empty or 0 where there are none, a case below a box left out."""
    inner, outer = int(box or 0) or None, int(case or 0) or None
    return Packs(inner, None if inner and outer and outer < inner else outer)


@dataclass(frozen=True)
class Plan:
    """One center: its scenario's name ("" for none), targets, what its limits leave of them, the level of the
    response that it was made for (None for none), its surge, and what limits that it shares are to grant."""

    center: str
    scenario: str
    targets: list[Target]
    outcome: Outcome | None
    response_level: int | None = None
    surge: Surge | None = None
    wanted: tuple[Wanted, ...] = field(default=(), repr=False)

    def as_dict(self) -> dict[str, Any]:
        return {
            "center": self.center,
            "scenario": self.scenario,
            "response_level": self.response_level,
            "targets": [target.as_dict() for target in self.targets],
            "within_limits": self.outcome.as_dict() if self.outcome else None,
            "surge": self.surge.as_dict() if self.surge else None,
        }


def book_plans(
    book: Book, scenarios: Scenarios, centers: Collection[str], response_level: int | None = None
) -> Iterator[Plan]:
    """Plans of these centers, from the book's newest forecasts, its stock and the burn of its surges.

    Without `response_level`, each center's is the one recorded for it in the ledger; 0 is none at all.
    """
    goods, rates = book_goods(book), book_rates(book)
    levels = response_levels(book.snapshot, list(centers), book.today.isoformat())
    seen = watches(book, scenarios, rates, centers)
    for center in centers:
        watch = seen.get(center, CALM)
        asked, positions = center_items(book, center, goods, watch.burns), book_positions(book, center)
        level = levels.get(center) if response_level is None else response_level or None
        plan = _plan(center, goods, asked, rates, scenarios, level, positions)
        yield replace(plan, surge=watch.surge)


def catalogue_plan(scenarios: Scenarios, center: str, response_level: int | None = None) -> Plan:
    """A plan without a book: of the shipped catalogue, by the scenario alone, from empty shelves."""
    goods = catalogue_goods()
    asked = [ItemAsked(one.code, None, one.kind, one.packs) for one in goods]
    return _plan(center, goods, asked, shipped_rates(), scenarios, response_level or None, {})


def _plan(
    center: str,
    goods: Sequence[Goods],
    asked: Sequence[ItemAsked],
    rates: Rates,
    scenarios: Scenarios,
    response_level: int | None,
    positions: Mapping[str, int],
) -> Plan:
    scenario, limits = scenarios.of(center), scenarios.limits_of(center)
    drawn = drawn_targets(center, asked, rates, scenario, response_level)
    wanted = tuple(
        Wanted(one, target, use, positions.get(one.item, 0), kept.criticality)
        for one, (target, use), kept in zip(asked, drawn, goods, strict=True)
    )
    outcome = within_limits(wanted, limits) if limits is not None else None
    targets = [target for target, _ in drawn]
    return Plan(center, scenario.name if scenario else "", targets, outcome, response_level, wanted=wanted)


def shared_outcome(plans: Iterable[Plan], limits: Limits) -> Outcome:
    """What limits leave that the centers of these plans share: grants are named center|item."""
    return within_limits([replace(one, center=plan.center) for plan in plans for one in plan.wanted], limits)
