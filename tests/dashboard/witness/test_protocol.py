"""C2SP tlog-witness over real sockets: every status, in one connection that stays open."""

from __future__ import annotations

import http.client
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from urllib.parse import urlsplit

import pytest

from dashboard.cli import run
from ledger.tlog.cosignature import CosignatureKey
from ledger.tlog.note import Signer
from ledger.witnessing.held import origin_hash
from ledger.witnessing.witness import MAX_REQUEST_BYTES
from tests.independent import verify_checkpoint
from tests.ledger.witnessing.logs import ORIGIN, SIGNER, VKEY, Tree, entries_of
from tests.witnesses import start_witness

NAME = "charity.example/w"
HONEST = Tree(entries_of(200))
FORK = Tree(entries_of(200, "other ", since=20))
STRANGER = Tree(entries_of(50), Signer.generate("unknown.example/log"))
IMPOSTOR = Tree(entries_of(50), Signer(ORIGIN, b"\x01" * 32))
NO_NOTE = b"old 30\n\nmingzhang.example/watched\n40\n"
CHECKPOINT = HONEST.checkpoint(40)


class Client:
    """One connection."""

    def __init__(self, url: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)

    def post(self, body: bytes) -> tuple[int, str, bytes]:
        return self.ask("POST", "/add-checkpoint", body)

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, str, bytes]:
        self.connection.request(method, path, body)
        answer = self.connection.getresponse()
        return answer.status, answer.headers.get("Content-Type", ""), answer.read()


@pytest.fixture
def witness(tmp_path):
    with start_witness(tmp_path / "w", NAME, [VKEY]) as witness:
        yield witness


@pytest.fixture
def client(witness):
    client = Client(witness.url)
    yield client
    client.connection.close()


def lines(*told: bytes) -> bytes:
    return b"".join(line + b"\n" for line in told) + b"\n" + CHECKPOINT


TABLE = [
    # what, body, status, the answer's body for 409
    ("no log of ours", STRANGER.request(0, 20), 404, None),
    ("another key", IMPOSTOR.request(0, 20), 403, None),
    ("first with an old size", HONEST.request(20, 30), 409, b"0\n"),
    ("first with a proof", HONEST.request(0, 30, HONEST.proof(20, 30)), 422, None),
    ("first", HONEST.request(0, 30), 200, None),
    ("again as if first", HONEST.request(0, 30), 409, b"30\n"),
    ("growth from a wrong size", HONEST.request(20, 40), 409, b"30\n"),
    ("smaller", HONEST.request(10, 20), 409, b"30\n"),
    ("old size above the size", HONEST.request(30, 30).replace(b"old 30", b"old 31"), 400, None),
    ("no proof", HONEST.request(30, 40, ()), 422, None),
    ("another's proof", HONEST.request(30, 40, FORK.proof(30, 40)), 422, None),
    ("a proof too long", HONEST.request(30, 40, (*HONEST.proof(30, 40), b"\0" * 32)), 422, None),
    ("other root, same size", FORK.request(30, 30), 409, b"30\n"),
    ("fork", FORK.request(30, 40), 422, None),
    ("refresh", HONEST.request(30, 30), 200, None),
    ("refresh with a proof", HONEST.request(30, 30, HONEST.proof(20, 30)), 422, None),
    ("growth", HONEST.request(30, 40), 200, None),
    ("leading zero", lines(b"old 040"), 400, None),
    ("plus sign", lines(b"old +40"), 400, None),
    ("no old line", lines(b"40"), 400, None),
    ("two spaces", lines(b"old  40"), 400, None),
    ("carriage return", lines(b"old 40\r"), 400, None),
    ("short hash", lines(b"old 40", b"AAAA"), 400, None),
    ("no base64", lines(b"old 40", b"?" * 44), 400, None),
    ("64 proof lines", lines(b"old 40", *[b"A" * 43 + b"="] * 64), 400, None),
    ("no signature", NO_NOTE, 400, None),
    ("nothing", b"", 400, None),
    ("not text", bytes(range(256)), 400, None),
    ("size beyond 2^63", HONEST.request(40, 40).replace(b"old 40", b"old 9223372036854775808"), 400, None),
    ("still the same", HONEST.request(40, 40), 200, None),
]  # fmt: skip


def test_every_status_in_one_connection(client, witness):
    policy = f"log {VKEY}\n{witness.policy_line}\nquorum {NAME}\n".encode()
    kept: socket.socket | None = None
    for what, body, status, told in TABLE:
        got, content_type, answer = client.post(body)
        assert got == status, (what, got, answer)
        if status == 409:
            assert (content_type, answer) == ("text/x.tlog.size", told), what
        elif status == 200:
            _, _, note = body.partition(b"\n\n")
            _, _, _, times = verify_checkpoint(note + answer, policy)
            assert abs(times[NAME] - time.time()) < 60, what
            assert answer.count(b"\n") == 1, what
        else:
            assert answer.count(b"\n") == 1, what  # one sentence
        kept = kept or client.connection.sock
        assert client.connection.sock is kept, what  # kept alive


