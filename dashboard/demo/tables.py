"""The tables that the district is made from: data/district/*.csv and data/item_catalogue.csv."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[2] / "data"


@dataclass(frozen=True)
class PlaceRow:
    """A place. `delivery_weekday` is 1 to 5 (Monday to Friday); `habit` is "", "late" or "silent"."""

    code: str
    kind: str
    name_zh: str
    name_en: str
    parent: str
    admin_code: str
    population: int | None
    staff: int | None
    delivery_weekday: int
    habit: str


@dataclass(frozen=True)
class ItemRow:
    """A catalogue item with how a center of 45 staff uses it.

    Attributes:
        catalogue: the row of data/item_catalogue.csv.
        slips: the issue slips that it stands on.
        draws_per_week: on how many of five working days it is fetched from the store room.
        quantity_per_week: base units fetched in a normal week.
        draw_unit, order_unit: fetched and ordered in multiples of this many base units.
        surge: times its normal use at the top of an outbreak.
        price_fen: per base unit; invented.
    """

    code: str
    catalogue: dict[str, str]
    slips: tuple[str, ...]
    draws_per_week: float
    quantity_per_week: float
    draw_unit: int
    surge: float
    order_unit: int
    price_fen: int

    @property
    def needs_lot(self) -> bool:
        return self.catalogue["lot_expiry_required"] == "Y"

    @property
    def vital(self) -> bool:
        return self.catalogue["criticality"] == "vital"

    @property
    def consumable(self) -> bool:
        return self.catalogue["item_class"] == "consumable"

    @property
    def shelf_days(self) -> int:
        return int(self.catalogue["shelf_life_months"] or 60) * 30


@dataclass(frozen=True)
class PartyRow:
    party: str
    type: str
    name_zh: str
    name_en: str


@dataclass(frozen=True)
class Outbreak:
    first_day: date
    rise_days: int
    top_days: int
    fall_days: int
    scale: float


@dataclass(frozen=True)
class Tables:
    """All of them. `shortages`: (center, item) -> days of cover that are left on the last day."""

    places: tuple[PlaceRow, ...]
    items: tuple[ItemRow, ...]
    parties: tuple[PartyRow, ...]
    outbreaks: tuple[Outbreak, ...]
    holidays: frozenset[date]
    shortages: dict[tuple[str, str], int]

    @property
    def centers(self) -> list[PlaceRow]:
        return [place for place in self.places if place.kind == "center"]

    @property
    def depot(self) -> PlaceRow:
        return next(place for place in self.places if place.kind == "depot")

    @property
    def district(self) -> PlaceRow:
        return next(place for place in self.places if place.kind == "district")


@cache
def load() -> Tables:
    return Tables(
        places=tuple(map(_place, _rows("district/places.csv"))),
        items=_items(),
        parties=tuple(PartyRow(**row) for row in _rows("district/parties.csv")),
        outbreaks=tuple(map(_outbreak, _rows("district/outbreaks.csv"))),
        holidays=frozenset(day for row in _rows("district/holidays.csv") for day in _span(row)),
        shortages={(r["center"], r["item"]): int(r["cover_days"]) for r in _rows("district/shortages.csv")},
    )


def _rows(name: str) -> list[dict[str, Any]]:
    with (DATA / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _place(row: dict[str, Any]) -> PlaceRow:
    for number in ("population", "staff"):
        row[number] = int(row[number]) if row[number] else None
    row["delivery_weekday"] = int(row["delivery_weekday"] or 0)
    return PlaceRow(**row)


def _items() -> tuple[ItemRow, ...]:
    use = {row["item"]: row for row in _rows("district/use.csv")}
    return tuple(_item(row, use[row["code"]]) for row in _rows("item_catalogue.csv"))


def _item(catalogue: dict[str, str], use: dict[str, str]) -> ItemRow:
    return ItemRow(
        code=catalogue["code"],
        catalogue=catalogue,
        slips=tuple(use["slips"].split("|")),
        draws_per_week=float(use["draws_per_week"]),
        quantity_per_week=float(use["quantity_per_week"]),
        draw_unit=int(use["draw_unit"]),
        surge=float(use["surge"]),
        order_unit=int(use["order_unit"]),
        price_fen=int(use["price_fen"]),
    )


def _outbreak(row: dict[str, str]) -> Outbreak:
    lengths = (int(row["rise_days"]), int(row["top_days"]), int(row["fall_days"]))
    return Outbreak(date.fromisoformat(row["first_day"]), *lengths, float(row["scale"]))


def _span(row: dict[str, str]) -> list[date]:
    first, last = date.fromisoformat(row["first_day"]), date.fromisoformat(row["last_day"])
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]
