"""Offline proofs of one entry (C2SP tlog-proof@v1): extra, index, inclusion proof and checkpoint."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.tlog.checkpoint import Checkpoint, open_checkpoint
from ledger.tlog.encoding import MAX_NUMBER, decode_base64, encode_base64, parse_decimal
from ledger.tlog.merkle import HASH_SIZE, ProofError, verify_inclusion
from ledger.tlog.note import Verifier
from ledger.tlog.policy import Policy, Witnessed

HEADER = "c2sp.org/tlog-proof@v1"
MAX_PROOF_HASHES = 63


@dataclass(frozen=True)
class TlogProof:
    """That one entry is in a checkpointed log.

    Attributes:
        index: 0-based place of the entry.
        hashes: inclusion proof, the leaf's sibling first; 32 bytes each.
        checkpoint: the signed checkpoint, its exact bytes.
        extra: opaque data beside it, not authenticated by the format; None if there is none.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.index <= MAX_NUMBER:
            raise ProofError("the index of a proof is between 0 and 2^63 - 1")
        if len(self.hashes) > MAX_PROOF_HASHES or any(len(value) != HASH_SIZE for value in self.hashes):
            raise ProofError("an inclusion proof is at most 63 hashes of 32 bytes")
        if self.extra is not None and not self.extra:
            raise ProofError("extra data is left out where there is none")

    def encode(self) -> bytes:
        """The exact bytes of the proof file."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {encode_base64(self.extra)}")
        lines += [f"index {self.index}", *(encode_base64(value) for value in self.hashes), "", ""]
        return "\n".join(lines).encode() + self.checkpoint

    @classmethod
    def decode(cls, data: bytes) -> TlogProof:
        """Read a proof file strictly; nothing is verified yet. Raises ProofError."""
        head, separator, checkpoint = data.partition(b"\n\n")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise ProofError("the lines of a proof before its checkpoint are ASCII") from None
        if lines.pop(0) != HEADER:
            raise ProofError(f"a proof begins with the line {HEADER}")
        if not separator or not checkpoint:
            raise ProofError("the proof has no checkpoint after an empty line")
        try:
            extra = _take(lines, "extra ")
            index = _take(lines, "index ")
            if index is None:
                raise ProofError("the proof has no index line")
            return cls(
                parse_decimal(index, "the index"),
                tuple(decode_base64(line, "a hash of the inclusion proof") for line in lines),
                checkpoint,
                None if extra is None else decode_base64(extra, "the extra data"),
            )
        except ProofError:
            raise
        except ValueError as error:
            raise ProofError(f"in the proof, {error}") from None

    def verify(self, leaf: bytes, verifier: Verifier, origin: str | None = None) -> Checkpoint:
        """The checkpoint, once its signature and the inclusion of this leaf hash hold. Raises ValueError."""
        checkpoint = open_checkpoint(self.checkpoint, verifier, origin)
        verify_inclusion(self.index, checkpoint.size, leaf, self.hashes, checkpoint.root)
        return checkpoint

    def verify_with(self, leaf: bytes, policy: Policy, origin: str | None = None) -> Witnessed:
        """As `verify`, and the checkpoint meets this policy. Raises ValueError."""
        witnessed = policy.open_checkpoint(self.checkpoint, origin)
        checkpoint = witnessed.checkpoint
        verify_inclusion(self.index, checkpoint.size, leaf, self.hashes, checkpoint.root)
        return witnessed


def _take(lines: list[str], prefix: str) -> str | None:
    """Remove the first line and give what follows `prefix`, if it begins so."""
    return lines.pop(0).removeprefix(prefix) if lines and lines[0].startswith(prefix) else None
