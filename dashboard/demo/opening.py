"""The first morning: places, items, suppliers, policies, and what was on the shelves."""

from __future__ import annotations

from typing import Any

from dashboard.demo.gifts import register
from dashboard.demo.pen import Line
from dashboard.demo.tables import ItemRow, PlaceRow
from dashboard.demo.world import World

# Own rules of the example book, except where `basis` names another: DOMAIN.md sections 2, 4 and 7.
POLICIES: tuple[tuple[dict[str, int], str], ...] = (
    ({"service_level_vital": 980, "service_level_essential": 950, "service_level_needed": 900}, "own rule"),
    ({"review_period_days": 7, "lead_time_days": 3, "critical_cover_days": 3}, "own rule"),
    ({"count_cycle_vital_days": 7, "count_cycle_days": 31}, "own rule"),
    ({"late_entry_hours": 24, "silence_days": 3}, "own rule"),
    ({"short_dated_days": 180}, "hospital practice: 6 months"),
    ({"disclosure_limit_hours": 72}, "guideline 2011: receipts within 72 h"),
    ({"publish_delay_hours": 0}, "own rule"),
)


def open_book(world: World) -> None:
    """Registers half a minute after 08:00, the depot's shelves at 08:01, each center's ten seconds later."""
    _registers(world, world.today.at(8) + 30_000)
    dice = world.dice("opening", world.depot)
    lines = []
    for item in world.tables.items:
        days = world.estimate(item.code) * dice.factor(30, 45)
        if quantity := _rounded(item, days) or _par(item, 2):
            lines.append(world.new_stock(item, quantity, _remaining(item, dice.factor(0.45, 0.9)), dice))
    moment = world.today.at(8) + 60_000
    world.pen.receive(moment, "opening", world.depot, lines, occurred=moment)
    for code in world.centers:
        moment += 10_000
        world.pen.receive(moment, "opening", code, _shelf(world, code), occurred=moment)


def _shelf(world: World, code: str) -> list[Line]:
    """Two lots of common goods, the older one with little life left; par levels of equipment."""
    center, dice = world.centers[code], world.dice("opening", code)
    lines = []
    for item in world.tables.items:
        weeks = _rounded(item, center.expected[item.code] * dice.factor(14, 24))
        quantity = weeks or _par(item, dice.between(1, 3))
        old = _rounded(item, quantity * dice.factor(0.1, 0.3)) if dice.chance(0.6) else 0
        if old and item.needs_lot and old < quantity:
            lines.append(world.new_stock(item, old, dice.between(20, 160), dice))
            quantity -= old
        lines.append(world.new_stock(item, quantity, _remaining(item, dice.factor(0.4, 0.9)), dice))
    return lines


def _rounded(item: ItemRow, quantity: float) -> int:
    unit = item.order_unit if quantity >= item.order_unit else item.draw_unit
    return round(quantity / unit) * unit


def _par(item: ItemRow, quantity: int) -> int:
    return quantity * (1 if item.catalogue["item_class"] == "equipment" else item.draw_unit)


def _remaining(item: ItemRow, share: float) -> int:
    return int(item.shelf_days * share)


def _registers(world: World, moment: int) -> None:
    district = world.tables.district.code
    chosen = {row.code for row in world.center_rows}
    for place in world.tables.places:
        if place.kind != "center" or place.code in chosen:
            _system(world, moment, "PlaceRegistered", place_body(place))
    for item in world.tables.items:
        _system(world, moment, "ItemRegistered", item_body(item))
    for party in world.tables.parties:
        if party.type == "supplier":
            register(world, moment, party)
    for settings, basis in POLICIES:
        body = {"settings": settings, "basis": basis}
        command = world.pen.command(moment, "PolicySet", "district_health", district, body, moment)
        world.pen.write(moment, command)


def _system(world: World, moment: int, kind: str, body: dict[str, Any]) -> None:
    world.pen.write(moment, world.pen.command(moment, kind, "system", None, body, moment))


def place_body(place: PlaceRow) -> dict[str, Any]:
    body: dict[str, Any] = {
        "code": place.code,
        "kind": place.kind,
        "name": {"zh": place.name_zh, "en": place.name_en},
        "admin_code": place.admin_code,
    }
    for key in ("parent", "population", "staff"):
        if value := getattr(place, key):
            body[key] = value
    return body


def item_body(item: ItemRow) -> dict[str, Any]:
    row = item.catalogue
    body: dict[str, Any] = {
        "code": item.code,
        "name": {"zh": row["name_zh"], "en": row["name_en"]},
        "base_unit": {"zh": row["base_unit_zh"], "en": row["base_unit"]},
        "item_class": row["item_class"],
        "criticality": row["criticality"],
        "needs_lot": item.needs_lot,
        "storage": row["storage"],
        "catalogue": item.code,
    }
    if row["content_ml"]:
        body["spec"] = f"{row['content_ml']} mL"
    for key in ("units_per_box", "units_per_case", "shelf_life_months"):
        if row[key]:
            body[key] = int(row[key])
    return body
