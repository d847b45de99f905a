"""Gifts: few in normal weeks, many in an outbreak, some in unmarked mixed boxes."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

from dashboard.demo.days import Day, surge
from dashboard.demo.pen import Line
from dashboard.demo.stockroom import plan_inspection
from dashboard.demo.tables import ItemRow, PartyRow, Tables, load
from dashboard.demo.world import World
from ledger.domain import canonical
from ledger.domain.gifts import gift_code

GIVEN = (
    "PPE-01", "PPE-02", "PPE-03", "PPE-04", "PPE-05", "PPE-06", "PPE-07", "PPE-10", "HYG-01", "HYG-03",
    "HYG-04", "HYG-06", "HYG-07", "PPE-08", "MED-04", "EQP-02", "DIA-06", "DIA-02", "DIA-03", "DIA-05",
    "MED-01", "MED-02", "EQP-01",
)  # fmt: skip
BY_PERSONS = ("PPE-01", "PPE-02", "PPE-04", "PPE-07", "HYG-01", "HYG-03")
DEVICES = frozenset({"DIA-03", "EQP-01"})
GIVERS = ((0.36, "person"), (0.44, "unnamed"), (0.54, "charity"))
NORMAL_PER_DAY, OUTBREAK_PER_DAY = 0.8, 4.0
LET_NAME_SHOW = {"organisation": 0.8, "charity": 0.9, "person": 0.25}


def opening(seed: int, party: PartyRow) -> tuple[str, dict[str, Any]]:
    """(salt as hex, data) behind a party's commitment. Salts come from the seed, because nobody is protected
    here: every name is invented. In a live book they are random."""
    salt = hashlib.sha256(f"district {seed} salt {party.party}".encode()).hexdigest()
    return salt, {"name": {"zh": party.name_zh, "en": party.name_en}}


def commitment(salt: str, data: dict[str, Any]) -> str:
    """Hex HMAC-SHA256(salt, JCS(data)): RECORD.md, "What an entry holds is public once published"."""
    return hmac.new(bytes.fromhex(salt), canonical.encode(data), hashlib.sha256).hexdigest()


def private_parties(seed: int, tables: Tables | None = None) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(party, salt as hex, data) of every donor and supplier, for the private table beside the log."""
    for party in (tables or load()).parties:
        yield party.party, *opening(seed, party)


