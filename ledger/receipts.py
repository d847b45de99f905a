"""Receipts: one file that shows, offline and to anyone, that an entry is in the published log.

A receipt is a C2SP tlog-proof@v1 whose `extra` is base64 of the entry's exact bytes (RECORD, "Publishing and
trust"). `extra` is not authenticated by the format: a verifier hashes it, and the hash must be in the tree.
The donor's opening is a file of its own (ledger/openings.py), checked against the commitment that stands in
the entry, or in the registration of the party that the entry names.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ledger.domain import canonical
from ledger.domain.commitments import commitment
from ledger.domain.entries import ENVELOPE_KEYS, GENESIS_PREV, VERSION
from ledger.domain.ids import is_entry_id
from ledger.domain.instants import parse_instant
from ledger.openings import read_opening
from ledger.published.confirmation import entries_published, read_confirmation
from ledger.published.writing import PublishedError, PublishedLog
from ledger.tlog.checkpoint import Checkpoint, read_unverified
from ledger.tlog.cosignature import moment_of
from ledger.tlog.merkle import leaf_hash, prove_inclusion, verify_inclusion
from ledger.tlog.policy import Policy
from ledger.tlog.proof import TlogProof

if TYPE_CHECKING:
    from ledger.record import Record

MAX_RECEIPT_BYTES = 2_000_000  # an entry in base64, 63 hashes and the longest signed note that is read
_HEX64 = re.compile(r"[0-9a-f]{64}")


class NotPublished(Exception):
    """The entry is in the book, but there is no receipt of it yet; the message is one sentence.

    Attributes:
        index: of the entry.
        published_size: how many entries the published checkpoint covers.
        signed_size: how many the log has signed; between the two, witnesses are waited for.
        why: "unsigned" (the next checkpoint brings it), "witnesses" (signed, below the quorum) or "held_back"
            (covered, but its bytes are published later: `publish_delay_hours`).
    """

    def __init__(self, index: int, published_size: int, signed_size: int = 0) -> None:
        self.index = index
        self.published_size = published_size
        self.signed_size = max(signed_size, published_size)
        self.why: Literal["unsigned", "witnesses", "held_back"]
        if index < published_size:
            self.why, told = "held_back", "its bytes are held back for the time that this book delays them"
        elif index < self.signed_size:
            self.why, told = "witnesses", "it is signed and waits for witnesses to confirm it"
        else:
            self.why, told = "unsigned", f"the published log has {published_size} entries"
        super().__init__(f"entry {index} is not yet published: {told}")


# making -----------------------------------------------------------------------------------------------------


def receipt_of(record: Record, index: int) -> bytes:
    """The receipt of entry `index`, under the published checkpoint with all its cosignatures.

    Raises NotPublished; LookupError when the book has no such entry; PublishedError when the published log
    cannot be read, or the entry is no longer the one that was published.
    """
    with record.store.read() as snapshot:
        data = snapshot.entry_bytes(index)
    if data is None:
        raise LookupError(f"the book has no entry {index}")
    log = PublishedLog(record.folder.log)
    signed = log.checkpoint_bytes()
    size = 0 if signed is None else _read_checkpoint(signed).size
    if signed is None or index >= min(size, entries_published(record.folder)):
        raise NotPublished(index, size, read_confirmation(record.folder).signed_size)
    hashes = tuple(prove_inclusion(index, size, log.hash_reader(size)))
    try:
        verify_inclusion(index, size, leaf_hash(data), hashes, _read_checkpoint(signed).root)
    except ValueError:
        problem = f"entry {index} is not the one that was published; run `mingzhang verify`"
        raise PublishedError(problem) from None
    return TlogProof(index, hashes, signed, data).encode()


def _read_checkpoint(signed: bytes) -> Checkpoint:
    try:
        return read_unverified(signed)
    except ValueError as error:
        raise PublishedError(f"the published checkpoint cannot be read: {error}") from None


def gift_entries(record: Record, code: str) -> list[int]:
    """Indexes of the entries by which a gift was received, in order; reversed ones too."""
    with record.reading() as reading:
        return reading.gift_entries(code)


def party_entry(record: Record, party: str) -> int | None:
    """Index of the newest registration of a party."""
    with record.store.read() as snapshot:
        row = snapshot.row("view_party", (party,))
    return None if row is None else int(row[-1])


# verifying --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One thing that was checked, and what came out.

    Attributes:
        name: format, signature, witnesses, inclusion, entry or opening.
        ok: whether it holds.
        told: what was found, as JSON values; `problem`, one sentence, where it does not hold.
    """

    name: str
    ok: bool
    told: dict[str, Any]


