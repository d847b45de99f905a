"""The addresses of a witness. It needs no book and no database.

    POST /add-checkpoint                    C2SP tlog-witness, "add-checkpoint"
    GET  /                                  who this is and what it confirmed, Chinese and English
    GET  /logs/<hex>/checkpoint             the newest checkpoint it confirmed, with its cosignature; <hex> is
                                            the SHA-256 of the log's origin
    GET  /logs/<hex>/evidence/<case>/<file> `request` (exact bytes) and `held` of what contradicted it
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask, Response, abort, request

from dashboard.language import choose_language
from dashboard.witness.page import render
from ledger.witnessing.evidence import Case
from ledger.witnessing.held import HeldLog, HeldProblem, origin_hash
from ledger.witnessing.witness import TEXT, Witness

HERE = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def create_witness_app(witness: Witness, clock: Callable[[], float] = time.time) -> Flask:
    """The app of a witness. `clock` gives POSIX seconds."""
    app = Flask("dashboard.witness", static_folder=str(HERE.parent / "static"), template_folder="templates")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    logs = {origin_hash(origin): log for origin, log in witness.logs.items()}

    @app.post("/add-checkpoint")
    def add_checkpoint() -> Response:
        answer = witness.add_checkpoint(request.get_data(), clock)
        return Response(answer.body, answer.status, content_type=answer.content_type)

    @app.get("/")
    def page() -> str:
        return render(witness, choose_language(request, cookie=""), request.url_root, clock())

    @app.get("/logs/<digest>/checkpoint")
    def checkpoint(digest: str) -> Response:
        return _checkpoint(logs.get(digest))

    @app.get("/logs/<digest>/evidence/<case>/<any(held, request):name>")
    def evidence(digest: str, case: str, name: str) -> Response:
        log, named = logs.get(digest), Case.parse(case)
        if log is None or named is None or not log.evidence.has(named, name):
            abort(404)
        return Response((log.evidence.folder / named.name / name).read_bytes(), content_type=TEXT)

    app.after_request(_secure)
    return app


def _checkpoint(log: HeldLog | None) -> Response:
    """The confirmed checkpoint, 404 before the first, 500 where what was held is damaged."""
    try:
        held = log.read() if log else None
    except HeldProblem as problem:
        return Response(f"{problem}\n", 500, content_type=TEXT)
    if held is None:
        return Response("nothing is confirmed here\n", 404, content_type=TEXT)
    return Response(held.data, content_type=TEXT)


def _secure(response: Response) -> Response:
    for name, value in HEADERS.items():
        if not (name == "Cache-Control" and request.endpoint == "static"):
            response.headers.setdefault(name, value)
    if request.path.startswith("/logs/"):
        response.headers["Access-Control-Allow-Origin"] = "*"  # anyone may compare, from any page
    return response
