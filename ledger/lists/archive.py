"""Public notices into an archive book, by RECORD.md, "Archive books"."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ledger.domain.entries import Command
from ledger.domain.gifts import gift_code
from ledger.domain.instants import day_of
from ledger.lists.commands import line_id, machine_command, registration, says_the_same
from ledger.lists.donors import Donors, donor_type
from ledger.lists.known import NAMED_TYPES, Known
from ledger.lists.lines import Line
from ledger.lists.packs import printed_packs
from ledger.lists.reasons import HeldBack
from ledger.lists.shelf import Shelf, by_receipt
from ledger.lists.stated import stated_day

# The publisher of the two recognised layouts, and the code of its depot.
RED_CROSS = "武汉市红十字会"
RED_CROSS_DEPOT = "WHRC-DEPOT"
_KNOWN_PUBLISHERS = {RED_CROSS: (RED_CROSS_DEPOT, "Red Cross Society of Wuhan")}
_PUBLISHER = re.compile(r"^[《【]?([^\s，。]{2,40}?(?:红十字会|慈善总会|慈善会|民政局|基金会))")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")  # as in ledger.domain.kinds.fields
UNSTATED = {"zh": "未写明", "en": "unstated"}


class ArchivePlanner:
    """Plans lines of donations and issues of public notices; registers what the book lacks."""

    def __init__(self, known: Known, red_cross: bool, new_salt: Callable[[], str]) -> None:
        self._known = known
        self._red_cross = red_cross
        self._donors = Donors(known, new_salt, "donor of a notice")
        self._shelf = Shelf(known, by_receipt)
        self._registered: set[str] = set()
        self._serials: dict[int, int] = {}

    def donation(self, line: Line) -> None:
        """A DonationReceived at the depot, a gift of its own; or reasons."""
        cells = line.row.cells
        day, depot = self._head(line)
        kind = donor_type(cells)
        if kind in NAMED_TYPES:
            line.seen = replace(line.seen, donor=cells.get("donor", ""))
        if line.held:
            return
        new_lot: dict[str, Any] = {"item": self._item(line, day), "quantity": line.seen.quantity}
        if printed_packs(line.seen.spec) and len(line.seen.spec) <= 80:
            new_lot["pack"] = line.seen.spec
        body: dict[str, Any] = {"place": depot, "lines": [new_lot]}
        if self._is_known(line, "DonationReceived", day, body, kind):
            return
        party, private, registered = self._donors.party(line.row, kind, "public_notice", day)
        if private is not None and registered is not None:
            line.parties.append(private)
            line.registrations.append(registered)
        body["gift"] = self._next_gift(int(day_of(day, self._known.book.zone)[:4]))
        if party is not None:
            body["party"] = party
        line.command = machine_command("DonationReceived", line_id("donations", line.row), day, body)

    def issue(self, line: Line) -> None:
        """A TransferDispatched to the recipient: the shown part in order of receipt, the rest unshown."""
        recipient = line.row.cells.get("recipient", "")
        if not recipient:
            line.hold("no_recipient")
        day, depot = self._head(line)
        if line.held:
            return
        item, quantity = self._item(line, day), line.seen.quantity
        to = self._recipient(line, recipient, day)
        body: dict[str, Any] = {"from": depot, "to": to, "lines": [{"item": item, "quantity": quantity}]}
        if self._is_known(line, "TransferDispatched", day, body):
            return
        shown, missing = self._shelf.take(depot, item, quantity)
        body["lines"] = [{"lot": lot, "quantity": share} for lot, share in shown]
        if missing:
            body["lines"].append({"item": item, "quantity": missing, "source": "unshown"})
            line.find("issued_without_receipt", _unshown_words(line, missing))
        line.command = machine_command("TransferDispatched", line_id("issues", line.row), day, body)

    def release(self, line: Line) -> None:
        """A line that is held back registers nothing; later lines that need the same will."""
        self._registered -= {command.id for command in line.registrations}
        line.registrations.clear()
        line.parties.clear()

    # parts of a line -------------------------------------------------------------------------------------

    def _head(self, line: Line) -> tuple[str, str]:
        """Day and depot; reasons for what is missing are put on the line."""
        day = depot = ""
        if not line.seen.name:
            line.hold("no_item_name")
        for column, most in (("item", 400), ("spec", 400), ("unit", 400), ("recipient", 400), ("place", 400)):
            if len(line.row.cells.get(column, "")) > most:
                line.hold("too_long", column=column, most=most)
        try:
            day = stated_day(line.row.cells.get("date", ""))
            line.seen = replace(line.seen, day=day_of(day, self._known.book.zone))
        except HeldBack as held:
            line.reasons.append(held.reason)
        if not line.held:
            try:
                depot = self._depot(line, day)
            except HeldBack as held:
                line.reasons.append(held.reason)
        return day, depot

    def _depot(self, line: Line, day: str) -> str:
        """The depot of the list's publisher, or the place that a template names, or the book's only depot."""
        named = line.row.cells.get("place", "")
        if named:
            code = named if _CODE.fullmatch(named) else hashed_code("D", named)
            name: dict[str, str] = {"zh": named}
        elif publisher := self._publisher(line):
            code, english = _KNOWN_PUBLISHERS.get(publisher, (hashed_code("D", publisher), ""))
            name = {"zh": publisher, "en": english} if english else {"zh": publisher}
        elif len(depots := self._known.depots()) == 1:
            return depots[0]
        else:
            raise HeldBack("no_place")
        self._register_place(line, code, day, {"kind": "depot", "name": name})
        return code

    def _publisher(self, line: Line) -> str:
        match = _PUBLISHER.match(line.row.cells.get("source_file", ""))
        return match[1] if match else RED_CROSS if self._red_cross else ""

    def _recipient(self, line: Line, name: str, day: str) -> str:
        code = hashed_code("R", name)
        kind = "hospital" if name.endswith("医院") else "site"
        self._register_place(line, code, day, {"kind": kind, "name": {"zh": name}, "keeps_stock": False})
        return code

    def _register_place(self, line: Line, code: str, day: str, facts: dict[str, Any]) -> None:
        if not self._known.has_place(code):
            self._register(line, "PlaceRegistered", code, day, {"code": code, **facts})

    def _item(self, line: Line, day: str) -> str:
        """The code of (name, spec, unit) as printed. Class and criticality are not printed: the mildest."""
        name, spec, unit = line.seen.name, line.seen.spec, line.seen.unit
        code = hashed_code("A", "\x1f".join((name, spec, unit)))
        known = self._known.item(code)
        if known is None:
            body: dict[str, Any] = {
                "code": code, "name": {"zh": name}, "base_unit": {"zh": unit} if unit else dict(UNSTATED),
                "item_class": "consumable", "criticality": "needed", "needs_lot": False,
            }  # fmt: skip
            if spec:
                body["spec"] = spec
            self._register(line, "ItemRegistered", code, day, body)
        elif (known.name_zh, known.spec, known.unit_zh) != (name, spec, unit or UNSTATED["zh"]):
            line.hold("code_taken", code=code)
        return code

    def _register(self, line: Line, kind: str, code: str, day: str, body: dict[str, Any]) -> None:
        command: Command = registration(kind, code, day, body)
        if command.id not in self._registered:
            self._registered.add(command.id)
            line.registrations.append(command)

    def _next_gift(self, year: int) -> str:
        serial = self._serials.get(year) or self._known.next_serial(year)
        self._serials[year] = serial + 1
        return gift_code(year, serial)

    def _is_known(self, line: Line, kind: str, day: str, body: dict[str, Any], donor: str = "") -> bool:
        """Whether the line is settled without writing: held back here, in the book before, or in conflict."""
        if line.held:
            return True
        entry = self._known.entry(line_id("donations" if donor else "issues", line.row))
        if entry is None:
            return False
        if donor:
            body = {**body, "gift": entry.body.get("gift")}
            if party := entry.body.get("party"):
                body["party"] = party
        same = says_the_same(entry, kind, day, body, self._known)
        if same and (not donor or self._donors.same_donor(entry.body.get("party"), line.row, donor)):
            line.entry_index = entry.index
            missing = sum(part["quantity"] for part in entry.body["lines"] if part.get("source") == "unshown")
            if missing:
                line.find("issued_without_receipt", _unshown_words(line, missing))
        else:
            line.hold("conflict", index=entry.index)
        return True


def hashed_code(prefix: str, text: str) -> str:
    """`A-` and 10 hex digits of the text's SHA-256: a code for what has none. Never for a donor's name."""
    return f"{prefix}-{hashlib.sha256(text.encode('utf-8', 'backslashreplace')).hexdigest()[:10]}"


def _unshown_words(line: Line, missing: int) -> str:
    seen = line.seen
    return f"{seen.name}: {missing} of {seen.quantity} {seen.unit or 'unstated'} without a published receipt"
