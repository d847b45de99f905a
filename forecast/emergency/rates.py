"""Use per person and day: the rates of WHO's Essential Supplies Forecasting Tool, and ours beside them.

The rate of an item for a driver is read from the ESFT tables (`read_esft`) where the list of rates points
there, times the item's base units in one ESFT unit; else it is the list's own figure, whose basis the list
names. So a figure of the WHO stands in one file only, as it was published.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

STAFF = ("triage", "routine", "fever", "sampling", "cleaning", "community")
"""People on duty: at the door, in the surgery, the fever clinic, at the swabs, cleaning, in the estates."""
PEOPLE = ("outpatients", "cases", "isolated", "caregivers", "severe", "antigen_tests", "pcr_tests")
"""Those who come, by day: visits, new cases, people kept in isolation and who looks after them, severe
cases waiting for a hospital, and tests of both kinds."""
PLACE = ("rooms", "center")
DRIVERS = (*STAFF, *PEOPLE, *PLACE)

Esft = Mapping[tuple[str, str], float]
"""(item, role) -> amount per person and day, as printed."""

_COLUMNS = ("item", "driver", "table", "esft_item", "esft_role", "times", "rate", "spread_percent", "basis")


@dataclass(frozen=True)
class Rate:
    """What one driver uses of one item.

    Attributes:
        item: code of the catalogue.
        driver: one of `DRIVERS`.
        amount: base units per person (visit, case, test, room, center) and day; of reusables and equipment,
            pieces per person or room, whatever the number of days.
        basis: where the figure comes from.
        spread_percent: standard error of the figure, in percent of it; None for the scenario's.
    """

    item: str
    driver: str
    amount: float
    basis: str
    spread_percent: int | None = None

    def __post_init__(self) -> None:
        if self.driver not in DRIVERS:
            raise ValueError(f"driver {self.driver!r} is not one of {', '.join(DRIVERS)}")
        if not 0 < self.amount < 1e6:
            raise ValueError(f"{self.item}, {self.driver}: the rate must be above 0 and below a million")
        if self.spread_percent is not None and not 0 <= self.spread_percent <= 200:
            raise ValueError(f"{self.item}, {self.driver}: spread_percent must be 0 to 200")


Rates = Mapping[str, tuple[Rate, ...]]
"""Item code -> what each driver uses of it."""


def read_esft(lines: Iterable[str]) -> dict[tuple[str, str], float]:
    """One ESFT table, as CSV with columns `amount_per_<role>_per_day`; empty cells are left out.

    Raises ValueError where a cell is no number.
    """
    amounts: dict[tuple[str, str], float] = {}
    for row in csv.DictReader(lines):
        for column, cell in row.items():
            if column.startswith("amount_per_") and cell:
                role = column.removeprefix("amount_per_").removesuffix("_per_day")
                amounts[row["item"], role] = _number(cell, f"{row['item']}, {role}")
    return amounts


def read_rates(lines: Iterable[str], tables: Mapping[str, Esft]) -> dict[str, tuple[Rate, ...]]:
    """The list of rates, as CSV; `tables` are the ESFT tables that its column `table` names.

    Raises ValueError, in one sentence that names the line, for a missing column, an unknown driver or ESFT
    row, a rate given both ways or not at all, and a pair of item and driver given twice.
    """
    reader = csv.DictReader(lines)
    missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise ValueError(f"the list of rates has no column {', '.join(missing)}")
    rates: dict[str, list[Rate]] = {}
    for row in reader:
        try:
            rate = _rate(row, tables)
        except ValueError as problem:
            raise ValueError(f"line {reader.line_num}: {problem}") from None
        known = rates.setdefault(rate.item, [])
        if any(other.driver == rate.driver for other in known):
            raise ValueError(f"line {reader.line_num}: {rate.item}, {rate.driver} is given twice")
        known.append(rate)
    return {item: tuple(found) for item, found in rates.items()}


def _rate(row: Mapping[str, Any], tables: Mapping[str, Esft]) -> Rate:
    where = f"{row['item']}, {row['driver']}"
    spread = round(_number(row["spread_percent"], where)) if row["spread_percent"] else None
    if bool(row["table"]) == bool(row["rate"]):
        raise ValueError(f"{where}: name either an ESFT table or a rate")
    if row["rate"]:
        return Rate(row["item"], row["driver"], _number(row["rate"], where), row["basis"], spread)
    table = tables.get(row["table"])
    amount = table.get((row["esft_item"], row["esft_role"])) if table is not None else None
    if amount is None:
        raise ValueError(f"{where}: no ESFT rate {row['table']}: {row['esft_item']}, {row['esft_role']}")
    each = amount * _number(row["times"], where)
    return Rate(row["item"], row["driver"], each, row["basis"], spread)


def _number(cell: str, where: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise ValueError(f"{where}: {cell!r} is not a number") from None
