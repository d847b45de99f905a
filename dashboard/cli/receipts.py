"""Commands for donors: receipt, link, forget."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.cli import books
from dashboard.cli.speaking import Problem, open_record, print_json

if TYPE_CHECKING:
    from ledger.domain.entries import Entry
    from ledger.receipts import NotPublished
    from ledger.record import Record


AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def add_to(app: typer.Typer) -> None:
    for command in (receipt, link, forget):
        app.command()(command)


# receipt ----------------------------------------------------------------------------------------------------


def receipt(
    entry: Annotated[
        str, typer.Argument(metavar="ENTRY_OR_CODE", help="A gift's number, or an entry's index or id.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write, as NAME.tlog-proof.")],
    opening: Annotated[
        Path | None, typer.Option(help="Write the donor's opening too, as NAME.opening.json: it is private.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Write the receipt of an entry: one file that anyone can check offline."""
    with closing(open_record(books.home())) as record:
        found, notes = _entry_meant(record, entry)
        data = _receipt(record, found.index)
        opened = None if opening is None else _opening(record, found)
        _write(output, data, 0o644)
        told = [f"wrote the receipt of entry {found.index} ({found.kind}) to {output}"]
        if opening is not None and opened is not None:
            _write(opening, opened[0], 0o600)
            told.append(f"wrote {opened[1]} to {opening}: it can be read, so give it to the donor alone")
    if as_json:
        files = {"receipt": str(output), "opening": None if opening is None else str(opening)}
        print_json({"index": found.index, "id": found.id, "kind": found.kind, **files, "notes": notes})
    else:
        typer.echo("\n".join([*told, *notes]))
    return 0


def _entry_meant(record: Record, text: str) -> tuple[Entry, list[str]]:
    """The entry that a person named, and what to say besides. Raises Problem."""
    from ledger.domain.gifts import GIFT_CODE
    from ledger.domain.ids import is_entry_id

    if GIFT_CODE.fullmatch(text):
        return _received(record, text)
    if is_entry_id(text):
        found = record.find(text)
    elif text.isascii() and text.isdecimal() and len(text) < 19:
        found = record.entry(int(text))
    else:
        raise Problem(f"{text[:60]!r} is no gift number, entry index or entry id")
    if found is None:
        raise Problem(f"the book has no entry {text}")
    return found, _reversed_note(record, found)


def _received(record: Record, code: str) -> tuple[Entry, list[str]]:
    """Of a gift: the newest entry that received it and stands; the newest at all where none stands."""
    from ledger.domain.gifts import check_gift_code
    from ledger.receipts import gift_entries

    if not check_gift_code(code):
        raise Problem(f"{code} is no gift number: its last digit does not fit the others")
    indexes = gift_entries(record, code)
    if not indexes:
        raise Problem(f"the book has no gift {code}")
    entries = [entry for entry in map(record.entry, indexes) if entry is not None]
    with record.reading() as reading:
        taken_back = reading.reversed_by(entry.id for entry in entries)
    standing = [entry for entry in entries if entry.id not in taken_back]
    meant = (standing or entries)[-1]
    notes = _reversed_note(record, meant)
    if len(standing) > 1:
        others = ", ".join(str(entry.index) for entry in standing if entry is not meant)
        told = f"gift {code} came in {len(standing)} parts: this is the newest, entry {meant.index};"
        notes.append(f"{told} the others are {others}")
    return meant, notes


def _reversed_note(record: Record, entry: Entry) -> list[str]:
    with record.reading() as reading:
        by = reading.reversed_by([entry.id]).get(entry.id)
    told = f"entry {entry.index} was taken back by entry {by}: nothing of it counts any more"
    return [] if by is None else [told]


def _receipt(record: Record, index: int) -> bytes:
    """Publishes first where that is needed and the key is here. Raises Problem."""
    from ledger.receipts import NotPublished, receipt_of

    try:
        return receipt_of(record, index)
    except NotPublished as first:
        if first.why == "held_back" or not record.folder.key_file.exists():
            raise Problem(_when(record, first)) from None
    try:
        record.checkpoint()
        return receipt_of(record, index)
    except NotPublished as still:
        raise Problem(_when(record, still)) from None


def _when(record: Record, not_yet: NotPublished) -> str:
    """When there will be a receipt, in one sentence."""
    from ledger.publishing import STEP_SECONDS

    if not_yet.why == "held_back":
        return f"{not_yet}; ask again when they are public"
    if not_yet.why == "witnesses":
        return f"{not_yet}; ask again when they have"
    return (
        f"{not_yet}, and the log's key is not here; the process that publishes does so at most every"
        f" {STEP_SECONDS} seconds: ask again then"
    )


def _opening(record: Record, entry: Entry) -> tuple[bytes, str]:
    """The opening of the entry's commitment, or of its party's, and what it is. Raises Problem."""
    from ledger.openings import encode_opening

    body = entry.body
    gift = body.get("gift") if entry.kind == "DonationReceived" and body.get("commitment") else None
    party = body.get("party")
    if gift is not None and (opened := record.opening(gift=gift)) is not None:
        return encode_opening(opened), f"the opening of gift {gift}"
    if party is None:
        raise Problem(f"entry {entry.index} names no party and nothing is kept of it: there is no opening")
    if (opened := record.opening(party=party)) is None:
        raise Problem(f"nothing is kept about party {party} (any more): there is no opening")
    return encode_opening(opened), f"the opening of party {party}"


