"""The door of the public pages: one snapshot and one language per request, an ETag, and the addresses."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack, suppress
from typing import Any

from flask import Blueprint, Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException

from dashboard.config import Sibling, cookie_name
from dashboard.labels import LANGUAGES, Number
from dashboard.language import HTML_LANG, Speech, choose_language, percent
from dashboard.pages import centers, entries, figures, files, home, items, method
from dashboard.queries.book import Books
from dashboard.queries.stock import center_standings
from ledger.record import Record
from ledger.store.store import StoreProblem

YEAR_SECONDS = 31_536_000
_NO_BOOK = ("pages.healthz", "pages.plotly_script")  # answered without a look at the book


def pages_blueprint(app: Flask, record: Record, books: Books, siblings: list[Sibling]) -> Blueprint:
    """The public pages of a book, and the app's error pages and template words."""
    door = Blueprint("pages", __name__)
    language_cookie = cookie_name(record.facts.origin, "lang")

    @app.before_request
    def speak() -> None:
        g.lang = choose_language(request, language_cookie)
        g.speech = Speech(g.lang, record.facts.zone, record.now().astimezone(record.facts.zone).date())

    @door.before_request
    def open_book() -> Response | None:
        if request.endpoint in _NO_BOOK:
            return None
        g.closing = ExitStack()
        g.book = g.closing.enter_context(books.open())
        g.etag = _etag(
            g.book.state, g.book.published_size, g.lang, request.full_path, [s.address for s in siblings]
        )
        if request.if_none_match.contains_weak(g.etag):
            return Response(status=304)
        return None

    @door.teardown_request
    def close_book(_: BaseException | None) -> None:
        if closing := g.pop("closing", None):
            closing.close()

    @door.after_request
    def remember(response: Response) -> Response:
        if "etag" in g and response.status_code in (200, 304):
            response.set_etag(g.etag, weak=True)
            response.headers.setdefault("Cache-Control", "no-cache")
            response.vary.update(("Cookie", "Accept-Language"))
        if request.args.get("lang") in LANGUAGES:
            response.set_cookie(language_cookie, g.lang, max_age=YEAR_SECONDS, samesite="Lax", httponly=True)
        return response

    @app.context_processor
    def words_for_templates() -> dict[str, Any]:
        return frame(record, siblings, app)

    app.register_error_handler(HTTPException, problem)
    app.register_error_handler(StoreProblem, store_problem)
    for part in (home, centers, items, entries, method, figures, files):
        part.add_to(door)
    _warm(app, books)
    return door


def _warm(app: Flask, books: Books) -> None:
    """What the first reader would else wait for: templates, and the stock of every center. A database that
    cannot be read now is told to whoever asks for a page."""
    for name in app.jinja_env.list_templates(extensions=["html"]):
        app.jinja_env.get_template(name)
    with suppress(StoreProblem), books.open() as book:
        center_standings(book)


def frame(record: Record, siblings: list[Sibling], app: Flask) -> dict[str, Any]:
    """What every template may use: the words, the book's own name and kind, the ways to other pages."""
    speech: Speech = g.get("speech") or Speech("zh", record.facts.zone, record.now().date())
    other = "en" if speech.lang == "zh" else "zh"
    facts = record.facts
    return {
        "t": speech.say, "speech": speech, "lang": speech.lang, "html_lang": HTML_LANG[speech.lang],
        "percent": percent, "other_lang": other, "other_html_lang": HTML_LANG[other],
        "other_address": _address_in(other),
        "fate_word": lambda fate: short_fate(speech, fate),
        "number": lambda n: str(Number(n)), "siblings": siblings, "kind": facts.kind,
        "book_name": facts.name_zh if speech.lang == "zh" else facts.name_en,
        "has_flows": any(str(rule).startswith("/flows/") for rule in app.url_map.iter_rules()),
    }  # fmt: skip


def short_fate(speech: Speech, fate: str) -> str:
    """The word for a fate where there is little room."""
    short = f"chart.fate.{fate}"
    return speech.say.plain(short if speech.say.has(short) else f"fate.{fate}")


def _address_in(lang: str) -> str:
    """This page's address in another language."""
    values = {**request.args.to_dict(), "lang": lang}
    query = "&".join(f"{_quoted(key)}={_quoted(value)}" for key, value in values.items())
    return f"{request.path}?{query}"


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")


def _etag(*parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


def problem(error: HTTPException) -> tuple[str, int] | Response:
    """One sentence about what went wrong; the dashboard's and the log's own answers stay as they are."""
    if request.path.startswith("/log/") or error.response is not None:
        return error.get_response()  # type: ignore[return-value]
    code = error.code or 500
    known = code if code in (400, 404, 405, 413, 500, 503) else 400 if code < 500 else 500
    sentence = getattr(error, "sentence", None)
    return render_template("problem.html", code=known, sentence=sentence), code


def store_problem(_: StoreProblem) -> tuple[str, int]:
    return render_template("problem.html", code=503, sentence=None), 503
