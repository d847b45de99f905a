"""Commands and entries: the envelope of RECORD.md and its exact bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, get_args

from ledger.domain import canonical, codes
from ledger.domain.ids import is_entry_id
from ledger.domain.instants import check_occurred
from ledger.domain.violations import Refused, Unfit, Violation

GENESIS_PREV = "0" * 64
VERSION = 1
ENVELOPE_KEYS = frozenset({"v", "kind", "index", "prev", "id", "recorded_at", "occurred_at", "actor", "body"})
COMMAND_KEYS = frozenset({"v", "kind", "id", "occurred_at", "actor", "body"})
PLACE_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")  # as `Code` of kinds: a database can look it up
ROLES = frozenset(get_args(codes.Role))


@dataclass(frozen=True, slots=True)
class Command:
    """What a client asks to be written: an entry without index, prev and recorded_at.

    Attributes:
        kind: one of KINDS.
        id: the idempotency key, a version 7 or 8 UUID in lower case.
        occurred_at: when it happened, as claimed: an instant, a day or `day/day`.
        actor: `{"role": ..., "place": ...}`, never a person.
        body: by kind; plain JSON values.
        sig: the author's signature `{"alg", "key", "value"}`, or None.
    """

    kind: str
    id: str
    occurred_at: str
    actor: dict[str, Any]
    body: dict[str, Any]
    sig: dict[str, str] | None = None

    @classmethod
    def parse(cls, value: Any) -> Command:
        """A command from JSON values (an API request, a queued act). Raises Refused with every violation."""
        if not isinstance(value, dict):
            raise Refused([Violation("command", "not_object")])
        allowed = COMMAND_KEYS | {"sig"}
        broken = [Violation(str(key)[:60], "unknown_key") for key in sorted(value.keys() - allowed, key=str)]
        broken += [Violation(key, "missing") for key in sorted(COMMAND_KEYS - value.keys() - {"v"})]
        version = value.get("v", VERSION)
        if type(version) is not int or version != VERSION:
            broken.append(Violation("v", "bad_version"))
        if broken:
            raise Refused(broken)
        command = cls(
            kind=value["kind"], id=value["id"], occurred_at=value["occurred_at"], actor=value["actor"],
            body=value["body"], sig=value.get("sig"),
        )  # fmt: skip
        if broken := envelope_violations(command):
            raise Refused(broken)
        return command

    def as_dict(self) -> dict[str, Any]:
        """The signed and compared part: the entry without index, prev, recorded_at and sig."""
        return {
            "v": VERSION, "kind": self.kind, "id": self.id, "occurred_at": self.occurred_at,
            "actor": self.actor, "body": self.body,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """A written entry. `data` is its exact bytes; all else is read from them."""

    index: int
    prev: str
    recorded_at: str
    command: Command
    data: bytes

    @property
    def id(self) -> str:
        return self.command.id

    @property
    def kind(self) -> str:
        return self.command.kind

    @property
    def body(self) -> dict[str, Any]:
        return self.command.body


def write(command: Command, index: int, prev: str, recorded_at: str) -> Entry:
    """The entry of a command, with its bytes. Raises Refused when they are too many or not encodable."""
    envelope = command.as_dict()
    envelope |= {"index": index, "prev": prev, "recorded_at": recorded_at}
    if command.sig is not None:
        envelope["sig"] = command.sig
    try:
        data = canonical.encode(envelope)
    except canonical.NotCanonical as error:
        raise Refused([Violation("body", "shape", {"why": str(error)})]) from None
    if len(data) > canonical.MAX_ENTRY_BYTES:
        raise Refused([Violation("body", "too_large", {"size": len(data)})])
    return Entry(index, prev, recorded_at, command, data)


def read(data: bytes) -> Entry:
    """The entry of exact bytes. Raises canonical.NotCanonical when bytes or envelope are not as written."""
    value = canonical.decode(data)
    if not isinstance(value, dict) or value.keys() - {"sig"} != ENVELOPE_KEYS:
        raise canonical.NotCanonical("the envelope does not have exactly the keys of an entry")
    return from_envelope(value, data)


def from_envelope(value: dict[str, Any], data: bytes) -> Entry:
    command = Command(
        value["kind"], value["id"], value["occurred_at"], value["actor"], value["body"], value.get("sig")
    )
    return Entry(value["index"], value["prev"], value["recorded_at"], command, data)


def envelope_violations(command: Command) -> list[Violation]:
    """What is wrong with the envelope's own fields, body apart."""
    broken = []
    if not isinstance(command.kind, str):
        broken.append(Violation("kind", "not_text"))
    if not isinstance(command.id, str) or not is_entry_id(command.id):
        broken.append(Violation("id", "bad_entry_id"))
    if not isinstance(command.occurred_at, str):
        broken.append(Violation("occurred_at", "not_text"))
    else:
        try:
            check_occurred(command.occurred_at)
        except Unfit as unfit:
            broken.append(unfit.at("occurred_at"))
    if not isinstance(command.body, dict):
        broken.append(Violation("body", "not_object"))
    return broken + _actor_violations(command.actor) + _sig_violations(command.sig)


def _actor_violations(actor: Any) -> list[Violation]:
    if not isinstance(actor, dict) or actor.keys() != {"role", "place"}:
        return [Violation("actor", "bad_actor")]
    broken = []
    if not isinstance(actor["role"], str) or actor["role"] not in ROLES:
        broken.append(Violation("actor.role", "not_listed", {"wanted": ", ".join(sorted(ROLES))}))
    place = actor["place"]
    if place is not None and not (isinstance(place, str) and PLACE_CODE.fullmatch(place)):
        broken.append(Violation("actor.place", "bad_code"))
    return broken


def _sig_violations(sig: Any) -> list[Violation]:
    if sig is None:
        return []
    fits = isinstance(sig, dict) and sig.keys() == {"alg", "key", "value"}
    return [] if fits and all(map(_is_plain, sig.values())) else [Violation("sig", "bad_sig")]


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 400 and value.isascii() and value.isprintable()
