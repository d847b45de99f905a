"""Cosignatures (C2SP tlog-cosignature): a witness's statement that it verified a checkpoint's consistency.

A cosignature is a note signature line whose signature is a `timestamped_signature`: the POSIX time in
seconds as a big-endian u64, then Ed25519 (signature type 0x04) or ML-DSA-44 (0x06) over a message that holds
the time. Verifier and signer keys are written as those of a log are (signed-note), with these types.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.encoding import MAX_NUMBER, encode_base64
from ledger.tlog.note import PRIVATE_PREFIX, NoteError, Signature, check_name, key_id, split_key

ED25519 = 0x04
ML_DSA_44 = 0x06
SEED_BYTES = 32
_PUBLIC_BYTES = {ED25519: 32, ML_DSA_44: 1312}
_SIGNATURE_BYTES = {ED25519: 64, ML_DSA_44: 2420}
_TIME_BYTES = 8
_LAST_SECOND = 253_402_300_799  # of the year 9999: what a datetime can hold
_MAX_ML_DSA_NAME = 255  # opaque cosigner_name<1..2^8-1>, opaque log_origin<1..2^8-1>
_SUBTREE_LABEL = b"subtree/v1\n\x00"


@dataclass(frozen=True)
class CosignatureKey:
    """A witness's public key under its name; `str()` gives the verifier key text.

    Attributes:
        name: the witness's key name, as a schema-less URL.
        public_key: 32 bytes (Ed25519) or 1,312 bytes (ML-DSA-44); the length says which.
    """

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.public_key) not in _PUBLIC_BYTES.values():
            raise NoteError("a witness's public key is 32 bytes (Ed25519) or 1312 bytes (ML-DSA-44) long")
        _check_length(self.name, self.signature_type)

    @property
    def signature_type(self) -> int:
        """0x04 or 0x06."""
        return ED25519 if len(self.public_key) == _PUBLIC_BYTES[ED25519] else ML_DSA_44

    @property
    def key_id(self) -> int:
        """SHA-256(name || 0x0A || type || public key)[:4] (tlog-cosignature, "Format")."""
        return key_id(self.name, self.signature_type, self.public_key)

    @classmethod
    def parse(cls, text: str) -> CosignatureKey:
        """Read a verifier key; one final newline, as of a file, is allowed. Raises NoteError."""
        name, stated, data = split_key(text.removesuffix("\n"), "witness's verifier key")
        if data[0] not in _PUBLIC_BYTES or len(data) - 1 != _PUBLIC_BYTES[data[0]]:
            raise NoteError("the verifier key is not a witness's (type 4, 32 bytes, or type 6, 1312 bytes)")
        verifier = cls(name, data[1:])
        if verifier.key_id != stated:
            raise NoteError("the key ID in the verifier key does not belong to its name and key")
        return verifier

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether the timestamped signature is this key's over the checkpoint with this note text."""
        if len(signature) != _TIME_BYTES + _SIGNATURE_BYTES[self.signature_type]:
            return False
        time_seconds = int.from_bytes(signature[:_TIME_BYTES], "big")
        try:
            if time_seconds > MAX_NUMBER:
                return False
            if self.signature_type == ED25519:
                key = Ed25519PublicKey.from_public_bytes(self.public_key)
                key.verify(signature[_TIME_BYTES:], _ed25519_message(text, time_seconds))
            else:
                post_quantum = MLDSA44PublicKey.from_public_bytes(self.public_key)
                message = _ml_dsa_message(self.name, text, time_seconds)
                post_quantum.verify(signature[_TIME_BYTES:], message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def __str__(self) -> str:
        data = encode_base64(bytes([self.signature_type]) + self.public_key)
        return f"{self.name}+{self.key_id:08x}+{data}"


@dataclass(frozen=True)
class Cosigner:
    """A witness's private key under its name. Its secret is in `encode()` only, never in `repr`."""

    name: str
    seed: bytes = field(repr=False)
    signature_type: int = ED25519

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.seed) != SEED_BYTES or self.signature_type not in _PUBLIC_BYTES:
            raise NoteError("a witness's seed is 32 bytes long, for Ed25519 (type 4) or ML-DSA-44 (type 6)")
        _check_length(self.name, self.signature_type)

    @classmethod
    def generate(cls, name: str, post_quantum: bool = False) -> Cosigner:
        """A new random key: Ed25519, or ML-DSA-44."""
        if post_quantum:
            return cls(name, MLDSA44PrivateKey.generate().private_bytes_raw(), ML_DSA_44)
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> Cosigner:
        """Read a signer key; one final newline, as of a file, is allowed. Raises NoteError."""
        text = text.removesuffix("\n")
        if not text.startswith(PRIVATE_PREFIX):
            raise NoteError("a signer key begins with PRIVATE+KEY+")
        name, stated, data = split_key(text.removeprefix(PRIVATE_PREFIX), "witness's signer key")
        cosigner = cls(name, data[1:], data[0])
        if cosigner.verifier.key_id != stated:
            raise NoteError("the key ID in the signer key does not belong to its name and key")
        return cosigner

    def encode(self) -> str:
        """The signer key text: secret, for a file of mode 0600."""
        data = encode_base64(bytes([self.signature_type]) + self.seed)
        return f"{PRIVATE_PREFIX}{self.name}+{self.verifier.key_id:08x}+{data}"

    @property
    def verifier(self) -> CosignatureKey:
        """The public half."""
        if self.signature_type == ED25519:
            public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        else:
            public = MLDSA44PrivateKey.from_seed_bytes(self.seed).public_key().public_bytes_raw()
        return CosignatureKey(self.name, public)

    def cosign(self, text: str, time_seconds: int) -> Signature:
        """The cosignature of the checkpoint with this note text, at this POSIX time.

        The caller has verified the checkpoint's consistency. Raises NoteError for a time outside 1..2^63-1
        (0 stands for "no time" in ML-DSA-44 ones, and a witness MUST NOT leave it out: tlog-witness), and
        ValueError for what ML-DSA-44 cannot sign: a text that is no checkpoint, an origin above 255 bytes.
        """
        if not 1 <= time_seconds <= MAX_NUMBER:
            raise NoteError("the time of a cosignature is between 1 and 2^63 - 1 seconds")
        if self.signature_type == ED25519:
            message = _ed25519_message(text.encode(), time_seconds)
            signed = Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)
        else:
            message = _ml_dsa_message(self.name, text.encode(), time_seconds)
            signed = MLDSA44PrivateKey.from_seed_bytes(self.seed).sign(message)
        data = time_seconds.to_bytes(_TIME_BYTES, "big") + signed
        return Signature(self.name, self.verifier.key_id, data)


