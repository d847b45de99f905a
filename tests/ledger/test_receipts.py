"""Receipts: accepted by an implementation that is not ours, and every mutant refused by both."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.commitments import commitment
from ledger.domain.gifts import gift_code
from ledger.openings import encode_opening
from ledger.published.writing import PublishedError
from ledger.receipts import (
    NotPublished,
    ReceiptVerdict,
    gift_entries,
    party_entry,
    receipt_of,
    verify_receipt,
)
from ledger.record import Record
from ledger.tlog.checkpoint import Checkpoint, sign_checkpoint
from ledger.tlog.cosignature import Cosigner
from ledger.tlog.note import Signer
from ledger.tlog.policy import Policy
from ledger.tlog.proof import TlogProof
from tests import independent
from tests.ledger.store import books
from tests.ledger.store.books import ORIGIN, PERSON, SALT, SIGNER, Place, command

GIFT, OTHER, NAMELESS = (gift_code(2026, serial) for serial in (1, 2, 3))
GIFT_SALT, GIFT_DATA = "6b" * 32, {"note": "给长兴中心的口罩", "phone": "000"}
SEAL = commitment(bytes.fromhex(GIFT_SALT), GIFT_DATA)
P2_SALT = "7c" * 32
CHANGES = range(1, 256) if os.environ.get("MZ_HYPOTHESIS") == "soak" else (1,)  # of each byte
VKEY = SIGNER.verifier
POLICY = Policy.of_log(VKEY)
WITNESSES = [Cosigner(f"w{number}.example/witness", bytes([number]) * 32) for number in (1, 2)]
WITNESSED = Policy.parse(
    (
        f"log {VKEY}\n"
        + "".join(f"witness W{at} {one.verifier}\n" for at, one in enumerate(WITNESSES, 1))
        + "group both all W1 W2\nquorum both\n"
    ).encode()
)


def donation(name: str, gift: str, **more: Any) -> books.Command:
    lines = [{"item": "K", "quantity": 10}]
    return command("DonationReceived", name, {"place": "D1", "gift": gift, **more, "lines": lines})


def party(code: str, salt: str, data: dict[str, Any]) -> books.Command:
    body = {"party": code, "type": "person", "commitment": commitment(bytes.fromhex(salt), data)}
    return command("PartyRegistered", code, body)


@dataclass(frozen=True)
class Book:
    record: Record
    entries: list[bytes]

    def index(self, kind: str, name: str) -> int:
        found = self.record.find(command(kind, name, {}).id)
        assert found
        return found.index


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """Gifts with and without commitment and party, one in two parts of which the first was taken back."""
    record = Place(tmp_path_factory.mktemp("receipts") / "book").create()
    books.accept(record, [
        *books.registers(), party("P2", P2_SALT, PERSON), donation("a", GIFT, party="P1", commitment=SEAL),
        donation("b", GIFT, party="P1"), donation("c", OTHER, party="P2"), donation("d", NAMELESS),
    ])  # fmt: skip
    correction = command("EntryReversed", "a", {}).id
    undo = {"reverses": donation("a", GIFT).id, "reason": "entered_twice", "correction": correction}
    record.write_together([command("EntryReversed", "a", undo)])
    record.register_private_parties([("P1", SALT, PERSON), ("P2", P2_SALT, PERSON)])
    record.register_private_gifts([(GIFT, GIFT_SALT, GIFT_DATA)])
    record.checkpoint()
    yield Book(record, list(record.entries()))
    record.close()


def cosigned(receipt: bytes, *witnesses: Cosigner, time: int = 1_772_000_000) -> bytes:
    text = TlogProof.decode(receipt).checkpoint.partition(b"\n\n")[0].decode() + "\n"
    return receipt + "".join(one.cosign(text, time).line for one in witnesses).encode()


def proof(leaves: list[bytes], index: int, signer: Signer = SIGNER, **changed: Any) -> bytes:
    """A receipt of any leaves, by the stranger's tree."""
    hashes = [independent.leaf(one) for one in leaves]
    root = independent.tree_hash(hashes)
    checkpoint = sign_checkpoint(Checkpoint(ORIGIN, len(leaves), root), signer)
    path = tuple(independent.audit_path(index, hashes))
    parts = {"index": index, "hashes": path, "checkpoint": checkpoint, "extra": leaves[index]} | changed
    return TlogProof(**parts).encode()


def failed(verdict: ReceiptVerdict) -> list[str]:
    """Names of the steps that do not hold; a verdict that is not ok has one, and says which."""
    names = [step.name for step in verdict.steps if not step.ok]
    assert verdict.ok == (not names) == (verdict.problem is None)
    if names:
        assert verdict.problem
        assert verdict.problem.startswith(f"{names[0]}: ")
        assert "\n" not in verdict.problem
    return names


