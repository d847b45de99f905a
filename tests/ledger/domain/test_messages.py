"""Every rule of MESSAGES is provoked here, by the shortest act that breaks it, and speaks both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.clock import Clock
from ledger.domain.entries import Command, write
from ledger.domain.ids import new_id
from ledger.domain.kinds import parse_body
from ledger.domain.rules import interpret
from ledger.domain.violations import MESSAGES, Refused, Violation
from ledger.record import Record
from tests.ledger.domain.test_kinds import FULL
from tests.ledger.signing import TestKey
from tests.ledger.story import SYSTEM, VKEY, Body, Story, item, new, of, opened, place

NOTHING = "00000000-0000-8000-8000-000000000000"
Act = Callable[[], list[Violation]]
KEY, OTHER = TestKey("one"), TestKey("other")


def shape(kind: str, /, **changes: Any) -> Act:
    """A body of the kind with these keys changed; None drops a key."""

    def act() -> list[Violation]:
        body = {key: value for key, value in {**FULL[kind], **changes}.items() if value is not None}
        found = parse_body(kind, body)
        assert isinstance(found, list)
        return found

    return act


def envelope(**changes: Any) -> Act:
    def act() -> list[Violation]:
        command = {
            "v": 1,
            "kind": "DayConfirmed",
            "id": new_id(),
            "occurred_at": "2026-03-01",
            "actor": SYSTEM,
        }
        with pytest.raises(Refused) as refused:
            Command.parse({**command, "body": {}, **changes})
        return refused.value.violations

    return act


def told(kind: str, body: Callable[[Story, str, str], Body], book: str | None = "simulated") -> Act:
    """A command on a story where lot `lot` (10 masks at C1) and dispatch `way` (4 of it, to C2) are."""

    def act() -> list[Violation]:
        story, lot, way = Story(book), "", ""
        if book is not None:
            (lot,) = story.opening("C1", new("masks", 10))
            way = story.send("C1", "C2", of(lot, 4))
        return interpret(story.command(kind, body(story, lot, way)), story.book).violations

    return act


def signed(key: TestKey, revoked: bool = False, **sig: str) -> Act:
    """C1 confirms a day with a key, after KEY was enrolled there (and revoked)."""

    def act() -> list[Violation]:
        story = Story()
        story.enrol(KEY, "C1")
        if revoked:
            story.revoke(KEY, "C1")
        command = story.at("C1", "DayConfirmed", {"place": "C1", "day": "2026-03-01"}, key)
        return interpret(replace(command, sig={**(command.sig or {}), **sig}), story.book).violations

    return act


def enrolled_at(story: Story, key: TestKey, place: str) -> Body:
    """The body that would enrol the key which is enrolled there already."""
    story.enrol(key, place)
    return key.enrolled(place)


def too_large() -> list[Violation]:
    names = [f"{number:03}" + "口" * 390 for number in range(40)]
    command = Story().command("ItemRegistered", {**FULL["ItemRegistered"], "aliases": names})
    command.body["aliases"] = names * 2
    with pytest.raises(Refused) as refused:
        write(command, 1, "0" * 64, "2026-03-01T00:00:00.000Z")
    return refused.value.violations


def not_encodable() -> list[Violation]:
    command = Story().command("DayConfirmed", {"place": "\ud800", "day": "2026-03-01"})
    with pytest.raises(Refused) as refused:
        write(command, 1, "0" * 64, "2026-03-01T00:00:00.000Z")
    return refused.value.violations


class Yesterday(Clock):
    """A system clock that was set back by a day."""

    def now(self) -> datetime:
        return super().now() - timedelta(days=1)


def of_a_record(folder: Path, *bodies: Body, set_back: bool = False) -> list[Violation]:
    """Places written to a live book, all with the same id."""
    record = Record.create(folder, name={"en": "x"}, origin="example.org/x", kind="live")
    try:
        if set_back:
            record.writer.clock = Yesterday("live", None)
        identity = new_id()
        commands = [Command("PlaceRegistered", identity, "2026-03-01", dict(SYSTEM), body) for body in bodies]
        return [broken for command in commands for broken in record.write([command])[0].violations]
    finally:
        record.close()


def in_two_states(story: Story, lot: str) -> str:
    """A dispatch with one usable and one rejected piece of the lot."""
    story.issue("C1", of(lot, 1))
    story.give_back("C1", of(lot, 1, state="rejected"))
    return story.send("C1", "C2", of(lot, 1), of(lot, 1, state="rejected"))


def line(**changes: Any) -> list[Body]:
    return [{**new("masks", 1), **changes}]


def asking(**changes: Any) -> Body:
    return {"place": "C1", "lines": [{"item": "masks", "quantity": 3}], **changes}


def sharing(**changes: Any) -> Body:
    """One share of five masks for C1, with these keys changed."""
    share = {"place": "C1", "item": "masks", "quantity": 5, **changes}
    return {"place": "S1", "rule": "judgement", "need": {"basis": "requested"}, "shares": [share]}


PROVOKED: dict[str, Act] = {
    "shape": not_encodable,
    "missing": shape("DayConfirmed", place=None),
    "unknown_key": shape("DayConfirmed", note="x"),
    "not_text": shape("DayConfirmed", place=7),
    "not_integer": shape("PlaceRegistered", staff=1.5),
    "not_boolean": shape("PlaceRegistered", keeps_stock=1),
    "not_list": shape("StockOpened", lines={}),
    "not_object": shape("PlaceRegistered", name="x"),
    "not_listed": shape("PlaceRegistered", kind="shop"),
    "too_small": shape("PlaceRegistered", staff=-1),
    "too_great": shape("PlaceRegistered", staff=2**53),
    "too_short": shape("ItemRegistered", spec=""),
    "too_long": shape("ItemRegistered", spec="x" * 401),
    "too_few": shape("StockOpened", lines=[]),
    "too_many": shape("StockOpened", lines=FULL["StockOpened"]["lines"] * 301),
    "not_nfc": shape("ItemRegistered", spec="e\u0301"),
    "refused_character": shape("ItemRegistered", spec="a\tb"),
    "name_wanted": shape("PlaceRegistered", name={}),
    "bad_code": shape("PlaceRegistered", code="C 1"),
    "bad_gift": shape("DonationReceived", gift="no"),
    "bad_entry_id": envelope(id="1"),
    "bad_lot_id": shape("TransferLost", lines=[{"lot": NOTHING, "quantity": 1}]),
    "bad_hex": shape("PartyRegistered", commitment="x"),
    "bad_admin_code": shape("PlaceRegistered", admin_code="x"),
    "bad_gtin": shape("ItemRegistered", gtins=["x"]),
    "bad_origin": shape("BookOpened", origin="a b"),
    "bad_vkey": shape("BookOpened", vkey="x"),
    "bad_base64": shape("KeyEnrolled", public_key="AAAA"),
    "bad_key_id": shape("KeyRevoked", key="x"),
    "bad_instant": shape("KeyRevoked", since="2026-03-01"),
    "weak_key": told(
        "KeyEnrolled", lambda s, lot, way: {**KEY.enrolled("C1"), "public_key": "A" * 43 + "="}
    ),
    "key_of_other": told("KeyEnrolled", lambda s, lot, way: {**KEY.enrolled("C1"), "key": OTHER.id}),
    "bad_proof": told("KeyEnrolled", lambda s, lot, way: {**KEY.enrolled("C1"), "place": "C2"}),
    "key_known": told("KeyEnrolled", lambda s, lot, way: enrolled_at(s, KEY, "C2")),
    "no_key": signed(OTHER),
    "key_revoked": signed(KEY, revoked=True),
    "bad_signature": signed(KEY, value=KEY.sign(b"something else")),
    "log_key_wanted": told(
        "LogKeyRotated", lambda s, lot, way: {"vkey": VKEY + "=", "former": VKEY, "reason": "lost"}
    ),
    "log_key_known": told(
        "LogKeyRotated", lambda s, lot, way: {"vkey": VKEY, "former": VKEY, "reason": "scheduled"}
    ),
    "not_log_key": told(
        "LogKeyRotated", lambda s, lot, way: {"vkey": VKEY, "former": VKEY + "=", "reason": "scheduled"}
    ),
    "one_wanted": told("DataErased", lambda s, lot, way: {"reason": "request"}),
    "no_gift": told("DataErased", lambda s, lot, way: {"gift": "GIFT-9", "reason": "request"}),
    "erased_before": told(
        "DataErased",
        lambda s, lot, way: s.tell("DataErased", {"party": "P1", "reason": "request"})
        and {"party": "P1", "reason": "retention"},
    ),
    "bad_time_zone": told("BookOpened", lambda s, lot, way: opened(time_zone="Asia/Wuhan"), book=None),
    "bad_day": shape("DayConfirmed", day="yesterday"),
    "bad_expiry": shape("StockOpened", lines=line(expiry="2027-13")),
    "bad_occurred": envelope(occurred_at="2026-02-30"),
    "ends_before": envelope(occurred_at="2026-03-02/2026-03-01"),
    "bad_actor": envelope(actor={"role": "system"}),
    "bad_sig": envelope(sig={"alg": "ed25519", "key": "k", "value": "a\nb"}),
    "bad_version": envelope(v=True),
    "unknown_kind": told("StockEaten", lambda s, lot, way: {}),
    "too_large": too_large,
    "book_first": told("BookOpened", lambda s, lot, way: opened()),
    "no_place": told("DayConfirmed", lambda s, lot, way: {"place": "C9", "day": "2026-03-01"}),
    "no_item": told("StockOpened", lambda s, lot, way: {"place": "C1", "lines": line(item="gold")}),
    "no_party": told(
        "DonationReceived",
        lambda s, lot, way: {"place": "C1", "gift": "GIFT-1", "party": "P9", "lines": line()},
    ),
    "no_lot": told("StockCounted", lambda s, lot, way: {"place": "C1", "lines": [of(f"{NOTHING}#0", 1)]}),
    "no_entry": told("EntryReversed", lambda s, lot, way: {"reverses": NOTHING, "reason": "other"}),
    "wrong_kind": told(
        "TransferLost", lambda s, lot, way: {"dispatch": lot[:36], "reason": "lost", "lines": [of(lot, 1)]}
    ),
    "keeps_no_stock": told("StockOpened", lambda s, lot, way: {"place": "H1", "lines": line()}),
    "wrong_place": told(
        "TransferReceived", lambda s, lot, way: {"place": "D1", "dispatch": way, "lines": [of(lot, 1)]}
    ),
    "same_place": told(
        "TransferDispatched", lambda s, lot, way: {"from": "C1", "to": "C1", "lines": [of(lot, 1)]}
    ),
    "asks_itself": told("SupplyRequested", lambda s, lot, way: asking(to="C1")),
    "needed_before": told("SupplyRequested", lambda s, lot, way: asking(needed_by="2026-02-28")),
    "request_of_other": told(
        "AllocationDecided", lambda s, lot, way: sharing(request=s.ask("C2", masks=1))
    ),
    "not_requested": told("AllocationDecided", lambda s, lot, way: sharing(request=s.ask("C1", pills=1))),
    "taken_back": told(
        "AllocationDecided",
        lambda s, lot, way: s.reverse(asked := s.ask("C1", masks=1)) and sharing(request=asked),
    ),
    "request_wanted": told("AllocationDecided", lambda s, lot, way: sharing(refused="out_of_stock")),
    "refusal_wanted": told(
        "AllocationDecided", lambda s, lot, way: sharing(request=s.ask("C1", masks=1), quantity=0)
    ),
    "no_share": told(
        "TransferDispatched",
        lambda s, lot, way: {
            "from": "C1", "to": "C2", "lines": [of(lot, 1)],
            "decision": s.decide({"place": "D1", "item": "masks", "quantity": 1}),
        },
    ),
    "below_zero": told(
        "StockIssued", lambda s, lot, way: {"place": "C1", "purpose": "clinic", "lines": [of(lot, 7)]}
    ),
    "same_status": told("PlaceStatusSet", lambda s, lot, way: {"place": "C1", "status": "open"}),
    "into_wanted": told("PlaceStatusSet", lambda s, lot, way: {"place": "C1", "status": "merged"}),
    "into_unwanted": told(
        "PlaceStatusSet", lambda s, lot, way: {"place": "C1", "status": "sealed", "into": "C2"}
    ),
    "into_itself": told(
        "PlaceStatusSet", lambda s, lot, way: {"place": "C1", "status": "merged", "into": "C1"}
    ),
    "into_merged": told(
        "PlaceStatusSet",
        lambda s, lot, way: s.tell("PlaceStatusSet", {"place": "C2", "status": "merged", "into": "D1"})
        and {"place": "C1", "status": "merged", "into": "C2"},
    ),
    "no_area": told("ResponseLevelRecorded", lambda s, lot, way: {"level": 1, "area": "C1"}),
    "same_level": told(
        "ResponseLevelRecorded",
        lambda s, lot, way: s.tell("ResponseLevelRecorded", {"level": 1, "area": "S1"})
        and {"level": 1, "area": "S1"},
    ),
    "no_response": told("ResponseLevelRecorded", lambda s, lot, way: {"level": 0, "area": "990101"}),
    "lot_wanted": told(
        "StockOpened", lambda s, lot, way: {"place": "C1", "lines": [{"item": "masks", "quantity": 1}]}
    ),
    "lot_unwanted": told("StockOpened", lambda s, lot, way: {"place": "C1", "lines": line(item="soap")}),
    "unmarked_usable": told(
        "StockOpened", lambda s, lot, way: {"place": "C1", "lines": line(expiry="unmarked", state="usable")}
    ),
    "duplicate_line": told("StockCounted", lambda s, lot, way: {"place": "C1", "lines": [of(lot, 1)] * 2}),
    "counted_twice": told(
        "StockCounted",
        lambda s, lot, way: {"place": "C1", "lines": [of(lot, 1), {"item": "masks", "quantity": 1}]},
    ),
    "certificate_wanted": told(
        "StockWrittenOff", lambda s, lot, way: {"place": "C1", "reason": "destroyed", "lines": [of(lot, 1)]}
    ),
    "gift_of_other": told(
        "DonationReceived",
        lambda s, lot, way: s.gift("D1", "GIFT-1", new("masks", 1), party="P1")
        and {"place": "D1", "gift": "GIFT-1", "party": "P2", "lines": line()},
    ),
    "unit_changed": told(
        "ItemRegistered", lambda s, lot, way: {**item("masks"), "base_unit": {"zh": "箱"}}
    ),
    "wrong_share": told(
        "StockConverted",
        lambda s, lot, way: {
            "place": "C1", "reason": "open_case", "lines": [of(lot, 1), *line(item="pills") * 2]
        },
    ),
    "conversion_sides": told(
        "StockConverted", lambda s, lot, way: {"place": "C1", "reason": "regrade", "lines": line() * 2}
    ),
    "not_in_dispatch": told(
        "TransferLost", lambda s, lot, way: {"dispatch": way, "reason": "lost", "lines": [of(lot, 5)]}
    ),
    "dispatch_wanted": told("TransferReceived", lambda s, lot, way: {"place": "C2", "lines": [of(lot, 1)]}),
    "state_wanted": told(
        "TransferReceived",
        lambda s, lot, way: {"place": "C2", "dispatch": in_two_states(s, lot), "lines": [of(lot, 1)]},
    ),
    "reversed_twice": told(
        "EntryReversed", lambda s, lot, way: s.reverse(way) and {"reverses": way, "reason": "other"}
    ),
    "reversal_of_reversal": told(
        "EntryReversed", lambda s, lot, way: {"reverses": s.reverse(way), "reason": "other"}
    ),
    "not_reversible": told(
        "EntryReversed", lambda s, lot, way: {"reverses": s.entries[0].id, "reason": "other"}
    ),
    "not_undone": told(
        "EntryReversed",
        lambda s, lot, way: {
            "reverses": s.tell("DataErased", {"party": "P1", "reason": "request"}), "reason": "other"
        },
    ),
    "not_covered": told(
        "StockIssued",
        lambda s, lot, way: {"place": "C1", "purpose": "clinic", "covered_by": way, "lines": [of(lot, 1)]},
    ),
    "correction_alone": told(
        "DayConfirmed", lambda s, lot, way: {"place": "C1", "day": "2026-03-01", "correction": way}
    ),
    "parent_cycle": told("PlaceRegistered", lambda s, lot, way: place("S1", "street_office", "C1")),
    "unshown_outside_archive": told(
        "TransferDispatched", lambda s, lot, way: {"from": "C1", "to": "C2", "lines": line(source="unshown")}
    ),
}  # fmt: skip


def told_plainly(found: list[Violation], rule: str) -> None:
    assert rule in [violation.rule for violation in found]
    violation = next(violation for violation in found if violation.rule == rule)
    english, chinese = violation.message(), violation.message("zh")
    for message in (english, chinese):
        assert "{" not in message
        assert "\n" not in message
        assert len(message) < 400
    assert rule == "shape" or re.search(r"[一-鿿]", chinese)
    assert rule == "clock_behind" or violation.field.partition(".")[0] in english


@pytest.mark.parametrize("rule", PROVOKED)
def test_rule_is_provoked_and_speaks_plainly(rule):
    told_plainly(PROVOKED[rule](), rule)


def test_rules_of_the_record_are_provoked_too(tmp_path):
    conflict = of_a_record(tmp_path / "a", place("D1", "depot"), place("D2", "depot"))
    told_plainly(conflict, "conflict")
    told_plainly(of_a_record(tmp_path / "b", place("D1", "depot"), set_back=True), "clock_behind")


def test_no_rule_is_left_out():
    assert PROVOKED.keys() | {"conflict", "clock_behind"} == MESSAGES.keys()


def test_a_command_tells_all_that_is_wrong_with_its_envelope():
    broken = envelope(kind=1, id="x", occurred_at=5, actor=None, body=[], sig="s")()
    assert [(violation.field, violation.rule) for violation in broken] == [
        ("kind", "not_text"), ("id", "bad_entry_id"), ("occurred_at", "not_text"), ("body", "not_object"),
        ("actor", "bad_actor"), ("sig", "bad_sig"),
    ]  # fmt: skip
    with pytest.raises(Refused) as refused:
        Command.parse({"v": 2, "name": "x"})
    assert [f"{violation.field} {violation.rule}" for violation in refused.value.violations] == [
        "name unknown_key", "actor missing", "body missing", "id missing", "kind missing",
        "occurred_at missing", "v bad_version",
    ]  # fmt: skip
    for odd in ([], None, "x", 5):
        with pytest.raises(Refused, match="it must be an object"):
            Command.parse(odd)


def test_an_actor_is_a_role_at_a_place_never_a_person():
    broken = envelope(actor={"role": "doctor", "place": 5})()
    assert [f"{violation.field} {violation.rule}" for violation in broken] == [
        "actor.role not_listed", "actor.place bad_code",
    ]  # fmt: skip
    assert envelope(actor={**SYSTEM, "name": "Li"})()[0].rule == "bad_actor"


def test_a_command_that_parses_is_the_command_that_was_sent():
    value = {
        "kind": "DayConfirmed", "id": new_id(), "occurred_at": "2026-03-01", "actor": dict(SYSTEM),
        "body": {"x": 1}, "sig": {"alg": "ed25519", "key": "k", "value": "v"},
    }  # fmt: skip
    command = Command.parse(value)
    assert command.as_dict() | {"sig": command.sig} == {"v": 1, **value}
