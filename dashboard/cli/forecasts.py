"""Commands that forecast: forecast run."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from dashboard.cli import books
from dashboard.cli.speaking import Problem, open_record, print_json, progress_bar

forecast_app = typer.Typer(
    help="Safety stock: forecasts of demand per center and item.", invoke_without_command=True
)


def add_to(app: typer.Typer) -> None:
    app.add_typer(forecast_app, name="forecast")


@forecast_app.callback()
def _group(context: typer.Context) -> None:
    """Safety stock: forecasts of demand per center and item."""
    if context.invoked_subcommand is None:
        raise Problem("say what to do: `mingzhang forecast run`")


@forecast_app.command("run")
def run_command(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Forecast every item at every center from the ledger and keep the results for the pages."""
    from dashboard.forecasting import run_forecasts

    record = open_record(books.home())
    begun = time.monotonic()
    with progress_bar("forecast", quiet=as_json) as progress:
        made = run_forecasts(record, progress)
    seconds = round(time.monotonic() - begun, 1)
    if as_json:
        print_json({"forecasts": made, "log_size": record.size, "seconds": seconds})
    else:
        typer.echo(f"{made:,} forecasts in {seconds} s, from {record.size:,} entries")
    return 0