# what is accepted -------------------------------------------------------------------------------------------


def test_the_stranger_accepts_every_receipt_and_so_do_we(book: Book):
    assert len(book.entries) == 15
    for index, data in enumerate(book.entries):
        receipt = receipt_of(book.record, index)
        told = independent.verify_proof(receipt, POLICY.encode())
        verdict = verify_receipt(receipt, POLICY)
        assert failed(verdict) == []
        assert (verdict.index, verdict.size) == told[:2] == (index, 15)
        assert verdict.root == base64.b64encode(told[2]).decode()
        assert (verdict.origin, verdict.entry) == (ORIGIN, json.loads(data))
        assert receipt == proof(book.entries, index), "byte for byte what the stranger's tree gives"
        names = ["format", "signature", "witnesses", "inclusion", "entry"]
        assert [step.name for step in verdict.steps] == names


def test_the_entries_of_a_gift_and_of_a_party(book: Book):
    record = book.record
    assert gift_entries(record, GIFT) == [book.index("DonationReceived", name) for name in "ab"]
    assert gift_entries(record, gift_code(2026, 9)) == []
    assert party_entry(record, "P2") == book.index("PartyRegistered", "P2")
    assert party_entry(record, "P9") is None


def test_witnesses_are_counted_and_named_with_their_times(book: Book):
    plain = receipt_of(book.record, 3)
    assert failed(verify_receipt(plain, WITNESSED)) == ["witnesses"]
    assert failed(verify_receipt(cosigned(plain, WITNESSES[0]), WITNESSED)) == ["witnesses"]
    both = cosigned(plain, *WITNESSES)
    verdict = verify_receipt(both, WITNESSED)
    assert failed(verdict) == []
    assert verdict.times == {"W1": "2026-02-25T06:13:20Z", "W2": "2026-02-25T06:13:20Z"}
    (told,) = (step.told for step in verdict.steps if step.name == "witnesses")
    assert (told["names"], told["needed"], told["known"]) == (["W1", "W2"], 2, 2)
    assert independent.verify_proof(both, WITNESSED.encode())[0] == 3
    assert verify_receipt(both, POLICY).times == {}, "no witness of this policy"
    late = verify_receipt(cosigned(plain, *WITNESSES, time=2**62), WITNESSED)
    assert late.times["W1"] == "9999-12-31T23:59:59Z"


# what is refused --------------------------------------------------------------------------------------------


def test_every_changed_byte_is_refused_by_both(book: Book):
    """A receipt with two cosignatures that are both needed has no byte that does not count."""
    receipt = cosigned(receipt_of(book.record, book.index("PolicySet", "1")), *WITNESSES)
    policy = WITNESSED.encode()
    assert verify_receipt(receipt, WITNESSED).ok
    for at in range(len(receipt)):
        for value in {receipt[at] ^ change for change in CHANGES}:
            mutant = receipt[:at] + bytes([value]) + receipt[at + 1 :]
            assert failed(verify_receipt(mutant, WITNESSED)), (at, value)
            with pytest.raises(independent.Refused):
                independent.verify_proof(mutant, policy)
    for at in range(len(receipt)):
        assert failed(verify_receipt(receipt[:at], WITNESSED)), at


@pytest.mark.parametrize("rest", [b"\n", b" ", b"x", b"\x00", "— x\n".encode(), b"\n\n"])
def test_trailing_bytes_are_refused(book: Book, rest: bytes):
    assert failed(verify_receipt(receipt_of(book.record, 3) + rest, POLICY)) == ["format"]


def test_a_receipt_of_another_log_is_refused(book: Book):
    receipt = receipt_of(book.record, 3)
    stranger = Signer(ORIGIN, b"\x09" * 32)
    assert failed(verify_receipt(receipt, Policy.of_log(stranger.verifier))) == ["signature", "witnesses"]
    elsewhere = Signer("mingzhang.example/other", b"\x07" * 32)
    assert failed(verify_receipt(receipt, Policy.of_log(elsewhere.verifier)))[0] == "signature"
    assert failed(verify_receipt(receipt, POLICY, "mingzhang.example/other"))[0] == "signature"
    assert failed(verify_receipt(receipt, POLICY, ORIGIN)) == []
    forged = proof(book.entries, 3, stranger)
    assert failed(verify_receipt(forged, POLICY)) == ["signature", "witnesses"]


