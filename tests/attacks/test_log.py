"""Attacks on the log as a whole: history rewritten, cut, swapped, shown in two versions, put back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger.home import Home
from ledger.published.reading import verify_base
from ledger.published.source import open_source
from ledger.record import RecordProblem
from ledger.tlog.policy import Policy
from ledger.witnessing.monitor import Address, Monitor, Rules
from ledger.witnessing.notebook import Notebook
from tests.attacks.operator import POLICY, SIZE, Operator
from tests.ledger.store.books import SIGNER, accept, quiet_day
from tests.witnesses import StartedWitness, start_witness

VKEY = str(SIGNER.verifier)


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return Operator(tmp_path / "book")


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[StartedWitness]:
    with start_witness(tmp_path / "witness", "charity.example/witness", [VKEY]) as started:
        yield started


def monitor(folder: Path, log: Path, *others: Address, policy: Policy = POLICY) -> Monitor:
    return Monitor(Notebook(folder), Rules(policy), Address("the log", open_source(log)), others)


def backdate(value: dict) -> None:
    value["occurred_at"] = value["body"]["day"] = "2026-01-01"


def use_witness(operator: Operator, witness: StartedWitness) -> None:
    policy = f"log {VKEY}\n{witness.policy_line}\nquorum {witness.policy_line.split()[1]}\n"
    operator.home.policy_file.write_text(policy)
    with closing(operator.place.open()) as record:
        record.checkpoint()


REWRITE = "rewrite an entry, re-chain and re-sign all after it"


@pytest.mark.attack(REWRITE, found_by="verify --base --old", who="anyone who kept a checkpoint or a receipt")
@pytest.mark.parametrize("index", [9, 255, 256, 279])
def test_a_kept_checkpoint_contradicts_rewritten_history(operator: Operator, index: int) -> None:
    entries = operator.rewrite(index, backdate)
    operator.put(entries)
    operator.publish(entries)
    assert operator.verified() is None  # inside, all fits: that is why what is outside counts
    assert operator.strange() is None
    found = verify_base(operator.home.log, VKEY, old=operator.saved)
    assert not found.ok
    assert "old checkpoint" in (found.problem or "")


@pytest.mark.attack(REWRITE, found_by="monitor", who="anyone who follows the log")
def test_a_monitor_contradicts_rewritten_history(operator: Operator, tmp_path: Path) -> None:
    watching = monitor(tmp_path / "monitor", operator.home.log)
    assert watching.look().ok
    operator.publish(operator.rewrite(40, backdate))
    report = watching.look()
    assert [finding.code for finding in report.problems] == ["rewritten"]
    assert report.problems[0].evidence


@pytest.mark.attack(REWRITE, found_by="the witness refuses", who="every witness, before it is published")
def test_a_witness_does_not_confirm_rewritten_history(operator: Operator, witness: StartedWitness) -> None:
    use_witness(operator, witness)
    entries = operator.rewrite(40, backdate)
    operator.put(entries)
    shutil.rmtree(operator.home.log)
    for trace in (operator.home.last_signed_file, operator.home.publishing_file):
        trace.unlink()
    with closing(operator.place.open()) as record, pytest.raises(RecordProblem, match=r"confirmed|witness"):
        record.checkpoint()
    assert not (operator.home.log / "checkpoint").exists()


CUT = "cut the tail"


@pytest.mark.attack(CUT, found_by="verify", who="whoever runs it at the server")
def test_verify_misses_the_tail(operator: Operator) -> None:
    operator.put(operator.honest[: SIZE - 3])
    assert "tail is cut" in (operator.verified() or "")


@pytest.mark.attack(CUT, found_by="verify --base --old, monitor", who="anyone who saw the longer log")
def test_outsiders_miss_the_tail(operator: Operator, tmp_path: Path) -> None:
    watching = monitor(tmp_path / "monitor", operator.home.log)
    assert watching.look().ok
    kept = (operator.home.log / "checkpoint").read_bytes()
    operator.publish(operator.honest[: SIZE - 3])
    assert operator.strange() is None
    assert not verify_base(operator.home.log, VKEY, old=kept).ok
    assert watching.look().problems[0].code == "shorter"


@pytest.mark.attack("swap two entries", found_by="verify", who="anyone, also from published bytes alone")
def test_two_entries_do_not_change_places(operator: Operator) -> None:
    swapped = [*operator.honest]
    swapped[50], swapped[51] = swapped[51], swapped[50]
    operator.put(swapped)
    assert "entry 50" in (operator.verified() or "")
    operator.publish(swapped)
    found = verify_base(operator.home.log, VKEY)
    assert found.first_bad_index == 50
    assert "chain" in (operator.strange() or "")


SPLIT = "show two people two histories (split view)"


@pytest.fixture
def split(operator: Operator, tmp_path: Path) -> Path:
    """A second history of the same size, signed with the same key."""
    return operator.publish_beside(tmp_path / "other", operator.rewrite(SIZE - 5, backdate))


@pytest.mark.attack(SPLIT, found_by="monitor --witness", who="anyone who compares with a witness")
def test_a_monitor_that_asks_a_witness_sees_the_split(
    operator: Operator, split: Path, witness: StartedWitness, tmp_path: Path
) -> None:
    use_witness(operator, witness)
    asked = Address(witness.url, open_source(witness.url), is_witness=True)
    report = monitor(tmp_path / "monitor", split, asked).look()
    assert "split_view" in [finding.code for finding in report.problems]
    assert monitor(tmp_path / "second", operator.home.log, asked).look().ok


@pytest.mark.attack(SPLIT, found_by="quorum of the policy", who="every verifier that has the policy")
def test_the_history_that_no_witness_saw_does_not_meet_the_policy(
    operator: Operator, split: Path, witness: StartedWitness, tmp_path: Path
) -> None:
    use_witness(operator, witness)
    policy = Policy.parse(operator.home.policy_file.read_bytes())
    assert policy.open_checkpoint((operator.home.log / "checkpoint").read_bytes()).times
    with pytest.raises(ValueError, match=r"quorum|cosignature"):
        policy.open_checkpoint((split / "checkpoint").read_bytes())
    report = monitor(tmp_path / "monitor", split, policy=policy).look()
    assert not report.ok


RESTORE = "put an old backup over published history and go on from it"


@pytest.mark.attack(RESTORE, found_by="publishing refuses", who="the server itself")
def test_an_old_database_under_a_newer_log_is_not_signed(operator: Operator) -> None:
    operator.put(operator.honest[: SIZE - 30])
    with closing(operator.place.open()) as record, pytest.raises(RecordProblem):
        record.checkpoint()


@pytest.mark.attack(RESTORE, found_by="publishing refuses", who="the server, told by a witness")
def test_an_old_folder_is_told_by_a_witness_what_was_published(
    operator: Operator, witness: StartedWitness, tmp_path: Path
) -> None:
    use_witness(operator, witness)
    backup = tmp_path / "backup"
    shutil.copytree(operator.home.path, backup)
    with closing(operator.place.open()) as record:
        accept(record, [quiet_day("after the backup")])
        record.checkpoint()
    shutil.rmtree(operator.home.path)
    shutil.copytree(backup, operator.home.path)
    before = (operator.home.log / "checkpoint").read_bytes()
    with closing(operator.place.open()) as record:
        accept(record, [quiet_day("another history")])
        with pytest.raises(RecordProblem):
            record.checkpoint()
    assert (operator.home.log / "checkpoint").read_bytes() == before
    assert list(Home(operator.home.path).evidence.iterdir())
