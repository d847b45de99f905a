"""Keys of places and of the log, and signatures of authors: what is taken, refused, and told to readers."""

from __future__ import annotations

import base64
import copy
import json
import random
from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain import signatures
from ledger.domain.authorship import AuthorCheck, KeyFacts, author_state, check_authors
from ledger.domain.entries import Command, Entry, from_envelope, read
from ledger.domain.violations import Refused
from ledger.tlog.note import Signer, VerifierKey
from tests.ledger.signing import TestKey
from tests.ledger.story import VKEY, Body, Story, opened, place

KEY, NEXT, OTHER = TestKey("key"), TestKey("next"), TestKey("other")
ORIGIN = KEY.origin
DAY = {"place": "C1", "day": "2026-03-01"}
SINCE = {"since": "2026-03-02T00:00:00.000Z"}  # when stories are recorded


@pytest.fixture
def story() -> Story:
    """C1 has a key; C2 has one too."""
    story = Story()
    story.enrol(KEY, "C1")
    story.enrol(OTHER, "C2")
    return story


def broken(story: Story, key: TestKey | None, place: str = "C1", body: Body = DAY) -> list[str]:
    """What speaks against a day that the place confirms with the key."""
    return story.broken_command(story.at(place, "DayConfirmed", body, key))


# enrolling ------------------------------------------------------------------------------------------------


def test_a_place_has_the_keys_that_were_enrolled_for_it(story):
    story.enrol(NEXT, "C1", custody="server")
    assert story.book.author_key(NEXT.id) == KeyFacts(
        NEXT.id, "C1", "ed25519", NEXT.public, "server", story.entries[-1].index
    )
    assert story.book.author_key(TestKey("nobody's").id) is None
    assert broken(story, KEY) == broken(story, NEXT) == []


def test_naming_a_place_in_a_key_does_not_make_it_active(story):
    story.revoke(KEY, "C1")
    assert story.book.views["view_activity"] == {}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"place": "C9"}, {"place no_place", "proof bad_proof"}),
        ({"place": "C2"}, {"proof bad_proof"}),
        ({"key": OTHER.id}, {"key key_of_other", "key key_known"}),
        ({"key": KEY.id}, {"key key_of_other", "key key_known"}),
        ({"public_key": OTHER.public}, {"key key_of_other", "proof bad_proof"}),
        ({"proof": NEXT.proof("C2")}, {"proof bad_proof"}),
        ({"proof": TestKey("next", "another.example/log").proof("C1")}, {"proof bad_proof"}),
        ({"proof": KEY.proof("C1")}, {"proof bad_proof"}),
        ({"proof": NEXT.sign(b"")}, {"proof bad_proof"}),
        ({"replaces": OTHER.id}, {"replaces no_key"}),
        ({"replaces": NEXT.id}, {"replaces no_key"}),
    ],
)
def test_a_key_that_is_not_what_it_says_is_refused(story, changes, told):
    assert set(story.broken("KeyEnrolled", NEXT.enrolled("C1") | changes)) == told


def test_a_key_is_enrolled_once_for_one_place_for_ever(story):
    assert story.broken("KeyEnrolled", KEY.enrolled("C1")) == ["key key_known"]
    assert story.broken("KeyEnrolled", KEY.enrolled("C2")) == ["key key_known"]
    story.revoke(KEY, "C1")
    assert story.broken("KeyEnrolled", KEY.enrolled("C1")) == ["key key_known"]


def test_a_key_may_replace_one_of_its_place_which_is_then_revoked(story):
    story.enrol(NEXT, "C1", replaces=KEY.id)
    facts = story.book.author_key(KEY.id)
    assert (facts.is_live, facts.revoked_index, facts.reason, facts.since) == (
        False, story.entries[-1].index, "rotated", "",
    )  # fmt: skip
    assert broken(story, KEY) == ["sig.key key_revoked"]
    assert broken(story, NEXT) == []
    third = TestKey("third").enrolled("C1", replaces=KEY.id)
    assert story.broken("KeyEnrolled", third) == ["replaces key_revoked"]


