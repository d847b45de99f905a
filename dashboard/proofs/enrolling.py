"""`/enroll`: a center's phone enrolls a key of its own by a one-time code.

    GET  /enroll          the page; it works by static/enroll.js
    POST /enroll/place    {"code"} -> {"place", "name"}: for whom the code is; nothing is written
    POST /enroll          {"code", "public_key", "proof"} -> {"key"}: enrolled in the log

Problems come as {"problem": code}, for which the page has words in both languages. A code has 80 bits and is
of use once, so guessing it is no worry; what is held back is the noise: ten wrong codes from one address
within ten minutes, counted in this process alone. Who knows a code may use it: there is nothing else to
protect, so a form of another site gains nothing, and JSON keeps such forms out besides.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, g, jsonify, render_template, request

from dashboard.language import Name
from ledger import authors
from ledger.authors import AuthorProblem
from ledger.domain.violations import Refused
from ledger.record import Record, RecordProblem
from ledger.store.store import StoreProblem

PROBLEMS = (
    "code", "wait", "known", "revoked", "refused", "later", "offline", "insecure", "unsupported", "storage",
    "no_key",
)  # fmt: skip
MAX_BODY_BYTES = 4096


class Problem(Exception):
    """What keeps a device from being enrolled: one of PROBLEMS, and the HTTP status that says so."""

    def __init__(self, code: str, status: HTTPStatus, wait_seconds: int | None = None) -> None:
        super().__init__(code)
        self.code, self.status, self.wait_seconds = code, status, wait_seconds


class WrongCodes:
    """How often each address told a wrong code of late; one over the limit waits, right code or not."""

    LIMIT = 10
    SECONDS = 600
    ADDRESSES = 1000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, address: str) -> None:
        """Raises Problem for an address that must wait."""
        now = time.monotonic()
        with self._lock:
            recent = [at for at in self._times.get(address, ()) if at > now - self.SECONDS]
        if len(recent) >= self.LIMIT:
            wait = int(recent[0] + self.SECONDS - now) + 1
            raise Problem("wait", HTTPStatus.TOO_MANY_REQUESTS, wait)

    def count(self, address: str) -> None:
        with self._lock:
            self._times.setdefault(address, deque(maxlen=self.LIMIT)).append(time.monotonic())
            self._times.move_to_end(address)
            while len(self._times) > self.ADDRESSES:
                self._times.popitem(last=False)


def enrolling_blueprint(record: Record) -> Blueprint:
    """The page and its two calls; words and frame are the app's."""
    door = Blueprint("enrolling", __name__)
    wrong = WrongCodes()

    @door.get("/enroll")
    def enroll() -> str:
        return render_template("enroll.html", problems=PROBLEMS, origin=record.facts.origin)

    @door.post("/enroll/place")
    def place() -> Response:
        (code,) = _told("code")
        with _answering(record, wrong):
            invited = authors.invitation_of(record, code).place
        return jsonify(place=invited, name=_name(record, invited))

    @door.post("/enroll")
    def accept() -> Response:
        code, public_key, proof = _told("code", "public_key", "proof")
        with _answering(record, wrong):
            key = authors.accept_invitation(record, code, public_key, proof)
        if _is_revoked(record, key):  # this code enrolled it, some time before it was revoked
            raise Problem("code", HTTPStatus.CONFLICT)
        return jsonify(key=key)

    @door.errorhandler(Problem)
    def tell(problem: Problem) -> tuple[Response, int]:
        answer = jsonify(problem=problem.code)
        if problem.wait_seconds is not None:
            answer.headers["Retry-After"] = str(problem.wait_seconds)
        return answer, problem.status

    @door.after_request
    def keep_nothing(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    return door


class _answering:
    """Turns what the ledger says into a Problem, and counts wrong codes."""

    def __init__(self, record: Record, wrong: WrongCodes) -> None:
        self.record, self.wrong = record, wrong

    def __enter__(self) -> None:
        self.wrong.check(request.remote_addr or "")

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, AuthorProblem):
            self.wrong.count(request.remote_addr or "")
            raise Problem("code", HTTPStatus.NOT_FOUND) from error
        if isinstance(error, Refused):
            raise Problem(self._refusal(error), HTTPStatus.CONFLICT) from error
        if isinstance(error, RecordProblem | StoreProblem):
            raise Problem("later", HTTPStatus.SERVICE_UNAVAILABLE) from error

    def _refusal(self, refused: Refused) -> str:
        """A key is enrolled once: one that was revoked needs another in its place, which the device makes."""
        for violation in refused.violations:
            if violation.rule == "key_known":
                return "revoked" if _is_revoked(self.record, str(violation.facts["key"])) else "known"
        return "refused"


def _is_revoked(record: Record, key: str) -> bool:
    return any(known.key == key and not known.is_live for known in authors.keys_of(record))


def _told(*names: str) -> list[str]:
    """These strings of the JSON body, and no others. Raises Problem."""
    request.max_content_length = MAX_BODY_BYTES
    told = request.get_json(silent=True) if request.is_json else None
    if not isinstance(told, dict) or told.keys() != set(names):
        raise Problem("refused", HTTPStatus.BAD_REQUEST)
    if not all(isinstance(told[name], str) for name in names):
        raise Problem("refused", HTTPStatus.BAD_REQUEST)
    return [told[name] for name in names]


def _name(record: Record, code: str) -> str:
    """The place's name in the reader's language; its code where it has none."""
    with record.reading() as reading:
        names = {row.code: Name(row.name_zh, row.name_en) for row in reading.places()}
    return names[code].plain(g.lang) or code if code in names else code
