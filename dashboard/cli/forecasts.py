"""Commands that forecast from the ledger: forecast run, forecast reproduce."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli import backtests, books, quantiles, scenarios
from dashboard.cli.speaking import (
    Problem,
    one_thread,
    open_record,
    print_json,
    progress_bar,
    stopped_with,
)

if TYPE_CHECKING:
    from dashboard.forecasts.forecasting import Run, Workers
    from dashboard.forecasts.reproducing import Reproduced

forecast_app = typer.Typer(
    help="Safety stock: forecasts of demand per center and item.", invoke_without_command=True
)
Jobs = Annotated[int, typer.Option(min=0, help="Processes to work with; 0: one for each core.")]
Scheduler = Annotated[
    str,
    typer.Option(metavar="ADDRESS", help="Work on the Dask cluster of this scheduler, as tcp://host:8786."),
]
GOES_ON = "the centers so far are kept; run `mingzhang forecast run` again, and it goes on from there"
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(forecast_app, name="forecast")


@forecast_app.callback()
def _group(context: typer.Context) -> None:
    """Safety stock: forecasts of demand per center and item."""
    if context.invoked_subcommand is None:
        raise Problem("say what to do: `mingzhang forecast run`, backtest, quantiles, scenario or reproduce")


quantiles.add_to(forecast_app)
backtests.add_to(forecast_app)
scenarios.add_to(forecast_app)


@forecast_app.command("run")
@stopped_with(GOES_ON)
def run_command(
    jobs: Jobs = 0,
    scheduler: Scheduler = "",
    publish: Annotated[
        bool, typer.Option("--publish", help="Append the print of the result, so that anyone can check it.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Forecast every item at every center from the ledger and keep the results for the pages.

    Broken off, it goes on where it stopped when it is run again.
    """
    one_thread()
    from dashboard.forecasts.forecasting import run_forecasts

    with closing(open_record(books.home())) as record, _told(), _workers(jobs, scheduler) as workers:
        with progress_bar("forecast", quiet=as_json) as progress:
            made = run_forecasts(record, progress, workers, publish, waiting=_waiting)
        if publish:
            record.checkpoint()
    if as_json:
        print_json(_plain(made))
    else:
        _say(made)
    return 0


@forecast_app.command("reproduce")
@stopped_with("nothing was changed; run it again, and it begins anew")
def reproduce_command(
    index: Annotated[int, typer.Argument(metavar="N", min=0, help="The entry that publishes the run.")],
    jobs: Jobs = 0,
    scheduler: Scheduler = "",
    as_json: AsJson = False,
) -> int:
    """Compute a published run again from the entries alone, and compare it byte by byte."""
    one_thread()
    from dashboard.forecasts.reproducing import reproduce

    with (
        closing(open_record(books.home())) as record,
        _told(),
        _workers(jobs, scheduler) as workers,
        progress_bar("reproduce", quiet=as_json) as progress,
    ):
        found = reproduce(record, index, workers, progress)
    if as_json:
        print_json({"ok": found.ok, **found.__dict__})
    else:
        _compare(index, found)
    return 0 if found.ok else 1


def _waiting() -> None:
    typer.echo("another run of this book is under way; this one begins when it ends", err=True)


@contextmanager
def _told() -> Iterator[None]:
    """What stops a run is told in one sentence."""
    from dashboard.forecasts.reproducing import NotPublished
    from dashboard.forecasts.workers import WorkProblem
    from ledger.audit import CannotRebuild

    try:
        yield
    except (WorkProblem, NotPublished, CannotRebuild) as problem:
        raise Problem(str(problem)) from None


@contextmanager
def _workers(jobs: int, scheduler: str) -> Iterator[Workers]:
    from dashboard.forecasts.workers import Cluster, Here, cores_here

    if not scheduler:
        yield Here(jobs or cores_here())
        return
    if jobs:
        raise Problem("--jobs is for this machine and --scheduler for a cluster; give one of them")
    with closing(Cluster(scheduler)) as cluster:
        yield cluster


def _plain(made: Run) -> dict[str, object]:
    return {
        "forecasts": made.forecasts,
        "failed": made.failed,
        "failures": list(made.failures),
        "lead_times": dict(zip(("request", "dispatch", "setting"), made.lead_times, strict=True)),
        "taken_up": made.taken_up,
        "log_size": made.log_size,
        "day": made.day.isoformat(),
        "seconds": made.seconds,
        "cores": made.cores,
        "table": made.table,
        "entry_index": made.entry_index,
    }


def _say(made: Run) -> None:
    cores = "1 core" if made.cores == 1 else f"{made.cores} cores"
    text = f"{made.forecasts:,} forecasts in {made.seconds} s on {cores}, from {made.log_size:,} entries"
    typer.echo(f"{text}; {made.failed:,} failed")
    requested, dispatched, as_set = (f"{number:,}" for number in made.lead_times)
    typer.echo(
        f"  lead time: from request until usable for {requested}, from dispatch (transport only) for"
        f" {dispatched}, as set for {as_set}"
    )
    for key in made.failures:
        typer.echo(f"  failed: {key.replace('|', ', item ')}")
    if made.failed > len(made.failures):
        typer.echo(f"  and {made.failed - len(made.failures):,} more")
    if made.taken_up:
        typer.echo(f"  {made.taken_up:,} pieces were taken up from a run that was broken off")
    if made.entry_index is not None:
        typer.echo(f"published as entry {made.entry_index}: table {made.table}")


def _compare(index: int, found: Reproduced) -> None:
    told = f"entry {index}: {found.forecasts:,} forecasts from {found.log_size:,} entries"
    if found.ok:
        typer.echo(f"{told} come out the same, bit for bit: {found.computed}")
        return
    typer.echo(f"{told} come out otherwise: published {found.published}, computed {found.computed}")
    typer.echo(f"  first difference: {found.first_difference}")
    if not found.same_platform:
        typer.echo("  it was computed on another platform, on which the last digits may differ")
