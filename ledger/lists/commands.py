"""Commands that an import makes: their ids, their actor, and whether one is in the book already."""

from __future__ import annotations

from typing import Any

from ledger.domain.entries import Command, Entry
from ledger.domain.ids import derived_id
from ledger.lists.known import Known
from ledger.lists.layouts import ListRow


def line_id(kind: str, row: ListRow) -> str:
    """The id of a line's entry, from the list's name and the line's place in it (RECORD.md, Envelope).

    KIND is part of it because one notice may print two lists, received and issued, under one name.
    """
    name = row.list_name.encode("utf-8", "backslashreplace").decode()
    return derived_id("import", kind, name, str(row.ordinal))


def machine_command(kind: str, identity: str, occurred_at: str, body: dict[str, Any]) -> Command:
    return Command(kind, identity, occurred_at, {"role": "system", "place": None}, body)


def registration(kind: str, code: str, occurred_at: str, body: dict[str, Any]) -> Command:
    """A registration that an import makes; its id is from (kind, code)."""
    return machine_command(kind, derived_id(kind, code), occurred_at, body)


def quantities_by_item(lines: list[dict[str, Any]], known: Known) -> dict[str, int]:
    """Base units per item over lot lines and item lines: what a line says, whatever lots gave it."""
    totals: dict[str, int] = {}
    for line in lines:
        item = line["item"] if "item" in line else known.lot_item(line["lot"])
        totals[item] = totals.get(item, 0) + line["quantity"]
    return totals


def says_the_same(entry: Entry, kind: str, occurred_at: str, body: dict[str, Any], known: Known) -> bool:
    """Whether an entry is what this line would write, lots apart: they were chosen from that day's stock."""
    if entry.kind != kind or entry.command.occurred_at != occurred_at:
        return False
    head = {key: value for key, value in entry.body.items() if key != "lines"}
    wanted = {key: value for key, value in body.items() if key != "lines"}
    return head == wanted and quantities_by_item(entry.body["lines"], known) == quantities_by_item(
        body["lines"], known
    )