def test_a_key_is_revoked_once_at_its_place(story):
    assert story.broken("KeyRevoked", {"place": "C2", "key": KEY.id, "reason": "lost"}) == ["key no_key"]
    assert story.broken("KeyRevoked", {"place": "C1", "key": NEXT.id, "reason": "lost"}) == ["key no_key"]
    story.revoke(KEY, "C1", "stolen", **SINCE)
    again = {"place": "C1", "key": KEY.id, "reason": "lost"}
    assert story.broken("KeyRevoked", again) == ["key key_revoked"]
    assert story.book.author_key(KEY.id)[-3:] == (story.entries[-1].index, "stolen", SINCE["since"])


def test_keys_are_not_reversed(story):
    enrolled = story.entries[-1].id
    revoked = story.revoke(KEY, "C1").id
    assert story.broken_command(story.reversal(enrolled)) == ["reverses not_reversible"]
    assert story.broken_command(story.reversal(revoked)) == ["reverses not_undone"]


# public keys and signatures on which verifiers differ ------------------------------------------------------

P = 2**255 - 19


def torsion_points() -> list[bytes]:
    """The 8 points of small order in every encoding that some decoder takes: y or y + p, both signs of x."""
    d = -121665 * pow(121666, -1, P) % P
    root = pow(2, (P - 1) // 4, P)

    def square_root(a: int) -> int | None:
        r = pow(a, (P + 3) // 8, P)
        return next((x for x in (r, r * root % P) if (x * x - a) % P == 0), None)

    ys = {0, 1, P - 1}
    for sign in (1, -1):  # 2P has y = 0: d y^4 + 2 y^2 - 1 = 0
        squared = (-1 + sign * (square_root(1 + d) or 0)) * pow(d, -1, P) % P
        if (y := square_root(squared)) is not None:
            ys |= {y, P - y}
    assert len(ys) == 5
    encodings = {y + more for y in ys for more in (0, P) if y + more < 2**255}
    return [(y | x << 255).to_bytes(32, "little") for y in sorted(encodings) for x in (0, 1)]


def test_no_key_of_small_order_is_enrolled_though_a_signature_fits(story):
    """OpenSSL takes R = A = the neutral point and S = 0 for every text; a browser does not."""
    neutral = (1).to_bytes(32, "little")
    anything = neutral + bytes(32)
    Ed25519PublicKey.from_public_bytes(neutral).verify(anything, b"any text at all")
    for point in torsion_points():
        public = base64.b64encode(point).decode()
        body = {**KEY.enrolled("C1"), "public_key": public, "key": signatures.key_id(point)}
        body["proof"] = base64.b64encode(anything).decode()
        told = story.broken("KeyEnrolled", body)
        assert "public_key weak_key" in told
        assert "proof bad_proof" in told


def test_a_signature_whose_r_is_of_small_order_fits_no_text():
    key = KEY.private.public_key().public_bytes_raw()
    assert signatures.verifies(key, KEY.private.sign(b"x"), b"x")
    for point in torsion_points():
        assert not signatures.verifies(key, point + KEY.private.sign(b"x")[32:], b"x")


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_bytes_of_another_length_are_no_key_and_no_signature(size):
    key = KEY.private.public_key().public_bytes_raw()
    assert not signatures.verifies((key * 3)[:size], KEY.private.sign(b"x"), b"x")
    assert size == 64 or not signatures.verifies(key, (KEY.private.sign(b"x") * 2)[:size], b"x")


# the log's own key ------------------------------------------------------------------------------------------


def log_key(number: int, origin: str = ORIGIN) -> str:
    return str(Signer(origin, bytes([number]) * 32).verifier)


def test_the_log_changes_its_key(story):
    for former, vkey in ((VKEY, log_key(1)), (log_key(1), log_key(2))):
        story.tell("LogKeyRotated", {"vkey": vkey, "former": former, "reason": "scheduled"})
    assert [vkey for _, vkey in story.book.log_keys()] == [VKEY, log_key(1), log_key(2)]
    assert [index for index, _ in story.book.log_keys()] == [0, *(e.index for e in story.entries[-2:])]
    for former, vkey, told in (
        (log_key(1), log_key(3), ["former not_log_key"]),
        (log_key(2), log_key(1), ["vkey log_key_known"]),
        (log_key(2), log_key(2), ["vkey log_key_known"]),
        (log_key(2), VKEY, ["vkey log_key_wanted", "vkey log_key_known"]),
    ):
        body = {"vkey": vkey, "former": former, "reason": "lost"}
        assert story.broken("LogKeyRotated", body) == told


@pytest.mark.parametrize(
    "vkey",
    [
        log_key(1, "another.example/log"),
        log_key(1).replace("+", "+0", 1)[:-1],
        log_key(1)[:-1],
        log_key(1) + "=",
        log_key(1)[: log_key(1).index("+") + 1] + "00000000" + log_key(1)[-45:],
    ],
)
def test_a_log_key_is_a_whole_verifier_key_of_this_log(story, vkey):
    told = story.broken("LogKeyRotated", {"vkey": vkey, "former": VKEY, "reason": "scheduled"})
    assert told in (["vkey log_key_wanted"], ["vkey bad_vkey"])


@given(seed=st.binary(min_size=32, max_size=32), cut=st.integers(0, 120), letter=st.sampled_from("A+/=0f \n"))
@settings(max_examples=60)
def test_verifier_keys_are_read_as_by_the_log_itself(seed, cut, letter):
    """is_log_key and tlog.note.VerifierKey agree on every key and every changed one."""
    vkey = str(Signer(ORIGIN, seed).verifier)
    assert signatures.is_log_key(vkey, ORIGIN)
    changed = vkey[:cut] + letter + vkey[cut + 1 :]
    try:
        fits = str(VerifierKey.parse(changed)) == changed and VerifierKey.parse(changed).name == ORIGIN
    except ValueError:
        fits = False
    assert signatures.is_log_key(changed, ORIGIN) == fits


# signing ----------------------------------------------------------------------------------------------------


def test_unsigned_is_never_refused(story):
    assert broken(story, None) == []
    story.revoke(KEY, "C1")
    assert broken(story, None) == []


def test_only_a_live_key_of_the_actors_place_signs(story):
    assert broken(story, KEY) == []
    assert broken(story, NEXT) == ["sig.key no_key"]
    assert broken(story, OTHER) == ["sig.key no_key"]
    assert broken(story, OTHER, "C2", {**DAY, "place": "C2"}) == []
    assert broken(story, OTHER, "C2") == [], "whose key it is goes by the actor, not by what is told"
    by_nobody = KEY.signed(story.command("DayConfirmed", DAY))
    assert story.broken_command(by_nobody) == ["sig.key no_key"]


def test_the_entry_that_revokes_a_key_may_be_signed_with_it(story):
    body = {"place": "C1", "key": KEY.id, "reason": "retired"}
    story.write(story.at("C1", "KeyRevoked", body, KEY))
    assert broken(story, KEY) == ["sig.key key_revoked"]


def test_entry_zero_is_signed_by_nobody():
    story = Story(None)
    assert "sig.key no_key" in story.broken_command(story.at("C1", "BookOpened", opened(), KEY))


def test_all_that_is_wrong_is_told_beside_the_signature(story):
    command = story.at("C1", "DayConfirmed", {**DAY, "place": "C9"}, NEXT)
    assert set(story.broken_command(command)) == {"sig.key no_key", "place no_place"}


def test_every_changed_byte_of_a_signature_is_seen(story):
    command = story.at("C1", "DayConfirmed", DAY, KEY)
    value = base64.b64decode(command.sig["value"])
    for at in range(64):
        for bit in (0x01, 0x80):
            changed = bytearray(value)
            changed[at] ^= bit
            sig = {**command.sig, "value": base64.b64encode(changed).decode()}
            assert story.broken_command(replace(command, sig=sig)) == ["sig.value bad_signature"]


@pytest.mark.parametrize(
    "value",
    [
        lambda v: v[:-2], lambda v: v + "=", lambda v: v[:-3] + chr(ord(v[-3]) + 1) + "==", lambda v: "",
        lambda v: v.replace("=", ""), lambda v: v[:43], lambda v: " " + v, lambda v: v + v,
    ],
)  # fmt: skip
def test_a_signature_has_one_spelling(story, value):
    command = story.at("C1", "DayConfirmed", DAY, KEY)
    sig = {**command.sig, "value": value(command.sig["value"])}
    assert story.broken_command(replace(command, sig=sig)) == ["sig.value bad_signature"]


def test_the_second_signature_that_loose_verifiers_take_is_refused(story):
    """S + L: the same equation, another text of it (RFC 8032 section 5.1.7 asks for S < L)."""
    order = 2**252 + 27742317777372353535851937790883648493
    command = story.at("C1", "DayConfirmed", DAY, KEY)
    raw = base64.b64decode(command.sig["value"])
    more = raw[:32] + (int.from_bytes(raw[32:], "little") + order).to_bytes(32, "little")
    sig = {**command.sig, "value": base64.b64encode(more).decode()}
    assert story.broken_command(replace(command, sig=sig)) == ["sig.value bad_signature"]


def test_every_changed_digit_of_the_key_id_is_seen(story):
    command = story.at("C1", "DayConfirmed", DAY, KEY)
    for at in range(16):
        changed = KEY.id[:at] + ("0" if KEY.id[at] != "0" else "1") + KEY.id[at + 1 :]
        assert story.broken_command(replace(command, sig={**command.sig, "key": changed})) == [
            "sig.key no_key"
        ]
    for alg in ("", "Ed25519", "ed25519ph", "none"):
        sig = {**command.sig, "alg": alg}
        assert story.broken_command(replace(command, sig=sig)) == ["sig.value bad_signature"]


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "StockOpened", "body": {"place": "C1", "lines": [{"item": "soap", "quantity": 1}]}},
        {"id": Story().command("DayConfirmed", {}).id},
        {"occurred_at": "2026-03-02"},
        {"occurred_at": "2026-03-01T00:00:00.000Z"},
        {"actor": {"role": "center_lead", "place": "C1"}},
        {"body": {**DAY, "day": "2026-03-02"}},
        {"body": {**DAY, "place": "C2"}},
        {"body": {**DAY, "correction": None}},
    ],
)
def test_a_signature_fits_no_other_command(story, changes):
    command = story.at("C1", "DayConfirmed", DAY, KEY)
    assert story.broken_command(replace(command, **changes)) == ["sig.value bad_signature"]


