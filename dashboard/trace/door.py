"""The addresses for donors.

    /trace/                             a box for a gift number
    /trace/<number>                     where every piece of the gift is, and each entry that moved it
    /trace/<number>/receipt             the receipt to print, A5, Chinese and English on one page
    /trace/<number>/receipt.tlog-proof  the receipt to keep and to check offline
    /gift/<token>                       the donor's private page (dashboard/trace/private.py)
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, request
from markupsafe import Markup

from dashboard.answering import LOOK
from dashboard.asking import not_found
from dashboard.config import Sibling
from dashboard.doorway import open_to_readers
from dashboard.language import Speech
from dashboard.queries import donors, gifts, proof
from dashboard.queries.book import Books
from dashboard.queries.entries import Lag, hours_late
from dashboard.queries.gifts import Gift, GiftStep
from dashboard.receipts import receipt_answer
from dashboard.telling import listed, sentence
from dashboard.trace import answering, paper, private
from dashboard.trace.answering import Telling
from dashboard.trace.numbers import WrongNumber, as_written, read_gift_number
from ledger.record import Record

_STEPS = 15


def trace_blueprint(record: Record, books: Books, siblings: list[Sibling]) -> Blueprint:
    """The door for donors; read-only but for what a private page's owner decides."""
    door = Blueprint("trace", __name__)
    open_to_readers(door, record, books, siblings)

    @door.get("/trace/")
    def ask() -> Any:
        typed = request.args.get("code")
        if typed is None:
            return render_template("trace_ask.html", book=g.book, typed="", wrong="")
        return _answer_typed(typed[:60])

    @door.get("/trace/<typed>")
    def trace(typed: str) -> Any:
        found = _gift_or_404(typed)
        if found.code != typed:
            return redirect(f"/trace/{found.code}", code=302)
        return render_template("trace.html", **told(found))

    @door.get("/trace/<code>/receipt")
    def receipt_paper(code: str) -> str:
        found = _gift_or_404(code)
        return render_template("trace_receipt.html", **paper.receipt_facts(found, request.host_url))

    @door.get("/trace/<code>/receipt.tlog-proof")
    def receipt_file(code: str) -> Response:
        """The receipt of the newest delivery that stands, as `mingzhang receipt` and the API give it; the
        earlier ones have their entries'."""
        found = _gift_or_404(code)
        return receipt_answer(record, found.receipts[-1], f"gift-{found.code}.tlog-proof")

    private.add_to(door, record)
    return door


def _answer_typed(typed: str) -> Any:
    """To the gift's page, or one sentence about what is wrong with the number; what was typed stays."""
    try:
        return redirect(f"/trace/{_known_number(typed)}", code=302)
    except WrongNumber as wrong:
        why = g.speech.say(wrong.key, typed=typed)
        return render_template("trace_ask.html", book=g.book, typed=typed, wrong=why)


def _known_number(typed: str) -> str:
    """The number of a gift in the book, from what was typed or copied. Raises WrongNumber."""
    for read in (as_written, read_gift_number):
        code = read(typed)
        if g.book.rows("view_gift", gift=code):
            return code
    raise WrongNumber("trace.wrong.unknown")


def _gift_or_404(typed: str) -> Gift:
    try:
        found = gifts.gift(g.book, _known_number(typed))
    except WrongNumber as wrong:
        not_found(wrong.key, typed=typed[:60])
    assert found is not None
    return found


def told(gift: Gift) -> dict[str, Any]:
    """What trace.html needs."""
    book, speech = g.book, g.speech
    donor = donors.donor_of(book, gift.party, gift.code)
    telling = Telling(speech, book.facts.kind == "archive", donor.item, donor.amount)
    shown = gift.moved_by if request.args.get("all") == "1" else gift.moved_by[:_STEPS]
    steps = gifts.steps(book, gift, shown)
    now = proof.standing(book)
    last = steps[0].entry.recorded_at if steps else None
    steps.sort(key=_by_day, reverse=True)
    return {
        "book": book, "gift": gift, "goods": answering.goods(gift, telling),
        "answers": answering.answers(gift, telling), "hidden": answering.hidden_goods(telling),
        "last": speech.moment(last, year=True) if last else "",
        "ago": answering.days_ago(last, speech) if last else "",
        "proof": answering.confirmed_gift(gift, now, speech),
        "donor": donor, "published": now.published or 0,
        "steps": [
            (step.entry, sentence(step.entry, speech, book.registers), _beside(step, speech))
            for step in steps
        ],
        "looks": _LOOKS, "look": LOOK,
    }  # fmt: skip


def _by_day(step: GiftStep) -> tuple[str, int]:
    """By the day that it happened, as claimed."""
    return step.entry.occurred_at[:10] or step.entry.recorded_at.date().isoformat(), step.entry.index


def _beside(step: GiftStep, speech: Speech) -> list[Markup]:
    """What a step's sentence leaves out: the gift's own share of a count, and that it was written late."""
    say, entry = speech.say, step.entry
    found: list[Markup] = []
    if entry.public_at:
        return found
    if step.own:
        found.append(say("trace.own", lines=listed(step.own, speech)))
    is_archive = g.book.facts.kind == "archive"  # whose dates are the lists' own
    if not is_archive and hours_late(entry.occurred_at, entry.recorded_at, g.book) > Lag.late_hours:
        found.append(say("trace.late", when=speech.moment(entry.recorded_at)))
    return found


# What a step's square shows: where goods are after it.
_LOOKS = {
    "DonationReceived": "gift", "TransferDispatched": "transit", "TransferReceived": "onhand",
    "StockReturned": "onhand", "StockInspected": "onhand", "StockCounted": "onhand",
    "StockWrittenOff": "expired", "TransferLost": "expired", "EntryReversed": "missing",
}  # fmt: skip
