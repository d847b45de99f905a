"""The witness protocol without network or disk: each answer of C2SP tlog-witness, in its order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tlog.checkpoint import Checkpoint, sign_checkpoint
from ledger.tlog.encoding import encode_base64
from ledger.tlog.merkle import EMPTY_ROOT, leaf_hash, prove_consistency, root_of
from ledger.tlog.note import Note, Signer, parse_note, sign_note
from ledger.tlog.witness import AddCheckpoint, Judgement, WitnessError, judge, origin_of

LOG = Signer("mingzhang.example/log", b"\x01" * 32)
KEYS = [LOG.verifier]
STRANGER = Signer(LOG.name, b"\x02" * 32)
LEAVES = [leaf_hash(b"%d" % index) for index in range(20)]
FORKED = [*LEAVES[:5], *(leaf_hash(b"other %d" % index) for index in range(5, 20))]


def tree(size: int, leaves: list[bytes] = LEAVES) -> Checkpoint:
    return Checkpoint(LOG.name, size, root_of(leaves[:size]))


def proof(old: int, new: int, leaves: list[bytes] = LEAVES) -> tuple[bytes, ...]:
    def read_hash(level: int, at: int) -> bytes:
        return root_of(leaves[at << level : (at + 1) << level])

    return tuple(prove_consistency(old, new, read_hash))


def why(judged: Judgement) -> str:
    assert judged.problem
    return judged.problem


def request(old: int, new: int, leaves: list[bytes] = LEAVES, signer: Signer = LOG) -> AddCheckpoint:
    return AddCheckpoint(old, proof(old, new, leaves), sign_checkpoint(tree(new, leaves), signer))


# Requests ---------------------------------------------------------------------------------------------------


def test_the_body_of_a_request():
    asked = request(3, 8)
    lines = [encode_base64(value) for value in asked.proof]
    assert len(lines) == 4
    assert asked.encode() == "\n".join(["old 3", *lines, "", ""]).encode() + asked.checkpoint
    assert AddCheckpoint.decode(asked.encode()) == asked
    assert origin_of(asked) == LOG.name
    assert request(0, 8).encode().startswith(b"old 0\n\nmingzhang.example/log\n8\n")


@given(
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.binary(min_size=1, max_size=40),
)
def test_one_body_for_one_request(old: int, hashes: list[bytes], checkpoint: bytes):
    asked = AddCheckpoint(old, tuple(hashes), checkpoint)
    assert AddCheckpoint.decode(asked.encode()) == asked


H = "A" * 43 + "="


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("", "the first line of the request is not an old size"),
        ("size 3", "not an old size"),
        ("old", "not an old size"),
        ("old3", "not an old size"),
        ("old\t3", "not an old size"),
        ("Old 3", "not an old size"),
        ("\nold 3", "not an old size"),
        ("old ", "the old size is not a decimal"),
        ("old  3", "the old size is not a decimal"),
        ("old 3 ", "the old size is not a decimal"),
        ("old 03", "without leading zeros"),
        ("old 00", "without leading zeros"),
        ("old -3", "the old size is not a decimal"),
        ("old +3", "the old size is not a decimal"),
        ("old 3\r", "the old size is not a decimal"),
        ("old 9223372036854775808", "2\\^63"),
        ("old ３", "ASCII"),
        ("old 3\n" + H[:-1], "a hash of the consistency proof is not standard base64"),
        ("old 3\n" + H[:-2] + "B=", "a hash of the consistency proof is not canonical base64"),
        ("old 3\n" + H + " ", "not standard base64"),
        ("old 3\n" + H + "\r", "not standard base64"),
        ("old 3\nAAAA", "at most 63 hashes of 32 bytes"),
        ("old 3\n" + "\n".join([H] * 64), "at most 63 hashes of 32 bytes"),
    ],
)
def test_what_is_no_request_is_refused(head: str, said: str):
    with pytest.raises(WitnessError, match=said):
        AddCheckpoint.decode(head.encode() + b"\n\n" + request(0, 3).checkpoint)


@pytest.mark.parametrize("data", [b"", b"old 3", b"old 3\n", b"old 3\n\n", f"old 3\n{H}\n".encode()])
def test_a_request_without_a_checkpoint_is_refused(data: bytes):
    with pytest.raises(WitnessError, match="no checkpoint after an empty line"):
        AddCheckpoint.decode(data)


@given(st.binary(max_size=60) | st.text("old 0123\nA=/+", max_size=60).map(str.encode))
def test_any_bytes_are_a_request_or_a_witness_error(data: bytes):
    try:
        asked = AddCheckpoint.decode(data)
    except WitnessError:
        return
    assert asked.encode() == data


def test_an_old_size_that_no_line_can_say():
    for size in (-1, 2**63):
        with pytest.raises(WitnessError, match="between 0 and 2"):
            AddCheckpoint(size, (), b"x")


# Answers ----------------------------------------------------------------------------------------------------


def test_every_honest_step_is_answered_with_200():
    for new in range(21):
        assert judge(request(0, new), None, KEYS) == Judgement(200, None, tree(new))
        for old in range(new + 1):
            assert judge(request(old, new), tree(old), KEYS) == Judgement(200, None, tree(new)), (old, new)


@pytest.mark.parametrize(
    ("checkpoint", "said"),
    [
        (b"x", "no block of signature lines"),
        (tree(3).text.encode(), "no block of signature lines"),
        (sign_note("a\nb\n", LOG), "three lines"),
        (sign_note(f"{LOG.name}\n03\n{H}\n", LOG), "leading zeros"),
        (b"\xff" + sign_checkpoint(tree(3), LOG), "UTF-8"),
    ],
)
@pytest.mark.parametrize("keys", [KEYS, []])
def test_400_for_what_is_no_checkpoint(checkpoint: bytes, said: str, keys: list):
    judged = judge(AddCheckpoint(0, (), checkpoint), None, keys)
    assert (judged.status, judged.checkpoint, judged.is_evidence) == (400, None, False)
    assert why(judged).startswith("the checkpoint cannot be read: ")
    assert said in why(judged)


def test_404_for_an_unknown_origin():
    judged = judge(request(0, 3), None, [])
    assert judged == Judgement(404, "the log 'mingzhang.example/log' is not known here")


def test_403_without_a_signature_of_a_trusted_key():
    judged = judge(request(0, 3, signer=STRANGER), None, KEYS)
    assert judged.status == 403
    assert judged.problem == "for the log 'mingzhang.example/log': the note has no signature of a known key"
    assert judged.checkpoint is None
    renamed = Signer("other.example", LOG.seed)
    assert judge(request(0, 3, signer=renamed), None, KEYS).status == 403
    assert judge(request(0, 3, signer=STRANGER), None, [STRANGER.verifier, *KEYS]).status == 200


def test_403_for_a_signature_of_a_trusted_key_that_is_not_valid_even_beside_a_good_one():
    good, other = (parse_note(request(0, size).checkpoint) for size in (3, 4))
    note = Note(good.text, (*good.signatures, *other.signatures)).encode()
    judged = judge(AddCheckpoint(0, (), note), None, KEYS)
    assert judged.status == 403
    assert why(judged).endswith("is not valid")


def test_signatures_of_unknown_keys_are_ignored():
    note = parse_note(request(2, 9).checkpoint)
    forged = parse_note(request(2, 9, signer=STRANGER).checkpoint).signatures[0]
    asked = AddCheckpoint(2, proof(2, 9), Note(note.text, (forged, *note.signatures)).encode())
    assert judge(asked, tree(2), KEYS).status == 200


def test_400_for_an_old_size_above_the_checkpoint_comes_before_409():
    judged = judge(AddCheckpoint(9, (), request(0, 3).checkpoint), tree(5), KEYS)
    assert judged == Judgement(400, "the old size 9 is above the checkpoint's size 3", tree(3))


def test_another_root_of_the_held_size_proves_a_fork_also_where_the_old_size_is_too_large():
    signed = sign_checkpoint(tree(8, FORKED), LOG)
    judged = judge(AddCheckpoint(9, (), signed), tree(8), KEYS)
    assert (judged.status, judged.is_evidence, judged.proves_fork) == (400, True, True)


@pytest.mark.parametrize(
    ("old", "new", "held"), [(0, 9, 5), (4, 9, 5), (6, 9, 5), (3, 9, 0), (0, 5, 9), (5, 7, 9)]
)
def test_409_with_the_held_size_where_the_old_size_is_another(old: int, new: int, held: int):
    judged = judge(request(old, new), tree(held) if held else None, KEYS)
    problem = f"the latest cosigned checkpoint is of size {held}, not {old}"
    assert judged == Judgement(409, problem, tree(new), held)
    assert not judged.proves_fork


@pytest.mark.parametrize("hashes", [(), (b"\0" * 32,)])
def test_409_for_another_root_of_the_held_size(hashes: tuple[bytes, ...]):
    asked = AddCheckpoint(9, hashes, request(0, 9, FORKED).checkpoint)
    judged = judge(asked, tree(9), KEYS)
    assert judged == Judgement(
        409, "another root was cosigned for size 9", tree(9, FORKED), 9, is_evidence=True
    )  # fmt: skip
    assert judged.proves_fork


def test_another_root_of_the_held_size_proves_a_fork_whatever_old_size_it_came_with():
    judged = judge(request(3, 9, FORKED), tree(9), KEYS)
    assert (judged.status, judged.latest_size, judged.proves_fork) == (409, 9, True)
    assert not judge(request(3, 8, FORKED), tree(9), KEYS).is_evidence  # no two roots of one size yet
    assert not judge(request(3, 9), tree(9), KEYS).is_evidence


def test_422_for_a_proof_that_does_not_hold_is_a_suspicion_and_no_proof():
    """Whoever relays an honest checkpoint can put any proof beside it."""
    honest = request(5, 9)
    for hashes in [(), honest.proof[:-1], (*honest.proof, b"\0" * 32), honest.proof[::-1], proof(4, 9)]:
        judged = judge(AddCheckpoint(5, hashes, honest.checkpoint), tree(5), KEYS)
        assert (judged.status, judged.checkpoint, judged.latest_size) == (422, tree(9), None)
        assert "is not shown to extend the one of size 5: " in why(judged)
        assert judged.is_evidence
        assert not judged.proves_fork
    forked = judge(request(6, 9, FORKED), tree(6), KEYS)
    assert (forked.status, forked.is_evidence, forked.proves_fork) == (422, True, False)


def test_every_changed_byte_of_a_proof_is_answered_with_422():
    asked = request(6, 20)
    for at in range(len(asked.proof)):
        for byte in range(32):
            changed = bytearray(asked.proof[at])
            changed[byte] ^= 0x10
            hashes = (*asked.proof[:at], bytes(changed), *asked.proof[at + 1 :])
            assert judge(AddCheckpoint(6, hashes, asked.checkpoint), tree(6), KEYS).status == 422


def test_a_proof_beside_the_same_again_is_refused_and_says_nothing_of_the_log():
    judged = judge(AddCheckpoint(9, (b"\0" * 32,), request(0, 9).checkpoint), tree(9), KEYS)
    assert (judged.status, judged.is_evidence) == (422, False)
    assert why(judged).endswith("from size 9 to 9 has to be empty")


def test_from_size_0_the_proof_is_empty_and_the_empty_tree_has_its_root():
    asked = AddCheckpoint(0, (b"\0" * 32,), request(0, 9).checkpoint)
    for latest in (None, tree(0)):
        judged = judge(asked, latest, KEYS)
        assert judged.status == 422
        assert why(judged).endswith("from size 0 to 9 has to be empty")
        assert not judged.proves_fork
    assert tree(0).root == EMPTY_ROOT
    hollow = sign_checkpoint(Checkpoint(LOG.name, 0, b"\0" * 32), LOG)
    assert judge(AddCheckpoint(0, (), hollow), None, KEYS).status == 422
    assert judge(AddCheckpoint(0, (), hollow), tree(0), KEYS).proves_fork


def test_extension_lines_are_the_logs_own_affair():
    longer = Checkpoint(LOG.name, 9, tree(9).root, ("an extension",))
    asked = AddCheckpoint(9, (), sign_checkpoint(longer, LOG))
    assert judge(asked, tree(9), KEYS) == Judgement(200, None, longer)
