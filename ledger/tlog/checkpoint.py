"""Checkpoints (C2SP tlog-checkpoint): a signed note of origin, tree size and root hash, a line each.

    mingzhang.example/district
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

Extension lines may follow; we write none, and keep what others wrote.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ledger.tlog.encoding import MAX_NUMBER, decode_base64, encode_base64, parse_decimal
from ledger.tlog.merkle import HASH_SIZE
from ledger.tlog.note import Signer, Verifier, open_note, parse_note, sign_note

_CONTROL = re.compile(r"[\x00-\x1f]")


class CheckpointError(ValueError):
    """A note whose text is no checkpoint, or not the one asked for; the message is one sentence."""


@dataclass(frozen=True)
class Checkpoint:
    """A tree head: what a log says its first `size` entries are.

    Attributes:
        origin: the log's identity, for example `mingzhang.example/district`.
        size: number of entries.
        root: Merkle tree root over them, 32 bytes.
        extensions: further lines, opaque, without newlines.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(not line or _CONTROL.search(line) for line in (self.origin, *self.extensions)):
            raise CheckpointError("origin and extension lines are not empty and hold no control characters")
        if not 0 <= self.size <= MAX_NUMBER:
            raise CheckpointError("the tree size is between 0 and 2^63 - 1")
        if len(self.root) != HASH_SIZE:
            raise CheckpointError("the root hash is 32 bytes long")

    @property
    def root_base64(self) -> str:
        """The root as its line shows it."""
        return encode_base64(self.root)

    @property
    def text(self) -> str:
        """The note text, with its final newline."""
        return "\n".join([self.origin, str(self.size), self.root_base64, *self.extensions]) + "\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read a note text; whatever `text` would not write is refused. Raises CheckpointError."""
        if not text.endswith("\n"):
            raise CheckpointError("the checkpoint text does not end in a newline")
        lines = text[:-1].split("\n")
        if len(lines) < 3:
            raise CheckpointError("a checkpoint is at least three lines: origin, size, root hash")
        try:
            size, root = parse_decimal(lines[1], "the tree size"), decode_base64(lines[2], "the root hash")
        except ValueError as error:
            raise CheckpointError(f"in the checkpoint, {error}") from None
        return cls(lines[0], size, root, tuple(lines[3:]))


def sign_checkpoint(checkpoint: Checkpoint, *signers: Signer) -> bytes:
    """The checkpoint as a signed note."""
    return sign_note(checkpoint.text, *signers)


def open_checkpoint(data: bytes, verifier: Verifier, origin: str | None = None) -> Checkpoint:
    """Verify a signed checkpoint and read it. Raises NoteError or CheckpointError, both ValueErrors.

    `origin` is by default the key's name, as tlog-checkpoint ("Signatures") says it should be.
    """
    text, _ = open_note(data, [verifier])
    checkpoint = Checkpoint.parse(text)
    expected = verifier.name if origin is None else origin
    if checkpoint.origin != expected:
        raise CheckpointError(f"the checkpoint is of {checkpoint.origin!r}, not of {expected!r}")
    return checkpoint


def read_unverified(data: bytes) -> Checkpoint:
    """What a signed checkpoint says, its signatures not looked at. Raises NoteError or CheckpointError."""
    return Checkpoint.parse(parse_note(data).text)
