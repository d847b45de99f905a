"""The pen: makes the commands of acts and keeps the shelves in step with them.

Acts are the words of the record: each method writes one entry (a correction: one step of several).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.demo.days import MINUTE_MS, Calendar
from dashboard.demo.shelves import Dispatch, Shelves, Taken
from ledger.domain.entries import Command
from ledger.domain.ids import derived_id, lot_id
from ledger.domain.lots import Lot
from ledger.domain.rules.state import conversion_shares

Line = dict[str, Any]
RECEIPTS = {"opening": "StockOpened", "donated": "DonationReceived", "allotted": "AllotmentReceived",
            "purchased": "PurchaseReceived"}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """What is recorded at one moment. `together`: the entries of one correction, all or none."""

    recorded_at: str
    commands: tuple[Command, ...]
    together: bool = False


@dataclass(frozen=True)
class Issued:
    """An issue that may be corrected later. `size` is the log's when it was written."""

    id: str
    size: int
    place: str
    purpose: str
    occurred: int
    lines: Taken


class Pen:
    """`moment` is when an act is recorded, `occurred` when it happened (default: some minutes before)."""

    def __init__(self, seed: int, calendar: Calendar, shelves: Shelves) -> None:
        self.seed = str(seed)
        self.calendar = calendar
        self.shelves = shelves
        self.steps: list[Step] = []
        self._made: Counter[tuple[str, str]] = Counter()

    def take_steps(self) -> list[Step]:
        steps, self.steps = self.steps, []
        return steps

    # commands --------------------------------------------------------------------------------------------

    def command(
        self, moment: int, kind: str, role: str, place: str | None, body: Line, occurred: int | None = None
    ) -> Command:
        """A command with an id made from what it is the n-th act of: place and day."""
        at, day = place or "", self.calendar.day(moment)
        number = self._made[at, day] = self._made[at, day] + 1
        self.shelves.size += 1
        happened = self.calendar.instant(moment - 7 * MINUTE_MS if occurred is None else occurred)
        identity = derived_id("district", self.seed, at, day, str(number))
        return Command(kind, identity, happened, {"role": role, "place": place}, body)

    def write(self, moment: int, *commands: Command, together: bool = False) -> None:
        self.steps.append(Step(self.calendar.instant(moment), commands, together))

    # in --------------------------------------------------------------------------------------------------

    def receive(
        self,
        moment: int,
        source: str,
        place: str,
        lines: Sequence[Line],
        role: str = "storekeeper",
        occurred: int | None = None,
        **head: Any,
    ) -> list[Lot]:
        """A receipt of new stock; `head` holds the other keys of its body. Returns its lots."""
        body = {"place": place, **head, "lines": list(lines)}
        command = self.command(moment, RECEIPTS[source], role, place, body, occurred)
        self.write(moment, command)
        return self._stock(command, source, place, lines, head.get("gift", ""))

    def _stock(
        self, command: Command, source: str, place: str, lines: Sequence[Line], gift: str = ""
    ) -> list[Lot]:
        lots: list[Lot] = []
        for line in lines:
            if "item" in line:
                lot = self._new_lot(command, len(lots), source, place, line, gift)
                self.shelves.put(place, lot, lot.quantity, _state(lot, line))
                lots.append(lot)
        return lots

    def _new_lot(
        self, command: Command, number: int, source: str, place: str, line: Line, gift: str = ""
    ) -> Lot:
        lot = Lot(
            lot_id(command.id, number), line["item"], line["quantity"], source, place, gift,
            line.get("lot_number", ""), line.get("expiry", ""), line.get("grade", ""),
        )  # fmt: skip
        self.shelves.born[lot.id] = self.shelves.size
        return lot

    # out -------------------------------------------------------------------------------------------------

    def issue(
        self, moment: int, place: str, purpose: str, taken: Taken, occurred: int | None = None, **head: Any
    ) -> Issued:
        command = self._issue_command(moment, place, purpose, taken, "storekeeper", occurred, head)
        self.write(moment, command)
        return self._issued(command, moment, taken, occurred)

    def _issue_command(
        self, moment: int, place: str, purpose: str, taken: Taken, role: str, occurred: int | None, head: Line
    ) -> Command:
        for lot, quantity in taken:
            self.shelves.issued[place, lot.id] += quantity
        body = {"place": place, "purpose": purpose, **head, "lines": _lines(taken)}
        return self.command(moment, "StockIssued", role, place, body, occurred)

    def _issued(self, command: Command, moment: int, taken: Taken, occurred: int | None) -> Issued:
        when = moment - 7 * MINUTE_MS if occurred is None else occurred
        place, purpose = command.body["place"], command.body["purpose"]
        return Issued(command.id, self.shelves.size, place, purpose, when, taken)

    def issue_found(self, moment: int, place: str, purpose: str, line: Line) -> None:
        """Issued from stock that the book did not have."""
        body = {"place": place, "purpose": purpose, "lines": [{**line, "source": "found"}]}
        command = self.command(moment, "StockIssued", "storekeeper", place, body)
        lot = self._new_lot(command, 0, "found", place, line)
        self.shelves.issued[place, lot.id] += lot.quantity
        self.write(moment, command)

    def return_to_shelf(self, moment: int, place: str, lot: Lot, quantity: int) -> None:
        self.shelves.issued[place, lot.id] -= quantity
        self.shelves.put(place, lot, quantity)
        lines = _lines([(lot, quantity)])
        body = {"place": place, "direction": "to_shelf", "reason": "unused", "lines": lines}
        self.write(moment, self.command(moment, "StockReturned", "storekeeper", place, body))

    def return_to_donor(self, moment: int, place: str, lot: Lot, quantity: int) -> None:
        """Of rejected stock."""
        self.shelves.take_lot(place, lot, quantity, "rejected")
        lines = [{"lot": lot.id, "quantity": quantity, "state": "rejected"}]
        body = {"place": place, "direction": "to_donor", "reason": "rejected", "lines": lines}
        self.write(moment, self.command(moment, "StockReturned", "center_lead", place, body))

    def write_off(
        self, moment: int, place: str, reason: str, taken: Taken, state: str = "usable", **head: Any
    ) -> None:
        """`taken` has left the shelves already."""
        body = {"place": place, "reason": reason, **head, "lines": _lines(taken, state)}
        role = "center_lead" if reason == "expired" else "storekeeper"
        self.write(moment, self.command(moment, "StockWrittenOff", role, place, body))

    # state -----------------------------------------------------------------------------------------------

    def inspect(self, moment: int, place: str, results: Sequence[tuple[Lot, int, str]]) -> None:
        """(lot, quantity, result) of goods to inspect."""
        for lot, quantity, result in results:
            self.shelves.take_lot(place, lot, quantity, "to_inspect")
            self.shelves.put(place, lot, quantity, result)
        lines = [{"lot": lot.id, "quantity": q, "result": result} for lot, q, result in results]
        body = {"place": place, "lines": lines}
        self.write(moment, self.command(moment, "StockInspected", "storekeeper", place, body))

    def convert(
        self, moment: int, place: str, reason: str, taken: Taken, state: str, made: Line, role: str
    ) -> list[Lot]:
        """All of `taken` becomes `made["quantity"]` of `made["item"]`, one line per gift share."""
        shares = conversion_shares(made["quantity"], taken)
        outputs = [{**made, "quantity": share} for _, share in shares]
        body = {"place": place, "reason": reason, "lines": [*_lines(taken, state), *outputs]}
        command = self.command(moment, "StockConverted", role, place, body)
        self.write(moment, command)
        lots: list[Lot] = []
        for (gift, _), line in zip(shares, outputs, strict=True):
            lot = self._new_lot(command, len(lots), "converted", place, line, gift)
            self.shelves.put(place, lot, lot.quantity, _state(lot, line))
            lots.append(lot)
        return lots

    # transfers -------------------------------------------------------------------------------------------

    def dispatch(
        self, moment: int, from_place: str, to: str, taken: Taken, terms: str, due: int, **answers: str
    ) -> Dispatch:
        """`answers`: the request and the decision that it names."""
        command = self._dispatch_command(moment, from_place, to, taken, terms, due, answers)
        self.write(moment, command)
        return self._sent(command, taken)

    def _dispatch_command(
        self, moment: int, from_place: str, to: str, taken: Taken, terms: str, due: int, head: Line
    ) -> Command:
        day = self.calendar.day_after(moment, due)
        body = {"from": from_place, "to": to, "terms": terms, "due": day, **head, "lines": _lines(taken)}
        return self.command(moment, "TransferDispatched", "storekeeper", from_place, body)

    def _sent(self, command: Command, taken: Taken) -> Dispatch:
        body = command.body
        lines = {lot.id: (lot, quantity) for lot, quantity in taken}
        dispatch = Dispatch(command.id, body["from"], body["to"], body["due"], lines)
        self.shelves.send(dispatch)
        return dispatch

    def arrive(
        self,
        moment: int,
        dispatch: Dispatch,
        lines: Sequence[tuple[Lot, int, str, int]],
        discrepancy: Sequence[Line] = (),
        occurred: int | None = None,
    ) -> None:
        """(lot, quantity, state, surplus) of each line that came off the dispatch."""
        place, body_lines = dispatch.to, []
        for lot, quantity, state, surplus in lines:
            self.shelves.off_the_way(dispatch, lot, quantity)
            self.shelves.put(place, lot, quantity + surplus, state)
            line: Line = {"lot": lot.id, "quantity": quantity}
            line |= {"state": state} if state != "usable" else {}
            body_lines.append(line | ({"surplus": surplus} if surplus else {}))
        body: Line = {"place": place, "dispatch": dispatch.id, "lines": body_lines}
        body |= {"discrepancy": list(discrepancy)} if discrepancy else {}
        self.write(moment, self.command(moment, "TransferReceived", "storekeeper", place, body, occurred))

    def end_transfer(self, moment: int, dispatch: Dispatch, kind: str, reason: str) -> None:
        """All that has not arrived is lost (TransferLost) or back with the sender (TransferCancelled)."""
        rest = list(dispatch.lines.values())
        for lot, quantity in rest:
            self.shelves.off_the_way(dispatch, lot, quantity)
            if kind == "TransferCancelled":
                self.shelves.put(dispatch.from_place, lot, quantity)
        body = {"dispatch": dispatch.id, "reason": reason, "lines": _lines(rest)}
        self.write(moment, self.command(moment, kind, "storekeeper", dispatch.from_place, body))

    # counts ----------------------------------------------------------------------------------------------

    def count(
        self, moment: int, place: str, counted: Sequence[tuple[str, int]], role: str = "storekeeper"
    ) -> str:
        """(item, quantity over all lots and states). Returns the count's id."""
        lines = [{"item": item, "quantity": quantity} for item, quantity in counted]
        command = self.command(moment, "StockCounted", role, place, {"place": place, "lines": lines})
        self.write(moment, command)
        opened = 0
        for item, quantity in counted:
            self.shelves.counted[place, item] = (self.shelves.size, command.id)
            if surplus := self.shelves.settle(place, item, quantity):
                line = {"item": item, "quantity": surplus, "lot_number": "unmarked", "expiry": "unmarked"}
                lot = self._new_lot(command, opened, "found", place, line)
                self.shelves.put(place, lot, surplus, "to_inspect")
                opened += 1
        return command.id

    def count_lots(self, moment: int, place: str, counted: Sequence[tuple[Lot, int]], role: str) -> str:
        """Counted lot by lot: (usable lot that lies in no other state, quantity)."""
        lines = [{"lot": lot.id, "quantity": quantity} for lot, quantity in counted]
        command = self.command(moment, "StockCounted", role, place, {"place": place, "lines": lines})
        self.write(moment, command)
        for lot, quantity in counted:
            self.shelves.counted[place, lot.id] = (self.shelves.size, command.id)
            if quantity < (have := self.shelves.has(place, lot)):
                self.shelves.take_lot(place, lot, have - quantity)
        return command.id

    def confirm_day(self, moment: int, place: str, day: str) -> None:
        body = {"place": place, "day": day}
        self.write(moment, self.command(moment, "DayConfirmed", "storekeeper", place, body))

    # corrections -----------------------------------------------------------------------------------------

    def reverse_issue(
        self, moment: int, issued: Issued, reason: str, replacement: Taken | None, covered_by: str = ""
    ) -> None:
        """One correction: the issue is reversed and, unless `replacement` is None, written anew.

        `covered_by` names the count since which the shelf stands as counted: then no stock moves. Otherwise
        the issued goods are back on the shelves already and `replacement` has been taken from them.
        """
        place = issued.place
        reversal = self.reversal(moment, issued.id, reason, "center_lead", place)
        for lot, quantity in issued.lines:
            self.shelves.issued[place, lot.id] -= quantity
        if replacement is None:
            self.write(moment, reversal, together=True)
            return
        head = {"correction": reversal.id} | ({"covered_by": covered_by} if covered_by else {})
        again = self._issue_command(
            moment, place, issued.purpose, replacement, "center_lead", issued.occurred, head
        )
        self.write(moment, reversal, again, together=True)

    def reverse_receipt(
        self, moment: int, source: str, lots: Sequence[Lot], right: Line, **head: Any
    ) -> None:
        """One correction of a receipt of one lot that has not moved."""
        (lot,) = lots
        place = lot.origin
        reversal = self.reversal(moment, lot.id.partition("#")[0], "wrong_quantity", "center_lead", place)
        self.shelves.take_lot(place, lot, lot.quantity)
        body = {"place": place, **head, "correction": reversal.id, "lines": [right]}
        again = self.command(moment, RECEIPTS[source], "center_lead", place, body)
        self.write(moment, reversal, again, together=True)
        self._stock(again, source, place, [right])

    def redirect(self, moment: int, dispatch: Dispatch, to: str, due: int, **answers: str) -> Dispatch:
        """One correction of a dispatch that was written for the wrong place."""
        taken = list(dispatch.lines.values())
        for lot, quantity in taken:
            self.shelves.off_the_way(dispatch, lot, quantity)
        place = dispatch.from_place
        reversal = self.reversal(moment, dispatch.id, "wrong_place", "storekeeper", place)
        head = {**answers, "correction": reversal.id}
        again = self._dispatch_command(moment, place, to, taken, "allocation", due, head)
        self.write(moment, reversal, again, together=True)
        return self._sent(again, taken)

    def reversal(self, moment: int, reverses: str, reason: str, role: str, place: str) -> Command:
        body: Line = {"reverses": reverses, "reason": reason}
        command = self.command(moment, "EntryReversed", role, place, body)
        body["correction"] = command.id
        return command


def _state(lot: Lot, line: Line) -> str:
    """Unmarked goods are inspected first, unless the line says otherwise (RECORD.md, Lots)."""
    state: str = line.get("state", "to_inspect" if lot.expiry == "unmarked" else "usable")
    return state


def _lines(taken: Taken, state: str = "usable") -> list[Line]:
    if state == "usable":
        return [{"lot": lot.id, "quantity": quantity} for lot, quantity in taken]
    return [{"lot": lot.id, "quantity": quantity, "state": state} for lot, quantity in taken]
