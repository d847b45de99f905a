"""Published files over HTTP, from servers good and bad."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ledger.published.reading import verify_base
from ledger.published.source import HttpSource, MissingError, SourceError
from tests.ledger.published.logs import VKEY, entries_of, publish

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """A server on 127.0.0.1 that answers every GET this way; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/log"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def reply(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def folder_answer(folder: Path, packed: bool) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        path = folder / handler.path.removeprefix("/log/")
        if not path.is_file():
            reply(handler, b"no", 404)
        elif packed and "gzip" in handler.headers["Accept-Encoding"]:
            reply(handler, gzip.compress(path.read_bytes()), Content_Encoding="gzip")
        else:
            reply(handler, path.read_bytes())

    return answer


@pytest.mark.parametrize("packed", [False, True])
def test_a_log_at_an_address_verifies(tmp_path: Path, packed: bool):
    log = publish(tmp_path / "log", entries_of(600))
    with serving(folder_answer(log.folder, packed)) as address:
        for base in (address, address + "/", HttpSource(address)):
            assert verify_base(base, VKEY).size == 600
        (log.folder / "tile/entries/001").unlink()
        verdict = verify_base(address, VKEY)
        assert verdict.problem == "tile/entries/001 is missing (HTTP 404)"
        assert verdict.first_bad_index == 256


def fetch(answer: Answer, limit: int = 1_000, timeout_seconds: float = 5) -> bytes:
    with serving(answer) as address:
        return HttpSource(address, timeout_seconds).read("checkpoint", limit)


def test_sizes_are_limited_packed_or_not():
    assert fetch(lambda handler: reply(handler, b"x" * 1_000)) == b"x" * 1_000
    bomb = gzip.compress(b"\0" * 50_000_000)
    for body, headers in ((b"x" * 1_001, {}), (bomb, {"Content_Encoding": "gzip"})):
        with pytest.raises(SourceError, match="checkpoint is longer than 1000 bytes"):
            fetch(lambda handler, body=body, headers=headers: reply(handler, body, **headers))


@pytest.mark.parametrize(
    ("body", "status", "headers", "why"),
    [
        (b"no", 500, {}, "checkpoint cannot be fetched: HTTP 500"),
        (b"no", 403, {}, "HTTP 403"),
        (b"x", 200, {"Content_Encoding": "br"}, "not asked for: br"),
        (b"not gzip", 200, {"Content_Encoding": "gzip"}, "not valid gzip"),
        (gzip.compress(b"x" * 500)[:-9], 200, {"Content_Encoding": "gzip"}, "truncated gzip"),
        (b"", 302, {"Location": "ftp://127.0.0.1/checkpoint"}, "cannot be fetched"),
        (b"", 302, {"Location": "file:///etc/hostname"}, "cannot be fetched"),
        (b"", 302, {"Location": "/log/checkpoint"}, "cannot be fetched"),
    ],
    ids=range(8),
)
def test_bad_answers_are_one_sentence(body: bytes, status: int, headers: dict[str, str], why: str):
    with pytest.raises(SourceError, match=why):
        fetch(lambda handler: reply(handler, body, status, **headers))


def test_a_missing_file_is_told_from_a_broken_server():
    for status in (404, 410):
        with pytest.raises(MissingError, match=f"is missing \\(HTTP {status}\\)"):
            fetch(lambda handler, status=status: reply(handler, b"", status))


def drip(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(100):
            handler.wfile.write(b"x")
            time.sleep(0.05)
    except OSError:
        pass  # the reader has given up, as it should


def test_a_server_that_drips_or_hangs_is_left_in_time():
    start = time.monotonic()
    with pytest.raises(SourceError, match="did not arrive in time"):
        fetch(drip, timeout_seconds=0.3)
    with pytest.raises(SourceError, match="timed out"):
        fetch(lambda handler: time.sleep(0.6), timeout_seconds=0.3)
    assert time.monotonic() - start < 5


def test_nobody_at_the_address_and_no_address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for base in (f"http://127.0.0.1:{port}", "http://", "http://[", "https://127.0.0.1:99999/log"):
        verdict = verify_base(base, VKEY)
        assert not verdict.ok
        assert verdict.problem
        assert verdict.problem.startswith("checkpoint cannot be fetched: "), base
