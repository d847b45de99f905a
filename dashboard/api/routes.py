"""Every address of the API in one table: what it takes, what it answers. The door and OpenAPI read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response

from dashboard.api import entries, log, proofs, receipts
from dashboard.api.answering import JSON
from dashboard.api.answers import Answer, ConsistencyProof, InclusionProof, LogState
from dashboard.api.asked import (
    Asked,
    ByHash,
    ById,
    ByIndex,
    Consistency,
    Inclusion,
    Nothing,
    OfReceipt,
    Pages,
)
from dashboard.api.published import Publication
from ledger.record import Record


@dataclass(frozen=True)
class Route:
    """One address.

    Attributes:
        path: below /api/v1, as Flask writes it; variables and query are the fields of `asked`.
        name: of the endpoint.
        asked: the parameters.
        answer: the model of a JSON answer, or the media type of exact bytes.
        refusals: the statuses besides 200 and 304, each with a Problem.
        summary: one sentence.
        handle: what answers.
    """

    path: str
    name: str
    asked: type[Asked]
    answer: type[Answer] | str
    refusals: tuple[int, ...]
    summary: str
    handle: Callable[..., Response]


def routes(record: Record) -> tuple[Route, ...]:
    """The table, for one book."""

    def log_state(published: Publication, _: Nothing) -> Response:
        return log.state(record, published)

    def receipt(published: Publication, asked: OfReceipt) -> Response:
        return receipts.receipt(record, published, asked)

    return (
        Route("/checkpoint", "checkpoint", Nothing, log.TEXT, (404,),
              "The published checkpoint, a signed note.", log.checkpoint),
        Route("/log", "log", Nothing, LogState, (),
              "How far the log is recorded, signed, confirmed and published.", log_state),
        Route("/entries", "entry_pages", Pages, entries.NDJSON, (400, 404, 409),
              "Published entries in order, the exact bytes, one a line; a page at a time.", entries.page),
        Route("/entries/<index>", "entry", ByIndex, JSON, (400, 404, 409),
              "The exact bytes of an entry, by its place.", entries.by_index),
        Route("/entries/by-id/<id>", "entry_by_id", ById, JSON, (400, 404, 409),
              "The exact bytes of an entry, by its id.", entries.by_id),
        Route("/entries/by-hash/<hash>", "entry_by_hash", ByHash, JSON, (400, 404, 409),
              "The exact bytes of an entry, by its leaf hash in hex.", entries.by_hash),
        Route("/proofs/inclusion", "inclusion", Inclusion, InclusionProof, (400, 404, 409),
              "That an entry stands in the list of a size, by default the published one.", proofs.inclusion),
        Route("/proofs/consistency", "consistency", Consistency, ConsistencyProof, (400, 404, 409),
              "That the list of one size begins the list of another.", proofs.consistency),
        Route("/receipts/<of>", "receipt", OfReceipt, receipts.TEXT, (400, 404, 409),
              "A receipt (c2sp.org/tlog-proof@v1), by gift number, index or id.", receipt),
    )  # fmt: skip
