"""Offline proof files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tlog.checkpoint import Checkpoint, sign_checkpoint
from ledger.tlog.merkle import ProofError, leaf_hash, prove_inclusion, root_of
from ledger.tlog.note import NoteError, Signer
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
