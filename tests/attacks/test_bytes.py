"""Attacks on the bytes of an entry: two readings of one text, two texts of one reading."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ledger.domain import canonical
from ledger.domain.entries import Command, from_envelope
from ledger.published.reading import verify_base
from ledger.tlog.merkle import leaf_hash
from tests.attacks.operator import Operator
from tests.independent import Refused, verify_log
from tests.ledger.store.books import SIGNER, Place, accept, registers

AT = 60  # the entry that is made anew; those after it are chained to it

Spell = Callable[[bytes], bytes]


def twice(data: bytes) -> bytes:
    """The same key twice: one reader takes the first, another the last."""
    return data.replace(b'"kind":', b'"kind":"StockCounted","kind":', 1)


def spaced(data: bytes) -> bytes:
    return data.replace(b'"kind":', b'"kind": ', 1)


def as_float(data: bytes) -> bytes:
    return data.replace(b'"v":1', b'"v":1.0', 1)


def huge(data: bytes) -> bytes:
    return data.replace(b'"v":1', b'"v":1e0', 1)


def named(name: str) -> Spell:
    """The entry made a registration with this name."""

    def spell(data: bytes) -> bytes:
        value = json.loads(data)
        value["kind"] = "PlaceRegistered"
        value["body"] = {"code": "C9", "kind": "center", "name": {"zh": name}}
        return canonical.encode(value)

    return spell


NFC = "é中心"
SPELLINGS = {
    "duplicate JSON keys": twice,
    "a second spelling (white space)": spaced,
    "a float for an integer": as_float,
    "an exponent for an integer": huge,
    "NFC/NFD twins of one name": named(unicodedata.normalize("NFD", NFC)),
    "text with direction marks (bidi)": named("中心\u202e心中"),
    "text with invisible characters": named("中\u200b心"),
    "text with control characters": named("中\u0007心"),
}


def made_anew(operator: Operator, spell: Spell) -> list[bytes]:
    entries = [*operator.honest[:AT], spell(operator.honest[AT])]
    for data in operator.honest[AT + 1 :]:
        value = json.loads(data)
        value["prev"] = leaf_hash(entries[-1]).hex()
        entries.append(canonical.encode(value))
    return entries


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Operator:
    return Operator(tmp_path_factory.mktemp("bytes") / "book")


def parameters(found_by: str, who: str) -> pytest.MarkDecorator:
    attacked = [
        pytest.param(spell, id=name, marks=pytest.mark.attack(name, found_by=found_by, who=who))
        for name, spell in SPELLINGS.items()
    ]
    return pytest.mark.parametrize("spell", attacked)


@parameters("verify --base", "anyone, from published bytes alone")
def test_published_bytes_are_refused(operator: Operator, spell: Spell, tmp_path: Path) -> None:
    log = operator.publish_beside(tmp_path / "log", made_anew(operator, spell))
    found = verify_base(log, str(SIGNER.verifier))
    assert (found.ok, found.first_bad_index) == (False, AT)


@parameters("verify", "whoever runs it at the server")
def test_stored_bytes_are_refused(operator: Operator, spell: Spell) -> None:
    entries = made_anew(operator, spell)
    with closing(operator.place.store()) as store, store.write() as writing:
        writing.connection.exec_driver_sql("DELETE FROM entries")
        rows = [(index, f"{index}" if index == AT else json.loads(data)["id"], data)
                for index, data in enumerate(entries)]  # fmt: skip
        writing._many("INSERT INTO entries (entry_index, entry_id, data) VALUES (?, ?, ?)", rows)
    assert f"entry {AT}" in (operator.verified() or "")


@pytest.mark.parametrize("spell", [twice, spaced, as_float, huge])
def test_a_verifier_that_is_not_ours_refuses_them_too(
    operator: Operator, spell: Spell, tmp_path: Path
) -> None:
    log = operator.publish_beside(tmp_path / "log", made_anew(operator, spell))
    with pytest.raises(Refused):
        verify_log(log, f"log {SIGNER.verifier}\nquorum none\n".encode())


@parameters("the rules", "the server, before anything is written")
def test_such_a_command_is_refused(operator: Operator, spell: Spell, tmp_path: Path) -> None:
    data = spell(operator.honest[AT])
    with closing(Place(tmp_path / "book").create()) as record:
        accept(record, registers())
        size = record.size
        try:
            value = canonical.decode_loose(data)
            outcomes = record.write([from_envelope(value, data).command])
            # White space is gone with the reading: the command is the same, and so are the bytes written.
            if spell is spaced:
                assert canonical.encode(value) == operator.honest[AT]
            else:
                assert outcomes[0].violations
                assert record.size == size
        except canonical.NotCanonical:
            assert record.size == size


def test_the_honest_name_is_accepted(operator: Operator) -> None:
    """What is refused above is refused for its spelling, not for being a registration."""
    data = named(NFC)(operator.honest[AT])
    assert isinstance(from_envelope(canonical.decode(data), data).command, Command)
