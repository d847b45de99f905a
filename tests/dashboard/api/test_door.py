"""How the API answers: tags, any origin, hostile parameters, bytes that come later."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from dashboard.api.routes import routes
from ledger.domain.gifts import gift_code
from ledger.record import Record
from tests.dashboard.api.conftest import HELD_BACK, door_of
from tests.independent import leaf
from tests.ledger.store.books import Place

ADDRESSES = (
    "checkpoint", "log", "entries/3", "entries?stop=5", "proofs/inclusion?index=3",
    "proofs/consistency?from=3", "receipts/3",
)  # fmt: skip


@pytest.mark.parametrize("path", ADDRESSES)
def test_tags_heads_and_any_origin(client: FlaskClient, path: str):
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    tag = answer.headers["ETag"]
    again = client.get(f"/api/v1/{path}", headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert client.get(f"/api/v1/{path}", headers={"If-None-Match": '"other"'}).data == answer.data
    head = client.head(f"/api/v1/{path}")
    assert (head.status_code, head.data, head.content_length) == (200, b"", answer.content_length)
    assert head.headers["ETag"] == tag
    before = client.options(f"/api/v1/{path}", headers={"Origin": "https://elsewhere.example"})
    assert before.status_code == 200
    assert before.headers["Allow"] == before.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    for method in ("post", "put", "patch", "delete"):
        refused = getattr(client, method)(f"/api/v1/{path}")
        assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_pages_are_packed_for_who_takes_it(client: FlaskClient):
    plain = client.get("/api/v1/entries?stop=300")
    packed = client.get("/api/v1/entries?stop=300", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    again = {"If-None-Match": packed.headers["ETag"], "Accept-Encoding": "gzip"}
    assert client.get("/api/v1/entries?stop=300", headers=again).status_code == 304


def test_a_gift_has_its_receipt_under_its_number(client: FlaskClient):
    answer = client.get(f"/api/v1/receipts/{gift_code(2026, 1)}")
    assert answer.data.startswith(b"c2sp.org/tlog-proof@v1\nextra ")
    assert answer.headers["Content-Disposition"].endswith('.tlog-proof"')
    unknown = client.get(f"/api/v1/receipts/{gift_code(2026, 2)}")
    assert (unknown.status_code, json.loads(unknown.data)["field"]) == (404, "of")


@pytest.mark.parametrize(
    "number",
    ["007", "00", "-1", "+1", "1.0", "1e3", " 1", "1 ", "１", "0x1", "", "1_000", "1\n",
     "9223372036854775808", "9" * 5000, "१", "null", "1;2"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("path", "field"),
    [("proofs/inclusion?index={}", "index"), ("proofs/inclusion?index=1&size={}", "size"),
     ("proofs/consistency?from={}", "from"), ("proofs/consistency?from=1&to={}", "to"),
     ("entries?start={}", "start"), ("entries?stop={}", "stop"), ("entries/{}", "index")],
)  # fmt: skip
def test_a_number_has_one_spelling(client: FlaskClient, path: str, field: str, number: str):
    if not number and path == "entries/{}":
        return
    answer = client.get(f"/api/v1/{path.format(quote(number, safe=''))}")
    told = json.loads(answer.data)
    assert (answer.status_code, told["field"]) == (400, field)
    assert told["error"].startswith(f"{field} has to be a whole number")
    assert len(told["error"]) < 120


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("proofs/inclusion", "index"), ("proofs/inclusion?index=1&id=" + "0" * 36, "id"),
        ("proofs/inclusion?index=1&hash=" + "ab" * 32, "index"),
        ("proofs/inclusion?index=1&index=1", "index"),
        ("proofs/inclusion?hash=" + "AB" * 32, "hash"), ("proofs/inclusion?hash=ab", "hash"),
        ("proofs/inclusion?index=3&size=3", "size"), ("proofs/inclusion?index=3&size=0", "size"),
        ("proofs/consistency", "from"), ("proofs/consistency?from=4&to=3", "from"),
        ("entries?start=4&stop=3", "stop"), ("entries?limit=4", "limit"), ("checkpoint?x=1", "x"),
        ("entries/by-id/nonsense", "id"), ("entries/by-hash/nonsense", "hash"),
        ("entries/1?index=1", "index"),
        ("receipts/007", "of"), ("receipts/" + "1" * 400, "of"), ("receipts/a%00b", "of"),
    ],
)  # fmt: skip
def test_wrong_parameters_are_named(client: FlaskClient, path: str, field: str):
    answer = client.get(f"/api/v1/{path}")
    told = json.loads(answer.data)
    assert (answer.status_code, told["field"]) == (400, field), told
    assert field in told["error"]


@pytest.mark.parametrize(
    "path", ["", "nonsense", "entries/", "entries/1/", "entries//1", "proofs", "../log", "%00"]
)
def test_other_addresses_are_answered_in_json(client: FlaskClient, path: str):
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code in (400, 404)
    assert answer.content_type == "application/json"
    assert json.loads(answer.data)["error"]


UNKNOWN = "00000000-0000-7000-8000-000000000000"
TEXT = st.one_of(
    st.text(max_size=40),
    st.integers(-(2**70), 2**70).map(str),
    st.integers(0, 600).map(str),
    st.binary(max_size=32).map(bytes.hex),
    st.sampled_from(["", "0", "600", "99999", "a" * 64, "2026-00001-5", UNKNOWN]),
)
NAMES = st.sampled_from(["index", "id", "hash", "size", "from", "to", "start", "stop", "x"])
PLACES = st.sampled_from(
    ["checkpoint", "log", "entries", "entries/{}", "entries/by-id/{}", "entries/by-hash/{}",
     "proofs/inclusion", "proofs/consistency", "receipts/{}", "other{}"]
)  # fmt: skip


@given(PLACES, TEXT, st.lists(st.tuples(NAMES, TEXT), max_size=3))
def test_no_parameters_break_it(client: FlaskClient, place: str, text: str, query: list[tuple[str, str]]):
    asked = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in query)
    answer = client.get(f"/api/v1/{place.format(quote(text, safe='', errors='replace'))}?{asked}")
    assert answer.status_code in (200, 308, 400, 404, 409)
    if answer.status_code >= 400:
        told = json.loads(answer.data)
        assert told["error"]
        assert told.keys() <= {"error", "field", "retry_after_seconds", "expected_at"}


def test_bytes_that_come_later_are_refused_and_proved(delayed: tuple[FlaskClient, Record]):
    client, record = delayed
    entries = list(record.entries())
    size, shown = len(entries), len(entries) - HELD_BACK
    state = json.loads(client.get("/api/v1/log").data)
    assert (state["published_size"], state["entries_published"]) == (size, shown)
    assert client.get("/api/v1/entries").data == b"".join(entry + b"\n" for entry in entries[:shown])
    following = client.get("/api/v1/entries").headers["Link"]
    assert f"start={shown}" in following
    identity, hashed = json.loads(entries[-1])["id"], leaf(entries[-1]).hex()
    for path in (
        f"entries/{size - 1}", f"entries/by-id/{identity}", f"entries/by-hash/{hashed}",
        f"entries?start={shown}", f"receipts/{size - 1}", f"receipts/{identity}",
    ):  # fmt: skip
        answer = client.get(f"/api/v1/{path}")
        told = json.loads(answer.data)
        assert answer.status_code == HTTPStatus.CONFLICT, path
        assert datetime.fromisoformat(told["expected_at"]) == datetime.fromisoformat("2026-01-10T00:00:00Z")
        assert 80_000 < int(answer.headers["Retry-After"]) <= 86_400
        assert identity.encode() not in answer.data
    for way in (f"index={size - 1}", f"id={identity}", f"hash={hashed}"):
        proof = json.loads(client.get(f"/api/v1/proofs/inclusion?{way}").data)
        assert proof["index"] == size - 1
    assert client.get(f"/api/v1/entries/{shown - 1}").data == entries[shown - 1]
    assert client.get(f"/api/v1/receipts/{shown - 1}").status_code == 200


def test_the_table_of_addresses_is_what_the_door_opens(app: Flask, record: Record):
    rules = {rule.endpoint: rule for rule in app.url_map.iter_rules()}
    for route in routes(record):
        rule = rules[f"api.{route.name}"]
        assert rule.rule == f"/api/v1{route.path}"
        assert rule.arguments <= route.asked.model_json_schema()["properties"].keys()


def test_what_is_published_needs_no_database(tmp_path: Path):
    record = Place(tmp_path / "book").create()
    record.checkpoint()
    client = door_of(record)
    for file in (tmp_path / "book").glob("book.sqlite3*"):
        file.write_bytes(b"nonsense" * 1000)
    assert client.get("/api/v1/entries/0").status_code == 200
    answer = client.get(f"/api/v1/entries/by-id/{UNKNOWN}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
