"""What to keep of one item at one center, and how what is there compares: the last part of its story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.forecasts.planning import book_goods, book_rates, surge_burn
from dashboard.forecasts.scenarios import ScenarioProblem, Scenarios, home_scenarios
from dashboard.queries.book import Book
from dashboard.queries.stock import Standing
from dashboard.queries.story import Story
from forecast.emergency.burn import NO_BURN, Burn
from forecast.emergency.rates import Rate
from forecast.emergency.scenario import Scenario
from forecast.plans.targets import ItemAsked, Target, center_targets
from forecast.request import seeded
from forecast.stock.packs import Packed, Packs, packed_up
from forecast.stock.policy import SafetyStock
from ledger.store.series import response_levels


@dataclass(frozen=True)
class Keeping:
    """What to keep and what is there, base units.

    Attributes:
        past: the levels by past use; None where nothing can be said.
        target: the larger of past use and scenario, with its reason.
        scenario: the name of the center's scenario, "" without one.
        scenario_per_mille: the chance that it is to be withstood with; 0 without one.
        scenario_unread: the book's scenario file cannot be read.
        packs: how the item is packed.
        review_days, protection_days: one review period, and lead time with it.
    """

    standing: Standing
    past: SafetyStock | None
    target: Target
    scenario: str
    scenario_per_mille: int
    scenario_unread: bool
    packs: Packs
    review_days: int
    protection_days: int

    @property
    def expected(self) -> int:
        """Expected use over the protection interval: with the safety stock, the reorder point."""
        return self.past.reorder_point - self.past.safety_stock if self.past else 0

    @property
    def above_past(self) -> int:
        """What the scenario asks for on top of the reorder point by past use."""
        stock = self.target.stock
        return stock.reorder_point - self.past.reorder_point if stock and self.past else 0

    @property
    def reorder(self) -> int | None:
        """The level not to fall below: reorder point, scenario target, or par level."""
        return self.target.target

    @property
    def review(self) -> int:
        """Expected use of one review period."""
        return self.past.order_up_to_level - self.past.reorder_point if self.past else 0

    @property
    def up_to(self) -> int | None:
        """The level to order up to."""
        return self.target.stock.order_up_to_level if self.target.stock else self.target.target

    @property
    def leftover(self) -> int:
        """Of the usable, what is forecast to expire before its use; without any use nothing can be said."""
        outlook, forecast = self.standing.outlook, self.standing.forecast
        return outlook.left_at_expiry if outlook and forecast and forecast.daily_mean else 0

    @property
    def shelf(self) -> int:
        """All that lies there."""
        return self.standing.usable + self.standing.expired + self.standing.waiting

    @property
    def counted(self) -> int:
        """What can be relied on: without what is expired, held, or will expire before its use."""
        return self.standing.usable - self.leftover

    @property
    def position(self) -> int:
        """That and what is on the way, not overdue."""
        return self.counted + self.standing.transit

    @property
    def missing(self) -> int:
        """How much is wanted to reach the order-up-to level; 0 above the reorder point."""
        if self.reorder is None or self.up_to is None or self.position > self.reorder:
            return 0
        return max(0, self.up_to - self.position)

    @property
    def missing_packed(self) -> Packed:
        """The same in whole packs."""
        return packed_up(self.missing, self.packs)


def keeping(book: Book, told: Story) -> Keeping:
    """What to keep of a story's item; the newest answer is kept, as the story's own."""
    key = (book.state, told.standing.place.code, told.standing.item.code)
    found: Keeping = book.memory.recall("keeping", key, lambda: _keeping(book, told))
    return found


def _keeping(book: Book, told: Story) -> Keeping:
    one = told.standing
    goods = next(goods for goods in book_goods(book) if goods.code == one.item.code)
    scenarios, unread = _scenarios(book)
    scenario = scenarios.of(one.place.code) if scenarios and one.place.kind == "center" else None
    # Nothing ever issued says nothing of what to keep: a reorder point of 0 would be no answer.
    forecast = one.forecast if one.forecast and one.forecast.model != "no_use" else None
    rates = book_rates(book) if scenario else {}
    burn = _burn(told, scenario, rates.get(one.item.code, ())) if scenario else NO_BURN
    level = response_levels(book.snapshot, [one.place.code], book.today.isoformat()).get(one.place.code)
    par = forecast.par_level if forecast else None
    asked = ItemAsked(one.item.code, forecast, goods.kind, goods.packs, burn, par)
    return Keeping(
        standing=one, past=forecast.stock if forecast else None,
        target=center_targets(one.place.code, [asked], rates, scenario, level)[0],
        scenario=scenario.name if scenario else "",
        scenario_per_mille=scenario.service_level_per_mille if scenario else 0,
        scenario_unread=unread, packs=goods.packs,
        review_days=round(forecast.protection_days - forecast.lead_time_days) if forecast else 0,
        protection_days=round(forecast.protection_days) if forecast else 0,
    )  # fmt: skip


def _scenarios(book: Book) -> tuple[Scenarios | None, bool]:
    """The book's scenarios, and whether its file is there but cannot be read."""
    if not book.scenario_stamp:
        return None, False
    try:
        return home_scenarios(book.home), False
    except ScenarioProblem:
        return None, True


def _burn(told: Story, scenario: Scenario, rates: Sequence[Rate]) -> Burn:
    """Measured use of the present surge against the tables, where there is one."""
    from forecast.emergency.surge import item_surges, levelled

    if not rates or told.series is None or not any(told.series.demand):
        return NO_BURN
    one = told.standing
    known = levelled(told.series, seeded(f"{one.place.code}|{one.item.code}"))
    return surge_burn(told.series, item_surges([known])[0], scenario, rates)
