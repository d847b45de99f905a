"""Commands about the keys by which places sign: keys enroll, list, revoke, rotate, invite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli import books
from dashboard.cli.speaking import Problem, open_record, print_json

if TYPE_CHECKING:
    from ledger.domain.authorship import KeyFacts
    from ledger.domain.codes import Custody
    from ledger.record import Record

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Place = Annotated[str, typer.Argument(help="The code of the place.")]
REASONS = ("lost", "stolen", "retired", "rotated")

keys = typer.Typer(help="The keys by which places sign what they write.", rich_markup_mode=None)


def add_to(app: typer.Typer) -> None:
    for command in (enroll, list_keys, revoke, rotate, invite):
        keys.command("list" if command is list_keys else None)(command)
    app.add_typer(keys, name="keys")


def enroll(
    place: Place,
    public_key: Annotated[str, typer.Option(help="A device's public key, base64 of 32 bytes.")] = "",
    proof: Annotated[str, typer.Option(help="The device's proof that it holds the key, base64.")] = "",
    as_json: Json = False,
) -> int:
    """Enrol a key: one that this server makes and keeps for the place, or that of a device."""
    from ledger import authors

    if bool(public_key) != bool(proof):
        raise Problem("--public-key and --proof go together")
    custody: Custody = "device" if public_key else "server"
    with _book() as record:
        key = authors.enroll(record, place, custody, public_key or None, proof or None)
    return _tell_key(place, key, f"{place} signs with key {key} from now on, {_KEPT[custody]}", as_json)


def list_keys(
    place: Annotated[str | None, typer.Argument(help="The code of a place; else all.")] = None,
    as_json: Json = False,
) -> int:
    """List keys, those that were revoked too."""
    from ledger import authors

    with _book() as record:
        found = authors.keys_of(record, place)
    if as_json:
        print_json({"keys": [key._asdict() for key in found]})
    elif not found:
        typer.echo("no key was ever enrolled" + (f" for {place}" if place else ""))
    for key in [] if as_json else found:
        typer.echo(f"{key.place}  {key.key}  {_KEPT[key.custody]}, {_state(key)}")
    return 0


def revoke(
    place: Place,
    key: Annotated[str, typer.Argument(help="The key's id, 16 hex digits.")],
    reason: Annotated[str, typer.Option(help=f"One of {', '.join(REASONS)}.")],
    since: Annotated[str, typer.Option(help="From when on it is doubted, as 2026-03-12T06:30:00.000Z.")] = "",
    as_json: Json = False,
) -> int:
    """Revoke a key: nothing may be signed with it from now on."""
    from ledger import authors

    with _book() as record:
        index = authors.revoke(record, place, key, reason, since or None)
    if as_json:
        print_json({"place": place, "key": key, "entry_index": index})
    else:
        typer.echo(f"{place} no longer signs with key {key} (entry {index})")
    return 0


def rotate(place: Place, as_json: Json = False) -> int:
    """Put a new key in the place of the one that this server keeps for the place."""
    from ledger import authors

    with _book() as record:
        key = authors.rotate(record, place)
    return _tell_key(place, key, f"{place} signs with key {key} from now on; the old one is revoked", as_json)


def invite(
    place: Place,
    hours: Annotated[int, typer.Option(min=1, max=24 * 30, help="How long the code is good.")] = 24,
    as_json: Json = False,
) -> int:
    """Print a code with which one phone, once, can enrol a key of its own for the place."""
    from ledger import authors
    from ledger.domain.instants import format_instant

    with _book() as record:
        made = authors.invite(record, place, hours)
    until = format_instant(made.expires_at)
    if as_json:
        print_json({"place": place, "code": made.code, "expires_at": until})
    else:
        typer.echo(f"{made.code}\nfor one device of {place}, once, until {until}; it is not shown again")
    return 0


_KEPT = {"server": "kept on this server", "device": "kept on a device"}


def _state(key: KeyFacts) -> str:
    if key.is_live:
        return f"since entry {key.entry_index}"
    doubted = f", doubted since {key.since}" if key.since else ""
    return f"entries {key.entry_index} to {key.revoked_index}, {key.reason}{doubted}"


def _tell_key(place: str, key: str, sentence: str, as_json: bool) -> int:
    print_json({"place": place, "key": key}) if as_json else typer.echo(sentence)
    return 0


@contextmanager
def _book() -> Iterator[Record]:
    """The open book. What is wrong with a key is told as bad input."""
    from ledger.authors import AuthorProblem

    try:
        with closing(open_record(books.home())) as record:
            yield record
    except AuthorProblem as problem:
        raise Problem(str(problem)) from None
