"""The published checkpoint, and how far everything is."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response

from dashboard.api.answering import bytes_answer, model_answer
from dashboard.api.answers import LogState, Refusal, Witness
from dashboard.api.asked import Nothing
from dashboard.api.published import Publication
from ledger.published.confirmation import read_confirmation
from ledger.publishing import STEP_SECONDS
from ledger.record import Record

TEXT = "text/plain; charset=utf-8"


def checkpoint(published: Publication, _: Nothing) -> Response:
    """The signed note, exact bytes."""
    if published.note is None:
        told = "nothing is published yet"
        raise Refusal(HTTPStatus.NOT_FOUND, told, retry_after_seconds=STEP_SECONDS)
    return bytes_answer(published.note, TEXT)


def state(record: Record, published: Publication) -> Response:
    found = read_confirmation(record.folder)
    with record.reading() as reading:
        size, keys = reading.size(), reading.log_keys()
    return model_answer(
        LogState(
            origin=published.checkpoint.origin,
            vkey=keys[-1][1] if keys else record.facts.vkey,
            size=size,
            signed_size=max(found.signed_size, published.size),
            published_size=published.size,
            entries_published=published.shown,
            root_hash=None if published.note is None else published.checkpoint.root_base64,
            witnesses=[
                Witness(
                    name=one.name, key_name=one.key_name, size=one.size, confirmed_at=one.time,
                    problem=one.problem,
                )
                for one in found.witnesses
            ],
            witnesses_needed=found.needed,
            confirmed=found.times,
            problem=found.problem,
        )
    )  # fmt: skip
