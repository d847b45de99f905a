"""What all actors of the district share: time, shelves, the pen and the agenda of acts to come."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import TYPE_CHECKING

from dashboard.demo.days import Calendar, Day, days
from dashboard.demo.dice import Dice
from dashboard.demo.pen import Line, Pen
from dashboard.demo.shelves import Shelves
from dashboard.demo.tables import ItemRow, Tables

if TYPE_CHECKING:
    from dashboard.demo.center import Center

SHORTAGE_DAYS = 75
"""From so many days before the end, the centers of shortages.csv get only what leads there."""
SILENT_DAYS = 12
"""So long before the end the silent center falls silent."""


class World:
    def __init__(self, seed: int, tables: Tables, count: int, centers: int) -> None:
        self.seed = seed
        self.tables = tables
        self.items = {item.code: item for item in tables.items}
        self.calendar = Calendar(days(count, tables.holidays))
        self.shelves = Shelves()
        self.pen = Pen(seed, self.calendar, self.shelves)
        self.depot = tables.depot.code
        self.center_rows = tables.centers[:centers]
        self.centers: dict[str, Center] = {}
        self.today: Day = self.calendar.days[0]
        self._agenda: list[tuple[int, int, Callable[[int], object]]] = []
        self._pushed = 0

    def dice(self, *names: object) -> Dice:
        return Dice("district", self.seed, *names)

    def at(self, moment: int, act: Callable[[int], object]) -> None:
        """Let `act(moment)` happen then; acts of one moment keep the order in which they were asked for."""
        self._pushed += 1
        heapq.heappush(self._agenda, (moment, self._pushed, act))

    def act_until(self, moment: int) -> None:
        while self._agenda and self._agenda[0][0] < moment:
            when, _, act = heapq.heappop(self._agenda)
            act(when)

    def on_working_day(self, index: int, hour: float, act: Callable[[int], object], place: str) -> None:
        """On day `index` or the next working day; never, if that is after the end or `place` is silent."""
        index = self.calendar.working_day(index)
        if index < len(self.calendar.days) and not self.silent(place, index):
            self.at(self.calendar.days[index].at(hour), act)

    def silent(self, place: str, index: int) -> bool:
        """Whether a center writes nothing on day `index`."""
        center = self.centers.get(place)
        left = len(self.calendar.days) - 1 - index
        return center is not None and center.row.habit == "silent" and left < SILENT_DAYS

    def new_stock(self, item: ItemRow, quantity: int, remaining_days: int, dice: Dice) -> Line:
        """A receipt line of one production lot with `remaining_days` until its expiry."""
        line: Line = {"item": item.code, "quantity": quantity}
        if item.needs_lot:
            made = self.calendar.day_after(self.today.at(9), remaining_days - item.shelf_days)
            line["lot_number"] = f"{made[2:4]}{made[5:7]}{dice.between(1, 28):02d}{dice.pick('ABCDEFGH')}"
            line["expiry"] = self.calendar.day_after(self.today.at(9), remaining_days)
        if item.code == "PPE-04":
            line["grade"] = "non_medical"
        elif item.code.startswith("PPE") and item.needs_lot:
            line["grade"] = "medical"
        return line

    def estimate(self, item: str) -> float:
        """Base units of an item that all centers together expect to issue per day."""
        return sum(center.expected[item] for center in self.centers.values())