def test_the_newest_confirmed_checkpoint_is_there_for_all(client, witness):
    address = f"/logs/{origin_hash(ORIGIN)}/checkpoint"
    assert client.ask("GET", address)[0] == 404
    client.post(HONEST.request(0, 30))
    _, _, line = client.post(HONEST.request(30, 40))
    assert client.ask("GET", address) == (200, "text/plain; charset=utf-8", HONEST.checkpoint(40) + line)
    assert client.ask("GET", f"/logs/{origin_hash('unknown')}/checkpoint")[0] == 404
    client.post(FORK.request(40, 40))
    [case] = (witness.folder / "logs" / origin_hash(ORIGIN) / "evidence").iterdir()
    kept = address.replace("checkpoint", f"evidence/{case.name}/request")
    assert client.ask("GET", kept)[2] == FORK.request(40, 40)
    assert client.ask("GET", kept.replace("request", "../../checkpoint"))[0] == 404


def test_other_methods_and_places(client):
    assert client.ask("GET", "/add-checkpoint")[0] == 405
    assert client.ask("POST", "/")[0] == 405
    assert client.ask("GET", "/witness.key")[0] == 404
    assert client.ask("GET", "/static/../witness.key")[0] == 404


def test_a_body_too_large_is_not_read(client, witness):
    status, _, _ = client.post(b"old 0\n\n" + b"x" * MAX_REQUEST_BYTES)
    assert status == 413
    assert client.post(HONEST.request(0, 30))[0] == 200  # in a new connection


def test_a_request_that_drips_in_is_cut(witness, monkeypatch):
    server = witness.server
    monkeypatch.setattr(server.adj, "channel_timeout", 0.4)
    monkeypatch.setattr(server.adj, "cleanup_interval", 0.2)
    server.next_channel_cleanup = 0
    host, port = urlsplit(witness.url).netloc.split(":")
    started = time.monotonic()
    with socket.create_connection((host, int(port)), timeout=10) as slow:
        slow.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 9999\r\n\r\n")
        with suppress(ConnectionError):
            while time.monotonic() - started < 8:
                slow.sendall(b"o")
                time.sleep(0.05)
    assert time.monotonic() - started < 5


@pytest.fixture
def two_processes(tmp_path):
    """The same folder served by this process and by another one."""
    folder = tmp_path / "w"
    with (
        start_witness(folder, NAME, [VKEY]) as one,
        start_witness(folder, NAME, [VKEY], process=True) as other,
    ):
        yield folder, [one.url, other.url]


def test_twenty_at_once_never_roll_back(two_processes):
    folder, urls = two_processes
    sizes = range(10, 200, 10)
    request = cache(HONEST.request)

    def climb(number: int) -> list[tuple[float, float, int]]:
        """Bring the witness up step by step, as all others do; when each answer came, and its size."""
        client, size, told = Client(urls[number % 2]), 0, []
        for new in sizes:
            status = 409
            while status == 409 and size <= new:
                asked = time.monotonic()
                status, _, answer = client.post(request(size, new))
                assert status in (200, 409), answer
                size = new if status == 200 else int(answer)
                told.append((asked, time.monotonic(), size))
        client.connection.close()
        return told

    with ThreadPoolExecutor(20) as pool:
        told = [each for part in pool.map(climb, range(20)) for each in part]
    assert len(told) >= 20 * len(sizes) // 2
    for _, answered, size in told:
        assert all(later >= size for asked, _, later in told if asked > answered), "rolled back"
    log = folder / "logs" / origin_hash(ORIGIN)
    assert (log / "checkpoint").read_bytes().startswith(HONEST.checkpoint(sizes[-1]))
    assert not (log / "evidence").exists()


def test_the_command_prints_what_others_need(tmp_path, capsys):
    told = ["witness", tmp_path / "w", "--log", tmp_path / "log.vkey", "--name", NAME, "--init"]
    (tmp_path / "log.vkey").write_text(f"{SIGNER.verifier}\n")
    assert run([*map(str, told), "--port", "8111"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert CosignatureKey.parse(said[1]).name == NAME
    assert f"witness {NAME} {said[1]} http://127.0.0.1:8111" in said


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (["--name", NAME, "--log", "nonsense"], "--log nonsense"),
        (["--log", VKEY], "needs a name"),
        (["--name", "two words", "--log", VKEY], "key name"),
        (["--name", NAME], "at least one log"),
    ],
)
def test_bad_usage_is_one_line(tmp_path, capsys, told, why):
    assert run(["witness", str(tmp_path / "w"), *told]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert why in error
