"""Template lines of donations, issues and counts for books that are kept: codes and base units only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ledger.domain.book import StockFacts
from ledger.domain.gifts import check_gift_code, gift_code
from ledger.domain.instants import day_of
from ledger.lists.commands import line_id, machine_command, says_the_same
from ledger.lists.donors import Donors, donor_type
from ledger.lists.known import Known, KnownItem
from ledger.lists.lines import Line
from ledger.lists.reasons import HeldBack, short
from ledger.lists.shelf import Shelf, by_expiry
from ledger.lists.stated import UNMARKED, stated_choice, stated_day, stated_lot, stated_yes

GRADES = {"medical": "医用", "non_medical": "非医用", "unknown": "不明"}
PURPOSES = {
    "clinic": "门诊", "vaccination": "接种", "testing": "检测", "outbreak": "疫情处置",
    "home_visit": "上门服务", "training": "培训", "other": "其他",
}  # fmt: skip


class MovementPlanner:
    """Plans lines that name registered places and items; what is not registered is held back."""

    def __init__(self, known: Known, new_salt: Callable[[], str]) -> None:
        self._known = known
        self._donors = Donors(known, new_salt, "donor of a list")
        self._shelf = Shelf(known, by_expiry)
        self._serials: dict[int, int] = {}

    def donation(self, line: Line) -> None:
        """A DonationReceived at the named place, a gift of its own unless the line names a gift number."""
        cells = line.row.cells
        place, item, day = self._head(line)
        if item is None or line.held:
            return
        kind = donor_type(cells)
        new_lot: dict[str, Any] = {"item": item.code, "quantity": line.seen.quantity, **stated_lot(cells)}
        if cells.get("grade"):
            new_lot["grade"] = stated_choice(cells, "grade", GRADES)
        gift = cells.get("gift", "")
        if gift and not check_gift_code(gift):
            raise HeldBack("bad_gift", text=short(gift))
        basis = "consent" if stated_yes(cells, "show_name") else "none"
        body: dict[str, Any] = {"place": place, "lines": [new_lot]}
        if self._is_known_donation(line, day, body, kind, gift):
            return
        party, private, registered = self._donors.party(line.row, kind, basis, day)
        if private is not None and registered is not None:
            line.parties.append(private)
            line.registrations.append(registered)
        body["gift"] = gift or self._next_gift(int(day_of(day, self._known.book.zone)[:4]))
        if party is not None:
            body["party"] = party
        line.command = machine_command("DonationReceived", line_id("donations", line.row), day, body)

    def issue(self, line: Line) -> None:
        """A StockIssued by FEFO over usable lots that are not expired; of one physical lot if it is named."""
        cells = line.row.cells
        place, item, day = self._head(line)
        if item is None or line.held:
            return
        purpose = stated_choice(cells, "purpose", PURPOSES, "other")
        quantity = line.seen.quantity
        body: dict[str, Any] = {"place": place, "purpose": purpose}
        body["lines"] = [{"item": item.code, "quantity": quantity}]
        identity = line_id("issues", line.row)
        if self._is_known(line, "StockIssued", identity, day, body):
            return
        taken, short_by = self._take(line, place, item.code, day)
        if short_by:
            self._shelf.put_back(place, taken)
            line.hold("too_little", have=quantity - short_by, need=quantity, place=place)
            return
        body["lines"] = [{"lot": lot, "quantity": share} for lot, share in taken]
        line.command = machine_command("StockIssued", identity, day, body)

    def count(self, line: Line) -> None:
        """A StockCounted of one item at one place."""
        place, item, day = self._head(line)
        if item is None or line.held:
            return
        body = {"place": place, "lines": [{"item": item.code, "quantity": line.seen.quantity}]}
        identity = line_id("counts", line.row)
        if not self._is_known(line, "StockCounted", identity, day, body):
            line.command = machine_command("StockCounted", identity, day, body)

    # parts of a line -------------------------------------------------------------------------------------

    def _head(self, line: Line) -> tuple[str, KnownItem | None, str]:
        """Place, item and day, every reason against them on the line."""
        cells = line.row.cells
        place, code, day = cells.get("place", ""), cells.get("item", ""), ""
        if not place:
            line.hold("no_place")
        elif not self._known.has_place(place):
            line.hold("unknown_place", code=short(place))
        item = self._known.item(code) if code else None
        if not code:
            line.hold("no_item_name")
        elif item is None:
            line.hold("unknown_item", code=short(code))
        else:
            self._check_unit(line, item)
        try:
            day = stated_day(cells.get("date", ""))
            line.seen = replace(line.seen, day=day_of(day, self._known.book.zone))
        except HeldBack as held:
            line.reasons.append(held.reason)
        return place, item, day

    def _check_unit(self, line: Line, item: KnownItem) -> None:
        unit = line.seen.unit
        if unit.casefold() not in [name.casefold() for name in item.units]:
            wanted = ", ".join(item.units)
            line.hold("wrong_unit", text=short(unit) or "-", item=item.code, wanted=wanted)

    def _take(self, line: Line, place: str, item: str, day: str) -> tuple[list[tuple[str, int]], int]:
        lot_number = line.row.cells.get("lot_number", "")
        if lot_number.casefold() in UNMARKED:
            lot_number = "unmarked"
        last = day_of(day, self._known.book.zone)

        def fits(stock: StockFacts) -> bool:
            lot = stock.lot
            expired = "" < lot.expiry < last  # "unmarked" sorts after every day
            return not expired and lot_number in ("", lot.lot_number)

        return self._shelf.take(place, item, line.seen.quantity, fits)

    def _next_gift(self, year: int) -> str:
        serial = self._serials.get(year) or self._known.next_serial(year)
        self._serials[year] = serial + 1
        return gift_code(year, serial)

    def _is_known_donation(self, line: Line, day: str, body: dict[str, Any], kind: str, gift: str) -> bool:
        entry = self._known.entry(line_id("donations", line.row))
        if entry is None:
            return False
        party = entry.body.get("party")
        wanted = {**body, "gift": gift or entry.body.get("gift")} | ({"party": party} if party else {})
        same = (entry.kind, entry.command.occurred_at, entry.body) == ("DonationReceived", day, wanted)
        if same and self._donors.same_donor(party, line.row, kind):
            line.entry_index = entry.index
        else:
            line.hold("conflict", index=entry.index)
        return True

    def _is_known(self, line: Line, kind: str, identity: str, day: str, body: dict[str, Any]) -> bool:
        entry = self._known.entry(identity)
        if entry is None:
            return False
        if says_the_same(entry, kind, day, body, self._known):
            line.entry_index = entry.index
        else:
            line.hold("conflict", index=entry.index)
        return True
