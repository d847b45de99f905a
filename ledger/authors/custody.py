"""Keys of places: enrolled, replaced and revoked in the log, and the private halves that this server keeps.

Those in the server's custody lie in one file per place, HOME/keys/authors/<place>.key, mode 0600. A new key
is on disk before the entry that enrols it and an old one is let go after it, so that a crash at any point
leaves a key that can sign. An entry signed with such a key shows that this server wrote it in the place's
name; only a key on a device shows more.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import disk
from ledger.domain.authorship import KeyFacts
from ledger.domain.codes import Custody
from ledger.domain.entries import PLACE_CODE, Command
from ledger.domain.ids import new_id
from ledger.domain.instants import format_instant
from ledger.domain.signatures import (
    ALGORITHM,
    PUBLIC_KEY_BYTES,
    command_text,
    decode_base64,
    encode_base64,
    key_id,
    proof_text,
)
from ledger.domain.violations import Refused, Violation
from ledger.home import write_secret
from ledger.record import SYSTEM, Record

SEED_BYTES = 32


class AuthorProblem(Exception):
    """A key or invitation that cannot be used; the message is one sentence."""


@dataclass(frozen=True)
class ServerKey:
    """The private half of a place's key."""

    seed: bytes

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def public_key(self) -> bytes:
        return self._private.public_key().public_bytes_raw()

    @property
    def key(self) -> str:
        return key_id(self.public_key)

    def __repr__(self) -> str:
        return f"ServerKey({self.key})"  # never the seed

    def sign(self, text: bytes) -> str:
        """Ed25519 signature (RFC 8032) in base64."""
        return encode_base64(self._private.sign(text))


# what is in the log ---------------------------------------------------------------------------------------


def keys_of(record: Record, place: str | None = None) -> list[KeyFacts]:
    """Every key of a place, or of all places, in the order of their enrolment; the revoked ones too."""
    with record.reading() as reading:
        return reading.author_keys(None if place is None else [place])


def enroll(
    record: Record,
    place: str,
    custody: Custody = "server",
    public_key: str | None = None,
    proof: str | None = None,
) -> str:
    """Enrol a key of the place and return its id.

    In the server's custody a key is made here; a place has one of those at a time. A device's key comes as
    `public_key` and `proof` in base64 (see kinds.keys.KeyEnrolled). Raises AuthorProblem, Refused,
    RecordProblem.
    """
    if custody == "device":
        if public_key is None or proof is None:
            raise AuthorProblem("a device's key is enrolled by its public key and its proof")
        return enrol_device(record, place, public_key, proof)
    with _own_keys(record, place) as own:
        if (kept := _in_custody(record, place)) is not None:
            raise AuthorProblem(f"{place} has key {kept.key} on this server already; rotate it for a new one")
        return _enrol_new(record, place, own, replaces=None)


def rotate(record: Record, place: str) -> str:
    """Put a new key in the place of the one in the server's custody, and return its id.

    The old private half may be gone, as after a restore of a backup without keys. Raises AuthorProblem,
    Refused, RecordProblem.
    """
    with _own_keys(record, place) as own:
        if (kept := _in_custody(record, place)) is None:
            raise AuthorProblem(f"{place} has no key on this server that could be replaced")
        return _enrol_new(record, place, own, replaces=kept.key)


def revoke(record: Record, place: str, key: str, reason: str, since: str | None = None) -> int:
    """Revoke a key of the place; returns the index of the entry. From `since` on what it signed is doubted.

    Raises Refused, RecordProblem.
    """
    body = {"place": place, "key": key, "reason": reason} | ({"since": since} if since else {})
    index = _write(record, "KeyRevoked", body)
    with suppress(AuthorProblem), _own_keys(record, place) as own:  # a spoilt file must not stop a revocation
        own.keep([known for known in own.keys if known.key != key])
    return index


def sign_for(record: Record, command: Command) -> Command:
    """The command signed in the name of its place, where this server keeps a live key for it; else as it was.

    A key that is revoked between this and the writing has the command refused (`key_revoked`). Raises
    AuthorProblem for a spoilt key file.
    """
    place = command.actor["place"]
    if command.sig is not None or place is None or not PLACE_CODE.fullmatch(place):
        return command
    keys = _read_keys(_key_file(record, place))
    alive = {facts.key for facts in keys_of(record, place) if facts.is_live} if keys else set()
    live = next((known for known in reversed(keys) if known.key in alive), None)
    if live is None:
        return command
    value = live.sign(command_text(command, record.facts.origin))
    return replace(command, sig={"alg": ALGORITHM, "key": live.key, "value": value})