def test_a_signed_command_of_another_log_is_refused():
    """The same place, key and command, replayed into a log of another name."""
    there, here = Story(None), Story(None)
    for story, origin in ((there, ORIGIN), (here, "simulated.invalid/other")):
        story.tell("BookOpened", opened(origin=origin))
        story.tell("PlaceRegistered", place("C1", "center"))
        story.enrol(TestKey("key", origin), "C1")
    command = there.at("C1", "DayConfirmed", DAY, KEY)
    assert there.broken_command(command) == []
    assert here.broken_command(command) == ["sig.value bad_signature"]
    assert "proof bad_proof" in here.broken("KeyEnrolled", TestKey("new", ORIGIN).enrolled("C1"))


def test_a_signed_command_survives_json_in_any_spelling(story):
    """A phone keeps commands in a queue: what comes back from JSON is what was signed."""
    body = {"place": "C1", "purpose": "clinic", "lines": [{"item": "口罩\U0001f637", "quantity": 2**53 - 1}]}
    command = story.at("C1", "StockIssued", body, KEY)
    sent = {**command.as_dict(), "sig": command.sig}
    for text in (json.dumps(sent), json.dumps(sent, ensure_ascii=False, indent=3, sort_keys=True)):
        assert Command.parse(json.loads(text)) == command
        assert "sig.value bad_signature" not in story.broken_command(Command.parse(json.loads(text)))
    del sent["v"]
    assert Command.parse(sent) == command


