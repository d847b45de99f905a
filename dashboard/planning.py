"""What each center should hold: forecasts, scenarios, packs, burn and limits of a book brought together."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from dashboard.scenarios import Scenarios, data_lines, shipped_rates
from forecast.burn import NO_BURN, Burn, burn_since
from forecast.limits import Outcome, Wanted, within_limits
from forecast.packs import Packs
from forecast.rates import Rates
from forecast.request import CONSUMABLE
from forecast.scenario import expected_daily
from forecast.surge import surges_of
from forecast.targets import ItemAsked, Target, center_targets, center_uses

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


Burns = Mapping[tuple[str, str], Burn]
"""(center, item) -> burn measured in a surge that is going on; pairs without one are left out."""


def book_burns(
    book: Book, scenarios: Scenarios, rates: Rates, centers: Collection[str]
) -> dict[tuple[str, str], Burn]:
    """Measured burn of every item of these centers that the ledger shows in a surge and that has a rate."""
    from dashboard.pieces import Cutter, Parameters, request_of

    burns = {}
    planned = {center for center in centers if scenarios.of(center) is not None}
    for piece in Cutter(book.snapshot, book.size, book.today, Parameters()).pieces():
        asked = [
            request_of(piece, one)
            for one in piece.asked
            if one.place in planned and one.kind == CONSUMABLE and one.item in rates
        ]
        surges = surges_of([one.series for one in asked], [one.rng() for one in asked])
        for one, surge in zip(asked, surges, strict=True):
            center, item = one.key.split("|")
            scenario = scenarios.of(center)
            if surge is not None and surge.since is not None and scenario is not None:
                daily = expected_daily(rates[item], scenario)
                burns[center, item] = burn_since(one.series, surge.since, daily)
    return burns


def center_items(book: Book, center: str, goods: Iterable[Goods], burns: Burns) -> list[ItemAsked]:
    """What is asked of each item of a center: its newest forecast, its packs and its burn."""
    asked = []
    for one in goods:
        key = center, one.code
        forecast = book.forecasts.get(key)
        declared = forecast.par_level if forecast else None
        burn = burns.get(key, NO_BURN)
        asked.append(ItemAsked(one.code, forecast, one.kind, one.packs, burn, declared))
    return asked


def _packs(box: Any, case: Any) -> Packs:
    """Pack sizes as a register holds them: empty or 0 where there are none, a case below a box left out."""
    inner, outer = int(box or 0) or None, int(case or 0) or None
    return Packs(inner, None if inner and outer and outer < inner else outer)


@dataclass(frozen=True)
class Plan:
    """One center: the scenario's name ("" for none), its targets, and what its limits leave of them."""

    center: str
    scenario: str
    targets: list[Target]
    outcome: Outcome | None

    def as_dict(self) -> dict[str, Any]:
        return {
            "center": self.center,
            "scenario": self.scenario,
            "targets": [target.as_dict() for target in self.targets],
            "within_limits": self.outcome.as_dict() if self.outcome else None,
        }


def book_plans(
    book: Book, scenarios: Scenarios, centers: Collection[str], response_level: int | None = None
) -> Iterator[Plan]:
    """Plans of these centers, from the book's newest forecasts, its stock and the burn of its surges."""
    goods, rates = book_goods(book), book_rates(book)
    burns = book_burns(book, scenarios, rates, centers)
    for center in centers:
        asked, positions = center_items(book, center, goods, burns), book_positions(book, center)
        yield _plan(center, goods, asked, rates, scenarios, response_level, positions)


def catalogue_plan(scenarios: Scenarios, center: str, response_level: int | None = None) -> Plan:
    """A plan without a book: of the shipped catalogue, by the scenario alone, from empty shelves."""
    goods = catalogue_goods()
    asked = [ItemAsked(one.code, None, one.kind, one.packs) for one in goods]
    return _plan(center, goods, asked, shipped_rates(), scenarios, response_level, {})


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
    targets = center_targets(center, asked, rates, scenario, response_level)
    outcome = None
    if limits is not None:
        uses = center_uses(center, asked, rates, scenario, response_level)
        wanted = [
            Wanted(one, target, use, positions.get(one.item, 0), kept.criticality)
            for one, target, use, kept in zip(asked, targets, uses, goods, strict=True)
        ]
        outcome = within_limits(wanted, limits)
    return Plan(center, scenario.name if scenario else "", targets, outcome)
