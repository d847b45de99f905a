"""Lines of a plan: what one row of a list becomes, or why it is held back."""

from __future__ import annotations

from dataclasses import dataclass, field

from ledger.domain.entries import Command
from ledger.lists.donors import PrivateParty
from ledger.lists.findings import Goods
from ledger.lists.layouts import ListRow
from ledger.lists.quantities import parse_quantity
from ledger.lists.reasons import HeldBack, Reason


@dataclass
class Line:
    """One row and what is to become of it.

    Attributes:
        registrations: what must be registered first, not in the book and not in an earlier line.
        command: the entry to write; None when held back or in the book before.
        entry_index: of the entry that records this row, once there is one.
        reasons: why it is held back.
        findings: code -> example in words.
        goods: what is printed, where name and quantity could be read.
        seen: name, spec, unit, and the quantity or 0, for findings on lines that are held too.
        named_donor: the donor, where it is named and may be compared.
    """

    row: ListRow
    seen: Goods
    registrations: list[Command] = field(default_factory=list)
    parties: list[PrivateParty] = field(default_factory=list)
    command: Command | None = None
    entry_index: int | None = None
    reasons: list[Reason] = field(default_factory=list)
    findings: dict[str, str] = field(default_factory=dict)

    @property
    def number(self) -> int:
        return self.row.number

    @property
    def held(self) -> bool:
        return bool(self.reasons)

    def hold(self, code: str, /, **facts: object) -> None:
        reason = Reason(code, dict(facts))
        if reason not in self.reasons:
            self.reasons.append(reason)

    def find(self, code: str, detail: str = "") -> None:
        self.findings.setdefault(code, detail)


def read_line(row: ListRow, zero: bool = False) -> Line:
    """A line with its quantity and unit read, and all that is wrong with them."""
    cells = row.cells
    unit, quantity = cells.get("unit", ""), 0
    found: list[tuple[str, str]] = []
    reasons = list(row.faults)
    try:
        amount = parse_quantity(cells.get("quantity", ""), zero)
    except HeldBack as held:
        reasons.append(held.reason)
    else:
        quantity = amount.quantity
        if amount.rewritten:
            found.append(("number_normalised", f"{cells['quantity']} = {quantity}"))
        if amount.unit:
            found.append(("quantity_glued", cells["quantity"]))
            if unit and unit != amount.unit:
                reasons.append(Reason("two_units", {"first": amount.unit, "second": unit}))
            unit = unit or amount.unit
    seen = Goods(row.number, cells.get("item", ""), cells.get("spec", ""), unit, quantity)
    line = Line(row, seen, reasons=reasons)
    for code, detail in found:
        line.find(code, detail)
    return line
