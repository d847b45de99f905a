"""Two implementations, one judgement of proof files and whole logs."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from ledger.published.writing import PublishedLog
from ledger.tlog.merkle import leaf_hash, prove_inclusion, root_of
from ledger.tlog.note import Signer
from ledger.tlog.policy import Policy
from ledger.tlog.proof import TlogProof
from ledger.tlog.tiles import new_tiles
from tests import independent as stranger
from tests.independent import writing
from tests.independent.judging import (
    ENTRIES,
    LEAVES,
    LOG,
    LOG_PEN,
    NOTE,
    OF_ALL,
    POLICY,
    SOAK,
    TIME,
    Files,
    both,
    both_prove,
    entries_of,
    mutants,
    note_by,
)
from tests.ledger.published.logs import reader

# Proof files ------------------------------------------------------------------------------------------------


def proof_of(index: int) -> bytes:
    hashes = prove_inclusion(index, 5, lambda level, at: root_of(LEAVES[at << level : (at + 1) << level]))
    return TlogProof(index, tuple(hashes), NOTE, ENTRIES[index]).encode()


def test_a_proof_file_and_no_mutant_of_it():
    for index in range(5):
        assert both_prove(proof_of(index), POLICY) == (index, 5, root_of(LEAVES))
    for mutant in mutants(proof_of(3)):
        assert both_prove(mutant, POLICY) is None, mutant


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"index 3", b"index 03"),
        (b"index 3", b"index 13"),
        (b"index 3", b"index 9223372036854775808"),
        (b"index 3\n", b""),
        (b"index 3\n", b"index 3\nindex 3\n"),
        (b"@v1", b"@v2"),
        (b"extra ", b"extra "),
        (b"extra ", b"Extra "),
        (b"\n\n", b"\n"),
        (b"\n\n", b"\n\n\n"),
        (b"\n\n", b"\r\n\r\n"),
        (b"c2sp", b"\nc2sp"),
        (b"c2sp", "\ufeffc2sp".encode()),
    ],
)
def test_other_spellings_of_a_proof_file_are_refused_by_both(old: bytes, new: bytes):
    data = proof_of(3)
    accepted = both_prove(data.replace(old, new, 1), POLICY)
    assert (accepted is not None) is (old == new)


def test_extra_data_are_left_out_rather_than_empty():
    """So that an entry of no bytes stands in no extra line, though its proof would hold."""
    text = writing.checkpoint_text(LOG_PEN.name, [b"", b"x"])
    file = writing.proof_file(0, [b"", b"x"], (text + "\n" + LOG_PEN.line(text)).encode())
    policy = f"log {LOG_PEN.vkey}\nquorum none\n".encode()
    left_out = file.replace(b"extra \n", b"")
    assert stranger.verify_proof(left_out, policy, b"")[:2] == (0, 2)
    TlogProof.decode(left_out).verify_with(leaf_hash(b""), Policy.parse(policy))
    assert both_prove(file, policy) is None


# What the stranger writes -----------------------------------------------------------------------------------


def test_we_accept_the_strangers_checkpoints_and_proofs():
    note = note_by("a", "K", "\udcff")
    judged = both(note, OF_ALL)
    assert judged == (LOG_PEN.name, 5, root_of(LEAVES), dict.fromkeys(("a", "K", "\udcff"), TIME))
    for index in range(5):
        proved = both_prove(writing.proof_file(index, ENTRIES, note), OF_ALL)
        assert proved == (index, 5, root_of(LEAVES))
    assert both(note_by("a", "K"), OF_ALL) is None


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 600])
def test_we_accept_the_strangers_logs(size: int):
    log = signed_log(entries_of(size))
    assert set(log.files) == {"checkpoint", *(tile.path for tile in new_tiles(0, size))}
    assert log.accepted(f"log {LOG_PEN.vkey}\nquorum none\n".encode())


def signed_log(entries: list[bytes], signed: list[bytes] | None = None) -> Files:
    """The stranger's log of these entries under a checkpoint of `signed`, by default of the same."""
    text = writing.checkpoint_text(LOG_PEN.name, entries if signed is None else signed)
    return Files(writing.log_files(entries, (text + "\n" + LOG_PEN.line(text)).encode()))


def test_logs_that_are_whole_and_signed_but_no_record_are_refused_by_both():
    good, policy = entries_of(3), f"log {LOG_PEN.vkey}\nquorum none\n".encode()
    assert signed_log(good).accepted(policy)
    last = good[2].decode()
    other = last.replace("第2", "第9").encode()
    assert signed_log([*good[:2], other]).accepted(policy)
    assert not signed_log([*good[:2], other], good).accepted(policy)  # a tree that nobody signed
    for bad in (
        last.replace('"index":2', '"index":3'),
        last.replace('"prev":"', '"prev":"0'),
        last.replace(json.loads(last)["prev"], "0" * 64),
        last.replace(",", ", "),
        last.replace('{"body"', '{"body":"","body"'),
        last.replace("第", "\\u7b2c"),
        last.replace('"index":2', '"index":2.0'),
        last.replace('"index":2', '"index":NaN'),
        last[:-1],
        f"[{last}]",
        "2",
        "",
    ):
        assert bad != last
        assert not signed_log([*good[:2], bad.encode()]).accepted(policy), bad


# What we publish --------------------------------------------------------------------------------------------


def published(folder: Path, size: int) -> Files:
    told = entries_of(size)
    PublishedLog(folder).extend(reader(told), size, LOG)
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return Files({name: data for name, data in files.items() if not name.startswith(".")})


OF_LOG = f"log {LOG.verifier}\nquorum none\n".encode()


def test_a_published_log_and_no_mutant_of_it(tmp_path: Path):
    log = published(tmp_path, 3)
    assert set(log.files) == {"checkpoint", "tile/0/000.p/3", "tile/entries/000.p/3"}
    assert log.accepted(OF_LOG)
    for name, data in log.files.items():
        for mutant in mutants(data):
            assert not Files({**log.files, name: mutant}).accepted(OF_LOG), (name, mutant)
        assert not Files({other: log.files[other] for other in log.files if other != name}).accepted(OF_LOG)


def test_a_larger_published_log_with_one_byte_changed_anywhere(tmp_path: Path):
    log, dice = published(tmp_path, 517), random.Random(7)
    assert log.accepted(OF_LOG)
    for name, data in log.files.items():
        for _ in range(40 if SOAK else 2):
            at = dice.randrange(len(data))
            mutant = data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :]
            assert not Files({**log.files, name: mutant}).accepted(OF_LOG), (name, at)


def test_another_logs_checkpoint_does_not_stand_for_ours(tmp_path: Path):
    log = published(tmp_path, 3)
    other = Signer(LOG.name, b"\x77" * 32)
    assert not log.accepted(f"log {other.verifier}\nquorum none\n".encode())
