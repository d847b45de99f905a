"""A checkpoint that somebody kept, and by which key of the log it is signed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.tlog.checkpoint import Checkpoint, CheckpointError
from ledger.tlog.note import Note, NoteError, VerifierKey, open_note, parse_note


@dataclass(frozen=True)
class OldCheckpoint:
    """What an older signed checkpoint says.

    Attributes:
        size, root: of its tree.
        is_trusted: a trusted key signed it. If not, a key that the log's entries name may have.
    """

    size: int
    root: bytes
    is_trusted: bool
    _data: bytes

    @classmethod
    def read(cls, data: bytes, origin: str, trusted: Sequence[VerifierKey]) -> OldCheckpoint:
        """Raises ValueError for what is no checkpoint of this log, or badly signed by a trusted key."""
        note = parse_note(data)
        checkpoint = Checkpoint.parse(note.text)
        if checkpoint.origin != origin:
            raise CheckpointError(f"the checkpoint is of {checkpoint.origin!r}, not of {origin!r}")
        keys = [key for key in trusted if key.name == origin]
        is_trusted = _names_one(note, keys)
        if is_trusted:
            open_note(data, keys)
        return cls(checkpoint.size, checkpoint.root, is_trusted, data)

    def check_signer(self, named: Sequence[VerifierKey]) -> None:
        """Raises NoteError unless a trusted key signed it, or one of these, which the entries name."""
        if self.is_trusted:
            return
        if not _names_one(parse_note(self._data), named):
            told = other_signers(self._data, []) or "nobody under this log's name"
            raise NoteError(f"it is signed by {told}: neither a given key nor one that the entries name")
        open_note(self._data, named)


def _names_one(note: Note, keys: Iterable[VerifierKey]) -> bool:
    signed = {(signature.name, signature.key_id) for signature in note.signatures}
    return any((key.name, key.key_id) in signed for key in keys)


def other_signers(data: bytes, known: Iterable[VerifierKey]) -> str:
    """Name and key ID of each signature under the log's own name, unverified; "" if a known key is among the
    signers, or the note cannot be read."""
    try:
        note = parse_note(data)
        origin = Checkpoint.parse(note.text).origin
    except ValueError:
        return ""
    if _names_one(note, known):
        return ""
    return " and ".join(f"{one.name}+{one.key_id:08x}" for one in note.signatures if one.name == origin)
