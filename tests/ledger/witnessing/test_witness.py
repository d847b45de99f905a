"""What a witness keeps and refuses, without the network."""

from __future__ import annotations

import logging
import stat
from pathlib import Path

import pytest

from ledger.tlog.checkpoint import open_checkpoint
from ledger.tlog.cosignature import CosignatureKey, cosignature_time
from ledger.tlog.note import Signer, VerifierKey, open_note, parse_note, sign_note
from ledger.tlog.policy import Policy
from ledger.tlog.witness import AddCheckpoint
from ledger.witnessing.evidence import MOST_CASES
from ledger.witnessing.held import origin_hash
from ledger.witnessing.witness import Witness, WitnessProblem
from tests.independent import verify_checkpoint
from tests.ledger.witnessing.logs import ORIGIN, SIGNER, VKEY, Tree, entries_of

NAME = "charity.example/w"
NOW = 1_772_000_000
HONEST = Tree(entries_of(60))
FORK = Tree(entries_of(60, "other ", since=20))


def opened(folder: Path, *vkeys: str, name: str = NAME, **more: bool) -> Witness:
    return Witness.open(folder, name, map(VerifierKey.parse, vkeys or (VKEY,)), **more)


def ask(witness: Witness, body: bytes, now: float = NOW):
    return witness.add_checkpoint(body, lambda: now)


@pytest.fixture
def witness(tmp_path) -> Witness:
    witness = opened(tmp_path / "w")
    assert ask(witness, HONEST.request(0, 30)).status == 200
    return witness


def test_first_run_makes_keys_that_only_their_owner_reads(tmp_path):
    made = opened(tmp_path / "w", post_quantum=True)
    for file in ("witness.key", "witness-ml-dsa.key"):
        assert stat.S_IMODE((tmp_path / "w" / file).stat().st_mode) == 0o600
    again = Witness.open(tmp_path / "w")
    assert (again.name, again.verifier_keys(), again.keys) == (NAME, made.verifier_keys(), made.keys)
    assert len(again.verifier_keys()) == 2
    policy = "\n".join([f"log {VKEY}", *made.policy_lines("http://w.example"), "quorum none", ""])
    parsed = Policy.parse(policy.encode())
    assert [line.url for line in parsed.witnesses] == ["http://w.example"] * 2


@pytest.mark.parametrize(
    ("name", "told"),
    [("", "needs a name"), ("two words", "key name"), ("a+b", "key name"), ("none", "needs a name")],
)
def test_bad_names_make_no_witness(tmp_path, name, told):
    with pytest.raises(WitnessProblem, match=told):
        opened(tmp_path / "w", name=name)
    assert not (tmp_path / "w" / "witness.key").exists()


def test_another_name_or_a_damaged_key_is_refused(tmp_path):
    opened(tmp_path / "w")
    with pytest.raises(WitnessProblem, match="is called charity"):
        opened(tmp_path / "w", name="somebody.else/w")
    key = tmp_path / "w" / "witness.key"
    key.write_text(key.read_text()[:-8])
    with pytest.raises(WitnessProblem, match=r"witness\.key"):
        opened(tmp_path / "w")
    assert key.exists()


def test_a_cosignature_is_of_the_note_and_of_now(tmp_path, witness):
    answer = ask(witness, HONEST.request(30, 40), NOW + 5.9)
    note = HONEST.checkpoint(40) + answer.body
    key = CosignatureKey.parse(witness.verifier_keys()[0])
    text, (signature,) = open_note(note, [key])
    assert text.encode() in HONEST.checkpoint(40)
    assert cosignature_time(signature) == NOW + 5
    assert (tmp_path / "w/logs" / origin_hash(ORIGIN) / "checkpoint").read_bytes() == note


def test_two_keys_answer_with_two_lines(tmp_path):
    witness = opened(tmp_path / "w", post_quantum=True)
    answer = ask(witness, HONEST.request(0, 30))
    group = f"group both all {NAME} {NAME}/ml-dsa-44"
    policy = "\n".join([*witness.policy_lines(), group, "quorum both", f"log {VKEY}", ""])
    note, times = HONEST.checkpoint(30) + answer.body, {NAME: NOW, f"{NAME}/ml-dsa-44": NOW}
    assert Policy.parse(policy.encode()).open_checkpoint(note).times == times
    assert verify_checkpoint(note, policy.encode())[3] == times  # and a stranger's program finds the same


def test_unknown_signatures_are_not_kept(tmp_path, witness):
    stranger = parse_note(Tree(entries_of(60), Signer.generate("stranger.example")).checkpoint(40))
    body = HONEST.request(30, 40) + stranger.signatures[0].line.encode()
    assert ask(witness, body).status == 200
    held = witness.logs[ORIGIN].read()
    assert b"stranger" not in held.data
    assert open_checkpoint(held.data, SIGNER.verifier).size == 40


def test_a_refresh_is_a_newer_cosignature_of_the_same(witness):
    first, second = (ask(witness, HONEST.request(30, 30), NOW + at) for at in (10, 20))
    assert (first.status, second.status) == (200, 200)
    assert first.body != second.body
    assert witness.logs[ORIGIN].read().time == NOW + 20


def test_time_never_runs_back(witness):
    answer = ask(witness, HONEST.request(30, 35), NOW - 200)
    assert (answer.status, witness.logs[ORIGIN].read().time) == (200, NOW)
    answer = ask(witness, HONEST.request(35, 36), NOW - 400)
    assert answer.status == 503
    assert b"clock is 400 seconds behind" in answer.body
    assert witness.logs[ORIGIN].read().checkpoint.size == 35


