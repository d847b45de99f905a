"""One-time invitations: for one device, once, in time, however many ask at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger import authors
from ledger.authors import AuthorProblem, invitations
from ledger.authors.invitations import ALPHABET
from ledger.domain.violations import Refused
from ledger.record import Record
from tests.ledger.authors.conftest import registered
from tests.ledger.signing import TestKey
from tests.ledger.store.books import ORIGIN, Place

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PHONE, OTHER = TestKey("phone", ORIGIN), TestKey("other", ORIGIN)


def accept(record: Record, code: str, key: TestKey = PHONE, place: str = "C1", hours: int = 1) -> str:
    when = NOW + timedelta(hours=hours)
    return authors.accept_invitation(record, code, key.public, key.proof(place), when)


def files(record: Record) -> list[str]:
    folder = record.home / "keys" / "invitations"
    return sorted(path.suffix for path in folder.iterdir() if path.suffix)


def test_an_invitation_enrols_one_device(on_either: Record):
    record = on_either
    made = authors.invite(record, "C1", now=NOW)
    assert (made.place, made.expires_at) == ("C1", NOW + timedelta(hours=24))
    assert authors.invitation_of(record, made.code, NOW) == made
    assert accept(record, made.code) == PHONE.id
    (facts,) = authors.keys_of(record, "C1")
    assert (facts.key, facts.custody) == (PHONE.id, "device")
    with pytest.raises(AuthorProblem, match="used for another device"):
        accept(record, made.code, OTHER)
    assert len(authors.keys_of(record)) == 1


def test_a_code_is_random_readable_and_kept_nowhere(record: Record):
    codes = {authors.invite(record, "C1", now=NOW).code for _ in range(20)}
    assert len(codes) == 20
    for code in codes:
        assert [len(part) for part in code.split("-")] == [4, 4, 4, 4]
        assert set(code) - {"-"} <= set(ALPHABET)
    assert set("ILOU").isdisjoint(ALPHABET)
    kept = "".join(path.read_text() + path.name for path in _all(record) if path.is_file())
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)
    assert {path.stat().st_mode & 0o777 for path in _all(record) if path.suffix == ".json"} == {0o600}


def _all(record: Record) -> list[Path]:
    return list((record.home / "keys" / "invitations").rglob("*"))


def test_a_code_is_read_as_people_say_it(record: Record, monkeypatch: pytest.MonkeyPatch):
    letters = iter("0123ABCDEFGH1011")
    monkeypatch.setattr(invitations.secrets, "choice", lambda _: next(letters))
    code = authors.invite(record, "C1", now=NOW).code
    assert code == "0123-ABCD-EFGH-1011"
    for said in ("0123abcdefgh1011", "O123 ABCD efgh IOLi", "0123-abcd-efgh-l0Il"):
        assert authors.invitation_of(record, said, NOW).place == "C1"
    for said in ("", "0123-ABCD-EFGH-1012", "0123-ABCD-EFGH-101", "x" * 5000):
        with pytest.raises(AuthorProblem, match="no such invitation"):
            authors.invitation_of(record, said, NOW)


def test_an_invitation_ends(record: Record):
    made = authors.invite(record, "C1", hours=2, now=NOW)
    with pytest.raises(AuthorProblem, match="is over"):
        accept(record, made.code, hours=2)
    assert authors.keys_of(record) == []
    assert files(record) == [".json"]
    authors.invite(record, "C1", now=NOW + timedelta(hours=3))
    assert files(record) == [".json"], "what is over is swept away when the next is made"


def test_a_device_that_asks_again_gets_the_same_answer(record: Record):
    """Its answer may have been lost on the way."""
    code = authors.invite(record, "C1", now=NOW).code
    assert [accept(record, code) for _ in range(3)] == [PHONE.id] * 3
    assert len(authors.keys_of(record)) == 1


def test_a_key_that_is_refused_leaves_the_code_good(record: Record):
    code = authors.invite(record, "C1", now=NOW).code
    with pytest.raises(Refused, match="own signature over this log"):
        accept(record, code, PHONE, "D1")
    with pytest.raises(Refused, match="32 bytes"):
        authors.accept_invitation(record, code, "", "", NOW)
    assert files(record) == [".json"]
    authors.enroll(record, "D1", "device", PHONE.public, PHONE.proof("D1"))
    with pytest.raises(Refused, match="was enrolled before"):
        accept(record, code, PHONE)
    assert accept(record, code, OTHER) == OTHER.id


def test_a_crash_between_claim_and_entry_costs_the_device_no_second_code(
    record: Record, monkeypatch: pytest.MonkeyPatch
):
    def die(*told: object) -> str:
        raise KeyboardInterrupt

    code = authors.invite(record, "C1", now=NOW).code
    with monkeypatch.context() as patched:
        patched.setattr(invitations, "enrol_device", die)
        with pytest.raises(KeyboardInterrupt):
            accept(record, code)
    with pytest.raises(AuthorProblem, match="used for another device"):
        accept(record, code, OTHER)
    assert accept(record, code) == PHONE.id


def test_nobody_is_invited_to_a_place_that_is_none(record: Record):
    for place in ("C9", "../C1"):
        with pytest.raises(Refused, match="is not registered"):
            authors.invite(record, place)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"place":"C1","expires_at":"soon"}', "\x00"])
def test_a_spoilt_invitation_is_told_and_swept(record: Record, text: str):
    made = authors.invite(record, "C1", now=NOW)
    (path,) = (path for path in _all(record) if path.suffix == ".json")
    path.write_text(text)
    with pytest.raises(AuthorProblem, match="cannot be read"):
        authors.invitation_of(record, made.code, NOW)
    authors.invite(record, "C1", now=NOW)
    assert not path.exists()


def test_many_devices_at_once_and_one_is_enrolled(place: Place):
    """Every device sends its own key, some twice, to two open records, as two processes have them."""
    record = registered(place)
    records = [record, place.open()]
    code = authors.invite(record, "C1", now=NOW).code
    told: list[str | None] = []
    begin = threading.Barrier(8)

    def ask(number: int) -> None:
        key = TestKey(str(number // 2), ORIGIN)
        begin.wait()
        try:
            told.append(accept(records[number % 2], code, key))
        except AuthorProblem:
            told.append(None)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (facts,) = authors.keys_of(record, "C1")
    assert sorted(told, key=str) == sorted([facts.key] * 2 + [None] * 6, key=str)
    for one in records:
        one.close()
