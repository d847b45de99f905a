"""The Dash app inside the Flask app: the frame of the text-first pages, a nonce per answer, no registry.

Dash keeps its registry of pages per process, and a process may hold several books (the tests do). So pages
are looked up in a dict of our own, and every `_App` shares nothing with another.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Any, cast

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import DependencyException
from flask import Blueprint, Flask, Response, abort, g, make_response, render_template, request
from markupsafe import Markup
from werkzeug.exceptions import NotFound

from dashboard.flows import ids
from dashboard.flows.asked import PREFIX, Asked
from dashboard.labels import LANGUAGES

# Plotly and Dash write styles of their own; scripts come from here or carry the nonce of their page.
POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
Frame = Callable[[str, Asked], Mapping[str, Any]]
View = Callable[[str, Asked], tuple[Component | None, dict[str, str]]]


class _App(Dash):
    """Dash whose HTML is our own template, and whose unknown paths are 404."""

    names: Container[str]
    frame: Frame

    def index(self, *_args: Any, **_kwargs: Any) -> Response:
        if request.path.removeprefix(PREFIX) not in self.names:
            abort(404)
        g.flows_nonce = secrets.token_urlsafe(16)
        response = make_response(super().index())
        response.headers["Content-Security-Policy"] = POLICY.format(nonce=g.flows_nonce)
        response.headers["Cache-Control"] = "no-store"  # a nonce is for one answer
        return response

    def interpolate_index(self, *_args: Any, **parts: Any) -> str:
        """Dash's parts of the page, in our template; every script of theirs carries the nonce."""
        name = request.path.removeprefix(PREFIX)
        asked = Asked.read(request.query_string.decode("utf-8", "replace"), g.lang)
        own = self.frame(name, asked)
        scripts = {
            key: Markup(re.sub(r"<script(?=[\s>])", f'<script nonce="{g.flows_nonce}"', part))
            for key, part in parts.items()
        }
        scripts["app_entry"] = Markup('<div id="react-entry-point"></div>')
        return render_template("flows.html", dash=scripts, page=name, **own)


def dash_app(app: Flask, names: Container[str], frame: Frame, view: View) -> Dash:
    """Serve the pages `names` (paths below /flows/) with Dash; read-only.

    `frame` gives what the template needs beside Dash's own parts, words and tables among it; `view` answers
    a question: the picture, and HTML by the id of the element that holds it.
    """
    app.register_blueprint(Blueprint("flows_frame", __name__, template_folder="templates"))
    app.register_error_handler(
        DependencyException, lambda _: app.make_response(app.handle_user_exception(NotFound()))
    )
    dash = _App(
        __name__,
        server=cast(Any, app),  # Dash's hints do not know that a Flask app is one
        url_base_pathname=PREFIX,
        use_pages=False,
        assets_folder=str(Path(__file__).parent / "assets"),
        update_title="",  # a title that flickers says nothing, and screen readers read it out
        add_log_handler=False,
    )
    dash.names, dash.frame = names, frame
    dash.layout = html.Div(
        [
            dcc.Location(id=ids.ADDRESS, refresh=False),
            dcc.Store(id=ids.SCREEN),
            dcc.Store(id=ids.TEXTS),
            html.Div(id=ids.PICTURE),
        ]
    )
    _join(dash, view)
    _refuse_what_no_page_sends(app, names)
    return dash


def _join(dash: Dash, view: View) -> None:
    """The callbacks: the address and the screen in, the page out; and three in the browser (flows.js)."""
    address = Input(ids.ADDRESS, "search")
    dash.clientside_callback(
        ClientsideFunction("flows", "screen"), Output(ids.SCREEN, "data"), Input(ids.ADDRESS, "pathname")
    )
    dash.clientside_callback(ClientsideFunction("flows", "address"), address)
    dash.clientside_callback(ClientsideFunction("flows", "texts"), Input(ids.TEXTS, "data"))
    dash.clientside_callback(
        ClientsideFunction("flows", "click"),
        Output(ids.ADDRESS, "search"),
        Input(ids.figure(ALL), "clickData"),
        State(ids.figure(ALL), "figure"),
        prevent_initial_call=True,
    )

    @dash.callback(
        Output(ids.PICTURE, "children"),
        Output(ids.TEXTS, "data"),
        address,
        Input(ids.SCREEN, "data"),
        State(ids.ADDRESS, "pathname"),
        prevent_initial_call=True,
    )
    def show(search: str | None, screen: Any, path: str) -> tuple[Component | None, dict[str, str]]:
        return view(path.removeprefix(PREFIX), Asked.read(search, screen["lang"], screen["narrow"]))


def _refuse_what_no_page_sends(app: Flask, names: Container[str]) -> None:
    """Answer 400 to a callback request that no page of ours sends, instead of failing inside Dash."""
    endpoint = f"{PREFIX}_dash-update-component"
    answer = app.view_functions[endpoint]

    def checked() -> Any:
        if not _sent_by_a_page(request.get_json(), names):
            abort(400)
        return answer()

    app.view_functions[endpoint] = checked


def _sent_by_a_page(body: Any, names: Container[str]) -> bool:
    """Whether a callback request asks for the view, with an address, a screen and a page that there are."""
    try:
        (search, screen), (path,) = ([one["value"] for one in body[part]] for part in ("inputs", "state"))
        return (
            body["output"] == f"..{ids.PICTURE}.children...{ids.TEXTS}.data.."
            and [part["id"] for part in body["outputs"]] == [ids.PICTURE, ids.TEXTS]
            and (search is None or isinstance(search, str))
            and screen["lang"] in LANGUAGES
            and isinstance(screen["narrow"], bool)
            and path.startswith(PREFIX)
            and path.removeprefix(PREFIX) in names
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