def test_wrong_index_size_and_entry_are_refused(book: Book):
    right = TlogProof.decode(receipt_of(book.record, 3))

    def steps(**changed: Any) -> list[str]:
        return failed(verify_receipt(replace(right, **changed).encode(), POLICY))

    assert steps() == []
    for index in (0, 2, 4, 14, 15, 2**62):
        assert steps(index=index) == ["inclusion", "entry"]
    assert steps(extra=book.entries[4]) == ["inclusion", "entry"]
    assert steps(index=4, extra=book.entries[4]) == ["inclusion"]
    for size in (14, 16):
        checkpoint = right.checkpoint.replace(b"\n15\n", f"\n{size}\n".encode())
        assert steps(checkpoint=checkpoint)[0] == "signature"
    for hashes in (right.hashes[1:], right.hashes[:-1], (*right.hashes, b"\0" * 32), right.hashes[::-1]):
        assert steps(hashes=hashes) == ["inclusion"]
    assert steps(extra=None) == ["format"]
    assert failed(verify_receipt(b"x" * 3_000_000, POLICY)) == ["format"]


def test_what_is_in_the_tree_must_be_an_entry_at_its_place(book: Book):
    """Signed and included, but no entry: whoever holds the key can sign anything."""
    entry = json.loads(book.entries[3])

    def spelled(**changed: Any) -> bytes:
        value = entry | changed
        return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()

    for leaf in (
        book.entries[4], b"{}", b"[]", b"null", b"not json", b"[" * 20_000, b'{"a":1e3}',
        book.entries[3] + b" ", json.dumps(entry).encode(), spelled(index=True), spelled(index="3"),
        spelled(v=2), spelled(v=True), spelled(more=1), spelled(prev="0" * 64), spelled(prev="x"),
        spelled(id="x"), spelled(kind=""), spelled(recorded_at="2026-01-01"),
        spelled(body=[]), spelled(actor={}), spelled(kind="x" * 60_001),
    ):  # fmt: skip
        receipt = proof([*book.entries[:3], leaf, *book.entries[4:]], 3)
        assert failed(verify_receipt(receipt, POLICY)) == ["entry"], leaf[:80]
        assert independent.verify_proof(receipt, POLICY.encode())[0] == 3, "the tree alone is right"
    later = proof([*book.entries[:3], spelled(kind="OfALaterVersion"), *book.entries[4:]], 3)
    assert failed(verify_receipt(later, POLICY)) == []


HEADED = st.text(max_size=300).map(lambda text: f"c2sp.org/tlog-proof@v1\n{text}".encode())


@given(st.binary(max_size=300) | HEADED)
def test_nothing_that_a_file_may_hold_raises(data: bytes):
    assert failed(verify_receipt(data, POLICY, opening=data, party_receipt=data)) == ["format"]


# openings ---------------------------------------------------------------------------------------------------


def opening(salt: str, data: dict[str, Any]) -> bytes:
    return encode_opening({"salt": salt, "data": data})


def test_an_opening_shows_what_stands_behind_the_commitment_of_the_entry(book: Book):
    first, second = (receipt_of(book.record, book.index("DonationReceived", name)) for name in "ab")
    right = opening(GIFT_SALT, GIFT_DATA)
    verdict = verify_receipt(first, POLICY, opening=right)
    assert failed(verdict) == []
    assert verdict.steps[-1].told == {"of": "entry", "data": GIFT_DATA}
    for wrong in (opening(SALT, GIFT_DATA), opening(GIFT_SALT, GIFT_DATA | {"phone": "001"})):
        assert failed(verify_receipt(first, POLICY, opening=wrong)) == ["opening"]
    nameless = receipt_of(book.record, book.index("DonationReceived", "d"))
    for other in (second, nameless, receipt_of(book.record, 0)):
        assert failed(verify_receipt(other, POLICY, opening=right)) == ["opening"]
    of_party = receipt_of(book.record, book.index("PartyRegistered", "P1"))
    assert failed(verify_receipt(of_party, POLICY, opening=opening(SALT, PERSON))) == []


@pytest.mark.parametrize(
    "wrong",
    [
        b"", b"[]", b"{}", b"\xff", b'{"salt":"' + b"6b" * 32 + b'"}', b'{"data":{},"salt":"6B"}',
        b'{"data":[],"salt":"' + b"6b" * 32 + b'"}', b'{"data":{"a":1.5},"salt":"' + b"6b" * 32 + b'"}',
        b'{"data":{"a":"\\ud800"},"salt":"' + b"6b" * 32 + b'"}', b"[" * 5_000, b" " * 2_000_000,
        b'{"data":{},"more":1,"salt":"' + b"6b" * 32 + b'"}',
        b'{"data":{},"data":{},"salt":"' + b"6b" * 32 + b'"}',
    ],
)  # fmt: skip
def test_an_opening_that_is_none_is_refused(book: Book, wrong: bytes):
    receipt = receipt_of(book.record, book.index("DonationReceived", "a"))
    assert failed(verify_receipt(receipt, POLICY, opening=wrong)) == ["opening"]


