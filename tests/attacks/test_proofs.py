"""Attacks on what a donor holds: receipts, checkpoints and the notes that witnesses sign."""

from __future__ import annotations

import base64
import re
import shutil
from pathlib import Path

import pytest

from ledger.published.reading import verify_base
from ledger.published.writing import PublishedLog
from ledger.receipts import verify_receipt
from ledger.tlog.checkpoint import Checkpoint, sign_checkpoint
from ledger.tlog.cosignature import Cosigner
from ledger.tlog.merkle import leaf_hash, prove_inclusion
from ledger.tlog.note import Note, Signer, parse_note
from ledger.tlog.policy import Group, LogLine, Policy, WitnessLine
from ledger.tlog.proof import TlogProof
from tests.attacks.operator import POLICY, Operator
from tests.independent import Refused, verify_checkpoint, verify_proof
from tests.ledger.store.books import SIGNER

INDEX = 41
WITNESSES = tuple(
    Cosigner(f"witness.example/{name}", bytes([number]) * 32) for number, name in enumerate("abc")
)
WITNESSED = Policy(
    (LogLine(SIGNER.verifier),),
    tuple(WitnessLine(name, each.verifier) for name, each in zip("ABC", WITNESSES, strict=True)),
    (Group("two", 2, ("A", "B", "C")),),
    "two",
)

ANYONE = "anyone who checks the receipt, offline"


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Operator:
    return Operator(tmp_path_factory.mktemp("proofs") / "book")


@pytest.fixture(scope="module")
def proof(operator: Operator) -> TlogProof:
    """The honest receipt of entry INDEX, cosigned by two witnesses."""
    log = PublishedLog(operator.home.log)
    size = log.size
    hashes = tuple(prove_inclusion(INDEX, size, log.hash_reader(size)))
    note = parse_note(log.checkpoint_bytes() or b"")
    note = note.with_signatures(each.cosign(note.text, 1_760_000_000) for each in WITNESSES[:2])
    return TlogProof(INDEX, hashes, note.encode(), operator.honest[INDEX])


def is_refused(receipt: bytes, policy: Policy = POLICY) -> bool:
    """Whether ours and the stranger both refuse it; they never differ."""
    ours = verify_receipt(receipt, policy).ok
    try:
        verify_proof(receipt, policy.encode())
        strangers = True
    except Refused:
        strangers = False
    assert ours == strangers
    return not ours


def test_the_honest_receipt_is_accepted(proof: TlogProof) -> None:
    assert not is_refused(proof.encode())
    assert not is_refused(proof.encode(), WITNESSED)


NOTE_ALONE = "a note that witnesses signed and the log did not"


@pytest.mark.attack(NOTE_ALONE, found_by="verify receipt, verify --policy", who=ANYONE)
def test_a_witness_only_note_is_refused(proof: TlogProof) -> None:
    note = parse_note(proof.checkpoint)
    unsigned = Note(note.text, tuple(each for each in note.signatures if each.name != SIGNER.name)).encode()
    receipt = TlogProof(proof.index, proof.hashes, unsigned, proof.extra)
    assert is_refused(receipt.encode(), WITNESSED)
    with pytest.raises(ValueError, match="no log of the policy"):
        WITNESSED.open_checkpoint(unsigned)
    with pytest.raises(Refused):
        verify_checkpoint(unsigned, WITNESSED.encode())


@pytest.mark.attack("too few witnesses, or one counted twice", found_by="verify receipt --policy", who=ANYONE)
def test_one_witness_is_not_two(proof: TlogProof) -> None:
    note = parse_note(proof.checkpoint)
    one = [each for each in note.signatures if each.name != WITNESSES[1].name]
    for signatures in (one, [*one, one[-1]]):
        few = Note(note.text, tuple(signatures)).encode()
        assert is_refused(TlogProof(proof.index, proof.hashes, few, proof.extra).encode(), WITNESSED)


@pytest.mark.attack("a wrong index or size in a proof", found_by="verify receipt", who=ANYONE)
@pytest.mark.parametrize("index", [0, INDEX - 1, INDEX + 1, INDEX + 256, 299, 300, 2**62])
def test_another_index_is_refused(proof: TlogProof, index: int) -> None:
    assert is_refused(TlogProof(index, proof.hashes, proof.checkpoint, proof.extra).encode())


@pytest.mark.attack("a wrong index or size in a proof", found_by="verify receipt", who=ANYONE)
@pytest.mark.parametrize("size", [0, 41, 42, 256, 299, 301, 2**62])
def test_another_size_is_refused(proof: TlogProof, size: int) -> None:
    """The log's signature is over the size."""
    changed = proof.checkpoint.replace(b"\n300\n", b"\n%d\n" % size, 1)
    assert is_refused(TlogProof(INDEX, proof.hashes, changed, proof.extra).encode())


