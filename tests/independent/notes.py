"""signed-note, tlog-checkpoint, tlog-cosignature and tlog-policy."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from tests.independent.trees import Refused

LOG, COSIGNATURE, COSIGNATURE_ML_DSA = 1, 4, 6
_KEY_BYTES = {LOG: 32, COSIGNATURE: 32, COSIGNATURE_ML_DSA: 1312}


def unbase64(text: str) -> bytes:
    """RFC 4648, section 4, and no other spelling of the same bytes."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused("not base64") from None
    if base64.b64encode(data).decode() != text:
        raise Refused("not canonical base64")
    return data


def number(text: str) -> int:
    if not re.fullmatch("0|[1-9][0-9]*", text) or int(text) >= 2**63:
        raise Refused("not a decimal number without leading zeros below 2^63")
    return int(text)


def _is_name(name: str) -> bool:
    """signed-note: not empty, no Unicode spaces, no plus; and no control characters, as in all of a note."""
    return bool(name) and not any(char.isspace() or char == "+" or ord(char) < 32 for char in name)


@dataclass(frozen=True)
class Key:
    """A verifier key: name+hash+base64(type || key)."""

    name: str
    kind: int
    raw: bytes

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.raw).digest()[:4]

    @classmethod
    def read(cls, text: str, kinds: tuple[int, ...]) -> Key:
        name, stated, encoded = [*text.split("+", 2), "", ""][:3]
        data = unbase64(encoded)
        if not data or data[0] not in kinds or len(data) - 1 != _KEY_BYTES[data[0]]:
            raise Refused("not a verifier key of this use")
        if not _is_name(name) or (data[0] == COSIGNATURE_ML_DSA and len(name.encode()) > 255):
            raise Refused("not a key name")
        key = cls(name, data[0], data[1:])
        if stated != key.id.hex():
            raise Refused("the key's hash is not that of its name and bytes")
        return key

    def accepts(self, text: bytes, signature: bytes) -> bool:
        try:
            if self.kind == LOG:
                Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, text)
                return True
            time = int.from_bytes(signature[:8], "big")
            if time >= 2**63:
                return False
            if self.kind == COSIGNATURE:
                message = f"cosignature/v1\ntime {time}\n".encode() + text
                Ed25519PublicKey.from_public_bytes(self.raw).verify(signature[8:], message)
            else:
                message = _cosigned_message(self.name.encode(), time, text)
                MLDSA44PublicKey.from_public_bytes(self.raw).verify(signature[8:], message)
        except (InvalidSignature, ValueError):
            return False
        return True


def _cosigned_message(name: bytes, time: int, text: bytes) -> bytes:
    origin, size, root = text.decode().split("\n")[:3]
    log = origin.encode()
    return (
        b"subtree/v1\n\x00" + bytes([len(name)]) + name + time.to_bytes(8, "big")
        + bytes([len(log)]) + log + bytes(8) + number(size).to_bytes(8, "big") + unbase64(root)
    )  # fmt: skip


def _open(note: bytes) -> tuple[bytes, list[tuple[str, bytes, bytes]]]:
    """Text and (name, key id, signature) of each line."""
    try:
        whole = note.decode()
    except UnicodeDecodeError:
        raise Refused("not UTF-8") from None
    if any(ord(char) < 32 and char != "\n" for char in whole):
        raise Refused("a control character")
    if not whole.endswith("\n") or "\n\n" not in whole:
        raise Refused("no signatures")
    cut = whole.rindex("\n\n")
    signatures = []
    for line in whole[cut + 2 : -1].split("\n"):
        match = re.fullmatch("— ([^ ]+) ([^ ]+)", line)
        if not match or not _is_name(match[1]):
            raise Refused("not a signature line")
        data = unbase64(match[2])
        if len(data) < 5:
            raise Refused("a signature without bytes")
        signatures.append((match[1], data[:4], data[4:]))
    return whole[: cut + 1].encode(), signatures


def verify_note(note: bytes, keys: list[Key]) -> tuple[bytes, dict[Key, bytes]]:
    """Text, and the signature of each known key that signed. Raises Refused."""
    text, signatures = _open(note)
    known = {(key.name, key.id): key for key in keys}
    if len(known) < len(set(keys)):
        raise Refused("two keys of one name and hash")
    signed: dict[Key, bytes] = {}
    for name, identity, signature in signatures:
        if key := known.get((name, identity)):
            if not key.accepts(text, signature):
                raise Refused(f"the signature of {name} is not valid")
            signed.setdefault(key, signature)
    if not signed:
        raise Refused("no signature of a known key")
    return text, signed