# what a reader is told ------------------------------------------------------------------------------------


def states(story: Story) -> dict[int, str]:
    return {check.index: check.state for check in checks(story)}


def checks(story: Story) -> list[AuthorCheck]:
    """From the bytes alone, as an outsider has them."""
    return check_authors((read(entry.data) for entry in story.entries), ORIGIN)


def confirm(story: Story, key: TestKey | None, place: str = "C1") -> int:
    return story.write(story.at(place, "DayConfirmed", {**DAY, "place": place}, key)).index


def test_entries_are_signed_unsigned_or_doubted(story):
    before = Story()
    confirm(before, None)
    assert checks(before) == []
    signed, unsigned = confirm(story, KEY), confirm(story, None)
    elsewhere = confirm(story, None, "D1")
    assert states(story) == {signed: "signed", unsigned: "unsigned_though_enrolled"}
    story.revoke(KEY, "C1", "stolen", **SINCE)
    late = confirm(story, None)
    told = {signed: "signed_then_doubted", unsigned: "unsigned_though_enrolled", late: "unsigned"}
    assert states(story) == told
    assert elsewhere not in told
    assert all(check.problem is None for check in checks(story))


@pytest.mark.parametrize(
    ("reason", "since", "told"),
    [
        ("retired", None, "signed"),
        ("lost", None, "signed"),
        ("stolen", None, "signed_then_doubted"),
        ("lost", "2026-03-02T00:00:00.000Z", "signed_then_doubted"),
        ("stolen", "2026-03-02T00:00:00.001Z", "signed"),
        ("rotated", "2026-03-01T00:00:00.000Z", "signed_then_doubted"),
    ],
)
def test_what_a_revoked_key_had_signed_is_doubted_from_since_on(story, reason, since, told):
    signed = confirm(story, KEY)
    story.revoke(KEY, "C1", reason, **({"since": since} if since else {}))
    assert states(story) == {signed: told}


