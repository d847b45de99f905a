"""Receipts for the verifier's tests, of logs of any size: the neighbours' hashes are made up, no more."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.domain import canonical
from ledger.domain.commitments import commitment
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.cosignature import Cosigner
from ledger.tlog.merkle import leaf_hash, root_from_inclusion
from ledger.tlog.note import Note, Signature, Signer
from ledger.tlog.policy import Group, LogLine, Policy, WitnessLine
from ledger.tlog.proof import TlogProof

ORIGIN = "mingzhang.example/district"
TIME = 1_773_297_060  # 2026-03-12 06:31 UTC
SALT, NAME = bytes(range(32)), {"name": "示例大学校友会", "type": "organisation"}


@dataclass
class Log:
    """A log's keys and those of three witnesses, the last one with ML-DSA-44."""

    origin: str = ORIGIN
    signer: Signer = field(init=False)
    witnesses: list[Cosigner] = field(init=False)

    def __post_init__(self) -> None:
        self.signer = Signer(self.origin, hashlib.sha256(self.origin.encode()).digest())
        names = ["charity.example/w1", "audit.example/w2", "quantum.example/w3"]
        seeds = [hashlib.sha256(name.encode()).digest() for name in names]
        self.witnesses = [
            Cosigner(name, seed, 4 + 2 * (at == 2))
            for at, (name, seed) in enumerate(zip(names, seeds, strict=True))
        ]

    def policy(self, needed: int = 2) -> Policy:
        """Signed by this log and confirmed by `needed` of its witnesses."""
        lines = tuple(WitnessLine(f"W{n}", each.verifier) for n, each in enumerate(self.witnesses, 1))
        groups = (Group("those", needed, tuple(line.name for line in lines)),) if needed else ()
        return Policy((LogLine(self.signer.verifier),), lines, groups, "those" if needed else "none")

    def receipt(
        self, entry: bytes, index: int = 8, size: int = 21, witnesses: Sequence[int] = (), time: int = TIME
    ) -> bytes:
        """The receipt of these bytes at a place of a log of that size, cosigned by the numbered witnesses."""
        path = tuple(hashlib.sha256(b"%d" % n).digest() for n in range(path_length(index, size)))
        checkpoint = Checkpoint(self.origin, size, root_from_inclusion(index, size, leaf_hash(entry), path))
        return TlogProof(index, path, self.signed(checkpoint.text, witnesses, time), entry).encode()

    def signed(self, text: str, witnesses: Sequence[int] = (), time: int = TIME) -> bytes:
        key = self.signer
        own = Signature(key.name, key.key_id, key.sign(text.encode()))
        cosigned = [self.witnesses[at].cosign(text, time) for at in witnesses]
        return Note(text, (own, *cosigned)).encode()


def path_length(index: int, size: int) -> int:
    """How many hashes an inclusion proof has (RFC 9162 2.1.3.2)."""
    at, last, count = index, size - 1, 0
    while last:
        count += 1
        if at == last and not at & 1:
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1
    return count


def donation(index: int = 8, body: dict[str, Any] | None = None, **more: Any) -> bytes:
    """The bytes of a DonationReceived; `more` replaces parts of its envelope."""
    lines = [
        {"item": "PPE-02", "quantity": 24000, "lot_number": "20200115", "expiry": "2028-02-29"},
        {"item": "PPE-07", "quantity": 120, "lot_number": "unmarked", "expiry": "unmarked"},
    ]
    gift = {"place": "990101001", "gift": "2026-00417-6", "party": "P-0031", "lines": lines, **(body or {})}
    return entry("DonationReceived", gift, index, **more)


def party(index: int = 3, salt: bytes = SALT, data: dict[str, Any] | None = None) -> bytes:
    """The bytes of the PartyRegistered that the donation names."""
    body = {"party": "P-0031", "type": "organisation", "commitment": commitment(salt, data or NAME)}
    return entry("PartyRegistered", body, index)


def entry(kind: str, body: dict[str, Any], index: int, **more: Any) -> bytes:
    return canonical.encode(
        {
            "v": 1, "kind": kind, "index": index, "prev": "0" * 64 if index == 0 else "ab" * 32,
            "id": f"0195d0e4-8f00-7a31-9c52-{index:012d}", "recorded_at": "2026-03-12T06:30:00.123Z",
            "occurred_at": "2026-03-12", "actor": {"role": "depot", "place": "990101001"}, "body": body,
            **more,
        }
    )  # fmt: skip


def opening(salt: bytes = SALT, data: dict[str, Any] | None = None) -> bytes:
    return canonical.encode({"salt": salt.hex(), "data": data or NAME})
