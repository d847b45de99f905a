"""What is kept beside the log: openings, donors' links, what may be shown; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.commitments import commitment
from ledger.domain.gifts import gift_code
from ledger.erasure import forget
from ledger.private import LETTERS, new_token, read_token, token_hash
from ledger.record import Record, RecordProblem
from ledger.store.consent import Shown
from tests.ledger.store import books
from tests.ledger.store.books import PERSON, SALT, Place, command

GIFT, OTHER, UNKNOWN = (gift_code(2026, serial) for serial in (1, 2, 9))
DETAILS = {"note": "生日礼物"}


def gifts() -> list[books.Command]:
    lines = [{"item": "K", "quantity": 10}]
    sealed = {"commitment": commitment(bytes.fromhex(SALT), DETAILS)}
    given = {"place": "D1", "party": "P1", "lines": lines, **sealed}
    return [command("DonationReceived", code, {**given, "gift": code}) for code in (GIFT, OTHER)]


@pytest.fixture
def record(place: Place) -> Iterator[Record]:
    """A person's two gifts, with details of both."""
    with_gifts = place.create()
    books.accept(with_gifts, [*books.registers(), *gifts()])
    with_gifts.register_private_party("P1", SALT, PERSON)
    with_gifts.register_private_gifts([(code, SALT, DETAILS) for code in (GIFT, OTHER)])
    yield with_gifts
    with_gifts.close()


def consent(record: Record, of: dict[str, str], **show: bool) -> None:
    body = {**of, "show": show, "basis": "private_link"}
    books.accept(record, [command("ConsentChanged", str(record.size), body)])


def shown(record: Record, gift: str = GIFT, party: str = "P1") -> Shown:
    with record.reading() as reading:
        return reading.shown(party, gift)


NAME = ("王某某", "王某某")


# openings ---------------------------------------------------------------------------------------------------


def test_openings_are_kept_beside_the_log(record: Record):
    assert record.opening(party="P1") == {"salt": SALT, "data": PERSON}
    assert record.opening(gift=GIFT) == {"salt": SALT, "data": DETAILS}
    assert record.opening(gift=UNKNOWN) is None
    assert record.opening(party="P2") is None
    for wrong in ({}, {"party": "P1", "gift": GIFT}):
        with pytest.raises(ValueError, match="a party or a gift"):
            record.opening(**wrong)
    record.register_private_gifts([(GIFT, "6b" * 32, {"note": "改"})])
    assert record.opening(gift=GIFT) == {"salt": "6b" * 32, "data": {"note": "改"}}


# links ------------------------------------------------------------------------------------------------------


def test_links_lead_to_their_gift_until_they_are_revoked(record: Record):
    first, second, other = record.make_link(GIFT), record.make_link(GIFT), record.make_link(OTHER)
    assert len({first, second, other}) == 3
    kept = set(books.query(record.store, "SELECT token_hash, gift FROM private_link"))
    assert kept == {(token_hash(first), GIFT), (token_hash(second), GIFT), (token_hash(other), OTHER)}
    assert [record.gift_of_link(token) for token in (first, second, other)] == [GIFT, GIFT, OTHER]
    assert record.gift_of_link(first.lower().replace("-", " ")) == GIFT, "as a person types it"
    for wrong in ("", "x", first[:-1], first + "2", new_token(), token_hash(first), "0" * 28, "’" * 28):
        assert record.gift_of_link(wrong) is None
    assert record.revoke_links(GIFT) == 2
    assert [record.gift_of_link(token) for token in (first, second, other)] == [None, None, OTHER]
    assert record.revoke_links(GIFT) == 0
    assert record.gift_of_link(record.make_link(GIFT)) == GIFT, "a new one may be made"
    with pytest.raises(RecordProblem, match=UNKNOWN):
        record.make_link(UNKNOWN)


@given(st.lists(st.sampled_from(LETTERS), min_size=28, max_size=28).map("".join))
def test_a_token_is_read_however_it_is_spelled(letters: str):
    token = "-".join(letters[at : at + 4] for at in range(0, 28, 4))
    assert read_token(new_token()) is not None
    assert len(token.replace("-", "")) == 28
    assert len(LETTERS) ** 28 > 2**128
    assert not set("01OIL") & set(LETTERS)
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter != "-" else "－" for letter in token)
    bare, dashed = token.replace("-", ""), token.replace("-", " \u2013 ")
    for spelled in (token, token.lower(), bare, dashed, wide, f" {token}\n"):
        assert read_token(spelled) == token
    assert read_token(token[:-1]) is None
    assert read_token(token[:-1] + "O") is None


