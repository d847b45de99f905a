"""The depot: allotments, purchases, weekly deliveries by cover, counts, and help between centers."""

from __future__ import annotations

from functools import partial

from dashboard.demo import transfers
from dashboard.demo.center import Center
from dashboard.demo.days import Day, surge
from dashboard.demo.pen import Line
from dashboard.demo.requests import Requests
from dashboard.demo.shelves import Dispatch
from dashboard.demo.tables import ItemRow
from dashboard.demo.world import SILENT_DAYS, World
from ledger.domain.lots import STOCK_ACCOUNTS

ALLOTTED_SHARE = 0.45
"""Part of expected use that the district is allotted from above each month; the rest is bought or given."""
OLD_RESERVE_SHARE = 0.1
"""Part of the allotted lines that come out of old reserves, with 40 to 110 days left."""
LOW_DAYS, FULL_DAYS = 18, 36
"""The depot buys what it has for fewer than 18 days, up to 36."""
LENDING_DAYS = (50, 30, 14, 6)
"""So many days before the end, centers that will run short lend a neighbour what they have too much of."""
SENT_FROM_DAYS = 14
"""What expires sooner stays in the depot."""


class Depot:
    def __init__(self, world: World) -> None:
        self.world = world
        self.code = world.depot
        self.dice = world.dice(self.code)
        self.receipts = 0
        self.requests = Requests(world)

    def plan(self, day: Day) -> None:
        if not day.working:
            return
        at, dice = self.world.at, self.dice
        height = surge(self.world.tables.outbreaks, day.date, 2)
        if self._first_after(day, 5):
            at(day.at(9.1), partial(self.allot, share=ALLOTTED_SHARE, items=self.world.tables.items))
        elif height > 0.4 and dice.chance(0.08):
            vital = [item for item in self.world.tables.items if item.surge >= 2]
            at(day.at(9.4), partial(self.allot, share=0.5 * height, items=vital))
        if day.weekday == 2:
            at(day.at(10.6), partial(self.buy, height=height))
        for number, center in enumerate(self._served(day)):
            at(day.at(9.6 + number * 0.25) + dice.between(0, 500_000), partial(self.deliver, center=center))
            at(day.at(16.8), partial(self._ask_next, center=center))
        for center in self.world.centers.values():
            at(day.at(11.2) + dice.between(0, 5_000_000), partial(self.help, center=center))
        if day.left in LENDING_DAYS:
            for number, (place, code) in enumerate(self.world.tables.shortages):
                if place in self.world.centers:
                    act = partial(self.lend, center=self.world.centers[place], item=self.world.items[code])
                    at(day.at(14.6) + number * 180_000, act)
        self._plan_store(day)

    def _plan_store(self, day: Day) -> None:
        if self.dice.chance(0.05):
            self.world.at(day.at(14.2) + self.dice.between(0, 3_000_000), self.open_case)
        if day.weekday == 3:
            self.world.at(day.at(15.6), self.write_off_expired)
            if day.date.day <= 7:
                self.world.at(day.at(16.2), self.count)
        if self.dice.chance(0.02):
            self.world.at(day.at(16.9), self.surprise_count)

    def _first_after(self, day: Day, date: int) -> bool:
        """Whether `day` is the month's first working day from the `date`-th on."""
        earlier = self.world.calendar.days[max(0, day.index - day.date.day + date) : day.index]
        return day.date.day >= date and not any(d.working and d.date.month == day.date.month for d in earlier)

    def _served(self, day: Day) -> list[Center]:
        served = [c for c in self.world.centers.values() if c.row.delivery_weekday == day.weekday + 1]
        return [c for c in served if c.row.habit != "silent" or day.left >= SILENT_DAYS]

    # in --------------------------------------------------------------------------------------------------

    def allot(self, moment: int, share: float, items: tuple[ItemRow, ...] | list[ItemRow]) -> None:
        """An allotment from above, by expected use: protective goods and the rest on two papers."""
        world, dice = self.world, self.dice
        lines = []
        for item in items:
            quantity = world.estimate(item.code) * 30 * share * dice.factor(0.6, 1.25)
            cases = round(quantity / item.order_unit)
            if cases and item.draws_per_week:
                old = dice.chance(OLD_RESERVE_SHARE)
                days = dice.between(40, 110) if old else int(item.shelf_days * dice.factor(0.6, 0.95))
                lines.append(world.new_stock(item, cases * item.order_unit, days, dice))
        for number, part in enumerate((lines[: len(lines) // 2], lines[len(lines) // 2 :])):
            if part:
                self.receipts += 1
                head: Line = {
                    "authority": world.tables.district.code,
                    "document": f"A-{world.today.text[:4]}-{self.receipts:03d}",
                }
                act = partial(world.pen.receive, source="allotted", place=self.code, lines=part, **head)
                world.at(moment + number * 1_500_000, act)

    def buy(self, moment: int, height: float) -> None:
        """What runs low, from the market; in an outbreak the market has only normal amounts."""
        for supplier in range(1, 6):
            act = partial(self._buy_from, supplier=supplier, height=height)
            self.world.at(moment + supplier * 400_000, act)

    def _buy_from(self, moment: int, supplier: int, height: float) -> None:
        world, dice = self.world, self.dice
        lines, amount = [], 0
        for item in world.tables.items[supplier - 1 :: 5]:
            if quantity := self._to_buy(item, height):
                days = int(item.shelf_days * dice.factor(0.7, 0.98))
                lines.append(world.new_stock(item, quantity, days, dice))
                amount += quantity * item.price_fen
        if lines:
            head: Line = {"funded_by": "budget", "amount_fen": amount, "party": f"S-{supplier:02d}"}
            world.pen.receive(moment, "purchased", self.code, lines, **head)

    def _to_buy(self, item: ItemRow, height: float) -> int:
        expected = self.world.estimate(item.code)
        stock = self.world.shelves.usable(self.code, item.code, self.world.today.text)
        if not item.draws_per_week or stock >= expected * LOW_DAYS:
            return 0
        wanted = expected * FULL_DAYS - stock
        if height > 0.2 and item.surge >= 2:
            normal = item.quantity_per_week / 7 * len(self.world.centers)
            wanted = min(wanted, normal * self.dice.between(3, 12))
        return max(0, round(wanted / item.order_unit)) * item.order_unit

    # out -------------------------------------------------------------------------------------------------

    def deliver(self, moment: int, center: Center) -> None:
        """What a center asks for, as far as it is there; shared out when the depot runs low."""
        world = self.world
        until = world.calendar.day_after(moment, SENT_FROM_DAYS)
        taken = []
        for item in world.tables.items:
            if need := center.need(item, world.today):
                there = world.shelves.usable(self.code, item.code, until)
                if there < world.estimate(item.code) * 6:
                    need = min(need, max(1, there // 5))
                taken += world.shelves.take(self.code, item.code, need, until)
        answers = self.requests.answer(moment, center, taken)
        if not taken:
            return
        others = [other for other in world.centers.values() if other is not center]
        if others and self.dice.chance(0.008):
            wrong = self.dice.pick(others)
            if not world.silent(wrong.code, world.today.index):
                due = transfers.DUE_DAYS
                dispatch = world.pen.dispatch(moment, self.code, wrong.code, taken, "allocation", due)
                again = partial(self._redirect, dispatch=dispatch, to=center.code, answers=answers)
                world.at(moment + 20 * 60_000, again)
                return
        transfers.send(world, moment, self.code, center.code, taken, self.dice, **answers)

    def _ask_next(self, moment: int, center: Center) -> None:
        self.requests.plan_next(self.world.today, center)

    def _redirect(self, moment: int, dispatch: Dispatch, to: str, answers: Line) -> None:
        transfers.redirect(self.world, moment, dispatch, to, self.dice, **answers)

    def help(self, moment: int, center: Center) -> None:
        """A center without a vital item, and none on the way, gets some from its street's fullest shelf."""
        world, day = self.world, self.world.today
        if world.silent(center.code, day.index):
            return
        for item in world.tables.items:
            kept = item.vital and item.draws_per_week and not center.short_of(item.code, day)
            coming = world.shelves.inbound[center.code, item.code]
            if not kept or coming or world.shelves.usable(center.code, item.code, day.text):
                continue
            giver = max(self._neighbours(center), key=lambda c: self._cover(c, item), default=None)
            if giver is not None and self._cover(giver, item) > 9 and center.dice.chance(0.4):
                quantity = max(1, int(giver.expected[item.code] * self._cover(giver, item) * 0.3))
                taken = world.shelves.take(giver.code, item.code, quantity, day.text)
                terms = center.dice.pick(("swap", "loan", "allocation"))
                transfers.send(world, moment, giver.code, center.code, taken, center.dice, terms)
                giver.busy_on = day.index
                return

    def lend(self, moment: int, center: Center, item: ItemRow) -> None:
        """The centers of shortages.csv had helped a neighbour before they ran short themselves."""
        stock = self.world.shelves.usable(center.code, item.code, self.world.today.text)
        spare = stock - center.kept_until_end(item, self.world.today)
        neighbours = self._neighbours(center)
        if spare > 0.1 * stock and neighbours:
            receiver = min(neighbours, key=lambda c: self._cover(c, item))
            taken = self.world.shelves.take(center.code, item.code, int(spare), self.world.today.text)
            transfers.send(self.world, moment, center.code, receiver.code, taken, center.dice, "loan")
            center.busy_on = self.world.today.index

    def _neighbours(self, center: Center) -> list[Center]:
        street = [c for c in self.world.centers.values() if c.row.parent == center.row.parent]
        today = self.world.today.index
        return [c for c in street if c is not center and not self.world.silent(c.code, today)]

    def _cover(self, center: Center, item: ItemRow) -> float:
        """Days of cover that a center can speak of; none where it will run short."""
        there = self.world.shelves.usable(center.code, item.code, self.world.today.text)
        return (
            0.0
            if center.short_of(item.code, self.world.today)
            else there / max(0.01, center.expected[item.code])
        )

    # the store room --------------------------------------------------------------------------------------

    def open_case(self, moment: int) -> None:
        """A case is opened into boxes: the same goods, now with the box's print."""
        item = self.dice.pick([i for i in self.world.tables.items if i.catalogue["units_per_box"]])
        case = int(item.catalogue["units_per_case"] or 10 * int(item.catalogue["units_per_box"]))
        taken = self.world.shelves.take(self.code, item.code, case, self.world.today.text)
        if not taken:
            return
        first = taken[0][0]
        made: Line = {"item": item.code, "quantity": sum(quantity for _, quantity in taken)}
        if item.needs_lot:
            made |= {"lot_number": first.lot_number, "expiry": first.expiry}
        unit = item.catalogue["base_unit_zh"]
        made["pack"] = f"{item.catalogue['units_per_box']}{unit}/盒"
        self.world.pen.convert(moment, self.code, "open_case", taken, "usable", made, "storekeeper")

    def write_off_expired(self, moment: int) -> None:
        shelves, day = self.world.shelves, self.world.today.text
        taken = []
        for item in self.world.items:
            for pile in shelves.expired(self.code, item, day):
                if self.dice.chance(0.8):
                    taken.append((pile.lot, pile.quantity))
                    shelves.take_lot(self.code, pile.lot, pile.quantity)
        if taken:
            self.world.pen.write_off(moment, self.code, "expired", taken)

    def count(self, moment: int) -> None:
        """The monthly count: vital items lot by lot, then the others."""
        lots = []
        for item in self.world.tables.items:
            for pile in self.world.shelves.piles(self.code, item.code) if item.vital else ():
                if not any(self.world.shelves.has(self.code, pile.lot, s) for s in STOCK_ACCOUNTS[1:]):
                    less = self.dice.between(1, 5) if self.dice.chance(0.04) and pile.quantity > 50 else 0
                    lots.append((pile.lot, pile.quantity - less))
        if lots:
            self.world.pen.count_lots(moment, self.code, lots[:280], "storekeeper")
        self.world.at(moment + 1_200_000, self._count_others)

    def _count_others(self, moment: int) -> None:
        others = [item for item in self.world.tables.items if not item.vital]
        counted = [(item.code, self.world.shelves.total(self.code, item.code)) for item in others]
        self.world.pen.count(moment, self.code, counted)

    def surprise_count(self, moment: int) -> None:
        """The auditor counts five items somewhere, unannounced."""
        places = [c for c in self.world.centers if not self.world.silent(c, self.world.today.index)]
        place = self.dice.pick([self.code, *places])
        start = self.dice.between(0, len(self.world.tables.items) - 5)
        items = self.world.tables.items[start : start + 5]
        counted = [(item.code, self.world.shelves.total(place, item.code)) for item in items]
        self.world.pen.count(moment, place, counted, "auditor")
        if place in self.world.centers:
            self.world.centers[place].busy_on = self.world.today.index
