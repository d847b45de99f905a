"""`/verify/verifier.html`: the single-file verifier, as a page and to be saved.

The file is the same for every book but for one attribute: the key or policy of this book, filled in and
marked as coming from whoever runs it.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from flask import Blueprint, Response, request

from dashboard.proofs.verifier.making import policy_of
from ledger.home import HomeProblem
from ledger.record import Record

PAGE = Path(__file__).parent / "verifier.html"
NAME = "mingzhang-verifier.html"


def verifier_blueprint(record: Record) -> Blueprint:
    """Serve the verifier; `?download` gives it as a file to save."""
    door = Blueprint("verifier", __name__)
    page = PAGE.read_text(encoding="utf-8")
    # The page's own policy, and nobody may frame it, which a policy inside a page cannot say.
    policy = policy_of(page) + "; frame-ancestors 'none'"

    @door.get("/verify/verifier.html")
    def verifier() -> Response:
        filled = page.replace('data-given=""', f'data-given="{escape(_given(record))}"', 1)
        answer = Response(filled, content_type="text/html; charset=utf-8")
        answer.headers["Content-Security-Policy"] = policy
        answer.headers["Cache-Control"] = "no-cache"
        if "download" in request.args:
            answer.headers["Content-Disposition"] = f'attachment; filename="{NAME}"'
        return answer

    return door


def _given(record: Record) -> str:
    """The policy that the log publishes, with its witnesses; else its verifier key; else nothing."""
    try:
        return (record.folder.log / "policy").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        pass
    try:
        return str(record.folder.verifier())
    except HomeProblem:
        return ""