def cosignature_time(signature: Signature) -> int:
    """POSIX seconds of a cosignature that was verified; 0 where an ML-DSA-44 one states no time."""
    return int.from_bytes(signature.data[:_TIME_BYTES], "big")


def _check_length(name: str, signature_type: int) -> None:
    if signature_type == ML_DSA_44 and len(name.encode()) > _MAX_ML_DSA_NAME:
        raise NoteError(f"the key name of an ML-DSA-44 witness is at most {_MAX_ML_DSA_NAME} bytes long")


def moment_of(seconds: int) -> datetime:
    """POSIX seconds of a cosignature as a moment, UTC. A witness may state any u64: what a datetime cannot
    hold becomes the last that it can."""
    return datetime.fromtimestamp(min(seconds, _LAST_SECOND), UTC)


def _ed25519_message(text: bytes, time_seconds: int) -> bytes:
    """tlog-cosignature, "Ed25519 signed message"."""
    return b"cosignature/v1\ntime %d\n" % time_seconds + text


def _ml_dsa_message(name: str, text: bytes, time_seconds: int) -> bytes:
    """tlog-cosignature, "ML-DSA-44 signed message": `cosigned_message`; extension lines are not in it.

    Raises ValueError for a text that is no checkpoint.
    """
    checkpoint = Checkpoint.parse(text.decode())
    origin, cosigner = checkpoint.origin.encode(), name.encode()
    if len(origin) > _MAX_ML_DSA_NAME:
        raise ValueError(f"an origin of more than {_MAX_ML_DSA_NAME} bytes cannot be cosigned with ML-DSA-44")
    return b"".join(
        [
            _SUBTREE_LABEL,
            bytes([len(cosigner)]), cosigner,
            time_seconds.to_bytes(8, "big"),
            bytes([len(origin)]), origin,
            (0).to_bytes(8, "big"),
            checkpoint.size.to_bytes(8, "big"),
            checkpoint.root,
        ]
    )  # fmt: skip

