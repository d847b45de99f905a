"""Whose entries are signed: the keys of places, what may be signed with them, and what a reader is told.

A place's key is enrolled, replaced and revoked in the log itself, so that the entries alone tell which
signature counts. Unsigned entries are never refused; a signature that is there must be good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, cast

from ledger.domain.entries import Command, Entry, envelope_violations
from ledger.domain.kinds import parse_body
from ledger.domain.kinds.keys import KeyEnrolled, KeyRevoked
from ledger.domain.signatures import (
    ALGORITHM,
    PUBLIC_KEY_BYTES,
    SIGNATURE_BYTES,
    command_text,
    decode_base64,
    is_sound_point,
    key_id,
    proof_text,
    verifies,
)
from ledger.domain.violations import Violation

AuthorState = Literal["signed", "unsigned", "unsigned_though_enrolled", "signed_then_doubted"]
NOT_REVOKED = -1


class KeyFacts(NamedTuple):
    """A key of a place. `since`: from when on its signatures are doubted, as claimed, or ""."""

    key: str
    place: str
    alg: str
    public_key: str  # base64 of 32 bytes
    custody: str
    entry_index: int
    revoked_index: int = NOT_REVOKED
    reason: str = ""
    since: str = ""

    def lives_at(self, index: int) -> bool:
        """Whether entry `index` may be signed with it."""
        return self.entry_index < index and (self.revoked_index == NOT_REVOKED or index <= self.revoked_index)

    @property
    def is_live(self) -> bool:
        return self.revoked_index == NOT_REVOKED

    def revoked(self, index: int, reason: str, since: str = "") -> KeyFacts:
        return self._replace(revoked_index=index, reason=reason, since=since)


FindKey = Callable[[str], KeyFacts | None]


def enrolment_violations(body: KeyEnrolled, origin: str, find: FindKey) -> list[Violation]:
    """What speaks against a key, its place apart."""
    broken = []
    public_key = cast(bytes, decode_base64(body.public_key, PUBLIC_KEY_BYTES))  # as the body's shape says
    proof = cast(bytes, decode_base64(body.proof, SIGNATURE_BYTES))
    if not is_sound_point(public_key):
        broken.append(Violation("public_key", "weak_key"))
    if body.key != key_id(public_key):
        broken.append(Violation("key", "key_of_other", {"wanted": key_id(public_key)}))
    if not verifies(public_key, proof, proof_text(origin, body.place, body.public_key)):
        broken.append(Violation("proof", "bad_proof", {"place": body.place}))
    if (known := find(body.key)) is not None:
        broken.append(Violation("key", "key_known", {"key": body.key, "index": known.entry_index}))
    if body.replaces is not None:
        broken += live_key_violations("replaces", body.place, body.replaces, find)
    return broken


def live_key_violations(field: str, place: str, key: str, find: FindKey) -> list[Violation]:
    """Fails unless the key is one of the place, not revoked so far."""
    known = find(key)
    if known is None or known.place != place:
        return [Violation(field, "no_key", {"key": key, "place": place})]
    if not known.is_live:
        return [Violation(field, "key_revoked", {"key": key, "index": known.revoked_index})]
    return []


def signature_violations(command: Command, origin: str, find: FindKey) -> list[Violation]:
    """What speaks against the author's signature of a command; nothing where there is none."""
    if command.sig is None:
        return []
    identity, place = command.sig["key"], command.actor["place"]
    broken = live_key_violations("sig.key", place or "-", identity, find)
    known = find(identity)
    if broken or known is None:
        return broken
    public_key = decode_base64(known.public_key, PUBLIC_KEY_BYTES)
    signature = decode_base64(command.sig["value"], SIGNATURE_BYTES)
    fits = command.sig["alg"] == known.alg == ALGORITHM and public_key is not None and signature is not None
    if fits and verifies(public_key or b"", signature or b"", command_text(command, origin)):
        return []
    return [Violation("sig.value", "bad_signature", {"key": identity, "place": place})]


# what a reader is told ------------------------------------------------------------------------------------