class Gifts:
    def __init__(self, world: World) -> None:
        self.world = world
        self.dice = world.dice("gifts")
        self.parties = [party for party in world.tables.parties if party.type != "supplier"]
        self.known: set[str] = set()
        self.serials: Counter[int] = Counter()

    def plan(self, day: Day) -> None:
        if not day.working:
            return
        height = surge(self.world.tables.outbreaks, day.date, 3)
        expected = NORMAL_PER_DAY + OUTBREAK_PER_DAY * height
        for _ in range(self.dice.quantity(expected)):
            hour = self.dice.factor(9.0, 15.8)
            self.world.at(day.at(hour), partial(self.receive, wanted=height > 0.2))

    def receive(self, moment: int, wanted: bool) -> None:
        """One gift: who gives, where it arrives, what is in it."""
        dice, world = self.dice, self.world
        party = self._party()
        place = self._place()
        large = party.type in ("organisation", "charity")
        lines = self._lines(large, place)
        self._register(moment, party)
        code = self._code()
        head: Line = {"gift": code, "party": party.party}
        if terms := self._terms(place, wanted):
            head["terms"] = terms
        self._book(moment, place, lines, head)
        if large and dice.chance(0.07):
            more = self._lines(large, place)
            again = partial(self._book, place=place, lines=more, head=head)
            world.on_working_day(world.today.index + dice.between(3, 12), dice.factor(9, 15), again, place)

    def _book(self, moment: int, place: str, lines: list[Line], head: Line) -> None:
        role = "charity_clerk" if place == self.world.depot else "storekeeper"
        lots = self.world.pen.receive(moment, "donated", place, lines, role, **head)
        plan_inspection(self.world, place, lots, self.dice)
        if place in self.world.centers:
            self.world.centers[place].busy_on = self.world.today.index

    def _code(self) -> str:
        year = self.world.today.date.year
        self.serials[year] += 1
        return gift_code(year, self.serials[year])

    def _party(self) -> PartyRow:
        roll = self.dice.factor(0, 1)
        kind = next((kind for below, kind in GIVERS if roll < below), "organisation")
        return self.dice.pick([party for party in self.parties if party.type == kind])

    def _place(self) -> str:
        open_ = [code for code in self.world.centers if not self.world.silent(code, self.world.today.index)]
        return self.dice.pick(open_) if self.dice.chance(0.3) and open_ else self.world.depot

    def _register(self, moment: int, party: PartyRow) -> None:
        if party.party not in self.known:
            self.known.add(party.party)
            register(self.world, moment, party)
            self._consent(moment, party)

    def _consent(self, moment: int, party: PartyRow) -> None:
        """With the first gift most say on paper that their name may be shown; a few think better of it."""
        dice, world = self.world.dice("consent", party.party), self.world
        if not dice.chance(LET_NAME_SHOW.get(party.type, 0.0)):
            return
        self._show_name(moment, party, True)
        if dice.chance(0.08):
            again = partial(self._show_name, party=party, shown=False)
            world.on_working_day(
                world.today.index + dice.between(20, 200), dice.factor(9, 15), again, world.depot
            )

    def _show_name(self, moment: int, party: PartyRow, shown: bool) -> None:
        body = {"party": party.party, "show": {"name": shown}, "basis": "paper"}
        pen, depot = self.world.pen, self.world.depot
        pen.write(moment, pen.command(moment, "ConsentChanged", "charity_clerk", depot, body, moment))

    def _terms(self, place: str, wanted: bool) -> Line:
        dice = self.dice
        terms: Line = {}
        if dice.chance(0.5):
            terms["reallocate"] = dice.pick(("yes", "yes", "ask", "no"))
        if place != self.world.depot:
            terms["beneficiary"] = place
        if dice.chance(0.25):
            purposes = ("clinic", "outbreak", "testing") if wanted else ("clinic", "vaccination")
            terms["purpose"] = dice.pick(purposes)
        if dice.chance(0.1):
            terms["use_by"] = self.world.calendar.day_after(self.world.today.at(9), dice.between(60, 240))
        return terms

    def _lines(self, large: bool, place: str) -> list[Line]:
        dice, world = self.dice, self.world
        mixed = dice.chance(0.2)
        count = dice.between(2, 4) if mixed else dice.between(1, 3 if large else 1)
        codes: dict[str, None] = {}
        while len(codes) < count:
            code = dice.pick(GIVEN if large else BY_PERSONS)
            if (place, code) not in world.tables.shortages:
                codes[code] = None
        return [self._line(world.items[code], large, place, mixed) for code in codes]

    def _line(self, item: ItemRow, large: bool, place: str, mixed: bool) -> Line:
        dice, world = self.dice, self.world
        short = dice.chance(0.25)  # what is given because it is about to expire comes in larger amounts
        quantity = item.order_unit * dice.between(1, 3)
        if item.code in DEVICES:
            quantity = dice.between(1, 4)
        elif large:
            if place == world.depot:
                used = world.estimate(item.code) * 7 * dice.factor(0.03, 0.5)
            else:
                used = world.centers[place].expected[item.code] * 7 * dice.factor(0.3, 1.5)
            used *= 4 if short else 1
            quantity = max(1, round(used / item.order_unit)) * item.order_unit
        days = dice.between(20, 90) if short else int(item.shelf_days * dice.factor(0.35, 0.9))
        line = world.new_stock(item, quantity, days, dice)
        if mixed and item.needs_lot:
            line |= {"lot_number": "unmarked", "expiry": "unmarked", "grade": "unknown"}
        return line


def register(world: World, moment: int, party: PartyRow) -> None:
    body = {"party": party.party, "type": party.type, "commitment": commitment(*opening(world.seed, party))}
    role, place = ("system", None) if party.type == "supplier" else ("charity_clerk", world.depot)
    world.pen.write(moment, world.pen.command(moment, "PartyRegistered", role, place, body, moment))
