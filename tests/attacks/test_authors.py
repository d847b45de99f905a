"""Attacks in a center's name: its key stolen, its entries invented, its signatures moved elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.domain import entries
from ledger.domain.authorship import check_authors
from ledger.domain.entries import Command
from ledger.record import Record
from tests.ledger.signing import TestKey
from tests.ledger.store.books import ORIGIN, Place, accept, command, quiet_day, registers

KEY = TestKey("phone of the center", ORIGIN)
LEAD = {"role": "center_lead", "place": "C1"}


def by_center(name: str, day: str = "2026-01-03") -> Command:
    return replace(quiet_day(name, day), actor=dict(LEAD))


@pytest.fixture
def record(tmp_path: Path):
    with closing(Place(tmp_path / "book").create()) as made:
        accept(made, [*registers(), command("KeyEnrolled", "k", KEY.enrolled("C1"))])
        accept(made, [KEY.signed(by_center("honest"))])
        yield made


def rules_broken(record: Record, wanted: Command) -> list[str]:
    size = record.size
    broken = [violation.rule for violation in record.write([wanted])[0].violations]
    assert not broken or record.size == size
    return broken


def states(record: Record) -> dict[int, tuple[str, str | None]]:
    """What an outsider finds from the published entries alone, by index."""
    checks = check_authors([entries.read(data) for data in record.entries()], ORIGIN)
    return {check.index: (check.state, check.problem) for check in checks}


STOLEN = "a center's key stolen, used, then revoked"


@pytest.mark.attack(STOLEN, found_by="the rules", who="the server, at every later use")
def test_a_revoked_key_signs_no_more(record: Record) -> None:
    revoked = {"place": "C1", "key": KEY.id, "reason": "stolen"}
    accept(record, [command("KeyRevoked", "1", revoked)])
    assert rules_broken(record, KEY.signed(by_center("after"))) == ["key_revoked"]


@pytest.mark.attack(STOLEN, found_by="check of all signatures", who="anyone, from published bytes alone")
def test_what_the_thief_signed_is_doubted_for_all_to_see(record: Record) -> None:
    forged = accept(record, [KEY.signed(by_center("by the thief"))])[0]
    assert states(record)[forged.index] == ("signed", None)  # before anyone knows of the theft
    revoked = {"place": "C1", "key": KEY.id, "reason": "stolen", "since": forged.recorded_at}
    accept(record, [command("KeyRevoked", "1", revoked)])
    assert states(record)[forged.index][0] == "signed_then_doubted"
    assert states(record)[forged.index - 1][0] == "signed"  # what it signed before stays good


INVENTED = "the operator invents a center's entry"


@pytest.mark.attack(INVENTED, found_by="mark: unsigned though the center signs", who="anyone")
def test_an_invented_entry_lacks_the_centers_signature(record: Record) -> None:
    invented = accept(record, [by_center("invented")])[0]
    assert states(record)[invented.index] == ("unsigned_though_enrolled", None)


def moved(signed: Command) -> Command:
    """The center's signature from one command on another."""
    return replace(by_center("invented"), sig=signed.sig)


def other_day(signed: Command) -> Command:
    return replace(signed, body=signed.body | {"day": "2026-01-02"})


def other_role(signed: Command) -> Command:
    return replace(signed, actor=dict(LEAD) | {"role": "storekeeper"})


def other_time(signed: Command) -> Command:
    return replace(signed, occurred_at="2026-01-02")


def other_log(signed: Command) -> Command:
    return TestKey(KEY.name, "mingzhang.example/other").signed(replace(signed, sig=None))


@pytest.mark.attack(INVENTED, found_by="the rules", who="the server, before anything is written")
@pytest.mark.parametrize("change", [moved, other_day, other_role, other_time, other_log])
def test_a_signature_fits_one_command_in_one_log(
    record: Record, change: Callable[[Command], Command]
) -> None:
    signed = KEY.signed(by_center("wanted"))
    assert rules_broken(record, change(signed)) == ["bad_signature"]


@pytest.mark.attack(INVENTED, found_by="the rules", who="the server, before anything is written")
def test_nobody_enrols_a_key_that_they_do_not_hold(record: Record) -> None:
    other = TestKey("somebody else's", ORIGIN)
    body = other.enrolled("D1") | {"place": "C1"}  # the proof was made for another place
    assert rules_broken(record, command("KeyEnrolled", "x", body)) == ["bad_proof"]
