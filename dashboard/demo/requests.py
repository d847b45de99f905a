"""Requests: some centers write down what they ask the depot for, and the district what they get of it.

They ask some days before the depot's van comes; what it brings is worked out when it is loaded, as for the
others. So a lead time begins with the request, and is longer where a holiday lies between.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial

from dashboard.demo.center import Center
from dashboard.demo.days import MINUTE_MS, Day, surge
from dashboard.demo.pen import Line
from dashboard.demo.shelves import Taken
from dashboard.demo.world import World

ASKING_DAYS = 182
"""For so many days before the end requests are written."""
ONE_IN = 3
"""One center in three writes them."""
DAYS_BEFORE = (1, 2, 2, 3, 3, 4, 5)
WITHDRAWN_SHARE = 0.03
URGENT_DAYS, URGENT_WITHIN = 5, 3
"""Urgent: fewer days of cover of a vital item; then it is needed within so many days."""


@dataclass
class Requests:
    """Attributes:
    waiting: center -> the request that is not answered yet, and what it asks for.
    """

    world: World
    waiting: dict[str, tuple[str, dict[str, int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dice = self.world.dice("requests")
        self.asking = {row.code for row in self.world.center_rows[::ONE_IN] if row.habit != "silent"}

    def plan_next(self, day: Day, center: Center) -> None:
        """After this day's van: the request before next week's."""
        if center.code in self.asking and center.code not in self.waiting and day.left < ASKING_DAYS:
            index = day.index + 7 - self.dice.pick(DAYS_BEFORE)
            hour = self.dice.factor(13.0, 16.0)
            self.world.on_working_day(index, hour, partial(self.ask, center=center), center.code)

    def ask(self, moment: int, center: Center) -> None:
        day = self.world.today
        wanted = {item.code: need for item in self.world.tables.items if (need := center.need(item, day))}
        if not wanted:
            return
        lines = [{"item": code, "quantity": quantity} for code, quantity in wanted.items()]
        body = {"place": center.code, "to": self.world.depot, **self._why(moment, center, wanted)}
        request = self._write(moment, "SupplyRequested", "center_lead", {**body, "lines": lines})
        if self.dice.chance(WITHDRAWN_SHARE):
            act = partial(self._withdraw, place=center.code, request=request)
            self.world.at(moment + 40 * MINUTE_MS, act)
        else:
            self.waiting[center.code] = (request, wanted)

    def _why(self, moment: int, center: Center, wanted: dict[str, int]) -> Line:
        """Reason and urgency, by the days of cover of the scarcest vital item that is asked for."""
        shelves, today = self.world.shelves, self.world.today
        vital = [code for code in wanted if self.world.items[code].vital]
        covers = [
            shelves.usable(center.code, code, today.text) / max(0.01, center.expected[code]) for code in vital
        ]
        least = min(covers, default=URGENT_DAYS)
        outbreak = surge(self.world.tables.outbreaks, today.date, 0) > 0.2
        why: Line = {"reason": "outbreak" if outbreak else "running_low"}
        if least < URGENT_DAYS:
            why["urgency"] = "urgent" if least > 0 else "emergency"
            why["needed_by"] = self.world.calendar.day_after(moment, URGENT_WITHIN)
        return why

    def _withdraw(self, moment: int, place: str, request: str) -> None:
        pen = self.world.pen
        pen.write(moment, pen.reversal(moment, request, "withdrawn", "center_lead", place), together=True)

    def answer(self, moment: int, center: Center, taken: Taken) -> Line:
        """The keys of the dispatch that answers what waits. Where it is not all, the district decides so."""
        request, wanted = self.waiting.pop(center.code, ("", {}))
        sent = Counter[str]()
        for lot, quantity in taken:
            sent[lot.item] += quantity
        if all(sent[code] >= quantity for code, quantity in wanted.items()):
            return {"request": request} if request else {}
        shares = [
            self._share(center, request, code, asked, sent.pop(code, 0)) for code, asked in wanted.items()
        ]
        beside = [{"place": center.code, "item": code, "quantity": sent[code]} for code in sent]
        body = {
            "place": self.world.tables.district.code, "from": self.world.depot, "rule": "judgement",
            "need": {"basis": "requested"}, "shares": shares + beside,
        }  # fmt: skip
        return {
            "request": request,
            "decision": self._write(moment, "AllocationDecided", "district_health", body),
        }

    def _share(self, center: Center, request: str, code: str, asked: int, given: int) -> Line:
        share: Line = {"place": center.code, "item": code, "quantity": given, "need": asked}
        share["request"] = request
        if given >= asked:
            return share
        enough = center.need(self.world.items[code], self.world.today) <= given
        short = "short_for_all" if given else "out_of_stock"
        return {**share, "refused": "enough_there" if enough else short}

    def _write(self, moment: int, kind: str, role: str, body: Line) -> str:
        """Returns the id of the entry."""
        command = self.world.pen.command(moment, kind, role, body["place"], body)
        self.world.pen.write(moment, command)
        return command.id