@dataclass(frozen=True)
class ReceiptVerdict:
    """What a receipt shows under a policy. What was not reached is None or empty.

    Attributes:
        ok: every step holds.
        steps: those that could be taken, in order; after a failed format there are none.
        problem: which step failed first, and why; None if ok.
        index, size, root, origin: of the proof and its checkpoint, as they say; root in base64.
        entry: the entry, if its bytes are one; trust it only if `ok`.
        times: witness of the policy -> when it confirmed the checkpoint, YYYY-MM-DDTHH:MM:SSZ.
    """

    ok: bool
    steps: tuple[Step, ...]
    problem: str | None
    index: int | None
    size: int | None
    root: str | None
    origin: str | None
    entry: dict[str, Any] | None
    times: dict[str, str]


def verify_receipt(
    data: bytes,
    policy: Policy,
    origin: str | None = None,
    opening: bytes | None = None,
    party_receipt: bytes | None = None,
) -> ReceiptVerdict:
    """Check a receipt offline. Never raises for what the files hold: the verdict says which step failed, and
    why.

    `origin`, if given, is the log that it must be of. `opening` is the donor's: it must open the commitment
    of this entry, or that of the party that the entry names, shown by `party_receipt`, a receipt of the
    party's registration in the same log. An ordinary verifier key is `Policy.of_log(key)`.
    """
    checking = _Checking(policy, origin)
    checking.run(data)
    if opening is not None or party_receipt is not None:
        checking.check_opening(opening, party_receipt)
    return checking.verdict()


@dataclass
class _Checking:
    """One verification; its attributes are what it has found so far."""

    policy: Policy
    origin: str | None
    steps: list[Step] = field(default_factory=list)
    proof: TlogProof | None = None
    checkpoint: Checkpoint | None = None
    entry: dict[str, Any] | None = None
    times: dict[str, str] = field(default_factory=dict)

    def run(self, data: bytes) -> None:
        try:
            self.proof, self.checkpoint = _parse(data)
        except ValueError as error:
            self._fail("format", str(error))
            return
        self._hold("format", index=self.proof.index, size=self.checkpoint.size, hashes=len(self.proof.hashes))
        self._check_signature(self.proof.checkpoint)
        self._check_witnesses(self.proof.checkpoint)
        self._check_inclusion(self.proof, self.checkpoint)
        self._check_entry(self.proof)

    def _check_signature(self, signed: bytes) -> None:
        log_alone = Policy.of_log(*(line.key for line in self.policy.logs))
        try:
            found = log_alone.open_checkpoint(signed, self.origin)
        except ValueError as error:
            self._fail("signature", str(error))
        else:
            key_id = f"{found.log.key_id:08x}"
            self._hold("signature", origin=found.checkpoint.origin, log=found.log.name, key_id=key_id)

    def _check_witnesses(self, signed: bytes) -> None:
        """Those of the policy alone; a cosignature of a key that it does not know counts for nothing."""
        needed, known = self.policy.needed()
        if not self.steps[-1].ok:
            return self._fail("witnesses", "without the log's signature there is nothing to confirm")
        try:
            found = self.policy.open_checkpoint(signed, self.origin)
        except ValueError as error:
            return self._fail("witnesses", str(error), needed=needed, known=known)
        self.times = {
            name: f"{moment_of(seconds):%Y-%m-%dT%H:%M:%SZ}"
            for name, seconds in found.times.items()
            if seconds
        }
        self._hold("witnesses", names=list(found.times), times=dict(self.times), needed=needed, known=known)

    def _check_inclusion(self, proof: TlogProof, checkpoint: Checkpoint) -> None:
        leaf = leaf_hash(proof.extra or b"")
        told = {"leaf": leaf.hex(), "root": checkpoint.root_base64}
        try:
            verify_inclusion(proof.index, checkpoint.size, leaf, proof.hashes, checkpoint.root)
        except ValueError as error:
            self._fail("inclusion", str(error), **told)
        else:
            self._hold("inclusion", **told)

    def _check_entry(self, proof: TlogProof) -> None:
        try:
            entry = _read_entry(proof.extra or b"", proof.index)
        except ValueError as error:
            self._fail("entry", str(error))
        else:
            self.entry = entry
            self._hold("entry", **{key: entry[key] for key in ("kind", "id", "recorded_at")})

    def check_opening(self, opening: bytes | None, party_receipt: bytes | None) -> None:
        """Which commitment the opening opens: that of this entry, or of the party it names."""
        if self.entry is None:
            return
        try:
            if opening is None:
                raise ValueError("a party's receipt is for an opening, and none was given")
            salt, data = read_opening(opening)
            computed = commitment(salt, data)
            if self.entry["body"].get("commitment") == computed:
                return self._hold("opening", of="entry", data=data)
            if party_receipt is None:
                raise ValueError(_unopened(self.entry))
            told = self._check_party(party_receipt, computed, self.entry["body"].get("party"))
        except ValueError as error:
            self._fail("opening", str(error))
        else:
            self._hold("opening", of="party", data=data, **told)

    def _check_party(self, receipt: bytes, computed: str, party: Any) -> dict[str, Any]:
        """Index and code of the registration that the opening opens. Raises ValueError."""
        shown = verify_receipt(receipt, self.policy, self.checkpoint.origin if self.checkpoint else None)
        if not shown.ok or shown.entry is None:
            raise ValueError(f"the party's receipt does not hold: {shown.problem}")
        kind, body = shown.entry["kind"], shown.entry["body"]
        if kind != "PartyRegistered":
            raise ValueError(f"the party's receipt is of an entry {kind}, not of a PartyRegistered")
        if not isinstance(party, str) or body.get("party") != party:
            raise ValueError("the party's receipt is not of the party that this entry names")
        if body.get("commitment") != computed:
            raise ValueError("the opening does not give the commitment of the party's registration")
        return {"party": party, "index": shown.index}

    def verdict(self) -> ReceiptVerdict:
        failed = next((step for step in self.steps if not step.ok), None)
        proof, checkpoint = self.proof, self.checkpoint
        return ReceiptVerdict(
            ok=failed is None,
            steps=tuple(self.steps),
            problem=None if failed is None else f"{failed.name}: {failed.told['problem']}",
            index=None if proof is None else proof.index,
            size=None if checkpoint is None else checkpoint.size,
            root=None if checkpoint is None else checkpoint.root_base64,
            origin=None if checkpoint is None else checkpoint.origin,
            entry=self.entry,
            times=self.times,
        )

    def _hold(self, name: str, **told: Any) -> None:
        self.steps.append(Step(name, True, told))

    def _fail(self, name: str, problem: str, **told: Any) -> None:
        self.steps.append(Step(name, False, {"problem": problem, **told}))


