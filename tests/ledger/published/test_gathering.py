"""Asking a witness that is anything but one: whatever it answers becomes a sentence, in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ledger.published.gathering import Answer, gather
from ledger.tlog.checkpoint import Checkpoint, sign_checkpoint
from ledger.tlog.cosignature import Cosigner
from ledger.tlog.note import Note, parse_note
from ledger.tlog.policy import WitnessLine
from ledger.tlog.witness import AddCheckpoint
from tests.ledger.published.logs import ORIGIN, SIGNER

COSIGNER = Cosigner("w.example/w", b"\x21" * 32)
NOTE = parse_note(sign_checkpoint(Checkpoint(ORIGIN, 7, b"\x01" * 32), SIGNER))
Respond = Callable[[BaseHTTPRequestHandler, bytes], None]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    respond: Respond
    asked: list[bytes]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(body)
        self.server.respond(self, body)

    def do_GET(self) -> None:
        self.server.asked.append(b"GET " + self.path.encode())
        say(404)(self, b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(("127.0.0.1", 0), Handler)
    made.asked = []
    thread = threading.Thread(target=made.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def say(status: int, body: bytes = b"", **headers: str) -> Respond:
    def respond(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return respond


def in_turn(*responses: Respond) -> Respond:
    waiting = iter(responses)
    return lambda handler, body: next(waiting)(handler, body)


def line(server: Server, url: str | None = "") -> WitnessLine:
    return WitnessLine(
        "W", COSIGNER.verifier, f"http://127.0.0.1:{server.server_port}" if url == "" else url
    )


def ask(server: Server, held: int | None = None, note: Note = NOTE, url: str | None = "") -> Answer:
    proof: Callable[[int, int], list[bytes]] = lambda old, new: [bytes(32)]  # noqa: E731
    return gather([line(server, url)], note, {"W": held}, proof, timeout_seconds=0.5)["W"]


def good(text: str = NOTE.text, cosigner: Cosigner = COSIGNER) -> bytes:
    return cosigner.cosign(text, 1_800_000_000).line.encode()


def test_a_cosignature_is_taken_and_the_request_is_to_the_letter(server: Server):
    stranger = Cosigner("x.example/x", b"\x22" * 32)
    server.respond = say(200, good(cosigner=stranger) + good())
    answer = ask(server, held=3)
    assert [one.line.encode() for one in answer.signatures] == [good()], "a stranger's is not kept"
    assert (answer.held, answer.problem) == (7, None)
    request = AddCheckpoint.decode(server.asked[0])
    assert (request.old_size, request.proof, request.checkpoint) == (3, (bytes(32),), NOTE.encode())


def test_a_409_names_the_size_to_go_on_from(server: Server):
    server.respond = in_turn(say(409, b"5\n"), say(200, good()))
    assert ask(server).signatures
    assert [AddCheckpoint.decode(body).old_size for body in server.asked] == [0, 5]


@pytest.mark.parametrize(
    ("responses", "held", "told"),
    [
        ([say(409, b"9\n")], 0, "holds a checkpoint of size 9, above our 7"),
        ([say(409, b"7\n")], 7, "holds another checkpoint of size 7 than ours"),
        ([say(409, b"7\n"), say(409, b"7\n")], 0, "holds another checkpoint of size 7 than ours"),
        ([say(422)], 3, "holds a checkpoint of size 3 that ours does not extend"),
    ],
)
def test_contradictions(server: Server, responses: list[Respond], held: int, told: str):
    server.respond = in_turn(*responses)
    answer = ask(server, held)
    assert (answer.contradicts, answer.problem) == (True, told)
    assert server.asked[-1].startswith(b"GET /logs/"), "it is asked to show what it holds"


def drip(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    """A byte at a time, without end."""
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(40):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)
    except OSError:
        pass


@pytest.mark.parametrize(
    ("respond", "told"),
    [
        (say(200, good("another text\n")), "answered without a valid cosignature of its key"),
        (say(200, b""), "answered what is no answer"),
        (say(200, b"nonsense\n"), "answered what is no answer"),
        (say(200, b"\xff"), "answered what is no answer"),
        (say(200, b"x" * 100_000), "more than 64000 bytes"),
        (say(200, good()[:-30]), "answered what is no answer"),
        (say(409, b""), "a 409 names a size"),
        (say(409, b"05\n"), "a 409 names a size"),
        (say(409, b"5"), "a 409 names a size"),
        (say(409, b"99999999999999999999\n"), "a 409 names a size"),
        (in_turn(say(409, b"5\n"), say(409, b"6\n")), "took another checkpoint meanwhile"),
        (say(302, Location="http://127.0.0.1:9/"), "answered HTTP 302"),
        (say(500, b"oops"), "answered HTTP 500"),
        (say(400), "refused the request as malformed"),
        (say(403), "does not trust a key that signed it"),
        (say(404), "does not know this log"),
        (lambda handler, body: handler.wfile.write(b"HTP nonsense\r\n\r\n"), "cannot be reached"),
        (drip, "."),
    ],
)  # fmt: skip
def test_what_is_no_cosignature(server: Server, respond: Respond, told: str):
    server.respond = respond
    begun = time.monotonic()
    answer = ask(server)
    assert time.monotonic() - begun < 2
    assert (answer.signatures, answer.contradicts) == ((), False)
    assert told in f"{answer.problem}."


@pytest.mark.parametrize("url", [None, "file:///etc/passwd", "ftp://127.0.0.1/", "w.example"])
def test_only_http_addresses_are_asked(server: Server, url: str | None):
    assert ask(server, url=url).problem == "has no http(s) address in the policy"


def test_nobody_waits_for_a_witness_that_says_nothing(server: Server):
    stop = threading.Event()

    def respond(_: BaseHTTPRequestHandler, __: bytes) -> None:
        stop.wait(5)

    server.respond = respond
    lines = [line(server), WitnessLine("gone", COSIGNER.verifier, "http://127.0.0.1:9")]
    begun = time.monotonic()
    answers = gather(lines, NOTE, {}, lambda old, new: [], timeout_seconds=0.3)
    assert time.monotonic() - begun < 1.5
    stop.set()
    assert set(answers) == {"W", "gone"}
    assert all(answer.problem for answer in answers.values())
