"""Template lines of centers and items: registrations, with ids from (kind, code)."""

from __future__ import annotations

from typing import Any

from ledger.domain.ids import derived_id
from ledger.lists.commands import registration
from ledger.lists.known import Known
from ledger.lists.lines import Line
from ledger.lists.reasons import HeldBack
from ledger.lists.stated import stated_choice, stated_day, stated_names, stated_number, stated_yes

PLACE_KINDS = {
    "depot": "仓库", "center": "社区卫生服务中心", "street_office": "街道办事处", "district": "区",
    "hospital": "医院", "site": "其他地点",
}  # fmt: skip
ITEM_CLASSES = {"consumable": "消耗品", "reusable": "可重复使用", "equipment": "设备"}
CRITICALITIES = {"vital": "生命必需", "essential": "必要", "needed": "需要"}


def place_body(cells: dict[str, str]) -> dict[str, Any]:
    """The body of PlaceRegistered that a line of centers states. Raises HeldBack."""
    body: dict[str, Any] = {
        "code": cells["code"],
        "kind": stated_choice(cells, "kind", PLACE_KINDS, "center"),
        "name": stated_names(cells),
    }
    for column in ("parent", "admin_code"):
        if cells.get(column):
            body[column] = cells[column]
    for column in ("population", "staff"):
        if (number := stated_number(cells, column)) is not None:
            body[column] = number
    if (keeps := stated_yes(cells, "keeps_stock")) is not None:
        body["keeps_stock"] = keeps
    return body


def item_body(cells: dict[str, str]) -> dict[str, Any]:
    """The body of ItemRegistered that a line of items states. Raises HeldBack."""
    needs_lot = stated_yes(cells, "needs_lot")
    if needs_lot is None:
        raise HeldBack("missing", column="needs_lot")
    body: dict[str, Any] = {
        "code": cells["code"],
        "name": stated_names(cells),
        "base_unit": stated_names(cells, "unit"),
        "item_class": stated_choice(cells, "item_class", ITEM_CLASSES),
        "criticality": stated_choice(cells, "criticality", CRITICALITIES),
        "needs_lot": needs_lot,
    }
    for column in ("storage", "spec", "catalogue"):
        if cells.get(column):
            body[column] = cells[column]
    for column in ("units_per_box", "units_per_case", "shelf_life_months"):
        if number := stated_number(cells, column):
            body[column] = number
    for column in ("aliases", "gtins"):
        parts = [part.strip() for part in cells.get(column, "").replace("；", ";").split(";")]
        if any(parts):
            body[column] = [part for part in parts if part]
    return body


def plan_registration(line: Line, kind: str, known: Known) -> None:
    """Make the line's registration, or find that the book has it. Raises HeldBack."""
    cells = line.row.cells
    entry_kind = "PlaceRegistered" if kind == "centers" else "ItemRegistered"
    body_of = place_body if kind == "centers" else item_body
    line.reasons = list(line.row.faults)
    if not cells.get("code"):
        line.hold("no_code")
    if line.held:
        return
    body, day = body_of(cells), stated_day(cells.get("date", ""), known.today)
    entry = known.entry(derived_id(entry_kind, cells["code"]))
    if entry is None:
        taken = known.has_place(cells["code"]) if kind == "centers" else known.item(cells["code"]) is not None
        if taken:
            line.find("registered_again", cells["code"])
        line.command = registration(entry_kind, cells["code"], day, body)
    elif entry.body == body and (not cells.get("date") or entry.command.occurred_at == day):
        line.entry_index = entry.index
    else:
        line.hold("conflict", index=entry.index)
