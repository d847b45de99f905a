"""Keys in the server's custody: on disk before they are in the log, and good after a crash at any point."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from ledger import authors
from ledger.audit import audit
from ledger.authors import AuthorProblem, custody
from ledger.domain.authorship import author_state, check_authors
from ledger.domain.entries import Command, read
from ledger.domain.violations import Refused
from ledger.record import Record
from tests.ledger.authors.conftest import registered
from tests.ledger.signing import TestKey
from tests.ledger.store import books
from tests.ledger.store.books import ORIGIN, Place

PHONE = TestKey("phone", ORIGIN)


def of_place(name: str, place: str | None = "C1") -> Command:
    """A quiet day at C1, told by the place."""
    day = books.quiet_day(name)
    return Command(day.kind, day.id, day.occurred_at, {"role": "center_lead", "place": place}, day.body)


def key_file(record: Record, place: str = "C1") -> Path:
    return record.home / "keys" / "authors" / f"{place}.key"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def states(record: Record) -> list[str]:
    """What an outsider finds, from the bytes alone; nothing may be wrong."""
    found = check_authors(map(read, record.entries()), ORIGIN)
    assert [check.problem for check in found if check.problem] == []
    assert audit(record.store).ok
    return [check.state for check in found]


def test_a_place_gets_a_key_that_signs_for_it(record: Record):
    assert authors.sign_for(record, of_place("0")) == of_place("0")
    key = authors.enroll(record, "C1")
    (facts,) = authors.keys_of(record, "C1")
    assert (facts.key, facts.custody, facts.is_live) == (key, "server", True)
    signed = authors.sign_for(record, of_place("1"))
    (entry,) = books.accept(record, [signed])
    assert entry.command.sig["key"] == key
    assert author_state(entry, [facts]) == "signed"
    assert states(record) == ["signed"]


def test_a_key_is_its_owners_alone_and_nowhere_shown(record: Record):
    authors.enroll(record, "C1")
    path = key_file(record)
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    (kept,) = custody._read_keys(path)
    assert kept.seed.hex() not in repr(kept)
    assert repr(kept) == f"ServerKey({kept.key})"


def test_only_what_a_place_tells_unsigned_is_signed(record: Record):
    authors.enroll(record, "C1")
    signed = PHONE.signed(of_place("1"))
    for command in (signed, of_place("2", None), of_place("3", "D1"), of_place("4", "../C1")):
        assert authors.sign_for(record, command) == command


def test_a_place_has_one_key_on_the_server_and_as_many_devices_as_it_wants(record: Record):
    key = authors.enroll(record, "C1")
    with pytest.raises(AuthorProblem, match=f"C1 has key {key} on this server already"):
        authors.enroll(record, "C1")
    for phone in (PHONE, TestKey("tablet", ORIGIN)):
        assert authors.enroll(record, "C1", "device", phone.public, phone.proof("C1")) == phone.id
    with pytest.raises(AuthorProblem, match="by its public key and its proof"):
        authors.enroll(record, "C1", "device", PHONE.public)
    with pytest.raises(Refused, match="32 bytes in standard base64"):
        authors.enroll(record, "C1", "device", "AAAA", PHONE.proof("C1"))
    with pytest.raises(Refused, match="own signature over this log"):
        authors.enroll(record, "D1", "device", TestKey("x", ORIGIN).public, PHONE.proof("D1"))
    assert [facts.custody for facts in authors.keys_of(record)] == ["server", "device", "device"]
    books.accept(record, [PHONE.signed(of_place("1")), authors.sign_for(record, of_place("2"))])
    assert states(record) == ["signed"] * 2


def test_rotating_signs_on_with_the_new_key(on_either: Record):
    record = on_either
    with pytest.raises(AuthorProblem, match="C1 has no key on this server"):
        authors.rotate(record, "C1")
    first = authors.enroll(record, "C1")
    books.accept(record, [authors.sign_for(record, of_place("1"))])
    second = authors.rotate(record, "C1")
    signed = authors.sign_for(record, of_place("2"))
    books.accept(record, [signed])
    assert signed.sig["key"] == second != first
    assert [facts.is_live for facts in authors.keys_of(record, "C1")] == [False, True]
    assert len(custody._read_keys(key_file(record))) == 1
    assert states(record) == ["signed"] * 2


def test_a_revoked_key_is_let_go_and_signs_no_more(record: Record):
    key = authors.enroll(record, "C1")
    index = authors.revoke(record, "C1", key, "stolen", "2026-01-01T00:00:00.000Z")
    assert authors.keys_of(record, "C1")[0].revoked_index == index
    assert not key_file(record).exists()
    assert authors.sign_for(record, of_place("1")).sig is None
    for wrong in (key, "0" * 16):
        with pytest.raises(Refused):
            authors.revoke(record, "C1", wrong, "lost")
    with pytest.raises(Refused, match="it must be an instant"):
        authors.revoke(record, "C1", key, "lost", "yesterday")
    assert authors.enroll(record, "C1") != key


@pytest.mark.parametrize("code", ["C9", "../C1", "", ".", "a/b", "C1\n"])
def test_a_place_that_is_none_leaves_no_key_behind(record: Record, code: str):
    size = record.size
    with pytest.raises(Refused):
        authors.enroll(record, code)
    assert record.size == size
    assert [path.name for path in record.home.rglob("*.key")] == ["log.key"]


def die() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("after", ["before the entry", "after the entry"])
def test_a_crash_while_rotating_leaves_a_key_that_signs(
    record: Record, monkeypatch: pytest.MonkeyPatch, after: str
):
    first = authors.enroll(record, "C1")
    write = custody._write

    def stop(*told: object) -> None:
        if after == "after the entry":
            write(*told)
        die()

    with monkeypatch.context() as patched:
        patched.setattr(custody, "_write", stop)
        with pytest.raises(KeyboardInterrupt):
            authors.rotate(record, "C1")
    assert len(custody._read_keys(key_file(record))) == 2
    signed = authors.sign_for(record, of_place("1"))
    books.accept(record, [signed])
    assert (signed.sig["key"] == first) == (after == "before the entry")
    authors.rotate(record, "C1")
    books.accept(record, [authors.sign_for(record, of_place("2"))])
    assert states(record) == ["signed"] * 2
    assert len(custody._read_keys(key_file(record))) == 1


def test_a_key_that_is_gone_from_disk_can_be_replaced(record: Record):
    """As after a restore of a backup without keys: entries go on, unsigned, until it is replaced."""
    authors.enroll(record, "C1")
    key_file(record).unlink()
    books.accept(record, [authors.sign_for(record, of_place("1"))])
    with pytest.raises(AuthorProblem, match="rotate it"):
        authors.enroll(record, "C1")
    authors.rotate(record, "C1")
    books.accept(record, [authors.sign_for(record, of_place("2"))])
    assert states(record) == ["unsigned_though_enrolled", "signed"]


@pytest.mark.parametrize("spoil", ["", "x", "ed25519 0 0", "swap"])
def test_a_spoilt_key_file_is_named(record: Record, spoil: str):
    authors.enroll(record, "C1")
    path = key_file(record)
    text = path.read_text()
    line = text.replace("ed25519", "ed448") if spoil == "swap" else spoil + text[len(spoil) + 1 :]
    path.write_text(line)
    with pytest.raises(AuthorProblem, match=r"keys/authors/C1\.key is not a file of author keys"):
        authors.sign_for(record, of_place("1"))
    (facts,) = authors.keys_of(record, "C1")
    assert authors.revoke(record, "C1", facts.key, "lost") == record.size - 1
    path.write_bytes(b"\xff")
    with pytest.raises(AuthorProblem, match="cannot be read"):
        authors.sign_for(record, of_place("1"))


def test_many_at_once_make_one_key(place: Place):
    """Two processes' worth of records, several threads each."""
    record = registered(place)
    records = [record, place.open()]
    told: list[str] = []

    def enroll(mine: Record) -> None:
        try:
            told.append(authors.enroll(mine, "C1"))
        except AuthorProblem:
            told.append("")

    threads = [threading.Thread(target=enroll, args=(records[n % 2],)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(bool, told)) == [False] * 5 + [True]
    (facts,) = authors.keys_of(record, "C1")
    assert facts.key in told
    for one in records:
        one.close()
