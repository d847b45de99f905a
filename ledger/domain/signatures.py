"""Ed25519 as the record uses it: key ids, what is signed, and one verdict for every verifier.

A key id is the first 16 hex digits of SHA-256("ed25519\\n" + raw public key). An author signs
`mingzhang-command/v1\\n` + origin + `\\n` + JCS of the command; who enrols a key proves to hold it by signing
`mingzhang-key/v1\\n` + origin + `\\n` + place + `\\n` + its public key in base64. Both name the log, so that
neither can be taken into another one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.domain import canonical
from ledger.domain.entries import Command

ALGORITHM = "ed25519"
PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64

# The y coordinates of the eight points of small order of edwards25519 (RFC 8032 section 5.1). A public key
# there has signatures that fit any text; Web Cryptography refuses it, and such an R, OpenSSL does not.
_PRIME = 2**255 - 19
_ORDER_8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022
_SMALL_ORDER = frozenset({0, 1, _PRIME - 1, _ORDER_8, _PRIME - _ORDER_8})

_LOG_KEY_TYPE = b"\x01"  # c2sp.org/signed-note, "Signature types": Ed25519
_VERIFIER_KEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)")


def key_id(public_key: bytes) -> str:
    """The first 16 hex digits of SHA-256("ed25519\\n" + public key)."""
    return hashlib.sha256(f"{ALGORITHM}\n".encode() + public_key).hexdigest()[:16]


def command_text(command: Command, origin: str) -> bytes:
    """What an author signs (RECORD.md, Envelope). Raises canonical.NotCanonical."""
    return f"mingzhang-command/v1\n{origin}\n".encode() + canonical.encode(command.as_dict())


def proof_text(origin: str, place: str, public_key: str) -> bytes:
    """What a key signs to prove that its owner holds it; `public_key` in base64."""
    return f"mingzhang-key/v1\n{origin}\n{place}\n{public_key}".encode()


def encode_base64(data: bytes) -> str:
    """Standard Base 64 with padding, RFC 4648 section 4."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str, size: int) -> bytes | None:
    """The bytes, or None unless `text` is the one base64 text of exactly `size` bytes."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return data if len(data) == size and encode_base64(data) == text else None


def is_sound_point(encoded: bytes) -> bool:
    """Whether 32 bytes name a point in the one way, and not one of small order. Whether it lies on the curve
    shows when a signature is verified."""
    y = int.from_bytes(encoded, "little") & (2**255 - 1)
    return len(encoded) == PUBLIC_KEY_BYTES and y < _PRIME and y not in _SMALL_ORDER


def verifies(public_key: bytes, signature: bytes, text: bytes) -> bool:
    """Whether the Ed25519 signature (RFC 8032) is this key's over the text, for every verifier alike."""
    if not (is_sound_point(public_key) and is_sound_point(signature[:PUBLIC_KEY_BYTES])):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def is_log_key(vkey: str, origin: str) -> bool:
    """Whether `vkey` is an Ed25519 verifier key named `origin` (c2sp.org/signed-note, "Verifier keys")."""
    match = _VERIFIER_KEY.fullmatch(vkey)
    data = decode_base64(match[3], 1 + PUBLIC_KEY_BYTES) if match else None
    if match is None or data is None or data[:1] != _LOG_KEY_TYPE or match[1] != origin:
        return False
    digest = hashlib.sha256(origin.encode() + b"\n" + data).hexdigest()
    return match[2] == digest[:8] and is_sound_point(data[1:])
