"""Receipts (C2SP tlog-proof), by gift number, index or id."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, url_for

from dashboard.api.answering import bytes_answer
from dashboard.api.answers import Refusal
from dashboard.api.asked import OfReceipt
from dashboard.api.entries import index_of_id
from dashboard.api.published import Publication
from ledger.domain.ids import is_entry_id
from ledger.publishing import STEP_SECONDS
from ledger.receipts import NotPublished, gift_entries, receipt_of
from ledger.record import Record

TEXT = "text/plain; charset=utf-8"


def receipt(record: Record, published: Publication, asked: OfReceipt) -> Response:
    """The receipt of the entry; of a gift, that of the newest entry which received it and stands. Those of
    its other parts are linked."""
    indexes = _indexes(record, published, asked.of)
    index = published.check_shown(indexes[0], "of")
    try:
        data = receipt_of(record, index)
    except NotPublished as early:  # the log was put back meanwhile
        raise Refusal(HTTPStatus.CONFLICT, f"of: {early}", "of", STEP_SECONDS) from None
    response = bytes_answer(data, TEXT)
    response.headers["Content-Disposition"] = f'attachment; filename="entry-{index}.tlog-proof"'
    for other in indexes[1:]:
        response.headers.add("Link", f'<{url_for(".receipt", of=other)}>; rel="related"')
    return response


def _indexes(record: Record, published: Publication, of: str) -> list[int]:
    if of.isascii() and of.isdigit():
        return [int(of)]
    if is_entry_id(of):
        return [index_of_id(published, of)]
    found = [entry for entry in map(record.entry, reversed(gift_entries(record, of))) if entry]
    if not found:
        raise Refusal(HTTPStatus.NOT_FOUND, "of: no gift of this number was received", "of")
    with record.reading() as reading:
        taken_back = reading.reversed_by(entry.id for entry in found)
    standing = [entry.index for entry in found if entry.id not in taken_back]
    return standing or [found[0].index]
