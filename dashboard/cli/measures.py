"""Commands that measure: bench."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from dashboard.cli import books
from dashboard.cli.speaking import Problem, print_json


def add_to(app: typer.Typer) -> None:
    app.command()(bench)


def bench(
    quick: Annotated[bool, typer.Option("--quick", help="A sample of the district's entries.")] = False,
    full: Annotated[bool, typer.Option("--full", help="All 18 months of it.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Measure appending, verifying and pages against the raw limit, in one run."""
    from dashboard.bench import run
    from dashboard.demonstration import DISTRICT

    if quick and full:
        raise Problem("choose one of --quick and --full")
    made = books.home() / DISTRICT
    measures = run(
        made if (made / "log.vkey").exists() else None, full, lambda text: typer.echo(text, err=True)
    )
    if as_json:
        print_json({"ok": all(one.met for one in measures), "measures": [asdict(one) for one in measures]})
    else:
        for one in measures:
            raw = "" if one.raw is None else f"  raw {one.raw:.3f} s  ratio {one.ratio:.3f}x"
            typer.echo(f"{'ok  ' if one.met else 'MISS'} {one.name}: {one.ours:.3f} s{raw}  ({one.bound})")
    return 0 if all(one.met for one in measures) else 1
