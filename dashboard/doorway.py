"""What every door for readers does: one language and one snapshot of the book per request, and an ETag."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container
from contextlib import ExitStack
from typing import Any

from flask import Blueprint, Response, g, request

from dashboard.config import Sibling, cookie_name
from dashboard.confirming import Confirmed, confirmed
from dashboard.labels import LANGUAGES
from dashboard.language import Speech, choose_language
from dashboard.queries.book import Books
from dashboard.queries.proof import standing
from ledger.record import Record
from ledger.store.store import StoreProblem

YEAR_SECONDS = 31_536_000


def open_to_readers(
    door: Blueprint, record: Record, books: Books, siblings: list[Sibling], without_book: Container[str] = ()
) -> None:
    """Give every request of this door `g.book` and `g.confirmed`, and its answer an ETag.

    `without_book` are endpoints that are answered without a look at the book. The ETag covers all that a
    page is made of: the book's state, what outsiders have confirmed in the words of the page, the language
    and the address. An answer that sets another Cache-Control keeps it and gets no ETag.
    """
    cookie = cookie_name(record.facts.origin, "lang")

    @door.before_request
    def open_book() -> Response | None:
        if request.endpoint in without_book:
            return None
        g.closing = ExitStack()
        g.book = g.closing.enter_context(books.open())
        g.confirmed = confirmed(standing(g.book), g.speech)
        g.etag = _etag(
            g.book.state, g.book.published_size, g.book.told_size, g.confirmed, g.lang, request.full_path,
            [sibling.address for sibling in siblings],
        )  # fmt: skip
        if request.method in ("GET", "HEAD") and request.if_none_match.contains_weak(g.etag):
            return Response(status=304)
        return None

    @door.teardown_request
    def at_the_end(_: BaseException | None) -> None:
        close_book()

    @door.after_request
    def remember(response: Response) -> Response:
        if "etag" in g and response.status_code in (200, 304) and "Cache-Control" not in response.headers:
            response.set_etag(g.etag, weak=True)
            response.headers["Cache-Control"] = "no-cache"
            response.vary.update(("Cookie", "Accept-Language"))
        if request.args.get("lang") in LANGUAGES:
            response.set_cookie(cookie, g.lang, max_age=YEAR_SECONDS, samesite="Lax", httponly=True)
        return response


def close_book() -> None:
    """Let go of the request's snapshot: at its end, or before something that waits for all readers."""
    if closing := g.pop("closing", None):
        closing.close()


def speak(record: Record) -> None:
    """The reader's language, on the book's day."""
    g.lang = choose_language(request, cookie_name(record.facts.origin, "lang"))
    g.speech = Speech(g.lang, record.facts.zone, record.now().astimezone(record.facts.zone).date())


def confirmed_now(record: Record, books: Books) -> Callable[[], Confirmed | None]:
    """For templates: who outside has confirmed the record. None where the book cannot be read just now."""

    def now() -> Confirmed | None:
        if "confirmed" not in g:
            try:
                with books.open() as book:
                    g.confirmed = confirmed(standing(book), g.speech)
            except StoreProblem:
                g.confirmed = None
        found: Confirmed | None = g.confirmed
        return found

    return now


def _etag(*parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]