def test_what_a_replaced_key_had_signed_stays_signed(story):
    signed = confirm(story, KEY)
    story.enrol(NEXT, "C1", replaces=KEY.id)
    assert states(story) == {signed: "signed"}


def forged(entry: Entry, **changes: Any) -> Entry:
    return replace(entry, command=replace(entry.command, **changes))


def test_an_outsider_finds_what_no_rule_would_have_let_in(story):
    """Entries put into the log behind the rules' back: each is named, and counts for nothing afterwards."""
    good = story.write(story.at("C1", "DayConfirmed", DAY, KEY))
    entries = [*story.entries]
    sig = good.command.sig
    wrong = [
        (forged(good, body={**DAY, "day": "2026-03-09"}), "sig.value"),
        (forged(good, sig={**sig, "key": OTHER.id}), "sig.key"),
        (forged(good, sig={**sig, "key": NEXT.id}), "sig.key"),
        (forged(good, kind="KeyEnrolled", body=NEXT.enrolled("C2"), sig=None), None),
        (forged(good, kind="KeyEnrolled", body=NEXT.enrolled("C1"), sig=None), "key"),
        (forged(good, kind="KeyEnrolled", body=KEY.enrolled("C1"), sig=None), "key"),
        (forged(good, kind="KeyEnrolled", body={"place": "C1"}, sig=None), "public_key"),
        (forged(good, kind="KeyRevoked", body={"place": "C1", "key": NEXT.id, "reason": "lost"}), "key"),
    ]
    entries += [replace(entry, index=len(entries) + n) for n, (entry, _) in enumerate(wrong)]
    found = {check.index: check for check in check_authors(entries, ORIGIN)}
    for number, (_, field) in enumerate(wrong, len(story.entries)):
        problem = found[number].problem if number in found else None
        assert (problem is None) == (field is None)
        assert field is None or field in problem
    assert found[good.index] == AuthorCheck(good.index, "signed", None)
    assert found[len(story.entries)].state == "unsigned", "a signature that does not fit is none"


@pytest.mark.parametrize(
    "odd",
    [
        {"kind": 5}, {"id": None}, {"occurred_at": 1}, {"actor": None}, {"actor": {"role": "x", "place": []}},
        {"body": []}, {"sig": "x"}, {"sig": {"alg": 1, "key": [], "value": None}}, {"recorded_at": 7},
        {"index": "12"}, {"index": True}, {"index": 99},
    ],
)  # fmt: skip
def test_whatever_bytes_a_log_holds_is_told_and_not_raised(story, odd):
    good = story.entries[confirm(story, KEY)]
    envelope = {**json.loads(good.data), "index": good.index + 1, **odd}
    entries = [*story.entries, from_envelope(envelope, b"")]
    found = check_authors(entries, ORIGIN)
    assert found[-1].index == good.index + 1
    assert found[-1].problem
    assert found[-1].state == "unsigned"
    assert found[:-1] == check_authors(story.entries, ORIGIN)


