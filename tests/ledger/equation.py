"""The equation of RECORD.md recomputed from entries alone, sharing no code with rules or projections.

Input: the entries of a book as dictionaries (parsed from their exact bytes), in order, from entry 0. Output:
per ledger lot, how much of it is in each account. Written from RECORD.md and ledger/README.md; it believes
the entries (whether one was allowed to be written is the rules' business) and only adds up.

    totals = Sums().add_all(json.loads(line) for line in open("book.jsonl"))
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

IN = ("received", "converted_in", "found")
STATES = ("usable", "to_inspect", "held", "rejected")
OUT = (
    *STATES, "transit", "issued", "written_off", "returned", "outside", "requisitioned", "lost", "missing",
    "converted_out",
)  # fmt: skip
SOURCES = {
    "StockOpened": "opening", "DonationReceived": "donated", "AllotmentReceived": "allotted",
    "PurchaseReceived": "purchased", "TransferReceived": "unmatched", "TransferDispatched": "unshown",
    "StockIssued": "found", "StockCounted": "found", "StockConverted": "converted",
}  # fmt: skip

Spot = tuple[str, str, str]  # account, place, reference (dispatch, count, reason)


class Sums:
    """What the entries so far add up to.

    Attributes:
        at: (lot, spot) -> quantity. What came in by an IN account is counted there as it entered.
        lots: lot -> item, gift, source, expiry and order of receipt.
        touched: the lots that the last entry moved.
        changed: the keys of `at` that the last entry changed.
    """

    def __init__(self) -> None:
        self.at: dict[tuple[str, Spot], int] = defaultdict(int)
        self.lots: dict[str, dict[str, Any]] = {}
        self.touched: set[str] = set()
        self.changed: set[tuple[str, Spot]] = set()
        self._keeps: dict[str, bool] = {}
        self._marked: dict[str, bool] = {}
        self._shelf: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
        self._short: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._moves: dict[str, list[tuple[str, Spot, Spot, int]]] = {}
        self._index: dict[str, int] = {}
        self._counts: dict[tuple[str, str], list[tuple[int, str, str]]] = defaultdict(list)
        self._sent: dict[str, tuple[str, str, dict[str, str]]] = {}
        self._undone: set[str] = set()
        self._now: dict[str, Any] = {}

    def add_all(self, entries: Iterable[dict[str, Any]]) -> Sums:
        for entry in entries:
            self.add(entry)
        return self

    def add(self, entry: dict[str, Any]) -> None:
        self._now, self.touched, self.changed = entry, set(), set()
        self._index[entry["id"]] = entry["index"]
        self._moves[entry["id"]] = []
        read = getattr(self, "_" + entry["kind"], None)
        if read is None:
            raise ValueError(f"entry {entry['index']}: the equation does not know {entry['kind']}")
        read(entry["body"])

    # sums ------------------------------------------------------------------------------------------------

    def by_account(self) -> dict[tuple[str, str], int]:
        """(lot, account) -> quantity over all places, without zeros."""
        sums: dict[tuple[str, str], int] = defaultdict(int)
        for (lot, (account, _, _)), quantity in self.at.items():
            sums[lot, account] += quantity
        return {key: quantity for key, quantity in sums.items() if quantity}

    def by_gift(self) -> dict[tuple[str, str, str], int]:
        """(gift, item, account) -> quantity, without zeros."""
        sums: dict[tuple[str, str, str], int] = defaultdict(int)
        for (lot, account), quantity in self.by_account().items():
            if self.lots[lot]["gift"]:
                sums[self.lots[lot]["gift"], self.lots[lot]["item"], account] += quantity
        return {key: quantity for key, quantity in sums.items() if quantity}

    # registers -------------------------------------------------------------------------------------------

    def _BookOpened(self, body: dict[str, Any]) -> None:
        pass

    _PartyRegistered = _PolicySet = _DayConfirmed = _BookOpened
    _KeyEnrolled = _KeyRevoked = _LogKeyRotated = _ConsentChanged = _DataErased = _BookOpened
    _ForecastPublished = _PlaceStatusSet = _ResponseLevelRecorded = _BookOpened
    _SupplyRequested = _AllocationDecided = _BookOpened

    def _PlaceRegistered(self, body: dict[str, Any]) -> None:
        keeps = body.get("keeps_stock")
        self._keeps[body["code"]] = body["kind"] in ("depot", "center") if keeps is None else keeps

    def _ItemRegistered(self, body: dict[str, Any]) -> None:
        self._marked[body["code"]] = body["needs_lot"]

    # in --------------------------------------------------------------------------------------------------

    def _StockOpened(self, body: dict[str, Any]) -> None:
        for lot, line in self._made(body):
            self._in(lot, ("received", body["place"], ""), body["place"], line.get("state"), line["quantity"])

    _DonationReceived = _AllotmentReceived = _PurchaseReceived = _StockOpened

    # transfers -------------------------------------------------------------------------------------------

    def _TransferDispatched(self, body: dict[str, Any]) -> None:
        way = ("transit", body["to"], self._now["id"])
        left_in: dict[str, str] = {}
        for line in body["lines"]:
            if "lot" in line:
                state = line.get("state", "usable")
                self._out(line["lot"], state, body["from"], way, line["quantity"])
        for lot, out_of, into, _ in self._moves[self._now["id"]]:
            if into == way and out_of[0] in STATES:
                left_in.setdefault(lot, out_of[0])
        for lot, line in self._made(body):
            self._move(lot, ("received", body["from"], ""), way, line["quantity"])
        self._sent[self._now["id"]] = (body["from"], body["to"], left_in)

    def _TransferReceived(self, body: dict[str, Any]) -> None:
        for line in body["lines"]:
            if "lot" in line:
                way = ("transit", body["place"], body["dispatch"])
                state = self._came_in(line, body["dispatch"])
                self._in(line["lot"], way, body["place"], state, line["quantity"])
                found = ("found", body["place"], self._now["id"])
                self._in(line["lot"], found, body["place"], state, line.get("surplus") or 0)
        for lot, line in self._made(body):
            self._in(lot, ("received", body["place"], ""), body["place"], line.get("state"), line["quantity"])

    def _TransferCancelled(self, body: dict[str, Any]) -> None:
        sender, to, _ = self._sent[body["dispatch"]]
        for line in body["lines"]:
            state = self._came_in(line, body["dispatch"])
            self._in(line["lot"], ("transit", to, body["dispatch"]), sender, state, line["quantity"])

    def _TransferLost(self, body: dict[str, Any]) -> None:
        to, dispatch = self._sent[body["dispatch"]][1], body["dispatch"]
        for line in body["lines"]:
            self._move(line["lot"], ("transit", to, dispatch), ("lost", to, dispatch), line["quantity"])

    def _came_in(self, line: dict[str, Any], dispatch: str) -> str | None:
        return line.get("state") or self._sent[dispatch][2].get(line["lot"])

    # out -------------------------------------------------------------------------------------------------

    def _StockIssued(self, body: dict[str, Any]) -> None:
        issued = ("issued", body["place"], "")
        for line in body["lines"]:
            if "lot" in line:
                self._out(line["lot"], "usable", body["place"], issued, line["quantity"])
        for lot, line in self._made(body):
            self._move(lot, ("found", body["place"], self._now["id"]), issued, line["quantity"])

    def _StockReturned(self, body: dict[str, Any]) -> None:
        place = body["place"]
        for line in body["lines"]:
            state = line.get("state", "usable")
            if body["direction"] == "to_shelf":
                self._in(line["lot"], ("issued", place, ""), place, state, line["quantity"])
            else:
                self._out(line["lot"], state, place, ("returned", place, ""), line["quantity"])

    def _StockWrittenOff(self, body: dict[str, Any]) -> None:
        gone = ("written_off", body["place"], body["reason"])
        for line in body["lines"]:
            self._out(line["lot"], line.get("state", "usable"), body["place"], gone, line["quantity"])

    # state -----------------------------------------------------------------------------------------------

    def _StockInspected(self, body: dict[str, Any]) -> None:
        place = body["place"]
        for line in body["lines"]:
            self._move(line["lot"], ("to_inspect", place, ""), (line["result"], place, ""), line["quantity"])

    def _StockConverted(self, body: dict[str, Any]) -> None:
        place, inputs, outputs = body["place"], [], defaultdict(list)
        for line in body["lines"]:
            if "lot" in line:
                spot = (line.get("state", "usable"), place, "")
                self._move(line["lot"], spot, ("converted_out", place, ""), line["quantity"])
                inputs.append((line["lot"], line["quantity"]))
        for lot, line in self._made(body):
            outputs[line["item"]].append(lot)
            self._in(lot, ("converted_in", place, ""), place, line.get("state"), line["quantity"])
        for lots in outputs.values():
            wanted = self._shares(sum(self.lots[lot]["quantity"] for lot in lots), inputs)
            for lot, (gift, share) in zip(lots, wanted, strict=True):
                assert self.lots[lot]["quantity"] == share, f"{lot} is not the share of gift {gift or 'none'}"
                self.lots[lot]["gift"] = gift

    def _shares(self, total: int, inputs: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """Largest remainder in whole numbers: every item that goes in weighs the same, in order of lines."""
        of_item: dict[str, int] = defaultdict(int)
        for lot, quantity in inputs:
            of_item[self.lots[lot]["item"]] += quantity
        scale = 1
        for quantity in of_item.values():
            scale *= quantity
        parts: dict[str, int] = {}
        for lot, quantity in inputs:
            gift = self.lots[lot]["gift"]
            parts[gift] = parts.get(gift, 0) + quantity * scale // of_item[self.lots[lot]["item"]]
        whole = sum(parts.values())
        shares = {gift: total * part // whole for gift, part in parts.items()}
        rest = total - sum(shares.values())
        for gift in sorted(parts, key=lambda g: -(total * parts[g] % whole))[:rest]:  # sorted() keeps order
            shares[gift] += 1
        return [(gift, share) for gift, share in shares.items() if share]

    # counts ----------------------------------------------------------------------------------------------

    def _StockCounted(self, body: dict[str, Any]) -> None:
        place, made = body["place"], 0
        for line in body["lines"]:
            if "lot" in line:
                item, only = self.lots[line["lot"]]["item"], line["lot"]
            else:
                item, only = line["item"], ""
            there = [(lot, state) for lot, state in self._shelf[place, item] if only in ("", lot)]
            there = [(lot, state) for lot, state in there if self.at[lot, (state, place, "")] > 0]
            book = sum(self.at[lot, (state, place, "")] for lot, state in there)
            surplus = line["quantity"] - book
            if surplus > 0:
                if not only and not there:
                    only = self._open(made, line, "unmarked" if self._marked[item] else "")
                    made += 1
                lot = only or max((lot for lot, _ in there), key=lambda lot: self.lots[lot]["order"])
                states = [state for state in STATES if (lot, state) in there] or [self._first(lot)]
                self._move(lot, ("found", place, self._now["id"]), (states[0], place, ""), surplus)
                only = line.get("lot", "")
            for lot, state in sorted(there, key=lambda pile: (STATES.index(pile[1]), self._fefo(pile[0]))):
                short = max(0, min(-surplus, self.at[lot, (state, place, "")]))
                self._move(lot, (state, place, ""), ("missing", place, self._now["id"]), short)
                surplus += short
            self._counts[place, item].append((self._now["index"], self._now["id"], only))

    def _last_count(self, place: str, lot: str) -> tuple[int, str, bool] | None:
        """(index, id, whether it counted the whole item) of the last count of the lot that stands."""
        for index, identity, only in reversed(self._counts.get((place, self.lots[lot]["item"]), [])):
            if identity not in self._undone and only in ("", lot):
                return index, identity, not only
        return None

    # corrections -----------------------------------------------------------------------------------------

    def _EntryReversed(self, body: dict[str, Any]) -> None:
        original = body["reverses"]
        for lot, was_out_of, was_into, quantity in reversed(self._moves[original]):
            out_of, into = was_into, was_out_of
            if (out_of[0] in STATES) != (into[0] in STATES):
                place = out_of[1] if out_of[0] in STATES else into[1]
                count = self._last_count(place, lot)
                if count is not None and count[0] > self._index[original]:
                    self._settle(lot, out_of, into, place, count[1], quantity)
                    continue
            self._move(lot, out_of, into, quantity)
        self._undone.add(original)

    def _settle(self, lot: str, out_of: Spot, into: Spot, place: str, count: str, quantity: int) -> None:
        """Stock stays as counted; the side that is stock is replaced by the count's difference."""
        missing, found = ("missing", place, count), ("found", place, count)
        if out_of[0] in STATES:
            first = max(0, min(quantity, self.at[lot, missing]))
            self._move(lot, missing, into, first)
            self._move(lot, found, into, quantity - first)
        else:
            first = max(0, min(quantity, self.at[lot, found]))
            self._move(lot, out_of, found, first)
            self._move(lot, out_of, missing, quantity - first)

    # moving ----------------------------------------------------------------------------------------------

    def _cover(self, place: str, lot: str) -> tuple[str, bool] | None:
        named = self._now["body"].get("covered_by")
        if not named:
            return None
        count = self._last_count(place, lot)
        assert count is not None, f"{named} covers nothing of {lot}"
        assert count[1] == named, f"{named} is not the last count of {lot} at {place}"
        return count[1:]

    def _out(self, lot: str, state: str, place: str, into: Spot, quantity: int) -> None:
        spot, count = (state, place, ""), self._cover(place, lot)
        if count is None:
            self._move(lot, spot, into, quantity)
            return
        missing = ("missing", place, count[0])
        own = max(0, min(quantity, self.at[lot, missing]))
        self._move(lot, missing, into, own)
        quantity -= own
        short = sorted(self._short[place, count[0]], key=self._fefo) if count[1] else []
        for other in short:
            if other != lot and self.lots[other]["item"] == self.lots[lot]["item"]:
                share = max(0, min(quantity, self.at[other, missing], self.at[lot, spot]))
                self._move(other, missing, spot, share)
                self._move(lot, spot, into, share)
                quantity -= share
        self._move(lot, ("found", place, count[0]), into, quantity)

    def _in(self, lot: str, out_of: Spot, place: str, state: str | None, quantity: int) -> None:
        if not self._keeps[place]:
            self._move(lot, out_of, ("outside", place, ""), quantity)
            return
        spot, count = (state or self._first(lot), place, ""), self._cover(place, lot)
        if count is None:
            self._move(lot, out_of, spot, quantity)
            return
        found = ("found", place, count[0])
        own = max(0, min(quantity, self.at[lot, found]))
        self._move(lot, out_of, found, own)
        quantity -= own
        shelf = self._shelf[place, self.lots[lot]["item"]] if count[1] else set()
        for other, of_state in sorted(shelf, key=lambda pile: (self._fefo(pile[0]), pile[1])):
            if other != lot:
                there = (of_state, place, "")
                share = max(0, min(quantity, self.at[other, there], self.at[other, found]))
                self._move(other, there, found, share)
                self._move(lot, out_of, spot, share)
                quantity -= share
        self._move(lot, out_of, ("missing", place, count[0]), quantity)

    def _move(self, lot: str, out_of: Spot, into: Spot, quantity: int) -> None:
        if quantity == 0:
            return
        self.at[lot, out_of] += quantity if out_of[0] in IN else -quantity
        self.at[lot, into] -= quantity if into[0] in IN else -quantity
        self._moves[self._now["id"]].append((lot, out_of, into, quantity))
        self.touched.add(lot)
        self.changed |= {(lot, out_of), (lot, into)}
        for account, place, reference in (out_of, into):
            if account in STATES:
                self._shelf[place, self.lots[lot]["item"]].add((lot, account))
            elif account == "missing":
                self._short[place, reference].add(lot)

    # lots ------------------------------------------------------------------------------------------------

    def _made(self, body: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        """(lot, line) of the lines that make new lots, in body order."""
        lines = [line for line in body["lines"] if "lot" not in line]
        return [(self._open(number, line, ""), line) for number, line in enumerate(lines)]

    def _open(self, number: int, line: dict[str, Any], printed: str) -> str:
        lot = f"{self._now['id']}#{number}"
        self.lots[lot] = {
            "item": line["item"], "quantity": line["quantity"], "source": SOURCES[self._now["kind"]],
            "gift": self._now["body"].get("gift", ""), "order": (self._now["index"], number),
            "expiry": line.get("expiry") or printed, "lot_number": line.get("lot_number") or printed,
        }  # fmt: skip
        return lot

    def _first(self, lot: str) -> str:
        known = self.lots[lot]
        return "to_inspect" if "unmarked" in (known["expiry"], known["lot_number"]) else "usable"

    def _fefo(self, lot: str) -> tuple[bool, str, tuple[int, int]]:
        known = self.lots[lot]
        return known["expiry"] == "unmarked", known["expiry"] or "9999-12-31", known["order"]
