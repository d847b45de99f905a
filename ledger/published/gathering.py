"""Asking witnesses for their cosignatures: the log's side of C2SP tlog-witness, over http and https."""

from __future__ import annotations

import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPException
from typing import Any

from ledger.tlog.checkpoint import read_unverified
from ledger.tlog.note import MAX_NOTE_BYTES, Note, NoteError, Signature, parse_note, parse_signature_lines
from ledger.tlog.policy import WitnessLine
from ledger.tlog.witness import AddCheckpoint

TIMEOUT_SECONDS = 5.0
MAX_ANSWER_BYTES = 64_000  # a dozen ML-DSA-44 cosignatures
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")
Prove = Callable[[int, int], list[bytes]]  # (old size, new size) -> consistency proof


@dataclass(frozen=True)
class Answer:
    """What one witness said to one checkpoint.

    Attributes:
        signatures: its cosignatures, verified; empty if it gave none.
        held: size of the newest checkpoint that it holds, if it told.
        before: size of the one that it held before it took this one.
        problem: one sentence, if there is no cosignature.
        contradicts: it holds something that is not of this checkpoint's history: larger, or beside it.
        evidence: the checkpoint that it holds, where it shows one; b"" otherwise.
        is_silent: it could not be reached, or said nothing in time.
    """

    signatures: tuple[Signature, ...] = ()
    held: int | None = None
    before: int | None = None
    problem: str | None = None
    contradicts: bool = False
    evidence: bytes = b""
    is_silent: bool = False


def gather(
    witnesses: Iterable[WitnessLine],
    note: Note,
    held: Mapping[str, int | None],
    prove: Prove,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> dict[str, Answer]:
    """Ask all at once; every one of them has an entry in the result, within the timeout and a moment more.

    `held`: witness name -> size that it was last known to hold.
    """
    answers: dict[str, Answer] = {}
    deadline = time.monotonic() + timeout_seconds

    def ask(witness: WitnessLine) -> None:
        answers[witness.name] = ask_witness(
            witness, note, held.get(witness.name) or 0, prove, timeout_seconds
        )

    asked = list(witnesses)
    threads = [threading.Thread(target=ask, args=(witness,), daemon=True) for witness in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()) + 0.2)
    late = Answer(problem=f"did not answer within {timeout_seconds:g} s", is_silent=True)
    return {witness.name: answers.get(witness.name, late) for witness in asked}


def ask_witness(
    witness: WitnessLine, note: Note, held: int, prove: Prove, timeout_seconds: float = TIMEOUT_SECONDS
) -> Answer:
    """Ask one witness, and once more from the size that it names with a 409. Never raises."""
    try:
        if not witness.url or not witness.url.lower().startswith(("http://", "https://")):
            return Answer(problem="has no http(s) address in the policy")
        return _Asking(witness, note, prove, timeout_seconds).run(held)
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        told = getattr(reason, "strerror", None) or reason
        return Answer(problem=f"cannot be reached: {told}", is_silent=True)
    except ValueError as error:
        return Answer(problem=f"answered what is no answer: {error}")
    except Exception as error:  # of reading our own tiles for the proof
        return Answer(problem=f"could not be asked: {error}")


class _Asking:
    def __init__(self, witness: WitnessLine, note: Note, prove: Prove, timeout_seconds: float) -> None:
        self._witness = witness
        self._url = str(witness.url).rstrip("/")
        self._note = note
        self._checkpoint = read_unverified(note.encode())
        self._prove = prove
        self._deadline = time.monotonic() + timeout_seconds
        self._opener = urllib.request.build_opener(_NoRedirect)

    def run(self, held: int) -> Answer:
        size = self._checkpoint.size
        old = min(held, size)
        status, body = self._post(old)
        if status == 409 and (told := _size(body)) <= size and told != old:
            old = told
            status, body = self._post(old)
        if status == 409 and (told := _size(body)) > size:
            return self._contradiction(told, f"holds a checkpoint of size {told}, above our {size}")
        if status == 409 and old == size:
            return self._contradiction(size, f"holds another checkpoint of size {size} than ours")
        if status == 422:
            return self._contradiction(old, f"holds a checkpoint of size {old} that ours does not extend")
        if status == 200:
            return self._taken(body, old)
        return Answer(problem=_refusal(status))

    def _taken(self, body: bytes, before: int) -> Answer:
        """tlog-witness: signatures of unknown keys are ignored; what is not ours to know is not kept."""
        key, size = self._witness.key, self._checkpoint.size
        good = tuple(
            one
            for one in parse_signature_lines(body)
            if (one.name, one.key_id) == (key.name, key.key_id)
            and key.verify(self._note.text.encode(), one.data)
        )
        if not good:
            return Answer(held=size, problem="answered without a valid cosignature of its key")
        return Answer(good[:1], size, before)

    def _contradiction(self, held: int, problem: str) -> Answer:
        return Answer((), held, None, problem, True, self._shown())

    def _shown(self) -> bytes:
        """The checkpoint that it holds, where it is a witness of this product, which shows it."""
        digest = sha256(self._checkpoint.origin.encode()).hexdigest()
        try:
            with self._opener.open(f"{self._url}/logs/{digest}/checkpoint", timeout=self._left()) as answer:
                data = self._read(answer, MAX_NOTE_BYTES)
            parse_note(data)
        except (OSError, HTTPException, ValueError):
            return b""
        return data

    def _post(self, old: int) -> tuple[int, bytes]:
        proof = tuple(self._prove(old, self._checkpoint.size)) if old else ()
        request = urllib.request.Request(
            f"{self._url}/add-checkpoint",
            data=AddCheckpoint(old, proof, self._note.encode()).encode(),
            headers={"Content-Type": "text/plain; charset=utf-8"},
        )
        try:
            with self._opener.open(request, timeout=self._left()) as answer:
                return answer.status, self._read(answer, MAX_ANSWER_BYTES)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, self._read(error, MAX_ANSWER_BYTES)

    def _read(self, answer: Any, limit: int) -> bytes:
        data = bytearray()
        while chunk := answer.read1(1 << 14):
            data += chunk
            if len(data) > limit:
                raise NoteError(f"more than {limit} bytes")
            self._left()
        return bytes(data)

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("it took too long")
        return left


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A witness is where its policy line says, and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _size(body: bytes) -> int:
    """tlog-witness: the tree size in decimal, followed by a newline. Raises ValueError."""
    match = _SIZE.fullmatch(body)
    if match is None:
        raise NoteError("a 409 names a size in decimal and ends its line")
    return int(match[1])


def _refusal(status: int) -> str:
    known = {
        400: "refused the request as malformed (400)",
        403: "does not trust a key that signed it (403)",
        404: "does not know this log (404)",
        409: "took another checkpoint meanwhile (409)",
    }
    return known.get(status, f"answered HTTP {status}")
