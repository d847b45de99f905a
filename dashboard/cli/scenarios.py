"""Commands that plan for an emergency: forecast scenario."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.cli import books
from dashboard.cli.speaking import Problem, database_url, open_record, print_json

if TYPE_CHECKING:
    from dashboard.scenarios import Goods, Scenarios
    from forecast.targets import Target

ScenarioFile = Annotated[
    Path | None,
    typer.Argument(
        metavar="FILE", help="The scenario; scenario.toml in the home if left out. See data/templates."
    ),
]
Level = Annotated[
    int | None,
    typer.Option(min=1, max=4, help="Level of the response, 1 the gravest: sets the days to cover."),
]
HEADS = ("item", "name", "forecast", "scenario", "target", "unit", "in packs", "why")
WHY = {
    "statistical": "past use",
    "scenario": "scenario",
    "no_scenario": "past use (no scenario)",
    "no_rate": "past use (no rate)",
    "no_forecast": "scenario (no forecast)",
    "par": "par level",
}


def add_to(app: typer.Typer) -> None:
    app.command("scenario")(scenario_command)


def scenario_command(
    file: ScenarioFile = None,
    center: Annotated[str, typer.Option(help="One center only, by its code.")] = "",
    level: Level = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Say what each center should hold: the larger of forecast and scenario, in packs.

    In a book: of all its centers and items. Without one: of the shipped catalogue, by the scenario alone.
    """
    from dashboard.scenarios import FILE_NAME, ScenarioProblem, read_scenarios

    path = file or books.home() / FILE_NAME
    if file is None and not path.exists():
        raise Problem(f"{path} does not exist: copy data/templates/{FILE_NAME} there, or name a FILE")
    try:
        scenarios = read_scenarios(path)
    except ScenarioProblem as problem:
        raise Problem(str(problem)) from None
    goods, found, size = (
        _of_book(scenarios, center, level) if _has_book() else _of_list(scenarios, center, level)
    )
    if as_json:
        print_json({"log_size": size, "response_level": level, "centers": [_plain(*row) for row in found]})
        return 0
    known = {one.code: one for one in goods}
    for code, name, targets in found:
        _print_center(code, name, targets, known)
    return 0


Found = list[tuple[str, str, "list[Target]"]]
"""Center code, the scenario's name ("" for none), and its targets."""


def _has_book() -> bool:
    return (books.home() / "log.vkey").exists() or database_url() is not None


def _of_book(scenarios: Scenarios, center: str, level: int | None) -> tuple[list[Goods], Found, int | None]:
    from dashboard.queries.book import Books
    from dashboard.scenarios import book_burns, book_goods, book_rates, center_items
    from forecast.targets import center_targets

    with closing(open_record(books.home())) as record, Books(record).open() as book:
        codes = [place.code for place in book.registers.centers()]
        if center and center not in codes:
            raise Problem(f"{center} is not a center of this book")
        goods, rates = book_goods(book), book_rates(book)
        burns = book_burns(book, scenarios, rates)
        found: Found = []
        for code in [center] if center else codes:
            asked, scenario = center_items(book, code, goods, burns), scenarios.of(code)
            targets = center_targets(code, asked, rates, scenario, level)
            found.append((code, scenario.name if scenario else "", targets))
        return goods, found, book.size


def _of_list(scenarios: Scenarios, center: str, level: int | None) -> tuple[list[Goods], Found, int | None]:
    from dashboard.scenarios import catalogue_goods, shipped_rates
    from forecast.targets import ItemAsked, center_targets

    goods = catalogue_goods()
    asked = [ItemAsked(one.code, None, one.kind, one.packs) for one in goods]
    codes = [center] if center else list(scenarios.centers) or [""]
    found: Found = []
    for code in codes:
        if (scenario := scenarios.of(code)) is None:
            raise Problem(f"the file holds no scenario for {code}")
        found.append((code, scenario.name, center_targets(code, asked, shipped_rates(), scenario, level)))
    return goods, found, None


def _plain(code: str, scenario: str, targets: Iterable[Target]) -> dict[str, Any]:
    return {"center": code, "scenario": scenario, "targets": [target.as_dict() for target in targets]}


def _print_center(code: str, scenario: str, targets: Sequence[Target], goods: dict[str, Goods]) -> None:
    days = max((target.days for target in targets), default=0)
    title = " · ".join(filter(None, (code, scenario, f"{days} days to cover" if days else "no scenario")))
    typer.echo(title)
    rows = [_row(target, goods[target.item]) for target in targets if target.target is not None]
    widths = [max(map(_width, column)) for column in zip(HEADS, *rows, strict=True)]
    for row in (HEADS, *rows):
        typer.echo("  ".join(map(_padded, row, widths, range(len(row)))).rstrip())
    silent = [target.item for target in targets if target.target is None]
    if silent:
        typer.echo(f"nothing known of: {', '.join(silent)}")
    typer.echo()


def _row(target: Target, goods: Goods) -> tuple[str, ...]:
    numbers = [
        "-" if number is None else f"{number:,}"
        for number in (target.statistical, target.scenario, target.target)
    ]
    why = WHY[target.reason]
    if target.burn_days and target.reason in ("scenario", "statistical", "no_forecast"):
        why += f", measured {target.burn_factor:.2f} x the tables over {target.burn_days} days"
    return target.item, goods.name, *numbers, goods.unit, _packed(target), why


def _packed(target: Target) -> str:
    if target.packed is None:
        return ""
    cases, boxes, loose = target.packed.cases, target.packed.boxes, target.packed.loose
    if not cases and not boxes:
        return ""
    words = (("case", "cases", cases), ("box", "boxes", boxes), ("loose", "loose", loose))
    return " + ".join(f"{number:,} {one if number == 1 else many}" for one, many, number in words if number)


def _padded(text: str, width: int, column: int) -> str:
    space = " " * (width - _width(text))
    return space + text if column in (2, 3, 4) else text + space


def _width(text: str) -> int:
    """Columns on a screen: a wide character takes two (Unicode TR 11)."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
