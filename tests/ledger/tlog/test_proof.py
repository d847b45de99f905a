"""Offline proof files."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tlog.checkpoint import Checkpoint, CheckpointError, sign_checkpoint
from ledger.tlog.cosignature import Cosigner
from ledger.tlog.encoding import encode_base64
from ledger.tlog.merkle import ProofError, leaf_hash, prove_inclusion, root_of
from ledger.tlog.note import NoteError, Signer, parse_note
from ledger.tlog.policy import Policy, PolicyError
from ledger.tlog.proof import TlogProof

SIGNER = Signer.generate("mingzhang.example/test")
LEAVES = [leaf_hash(b"%d" % index) for index in range(13)]
SIGNED = sign_checkpoint(Checkpoint(SIGNER.name, 13, root_of(LEAVES)), SIGNER)


def proof_of(index: int, extra: bytes | None = None) -> TlogProof:
    hashes = prove_inclusion(index, 13, lambda level, i: root_of(LEAVES[i << level : (i + 1) << level]))
    return TlogProof(index, tuple(hashes), SIGNED, extra)


@pytest.mark.parametrize("index", range(13))
def test_a_proof_file_proves_its_entry(index: int):
    proof = TlogProof.decode(proof_of(index, b'{"index":0}').encode())
    assert proof == proof_of(index, b'{"index":0}')
    assert proof.verify(LEAVES[index], SIGNER.verifier).size == 13
    with pytest.raises(ProofError):
        proof.verify(LEAVES[index - 1], SIGNER.verifier)
    with pytest.raises(NoteError):
        proof.verify(LEAVES[index], Signer.generate(SIGNER.name).verifier)


def test_the_lines_of_the_format():
    head, checkpoint = proof_of(12, b"x").encode().split(b"\n\n", 1)
    assert head.split(b"\n")[:3] == [b"c2sp.org/tlog-proof@v1", b"extra eA==", b"index 12"]
    assert checkpoint == SIGNED
    assert proof_of(0).encode().startswith(b"c2sp.org/tlog-proof@v1\nindex 0\n")


@given(
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.none() | st.binary(min_size=1, max_size=50),
)
def test_one_file_for_one_proof(index: int, hashes: list[bytes], extra: bytes | None):
    proof = TlogProof(index, tuple(hashes), SIGNED, extra)
    assert TlogProof.decode(proof.encode()) == proof


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ("c2sp.org/tlog-proof@v2\nindex 0", "begins with"),
        ("c2sp.org/tlog-proof@v1\nextra !!\nindex 0", "extra data is not"),
        ("c2sp.org/tlog-proof@v1\nextra \nindex 0", "left out"),
        ("c2sp.org/tlog-proof@v1\nindex 0\nextra eA==", "hash of the inclusion proof"),
        ("c2sp.org/tlog-proof@v1", "no index"),
        ("c2sp.org/tlog-proof@v1\nindex 01", "leading zeros"),
        ("c2sp.org/tlog-proof@v1\nindex -5", "decimal"),
        ("c2sp.org/tlog-proof@v1\nindex 0\n!!", "hash of the inclusion proof"),
        ("c2sp.org/tlog-proof@v1\nindex 0\nAAAA", "32 bytes"),
        ("c2sp.org/tlog-proof@v1\nindex 0\n" + "\n".join(["A" * 43 + "="] * 64), "63 hashes"),
        ("c2sp.org/tlog-proof@v1\nindex ０", "ASCII"),
    ],
)
def test_malformed_proofs_are_refused(head: str, why: str):
    with pytest.raises(ProofError, match=why):
        TlogProof.decode(head.encode() + b"\n\n" + SIGNED)


@pytest.mark.parametrize(
    "data", [b"", b"c2sp.org/tlog-proof@v1\nindex 0\n", b"c2sp.org/tlog-proof@v1\nindex 0\n\n"]
)
def test_a_proof_without_a_checkpoint_is_refused(data: bytes):
    with pytest.raises(ProofError):
        TlogProof.decode(data)


# Under a policy ---------------------------------------------------------------------------------------------

WITNESSES = [Cosigner(f"w{at}.example", bytes([at + 1]) * 32, 6 if at == 2 else 4) for at in range(3)]
POLICY = Policy.parse(
    (
        f"log {SIGNER.verifier}\n"
        + "".join(f"witness W{at} {each.verifier}\n" for at, each in enumerate(WITNESSES))
        + "group two 2 W0 W1 W2\nquorum two\n"
    ).encode()
)


def cosigned(index: int, *by: int) -> TlogProof:
    note = parse_note(SIGNED)
    lines = [WITNESSES[at].cosign(note.text, 1_700_000_000 + at) for at in by]
    return replace(proof_of(index), checkpoint=note.with_signatures(lines).encode())


@pytest.mark.parametrize("by", [(0, 1), (0, 2), (2, 1), (0, 1, 2)])
def test_a_proof_that_meets_a_policy_tells_who_saw_it_and_when(by: tuple[int, ...]):
    proof = TlogProof.decode(cosigned(5, *by).encode())
    witnessed = proof.verify_with(LEAVES[5], POLICY)
    assert witnessed.times == {f"W{at}": 1_700_000_000 + at for at in by}
    assert (witnessed.log, witnessed.checkpoint.size) == (SIGNER.verifier, 13)
    assert proof.verify_with(LEAVES[5], POLICY, SIGNER.name) == witnessed


def test_a_proof_below_the_quorum_of_another_log_or_of_another_entry_is_refused():
    with pytest.raises(PolicyError, match=r"cosignatures of 1 witnesses .* \(at least 2\)"):
        cosigned(5, 0).verify_with(LEAVES[5], POLICY)
    with pytest.raises(CheckpointError, match="not of 'other'"):
        cosigned(5, 0, 1).verify_with(LEAVES[5], POLICY, "other")
    with pytest.raises(ProofError, match="inclusion proof of entry 5 does not lead to the root of size 13"):
        cosigned(5, 0, 1).verify_with(LEAVES[6], POLICY)
    with pytest.raises(ProofError, match="entry 6"):
        replace(cosigned(5, 0, 1), index=6).verify_with(LEAVES[5], POLICY)
    with pytest.raises(NoteError, match="known key"):
        cosigned(5, 0, 1).verify_with(LEAVES[5], Policy.of_log(Signer.generate(SIGNER.name).verifier))
    assert cosigned(5).verify_with(LEAVES[5], Policy.of_log(SIGNER.verifier)).times == {}


def test_the_example_of_the_specification_is_read():
    """Its extra data are made whole here, and its checkpoint, which is cut short there, is another."""
    hashes = [
        "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=",
        "B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=",
        "EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=",
        "RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=",
        "AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=",
    ]
    text = "\n".join(
        ["c2sp.org/tlog-proof@v1", "extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6", "index 73894", *hashes]
    )
    proof = TlogProof.decode(text.encode() + b"\n\n" + SIGNED)
    assert (proof.index, proof.extra) == (73894, b"age-v1.2.1-darwin-arm64.tar.gz")
    assert [encode_base64(value) for value in proof.hashes] == hashes


@given(st.binary(max_size=60) | st.text("index 05\nextra A=", max_size=60).map(str.encode))
def test_any_bytes_are_a_proof_or_a_proof_error(tail: bytes):
    data = b"c2sp.org/tlog-proof@v1\n" + tail
    try:
        proof = TlogProof.decode(data)
    except ProofError:
        return
    assert proof.encode() == data