# consent ----------------------------------------------------------------------------------------------------


def test_consent_works_both_ways_at_once(record: Record):
    nothing_said = Shown(None, True, True, False)
    assert shown(record) == shown(record, "", "P1") == shown(record, GIFT, "") == nothing_said
    consent(record, {"party": "P1"}, name=True)
    assert shown(record) == shown(record, OTHER) == Shown(NAME, True, True, False)
    consent(record, {"party": "P1"}, name=False)
    assert shown(record) == Shown(None, True, True, True)
    consent(record, {"gift": GIFT}, name=True, amount=False)
    assert shown(record) == Shown(NAME, True, False, False), "the gift's own word is the later one"
    assert shown(record, OTHER).name is None
    consent(record, {"gift": GIFT}, name=False, item=False)
    assert shown(record) == Shown(None, False, False, True)
    consent(record, {"gift": GIFT}, item=True, amount=True)
    consent(record, {"party": "P1"}, name=True)
    assert shown(record) == Shown(None, True, True, True), "of this gift the last word was no"
    assert shown(record, OTHER) == Shown(NAME, True, True, False)


def test_a_name_withdrawn_by_its_party_is_hidden_whatever_a_gift_had_said(record: Record):
    consent(record, {"gift": GIFT}, name=True)
    assert shown(record).name == NAME
    consent(record, {"party": "P1"}, name=False)
    assert shown(record) == Shown(None, True, True, True)
    consent(record, {"gift": GIFT}, amount=False)
    assert shown(record) == Shown(None, True, False, True), "that was not about the name"
    consent(record, {"gift": GIFT}, name=True)
    assert shown(record) == Shown(NAME, True, False, False)


def test_a_name_is_told_in_both_languages(tmp_path: Path):
    record = Place(tmp_path / "book").create()
    books.accept(record, books.registers())
    consent(record, {"party": "P1"}, name=True)
    for name, told in (
        ({"zh": "某公司", "en": "Some Ltd"}, ("某公司", "Some Ltd")),
        ({"en": "Some Ltd"}, ("Some Ltd", "Some Ltd")),
        ({"zh": "某公司"}, ("某公司", "某公司")),
        ("", None), (None, None), (["x"], None), ({}, None),
    ):  # fmt: skip
        record.register_private_party("P1", SALT, {"name": name})
        assert shown(record, "").name == told
    record.close()


def test_in_an_archive_a_public_notice_names_organisations_and_never_persons(tmp_path: Path):
    record = Place(tmp_path / "archive").create("archive")
    data = {"name": "某公司", "basis": "public_notice"}
    listed = {"name": "某公司"}
    rows = [("ORG", "organisation", data), ("MAN", "person", data), ("LIST", "organisation", listed)]
    for code, kind, private in rows:
        seal = commitment(bytes.fromhex(SALT), private)
        body = {"party": code, "type": kind, "commitment": seal}
        books.accept(record, [command("PartyRegistered", code, body)])
        record.register_private_party(code, SALT, private)
    assert [shown(record, "", code).name for code, _, _ in rows] == [("某公司", "某公司"), None, None]
    consent(record, {"party": "ORG"}, name=False)
    assert shown(record, "", "ORG") == Shown(None, True, True, True)
    record.close()


def test_what_is_marked_to_be_erased_is_not_shown_whatever_is_said(record: Record):
    consent(record, {"party": "P1"}, name=True)
    forget(record, gift=GIFT, after_days=30)
    consent(record, {"gift": GIFT}, name=True)
    assert shown(record) == Shown(None, False, False, True)
    assert shown(record, OTHER).name == NAME
    forget(record, party="P1", after_days=30)
    assert shown(record, OTHER) == Shown(None, False, False, True)


# books of before --------------------------------------------------------------------------------------------


def test_a_book_made_before_these_tables_opens_and_has_them(record: Record, place: Place):
    for sql in (
        "DROP TABLE private_gift", "DROP TABLE private_link",
        "ALTER TABLE private_party DROP COLUMN erase_after",
    ):  # fmt: skip
        books.change(record.store, sql)
    opened = place.open()
    assert opened.opening(party="P1") == {"salt": SALT, "data": PERSON}
    assert opened.opening(gift=GIFT) is None
    assert opened.gift_of_link(opened.make_link(GIFT)) == GIFT
    assert forget(opened, party="P1").kept == (("party", "P1"),)
    opened.close()
