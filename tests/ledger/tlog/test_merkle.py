"""The Merkle tree: every small case, foreign vectors, and what must not verify."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tlog.merkle import (
    EMPTY_ROOT,
    Frontier,
    ProofError,
    leaf_hash,
    node_hash,
    prove_consistency,
    prove_inclusion,
    root_at,
    root_from_inclusion,
    root_of,
    verify_consistency,
    verify_inclusion,
)

VECTORS = Path(__file__).parents[2] / "vectors" / "tlog"
SMALL = 64
LEAVES = [leaf_hash(f"leaf {index}".encode()) for index in range(SMALL)]


def mth(leaves: list[bytes]) -> bytes:
    """RFC 6962 2.1 word for word, to compare with."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def read_hash(level: int, index: int) -> bytes:
    start, end = index << level, (index + 1) << level
    assert end <= SMALL
    return mth(LEAVES[start:end])


ROOTS = [mth(LEAVES[:size]) for size in range(SMALL + 1)]


def flipped(value: bytes, bit: int = 3) -> bytes:
    return bytes([value[0] ^ 1 << bit]) + value[1:]


def verifies_inclusion(*args: object) -> bool:
    try:
        verify_inclusion(*args)  # type: ignore[arg-type]
    except ProofError:
        return False
    return True


def verifies_consistency(*args: object) -> bool:
    try:
        verify_consistency(*args)  # type: ignore[arg-type]
    except ProofError:
        return False
    return True


def test_hashes_are_those_of_the_rfc():
    assert leaf_hash(b"") == hashlib.sha256(b"\x00").digest()
    assert node_hash(b"l" * 32, b"r" * 32) == hashlib.sha256(b"\x01" + b"l" * 32 + b"r" * 32).digest()
    assert EMPTY_ROOT == root_of([]) == root_at(0, read_hash) == hashlib.sha256(b"").digest()


def test_the_frontier_gives_every_root_and_survives_storage():
    frontier = Frontier()
    for size in range(SMALL + 1):
        assert frontier.size == size
        assert frontier.root() == ROOTS[size] == root_at(size, read_hash) == root_of(LEAVES[:size])
        stored = Frontier.from_bytes(frontier.to_bytes())
        assert (stored.size, stored.root()) == (size, ROOTS[size])
        assert Frontier.read(size, read_hash).to_bytes() == frontier.to_bytes()
        if size < SMALL:
            frontier.append(LEAVES[size])
    for bad in (b"", b"\0" * 9, frontier.to_bytes()[:-1], frontier.to_bytes() + b"\0"):
        with pytest.raises(ValueError, match="frontier"):
            Frontier.from_bytes(bad)


@given(st.integers(0, 40), st.integers(0, 24))
def test_extending_is_appending(start: int, more: int):
    frontier = Frontier()
    frontier.extend(LEAVES[:start])
    frontier.extend(iter(LEAVES[start : start + more]))
    assert frontier.root() == ROOTS[start + more]


def test_every_inclusion_proof_of_every_small_tree_and_no_tampered_one():
    for size in range(1, SMALL + 1):
        for index in range(size):
            proof = prove_inclusion(index, size, read_hash)
            verify_inclusion(index, size, LEAVES[index], proof, ROOTS[size])
            for at, value in enumerate(proof):
                bad = [*proof[:at], flipped(value), *proof[at + 1 :]]
                assert not verifies_inclusion(index, size, LEAVES[index], bad, ROOTS[size])
            for bad in (proof[:-1], proof[1:], [*proof, ROOTS[size]], [ROOTS[size], *proof]):
                if bad != proof:
                    assert not verifies_inclusion(index, size, LEAVES[index], bad, ROOTS[size])
            assert not verifies_inclusion(index, size, flipped(LEAVES[index]), proof, ROOTS[size])
            assert not verifies_inclusion(index, size, LEAVES[index], proof, flipped(ROOTS[size]))


def test_a_proof_holds_for_one_index_only():
    for size in (1, 2, 7, 8, 31, 64):
        for index in range(size):
            proof = prove_inclusion(index, size, read_hash)
            right = [i for i in range(size) if verifies_inclusion(i, size, LEAVES[index], proof, ROOTS[size])]
            assert right == [index]


