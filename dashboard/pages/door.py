"""The door of the public pages, and the words and error pages of the whole app."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import Blueprint, Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException

from dashboard.config import Sibling
from dashboard.doorway import confirmed_now, open_to_readers, speak
from dashboard.labels import Number
from dashboard.language import HTML_LANG, Speech, percent
from dashboard.pages import centers, entries, figures, files, home, items, method, story, verify
from dashboard.queries.book import Books
from dashboard.queries.stock import center_standings
from ledger.record import Record
from ledger.store.store import StoreProblem

_NO_BOOK = ("pages.healthz", "pages.plotly_script")  # answered without a look at the book


def pages_blueprint(app: Flask, record: Record, books: Books, siblings: list[Sibling]) -> Blueprint:
    """The public pages of a book, and the app's error pages and template words."""
    door = Blueprint("pages", __name__)

    @app.before_request
    def speak_first() -> None:
        speak(record)  # for the pages of other doors and for errors too

    open_to_readers(door, record, books, siblings, _NO_BOOK)

    @app.context_processor
    def words_for_templates() -> dict[str, Any]:
        return frame(record, siblings, app) | {"confirmation": confirmed_now(record, books)}

    app.register_error_handler(HTTPException, problem)
    app.register_error_handler(StoreProblem, store_problem)
    for part in (home, centers, story, items, entries, verify, method, figures, files):
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


def problem(error: HTTPException) -> Response:
    """One sentence about what went wrong; the dashboard's and the log's own answers stay as they are."""
    if request.path.startswith("/log/") or error.response is not None:
        return error.get_response()  # type: ignore[return-value]
    code = error.code or 500
    known = code if code in (400, 404, 405, 413, 429, 500, 503) else 400 if code < 500 else 500
    sentence, why = getattr(error, "sentence", None), getattr(error, "why", None)
    page = Response(render_template("problem.html", code=known, sentence=sentence, why=why), code)
    if retry := getattr(error, "retry_after", None):
        page.headers["Retry-After"] = str(retry)
    return page


def store_problem(_: StoreProblem) -> tuple[str, int]:
    return render_template("problem.html", code=503), 503