def _parse(data: bytes) -> tuple[TlogProof, Checkpoint]:
    """The proof and what its checkpoint says, nothing verified yet. Raises ValueError."""
    if len(data) > MAX_RECEIPT_BYTES:
        raise ValueError(f"a receipt is at most {MAX_RECEIPT_BYTES} bytes long")
    proof = TlogProof.decode(data)
    if proof.extra is None:
        raise ValueError("this proof holds no entry: a receipt has it on a line that begins with extra")
    return proof, read_unverified(proof.checkpoint)


def _read_entry(data: bytes, index: int) -> dict[str, Any]:
    """The envelope of an entry at this place of the log, in its one byte form (RECORD, "Envelope").

    What a later version may add, kinds and roles, is not looked at. Raises ValueError.
    """
    if len(data) > canonical.MAX_ENTRY_BYTES:
        raise ValueError(f"an entry is at most {canonical.MAX_ENTRY_BYTES} bytes long")
    entry = canonical.decode(data)
    if not isinstance(entry, dict) or entry.keys() - {"sig"} != ENVELOPE_KEYS:
        raise ValueError("the envelope does not have exactly the keys of an entry")
    if type(entry["index"]) is not int or entry["index"] != index:
        raise ValueError(f"the entry states index {str(entry['index'])[:20]}, the proof index {index}")
    if type(entry["v"]) is not int or entry["v"] != VERSION:
        raise ValueError(f"the entry is of version {str(entry['v'])[:20]}, which is not known here")
    for key, fits in _FIELDS.items():
        if not fits(entry[key]):
            raise ValueError(f"the entry's {key} is not as an entry has it")
    if (entry["prev"] == GENESIS_PREV) != (index == 0):
        raise ValueError("the entry's prev is not as its place has it: zeros for entry 0 alone")
    parse_instant(entry["recorded_at"])
    return entry


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


_FIELDS: dict[str, Callable[[Any], bool]] = {
    "kind": _is_text,
    "prev": lambda value: isinstance(value, str) and _HEX64.fullmatch(value) is not None,
    "id": lambda value: isinstance(value, str) and is_entry_id(value),
    "recorded_at": _is_text,
    "occurred_at": _is_text,
    "actor": lambda value: isinstance(value, dict) and value.keys() == {"role", "place"},
    "body": lambda value: isinstance(value, dict),
}


def _unopened(entry: dict[str, Any]) -> str:
    if entry["body"].get("commitment") is not None:
        return "it does not give the commitment that stands in this entry"
    if entry["body"].get("party") is not None:
        return "this entry holds no commitment of its own; give the receipt of its party's registration too"
    return "this entry holds no commitment and names no party, so nothing can be opened"
