"""The whole log made again from the API's answers alone, checked by code that shares nothing with ours."""

from __future__ import annotations

import json
import re
import threading
import urllib.request
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from ledger.record import Record
from tests.independent import Refused, leaf, tree_hash, verify_checkpoint, verify_proof
from tests.independent.notes import unbase64
from tests.ledger.store.books import NEXT

POLICY = f"log {NEXT.verifier}\nquorum none\n".encode()
Get = Callable[[str], tuple[bytes, dict[str, str]]]


def rebuild(get: Get, start: str = "/api/v1/entries") -> list[bytes]:
    """Every published entry, page after page."""
    entries, pages, at = [], 0, start
    while at:
        data, headers = get(at)
        entries += data.split(b"\n")[:-1]
        link = re.search(r'<([^>]+)>; rel="next"', headers.get("Link", ""))
        at, pages = link[1] if link else "", pages + 1
        assert pages < 100
    return entries


def asking(client: FlaskClient) -> Get:
    def get(path: str) -> tuple[bytes, dict[str, str]]:
        answer = client.get(path)
        assert answer.status_code == 200, answer.data
        return answer.data, dict(answer.headers)

    return get


def test_the_log_is_rebuilt_from_the_api_alone(client: FlaskClient, record: Record):
    get = asking(client)
    entries = rebuild(get)
    _, size, root, _ = verify_checkpoint(get("/api/v1/checkpoint")[0], POLICY)
    assert (len(entries), tree_hash([leaf(entry) for entry in entries])) == (size, root)
    assert entries == list(record.entries())


def test_and_over_a_socket(app: Flask, free_port: Callable[[], int]):
    server = make_server("127.0.0.1", free_port(), app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:

        def get(path: str) -> tuple[bytes, dict[str, str]]:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=20) as answer:
                return answer.read(), dict(answer.headers)

        entries = rebuild(get)
        _, size, root, _ = verify_checkpoint(get("/api/v1/checkpoint")[0], POLICY)
        state = json.loads(get("/api/v1/log")[0])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert (len(entries), tree_hash([leaf(entry) for entry in entries])) == (size, root)
    assert (state["published_size"], unbase64(state["root_hash"])) == (size, root)
    assert (state["origin"], state["vkey"]) == (NEXT.name, str(NEXT.verifier))


def test_pages_are_bounded_and_begin_and_end_where_told(
    client: FlaskClient, record: Record, monkeypatch: pytest.MonkeyPatch
):
    entries = list(record.entries())
    for start, stop in ((0, 0), (0, 1), (255, 257), (250, 520), (511, 513), (len(entries),) * 2):
        got, headers = asking(client)(f"/api/v1/entries?start={start}&stop={stop}")
        assert got == b"".join(entry + b"\n" for entry in entries[start:stop])
        assert "Link" not in headers
    monkeypatch.setattr("dashboard.api.entries.PAGE_ENTRIES", 100)
    assert rebuild(asking(client), "/api/v1/entries?start=90&stop=400") == entries[90:400]
    assert client.get("/api/v1/entries?start=90&stop=400").data.count(b"\n") == 100
    monkeypatch.setattr("dashboard.api.entries.PAGE_BYTES", 1_000)
    assert 1 <= client.get("/api/v1/entries").data.count(b"\n") < 10
    assert rebuild(asking(client), "/api/v1/entries?start=510") == entries[510:]


def test_receipts_are_accepted_by_the_stranger_and_not_their_mutants(client: FlaskClient, record: Record):
    entries = list(record.entries())
    for index in (0, 1, 255, 256, len(entries) - 1):
        data = client.get(f"/api/v1/receipts/{index}").data
        assert verify_proof(data, POLICY)[:2] == (index, len(entries))
        assert verify_proof(data, POLICY, entries[index])
        identity = json.loads(entries[index])["id"]
        assert client.get(f"/api/v1/receipts/{identity}").data == data
    for position in range(0, len(data), 17):
        mutant = data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]
        try:
            shown = verify_proof(mutant, POLICY, entries[index])
        except (Refused, ValueError):
            continue
        # The extra line is not authenticated, and an unknown key's signature is passed over.
        assert shown[0] == index
        assert position < data.index(b"\nindex ") or position > data.index(b"\n\n")
