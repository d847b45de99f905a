"""`/api/v1/...`: the published record for programs. Its addresses are in routes.py and dashboard/README.md.

Read-only, for any origin. What is answered is what is published: entries come from the published bundles,
hashes from the published tiles, and nothing is proved beyond the published checkpoint.
"""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from dashboard.api.answering import NEVER, refusal_answer
from dashboard.api.answers import Refusal
from dashboard.api.asked import asked
from dashboard.api.published import Publication
from dashboard.api.routes import Route, routes
from ledger.published.leaves import LeafIndexes
from ledger.published.source import FolderSource
from ledger.published.writing import PublishedError
from ledger.record import Record
from ledger.store.store import StoreProblem

ALLOWED = "GET, HEAD, OPTIONS"
OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Entry-Index, ETag, Leaf-Hash, Link, Retry-After",
    "X-Content-Type-Options": "nosniff",
}
PREFLIGHT = {
    "Allow": ALLOWED,
    "Access-Control-Allow-Methods": ALLOWED,
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": "86400",
}
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def api_blueprint(record: Record) -> Blueprint:
    """The API of one book."""
    door = Blueprint("api", __name__, url_prefix="/api/v1")
    leaves = LeafIndexes(FolderSource(record.folder.log))

    def answer(route: Route, **from_path: str) -> Response:
        parameters = asked(route.asked, **from_path)
        return route.handle(Publication(record, leaves), parameters)

    for route in routes(record):
        door.add_url_rule(
            route.path, route.name, partial(answer, route), methods=["GET"], merge_slashes=False
        )

    @door.route("/", defaults={"_": ""}, methods=_METHODS, endpoint="other", merge_slashes=False)
    @door.route("/<path:_>", methods=_METHODS, endpoint="other", merge_slashes=False)
    def other(_: str) -> Response:
        """No address of ours, or one that is only read: else the pages would answer in HTML."""
        if request.method not in ("GET", "HEAD"):
            told = Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "the record is only read here")
            response = refusal_answer(told)
            response.headers["Allow"] = ALLOWED
            return response
        return refusal_answer(Refusal(HTTPStatus.NOT_FOUND, "there is nothing at this address"))

    @door.after_request
    def open_to_any_origin(response: Response) -> Response:
        response.headers.update(OPEN)
        if request.method == "OPTIONS":
            response.headers.update(PREFLIGHT)
        response.headers.setdefault("Cache-Control", NEVER)
        return response

    _answer_problems(door)
    return door


def _answer_problems(door: Blueprint) -> None:
    @door.errorhandler(Refusal)
    def refuse(refusal: Refusal) -> Response:
        return refusal_answer(refusal)

    @door.errorhandler(PublishedError)
    def tell_damage(error: PublishedError) -> Response:
        return refusal_answer(Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, str(error)))

    @door.errorhandler(StoreProblem)
    def tell_store(error: StoreProblem) -> Response:
        told = "the book cannot be read just now"
        return refusal_answer(Refusal(HTTPStatus.SERVICE_UNAVAILABLE, told, retry_after_seconds=10))

    @door.errorhandler(HTTPException)
    def tell(error: Any) -> Response:
        return refusal_answer(Refusal(HTTPStatus(error.code or 500), f"{error.name}: {error.description}"))
