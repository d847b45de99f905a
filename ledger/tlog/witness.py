"""The witness protocol (C2SP tlog-witness) without network or disk: the request, and what is right to answer.

    old 20852014
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
    jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=

    mingzhang.example/district
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — mingzhang.example/district Az3grlgtzPICa5OS8npVmf1Myq/5IZ...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.tlog.checkpoint import Checkpoint, read_unverified
from ledger.tlog.encoding import MAX_NUMBER, decode_base64, encode_base64, parse_decimal
from ledger.tlog.merkle import EMPTY_ROOT, HASH_SIZE, ProofError, verify_consistency
from ledger.tlog.note import NoteError, VerifierKey, open_note

MAX_PROOF_HASHES = 63  # tlog-witness, "add-checkpoint"
SIZE_TYPE = "text/x.tlog.size"  # Content-Type of a 409 answer's body


class WitnessError(ValueError):
    """A request that is no add-checkpoint request; the message is one sentence."""


@dataclass(frozen=True)
class AddCheckpoint:
    """The body of an add-checkpoint request.

    Attributes:
        old_size: size of the checkpoint that the witness cosigned last, as the log believes.
        proof: consistency proof from that size, at most 63 hashes of 32 bytes.
        checkpoint: the signed checkpoint, its exact bytes.
    """

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def __post_init__(self) -> None:
        if not 0 <= self.old_size <= MAX_NUMBER:
            raise WitnessError("the old size is between 0 and 2^63 - 1")
        if len(self.proof) > MAX_PROOF_HASHES or any(len(value) != HASH_SIZE for value in self.proof):
            raise WitnessError("a consistency proof is at most 63 hashes of 32 bytes")

    def encode(self) -> bytes:
        """The exact bytes of the body."""
        lines = [f"old {self.old_size}", *map(encode_base64, self.proof), "", ""]
        return "\n".join(lines).encode() + self.checkpoint

    @classmethod
    def decode(cls, data: bytes) -> AddCheckpoint:
        """Read a body strictly; nothing is verified yet. Raises WitnessError."""
        head, separator, checkpoint = data.partition(b"\n\n")
        if not separator or not checkpoint:
            raise WitnessError("the request has no checkpoint after an empty line")
        try:
            first, *rest = head.decode("ascii").split("\n")
            if not first.startswith("old "):
                raise WitnessError("the first line of the request is not an old size")
            old_size = parse_decimal(first.removeprefix("old "), "the old size")
            proof = tuple(decode_base64(line, "a hash of the consistency proof") for line in rest)
            return cls(old_size, proof, checkpoint)
        except WitnessError:
            raise
        except UnicodeDecodeError:
            raise WitnessError("the lines of a request before its checkpoint are ASCII") from None
        except ValueError as error:
            raise WitnessError(f"in the request, {error}") from None


@dataclass(frozen=True)
class Judgement:
    """What a witness answers.

    Attributes:
        status: 200, 400, 403, 404, 409 or 422, as tlog-witness says.
        problem: one sentence; None with 200.
        checkpoint: the checkpoint, if its log's signature is valid.
        latest_size: size of the latest cosigned checkpoint where the 409 answer tells it, else None.
        is_evidence: worth keeping: signed by the log, and not shown to go on from what was cosigned before.
            It proves a lie only where `proves_fork`; otherwise it is a suspicion, because the proof is not
            the log's word: anybody can send an honest checkpoint with a false one.
    """

    status: int
    problem: str | None
    checkpoint: Checkpoint | None = None
    latest_size: int | None = None
    is_evidence: bool = False

    @property
    def proves_fork(self) -> bool:
        """Whether the checkpoint and the latest cosigned one show two histories by themselves: both signed by
        the log, of one size, with two roots."""
        return self.is_evidence and self.status in (400, 409)


def origin_of(request: AddCheckpoint) -> str:
    """The origin that the request's checkpoint states, nothing verified. Raises ValueError."""
    return read_unverified(request.checkpoint).origin


def judge(request: AddCheckpoint, latest: Checkpoint | None, keys: Sequence[VerifierKey]) -> Judgement:
    """What to answer a request for a log whose `latest` cosigned checkpoint is this one (None: none yet).

    `keys` are those that the witness trusts for the checkpoint's origin; none: the origin is unknown. The
    checks are made in the order of tlog-witness; only a 200 may be cosigned, after `checkpoint` is persisted.
    """
    try:
        checkpoint = read_unverified(request.checkpoint)
    except ValueError as error:
        return Judgement(400, f"the checkpoint cannot be read: {error}")
    if not keys:
        return Judgement(404, f"the log {checkpoint.origin!r} is not known here")
    try:
        open_note(request.checkpoint, keys)  # none of a trusted key, or one that is not valid: 403 either way
    except NoteError as error:
        return Judgement(403, f"for the log {checkpoint.origin!r}: {error}")
    if request.old_size > checkpoint.size:
        problem = f"the old size {request.old_size} is above the checkpoint's size {checkpoint.size}"
        return Judgement(400, problem, checkpoint, is_evidence=_contradicts(checkpoint, latest))
    held = latest.size if latest else 0
    if request.old_size != held:
        problem = f"the latest cosigned checkpoint is of size {held}, not {request.old_size}"
        return Judgement(409, problem, checkpoint, held, _contradicts(checkpoint, latest))
    return _judge_proof(request, checkpoint, latest)


def _judge_proof(request: AddCheckpoint, checkpoint: Checkpoint, latest: Checkpoint | None) -> Judgement:
    """The old size is the held one: same size, same root; or else the proof must hold."""
    if latest and _contradicts(checkpoint, latest):
        problem = f"another root was cosigned for size {latest.size}"
        return Judgement(409, problem, checkpoint, latest.size, is_evidence=True)
    try:
        old_root = latest.root if latest else EMPTY_ROOT  # from size 0 the proof MUST be empty (tlog-witness)
        verify_consistency(request.old_size, checkpoint.size, old_root, checkpoint.root, request.proof)
    except ProofError as error:
        problem = f"the checkpoint is not shown to extend the one of size {request.old_size}: {error}"
        is_other = latest is not None and checkpoint.root != latest.root
        return Judgement(422, problem, checkpoint, is_evidence=is_other)
    return Judgement(200, None, checkpoint)


def _contradicts(checkpoint: Checkpoint, latest: Checkpoint | None) -> bool:
    """Whether two signed checkpoints, by themselves, show two histories: one size, two roots."""
    return latest is not None and checkpoint.size == latest.size and checkpoint.root != latest.root
