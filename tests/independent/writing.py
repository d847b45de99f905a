"""The stranger writes: small notes, cosignatures, proofs and logs, from its own functions alone."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from tests.independent.notes import COSIGNATURE, COSIGNATURE_ML_DSA, LOG, Key
from tests.independent.trees import audit_path, leaf, tree_hash


@dataclass(frozen=True)
class Pen:
    """A key that signs: of a log (LOG) or of a witness (COSIGNATURE, COSIGNATURE_ML_DSA)."""

    name: str
    seed: bytes
    kind: int = LOG

    @property
    def key(self) -> Key:
        if self.kind == COSIGNATURE_ML_DSA:
            raw = MLDSA44PrivateKey.from_seed_bytes(self.seed).public_key().public_bytes_raw()
        else:
            raw = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return Key(self.name, self.kind, raw)

    @property
    def vkey(self) -> str:
        key = self.key
        return f"{key.name}+{key.id.hex()}+{_base64(bytes([key.kind]) + key.raw)}"

    def line(self, text: str, time: int = 0) -> str:
        """Its signature line under a note text; `time` is what a witness states."""
        return f"— {self.name} {_base64(self.key.id + self.sign(text.encode(), time))}\n"

    def sign(self, text: bytes, time: int = 0) -> bytes:
        """What follows the key ID."""
        if self.kind == COSIGNATURE_ML_DSA:
            origin, size, root = text.decode().split("\n")[:3]
            message = b"".join(
                [
                    b"subtree/v1\n\0",
                    bytes([len(self.name.encode())]), self.name.encode(), time.to_bytes(8, "big"),
                    bytes([len(origin.encode())]), origin.encode(), (0).to_bytes(8, "big"),
                    int(size).to_bytes(8, "big"), base64.b64decode(root),
                ]
            )  # fmt: skip
            return time.to_bytes(8, "big") + MLDSA44PrivateKey.from_seed_bytes(self.seed).sign(message)
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        if self.kind == COSIGNATURE:
            return time.to_bytes(8, "big") + private.sign(b"cosignature/v1\ntime %d\n" % time + text)
        return private.sign(text)


def checkpoint_text(origin: str, entries: Sequence[bytes]) -> str:
    return f"{origin}\n{len(entries)}\n{_base64(tree_hash([leaf(entry) for entry in entries]))}\n"


def proof_file(index: int, entries: Sequence[bytes], note: bytes) -> bytes:
    """tlog-proof@v1 of one entry, which stands in its `extra`."""
    path = audit_path(index, [leaf(entry) for entry in entries])
    lines = ["c2sp.org/tlog-proof@v1", f"extra {_base64(entries[index])}", f"index {index}"]
    return "\n".join([*lines, *map(_base64, path), "", ""]).encode() + note


def log_files(entries: Sequence[bytes], note: bytes) -> dict[str, bytes]:
    """tlog-tiles: every file of a log of under 256,000 entries by its path."""
    files, level, hashes = {"checkpoint": note}, 0, [leaf(entry) for entry in entries]
    for at in range(0, len(entries), 256):
        told = [len(entry).to_bytes(2, "big") + entry for entry in entries[at : at + 256]]
        files[_path("entries", at // 256, len(told))] = b"".join(told)
    while hashes:
        for at in range(0, len(hashes), 256):
            some = hashes[at : at + 256]
            files[_path(str(level), at // 256, len(some))] = b"".join(some)
        hashes = [tree_hash(hashes[at : at + 256]) for at in range(0, len(hashes) // 256 * 256, 256)]
        level += 1
    return files


def _path(level: str, index: int, width: int) -> str:
    return f"tile/{level}/{index:03d}" + (f".p/{width}" if width < 256 else "")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
