"""Keys: those by which places sign what they tell, and the one that signs the log."""

from __future__ import annotations

from typing import Literal

from ledger.domain import codes
from ledger.domain.kinds.fields import Base64Key, Base64Signature, Body, Code, Instant, KeyId, VerifierKey


class KeyEnrolled(Body):
    """From here on `place` may sign with this key.

    Attributes:
        key: the key's id, made of the public key (signatures.key_id).
        public_key: base64 of 32 bytes.
        custody: who holds the private half: this server in the place's name, or a device of the place.
        proof: base64 of the key's own signature over log, place and public key (signatures.proof_text).
        replaces: a live key of the place, which this entry revokes as rotated.
    """

    place: Code
    key: KeyId
    alg: Literal["ed25519"]
    public_key: Base64Key
    custody: codes.Custody
    proof: Base64Signature
    replaces: KeyId | None = None


class KeyRevoked(Body):
    """From here on the key signs nothing; from `since` on what it signed is doubted, as claimed."""

    place: Code
    key: KeyId
    reason: codes.KeyReason
    since: Instant | None = None


class LogKeyRotated(Body):
    """Checkpoints are signed with `vkey` from here on, instead of `former`; older ones stay good."""

    vkey: VerifierKey
    former: VerifierKey
    reason: codes.LogKeyReason