def test_an_opening_of_the_party_needs_the_receipt_of_its_registration(book: Book):
    record = book.record
    receipt = receipt_of(record, book.index("DonationReceived", "c"))
    registered = receipt_of(record, book.index("PartyRegistered", "P2"))
    right = opening(P2_SALT, PERSON)

    def steps(party_receipt: bytes | None, opened: bytes | None = right, of: bytes = receipt) -> list[str]:
        return failed(verify_receipt(of, POLICY, opening=opened, party_receipt=party_receipt))

    verdict = verify_receipt(receipt, POLICY, opening=right, party_receipt=registered)
    told = {"of": "party", "data": PERSON, "party": "P2", "index": book.index("PartyRegistered", "P2")}
    assert (failed(verdict), verdict.steps[-1].told) == ([], told)
    assert steps(None) == ["opening"]
    assert steps(registered, None) == ["opening"], "a party's receipt alone opens nothing"
    assert steps(registered, opening(SALT, PERSON)) == ["opening"]
    another = receipt_of(record, book.index("PartyRegistered", "P1"))
    assert steps(another, opening(SALT, PERSON)) == ["opening"], "P1 is not whom this entry names"
    assert steps(receipt) == ["opening"], "not a registration"
    assert steps(registered[:-9] + registered[-8:]) == ["opening"], "its own proof must hold"
    elsewhere = proof(book.entries, book.index("PartyRegistered", "P2"), Signer(ORIGIN, b"\x09" * 32))
    assert steps(elsewhere) == ["opening"]
    nameless = receipt_of(record, book.index("DonationReceived", "d"))
    assert steps(registered, of=nameless) == ["opening"], "it names no party"
    assert steps(registered, of=receipt[:200]) == ["format"]


# not yet, and not any more ----------------------------------------------------------------------------------


def test_before_publication_it_says_what_is_waited_for(tmp_path: Path):
    record = books.stocked(Place(tmp_path / "book"))
    with pytest.raises(NotPublished) as told:
        receipt_of(record, 3)
    assert (told.value.index, told.value.published_size, told.value.why) == (3, 0, "unsigned")
    record.checkpoint()
    size = record.size
    books.accept(record, [donation("a", GIFT)])
    with pytest.raises(NotPublished) as told:
        receipt_of(record, size)
    assert (told.value.index, told.value.published_size, told.value.why) == (size, size, "unsigned")
    for index in (size + 1, -1):
        with pytest.raises(LookupError, match=str(index)):
            receipt_of(record, index)
    record.folder.policy_file.write_bytes(
        f"log {VKEY}\nwitness W {WITNESSES[0].verifier} http://127.0.0.1:9/\nquorum W\n".encode()
    )
    assert record.checkpoint().size == size, "the published one, while the witness is waited for"
    with pytest.raises(NotPublished) as told:
        receipt_of(record, size)
    assert told.value.why == "witnesses"
    assert verify_receipt(receipt_of(record, 3), POLICY).ok, "what was published stays"
    record.close()


def test_while_bytes_are_held_back_there_is_no_receipt(tmp_path: Path):
    record = Place(tmp_path / "book").create()
    delay = command("PolicySet", "delay", {"settings": {"publish_delay_hours": 48}})
    books.accept(record, [*books.registers(), delay, donation("a", GIFT)])
    published = record.checkpoint().size
    assert published == record.size
    with pytest.raises(NotPublished) as told:
        receipt_of(record, published - 1)
    assert (told.value.published_size, told.value.why) == (published, "held_back")
    record.close()


def test_an_entry_changed_since_gets_no_receipt(tmp_path: Path):
    home = tmp_path / "book"
    books.make_every_kind(home)
    record = Record.open(home)
    with record.store.read() as snapshot:
        changed = (snapshot.entry_bytes(3) or b"").replace(b"Hospital", b"hospital")
    books.change(record.store, "UPDATE entries SET data = ? WHERE entry_index = 3", changed)
    with pytest.raises(PublishedError, match="entry 3 is not the one that was published"):
        receipt_of(record, 3)
    (home / "log" / "checkpoint").write_bytes(b"nothing")
    with pytest.raises(PublishedError, match="checkpoint"):
        receipt_of(record, 2)
    record.close()
