"""Signed notes and their keys (C2SP signed-note), Ed25519 only.

A note is a text that ends in a newline, an empty line, and signature lines `— <key name> <base64>`, where the
base64 holds the 4-byte key ID and the signature over the text with its final newline. A verifier key is
`<name>+<key ID, 8 hex>+<base64 of type byte and public key>`; a signer key is the same with the 32-byte seed,
after `PRIVATE+KEY+`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.tlog.encoding import decode_base64, encode_base64

ED25519 = 0x01  # signed-note, "Signature types"
MAX_SIGNATURES = 100  # as x/mod/sumdb/note; the specification asks for at least 16
MAX_NOTE_BYTES = 1_000_000
KEY_BYTES = 32
_DASH = "\N{EM DASH} "
PRIVATE_PREFIX = "PRIVATE+KEY+"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_KEY_ID = re.compile(r"[0-9a-f]{8}")


class NoteError(ValueError):
    """A malformed or unverifiable note or key; the message is one sentence."""


def check_name(name: str) -> None:
    """A key name is not empty and holds no Unicode space, plus or control character. Raises NoteError."""
    if not name or "+" in name or any(char.isspace() for char in name) or _CONTROL.search(name):
        raise NoteError("a key name is not empty and holds no spaces, plus signs or control characters")
    if _SURROGATE.search(name):  # octets of a policy that are no UTF-8: no note can hold such a name
        raise NoteError("a key name is UTF-8")


def key_id(name: str, signature_type: int, public_key: bytes) -> int:
    """SHA-256(name || 0x0A || signature type || public key)[:4], big-endian (signed-note, "Signatures")."""
    digest = sha256(name.encode() + b"\n" + bytes([signature_type]) + public_key).digest()
    return int.from_bytes(digest[:4], "big")


class Verifier(Protocol):
    """A known key: what `open_note` needs of it. Other signature types bring their own."""

    @property
    def name(self) -> str: ...
    @property
    def key_id(self) -> int: ...
    def verify(self, text: bytes, signature: bytes) -> bool: ...


@dataclass(frozen=True)
class VerifierKey:
    """A log's public Ed25519 key under its name; `str()` gives the verifier key text."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.public_key) != KEY_BYTES:
            raise NoteError("an Ed25519 public key is 32 bytes long")

    @property
    def key_id(self) -> int:
        """The 32-bit key ID."""
        return key_id(self.name, ED25519, self.public_key)

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read a verifier key; one final newline, as of a file, is allowed. Raises NoteError."""
        name, stated, data = split_key(text.removesuffix("\n"), "verifier key")
        verifier = cls(name, _ed25519_bytes(data, "verifier key"))
        if verifier.key_id != stated:
            raise NoteError("the key ID in the verifier key does not belong to its name and key")
        return verifier

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's over the text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id:08x}+{encode_base64(bytes([ED25519]) + self.public_key)}"


@dataclass(frozen=True)
class Signer:
    """A private Ed25519 key under its name. Its secret is in `encode()` only, never in `repr` or an error."""

    name: str
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.seed) != KEY_BYTES:
            raise NoteError("an Ed25519 seed is 32 bytes long")

    @classmethod
    def generate(cls, name: str) -> Signer:
        """A new random key."""
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> Signer:
        """Read a signer key; one final newline, as of a file, is allowed. Raises NoteError."""
        text = text.removesuffix("\n")
        if not text.startswith(PRIVATE_PREFIX):
            raise NoteError("a signer key begins with PRIVATE+KEY+")
        name, stated, data = split_key(text.removeprefix(PRIVATE_PREFIX), "signer key")
        signer = cls(name, _ed25519_bytes(data, "signer key"))
        if signer.key_id != stated:
            raise NoteError("the key ID in the signer key does not belong to its name and key")
        return signer

    def encode(self) -> str:
        """The signer key text: secret, for a file of mode 0600."""
        return f"{PRIVATE_PREFIX}{self.name}+{self.key_id:08x}+{encode_base64(bytes([ED25519]) + self.seed)}"

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return VerifierKey(self.name, public.public_bytes_raw())

    @property
    def key_id(self) -> int:
        """The 32-bit key ID, that of the public half."""
        return self.verifier.key_id

    def sign(self, text: bytes) -> bytes:
        """Ed25519 signature over the text (RFC 8032), 64 bytes."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(text)


@dataclass(frozen=True)
class Signature:
    """One signature line: key name, key ID and the bytes after the ID."""

    name: str
    key_id: int
    data: bytes

    @property
    def line(self) -> str:
        """The line with its newline."""
        return f"{_DASH}{self.name} {encode_base64(self.key_id.to_bytes(4, 'big') + self.data)}\n"


