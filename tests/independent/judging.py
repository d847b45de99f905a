"""One question to both implementations; it fails where they do not answer the same."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

from ledger.published.reading import verify_base
from ledger.published.source import MissingError
from ledger.tlog.checkpoint import Checkpoint, CheckpointError, sign_checkpoint
from ledger.tlog.cosignature import Cosigner
from ledger.tlog.merkle import ProofError, leaf_hash, root_of, verify_consistency, verify_inclusion
from ledger.tlog.note import NoteError, Signer, parse_note
from ledger.tlog.policy import Policy, PolicyError
from ledger.tlog.proof import TlogProof
from tests import independent as stranger
from tests.independent import Refused, writing
from tests.independent.notes import COSIGNATURE, COSIGNATURE_ML_DSA
from tests.independent.writing import Pen

SOAK = os.environ.get("MZ_HYPOTHESIS") == "soak"
ORIGIN = "mingzhang.example/明"
LOG = Signer(ORIGIN, b"\x01" * 32)
W1, W2 = Cosigner("w1.example", b"\x02" * 32), Cosigner("w2.example", b"\x03" * 32)
PQ = Cosigner("pq.example", b"\x04" * 32, 6)
TIME = 1_700_000_000
POLICY = (
    f"log {LOG.verifier}\nwitness 甲 {W1.verifier}\nwitness B {W2.verifier}\ngroup g 2 甲 B\nquorum g\n"
).encode()


def entries_of(size: int) -> list[bytes]:
    """A small record: what RECORD.md asks of every entry, and no more."""
    entries, prev = [], "0" * 64
    for index in range(size):
        value = {"body": f"第{index}条", "index": index, "prev": prev}
        entries.append(json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())
        prev = stranger.leaf(entries[-1]).hex()
    return entries


ENTRIES = entries_of(5)
LEAVES = [leaf_hash(entry) for entry in ENTRIES]


def cosigned(checkpoint: Checkpoint, *cosigners: Cosigner) -> bytes:
    note = parse_note(sign_checkpoint(checkpoint, LOG))
    lines = [each.cosign(note.text, TIME + at) for at, each in enumerate(cosigners)]
    return note.with_signatures(lines).encode()


NOTE = cosigned(Checkpoint(ORIGIN, 5, root_of(LEAVES)), W1, W2)
JUDGED = (ORIGIN, 5, root_of(LEAVES), {"甲": TIME, "B": TIME + 1})
Judged = tuple[str, int, bytes, dict[str, int]] | None


def ours(note: bytes, policy: bytes) -> Judged:
    """None: refused. Only the errors that are documented count as a refusal, here as below."""
    try:
        seen = Policy.parse(policy).open_checkpoint(note)
    except (NoteError, CheckpointError, PolicyError):
        return None
    return seen.checkpoint.origin, seen.checkpoint.size, seen.checkpoint.root, seen.times


def theirs(note: bytes, policy: bytes) -> Judged:
    try:
        return stranger.verify_checkpoint(note, policy)
    except Refused:
        return None


def both(note: bytes, policy: bytes) -> Judged:
    judged = ours(note, policy)
    assert judged == theirs(note, policy)
    return judged


def both_prove(data: bytes, policy: bytes) -> tuple[int, int, bytes] | None:
    """Index, size and root of a proof file whose entry is its extra data."""
    try:
        proof = TlogProof.decode(data)
        if proof.extra is None:
            raise ProofError("no entry")
        tree = proof.verify_with(leaf_hash(proof.extra), Policy.parse(policy)).checkpoint
        mine = (proof.index, tree.size, tree.root)
    except (NoteError, CheckpointError, PolicyError, ProofError):
        mine = None
    try:
        other = stranger.verify_proof(data, policy)
    except Refused:
        other = None
    assert mine == other
    return mine


class Files:
    """A published log in memory, read by ours and by the stranger."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def read(self, path: str, limit: int) -> bytes:
        if path not in self.files:
            raise MissingError(f"{path} is missing")
        return self.files[path]

    def accepted(self, policy: bytes) -> bool:
        verdict = verify_base(self, Policy.parse(policy))
        try:
            size, root, _ = stranger.verify_log(self.files.get, policy)
        except Refused:
            assert not verdict.ok, verdict
            return False
        assert verdict.ok, verdict.problem
        assert (verdict.size, verdict.root) == (size, Checkpoint("o", size, root).root_base64)
        return True


def mutants(data: bytes) -> Iterator[bytes]:
    """Every byte with a bit changed; every fifth (soaking: every) one in all bits, left out, and twice."""
    for at in range(len(data)):
        thorough = SOAK or at % 5 == 0
        for bit in range(8) if thorough else [at % 8]:
            yield data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
        if thorough:
            yield data[:at] + data[at + 1 :]
            yield data[: at + 1] + data[at:]


def both_include(index: int, size: int, leaf: bytes, path: list[bytes], root: bytes) -> bool:
    try:
        verify_inclusion(index, size, leaf, path, root)
        mine = True
    except ProofError:
        mine = False
    try:
        stranger.verify_inclusion(index, size, leaf, path, root)
    except Refused:
        assert not mine
        return False
    assert mine
    return True


def both_extend(old: int, new: int, old_root: bytes, new_root: bytes, path: list[bytes]) -> bool:
    try:
        verify_consistency(old, new, old_root, new_root, path)
        mine = True
    except ProofError:
        mine = False
    try:
        stranger.verify_consistency(old, new, old_root, new_root, path)
    except Refused:
        assert not mine
        return False
    assert mine
    return True


# What the stranger writes -----------------------------------------------------------------------------------


def octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


LOG_PEN = Pen("stranger.example/log", b"\x21" * 32)
WITNESS_PENS = {
    "a": Pen("a.example", b"\x22" * 32, COSIGNATURE),
    "乙": Pen("b.example/乙", b"\x23" * 32, COSIGNATURE),
    "\udcff": Pen("c.example", b"\x24" * 32, COSIGNATURE_ML_DSA),
    "K": Pen("d.example", b"\x25" * 32, COSIGNATURE),
}
TEXT = writing.checkpoint_text(LOG_PEN.name, ENTRIES)
LINES = {name: f"witness {name} {pen.vkey}\n" for name, pen in WITNESS_PENS.items()}
OF_ALL = octets(
    f"log {LOG_PEN.vkey} https://stranger.example/log\n{''.join(LINES.values())}"
    f"group most 3 {' '.join(WITNESS_PENS)}\nquorum most\n"
)


def note_by(*names: str) -> bytes:
    """The stranger's checkpoint, cosigned by these."""
    lines = [WITNESS_PENS[name].line(TEXT, TIME) for name in names]
    return (TEXT + "\n" + LOG_PEN.line(TEXT) + "".join(lines)).encode()
