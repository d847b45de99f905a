"""Changing the log's key: who trusted the old one crosses over, old checkpoints stay good, crash or not."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.home import Home, HomeProblem
from ledger.logkeys import LogKeys, former_file, next_file
from ledger.published.reading import verify_base
from ledger.published.writing import ForkError
from ledger.record import Record, RecordProblem
from ledger.rotating import Rotated, retire_former, rotate_key
from ledger.tlog.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from ledger.tlog.merkle import leaf_hash, root_of
from ledger.tlog.note import Signer, VerifierKey, parse_note
from ledger.tlog.policy import Policy
from ledger.verify import verify_book
from tests.ledger.published.crash import kill_before_operation
from tests.ledger.store import books
from tests.ledger.store.books import SIGNER, Place, issue
from tests.ledger.witnessed import name_witnesses
from tests.witnesses import start_witness

VKEY = str(SIGNER.verifier)


def make(folder: Path) -> None:
    record = books.stocked(Place(folder / "book"))
    record.checkpoint()
    record.close()


@pytest.fixture
def record(made_once: Callable[[str, Callable[[Path], object]], Path], tmp_path: Path) -> Record:
    return Record.open(shutil.copytree(made_once("rotating-book", make) / "book", tmp_path / "book"))


def signed_by(home: Home) -> list[str]:
    """Key IDs on the published checkpoint."""
    note = parse_note((home.log / "checkpoint").read_bytes())
    return [f"{one.key_id:08x}" for one in note.signatures]


def ids(*vkeys: str) -> list[str]:
    return [vkey.split("+")[1] for vkey in vkeys]


def holds(record: Record, rotated: Rotated) -> None:
    """What must be so after any change of key."""
    home = record.folder
    assert str(home.verifier()) == rotated.vkey
    assert home.former_vkeys_file.read_text().splitlines()[-1] == rotated.former
    assert not next_file(home.key_file).exists()
    assert verify_book(home, record.store).ok
    assert verify_base(home.log, rotated.vkey).ok
    assert oct(home.key_file.stat().st_mode)[-3:] == "600"


def test_a_planned_change_is_signed_by_both_until_the_former_key_is_retired(record: Record, tmp_path: Path):
    home = record.folder
    old = (home.log / "checkpoint").read_bytes()
    with start_witness(tmp_path / "w", "w.example/w", [VKEY]) as witness:  # knows the old key alone
        name_witnesses(home, [witness], "all")
        rotated = rotate_key(record, "scheduled", record.publisher)
        holds(record, rotated)
        assert rotated.former == VKEY
        assert signed_by(home)[:2] == ids(rotated.vkey, VKEY)
        assert verify_base(home.log, VKEY, old).ok, "who trusts the old key crosses over"
        assert [str(line.key) for line in Policy.parse((home.log / "policy").read_bytes()).logs] == [
            rotated.vkey, VKEY,
        ]  # fmt: skip
        assert str(Policy.parse(home.policy_file.read_bytes()).logs[0].key) == rotated.vkey
        books.accept(record, [issue("more")])
        record.checkpoint()
        assert signed_by(home)[:2] == ids(rotated.vkey, VKEY)
        with pytest.raises(RecordProblem, match="still signs: first `rotate-key --retire-former`"):
            rotate_key(record, "scheduled", record.publisher)
        assert retire_former(record, record.publisher) == VKEY
        assert not former_file(home.key_file).exists()
        with pytest.raises(RecordProblem, match="no former key that signs"):
            retire_former(record, record.publisher)
        books.accept(record, [issue("after")])
        step = record.publisher.step()
        assert step.answers["W0"].problem == "does not trust a key that signed it (403)"
    home.policy_file.unlink()
    record.checkpoint()
    assert signed_by(home) == ids(rotated.vkey)
    assert verify_book(home, record.store).ok
    again = rotate_key(record, "scheduled", record.publisher)
    assert LogKeys.read(record.store).formers == [VKEY, rotated.vkey]
    holds(record, again)
    record.close()


@pytest.mark.parametrize("reason", ["lost", "compromised"])
def test_a_key_that_is_lost_or_stolen_signs_no_more(record: Record, reason: str):
    home = record.folder
    if reason == "lost":
        home.key_file.unlink()
    rotated = rotate_key(record, reason, record.publisher)
    holds(record, rotated)
    assert signed_by(home) == ids(rotated.vkey)
    assert Policy.parse((home.log / "policy").read_bytes()) == Policy.of_log(VerifierKey.parse(rotated.vkey))
    entries = [leaf_hash(data) for data in record.entries()]
    forged = sign_checkpoint(Checkpoint(record.facts.origin, len(entries), root_of(entries)), SIGNER)
    (home.log / "checkpoint").write_bytes(forged)
    problem = verify_book(home, record.store).problem
    assert problem
    assert "not signed by the key that its 11 entries name" in problem
    record.close()


def test_a_lost_key_cannot_be_changed_as_if_it_were_there(record: Record):
    record.folder.key_file.unlink()
    with pytest.raises(HomeProblem, match=r"log\.key is missing"):
        rotate_key(record, "scheduled", record.publisher)
    assert record.size == 10
    record.close()


def test_retiring_waits_for_a_checkpoint_by_both(record: Record, tmp_path: Path):
    with start_witness(tmp_path / "w", "w.example/w", [VKEY]) as witness:
        name_witnesses(record.folder, [witness], "all")
        record.publisher.step()
    rotated = rotate_key(record, "scheduled", record.publisher)  # below quorum: signed, not published
    assert rotated.step.is_waiting
    assert verify_book(record.folder, record.store).ok, "the published checkpoint is of the former key"
    with pytest.raises(RecordProblem, match="no checkpoint signed by both keys is published yet"):
        retire_former(record, record.publisher)
    again = rotate_key(record, "scheduled", record.publisher)
    assert again.vkey == rotated.vkey, "it is finished, not begun anew"
    assert record.size == 11
    record.close()


def test_a_key_elsewhere(record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    away = tmp_path / "away" / "signing.key"
    away.parent.mkdir()
    record.folder.signer_file.rename(away)
    monkeypatch.setenv("MINGZHANG_LOG_KEY", str(away))
    record.close()
    record = Record.open(record.home)
    rotated = rotate_key(record, "scheduled", record.publisher)
    holds(record, rotated)
    assert {path.name for path in away.parent.iterdir()} == {"signing.key", "signing.key.former"}
    assert {path.name for path in (record.home / "keys").iterdir()} == {"last-signed"}
    record.close()


@pytest.mark.parametrize("reason", ["scheduled", "compromised"])
def test_killed_before_any_filesystem_operation_of_a_change(
    record: Record, reason: str, tmp_path: Path
):
    """Running it again finishes it, and a step of publishing by itself signs with the right key."""
    start = record.home
    record.close()
    operations = range(0, 100, 2 if os.environ.get("MZ_HYPOTHESIS") == "soak" else 5)
    sizes = set()
    for number in operations:
        case = Path(shutil.copytree(start, tmp_path / f"case{number}"))
        child = os.fork()
        if not child:
            kill_before_operation(number)
            opened = Record.open(case)
            rotate_key(opened, reason, opened.publisher)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status in (0, -signal.SIGKILL)
        opened = Record.open(case)
        assert verify_book(opened.folder, opened.store).ok
        opened.publisher.step()  # as `serve` does, knowing nothing of a change
        sizes.add(opened.size)
        assert ids(LogKeys.read(opened.store).vkey_at())[0] == signed_by(opened.folder)[0]
        if opened.size == 10:
            rotate_key(opened, reason, opened.publisher)
        holds(opened, rotated_in(opened, reason))
        assert opened.size == 11
        opened.close()
        if status == 0:
            break
    assert sizes == {10, 11}


def rotated_in(record: Record, reason: str) -> Rotated:
    last = LogKeys.read(record.store).last()
    assert last
    assert last.reason == reason
    return Rotated(last.vkey, last.former, last.index, record.publisher.step())


def test_a_key_of_another_log_is_never_taken_up(record: Record):
    next_file(record.folder.key_file).write_text(Signer("other.example/log", b"\3" * 32).encode())
    with pytest.raises(Exception, match=r"other\.example|name"):
        rotate_key(record, "scheduled", record.publisher)
    assert record.size == 10
    record.close()


def test_a_checkpoint_by_a_stranger_under_our_name_is_refused(record: Record):
    stranger = Signer.generate(record.facts.origin)
    checkpoint = open_checkpoint((record.folder.log / "checkpoint").read_bytes(), SIGNER.verifier)
    (record.folder.log / "checkpoint").write_bytes(sign_checkpoint(checkpoint, stranger))
    with pytest.raises(ForkError, match="is not this log's own"):
        record.publisher.step()
    record.close()
