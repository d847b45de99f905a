"""Commands that take lists in: import."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from dashboard.cli import books
from dashboard.cli.speaking import Problem, open_record, print_json, progress_bar

KINDS = ("donations", "issues", "counts", "centers", "items")


def add_to(app: typer.Typer) -> None:
    app.command("import")(import_file)


def import_file(
    file: Annotated[Path, typer.Argument(help="A CSV or XLSX file; templates lie in data/templates.")],
    kind: Annotated[str, typer.Option("--as", help=f"What the list holds: {', '.join(KINDS)}.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Read a list into the book; every line is recorded, or held back with its reason."""
    from ledger.lists import import_list

    if kind not in KINDS:
        raise Problem(f"--as {kind} is not one of: {', '.join(KINDS)}")
    with closing(open_record(books.home())) as record:
        with progress_bar("import", quiet=as_json) as progress:
            report = import_list(record, file, kind, dry_run=dry_run, progress=progress)
        if not dry_run:
            record.checkpoint()
    print_json(report.as_dict()) if as_json else typer.echo(report.summary())
    return 0
