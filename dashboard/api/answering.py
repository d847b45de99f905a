"""Answers as HTTP: bytes with their tag, JSON models, problems."""

from __future__ import annotations

import hashlib

from flask import Response, request

from dashboard.api.answers import Answer, Refusal

BRIEF = "public, max-age=2"
FOREVER = "public, max-age=31536000, immutable"
NEVER = "no-store"
JSON = "application/json"


def bytes_answer(data: bytes, content_type: str, caching: str = BRIEF, tag: str | None = None) -> Response:
    """These bytes, with an ETag (by default their own hash); 304 for who has them already."""
    response = Response(data, content_type=content_type, headers={"Cache-Control": caching})
    response.set_etag(tag or hashlib.sha256(data).hexdigest()[:32])
    response.make_conditional(request)
    return response


def model_answer(answer: Answer, caching: str = BRIEF) -> Response:
    return bytes_answer(answer.model_dump_json(by_alias=True).encode(), JSON, caching)


def refusal_answer(refusal: Refusal) -> Response:
    problem = refusal.problem
    missing = {name for name in ("retry_after_seconds", "expected_at") if getattr(problem, name) is None}
    response = Response(
        problem.model_dump_json(exclude=missing), status=int(refusal.status), content_type=JSON,
        headers={"Cache-Control": NEVER},
    )  # fmt: skip
    if problem.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(problem.retry_after_seconds)
    return response