def test_every_consistency_proof_of_every_small_pair_and_no_tampered_one():
    for new in range(SMALL + 1):
        for old in range(new + 1):
            proof = prove_consistency(old, new, read_hash)
            verify_consistency(old, new, ROOTS[old], ROOTS[new], proof)
            for at, value in enumerate(proof):
                bad = [*proof[:at], flipped(value), *proof[at + 1 :]]
                assert not verifies_consistency(old, new, ROOTS[old], ROOTS[new], bad)
            extended = [*proof, ROOTS[new]]
            assert not verifies_consistency(old, new, ROOTS[old], ROOTS[new], extended)
            assert not verifies_consistency(old, new, flipped(ROOTS[old]), ROOTS[new], proof)
            if old:
                assert not verifies_consistency(old, new, ROOTS[old], flipped(ROOTS[new]), proof)
            for bad in (proof[:-1], proof[1:]):
                assert bad == proof or not verifies_consistency(old, new, ROOTS[old], ROOTS[new], bad)


@given(st.data())
def test_a_rewritten_history_is_never_consistent(data: st.DataObject):
    old = data.draw(st.integers(1, SMALL - 1))
    new = data.draw(st.integers(old + 1, SMALL))
    changed = data.draw(st.integers(0, old - 1))
    other = [*LEAVES[:changed], flipped(LEAVES[changed]), *LEAVES[changed + 1 :]]
    forged = prove_consistency(old, new, lambda level, i: mth(other[i << level : (i + 1) << level]))
    assert not verifies_consistency(old, new, ROOTS[old], mth(other[:new]), forged)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 3), (3, 3), (4, -1)])
def test_there_is_no_proof_of_what_is_not_there(index: int, size: int):
    with pytest.raises(ProofError, match="no entry"):
        prove_inclusion(index, size, read_hash)
    with pytest.raises(ProofError, match="no entry"):
        root_from_inclusion(index, size, LEAVES[0], [])


@pytest.mark.parametrize(("old", "new"), [(2, 1), (-1, 1), (1, -1)])
def test_a_tree_never_grows_shorter(old: int, new: int):
    with pytest.raises(ProofError, match="prefix"):
        prove_consistency(old, new, read_hash)
    with pytest.raises(ProofError, match="prefix"):
        verify_consistency(old, new, ROOTS[1], ROOTS[1], [])


def test_hashes_of_another_length_are_refused():
    with pytest.raises(ProofError, match="32 bytes"):
        verify_inclusion(0, 2, LEAVES[0], [LEAVES[1][:31]], ROOTS[2])
    with pytest.raises(ProofError, match="32 bytes"):
        verify_consistency(1, 2, ROOTS[1] + b"\0", ROOTS[2], [LEAVES[1]])


def test_the_reference_tree_of_certificate_transparency():
    vectors = json.loads((VECTORS / "rfc6962.json").read_text())
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in vectors["leaves"]]
    roots = [bytes.fromhex(root) for root in vectors["roots"]]
    assert EMPTY_ROOT.hex() == vectors["empty_root"]
    assert [root_of(leaves[:size]) for size in range(1, 9)] == roots

    def read(level: int, index: int) -> bytes:
        return mth(leaves[index << level : (index + 1) << level])

    for case in vectors["inclusion"]:
        proof = [bytes.fromhex(value) for value in case["proof"]]
        assert prove_inclusion(case["index"], case["size"], read) == proof
        verify_inclusion(case["index"], case["size"], leaves[case["index"]], proof, roots[case["size"] - 1])
    for case in vectors["consistency"]:
        proof = [bytes.fromhex(value) for value in case["proof"]]
        assert prove_consistency(case["old"], case["new"], read) == proof
        verify_consistency(case["old"], case["new"], roots[case["old"] - 1], roots[case["new"] - 1], proof)


def test_a_proof_of_a_foreign_log_of_961_984_013_entries():
    vectors = json.loads((VECTORS / "argon2020.json").read_text())
    old_root, new_root = (base64.b64decode(vectors[name]) for name in ("old_root", "new_root"))
    proof = [base64.b64decode(value) for value in vectors["consistency"]]
    verify_consistency(vectors["old"], vectors["new"], old_root, new_root, proof)
    for at, value in enumerate(proof):
        bad = [*proof[:at], flipped(value), *proof[at + 1 :]]
        assert not verifies_consistency(vectors["old"], vectors["new"], old_root, new_root, bad)