def test_a_log_of_another_name_has_no_good_signature(story):
    confirm(story, KEY)
    found = check_authors(story.entries, "another.example/log")
    assert [check.problem is not None for check in found] == [True] * 3
    assert {check.state for check in found} == {"unsigned"}


def test_a_state_needs_the_keys_of_the_place_and_nothing_more(story):
    signed = story.entries[confirm(story, KEY)]
    facts = story.book.author_key(KEY.id)
    assert author_state(signed, [facts]) == "signed"
    assert author_state(signed, []) == "unsigned"
    assert author_state(signed, [facts._replace(entry_index=signed.index)]) == "unsigned"
    assert author_state(signed, [facts._replace(revoked_index=signed.index - 1)]) == "unsigned"
    assert author_state(forged(signed, sig=None), [facts]) == "unsigned_though_enrolled"


# sequences ------------------------------------------------------------------------------------------------


class Model:
    """Keys by the words of the README, kept by hand: name -> [place, enrolled, revoked, since, reason]."""

    def __init__(self) -> None:
        self.keys: dict[str, list[Any]] = {}

    def may_enrol(self, name: str, place: str, replaces: str | None) -> bool:
        return name not in self.keys and (replaces is None or self.is_live(replaces, place))

    def is_live(self, name: str, place: str) -> bool:
        return name in self.keys and self.keys[name][0] == place and self.keys[name][2] is None


@given(seed=st.integers(0, 2**32))
@settings(max_examples=25)
def test_sequences_of_enrolling_signing_replacing_and_revoking(seed):
    """Every act is taken or refused as a model by hand says, and an outsider finds the same of each entry."""
    dice, story, model = random.Random(seed), Story(), Model()
    signed: dict[int, tuple[str, str] | None] = {}
    unsigned_though: set[int] = set()
    for _ in range(30):
        name, other, place = dice.choice("abcdef"), dice.choice("abcdef"), dice.choice(("C1", "C2"))
        key, act = TestKey(name), dice.choice(("enrol", "enrol", "replace", "revoke", "sign", "sign", "none"))
        before = copy.deepcopy(model.keys)
        try:
            if act in ("enrol", "replace"):
                replaces = other if act == "replace" else None
                expected = model.may_enrol(name, place, replaces)
                entry = story.enrol(key, place, **({"replaces": TestKey(other).id} if replaces else {}))
                model.keys[name] = [place, entry.index, None, "", ""]
                if replaces:
                    model.keys[other][2:] = [entry.index, "", "rotated"]
            elif act == "revoke":
                expected = model.is_live(name, place)
                since = dice.choice(("", "2026-03-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"))
                reason = dice.choice(("lost", "stolen"))
                entry = story.revoke(key, place, reason, **({"since": since} if since else {}))
                model.keys[name][2:] = [entry.index, since, reason]
            else:
                expected = act == "none" or model.is_live(name, place)
                index = confirm(story, key if act == "sign" else None, place)
                if act == "sign":
                    signed[index] = (name, place)
                elif any(model.is_live(known, place) for known in model.keys):
                    unsigned_though.add(index)
            assert expected
        except Refused:
            assert not expected
            assert model.keys == before
    found = defaultdict(lambda: "unsigned", states(story))
    recorded = "2026-03-02T00:00:00.000Z"
    for index in range(len(story.entries)):
        wanted = "unsigned_though_enrolled" if index in unsigned_though else "unsigned"
        if told := signed.get(index):
            _, _, revoked, since, reason = model.keys[told[0]]
            doubted = revoked and (since <= recorded if since else reason == "stolen")
            wanted = "signed_then_doubted" if doubted else "signed"
        assert found[index] == wanted
    for name, (place, enrolled, revoked, since, reason) in model.keys.items():
        row = story.book.author_key(TestKey(name).id)
        assert (row.place, row.entry_index, row.since, row.reason) == (place, enrolled, since, reason)
        assert row.revoked_index == (-1 if revoked is None else revoked)
    assert all(check.problem is None for check in checks(story))


def test_the_helpers_keys_are_ed25519():
    assert isinstance(KEY.private, Ed25519PrivateKey)
    assert signatures.key_id(KEY.private.public_key().public_bytes_raw()) == KEY.id