def _enrol_new(record: Record, place: str, own: _OwnKeys, replaces: str | None) -> str:
    """A fresh key, on disk before its entry and alone after it."""
    fresh = ServerKey(secrets.token_bytes(SEED_BYTES))
    before = list(own.keys)
    own.keep([*before, fresh])
    body = _enrolment(record, place, fresh, replaces)
    try:
        _write(record, "KeyEnrolled", body)
    except Refused:
        own.keep(before)
        raise
    own.keep([fresh])
    return fresh.key


def _enrolment(record: Record, place: str, fresh: ServerKey, replaces: str | None) -> dict[str, Any]:
    public_key = encode_base64(fresh.public_key)
    body = {
        "place": place, "key": fresh.key, "alg": ALGORITHM, "public_key": public_key, "custody": "server",
        "proof": fresh.sign(proof_text(record.facts.origin, place, public_key)),
    }  # fmt: skip
    return body | ({"replaces": replaces} if replaces else {})


def enrol_device(record: Record, place: str, public_key: str, proof: str) -> str:
    """Enrol a device's key and return its id. Raises Refused, RecordProblem."""
    key = device_key_id(public_key)
    body = {
        "place": place, "key": key, "alg": ALGORITHM, "public_key": public_key, "custody": "device",
        "proof": proof,
    }  # fmt: skip
    _write(record, "KeyEnrolled", body)
    return key


def device_key_id(public_key: str) -> str:
    """The id of a public key in base64. Raises Refused where it is none."""
    raw = decode_base64(public_key, PUBLIC_KEY_BYTES)
    if raw is None:
        raise Refused([Violation("public_key", "bad_base64", {"size": PUBLIC_KEY_BYTES})])
    return key_id(raw)


def _write(record: Record, kind: str, body: dict[str, Any]) -> int:
    command = Command(kind, new_id(), format_instant(record.now()), dict(SYSTEM), body)
    outcome = record.write([command])[0]
    if outcome.entry is None:
        raise Refused(outcome.violations)
    return outcome.entry.index


def _in_custody(record: Record, place: str) -> KeyFacts | None:
    """The place's newest live key in the server's custody, as the log says."""
    kept = [facts for facts in keys_of(record, place) if facts.is_live and facts.custody == "server"]
    return kept[-1] if kept else None


# the files of the keys ------------------------------------------------------------------------------------


class _OwnKeys:
    """The keys in a place's file, oldest first, while nobody else changes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.keys = _read_keys(path)

    def keep(self, keys: Sequence[ServerKey]) -> None:
        """Make the file hold these and no others."""
        if [known.key for known in keys] == [known.key for known in self.keys]:
            return
        lines = [f"{ALGORITHM} {known.key} {encode_base64(known.seed)}\n" for known in keys]
        if lines:
            write_secret(self.path, "".join(lines))
        else:
            self.path.unlink(missing_ok=True)
        self.keys = list(keys)


@contextmanager
def _own_keys(record: Record, place: str) -> Iterator[_OwnKeys]:
    if not PLACE_CODE.fullmatch(place):
        raise Refused([Violation("place", "bad_code")])
    path = _key_file(record, place)
    with locked(path.parent):
        yield _OwnKeys(path)


def _key_file(record: Record, place: str) -> Path:
    return record.home / "keys" / "authors" / f"{place}.key"


def _read_keys(path: Path) -> list[ServerKey]:
    """Raises AuthorProblem for a file that was spoilt: a line that is not a key and its own id."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError):
        raise AuthorProblem(f"keys/authors/{path.name} cannot be read") from None
    keys = []
    for line in lines:
        algorithm, _, rest = line.partition(" ")
        identity, _, seed = rest.partition(" ")
        raw = decode_base64(seed, SEED_BYTES)
        if algorithm != ALGORITHM or raw is None or ServerKey(raw).key != identity:
            raise AuthorProblem(f"keys/authors/{path.name} is not a file of author keys")
        keys.append(ServerKey(raw))
    return keys


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One at a time changes what is in the folder, over threads and processes."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with disk.locked(folder / ".lock"):
        yield
