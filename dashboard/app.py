"""The web app of one book: the only place where pages, proofs, dashboard and record are wired together."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, url_for

from dashboard import config
from dashboard.config import Sibling
from ledger.record import Record

HERE = Path(__file__).parent
# Text pages: our own files and nothing else. /flows/ sets a policy of its own (dashboard/flows).
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def create_app(
    home: Path | str, *, siblings: Sequence[Sibling] | None = None, database_url: str | None = None
) -> Flask:
    """The app that serves the book in `home`.

    `siblings` are the books that every page links to; None takes them from MINGZHANG_SIBLINGS
    (`kind=address,...`). Raises RecordProblem, HomeProblem or ValueError, each one sentence.
    """
    told = config.siblings_told() if siblings is None else list(siblings)
    record = Record.open(Path(home), database_url)
    app = Flask("dashboard", static_folder=str(HERE / "static"), template_folder=str(HERE / "templates"))
    app.config.update(config.flask_settings(record))
    app.extensions["mingzhang"] = record
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["asset"] = asset
    app.after_request(_secure)
    _mount(app, record, told)
    return app


def _mount(app: Flask, record: Record, siblings: list[Sibling]) -> None:
    """Every door, imported here and not at the top: a command line that serves nothing imports none."""
    from dashboard.api import api_blueprint
    from dashboard.flows import mount as mount_flows
    from dashboard.pages import pages_blueprint
    from dashboard.proofs import log_blueprint
    from dashboard.proofs.enrolling import enrolling_blueprint
    from dashboard.proofs.verifier import verifier_blueprint
    from dashboard.queries.book import Books
    from dashboard.trace import trace_blueprint

    app.register_blueprint(log_blueprint(record.folder.log))
    app.register_blueprint(verifier_blueprint(record))
    app.register_blueprint(api_blueprint(record))
    books = Books(record)  # one for all doors: what it has read of the forecasts it has read for each
    app.register_blueprint(pages_blueprint(app, record, books, siblings))
    app.register_blueprint(trace_blueprint(record, books, siblings))
    app.register_blueprint(enrolling_blueprint(record))
    mount_flows(app, record, books)


def _secure(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


@cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of one of our files; it carries the file's hash, so it may be cached for good."""
    values: dict[str, Any] = {"filename": name, "v": _digest(HERE / "static" / name)}
    return url_for("static", **values)
