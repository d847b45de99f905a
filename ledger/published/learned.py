"""What the entries of a log tell a verifier: the log's own keys, and which entries their places signed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ledger.domain.authorship import Keyring, author_state
from ledger.domain.entries import ENVELOPE_KEYS, Entry, from_envelope
from ledger.tlog.note import VerifierKey


class NamedKeys:
    """The keys that sign this log, as its entries name them: BookOpened, then each LogKeyRotated."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self.known: list[VerifierKey] = []

    def take(self, envelope: dict[str, Any]) -> None:
        """Learn from the next entry. A key of another name is not of this log (tlog-checkpoint: origin)."""
        if envelope.get("kind") not in ("BookOpened", "LogKeyRotated"):
            return
        body = envelope.get("body")
        vkey = body.get("vkey") if isinstance(body, dict) else None
        if not isinstance(vkey, str):
            return
        try:
            key = VerifierKey.parse(vkey)
        except ValueError:
            return
        if key.name == self._origin:
            self.known.append(key)

    @property
    def present(self) -> VerifierKey | None:
        """The key that a checkpoint of all these entries is signed with."""
        return self.known[-1] if self.known else None


@dataclass
class AuthorCounts:
    """How many entries are signed by the places that tell them (RECORD, "Envelope": sig).

    Attributes:
        signed: with a good signature of a key that the place had then.
        unsigned: by a place that had no key then, or by no place.
        unsigned_though_enrolled: by a place that had a key then: marked, never refused.
        doubted: well signed, with a key that was revoked later for a time that takes the entry in.
        bad: with a signature or key that the rules of the record refuse.
    """

    signed: int = 0
    unsigned: int = 0
    unsigned_though_enrolled: int = 0
    doubted: int = 0
    bad: int = 0


class Authors:
    """Checks every author's signature as the entries go by, and counts when they have all gone by."""

    def __init__(self, origin: str) -> None:
        self._ring = Keyring(origin)
        self._signed: list[Entry] = []  # without body and bytes: what was revoked when is known at the end
        self._counts = AuthorCounts()
        self.first_bad: tuple[int, str] | None = None

    def take(self, envelope: dict[str, Any]) -> None:
        """Check the next entry, from entry 0 on, each in its place (its index is its own)."""
        if not _is_entry(envelope):
            return self._note_bad(envelope["index"], "it has not the envelope of an entry")
        entry = from_envelope(envelope, b"")
        if (problem := self._ring.read(entry)) is not None:
            self._note_bad(entry.index, problem)
        elif entry.command.sig is not None:
            self._signed.append(replace(entry, command=replace(entry.command, body={})))
        elif author_state(entry, self._keys_of(entry)) == "unsigned":
            self._counts.unsigned += 1
        else:
            self._counts.unsigned_though_enrolled += 1

    def counts(self) -> AuthorCounts:
        """Of the entries so far."""
        doubted = sum(author_state(entry, self._keys_of(entry)) != "signed" for entry in self._signed)
        return replace(self._counts, signed=len(self._signed) - doubted, doubted=doubted)

    def _keys_of(self, entry: Entry) -> list[Any]:
        ring = self._ring
        return [ring.keys[key] for key in ring.of_place.get(entry.command.actor["place"], ())]

    def _note_bad(self, index: int, problem: str) -> None:
        self._counts.bad += 1
        self.first_bad = self.first_bad or (index, problem)


def _is_entry(envelope: dict[str, Any]) -> bool:
    """Whether keys and signatures can be looked for; kinds and roles of a later version are let be."""
    if envelope.keys() - {"sig"} != ENVELOPE_KEYS or not isinstance(envelope["body"], dict):
        return False
    actor, sig = envelope["actor"], envelope.get("sig", {"alg": "", "key": "", "value": ""})
    return (
        all(isinstance(envelope[key], str) for key in ("kind", "id", "occurred_at", "recorded_at"))
        and isinstance(actor, dict)
        and actor.keys() == {"role", "place"}
        and isinstance(actor["place"], str | None)
        and isinstance(sig, dict)
        and sig.keys() == {"alg", "key", "value"}
        and all(isinstance(value, str) for value in sig.values())
    )
