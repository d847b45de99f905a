"""From the record to the pages of the dashboard: which there are, what their frame says, what they answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import Dash
from dash.development.base_component import Component
from flask import Flask, Response, request
from werkzeug.exceptions import NotFound

from dashboard.config import cookie_name
from dashboard.flows import center, covers, goods, item, overview, shortages
from dashboard.flows.asked import PREFIX, Asked
from dashboard.flows.parts import Shown, nothing
from dashboard.flows.scene import Field, Scene, UnknownCode
from dashboard.flows.shell import dash_app
from dashboard.labels import LANGUAGES
from dashboard.language import Speech
from dashboard.packing import pack
from dashboard.queries.book import Book, Books
from ledger.record import Record

SCRIPTS = f"{PREFIX}_dash-component-suites/"
YEAR_SECONDS = 31_536_000


@dataclass(frozen=True)
class Page:
    """One page: its key among the labels, what can be chosen there, its answer; whether it needs centers."""

    key: str
    fields: Callable[[Scene], Sequence[Field]]
    view: Callable[[Scene], Shown]
    of_centers: bool = False


PAGES = {
    "": Page("overview", overview.fields, overview.view),
    "flows": Page("flows", goods.fields, goods.view),
    "map": Page("map", covers.fields, covers.view, True),
    "center": Page("center", center.fields, center.view, True),
    "item": Page("item", item.fields, item.view),
    "shortages": Page("shortages", shortages.fields, shortages.view, True),
}


def mount(app: Flask, record: Record, books: Books) -> Dash:
    """Serve the dashboard of a book under /flows/."""

    def frame(name: str, asked: Asked) -> Mapping[str, Any]:
        with books.open() as book:
            return framed(PAGES[name], scene(book, asked))

    def view(name: str, asked: Asked) -> tuple[Component | None, dict[str, str]]:
        with books.open() as book:
            shown = answered(PAGES[name], scene(book, asked))
            return shown.picture() if shown.picture else None, shown.texts

    pack_scripts(app)
    remember_language(app, cookie_name(record.facts.origin, "lang"))
    return dash_app(app, PAGES, frame, view)


def pack_scripts(app: Flask) -> None:
    """Dash sends its scripts as they are, plotly's 5 MB among them; a phone waits long for that."""

    @app.after_request
    def pack_script(response: Response) -> Response:
        if request.path.startswith(SCRIPTS) and response.status_code == 200:
            return pack(response, keep=True)
        return response


def remember_language(app: Flask, cookie: str) -> None:
    """A language chosen on the dashboard holds on the text pages too."""

    @app.after_request
    def remember(response: Response) -> Response:
        if request.path.startswith(PREFIX) and request.args.get("lang") in LANGUAGES:
            response.set_cookie(
                cookie, request.args["lang"], max_age=YEAR_SECONDS, samesite="Lax", httponly=True
            )
        return response


def scene(book: Book, asked: Asked) -> Scene:
    return Scene(book, Speech(asked.lang, book.facts.zone, book.today), asked)


def framed(page: Page, now: Scene) -> Mapping[str, Any]:
    """What flows.html needs: heading, choices, words and tables, the other views. An unknown code is 404."""
    say = now.say
    try:
        now.check()
    except UnknownCode as unknown:
        error = NotFound()
        error.sentence = say("dash.unknown", code=str(unknown))  # type: ignore[attr-defined]
        raise error from None
    title = f"dash.{page.key}.title.archive"
    has_centers = bool(now.book.registers.centers())
    return {
        "title": say.plain(title if say.has(title) and not has_centers else f"dash.{page.key}.title"),
        "fields": page.fields(now),
        "views": [
            (now.asked.link(name), say.plain(f"dash.{one.key}"), one is page)
            for name, one in PAGES.items()
            if has_centers or not one.of_centers
        ],
        "shown": page.view(now),
    }


def answered(page: Page, now: Scene) -> Shown:
    """The page's answer; an unknown code gets one sentence and a way on."""
    try:
        now.check()
        return page.view(now)
    except UnknownCode as unknown:
        say = now.say
        again = now.link(say.plain("dash.start_again"), "", item="", source="", street="", center="")
        return Shown(
            nothing(say.plain("dash.unknown", code=str(unknown)), say.plain("dash.unknown.why"), again)
        )
