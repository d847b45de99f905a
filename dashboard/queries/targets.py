"""What each item is to be kept at where the book has scenarios: the larger of past use and scenario.

One answer for every page: burn is that of the surges that the newest run of the forecasts found, so that no
history is read here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from dashboard.forecasts.planning import Goods, book_goods, book_rates
from dashboard.forecasts.scenarios import NO_SCENARIOS, ScenarioProblem, Scenarios, home_scenarios
from dashboard.queries.book import Book, Known
from forecast.emergency.burn import NO_BURN
from forecast.emergency.rates import Rates
from forecast.emergency.scenario import Scenario, expected_daily
from forecast.plans.targets import ItemAsked, Target, center_targets
from ledger.store.series import response_levels

Key = tuple[str, str]
PLACES_AT_ONCE = 500


def scenarios_of(book: Book) -> tuple[Scenarios, bool]:
    """The scenarios of the book's file, and whether it is there but cannot be read."""

    def read() -> tuple[Scenarios, bool]:
        try:
            return home_scenarios(book.home), False
        except ScenarioProblem:
            return NO_SCENARIOS, True

    found: tuple[Scenarios, bool] = book.memory.recall("scenarios", book.scenario_stamp, read)
    return found


def levels_of(book: Book, places: Collection[str]) -> dict[str, int]:
    """Place -> the gravest recorded level of response that reaches it today; without those of none."""
    asked, today, found = sorted(places), book.today.isoformat(), dict[str, int]()
    for start in range(0, len(asked), PLACES_AT_ONCE):
        found |= response_levels(book.snapshot, asked[start : start + PLACES_AT_ONCE], today)
    return found


def targets(book: Book, known: Mapping[Key, Known], keys: Collection[Key]) -> dict[Key, Target]:
    """(place, item) -> target, of those of these whose center has a scenario."""
    scenarios, _ = scenarios_of(book)
    kinds = book.registers.places
    wanted: dict[str, list[str]] = defaultdict(list)
    for place, item in sorted(keys):
        at_center = place in kinds and kinds[place].kind == "center"
        if at_center and item in book.registers.items and scenarios.of(place) is not None:
            wanted[place].append(item)
    if not wanted:
        return {}
    levels, items = levels_of(book, wanted), book.rows("view_item")
    state = (
        book.forecast_run, book.scenario_stamp, tuple(sorted(levels.items())),
        tuple((place, *codes) for place, codes in wanted.items()), [tuple(row.values()) for row in items],
    )  # fmt: skip

    def made() -> dict[Key, Target]:
        goods, rates = {one.code: one for one in book_goods(book)}, book_rates(book)
        found: dict[Key, Target] = {}
        for place, codes in wanted.items():
            scenario = scenarios.of(place)
            asked = [item_asked(known.get((place, code)), goods[code], scenario, rates) for code in codes]
            for one in center_targets(place, asked, rates, scenario, levels.get(place)):
                found[place, one.item] = one
        return found

    name = "targets" if len(wanted) > 1 else "targets of a center"
    answer: dict[Key, Target] = book.memory.recall(name, state, made)
    return answer


def item_asked(known: Known | None, goods: Goods, scenario: Scenario | None, rates: Rates) -> ItemAsked:
    """One item as it is asked of a scenario. Nothing ever issued says nothing of what to keep: a reorder
    point of 0 would be no answer."""
    forecast = known.forecast if known and known.forecast.model != "no_use" else None
    burn, table = NO_BURN, rates.get(goods.code, ())
    if known and known.surge and scenario is not None and table:
        burn = known.surge.burn(expected_daily(table, scenario))
    par = known.forecast.par_level if known else None
    return ItemAsked(goods.code, forecast, goods.kind, goods.packs, burn, par)
