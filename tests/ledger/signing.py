"""Author keys for tests, written from RECORD.md and ledger/README.md: shares no code with ledger/.

Their seeds are made of their names, so they are PUBLISHED HERE and never serve a book.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass, replace
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.domain.entries import Command


@dataclass(frozen=True)
class TestKey:
    """The key of this name in a log."""

    name: str
    origin: str = "simulated.invalid/story"

    __test__ = False  # not a test class

    @property
    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"test {self.name}".encode()).digest())

    @property
    def public(self) -> str:
        return b64encode(self.private.public_key().public_bytes_raw()).decode()

    @property
    def id(self) -> str:
        raw = self.private.public_key().public_bytes_raw()
        return hashlib.sha256(b"ed25519\n" + raw).hexdigest()[:16]

    def sign(self, data: bytes) -> str:
        return b64encode(self.private.sign(data)).decode()

    def proof(self, place: str) -> str:
        return self.sign(f"mingzhang-key/v1\n{self.origin}\n{place}\n{self.public}".encode())

    def enrolled(self, place: str, custody: str = "device", **more: Any) -> dict[str, Any]:
        """The body that enrols it."""
        return {
            "place": place, "key": self.id, "alg": "ed25519", "public_key": self.public, "custody": custody,
            "proof": self.proof(place), **more,
        }  # fmt: skip

    def signed(self, command: Command) -> Command:
        """The command with this key's signature."""
        value = {
            "v": 1, "kind": command.kind, "id": command.id, "occurred_at": command.occurred_at,
            "actor": command.actor, "body": command.body,
        }  # fmt: skip
        text = f"mingzhang-command/v1\n{self.origin}\n".encode() + rfc8785.dumps(value)
        return replace(command, sig={"alg": "ed25519", "key": self.id, "value": self.sign(text)})