def _write(path: Path, data: bytes, mode: int) -> None:
    """Write the file whole or not at all. Raises Problem."""
    from ledger.published.staging import put_in_place

    if path.is_dir():
        raise Problem(f"{path} is a folder; name a file in it")
    try:
        put_in_place(path, data, mode)
    except OSError as error:
        raise Problem(f"{path} cannot be written: {error.strerror}") from None


# link -------------------------------------------------------------------------------------------------------


def link(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The gift's number.")],
    revoke: Annotated[bool, typer.Option("--revoke", help="Make all links of the gift useless.")] = False,
    as_json: AsJson = False,
) -> int:
    """Make a private link to a gift, for its donor: shown once, kept nowhere."""
    with closing(open_record(books.home())) as record:
        gift = _gift(record, code)
        if revoke:
            count = record.revoke_links(gift)
            found, told = {"gift": gift, "revoked": count}, f"revoked links of gift {gift}: {count}"
        else:
            told = f"/gift/{record.make_link(gift)}"
            found = {"gift": gift, "link": told}
    if as_json:
        print_json(found)
    else:
        typer.echo(told)
    return 0


def _gift(record: Record, code: str) -> str:
    from ledger.domain.gifts import check_gift_code
    from ledger.receipts import gift_entries

    if not check_gift_code(code):
        raise Problem(f"{code[:60]} is no gift number like 2026-00417-2, or its last digit does not fit")
    if not gift_entries(record, code):
        raise Problem(f"the book has no gift {code}")
    return code


# forget -----------------------------------------------------------------------------------------------------


def forget(
    subject: Annotated[
        str, typer.Argument(metavar="[PARTY_OR_CODE]", help="A party or a gift's number.", show_default=False)
    ] = "",
    now: Annotated[bool, typer.Option("--now", help="Destroy what is kept at once.")] = False,
    after: Annotated[
        int | None, typer.Option(min=0, max=36_500, metavar="DAYS", help="Destroy it after so many days.")
    ] = None,
    due: Annotated[bool, typer.Option("--due", help="Destroy all that is due, of anyone.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done; do nothing.")] = False,
    as_json: AsJson = False,
) -> int:
    """Stop showing a donor, or one gift, at once; destroy what is kept about it after a time.

    The record keeps every entry, and every proof stays valid: entries hold no names.
    """
    if not subject and not due:
        raise Problem("name a party or a gift's number, or give --due")
    if subject and due:
        raise Problem("--due is for all that is due: name nobody with it")
    if now and after is not None:
        raise Problem("--now and --after both say when: give one of them")
    if due and (now or after is not None):
        raise Problem(f"{'--now' if now else '--after'} needs a party or a gift's number")
    done = Done(dry_run)
    with closing(open_record(books.home())) as record:
        if subject:
            _forget(record, subject, 0 if now else after, done)
        if due or now:
            _erase(record, done)
    if as_json:
        print_json({"ok": done.is_complete, "dry_run": dry_run, **done.found})
    else:
        for line in done.lines:
            typer.echo(line)
    return 0 if done.is_complete else 1


@dataclass
class Done:
    """What was done, or would be: as lines for people, and as JSON for programs."""

    dry_run: bool
    lines: list[str] = field(default_factory=list)
    found: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    is_complete: bool = True

    def subjects(self, what: str, named: Iterable[tuple[str, str]], **more: Any) -> None:
        self.found.setdefault(what, []).extend({kind: code, **more} for kind, code in named)


def _forget(record: Record, subject: str, after_days: int | None, done: Done) -> None:
    from ledger.domain.gifts import GIFT_CODE
    from ledger.erasure import forget as forget_now
    from ledger.erasure import plan_forgetting

    gift = _gift(record, subject) if GIFT_CODE.fullmatch(subject) else None
    act = plan_forgetting if done.dry_run else forget_now
    told = act(record, party=subject if gift is None else None, gift=gift, after_days=after_days)
    verb = "would be" if done.dry_run else "is"
    done.lines += [f"{kind} {code}: {verb} no longer shown" for kind, code in told.hidden]
    when = f"{verb} destroyed after {told.erase_after}"
    done.lines += [f"{kind} {code}: what is kept {when}" for kind, code in told.kept]
    if not told.kept:
        done.lines.append("nothing is kept that could be destroyed")
    done.subjects("hidden", told.hidden)
    done.subjects("kept", told.kept, erase_after=told.erase_after)


def _erase(record: Record, done: Done) -> None:
    from ledger.domain.instants import format_instant
    from ledger.erasure import due_dates, erase_due

    if done.dry_run:
        for at, (kind, code) in due_dates(record):
            when = "now" if at <= format_instant(record.now()) else f"after {at}"
            done.lines.append(f"{kind} {code}: would be destroyed {when}")
            done.subjects("due", [(kind, code)], erase_after=at)
        return
    erased = erase_due(record)
    done.is_complete = erased.is_complete
    done.lines += [f"{kind} {code}: salt and data are destroyed" for kind, code in erased.destroyed]
    done.lines += [f"entry {index} says so on the record" for index in erased.entries]
    if not erased.is_complete:
        waits = "another program still reads a file with the bytes: let it end, then `forget --due`"
        done.lines.append(waits)
    elif not erased.destroyed and not erased.entries:
        done.lines.append("nothing is due")
    done.subjects("destroyed", erased.destroyed)
    done.found["entries"] = [{"index": index} for index in erased.entries]
