"""The example district, day by day: `district()` yields what is recorded, in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dashboard.demo.center import Center
from dashboard.demo.days import ALL_DAYS, Calendar, days
from dashboard.demo.depot import Depot
from dashboard.demo.gifts import Gifts
from dashboard.demo.opening import open_book
from dashboard.demo.pen import Step
from dashboard.demo.tables import load
from dashboard.demo.world import World

SEED = 20260312
CENTERS = 24
BOOK: dict[str, Any] = {
    "name": {"zh": "示范区应急物资明账（模拟）", "en": "Demo District open book (simulated)"},
    "origin": "simulated.invalid/example-district",
    "kind": "simulated",
    "time_zone": "Asia/Shanghai",
}


def opened_at(count: int | None = None) -> str:
    """The moment of BookOpened, a minute before the first step: 08:00 on the first day."""
    calendar = Calendar(days(count or ALL_DAYS, load().holidays))
    return calendar.instant(calendar.days[0].at(8))


def district(seed: int = SEED, days: int | None = None, centers: int = CENTERS) -> Iterator[Step]:
    """Everything after BookOpened. `days` makes the last so many days only (default: all 18 months);
    `centers` the first so many of data/district/places.csv.

    Raises ValueError when either is outside what the tables hold.
    """
    count = ALL_DAYS if days is None else days
    tables = load()
    if not 1 <= count <= ALL_DAYS:
        raise ValueError(f"days must be 1 to {ALL_DAYS}, not {count}")
    if not 1 <= centers <= len(tables.centers):
        raise ValueError(f"centers must be 1 to {len(tables.centers)}, not {centers}")
    return _run(World(seed, tables, count, centers))


def _run(world: World) -> Iterator[Step]:
    world.centers = {row.code: Center(world, row) for row in world.center_rows}
    depot, gifts = Depot(world), Gifts(world)
    open_book(world)
    for day in world.calendar.days:
        world.today = day
        depot.plan(day)
        gifts.plan(day)
        for center in world.centers.values():
            center.plan(day)
        world.act_until(day.at(24))
        yield from world.pen.take_steps()
