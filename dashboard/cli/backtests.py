"""Commands that test forecasts against the past: forecast backtest."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.cli import books
from dashboard.cli.asked_history import USUAL_LEVELS, AskedGaps, Gaps, Levels, levels_told
from dashboard.cli.speaking import Problem, open_record, print_json, progress_bar, stopped_with

if TYPE_CHECKING:
    from dashboard.forecasts.backtesting import KeptAnswers, Source
    from forecast.tables.table import Table

KEPT = "backtest-kept"
KEPT_ALIKE = "the answers so far are kept; run it again with the same words, and it goes on from there"
NOT_KEPT = "nothing is kept; run it again, with -o REPORT.html to have what is done kept"


def add_to(app: typer.Typer) -> None:
    app.command("backtest")(backtest_command)


def backtest_command(
    history: Annotated[
        Path | None,
        typer.Argument(
            metavar="[HISTORY.csv]",
            help="A table of series_id, t, y; without it the book in --home is tested.",
            show_default=False,
        ),
    ] = None,
    horizon: Annotated[
        int | None, typer.Option(min=1, help="Periods ahead. Default: 14 days, 4 weeks or 3 months.")
    ] = None,
    origins: Annotated[
        int | None,
        typer.Option(min=1, help="Past windows to try. Default: 20 of days, 12 of weeks, 3 of months."),
    ] = None,
    levels: Levels = USUAL_LEVELS,
    gaps: AskedGaps = Gaps.MISSING,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="REPORT.html", help="Write the report there.")
    ] = None,
    simulation: Annotated[
        bool, typer.Option("--simulation/--no-simulation", help="Simulate stock-outs and waste too.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Test the forecast, and what others do, against what then came; on the book or on a table.

    A long run can be stopped and taken up again: call it once more with the same words.
    """
    from dashboard.forecasts.backtesting import KeptAnswers, backtest_report, question_of
    from dashboard.forecasts.backtesting import default_horizon as usual
    from dashboard.forecasts.simulating import simulation_report
    from forecast.scoring.backtest import TooShort

    wanted, fill = tuple(sorted(map(float, levels_told(levels)))), gaps is Gaps.ZERO
    if output is not None and output.is_dir():
        raise Problem(f"{output} is a folder; name a file to write the report to")
    if output is not None and not output.absolute().parent.is_dir():
        raise Problem(f"{output.parent}: there is no such folder to write the report to")
    table, source = _from_file(history, fill) if history else _from_book()
    length = horizon or usual(table)
    kept = _kept(KeptAnswers, output, history, question_of(table, length, wanted))
    told = KEPT_ALIKE if kept is not None else NOT_KEPT
    try:
        with stopped_with(told), progress_bar("back-test", quiet=as_json) as progress:
            report = backtest_report(table, source, length, origins, wanted, kept, progress)
    except TooShort as problem:
        raise Problem(f"{source.name}: {problem}") from None
    report["gaps"] = str(gaps)
    if simulation:
        with stopped_with(told), progress_bar("simulation", quiet=as_json) as progress:
            report["simulation"] = simulation_report(table, length, progress)
    if output is not None:
        _write(output, report)
    if kept is not None:
        kept.clear()
    _say(report, output, as_json)
    return 0


def _from_file(path: Path, fill_gaps: bool) -> tuple[Table, Source]:
    from dashboard.forecasts.backtesting import Source
    from dashboard.forecasts.histories import HistoryProblem, read_table

    try:
        return read_table(path, fill_gaps), Source(path.name)
    except (HistoryProblem, ValueError) as problem:
        raise Problem(str(problem)) from None


def _from_book() -> tuple[Table, Source]:
    from dashboard.forecasts.backtesting import NothingToTest, Source, ledger_table

    with closing(open_record(books.home())) as record:
        try:
            return ledger_table(record), Source(record.facts.name_zh or record.facts.name_en, record.size)
        except NothingToTest as problem:
            raise Problem(str(problem)) from None


def _kept(
    kind: type[KeptAnswers], output: Path | None, history: Path | None, question: str
) -> KeptAnswers | None:
    """Beside the report, or in the book; a table tested without a report leaves nothing behind."""
    if output is not None:
        return kind(output.with_name(output.name + ".kept"), question)
    return None if history else kind(books.home() / KEPT, question)


def _write(output: Path, report: dict[str, Any]) -> None:
    from dashboard.forecasts.backtest_page import page

    aside = output.with_name(output.name + ".part")
    aside.write_text(page(report), encoding="utf-8")
    aside.replace(output)


def _say(report: dict[str, Any], output: Path | None, as_json: bool) -> None:
    if as_json:
        print_json(json.loads(json.dumps(report)))
        return
    source = report["source"]
    typer.echo(
        f"{source['scored_series']:,} of {source['series']:,} series, {report['origins']} windows of"
        f" {report['horizon']} periods ({source['rhythm']})"
    )
    levels = "  ".join(f"{level:>6.0%}" for level in report["levels"])
    typer.echo(f"{'':16}  {'loss':>6}  {'calib.':>6}  enough at {levels}")
    for name, score in report["methods"].items():
        enough = "  ".join(f"{share:>6.1%}" for share in score["covered"])
        typer.echo(f"{name:16}  {score['pinball']:6.4f}  {score['calibration']:6.3f}            {enough}")
    for to, ratios in report["ratios"].items():
        ratio = ratios["mingzhang"]
        typer.echo(f"loss / {to}: {ratio['value']:.3f} [{ratio['low']:.3f}, {ratio['high']:.3f}]")
    if report["left_out"]:
        typer.echo(f"left out: {', '.join(report['left_out'])} (pip install statsforecast)")
    if output is not None:
        typer.echo(f"report: {output}")
