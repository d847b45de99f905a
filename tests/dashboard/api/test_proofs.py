"""Every proof of a small book, checked by the stranger; and nothing is proved beyond what is published."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

import pytest
from flask.testing import FlaskClient

from ledger.record import Record
from tests.dashboard.api.conftest import door_of, late
from tests.independent import (
    Refused,
    audit_path,
    consistency_proof,
    leaf,
    tree_hash,
    verify_checkpoint,
    verify_consistency,
    verify_inclusion,
)
from tests.independent.notes import unbase64
from tests.ledger.store.books import NEXT, Place, accept, registers

POLICY = f"log {NEXT.verifier}\nquorum none\n".encode()


def asked(client: FlaskClient, path: str, status: int = 200) -> dict[str, Any]:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == status, answer.data
    return json.loads(answer.data)


def unpacked(proof: dict[str, Any]) -> list[bytes]:
    return [unbase64(text) for text in proof["hashes"]]


@pytest.fixture(scope="module")
def leaves(tiny: FlaskClient) -> list[bytes]:
    return [leaf(line) for line in tiny.get("/api/v1/entries").data.split(b"\n")[:-1]]


def test_every_inclusion_proof(tiny: FlaskClient, leaves: list[bytes]):
    assert len(leaves) > 30
    for size in range(1, len(leaves) + 1):
        root = tree_hash(leaves[:size])
        for index in range(size):
            proof = asked(tiny, f"proofs/inclusion?index={index}&size={size}")
            path = unpacked(proof)
            verify_inclusion(index, size, unbase64(proof["leaf_hash"]), path, unbase64(proof["root_hash"]))
            assert (proof["index"], proof["size"], unbase64(proof["root_hash"])) == (index, size, root)
            assert path == audit_path(index, leaves[:size])
            assert unbase64(proof["leaf_hash"]) == leaves[index]
            assert (proof["checkpoint"] is None) == (size < len(leaves))


def test_every_consistency_proof(tiny: FlaskClient, leaves: list[bytes]):
    roots = [tree_hash(leaves[:size]) for size in range(len(leaves) + 1)]
    for new in range(len(leaves) + 1):
        for old in range(new + 1):
            proof = asked(tiny, f"proofs/consistency?from={old}&to={new}")
            path = unpacked(proof)
            given = unbase64(proof["from_root"]), unbase64(proof["to_root"])
            assert given == (roots[old], roots[new])
            verify_consistency(old, new, *given, path)
            assert path == consistency_proof(old, leaves[:new])
            assert (proof["from"], proof["to"]) == (old, new)


def test_the_defaults_are_the_published_size_and_its_checkpoint(tiny: FlaskClient, leaves: list[bytes]):
    size = len(leaves)
    for path in ("proofs/inclusion?index=3", "proofs/consistency?from=3"):
        proof = asked(tiny, path)
        origin, stated, root, _ = verify_checkpoint(proof["checkpoint"].encode(), POLICY)
        assert (origin, stated, root) == (proof["origin"], size, tree_hash(leaves))
        assert proof.get("size", proof.get("to")) == size


def test_mutants_are_refused_by_who_checks(tiny: FlaskClient, leaves: list[bytes]):
    size, index = len(leaves), 7
    path = unpacked(asked(tiny, f"proofs/inclusion?index={index}"))
    root = tree_hash(leaves)
    for at in range(len(path)):
        wrong = [*path[:at], bytes([path[at][0] ^ 1]) + path[at][1:], *path[at + 1 :]]
        for mutant in (wrong, path[:at] + path[at + 1 :], [*path[:at], path[at], *path[at:]]):
            with pytest.raises(Refused):
                verify_inclusion(index, size, leaves[index], mutant, root)
    for other in (index - 1, index + 1):
        with pytest.raises(Refused):
            verify_inclusion(other, size, leaves[index], path, root)
    path = unpacked(asked(tiny, f"proofs/consistency?from={index}"))
    for at in range(len(path)):
        wrong = [*path[:at], bytes([path[at][0] ^ 1]) + path[at][1:], *path[at + 1 :]]
        with pytest.raises(Refused):
            verify_consistency(index, size, tree_hash(leaves[:index]), root, wrong)


def test_an_entry_is_found_by_index_id_and_hash(client: FlaskClient, record: Record):
    for index, data in enumerate(record.entries()):
        if index % 61 and index not in (255, 256, 511, 512):
            continue
        identity, hashed = json.loads(data)["id"], leaf(data).hex()
        for way in (f"{index}", f"by-id/{identity}", f"by-hash/{hashed}"):
            answer = client.get(f"/api/v1/entries/{way}")
            assert (answer.status_code, answer.data) == (200, data)
            assert answer.content_type == "application/json"
            assert answer.get_etag() == (hashed, False)
            assert (answer.headers["Entry-Index"], answer.headers["Leaf-Hash"]) == (str(index), hashed)
            assert answer.cache_control.immutable
        ways = (f"index={index}", f"id={identity}", f"hash={hashed}")
        proofs = [asked(client, f"proofs/inclusion?{way}") for way in ways]
        assert proofs[0] == proofs[1] == proofs[2]
        assert proofs[0]["index"] == index


def test_nothing_is_proved_beyond_what_is_published(tmp_path):
    record = Place(tmp_path / "book").create()
    record.checkpoint()
    accept(record, [*registers(), late("a")])
    client = door_of(record)
    cases = {
        "proofs/inclusion?index=0&size=2": "size", "proofs/inclusion?index=1": "index",
        "proofs/consistency?from=2": "from", "proofs/consistency?from=1&to=2": "to",
        "entries/1": "index", "entries?stop=2": "stop", "receipts/1": "of",
    }  # fmt: skip
    for path, field in cases.items():
        answer = client.get(f"/api/v1/{path}")
        told = json.loads(answer.data)
        assert (answer.status_code, told["field"]) == (HTTPStatus.CONFLICT, field), path
        assert int(answer.headers["Retry-After"]) == told["retry_after_seconds"] == 10
    for path in ("proofs/inclusion?index=0&size=99", "proofs/consistency?from=1&to=99", "entries/99"):
        assert client.get(f"/api/v1/{path}").status_code == HTTPStatus.NOT_FOUND
    last = json.loads(list(record.entries())[-1])["id"]
    for path in (f"entries/by-id/{last}", f"proofs/inclusion?id={last}", f"receipts/{last}"):
        assert client.get(f"/api/v1/{path}").status_code == HTTPStatus.CONFLICT
    unseen = leaf(list(record.entries())[-1]).hex()
    assert client.get(f"/api/v1/entries/by-hash/{unseen}").status_code == HTTPStatus.NOT_FOUND
    record.checkpoint()
    assert client.get(f"/api/v1/entries/by-hash/{unseen}").headers["Entry-Index"] == str(record.size - 1)
    for path in cases:
        assert client.get(f"/api/v1/{path}").status_code == 200, path


def test_a_book_of_which_nothing_is_published(tmp_path):
    record = Place(tmp_path / "book").create()
    client = door_of(record)
    missing = client.get("/api/v1/checkpoint")
    assert (missing.status_code, missing.headers["Retry-After"]) == (404, "10")
    state = asked(client, "log")
    assert (state["published_size"], state["root_hash"], state["size"]) == (0, None, 1)
    assert client.get("/api/v1/entries").data == b""
    assert client.get("/api/v1/entries/0").status_code == HTTPStatus.CONFLICT
    assert client.get("/api/v1/proofs/inclusion?index=0").status_code == HTTPStatus.CONFLICT
    assert asked(client, "proofs/consistency?from=0")["hashes"] == []
    assert record.size == 1


def test_damage_is_told_and_not_served(tmp_path):
    record = Place(tmp_path / "book").create()
    record.checkpoint()
    client = door_of(record)
    bundle = tmp_path / "book/log/tile/entries/000.p/1"
    bundle.write_bytes(bundle.read_bytes().replace(b"simulated", b"simulator"))
    answer = client.get("/api/v1/entries/0")
    assert (answer.status_code, b"damaged" in answer.data) == (500, True)
    (tmp_path / "book/log/tile/0/000.p/1").unlink()
    assert client.get("/api/v1/proofs/inclusion?index=0").status_code == 500
    (tmp_path / "book/log/checkpoint").write_bytes(b"nonsense")
    assert json.loads(client.get("/api/v1/log").data)["error"].startswith("the published checkpoint")
