"""A book in memory whose whole world a test shows in a few lines.

The world that every story begins in: depot D1, centers C1 and C2 below street office S1, hospital H1, which
keeps no stock; masks and pills, which have lots and expiries, and soap, which has none; donors P1 and P2.
After every entry the story checks that each lot's equation holds.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ledger.domain.entries import Command, Entry, write
from ledger.domain.ids import derived_id
from ledger.domain.lots import SOURCE_ACCOUNTS, Account
from ledger.domain.rules import interpret
from ledger.domain.rules.draft import Draft
from ledger.domain.violations import Refused, Violation
from ledger.projections.folded import FoldedBook
from tests.ledger.signing import TestKey

Body = dict[str, Any]
Line = dict[str, Any]
SYSTEM = {"role": "system", "place": None}
VKEY = "simulated.invalid/story+00000000+AAAA"


def opened(kind: str = "simulated", **changes: Any) -> Body:
    body = {"name": {"en": "A story"}, "origin": "simulated.invalid/story", "kind": kind}
    return {**body, "time_zone": "Asia/Shanghai", "vkey": VKEY, **changes}


def place(code: str, kind: str, parent: str | None = None, **more: Any) -> Body:
    return {
        "code": code,
        "kind": kind,
        "name": {"en": code},
        **({"parent": parent} if parent else {}),
        **more,
    }


def item(code: str, needs_lot: bool = True, **more: Any) -> Body:
    body = {"code": code, "name": {"en": code}, "base_unit": {"en": "piece"}, "item_class": "consumable"}
    return {**body, "criticality": "vital", "needs_lot": needs_lot, **more}


def party(code: str) -> Body:
    return {"party": code, "type": "organisation", "commitment": hashlib.sha256(code.encode()).hexdigest()}


REGISTERS: list[tuple[str, Body]] = [
    ("PlaceRegistered", place("S1", "street_office")),
    ("PlaceRegistered", place("D1", "depot")),
    ("PlaceRegistered", place("C1", "center", "S1")),
    ("PlaceRegistered", place("C2", "center", "S1")),
    ("PlaceRegistered", place("H1", "hospital")),
    ("ItemRegistered", item("masks")),
    ("ItemRegistered", item("pills")),
    ("ItemRegistered", item("soap", needs_lot=False)),
    ("PartyRegistered", party("P1")),
    ("PartyRegistered", party("P2")),
]


class Story:
    """Tell entries one after another; each telling method returns the id of the entry it wrote."""

    def __init__(self, kind: str | None = "simulated") -> None:
        """`kind` of the book; None for a book without an entry."""
        self.book = FoldedBook()
        self.entries: list[Entry] = []
        self.drafts: list[Draft] = []
        self._prev = "0" * 64
        self._ids = 0
        if kind is not None:
            self.tell("BookOpened", opened(kind))
            for register in REGISTERS:
                self.tell(*register)

    # writing ---------------------------------------------------------------------------------------------

    def command(self, kind: str, body: Body, day: str = "2026-03-01") -> Command:
        self._ids += 1
        return Command(kind, derived_id("story", str(self._ids)), day, dict(SYSTEM), body)

    def tell(self, kind: str, body: Body, day: str = "2026-03-01") -> str:
        """Write one entry. Raises Refused with every violation."""
        return self._fold(self.command(kind, body, day)).id

    def at(self, place: str, kind: str, body: Body, key: TestKey | None = None) -> Command:
        """A command of the place's storekeeper, signed where a key is given."""
        actor = {"role": "storekeeper", "place": place}
        command = replace(self.command(kind, body), actor=actor)
        return key.signed(command) if key else command

    def write(self, command: Command) -> Entry:
        """Write one command as it is. Raises Refused with every violation."""
        return self._fold(command)

    def enrol(self, key: TestKey, place: str, **more: Any) -> Entry:
        return self._fold(self.command("KeyEnrolled", key.enrolled(place, **more)))

    def revoke(self, key: TestKey, place: str, reason: str = "retired", **more: Any) -> Entry:
        body = {"place": place, "key": key.id, "reason": reason, **more}
        return self._fold(self.command("KeyRevoked", body))

    def together(self, commands: Sequence[Command]) -> list[str]:
        """Write one correction, all or none, as the record does: stock may be below zero in between."""
        before = (list(self.entries), list(self.drafts), self._prev)
        self.book.begin()
        try:
            written = [self._fold(command, commands[0].id, between=True) for command in commands]
            lowered = [key for draft in self.drafts[len(before[1]) :] for key in draft.takers()]
            below = [(lot, account) for lot, account in lowered if self.book.quantity(lot, account) < 0]
            if below:
                facts = {
                    "have": 0,
                    "need": 0,
                    "short": 0,
                    "place": below[0][1].place,
                    "account": below[0][1].kind,
                }
                raise Refused([Violation("lines", "below_zero", facts)])
        except Refused:
            self.book.undo()
            self.entries, self.drafts, self._prev = before
            raise
        self.book.commit()
        return [entry.id for entry in written]

    def _fold(self, command: Command, first: str | None = None, between: bool = False) -> Entry:
        draft = interpret(command, self.book, first, may_go_below_zero=between)
        if draft.violations:
            raise Refused(draft.violations)
        entry = write(command, self.book.size, self._prev, "2026-03-02T00:00:00.000Z")
        self._prev = hashlib.sha256(b"\0" + entry.data).hexdigest()
        self.book.fold(entry, draft)
        self.entries.append(entry)
        self.drafts.append(draft)
        for posting in draft.postings:
            self.check_equation(posting.lot.id)
        return entry

    def broken(self, kind: str, body: Body) -> list[str]:
        """What speaks against a command, each as "field rule"; nothing is written."""
        return self.broken_command(self.command(kind, body))

    def broken_command(self, command: Command) -> list[str]:
        size = self.book.size
        draft = interpret(command, self.book)
        assert self.book.size == size
        return [f"{violation.field} {violation.rule}" for violation in draft.violations]

    # the commonest entries -------------------------------------------------------------------------------

    def opening(self, place: str, *lines: Line) -> list[str]:
        return self._lots(self.tell("StockOpened", {"place": place, "lines": list(lines)}), lines)

    def gift(self, place: str, code: str, *lines: Line, party: str | None = None, **more: Any) -> list[str]:
        body = {"place": place, "gift": code, "lines": list(lines), **more}
        return self._lots(self.tell("DonationReceived", body | ({"party": party} if party else {})), lines)

    def send(self, from_place: str, to: str, *lines: Line, **more: Any) -> str:
        return self.tell("TransferDispatched", {"from": from_place, "to": to, "lines": list(lines), **more})

    def ask(self, place: str, day: str = "2026-03-01", **wanted: int) -> str:
        """A request of so much of each item."""
        lines = [{"item": item, "quantity": quantity} for item, quantity in wanted.items()]
        return self.tell("SupplyRequested", {"place": place, "to": "D1", "lines": lines}, day)

    def decide(self, *shares: Line, rule: str = "judgement", day: str = "2026-03-01") -> str:
        body = {"place": "S1", "rule": rule, "need": {"basis": "requested"}, "shares": list(shares)}
        return self.tell("AllocationDecided", body, day)

    def arrive(self, place: str, dispatch: str | None, *lines: Line, **more: Any) -> str:
        body = {"place": place, "lines": list(lines), **more}
        return self.tell("TransferReceived", body | ({"dispatch": dispatch} if dispatch else {}))

    def cancel(self, dispatch: str, *lines: Line, **more: Any) -> str:
        body = {"dispatch": dispatch, "reason": "not_sent", "lines": list(lines), **more}
        return self.tell("TransferCancelled", body)

    def lose(self, dispatch: str, *lines: Line) -> str:
        return self.tell("TransferLost", {"dispatch": dispatch, "reason": "lost", "lines": list(lines)})

    def issue(self, place: str, *lines: Line, day: str = "2026-03-01", **more: Any) -> str:
        return self.tell(
            "StockIssued", {"place": place, "purpose": "clinic", "lines": list(lines), **more}, day
        )

    def give_back(self, place: str, *lines: Line, direction: str = "to_shelf", **more: Any) -> str:
        body = {"place": place, "direction": direction, "reason": "unused", "lines": list(lines), **more}
        return self.tell("StockReturned", body)

    def write_off(self, place: str, reason: str, *lines: Line, **more: Any) -> str:
        return self.tell("StockWrittenOff", {"place": place, "reason": reason, "lines": list(lines), **more})

    def inspect(self, place: str, *lines: Line) -> str:
        return self.tell("StockInspected", {"place": place, "lines": list(lines)})

    def convert(self, place: str, *lines: Line, reason: str = "open_case") -> list[str]:
        entry = self.tell("StockConverted", {"place": place, "reason": reason, "lines": list(lines)})
        return self._lots(entry, [line for line in lines if "item" in line])

    def count(self, place: str, *lines: Line, day: str = "2026-03-01") -> str:
        return self.tell("StockCounted", {"place": place, "lines": list(lines)}, day)

    def reversal(self, entry: str, first: str | None = None, reason: str = "other") -> Command:
        """The command that reverses an entry; `first` is the id of the correction's first command."""
        command = self.command("EntryReversed", {"reverses": entry, "reason": reason})
        command.body["correction"] = first or command.id
        return command

    def reverse(self, entry: str) -> str:
        return self.together([self.reversal(entry)])[0]

    @staticmethod
    def _lots(entry: str, lines: Sequence[Line]) -> list[str]:
        return [f"{entry}#{number}" for number in range(len(lines))]

    # looking ---------------------------------------------------------------------------------------------

    def accounts(self, lot: str) -> dict[str, int]:
        """Where a lot is: "kind place" -> base units, the refs added up, without the sources."""
        found: dict[str, int] = defaultdict(int)
        for (_, kind, place, _), (_, quantity) in self._balances(lot):
            if kind not in SOURCE_ACCOUNTS:
                found[f"{kind} {place}"] += quantity
        return {name: quantity for name, quantity in found.items() if quantity}

    def entered(self, lot: str) -> dict[str, int]:
        """How a lot came in: received, converted_in, found -> base units."""
        found: dict[str, int] = defaultdict(int)
        for (_, kind, _, _), (_, quantity) in self._balances(lot):
            if kind in SOURCE_ACCOUNTS:
                found[kind] += quantity
        return {name: quantity for name, quantity in found.items() if quantity}

    def quantity(self, lot: str, kind: str, place: str, ref: str = "") -> int:
        return self.book.quantity(lot, Account(kind, place, ref))

    def on_hand(self, place: str, item: str) -> int:
        return sum(stock.quantity for stock in self.book.stock(place, item))

    def daily(self, place: str, item: str, day: str = "2026-03-01") -> dict[str, int]:
        names = [
            "received",
            "arrived",
            "issued",
            "dispatched",
            "other_in",
            "other_out",
            "usable_change",
            "stock_change",
        ]
        row = self.book.views["view_daily"].get((place, item, day)) or (0,) * 8
        return {name: value for name, value in zip(names, row, strict=True) if value}

    def check_equation(self, lot: str) -> None:
        """received + converted in + found = all that is on hand, on the way or gone (RECORD.md)."""
        assert sum(self.entered(lot).values()) == sum(self.accounts(lot).values()), lot

    def _balances(self, lot: str) -> list[tuple[Any, Any]]:
        return self.book.tables.find("view_balance", lot=lot)


def new(item: str, quantity: int, expiry: str = "2027-01-01", lot_number: str = "A1", **more: Any) -> Line:
    """A line of new stock; soap has neither lot number nor expiry."""
    printed = {} if item == "soap" else {"lot_number": lot_number, "expiry": expiry}
    return {"item": item, "quantity": quantity, **printed, **more}


def unmarked(item: str, quantity: int, **more: Any) -> Line:
    return new(item, quantity, "unmarked", "unmarked", **more)


def of(lot: str, quantity: int, **more: Any) -> Line:
    """A line on an existing lot."""
    return {"lot": lot, "quantity": quantity, **more}
