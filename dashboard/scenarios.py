"""Scenarios of a book's centers, from a file that people write, and the rates that ship with the program.

The file (TOML, template `data/templates/scenario.toml`) holds one scenario for all centers and, under
`[centers.CODE]`, what differs at one. It stands beside the book as HOME/scenario.toml. It is a plan, not a
fact of the ledger: no entry is written, and a copy of the book's folder takes it along.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from forecast.burn import NO_BURN, Burn, burn_since
from forecast.packs import Packs
from forecast.rates import Rates, read_esft, read_rates
from forecast.request import CONSUMABLE
from forecast.scenario import Scenario, expected_daily
from forecast.surge import surges_of
from forecast.targets import ItemAsked

if TYPE_CHECKING:
    from dashboard.queries.book import Book

DATA = Path(__file__).parents[1] / "data"
FILE_NAME = "scenario.toml"
LARGEST_BYTES = 1_000_000


class ScenarioProblem(Exception):
    """A file that cannot be used; the message is one sentence."""


@dataclass(frozen=True)
class Scenarios:
    """The scenario of every center: `common` where a center has none of its own.

    Attributes:
        common: None where the file speaks of single centers only.
        centers: center code -> its scenario, the common one's words taken over where it says nothing else.
    """

    common: Scenario | None
    centers: Mapping[str, Scenario]

    def of(self, center: str) -> Scenario | None:
        return self.centers.get(center, self.common)


NO_SCENARIOS = Scenarios(None, {})


def home_scenarios(home: Path) -> Scenarios:
    """The scenarios kept in a book's folder; none where it has no file. Raises ScenarioProblem."""
    path = home / FILE_NAME
    return read_scenarios(path) if path.exists() else NO_SCENARIOS


def read_scenarios(path: Path) -> Scenarios:
    """Read a file of scenarios. Raises ScenarioProblem, with the file and the word that is wrong."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ScenarioProblem(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > LARGEST_BYTES:
        raise ScenarioProblem(f"{path} is larger than {LARGEST_BYTES:,} bytes")
    try:
        return scenarios_of(tomllib.loads(data.decode("utf-8-sig")))
    except UnicodeDecodeError:
        raise ScenarioProblem(f"{path} is not UTF-8 text") from None
    except (ValueError, RecursionError) as problem:  # TOML's own errors are ValueErrors
        raise ScenarioProblem(f"{path}: {problem}") from None


def scenarios_of(table: Mapping[str, Any]) -> Scenarios:
    """Scenarios from a parsed file. Raises ValueError in one sentence."""
    common = {name: value for name, value in table.items() if name != "centers"}
    own = table.get("centers", {})
    if not isinstance(own, Mapping) or not all(isinstance(words, Mapping) for words in own.values()):
        raise ValueError("centers must hold one table for each center, as [centers.C01]")
    if not common and not own:
        raise ValueError("the file holds no scenario")
    centers = {}
    for code, words in own.items():
        try:
            centers[code] = Scenario.from_dict(_merged(common, words))
        except ValueError as problem:
            raise ValueError(f"centers.{code}: {problem}") from None
    return Scenarios(Scenario.from_dict(common) if common else None, centers)


def _merged(common: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """A center's words over the common ones; of its staff, role by role."""
    staff = [words.get("staff", {}) for words in (common, own)]
    merged = {**common, **own}
    if all(isinstance(part, Mapping) for part in staff) and any(staff):
        merged["staff"] = {**staff[0], **staff[1]}
    return merged


@cache
def shipped_rates() -> Rates:
    """The rates of data/scenario_rates.csv, those of the WHO read from data/esft."""
    tables = {name: read_esft(_lines(f"esft/{name}_rates.csv")) for name in ("equipment", "noncovid")}
    return read_rates(_lines("scenario_rates.csv"), tables)


class Goods(NamedTuple):
    """What a table of targets says of an item beside the figures."""

    code: str
    name: str
    unit: str
    kind: str
    packs: Packs


def catalogue_goods() -> list[Goods]:
    """The items of data/item_catalogue.csv."""
    rows = csv.DictReader(_lines("item_catalogue.csv"))
    return [
        Goods(
            row["code"],
            row["name_zh"],
            row["base_unit_zh"],
            row["item_class"],
            _packs(row["units_per_box"], row["units_per_case"]),
        )
        for row in rows
    ]


def book_goods(book: Book) -> list[Goods]:
    """The items of a book."""
    return [
        Goods(
            row["code"],
            row["name_zh"] or row["name_en"],
            row["unit_zh"] or row["unit_en"],
            row["item_class"],
            _packs(row["units_per_box"], row["units_per_case"]),
        )
        for row in sorted(book.rows("view_item"), key=lambda row: row["code"])
    ]


def book_rates(book: Book) -> Rates:
    """The shipped rates under the book's own item codes: by the catalogue item that each is linked to."""
    rates = shipped_rates()
    links = {row["code"]: row["catalogue"] or row["code"] for row in book.rows("view_item")}
    return {code: rates[link] for code, link in links.items() if link in rates}


Burns = Mapping[tuple[str, str], Burn]
"""(center, item) -> burn measured in a surge that is going on; pairs without one are left out."""


def book_burns(book: Book, scenarios: Scenarios, rates: Rates) -> dict[tuple[str, str], Burn]:
    """Measured burn of every item that the ledger shows in a surge, where a scenario has a rate for it."""
    from dashboard.pieces import Cutter, Parameters, request_of

    burns = {}
    for piece in Cutter(book.snapshot, book.size, book.today, Parameters()).pieces():
        asked = [
            request_of(piece, one)
            for one in piece.asked
            if one.kind == CONSUMABLE and one.item in rates and scenarios.of(one.place)
        ]
        surges = surges_of([one.series for one in asked], [one.rng() for one in asked])
        for one, surge in zip(asked, surges, strict=True):
            center, item = one.key.split("|")
            scenario = scenarios.of(center)
            if surge is not None and surge.since is not None and scenario is not None:
                daily = expected_daily(rates[item], scenario)
                burns[center, item] = burn_since(one.series, surge.since, daily)
    return burns


def center_items(book: Book, center: str, goods: Iterable[Goods], burns: Burns) -> list[ItemAsked]:
    """What is asked of each item of a center: its newest forecast, its packs and its burn."""
    asked = []
    for one in goods:
        key = center, one.code
        forecast = book.forecasts.get(key)
        declared = forecast.par_level if forecast else None
        burn = burns.get(key, NO_BURN)
        asked.append(ItemAsked(one.code, forecast, one.kind, one.packs, burn, declared))
    return asked


def _packs(box: Any, case: Any) -> Packs:
    """Pack sizes as a register holds them: empty or 0 where there are none, a case below a box left out."""
    inner, outer = int(box or 0) or None, int(case or 0) or None
    return Packs(inner, None if inner and outer and outer < inner else outer)


def _lines(name: str) -> list[str]:
    # Line ends stay: a cell of the ESFT tables may hold one.
    return (DATA / name).read_text(encoding="utf-8").splitlines(keepends=True)
