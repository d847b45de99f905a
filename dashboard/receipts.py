"""A receipt as an answer: the file, or when to come back for it."""

from __future__ import annotations

from typing import NoReturn

from flask import Response, g
from werkzeug.exceptions import HTTPException, InternalServerError, NotFound

from ledger.published.writing import PublishedError
from ledger.receipts import NotPublished, receipt_of
from ledger.record import Record

# NotPublished.why -> the label that says when there will be one.
_WHEN = {
    "unsigned": "entry.proof.unpublished", "witnesses": "entry.proof.held", "held_back": "entry.delayed",
}  # fmt: skip


def receipt_answer(record: Record, index: int, name: str) -> Response:
    """The receipt of entry `index`, to be saved as `name`; 404 with one sentence while there is none yet."""
    try:
        data = receipt_of(record, index)
    except NotPublished as early:
        _tell(NotFound(), _WHEN[early.why], "receipt.come_back")
    except PublishedError:
        _tell(InternalServerError(), "receipt.broken", "receipt.broken.why")
    response = Response(data, mimetype="text/plain")  # C2SP tlog-proof is UTF-8 text
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _tell(error: HTTPException, sentence: str, why: str) -> NoReturn:
    error.sentence = g.speech.say(sentence)  # type: ignore[attr-defined]
    error.why = g.speech.say(why)  # type: ignore[attr-defined]
    raise error