@dataclass(frozen=True)
class Note:
    """A text (ends in a newline) and its signatures, verified or not."""

    text: str
    signatures: tuple[Signature, ...]

    def with_signatures(self, more: Iterable[Signature]) -> Note:
        """The same text, signed by these too; a newer signature of a key takes the place of its older one."""
        signatures = {(each.name, each.key_id): each for each in self.signatures}
        signatures.update({(each.name, each.key_id): each for each in more})
        return Note(self.text, tuple(signatures.values()))

    def encode(self) -> bytes:
        """The exact bytes of the note."""
        return (self.text + "\n" + "".join(signature.line for signature in self.signatures)).encode()


def parse_note(data: bytes) -> Note:
    """Split a note into text and signatures without verifying any. Raises NoteError."""
    if len(data) > MAX_NOTE_BYTES:
        raise NoteError(f"the note is longer than {MAX_NOTE_BYTES} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise NoteError("the note is not valid UTF-8") from None
    if _CONTROL.search(text):
        raise NoteError("the note holds a control character other than newline")
    body, separator, block = text.rpartition("\n\n")  # the last empty line separates text and signatures
    if not separator or not block.endswith("\n"):
        raise NoteError("the note has no block of signature lines after an empty line")
    return Note(body + "\n", _parse_signatures(block))


def parse_signature_lines(data: bytes) -> tuple[Signature, ...]:
    """One or more signature lines alone, as a witness answers. Raises NoteError."""
    if len(data) > MAX_NOTE_BYTES:
        raise NoteError(f"the signature lines are longer than {MAX_NOTE_BYTES} bytes")
    try:
        block = data.decode("utf-8")
    except UnicodeDecodeError:
        raise NoteError("the signature lines are not valid UTF-8") from None
    if _CONTROL.search(block) or not block.endswith("\n"):
        raise NoteError("signature lines each end in a newline and hold no other control character")
    return _parse_signatures(block)


def open_note(data: bytes, verifiers: Iterable[Verifier]) -> tuple[str, tuple[Signature, ...]]:
    """Text and verified signatures of a note, one a key.

    Signatures of unknown keys are ignored. Raises NoteError if a known key's signature is bad, if there is
    none of a known key, or if two known keys cannot be told apart.
    """
    note = parse_note(data)
    known: dict[tuple[str, int], Verifier] = {}
    for key in verifiers:
        # A key ID is 32 bits, soon found again for a chosen name: none may sign in another's place.
        if known.setdefault((key.name, key.key_id), key) != key:
            raise NoteError(f"two known keys are called {key.name}+{key.key_id:08x}")
    verified: dict[tuple[str, int], Signature] = {}
    for signature in note.signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier is None:
            continue
        if not verifier.verify(note.text.encode(), signature.data):
            raise NoteError(f"the signature of {signature.name}+{signature.key_id:08x} is not valid")
        verified.setdefault((signature.name, signature.key_id), signature)
    if not verified:
        raise NoteError("the note has no signature of a known key")
    return note.text, tuple(verified.values())


def sign_note(text: str, *signers: Signer) -> bytes:
    """The note of this text, signed by each signer in order. Raises NoteError for an unfit text."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteError("the text of a note ends in a newline and holds no other control character")
    if not signers:
        raise NoteError("a note needs at least one signature")
    signed = text.encode()
    return Note(text, tuple(Signature(key.name, key.key_id, key.sign(signed)) for key in signers)).encode()


def _parse_signatures(block: str) -> tuple[Signature, ...]:
    lines = block[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteError(f"the note has more than {MAX_SIGNATURES} signatures")
    return tuple(_parse_signature(line) for line in lines)


def _parse_signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise NoteError("a signature line is an em dash, a key name and base64, one space between them")
    check_name(name)
    try:
        data = decode_base64(encoded, "the signature")
    except ValueError as error:
        raise NoteError(f"in the signature line of {name}: {error}") from None
    if len(data) < 5:
        raise NoteError(f"the signature of {name} is too short")
    return Signature(name, int.from_bytes(data[:4], "big"), data[4:])


def split_key(text: str, what: str) -> tuple[str, int, bytes]:
    """Name, stated key ID, and type byte with key; the key's own plus signs (base64) stay in the last part.

    Raises NoteError.
    """
    parts = text.split("+", 2)
    if len(parts) != 3 or not _KEY_ID.fullmatch(parts[1]):
        raise NoteError(f"a {what} is a name, 8 lower-case hex digits and base64, joined by plus signs")
    try:
        data = decode_base64(parts[2], f"the last part of the {what}")
    except ValueError as error:
        raise NoteError(str(error)) from None
    if not data:
        raise NoteError(f"the {what} has no key in it")
    return parts[0], int(parts[1], 16), data


def _ed25519_bytes(data: bytes, what: str) -> bytes:
    if len(data) != 1 + KEY_BYTES or data[0] != ED25519:
        raise NoteError(f"the {what} is not an Ed25519 key (type 1, 32 bytes)")
    return data[1:]
