"""Commands that check: verify, audit, rebuild, doctor."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli import books, verifying
from dashboard.cli.speaking import database_url, open_record, print_json, progress_bar

if TYPE_CHECKING:
    from ledger.store.store import Store

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def add_to(app: typer.Typer) -> None:
    verifying.add_to(app)
    for command in (audit, rebuild, doctor):
        app.command()(command)


def _store() -> Store:
    from ledger.store.store import Store

    return Store(books.home(), database_url())


def audit(as_json: Json = False) -> int:
    """Compute every view again from the entries and compare row by row."""
    from ledger.audit import audit as audit_store

    with closing(_store()) as store, progress_bar("audit") as progress:
        found = audit_store(store, progress)
    if as_json:
        print_json({"ok": found.ok, **asdict(found)})
    elif found.ok:
        typer.echo(f"ok: all views are what the {found.size:,} entries give")
    else:
        typer.echo(f"FAILED: {len(found.differences):,} rows are not what the {found.size:,} entries give")
        for difference in found.differences[:20]:
            place = f"  {difference.view} {difference.key}"
            typer.echo(f"{place}: stored {difference.stored}, rebuilt {difference.rebuilt}")
    return 0 if found.ok else 1


def rebuild(as_json: Json = False) -> int:
    """Replace every view by what the entries give."""
    from ledger.audit import CannotRebuild
    from ledger.audit import rebuild as rebuild_store

    try:
        with closing(_store()) as store, progress_bar("rebuild") as progress:
            size = rebuild_store(store, progress)
    except CannotRebuild as problem:
        print(f"mingzhang: {problem}", file=sys.stderr)
        return 1
    print_json({"size": size}) if as_json else typer.echo(f"rebuilt all views from {size:,} entries")
    return 0


def doctor(
    accept_clock: Annotated[
        bool, typer.Option("--accept-clock", help="Write on though the clock is behind the last entry.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Say how the book is: its clock, its views, its checkpoint."""
    from dashboard.health import examine

    with closing(open_record(books.home())) as record:
        if accept_clock:
            last = record.entry(record.size - 1)
            accepted = f"{last.recorded_at if last else ''}\n"
            record.folder.accepted_clock_file.write_text(accepted, encoding="ascii")
        found = examine(record)
    if as_json:
        print_json({"ok": not any(line.bad for line in found), "findings": [asdict(line) for line in found]})
    else:
        for line in found:
            typer.echo(f"{'!' if line.bad else '-'} {line.text}")
    return 1 if any(line.bad for line in found) else 0
