"""Commands that give the data away: export."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli import books
from dashboard.cli.speaking import Problem, open_record

if TYPE_CHECKING:
    from ledger.record import Record


def add_to(app: typer.Typer) -> None:
    app.command()(export)


def export(
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write; - for stdout.")],
    form: Annotated[
        str, typer.Option("--format", help="jsonl: one exact entry per line, in order.")
    ] = "jsonl",
) -> int:
    """Write the entries, exactly as they are."""
    if form != "jsonl":
        raise Problem(f"--format {form} is not one of: jsonl")
    with closing(open_record(books.home())) as record:
        if str(output) == "-":
            sys.stdout.buffer.writelines(data + b"\n" for data in record.entries())
            sys.stdout.buffer.flush()
        else:
            typer.echo(f"wrote {_write_file(output, record):,} entries to {output}", err=True)
    return 0


def _write_file(output: Path, record: Record) -> int:
    """Write the file whole or not at all; gives the number of entries."""
    if output.is_dir():
        raise Problem(f"{output} is a folder; name a file in it")
    part = output.with_name(output.name + ".part")
    try:
        with part.open("wb") as file:
            count = 0
            for count, data in enumerate(record.entries(), 1):  # noqa: B007 (the last one is told)
                file.write(data + b"\n")
        part.replace(output)
        return count
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Problem(f"{output} cannot be written: {error.strerror}") from None
