"""Two implementations, one judgement of trees, checkpoints and cosignatures: what either writes the other
accepts, and a mutant neither."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from ledger.tlog.checkpoint import Checkpoint, sign_checkpoint
from ledger.tlog.cosignature import CosignatureKey, Cosigner
from ledger.tlog.merkle import leaf_hash, prove_consistency, prove_inclusion, root_of
from ledger.tlog.note import Signer, parse_note
from tests import independent as stranger
from tests.independent.judging import (
    JUDGED,
    LEAVES,
    LOG,
    NOTE,
    ORIGIN,
    POLICY,
    PQ,
    SOAK,
    TIME,
    both,
    both_extend,
    both_include,
    cosigned,
    mutants,
)
from tests.independent.notes import COSIGNATURE, COSIGNATURE_ML_DSA, Key
from tests.independent.writing import Pen

V = json.loads((Path(__file__).parents[1] / "vectors" / "tlog" / "cosignatures.json").read_text())

# Trees ------------------------------------------------------------------------------------------------------

MOST = 130 if SOAK else 40
MANY = [leaf_hash(b"%d" % index) for index in range(MOST)]


def read_hash(level: int, index: int) -> bytes:
    return root_of(MANY[index << level : (index + 1) << level])


def test_every_proof_of_every_small_tree():
    roots = [root_of(MANY[:size]) for size in range(MOST + 1)]
    for new in range(MOST + 1):
        assert stranger.tree_hash(MANY[:new]) == roots[new]
        for old in range(new + 1):
            path = prove_consistency(old, new, read_hash)
            assert path == stranger.consistency_proof(old, MANY[:new])
            assert both_extend(old, new, roots[old], roots[new], path)
        for index in range(new):
            path = prove_inclusion(index, new, read_hash)
            assert path == stranger.audit_path(index, MANY[:new])
            assert both_include(index, new, MANY[index], path, roots[new])


def test_only_the_empty_tree_goes_before_all_others():
    root = root_of(MANY[:5])
    assert both_extend(0, 5, root_of([]), root, [])
    assert not both_extend(0, 5, MANY[0], root, [])
    assert not both_extend(0, 0, MANY[0], MANY[0], [])
    assert not both_extend(0, 5, root_of([]), root, [MANY[0]])
    assert not both_extend(5, 5, root, root, [MANY[0]])


@given(st.data())
def test_mangled_proofs_of_trees_are_judged_the_same(data: st.DataObject):
    """Sizes, indexes, roots and paths that need not belong together; whatever is accepted is true."""
    sizes = st.integers(0, 20)
    old, new, told = data.draw(sizes), data.draw(sizes), data.draw(sizes)
    low, high = sorted((old, new))
    path = prove_consistency(low, high, read_hash) if data.draw(st.booleans()) else []
    if high > low and data.draw(st.booleans()):
        path = prove_inclusion(low, high, read_hash)
    match data.draw(st.sampled_from(["as it is", "cut", "longer", "turned", "flipped"])):
        case "cut":
            path = path[:-1]
        case "longer":
            path = [*path, MANY[0]]
        case "turned":
            path = path[::-1]
        case "flipped" if path:
            at = data.draw(st.integers(0, len(path) - 1))
            path = [*path[:at], bytes([path[at][0] ^ 1]) + path[at][1:], *path[at + 1 :]]
    old_root, new_root = root_of(MANY[:old]), root_of(MANY[:told])
    if both_extend(old, new, old_root, new_root, path):
        assert old == 0 or told == new >= old  # anything goes on from nothing
    if both_include(old, new, MANY[old], path, new_root):
        assert old < new == told


# Checkpoints ------------------------------------------------------------------------------------------------


def test_a_cosigned_checkpoint_and_no_mutant_of_it():
    """Both witnesses are needed: so not even an unknown key's name in place of theirs is harmless."""
    assert both(NOTE, POLICY) == JUDGED
    for mutant in mutants(NOTE):
        assert both(mutant, POLICY) is None, mutant


