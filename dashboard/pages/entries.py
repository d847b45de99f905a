"""Entries: the newest, and each one with its exact bytes, its proof and its receipt."""

from __future__ import annotations

from datetime import date, datetime

from flask import Blueprint, Response, current_app, g, render_template
from markupsafe import Markup

from dashboard import telling
from dashboard.asking import asked_number, not_found
from dashboard.confirming import names
from dashboard.language import Speech
from dashboard.queries import donors, entries, proof
from dashboard.receipts import receipt_answer
from ledger.tlog.tiles import ENTRIES, WIDTH, tile_at

_PAGE = 40


def add_to(door: Blueprint) -> None:
    @door.get("/entries/")
    def entry_list() -> str:
        before = asked_number("before", g.book.size, 2**53)
        assert before is not None
        found = entries.newest(g.book, _PAGE, before)
        told = [(entry, telling.sentence(entry, g.speech, g.book.registers)) for entry in found]
        top = min(before, g.book.size)
        older, newer = max(0, top - _PAGE), min(g.book.size, top + _PAGE)
        return render_template(
            "entries.html", book=g.book, told=told, older=older, newer=newer if newer > top else None
        )

    @door.get("/entries/<int:index>")
    def entry(index: int) -> str:
        found = _entry_or_404(index)
        if found.public_at:
            told = proofs(found, g.speech)
            return render_template("entry_delayed.html", book=g.book, entry=found, proofs=told)
        return render_template(
            "entry.html", book=g.book, entry=found, bundle=_bundle_address(index),
            sentence=telling.sentence(found, g.speech, g.book.registers),
            proofs=proofs(found, g.speech), lag=lag(found, g.speech), donor=_donor(found),
            is_published=index < (g.book.published_size or 0),
        )  # fmt: skip

    @door.get("/entries/<int:index>.json")
    def entry_bytes(index: int) -> Response:
        """The exact bytes; SHA-256 of one zero byte and these is the leaf hash."""
        return Response(_told_or_404(index).data, mimetype="application/json")

    @door.get("/entries/<int:index>/receipt.tlog-proof")
    def receipt(index: int) -> Response:
        """A C2SP tlog-proof whose extra is the exact entry."""
        _told_or_404(index)
        return receipt_answer(current_app.extensions["mingzhang"], index, f"entry-{index}.tlog-proof")


def proofs(entry: entries.EntryTold, speech: Speech) -> list[tuple[str, Markup]]:
    """Where the entry stands in the signed list, who has confirmed it, by when it was recorded at the latest,
    whether its place signed it: each with the look of its mark ("", wait or none)."""
    say, now = speech.say, proof.standing(g.book)
    if now.published is None or entry.index >= now.published:
        told = [("wait", say("entry.proof.held" if now.is_below_quorum else "entry.proof.unpublished"))]
    else:
        told = [("", say("entry.proof.place", n=entry.index, size=now.published))]
        if now.confirmed_by:
            told.append(("", say("entry.proof.confirmed", names=names(now.confirmed_by, speech))))
        else:
            told.append(("none", say("entry.proof.unconfirmed")))
    if bound := proof.bound(g.book, entry.index):
        when = speech.moment(bound.time, year=True)
        by = names(bound.names, speech)
        told.append(("", say("entry.proof.bound", when=when, names=by, size=bound.size)))
    if entry.public_at:
        return told
    author = proof.author_state(g.book, entry)
    return [*told, (_AUTHOR_LOOK[author], say(f"author.{author}"))]


_AUTHOR_LOOK = {
    "signed": "", "unsigned": "wait", "unsigned_though_enrolled": "none", "signed_then_doubted": "none",
}  # fmt: skip


def lag(entry: entries.EntryTold, speech: Speech) -> Markup:
    """How long after it happened the entry was written, in words."""
    say, claimed = speech.say, entry.occurred_at
    if "T" in claimed:
        if datetime.fromisoformat(claimed) > entry.recorded_at:
            return say("entry.lag.before")
    else:
        days = (entry.recorded_at.astimezone(speech.zone).date() - date.fromisoformat(claimed[-10:])).days
        if days < 1:
            return say("entry.lag.same_day" if days == 0 else "entry.lag.before")
    hours = entries.hours_late(claimed, entry.recorded_at, g.book)
    return say("entry.lag.after", hours=speech.hours(hours))


def _donor(entry: entries.EntryTold) -> donors.Donor | None:
    """Who gave it, as far as that may be told; None for what is no gift."""
    if entry.kind != "DonationReceived":
        return None
    return donors.donor_of(g.book, entry.body.get("party") or "", entry.body["gift"])


def _entry_or_404(index: int) -> entries.EntryTold:
    found = entries.entries_at(g.book, [index]) if index < g.book.size else []
    if not found:
        not_found("problem.no_entry", index=index, size=g.book.size)
    return found[0]


def _told_or_404(index: int) -> entries.EntryTold:
    """An entry whose words are public."""
    found = _entry_or_404(index)
    if found.public_at:
        not_found("entry.delayed.short", when=g.speech.moment(found.public_at, year=True))
    return found


def _bundle_address(index: int) -> str | None:
    """The published file that holds the entry (tlog-tiles, entry bundles); None while it is not published."""
    size = g.book.published_size
    if size is None or index >= size:
        return None
    return f"/log/{tile_at(size, ENTRIES, index // WIDTH).path}"