def author_state(entry: Entry, keys: Iterable[KeyFacts]) -> AuthorState:
    """What to say of an entry, given the keys of `entry.command.actor["place"]`, the revoked ones too.

    It goes by what was enrolled and revoked and does not verify: rules and `check_authors` do. A key that was
    revoked later makes its signatures doubtful from `since` on, and all of them where it was stolen and
    nobody says when.
    """
    sig, keys = entry.command.sig, list(keys)
    if sig is None:
        enrolled = any(key.lives_at(entry.index) for key in keys)
        return "unsigned_though_enrolled" if enrolled else "unsigned"
    known = next((key for key in keys if key.key == sig["key"]), None)
    if known is None or not known.lives_at(entry.index):
        return "unsigned"  # nobody is known by this key
    return "signed_then_doubted" if _is_doubted(entry.recorded_at, known) else "signed"


def _is_doubted(recorded_at: str, key: KeyFacts) -> bool:
    return key.since <= recorded_at if key.since else key.reason == "stolen"


@dataclass(frozen=True, slots=True)
class AuthorCheck:
    """An entry that is signed, ought to be, or has something wrong with a key or signature."""

    index: int
    state: AuthorState
    problem: str | None


class Keyring:
    """The keys of a log, read from its entries alone."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.keys: dict[str, KeyFacts] = {}
        self.of_place: dict[str, list[str]] = {}

    def read(self, entry: Entry) -> str | None:
        """Take in the next entry of a sound envelope; what is wrong with its signature or keys, in a line."""
        broken = signature_violations(entry.command, self.origin, self.keys.get)
        if entry.kind in ("KeyEnrolled", "KeyRevoked"):
            broken += self._take(entry)
        return _told(broken) or None

    def _take(self, entry: Entry) -> list[Violation]:
        body = parse_body(entry.kind, entry.body)
        if isinstance(body, list):
            return body
        if isinstance(body, KeyEnrolled):
            broken = enrolment_violations(body, self.origin, self.keys.get)
            if not broken:
                self._enrol(body, entry.index)
        else:
            body = cast(KeyRevoked, body)
            broken = live_key_violations("key", body.place, body.key, self.keys.get)
            if not broken:
                known = self.keys[body.key]
                self.keys[body.key] = known.revoked(entry.index, body.reason, body.since or "")
        return broken

    def _enrol(self, body: KeyEnrolled, index: int) -> None:
        self.keys[body.key] = KeyFacts(body.key, body.place, body.alg, body.public_key, body.custody, index)
        self.of_place.setdefault(body.place, []).append(body.key)
        if body.replaces is not None:
            self.keys[body.replaces] = self.keys[body.replaces].revoked(index, "rotated")


def check_authors(entries: Iterable[Entry], origin: str) -> list[AuthorCheck]:
    """Check every author's signature and every key of a log from its entries alone, in order from entry 0.

    `origin` is the log's name as its checkpoint says it. Entries by places that have no key, which nobody
    could have signed, are left out: they are "unsigned" without a problem. Whether the entries are those of
    the log is the chain's and the tree's to say, not asked here. Whatever the bytes hold is told, not raised.
    """
    ring = Keyring(origin)
    kept: list[tuple[Entry, str | None]] = []
    odd: list[AuthorCheck] = []
    for index, entry in enumerate(entries):
        if (why := _odd(entry, index)) is not None:
            odd.append(AuthorCheck(index, "unsigned", why))
            continue
        problem = ring.read(entry)
        if problem or entry.command.sig is not None or entry.command.actor["place"] in ring.of_place:
            kept.append((entry, problem))
    return sorted([*_checks(kept, ring), *odd], key=lambda check: check.index)


def _odd(entry: Entry, index: int) -> str | None:
    """Why an entry's author cannot be told at all: its envelope is not one, or it is not the next."""
    if type(entry.index) is not int or entry.index != index:
        return f"entry {index} states another index"
    if not isinstance(entry.recorded_at, str):
        return "recorded_at: it must be text"
    return _told(envelope_violations(entry.command)) or None


def _told(broken: list[Violation]) -> str:
    return "; ".join(violation.message() for violation in broken)


def _checks(kept: list[tuple[Entry, str | None]], ring: Keyring) -> Iterator[AuthorCheck]:
    """The states, known only now: what was revoked when."""
    for entry, problem in kept:
        keys = [ring.keys[key] for key in ring.of_place.get(entry.command.actor["place"], ())]
        state = author_state(entry, keys)
        yield AuthorCheck(entry.index, "unsigned" if problem and entry.command.sig else state, problem)
