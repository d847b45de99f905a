"""`forecast quantiles`: from a file of past demand to quantiles of demand to come."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dashboard.cli.asked_history import USUAL_LEVELS, AskedGaps, Gaps, Levels, levels_told
from dashboard.cli.speaking import Problem, print_json, progress_bar, stopped_with


def add_to(forecast_app: typer.Typer) -> None:
    forecast_app.command("quantiles")(quantiles)


@stopped_with("nothing was written; run it again, and it begins anew")
def quantiles(
    history: Annotated[Path, typer.Argument(metavar="HISTORY.csv", help="Past demand: series_id,t,y.")],
    horizon: Annotated[int, typer.Option(min=1, help="Total demand over so many periods after the last.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Where to write series_id,level,quantity.")],
    levels: Levels = USUAL_LEVELS,
    season: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Demand repeats after so many periods. Default: a year, for days a week too; 1: never.",
        ),
    ] = None,
    gaps: AskedGaps = Gaps.MISSING,
    report: Annotated[
        Path | None, typer.Option(help="Write as JSON: model, reason, past error, odd rows of each series.")
    ] = None,
    fast: Annotated[bool, typer.Option("--fast", help="Several times quicker, a little less exact.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """From past demand, how much is enough for the next periods: one row per series and level.

    HISTORY.csv has the columns series_id, t (YYYY-MM-DD) and y (units issued in the period). Days, weeks or
    months are told from its dates; rows may stand in any order. Forecasts begin after the latest t in the
    file, for all series.

    A column `available` that is 0 says that the shelf was empty at the period's end: demand was at least y,
    and is not known where y is 0. The columns stock_initial, stock_received, stock_adjustment and stock_end
    together say the same, and that nothing was there to give.

    Every series is answered. What cannot be modelled gets a simpler answer; --report names it and says why.
    """
    from dashboard.forecasts.histories import HistoryProblem
    from dashboard.forecasts.quantiles import Question, answer_file
    from dashboard.forecasts.quantities import PlaceProblem

    question = Question(horizon, levels_told(levels), gaps is Gaps.ZERO, season, fast)
    try:
        with progress_bar("forecast", quiet=as_json) as progress:
            head = answer_file(history, question, out, report, progress)
    except (HistoryProblem, PlaceProblem) as problem:
        raise Problem(str(problem)) from None
    if as_json:
        print_json(head)
    else:
        typer.echo(_summary(head, out), err=not out.resolve().is_file())
    return 0


def _summary(head: dict, out: Path) -> str:
    counts = ", ".join(f"{count:,} by {model}" for model, count in head["models"].items())
    return f"{head['series_count']:,} series ({head['periods'] or 'no periods'}) in {out}: {counts or 'none'}"
