"""Commands that plan for an emergency: forecast scenario."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli import books
from dashboard.cli.speaking import Problem, database_url, open_record, print_json, stopped_with

if TYPE_CHECKING:
    from dashboard.forecasts.planning import Goods, Plan
    from dashboard.forecasts.scenarios import Scenarios
    from forecast.plans.limits import Outcome
    from forecast.plans.targets import Target

ScenarioFile = Annotated[
    Path | None,
    typer.Argument(
        metavar="FILE", help="The scenario; scenario.toml in the home if left out. See data/templates."
    ),
]
LEVELS = {"": None, "none": 0, "1": 1, "2": 2, "3": 3, "4": 4}
Level = Annotated[
    str,
    typer.Option(
        metavar="1-4|none",
        help="Level of the response, 1 the gravest, or none: sets the days to cover; the book's own if left"
        " out.",
    ),
]
CUT_HEADS = ("item", "name", "order", "level", "chance enough", "short")
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


@stopped_with("nothing was written; run it again")
def scenario_command(
    file: ScenarioFile = None,
    center: Annotated[str, typer.Option(help="One center only, by its code.")] = "",
    level: Level = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Say what each center should hold: the larger of forecast and scenario, in packs.

    In a book: of all its centers and items. Without one: of the shipped catalogue, by the scenario alone.
    """
    from dashboard.forecasts.scenarios import FILE_NAME, ScenarioProblem, read_scenarios

    if level not in LEVELS:
        raise Problem(f"--level {level}: it is 1, 2, 3, 4 or none")
    told = LEVELS[level]
    path = file or books.home() / FILE_NAME
    if file is None and not path.exists():
        raise Problem(f"{path} does not exist: copy data/templates/{FILE_NAME} there, or name a FILE")
    try:
        scenarios = read_scenarios(path)
    except ScenarioProblem as problem:
        raise Problem(str(problem)) from None
    found = _of_book if _has_book() else _of_list
    goods, plans, size, streets = found(scenarios, center, told)
    if as_json:
        centers = [plan.as_dict() for plan in plans]
        shared = [{"street": code, "within_limits": outcome.as_dict()} for code, outcome in streets.items()]
        print_json({"log_size": size, "response_level": told or None, "centers": centers, "streets": shared})
        return 0
    named = {one.code: one for one in goods}
    for plan in plans:
        _print_plan(plan, named)
    for code, outcome in streets.items():
        typer.echo(f"street {code}, shared by its centers")
        _print_limits(outcome, named)
    return 0


Found = tuple["list[Goods]", "list[Plan]", "int | None", "dict[str, Outcome]"]
"""The items, the centers' plans, the size of the log that they were made from (None without a book), and what
the limits leave that streets share."""


def _has_book() -> bool:
    return (books.home() / "log.vkey").exists() or database_url() is not None


def _of_book(scenarios: Scenarios, center: str, level: int | None) -> Found:
    from dashboard.forecasts.planning import book_goods, book_plans
    from dashboard.queries.book import Books

    with closing(open_record(books.home())) as record, Books(record).open() as book:
        codes = [place.code for place in book.registers.centers()]
        if center and center not in codes:
            raise Problem(f"{center} is not a center of this book")
        street = {place.code: place.parent for place in book.registers.centers()}
        # What a street shares, all its centers ask for, though one only is to be shown.
        beside = street[center] if center and street[center] in scenarios.streets else None
        asked = [code for code in codes if code == center or not center or street[code] == beside]
        plans = list(book_plans(book, scenarios, asked, level))
        shared = _shared(scenarios, plans, street)
        shown = [plan for plan in plans if not center or plan.center == center]
        return book_goods(book), shown, book.size, shared


def _shared(scenarios: Scenarios, plans: Sequence[Plan], street: Mapping[str, str]) -> dict[str, Outcome]:
    from dashboard.forecasts.planning import shared_outcome

    found = {}
    for code, limits in scenarios.streets.items():
        own = [plan for plan in plans if street[plan.center] == code]
        if own:
            found[code] = shared_outcome(own, limits)
        elif code not in street.values():
            raise Problem(f"streets.{code}: no center of this book lies in it")
        for plan in own:
            if plan.outcome is not None:
                raise Problem(f"{plan.center} has limits of its own and those of its street {code}: give one")
    return found


def _of_list(scenarios: Scenarios, center: str, level: int | None) -> Found:
    from dashboard.forecasts.planning import catalogue_goods, catalogue_plan

    codes = [center] if center else list(scenarios.centers) or [""]
    for code in codes:
        if scenarios.of(code) is None:
            raise Problem(f"the file holds no scenario for {code}")
    if scenarios.streets:
        raise Problem("streets share limits in a book alone, which knows their centers")
    return catalogue_goods(), [catalogue_plan(scenarios, code, level) for code in codes], None, {}


def _print_plan(plan: Plan, goods: Mapping[str, Goods]) -> None:
    days = max((target.days for target in plan.targets), default=0)
    response = f"response level {plan.response_level}" if plan.response_level else ""
    title = (plan.center, plan.scenario, response, f"{days} days to cover" if days else "no scenario")
    typer.echo(" · ".join(filter(None, title)))
    if plan.surge is not None:
        told = f"use is {plan.surge.times:.1f} times the usual since {plan.surge.since}"
        typer.echo(f"{told} (at most {plan.surge.false_alarms_per_1000:g} false alarm in 1,000 calm days)")
    rows = [_row(target, goods[target.item]) for target in plan.targets if target.target is not None]
    _print_table([HEADS, *rows], right=(2, 3, 4))
    silent = [target.item for target in plan.targets if target.target is None]
    if silent:
        typer.echo(f"nothing known of: {', '.join(silent)}")
    if plan.outcome is not None:
        _print_limits(plan.outcome, goods)
    typer.echo()


def _print_limits(outcome: Outcome, goods: Mapping[str, Goods]) -> None:
    """What the limits cost: chance of lasting, and units short, as wanted and as granted."""
    spent = f"{outcome.cost_fen / 100:,.2f} yuan, {outcome.room_ml / 1000:,.0f} litres"
    if not outcome.cut:
        typer.echo(f"all of it fits the limits: {spent}")
    else:
        typer.echo(f"within the limits: {spent}; cut:")
        rows = [
            (
                grant.key.replace("|", " "),
                goods[grant.key.rpartition("|")[2]].name,
                f"{grant.order:,}",
                f"{grant.level:,}",
                f"{grant.wanted_service_level:.1%} -> {grant.service_level:.1%}",
                f"{grant.wanted_unmet:,.1f} -> {grant.expected_unmet:,.1f}",
            )
            for grant in outcome.cut
        ]
        _print_table([CUT_HEADS, *rows], right=(2, 3, 4, 5))
    if unlimited := list(dict.fromkeys(key.rpartition("|")[2] for key in outcome.unlimited)):
        typer.echo(f"not cut, since the limits name no price or room: {', '.join(unlimited)}")


def _print_table(rows: Sequence[tuple[str, ...]], right: Sequence[int]) -> None:
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = []
        for place, (text, width) in enumerate(zip(row, widths, strict=True)):
            space = " " * (width - _width(text))
            cells.append(space + text if place in right else text + space)
        typer.echo("  ".join(cells).rstrip())


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


def _width(text: str) -> int:
    """Columns on a screen: a wide character takes two (Unicode TR 11)."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