@dataclass
class Policy:
    """tlog-policy, parsed."""

    logs: list[Key] = field(default_factory=list)
    witnesses: dict[str, Key] = field(default_factory=dict)
    groups: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    quorum: str = ""

    def met(self, name: str, signed: set[str]) -> bool:
        if name == "none":
            return True
        if name in self.witnesses:
            return name in signed
        least, members = self.groups[name]
        return sum(self.met(member, signed) for member in members) >= least


def read_policy(data: bytes) -> Policy:
    """Raises Refused."""
    if any((byte < 32 and byte not in (9, 10)) or byte == 127 for byte in data):
        raise Refused("a control character in the policy")
    if data and not data.endswith(b"\n"):
        raise Refused("the last line of the policy does not end")
    policy, members, raw = Policy(), set[str](), {"log": set[bytes](), "witness": set[bytes]()}
    called = set[bytes]()  # signed-note: "The tuple of key name and key ID uniquely identifies the key"
    for line in data.split(b"\n"):  # names are octets; as text, those that are no UTF-8 stand escaped
        words = [word.decode("utf-8", "surrogateescape") for word in re.split(b"[ \t]+", line) if word]
        if not words or words[0].startswith("#"):
            continue
        what, rest = words[0], words[1:]
        named = {*policy.witnesses, *policy.groups}
        if what == "log" and len(rest) in (1, 2):
            key = Key.read(_utf8(rest[0]), (LOG,))
            _once(raw["log"], key.raw)
            _once(called, key.id + key.name.encode())
            policy.logs.append(key)
        elif what == "witness" and len(rest) in (2, 3) and rest[0] not in {*named, "none"}:
            key = Key.read(_utf8(rest[1]), (COSIGNATURE, COSIGNATURE_ML_DSA))
            _once(raw["witness"], key.raw)
            _once(called, key.id + key.name.encode())
            policy.witnesses[rest[0]] = key
        elif what == "group" and len(rest) >= 3 and rest[0] not in {*named, "none"}:
            of = rest[2:]
            least = {"any": 1, "all": len(of)}.get(rest[1]) or (
                int(rest[1]) if re.fullmatch("[0-9]{1,9}", rest[1]) else 0
            )
            if not set(of) <= named or members & set(of) or len(set(of)) < len(of):
                raise Refused("a member that is unknown, or a member already")
            if not 1 <= least <= len(of):
                raise Refused("not a threshold")
            members |= set(of)
            policy.groups[rest[0]] = (least, of)
        elif what == "quorum" and len(rest) == 1 and not policy.quorum and rest[0] in {*named, "none"}:
            policy.quorum = rest[0]
        else:
            raise Refused(f"not a line of a policy: {line!r}")
    if not policy.quorum:
        raise Refused("no quorum line")
    return policy


def _utf8(word: str) -> str:
    try:
        word.encode()
    except UnicodeEncodeError:
        raise Refused("a key that is not UTF-8") from None
    return word


def _once(seen: set[bytes], raw: bytes) -> None:
    if raw in seen:
        raise Refused("the same key twice")
    seen.add(raw)


def verify_checkpoint(note: bytes, policy: bytes) -> tuple[str, int, bytes, dict[str, int]]:
    """Origin, size, root, and when each witness of the policy cosigned. Raises Refused."""
    rules = read_policy(policy)
    text, signed = verify_note(note, [*rules.logs, *rules.witnesses.values()])
    lines = text.decode().split("\n")[:-1]
    if len(lines) < 3 or not all(lines):
        raise Refused("not a checkpoint")
    origin, size, root = lines[0], number(lines[1]), unbase64(lines[2])
    if len(root) != 32:
        raise Refused("not a root")
    if not any(key.name == origin for key in rules.logs if key in signed):
        raise Refused("not signed by the log of this origin")
    times = {
        name: int.from_bytes(signed[key][:8], "big") for name, key in rules.witnesses.items() if key in signed
    }
    if not rules.met(rules.quorum, set(times)):
        raise Refused("below the quorum")
    return origin, size, root, times
