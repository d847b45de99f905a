"""Published bytes verified through a change of key, with witnesses, delay and authors' signatures."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.published.learned import AuthorCounts
from ledger.published.reading import PublishedVerdict, verify_base
from ledger.record import Record
from ledger.rotating import retire_former, rotate_key
from ledger.tlog.checkpoint import Checkpoint, sign_checkpoint
from ledger.tlog.cosignature import Cosigner
from ledger.tlog.merkle import leaf_hash, root_of
from ledger.tlog.note import Signer, VerifierKey, parse_note
from ledger.tlog.policy import Policy
from tests.ledger.published.logs import SIGNER as LOG_SIGNER
from tests.ledger.published.logs import VKEY as LOG_VKEY
from tests.ledger.published.logs import entries_of, publish
from tests.ledger.signing import TestKey
from tests.ledger.store.books import (
    ORIGIN,
    SIGNER,
    Place,
    accept,
    chain_on,
    command,
    quiet_day,
    registers,
)

FORMER = str(SIGNER.verifier)


def make_rotated(folder: Path) -> None:
    """A book whose key was changed and the former one retired; `old` is what was signed before."""
    record = Place(folder / "book").create()
    accept(record, registers())
    record.checkpoint()
    shutil.copy(record.folder.log / "checkpoint", folder / "old")
    rotate_key(record, "scheduled", record.publisher)
    shutil.copytree(record.folder.log, folder / "both")
    retire_former(record, record.publisher)
    accept(record, [quiet_day("after")])
    record.checkpoint()
    record.close()


@pytest.fixture(scope="module")
def rotated(made_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    return made_once("crossing-book", make_rotated)


@pytest.fixture(scope="module")
def present(rotated: Path) -> str:
    return (rotated / "book/log.vkey").read_text().strip()


# the log's own key ----------------------------------------------------------------------------------------


def test_an_old_checkpoint_of_a_former_key_is_checked_by_the_key_that_the_entries_name(
    rotated: Path, present: str
):
    old, log = (rotated / "old").read_bytes(), rotated / "book/log"
    verdict = verify_base(log, present, old)
    assert (verdict.ok, verdict.problem, verdict.log_key) == (True, None, present)
    size = Checkpoint.parse(parse_note(old).text).size
    forged = sign_checkpoint(Checkpoint(ORIGIN, size, b"\2" * 32), SIGNER)
    assert verify_base(log, present, forged).problem == (
        f"the old checkpoint of size {size} has another root than these entries"
    )
    larger = sign_checkpoint(Checkpoint(ORIGIN, 999, b"\2" * 32), SIGNER)
    assert "below the 999 of the old checkpoint" in str(verify_base(log, present, larger).problem)
    flipped = old[:-8] + (b"A" if old[-8:-7] != b"A" else b"B") + old[-7:]
    assert "is not valid" in str(verify_base(log, present, flipped).problem)


def test_an_old_checkpoint_of_nobody_is_no_evidence(rotated: Path, present: str):
    text = Checkpoint.parse(parse_note((rotated / "old").read_bytes()).text)
    stranger = Signer.generate(ORIGIN)
    for checkpoint in (text, replace(text, root=b"\2" * 32), replace(text, size=999)):
        problem = verify_base(rotated / "book/log", present, sign_checkpoint(checkpoint, stranger)).problem
        assert problem == (
            f"the old checkpoint: it is signed by {ORIGIN}+{stranger.key_id:08x}:"
            " neither a given key nor one that the entries name"
        )
    other = sign_checkpoint(Checkpoint("other.example", 3, b"\2" * 32), Signer.generate("other.example"))
    problem = str(verify_base(rotated / "book/log", present, other).problem)
    assert problem.startswith("the old checkpoint: the checkpoint is of 'other.example'")


def test_who_holds_the_former_key_crosses_while_both_sign_and_is_told_which_key_after(
    rotated: Path, present: str
):
    crossed = verify_base(rotated / "both", FORMER, (rotated / "old").read_bytes())
    assert (crossed.ok, crossed.log_key) == (True, present)
    late = verify_base(rotated / "book/log", FORMER)
    assert late.problem == (
        "checkpoint: the note has no signature of a known key; it is signed by"
        f" {'+'.join(present.split('+')[:2])}, whose verifier key is needed to check it"
    )


def test_a_key_that_was_given_up_does_not_sign_alone(rotated: Path, tmp_path: Path, present: str):
    log = Path(shutil.copytree(rotated / "book/log", tmp_path / "log"))
    checkpoint = Checkpoint.parse(parse_note((log / "checkpoint").read_bytes()).text)
    (log / "checkpoint").write_bytes(sign_checkpoint(checkpoint, SIGNER))
    both = Policy.of_log(VerifierKey.parse(present), SIGNER.verifier)
    for trusted in (FORMER, both):
        problem = verify_base(log, trusted).problem
        assert problem == (
            f"checkpoint: it is not signed by {'+'.join(present.split('+')[:2])},"
            " the key that its entries name as the log's"
        )


# witnesses ------------------------------------------------------------------------------------------------


def test_a_policy_asks_for_its_witnesses(tmp_path: Path):
    folder = publish(tmp_path, entries_of(300)).folder
    witnesses = [Cosigner(f"w{number}.example/w", bytes([number]) * 32) for number in (1, 2, 3)]
    lines = [f"witness W{at} {one.verifier}\n" for at, one in enumerate(witnesses, 1)]
    policy = Policy.parse(
        f"log {LOG_VKEY}\n{''.join(lines)}group two 2 W1 W2 W3\nquorum two\n".encode()
    )
    note = parse_note((folder / "checkpoint").read_bytes())
    one = note.with_signatures([witnesses[0].cosign(note.text, 1_790_000_000)])
    (folder / "checkpoint").write_bytes(one.encode())
    verdict = verify_base(folder, policy)
    assert not verdict.ok
    assert "do not meet its quorum (at least 2)" in str(verdict.problem)
    two = one.with_signatures([witnesses[2].cosign(note.text, 1_790_000_060)])
    (folder / "checkpoint").write_bytes(two.encode())
    verdict = verify_base(folder, policy)
    assert (verdict.ok, verdict.witnesses) == (
        True, {"W1": "2026-09-21T14:13:20Z", "W3": "2026-09-21T14:14:20Z"},
    )  # fmt: skip
    assert verify_base(folder, LOG_VKEY).witnesses == {}


# bytes that come later ------------------------------------------------------------------------------------


@pytest.fixture
def held_back(tmp_path: Path) -> Path:
    """600 entries signed, 300 of them in bundles, as a delayed book publishes them."""
    folder = publish(tmp_path / "log", entries_of(600)).folder
    shutil.copytree(publish(tmp_path / "part", entries_of(300)).folder / "tile/entries", tmp_path / "entries")
    shutil.rmtree(folder / "tile/entries")
    shutil.move(tmp_path / "entries", folder / "tile/entries")
    (folder / "entries-published").write_text("300\n")
    return folder


def test_delayed_bytes_are_a_failure_that_names_the_option(held_back: Path):
    verdict = verify_base(held_back, LOG_VKEY)
    assert (verdict.ok, verdict.first_bad_index, verdict.held_back) == (False, 300, 300)
    assert "--delayed" in str(verdict.problem)
    verdict = verify_base(held_back, LOG_VKEY, delayed=True)
    assert (verdict.ok, verdict.problem, verdict.held_back, verdict.size) == (True, None, 300, 600)
    older = sign_checkpoint(
        Checkpoint("mingzhang.example/test", 500, root_of(map(leaf_hash, entries_of(500)))), LOG_SIGNER
    )
    assert verify_base(held_back, LOG_VKEY, older, delayed=True).ok


@pytest.mark.parametrize("path", ["tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/001.p/44"])
def test_hashes_of_delayed_entries_and_all_other_bytes_are_still_checked(held_back: Path, path: str):
    good = (held_back / path).read_bytes()
    (held_back / path).write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    assert not verify_base(held_back, LOG_VKEY, delayed=True).ok
    (held_back / path).unlink()
    assert path in str(verify_base(held_back, LOG_VKEY, delayed=True).problem)


def test_what_is_said_to_be_published_must_be_there(held_back: Path):
    for said, problem in (
        ("301\n", "tile/entries/001.p/45 is missing"), ("700\n", "tile/entries/001 is missing"),
        ("0300\n", "entries-published: the number"), ("", "entries-published: the number"),
    ):  # fmt: skip
        (held_back / "entries-published").write_text(said)
        assert problem in str(verify_base(held_back, LOG_VKEY, delayed=True).problem)
    (held_back / "entries-published").write_text("200\n")
    assert verify_base(held_back, LOG_VKEY, delayed=True).held_back == 400


# authors --------------------------------------------------------------------------------------------------

OLD, NEW, STOLEN = (TestKey(name, ORIGIN) for name in ("old", "new", "stolen"))


def of_place(name: str, place: str = "C1") -> object:
    return replace(quiet_day(name), actor={"role": "center_lead", "place": place})


def make_signed(folder: Path) -> None:
    record = Place(folder / "book").create()
    accept(record, [
        *registers(), of_place("before"),
        command("KeyEnrolled", "old", OLD.enrolled("C1")), OLD.signed(of_place("one")), of_place("plain"),
        command("KeyEnrolled", "stolen", STOLEN.enrolled("D1")), STOLEN.signed(of_place("two", "D1")),
        command("KeyRevoked", "1", {"place": "D1", "key": STOLEN.id, "reason": "stolen"}),
        command("KeyEnrolled", "new", NEW.enrolled("C1", replaces=OLD.id)), NEW.signed(of_place("three")),
        of_place("none", "D1"),
    ])  # fmt: skip
    record.checkpoint()
    record.close()


@pytest.fixture(scope="module")
def signed(made_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    return made_once("signed-book", make_signed) / "book"


def counted(home: Path) -> PublishedVerdict:
    return verify_base(home / "log", FORMER, authors=True)


def test_authors_are_counted_from_the_published_bytes(signed: Path):
    verdict = counted(signed)
    assert verdict.ok, verdict.problem
    total = verdict.size
    assert total == 19
    assert verdict.authors == AuthorCounts(
        signed=2, unsigned=total - 4, unsigned_though_enrolled=1, doubted=1, bad=0
    )
    assert verify_base(signed / "log", FORMER).authors is None


def test_a_bad_signature_fails_with_its_index(signed: Path, tmp_path: Path):
    """An operator who writes past the rules: chain and tree are right, the signature is another's."""
    home = Path(shutil.copytree(signed, tmp_path / "book"))
    record = Record.open(home)
    size = record.size
    forged = STOLEN.signed(of_place("forged", "D1"))
    invented = replace(of_place("invented"), sig={"alg": "ed25519", "key": "0" * 16, "value": "AAAA"})
    chain_on(record.store, [forged, invented, of_place("good")], "2026-11-01T00:00:00.000Z")
    record.close()
    record = Record.open(home)
    record.checkpoint()
    record.close()
    assert verify_base(home / "log", FORMER).ok
    verdict = counted(home)
    assert (verdict.ok, verdict.first_bad_index) == (False, size)
    assert str(verdict.problem).startswith(f"entry {size}, its author's signature or key: ")
    assert verdict.authors
    assert (verdict.authors.bad, verdict.authors.signed) == (2, 2)


def test_what_is_no_entry_has_no_author(tmp_path: Path):
    folder = publish(tmp_path, entries_of(3)).folder
    verdict = verify_base(folder, LOG_VKEY, authors=True)
    assert (verdict.ok, verdict.first_bad_index) == (False, 0)
    assert "not the envelope of an entry" in str(verdict.problem)
