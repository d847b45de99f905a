"""/log/: what C2SP tlog-tiles says a log serves, and a verifier that reads it over HTTP."""

from __future__ import annotations

import gzip
import threading
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from dashboard.proofs import log_blueprint
from ledger.domain import canonical
from ledger.published.reading import verify_base
from ledger.published.writing import PublishedLog
from ledger.tlog.merkle import leaf_hash
from ledger.tlog.note import Signer
from ledger.tlog.tiles import decode_bundle
from tests.ledger.published.logs import reader

SIGNER = Signer.generate("simulated.invalid/log-test")
SIZE = 600  # two full tiles of leaves and one of 88


def _entries(size: int) -> list[bytes]:
    entries, prev = [], "0" * 64
    for index in range(size):
        entries.append(canonical.encode({"v": 1, "index": index, "prev": prev, "pad": "口罩" * (index % 5)}))
        prev = leaf_hash(entries[-1]).hex()
    return entries


ENTRIES = _entries(SIZE)


def _publish(folder: Path, size: int) -> None:
    PublishedLog(folder).extend(reader(ENTRIES), size, SIGNER)


def _client(folder: Path):
    app = Flask(__name__)
    app.register_blueprint(log_blueprint(folder))
    return app.test_client()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("log")
    _publish(folder, SIZE)
    return folder


@pytest.fixture(scope="module")
def client(folder):
    return _client(folder)


def test_a_verifier_reads_the_whole_log_over_http(folder, free_port):
    app = Flask(__name__)
    app.register_blueprint(log_blueprint(folder))
    server = make_server("127.0.0.1", free_port(), app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        verdict = verify_base(f"http://127.0.0.1:{server.port}/log", str(SIGNER.verifier))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert (verdict.ok, verdict.size, verdict.problem) == (True, SIZE, None)


def test_checkpoint_is_text_open_to_any_origin_and_hardly_cached(client, folder):
    answer = client.get("/log/checkpoint")
    assert answer.data == (folder / "checkpoint").read_bytes()
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.cache_control.max_age <= 5


@pytest.mark.parametrize(
    "path", ["tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/000"]
)
def test_tile_is_the_published_file_for_good(client, folder, path):
    answer = client.get(f"/log/{path}")
    assert (answer.status_code, answer.data) == (200, (folder / path).read_bytes())
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.cache_control.immutable
    assert answer.cache_control.max_age >= 30 * 86400
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    head = client.head(f"/log/{path}")
    assert (head.status_code, head.data) == (200, b"")
    assert head.content_length == answer.content_length


@pytest.mark.parametrize(
    ("accepts", "packed"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("gzip;q=0", False), ("identity", False)],
)
def test_bundle_is_packed_only_for_who_takes_it(client, accepts, packed):
    answer = client.get("/log/tile/entries/002.p/88", headers={"Accept-Encoding": accepts})
    assert (answer.headers.get("Content-Encoding") == "gzip") == packed
    assert answer.headers["Vary"] == "Accept-Encoding"
    data = gzip.decompress(answer.data) if packed else answer.data
    assert decode_bundle(data, 88) == ENTRIES[512:]


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0", "tile/0/0000", "tile/00/000", "tile/0/x000/000", "tile/0/000.p/256", "tile/0/000/",
        "tile/0/002.p/088", "tile/0/002.p/0", "tile/0/002.p/87", "tile/0/002", "tile/0/003.p/1",
        "tile/64/000", "tile/0/-01", "tile/0/００0", "tile//0/000", "tile/0//000", "tile/0/../0/000",
        "tile/0/%2e%2e/checkpoint", "tile/../checkpoint", "tile/..%2f..%2fetc%2fpasswd",
        "tile/entries/../../../key", "tile/entries/000.p", "tile/data/000", "tile/", "tile",
        "checkpoint/", "Checkpoint", "", ".lock", "tile/0/000%0a", "tile/0/000%00",
    ],
)  # fmt: skip
def test_any_other_path_is_404(client, path):
    answer = client.get(f"/log/{path}")
    assert answer.status_code == 404
    assert not answer.cache_control.immutable


def test_nobody_writes(client):
    for method in ("post", "put", "delete", "patch"):
        assert getattr(client, method)("/log/checkpoint").status_code == 405


def test_a_404_may_be_a_tile_soon_and_is_not_cached(client):
    assert client.get("/log/tile/0/003.p/1").cache_control.no_store


def test_files_beyond_the_checkpoint_are_not_served(tmp_path):
    """A crash may leave tiles that no checkpoint signs; cached for good, one could outlive them."""
    _publish(tmp_path, 300)
    checkpoint = (tmp_path / "checkpoint").read_bytes()
    _publish(tmp_path, SIZE)
    (tmp_path / "checkpoint").write_bytes(checkpoint)
    client = _client(tmp_path)
    assert client.get("/log/tile/0/000").status_code == 200
    assert (tmp_path / "tile/0/001").exists()
    assert client.get("/log/tile/0/001").status_code == 404


def test_nothing_published_or_a_damaged_checkpoint(tmp_path):
    client = _client(tmp_path)
    assert client.get("/log/checkpoint").status_code == 404
    assert client.get("/log/tile/0/000").status_code == 404
    _publish(tmp_path, 300)
    (tmp_path / "checkpoint").write_bytes(b"not a note")
    assert client.get("/log/checkpoint").data == b"not a note"
    assert client.get("/log/tile/0/000").status_code == 404


# the small files beside ----------------------------------------------------------------------------------


def test_policy_count_and_history_are_served_as_they_lie(tmp_path):
    _publish(tmp_path, 300)
    (tmp_path / "policy").write_bytes(b"log x\nquorum none\n")
    (tmp_path / "entries-published").write_bytes(b"299\n")
    (tmp_path / "witnessed").mkdir()
    (tmp_path / "witnessed/2026-11-24.jsonl").write_bytes(b'{"size":1}\n')
    client = _client(tmp_path)
    for path, kind in (
        ("policy", "text/plain; charset=utf-8"), ("entries-published", "text/plain; charset=utf-8"),
        ("witnessed/2026-11-24.jsonl", "application/x-ndjson"),
    ):  # fmt: skip
        answer = client.get(f"/log/{path}")
        assert (answer.status_code, answer.data) == (200, (tmp_path / path).read_bytes())
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.cache_control.max_age <= 5


@pytest.mark.parametrize(
    "path",
    [
        "policy", "entries-published", "witnessed", "witnessed/", "witnessed/2026-11-24.jsonl",
        "witnessed/..%2fcheckpoint", "witnessed/../checkpoint", "witnessed/2026-11-2４.jsonl",
        "witnessed/2026-11-24.jsonl%0a", "witnessed//2026-11-24.jsonl", "witnessed/.lock",
    ],
)  # fmt: skip
def test_what_is_not_there_is_404(client, path):
    assert client.get(f"/log/{path}").status_code == 404
