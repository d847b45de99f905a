"""Commands that make and serve books: init, serve, demo."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from dashboard.cli.speaking import DEFAULT_HOME, Problem, database_url, progress_bar

KINDS = ("live", "archive", "drill", "simulated")
Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")]
_settings = {"home": DEFAULT_HOME}


def set_home(home: Path) -> None:
    _settings["home"] = home


def home() -> Path:
    """The folder that `--home` named."""
    return _settings["home"]


def add_to(app: typer.Typer) -> None:
    for command in (demo, init, serve):
        app.command()(command)


def init(
    name: Annotated[str, typer.Option(help="The book's name; a second one in English after a slash.")],
    origin: Annotated[str, typer.Option(help="The log's own name, as example.org/district: never changes.")],
    kind: Annotated[str, typer.Option(help=f"One of {', '.join(KINDS)}.")] = "live",
) -> int:
    """Make a book."""
    from ledger.record import Record

    chinese, _, english = (part.strip() for part in name.partition("/"))
    names = {"zh": chinese} | ({"en": english} if english else {})
    made = Record.create(home(), name=names, origin=origin, kind=kind, database_url=database_url())
    with closing(made) as record:
        record.checkpoint()
    article = "an" if kind == "archive" else "a"
    typer.echo(f"made {article} {kind} book in {home()}; its verifier key: {record.facts.vkey}")
    return 0


def serve(
    port: Port = 8000,
    host: Host = "127.0.0.1",
    no_sign: Annotated[
        bool, typer.Option("--no-sign", help="Leave signing to `mingzhang publish`; never open the key.")
    ] = False,
) -> int:
    """Serve the book's pages, proofs and data."""
    from dashboard.serving import serve_book

    serve_book(home(), host, port, database_url(), signs=not no_sign)
    return 0


def demo(
    port: Port = 8000,
    host: Host = "127.0.0.1",
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Only make the books.")] = False,
) -> int:
    """Make both demo books, the simulated district and the archive of January 2020, and serve them."""
    from dashboard.demonstration import ARCHIVE, DISTRICT, make_archive_book, make_district_book, serve_both
    from ledger.record import RecordProblem

    try:
        for title, folder, make in (
            ("archive of January 2020", ARCHIVE, make_archive_book),
            ("example district", DISTRICT, make_district_book),
        ):
            place = home() / folder
            if (place / "log.vkey").exists():
                typer.echo(f"{title}: kept as it is in {place}")
                continue
            with progress_bar(title) as progress:
                typer.echo(f"{title}: {make(place, progress)}")
    except RecordProblem as problem:
        raise Problem(str(problem)) from None
    return 0 if no_serve else serve_both(home(), host, port)