def test_a_post_quantum_cosignature_and_no_mutant_of_it():
    policy = f"log {LOG.verifier}\nwitness Q {PQ.verifier}\nquorum Q\n".encode()
    note = cosigned(Checkpoint(ORIGIN, 5, root_of(LEAVES)), PQ)
    assert both(note, policy) == (*JUDGED[:3], {"Q": TIME})
    for mutant in islice(mutants(note), 0, None, 3 if SOAK else 19):
        assert both(mutant, policy) is None, mutant


def test_what_may_be_changed_in_a_checkpoint():
    text, lines = NOTE.split(b"\n\n")
    first, second, third = lines.splitlines(keepends=True)
    unknown = sign_checkpoint(Checkpoint(ORIGIN, 9, b"\0" * 32), Signer(ORIGIN, b"\x09" * 32))
    foreign = parse_note(unknown).signatures[0].line.encode()
    for harmless in (
        third + first + second,  # another order
        lines + second,  # a line twice
        foreign + lines + foreign.replace(b"mingzhang", b"elsewhere"),  # of keys that nobody knows
    ):
        assert both(text + b"\n\n" + harmless, POLICY) == JUDGED


def test_public_checkpoints_under_a_policy_of_their_public_keys():
    case = V["arche"]
    witnesses = "".join(f"witness {name} {vkey}\n" for name, vkey in case["witnesses"].items())
    group = f"group g 3 {' '.join(case['witnesses'])}\nquorum g\n"
    policy = f"log {case['log']}\n{witnesses}{group}".encode()
    judged = both(case["checkpoint"].encode(), policy)
    assert judged
    assert judged[3] == dict.fromkeys(case["witnesses"], case["time"])
    for mutant in islice(mutants(case["checkpoint"].encode()), 0, None, 1 if SOAK else 31):
        both(mutant, policy)


# Cosignatures -----------------------------------------------------------------------------------------------

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
PENS = [Pen("w.example/一", b"\x05" * 32, kind) for kind in (COSIGNATURE, COSIGNATURE_ML_DSA)]


@given(
    st.sampled_from(PENS),
    NAMES | st.just("o" * 255) | st.just("明" * 86),
    st.integers(0, 2**63 - 1),
    st.integers(0, 2**64 - 1) | st.just(TIME),
    st.lists(NAMES, max_size=2),
    st.integers(0, 4),
)
@example(PENS[1], "o", 7, 0, [], 0)
@example(PENS[0], "o", 7, 2**63, [], 0)
def test_cosignatures_are_judged_the_same(
    pen: Pen, origin: str, size: int, time: int, extensions: list[str], change: int
):
    text = Checkpoint(origin, size, b"\x07" * 32, tuple(extensions)).text
    if pen.kind == COSIGNATURE_ML_DSA and len(origin.encode()) > 255:
        signature = bytes(2428)
    else:
        signature = pen.sign(text.encode(), time)
    told, mine = text.encode(), CosignatureKey.parse(pen.vkey)
    at = size % len(told)
    told, signature = [
        (told, signature),
        (told[:at] + told[at + 1 :], signature),
        (told, signature[:-1]),
        (told, (time ^ 1).to_bytes(8, "big") + signature[8:]),
        (b"more\n" + told, signature),
    ][change]
    assert (str(mine), mine.key_id.to_bytes(4, "big")) == (pen.vkey, pen.key.id)
    assert mine.verify(told, signature) is pen.key.accepts(told, signature)
    if not change and time < 2**63:
        assert mine.verify(told, signature) is (len(origin.encode()) < 256 or pen.kind == COSIGNATURE)


@given(st.sampled_from(PENS), NAMES, st.integers(0, 2**63 - 1), st.integers(1, 2**63 - 1))
def test_what_we_cosign_the_stranger_accepts(pen: Pen, origin: str, size: int, time: int):
    text = Checkpoint(origin, size, b"\x08" * 32).text
    cosigner = Cosigner(pen.name, pen.seed, pen.kind)
    line = cosigner.cosign(text, time)
    assert str(cosigner.verifier) == pen.vkey
    assert Key.read(pen.vkey, (pen.kind,)).accepts(text.encode(), line.data)
    if pen.kind == COSIGNATURE:  # Ed25519 has one signature of a text, ML-DSA-44 any number
        assert line.line == pen.line(text, time)
