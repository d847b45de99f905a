"""What to keep of one item at one center, and how what is there compares: the last part of its story."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.forecasts.planning import book_goods
from dashboard.queries.book import Book, Known
from dashboard.queries.stock import Standing
from dashboard.queries.story import Story
from dashboard.queries.targets import item_asked, levels_of, scenarios_of
from forecast.plans.targets import Target, center_targets
from forecast.stock.packs import Packed, Packs, packed_up
from forecast.stock.policy import SafetyStock


@dataclass(frozen=True)
class Keeping:
    """What to keep and what is there, base units.

    Attributes:
        past: the levels by past use; None where nothing can be said.
        target: the larger of past use and scenario, with its reason.
        scenario: the name of the center's scenario, "" without one.
        scenario_per_mille: the chance that it is to be withstood with; 0 without one.
        scenario_unread: the book's scenario file cannot be read.
        response_level: the gravest recorded level that reaches the center today; None where there is none.
        level_sets_days: the scenario names no days to cover, so that the level sets them.
        packs: how the item is packed.
        review_days, protection_days: one review period, and lead time with it.
    """

    standing: Standing
    past: SafetyStock | None
    target: Target
    scenario: str
    scenario_per_mille: int
    scenario_unread: bool
    response_level: int | None
    level_sets_days: bool
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
    scenarios, unread = scenarios_of(book)
    scenario = scenarios.of(one.place.code) if one.place.kind == "center" else None
    asked = item_asked(Known(one.forecast, None) if one.forecast else None, goods, None, {})
    forecast = asked.forecast
    return Keeping(
        standing=one, past=forecast.stock if forecast else None,
        target=one.target or center_targets(one.place.code, [asked], {})[0],
        scenario=scenario.name if scenario else "",
        scenario_per_mille=scenario.service_level_per_mille if scenario else 0,
        scenario_unread=unread, response_level=levels_of(book, [one.place.code]).get(one.place.code),
        level_sets_days=scenario is not None and scenario.days is None, packs=goods.packs,
        review_days=round(forecast.protection_days - forecast.lead_time_days) if forecast else 0,
        protection_days=round(forecast.protection_days) if forecast else 0,
    )  # fmt: skip
