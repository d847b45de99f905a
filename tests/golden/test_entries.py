"""The golden bytes: made anew they are the same, and a stranger's tools read them alike."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from pathlib import Path

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.domain import canonical
from ledger.domain.entries import ENVELOPE_KEYS, read, write
from ledger.domain.kinds import KINDS, parse_body
from tests.golden.make_entries import ORIGIN, files
from tests.ledger.equation import IN, Sums

FOLDER = Path(__file__).parent
LINES = (FOLDER / "entries.jsonl").read_bytes().splitlines()
VALUES = [json.loads(line) for line in LINES]
PROOF = json.loads((FOLDER / "entries.json").read_bytes())


@pytest.mark.parametrize("name", ["entries.jsonl", "entries.json"])
def test_the_maker_makes_the_same_bytes(name):
    assert files()[name] == (FOLDER / name).read_bytes()


def test_every_kind_is_here():
    assert {value["kind"] for value in VALUES} == KINDS.keys()


@pytest.mark.parametrize("line", LINES, ids=lambda line: json.loads(line)["kind"])
def test_each_entry_reads_and_writes_to_the_same_bytes(line):
    entry = read(line)
    assert write(entry.command, entry.index, entry.prev, entry.recorded_at).data == line
    assert canonical.encode(canonical.decode(line)) == line
    assert rfc8785.dumps(json.loads(line)) == line
    assert json.loads(line).keys() - {"sig"} == ENVELOPE_KEYS
    assert isinstance(parse_body(entry.kind, entry.body), KINDS[entry.kind])


def test_the_chain_and_the_tree_by_hand():
    """RFC 6962 section 2.1, written out again: no code of the ledger's."""

    def tree(leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return leaves[0]
        split = 1 << (len(leaves) - 1).bit_length() - 1
        return hashlib.sha256(b"\x01" + tree(leaves[:split]) + tree(leaves[split:])).digest()

    leaves = [hashlib.sha256(b"\x00" + line).digest() for line in LINES]
    assert [value["prev"] for value in VALUES] == ["0" * 64, *(leaf.hex() for leaf in leaves[:-1])]
    assert [value["index"] for value in VALUES] == list(range(len(LINES)))
    assert PROOF["leaf_hashes"] == [leaf.hex() for leaf in leaves]
    assert b64decode(PROOF["root"]) == tree(leaves)
    assert PROOF["size"] == len(LINES)


def test_the_author_signed_the_command_and_nothing_that_the_server_adds():
    keys: dict[str, bytes] = {}
    signed = 0
    for entry in VALUES:
        if "sig" in entry:
            command = {key: entry[key] for key in ("v", "kind", "id", "occurred_at", "actor", "body")}
            text = f"mingzhang-command/v1\n{ORIGIN}\n".encode() + rfc8785.dumps(command)
            assert entry["sig"]["alg"] == "ed25519"
            key = Ed25519PublicKey.from_public_bytes(keys[entry["sig"]["key"]])
            key.verify(b64decode(entry["sig"]["value"]), text)
            signed += 1
        if entry["kind"] == "KeyEnrolled":
            body = entry["body"]
            raw = keys[body["key"]] = b64decode(body["public_key"])
            assert body["key"] == hashlib.sha256(b"ed25519\n" + raw).hexdigest()[:16]
            proof = f"mingzhang-key/v1\n{ORIGIN}\n{body['place']}\n{body['public_key']}".encode()
            Ed25519PublicKey.from_public_bytes(raw).verify(b64decode(body["proof"]), proof)
    assert (signed, len(keys)) == (3, 3)


def test_the_golden_book_adds_up():
    sums = Sums()
    for value in VALUES:
        sums.add(value)
        assert all(quantity >= 0 for quantity in sums.at.values())
    sides: dict[str, list[int]] = {lot: [0, 0] for lot in sums.lots}
    for (lot, account), quantity in sums.by_account().items():
        sides[lot][account not in IN] += quantity
    assert all(into == out for into, out in sides.values())
    gift = next(
        lot for lot, known in sums.lots.items() if known["gift"] == "2026-00001-4" and known["item"] == "MASK"
    )
    assert {account: quantity for (lot, account), quantity in sums.by_account().items() if lot == gift} == {
        "received": 5000, "found": 5, "usable": 4900, "issued": 86, "missing": 19,
    }  # fmt: skip