def test_two_signed_records_of_one_size_are_kept_as_evidence(witness, caplog):
    before = witness.logs[ORIGIN].read()
    for _ in range(2):
        assert ask(witness, FORK.request(30, 30)).status == 409
    [case] = witness.logs[ORIGIN].evidence.cases()
    folder = witness.logs[ORIGIN].evidence.folder / case.name
    assert (case.kind, case.size) == ("contradiction", 30)
    assert (folder / "request").read_bytes() == FORK.request(30, 30)
    assert (folder / "held").read_bytes() == before.data
    assert witness.logs[ORIGIN].read() == before
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(told) == 1
    assert "SIGNED TWO DIFFERENT RECORDS OF THE SAME SIZE" in told[0]
    assert folder.name in told[0]


def test_a_fork_that_grew_is_kept_and_not_confirmed(witness):
    assert ask(witness, FORK.request(30, 50)).status == 422
    assert ask(witness, FORK.request(30, 51, HONEST.proof(30, 51))).status == 422
    assert [(case.kind, case.size) for case in witness.logs[ORIGIN].evidence.cases()] == [
        ("unproved", 50),
        ("unproved", 51),
    ]
    assert ask(witness, HONEST.request(30, 60)).status == 200


def test_what_proves_honest_later_is_no_longer_held_against_it(witness):
    """Anyone can send an honest checkpoint with a spoilt proof."""
    assert ask(witness, HONEST.request(30, 50, ())).status == 422
    assert len(witness.logs[ORIGIN].evidence.cases()) == 1
    assert ask(witness, HONEST.request(30, 50)).status == 200
    assert witness.logs[ORIGIN].evidence.cases() == []


def test_one_log_does_not_speak_for_another(tmp_path, witness):
    """Both are known; the other's signature on a checkpoint of this origin is a stranger's."""
    other = Signer.generate("other.example/log")
    both = opened(tmp_path / "w", str(other.verifier))
    body = AddCheckpoint(30, HONEST.proof(30, 40), sign_note(HONEST.text(40), other)).encode()
    assert ask(both, body).status == 403
    assert witness.logs[ORIGIN].read().checkpoint.size == 30


def test_a_proof_beside_the_same_again_is_refused_but_no_evidence(witness):
    assert ask(witness, HONEST.request(30, 30, HONEST.proof(20, 30))).status == 422
    assert witness.logs[ORIGIN].evidence.cases() == []


def test_unsigned_and_old_requests_are_no_evidence(witness):
    stranger = Tree(entries_of(60, "x"), Signer(ORIGIN, b"\x01" * 32))
    assert ask(witness, stranger.request(30, 30)).status == 403
    assert ask(witness, HONEST.request(0, 20)).status == 409
    assert ask(witness, HONEST.request(0, 40)).status == 409
    assert ask(witness, b"old 30\n\n").status == 400
    assert witness.logs[ORIGIN].evidence.cases() == []


def test_nobody_fills_the_disk(witness):
    liars = [Tree(entries_of(31, f"{number} ")) for number in range(MOST_CASES + 5)]
    assert {ask(witness, liar.request(30, 30)).status for liar in liars} == {409}
    assert len(witness.logs[ORIGIN].evidence.cases()) == MOST_CASES


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.unlink(),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(file.read_bytes()[:-1]),
        lambda file: file.write_bytes(file.read_bytes().replace(b"\n30\n", b"\n10\n")),
        lambda file: file.write_bytes(HONEST.checkpoint(10)),  # signed by the log, never confirmed here
        lambda file: (file.unlink(), file.mkdir()),
        lambda file: file.parent.rename(file.parent.with_name("gone")),
    ],
    ids=["gone", "empty", "cut", "edited", "not-ours", "a-folder", "folder-gone"],
)
def test_a_damaged_state_is_no_beginning(tmp_path, witness, damage):
    other = Signer.generate("other.example/log")
    both = opened(tmp_path / "w", str(other.verifier))
    damage(tmp_path / "w/logs" / origin_hash(ORIGIN) / "checkpoint")
    for body in (HONEST.request(0, 30), HONEST.request(30, 40), HONEST.request(0, 0)):
        answer = ask(both, body)
        assert answer.status == 500
        assert ORIGIN in answer.body.decode()
    assert ask(opened(tmp_path / "w"), HONEST.request(0, 30)).status == 500  # started again, too
    assert ask(both, Tree(entries_of(5), other).request(0, 5)).status == 200


def test_a_full_disk_confirms_nothing(tmp_path, witness):
    """The place where the next state is written aside is taken by a folder: as good as a full disk."""
    (tmp_path / "w/logs" / origin_hash(ORIGIN) / ".checkpoint.part").mkdir()
    answer = ask(witness, HONEST.request(30, 40))
    assert (answer.status, answer.body) == (500, b"this witness cannot store anything now\n")
    assert witness.logs[ORIGIN].read().checkpoint.size == 30


def test_a_rotated_log_key_goes_on(tmp_path, witness):
    successor = Signer(ORIGIN, b"\x08" * 32)
    grown = Tree(entries_of(60), successor)
    assert ask(witness, grown.request(30, 40)).status == 403
    both = opened(tmp_path / "w", str(successor.verifier))
    assert [key.name for key in both.keys] == [ORIGIN, ORIGIN]
    assert ask(both, grown.request(30, 40)).status == 200
    assert ask(both, HONEST.request(40, 41)).status == 200
