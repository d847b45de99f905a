"""The donor's private page: files to keep, what may be shown, and to be forgotten.

Whoever has the link is the donor; there is no account. Answers are never stored or sent on: no-store,
no-referrer, noindex.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any, NoReturn

from flask import Blueprint, Response, current_app, g, redirect, render_template, request
from werkzeug.exceptions import HTTPException, NotFound, TooManyRequests

from dashboard.asking import refuse
from dashboard.doorway import close_book
from dashboard.queries import donors, gifts
from dashboard.queries.gifts import Gift
from dashboard.trace import answering
from dashboard.trace.answering import Telling
from dashboard.trace.barring import WrongLinks
from ledger import erasure
from ledger.domain import canonical
from ledger.domain.entries import Command
from ledger.domain.ids import is_entry_id, new_id
from ledger.domain.instants import format_instant
from ledger.record import Record

PARTS = ("name", "item", "amount")
DONOR = {"role": "donor", "place": None}


@dataclass(frozen=True)
class Switch:
    """One thing that may be shown or not."""

    part: str
    shown: bool
    id: str  # the id of the entry that turning it would write: sent twice, it is written once


def add_to(door: Blueprint, record: Record) -> None:
    wrong = WrongLinks()

    def gift_of(token: str) -> Gift:
        """The gift of a link. 404 where there is none; 429 for an address that sent too many wrong ones:
        a right one always opens, or one guesser behind a proxy would shut out every donor there."""
        code = record.gift_of_link(token)
        found = gifts.gift(g.book, code) if code else None
        if found is None:
            address = request.remote_addr or ""
            if wrong.is_barred(address):
                _tell(TooManyRequests(retry_after=60), "gift.too_many")
            wrong.count(address)
            _tell(NotFound(), "gift.unknown", "gift.unknown.why")
        return found

    @door.get("/gift/<token>")
    def gift(token: str) -> str:
        return render_template("gift.html", **_facts(record, gift_of(token), token))

    @door.get("/gift/<token>/<of>.opening.json")
    def opening(token: str, of: str) -> Response:
        """The salt and data behind a commitment, for the donor alone."""
        found = gift_of(token)
        known = _openings(record, found).get(of)
        if known is None:
            _tell(NotFound(), "gift.opening.none", "gift.opening.none")
        response = Response(canonical.encode(known) + b"\n", mimetype="application/json")
        name = f"gift-{found.code}-{of}.opening.json"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    @door.post("/gift/<token>/show")
    def show(token: str) -> Any:
        found = gift_of(token)
        _check_sent_from_here(token)
        part, value, identity = (request.form.get(name, "") for name in ("show", "value", "id"))
        if part not in PARTS or value not in ("0", "1") or not is_entry_id(identity):
            refuse("gift.bad_choice")
        body = {"gift": found.code, "show": {part: value == "1"}, "basis": "private_link"}
        index = _write_once(record, identity, body)
        return redirect(f"/gift/{token}?changed={index}#shows", code=303)

    @door.post("/gift/<token>/forget")
    def forget(token: str) -> Any:
        found = gift_of(token)
        _check_sent_from_here(token)
        if request.form.get("sure") != "1":
            return render_template("gift.html", **_facts(record, found, token), unsure=True), 400
        close_book()  # bytes are wiped from the database only when nobody reads an older state of it
        _forget(record, found)
        return redirect(f"/gift/{token}#forget", code=303)

    @door.after_request
    def keep_private(response: Response) -> Response:
        if request.path.startswith("/gift/"):
            response.headers["Cache-Control"] = "no-store"
            response.headers["Referrer-Policy"] = "no-referrer"
            response.headers["X-Robots-Tag"] = "noindex, nofollow"
            response.headers.pop("ETag", None)
        return response


def _write_once(record: Record, identity: str, body: dict[str, Any]) -> int:
    """Index of the ConsentChanged of this id; a form sent twice wrote it the first time."""
    known = record.find(identity)
    if known is not None and known.command.body == body:
        return known.index
    moment = format_instant(record.now())
    command = Command("ConsentChanged", identity, moment, dict(DONOR), body)
    outcome = record.write([command])[0]
    if outcome.entry is None:
        refuse("gift.refused", why=outcome.violations[0].message(g.lang))
    return outcome.entry.index


def _facts(record: Record, found: Gift, token: str) -> dict[str, Any]:
    """What gift.html needs."""
    of = (g.book, found.party, found.code)
    donor, openings, changed = donors.donor_of(*of), _openings(record, found), request.args.get("changed", "")
    states = {"name": donor.name is not None, "item": donor.item, "amount": donor.amount}
    if "party" not in openings:
        del states["name"]  # there is none to show
    return {
        "book": g.book, "gift": found, "token": token, "csrf": _csrf(token), "donor": donor,
        "goods": answering.goods(found, Telling(g.speech, False)), "openings": openings,
        "switches": [Switch(part, shown, new_id()) for part, shown in states.items()],
        "is_forgotten": donors.is_erased(*of) and not openings,
        "is_being_forgotten": donor.withdrawn and not openings,
        "changed": int(changed) if changed.isascii() and changed.isdigit() and len(changed) < 16 else None,
    }  # fmt: skip


def _openings(record: Record, found: Gift) -> dict[str, dict[str, Any]]:
    """What opens the commitments of this gift, by `party` and `gift`, as far as it is kept."""
    kept = {"party": record.opening(party=found.party) if found.party else None}
    kept["gift"] = record.opening(gift=found.code)
    return {of: opening for of, opening in kept.items() if opening is not None}


def _forget(record: Record, found: Gift) -> None:
    """Hide the donor at once, in all their gifts, and destroy what is kept without waiting."""
    asked = {"party": found.party} if found.party else {"gift": found.code}
    erasure.forget(record, **asked, after_days=0, basis="private_link", actor=dict(DONOR))
    erasure.erase_due(record)


def _csrf(token: str) -> str:
    """What only a page that was sent to this link's owner holds: no foreign site can make its form."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(secret, b"gift-page\n" + token.encode(), hashlib.sha256).hexdigest()


def _check_sent_from_here(token: str) -> None:
    if not hmac.compare_digest(request.form.get("csrf", "").encode(), _csrf(token).encode()):
        refuse("gift.old_form")


def _tell(error: HTTPException, key: str, why: str = "") -> NoReturn:
    error.sentence = g.speech.say(key)  # type: ignore[attr-defined]
    if why:
        error.why = g.speech.say(why)  # type: ignore[attr-defined]
    raise error
