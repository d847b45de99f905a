"""Commands that check: verify, audit, rebuild, checkpoint, doctor."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli import books
from dashboard.cli.speaking import Problem, database_url, open_record, print_json, progress_bar

if TYPE_CHECKING:
    from ledger.store.store import Store
    from ledger.tlog.verdict import Verdict

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def add_to(app: typer.Typer) -> None:
    for command in (verify, audit, rebuild, checkpoint, doctor):
        app.command()(command)


def verify(
    base: Annotated[str, typer.Option(help="Check published bytes alone: a folder or URL.")] = "",
    old: Annotated[Path | None, typer.Option(help="A checkpoint saved earlier, to be extended.")] = None,
    vkey: Annotated[str, typer.Option(help="The log's verifier key, or a file holding it.")] = "",
    as_json: Json = False,
) -> int:
    """Check that no entry was changed, removed, moved or cut since it was published."""
    verdict = _verify_base(base, old, vkey) if base else _verify_book(old, vkey)
    if as_json:
        print_json(asdict(verdict))
    elif verdict.ok:
        typer.echo(f"ok: {verdict.size:,} entries, root {verdict.root}")
    else:
        place = "" if verdict.first_bad_index is None else f" (first bad index {verdict.first_bad_index})"
        typer.echo(f"FAILED: {verdict.problem}{place}")
    return 0 if verdict.ok else 1


def _verify_book(old: Path | None, vkey: str) -> Verdict:
    from ledger.home import Home
    from ledger.verify import verify_book

    if old is not None or vkey:
        raise Problem(f"{'--old' if old else '--vkey'} goes with --base")
    with closing(_store()) as store, progress_bar("verify") as progress:
        return verify_book(Home(books.home()), store, progress)


def _verify_base(base: str, old: Path | None, vkey: str) -> Verdict:
    from ledger.home import Home, HomeProblem
    from ledger.published.reading import verify_base
    from ledger.tlog.note import VerifierKey

    try:
        text = Path(vkey).read_text(encoding="utf-8").strip() if vkey and Path(vkey).is_file() else vkey
        key = VerifierKey.parse(text) if text else Home(books.home()).verifier()
        earlier = old.read_bytes() if old is not None else None
    except HomeProblem:
        raise Problem("name the log's verifier key with --vkey: it is never taken from the base") from None
    except OSError as error:
        raise Problem(f"{error.filename} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise Problem(f"--vkey: {error}") from None
    with progress_bar("verify") as progress:
        return verify_base(base, str(key), earlier, progress)


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


def checkpoint(as_json: Json = False) -> int:
    """Sign and publish the log as it stands, in the book's log folder."""
    with closing(open_record(books.home())) as record:
        signed = record.checkpoint()
    if as_json:
        print_json({"origin": signed.origin, "size": signed.size, "root": signed.root_base64})
    else:
        typer.echo(f"{signed.origin}\n{signed.size}\n{signed.root_base64}")
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