@pytest.mark.attack("a wrong size signed by the log itself", found_by="verify --base", who="anyone")
@pytest.mark.parametrize(
    ("size", "alone"), [(0, True), (41, True), (256, True), (513, True), (299, False), (301, False)]
)
def test_a_signed_size_that_is_not_the_roots_is_found(
    proof: TlogProof, operator: Operator, tmp_path: Path, size: int, alone: bool
) -> None:
    """A path of the same shape fits a neighbouring size: then the receipt alone cannot tell, the log can."""
    root = Checkpoint.parse(parse_note(proof.checkpoint).text).root
    signed = sign_checkpoint(Checkpoint(SIGNER.name, size, root), SIGNER)
    assert is_refused(TlogProof(INDEX, proof.hashes, signed, proof.extra).encode()) is alone
    shutil.copytree(operator.home.log, tmp_path / "log")
    (tmp_path / "log" / "checkpoint").write_bytes(signed)
    assert not verify_base(tmp_path / "log", str(SIGNER.verifier)).ok


@pytest.mark.attack("another entry in the receipt", found_by="verify receipt", who=ANYONE)
def test_another_entry_is_refused(proof: TlogProof, operator: Operator) -> None:
    for extra in (operator.honest[INDEX + 1], operator.honest[INDEX] + b" ", operator.honest[INDEX][:-1]):
        assert is_refused(TlogProof(INDEX, proof.hashes, proof.checkpoint, extra).encode())


SPELLINGS = {
    "leading zero of the index": (rb"\nindex 41\n", b"\nindex 041\n"),
    "sign of the index": (rb"\nindex 41\n", b"\nindex +41\n"),
    "leading zero of the size": (rb"\n300\n", b"\n0300\n"),
    "base64 without padding": (rb"=\n", b"\n"),
    "white space after base64": (rb"=\n", b"= \n"),
    "carriage return": (rb"\nindex 41\n", b"\r\nindex 41\r\n"),
    "two spaces": (rb"\nindex 41\n", b"\nindex  41\n"),
    "bytes after the end": (rb"\Z", b"\n"),
}


@pytest.mark.attack("non-canonical base64 and numbers", found_by="verify receipt", who=ANYONE)
@pytest.mark.parametrize("name", SPELLINGS)
def test_a_second_spelling_is_refused(proof: TlogProof, name: str) -> None:
    pattern, other = SPELLINGS[name]
    receipt = proof.encode()
    mutant = re.sub(pattern, other, receipt, count=1)
    assert mutant != receipt
    assert is_refused(mutant)


@pytest.mark.attack("non-canonical base64 and numbers", found_by="verify receipt", who=ANYONE)
def test_spare_bits_of_base64_are_refused(proof: TlogProof) -> None:
    """The last character before the padding has bits that decode to nothing."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    honest = base64.b64encode(proof.hashes[0]).decode()
    twin = honest[:-2] + letters[letters.index(honest[-2]) ^ 1] + "="
    assert base64.b64decode(twin) == proof.hashes[0]
    assert is_refused(proof.encode().replace(honest.encode(), twin.encode(), 1))


REPLAY = "a receipt replayed for another log"


@pytest.mark.attack(REPLAY, found_by="verify receipt", who=ANYONE)
def test_a_receipt_of_another_log_is_refused(proof: TlogProof) -> None:
    other = Signer("mingzhang.example/other", b"\x09" * 32)
    assert is_refused(proof.encode(), Policy.of_log(other.verifier))
    assert not verify_receipt(proof.encode(), POLICY, origin="mingzhang.example/other").ok


@pytest.mark.attack(REPLAY, found_by="verify receipt", who=ANYONE)
def test_a_log_that_signs_under_anothers_origin_is_refused(proof: TlogProof) -> None:
    """Its keeper signs this log's tree and name with a key that is trusted for another log."""
    other = Signer("mingzhang.example/other", b"\x09" * 32)
    checkpoint = Checkpoint.parse(parse_note(proof.checkpoint).text)
    signed = sign_checkpoint(checkpoint, other)
    both = Policy.of_log(other.verifier, SIGNER.verifier)
    assert is_refused(TlogProof(INDEX, proof.hashes, signed, proof.extra).encode(), both)


def test_the_leaf_of_an_entry_is_its_hash(proof: TlogProof) -> None:
    """RECORD: extra is not authenticated; the bytes in it are hashed, and nothing else is believed."""
    assert proof.verify(leaf_hash(proof.extra or b""), SIGNER.verifier).size == 300


def test_receipts_are_files(proof: TlogProof, tmp_path: Path) -> None:
    path = tmp_path / "a.tlog-proof"
    path.write_bytes(proof.encode())
    assert not is_refused(path.read_bytes())
