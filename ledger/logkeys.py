"""The keys that sign the log, from entry 0 on: which one at which size, and where their private halves lie.

The entries say which key signs (BookOpened, then each LogKeyRotated); the files are looked through for it. So
a crash at any point of a change of key leaves a log that the next step signs with the right key, and `settle`
brings the files to where the entries are.

    log.key          the key that signs         log.key.next     made, perhaps not yet in the record
    log.key.former   the one before, which signs beside it until it is retired (reason "scheduled" alone)
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ledger.domain import canonical
from ledger.home import Home, HomeProblem, write_secret
from ledger.published.staging import put_in_place
from ledger.store.store import Snapshot, Store, StoreProblem
from ledger.tlog.note import Signer, VerifierKey

KIND = "LogKeyRotated"


@dataclass(frozen=True)
class Rotation:
    """One change of key: from entry `index` on `vkey` signs, instead of `former`."""

    index: int
    vkey: str
    former: str
    reason: str


@dataclass(frozen=True)
class LogKeys:
    """The keys of a log of `size` entries."""

    size: int
    first: str
    rotations: tuple[Rotation, ...]

    @classmethod
    def read(cls, store: Store) -> LogKeys:
        """As the record says. A row of the view counts if the entry it names says the same.

        Raises StoreProblem when entry 0 cannot be read.
        """
        with store.read() as snapshot:
            first, size = snapshot.entry_bytes(0), snapshot.size()
        if first is None:
            raise StoreProblem("there is no entry 0")
        try:
            with store.read() as snapshot:
                size = snapshot.size()
                indices = sorted(key[0] for key, _ in snapshot.rows("view_log_key") if key[0])
                rotations = tuple(_rotation(snapshot, index) for index in indices)
        except StoreProblem:
            rotations = ()  # a book whose views are of before this kind: it has no such entry
        try:
            return cls(size, str(canonical.decode_loose(first)["body"]["vkey"]), rotations)
        except (LookupError, TypeError, ValueError):
            raise StoreProblem("entry 0 cannot be read; run `mingzhang verify`") from None

    def last(self, size: int | None = None) -> Rotation | None:
        """The newest change of key among the first `size` entries (by default all)."""
        past = [one for one in self.rotations if size is None or one.index < size]
        return past[-1] if past else None

    def vkey_at(self, size: int | None = None) -> str:
        """The key that signs a checkpoint of this size."""
        rotation = self.last(size)
        return rotation.vkey if rotation else self.first

    @property
    def verifiers(self) -> list[VerifierKey]:
        """Every key that this log ever had, newest first."""
        return [VerifierKey.parse(text) for text in (*(one.vkey for one in self.rotations[::-1]), self.first)]

    @property
    def formers(self) -> list[str]:
        """The keys before the present one, oldest first."""
        return [one.former for one in self.rotations]

    @property
    def trusted(self) -> list[VerifierKey]:
        """What others may go by: the present key, and former ones that were given up as planned."""
        planned = [one.former for one in self.rotations[::-1] if one.reason == "scheduled"]
        return [VerifierKey.parse(text) for text in (self.vkey_at(), *planned)]


def _rotation(snapshot: Snapshot, index: int) -> Rotation:
    try:
        entry = canonical.decode_loose(snapshot.entry_bytes(index) or b"")
        if entry["kind"] != KIND:
            raise ValueError
        body = entry["body"]
        return Rotation(index, str(body["vkey"]), str(body["former"]), str(body["reason"]))
    except (LookupError, TypeError, ValueError):
        raise HomeProblem(f"view_log_key names entry {index}, which is no change of the log's key") from None


def next_file(key_file: Path) -> Path:
    return key_file.with_name(key_file.name + ".next")


def former_file(key_file: Path) -> Path:
    return key_file.with_name(key_file.name + ".former")


def read_signer(path: Path) -> Signer:
    """Raises HomeProblem."""
    try:
        return Signer.parse(path.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError):
        raise HomeProblem(f"{path.name} is missing or cannot be read in {path.parent}") from None
    except ValueError as error:
        raise HomeProblem(f"{path.name} is not a signing key: {error}") from None


def signers(home: Home, key_file: Path, keys: LogKeys) -> tuple[Signer, ...]:
    """Who signs a checkpoint of all entries: the present key, and after a planned change the one before it.

    Raises HomeProblem where the present key is not among the files, or log.vkey is not a key of this log.
    """
    present = keys.vkey_at()
    found = {
        str(signer.verifier): signer
        for path in (former_file(key_file), next_file(key_file), key_file)
        if path == key_file or path.exists()
        for signer in (read_signer(path),)
    }
    if present not in found:
        raise HomeProblem(
            f"{key_file.name} is not the key that the record names ({home.vkey_file.name}): not of this book"
        )
    if str(home.verifier()) not in (present, *keys.formers):
        raise HomeProblem(f"{key_file.name} is not the key that {home.vkey_file.name} belongs to")
    rotation = keys.last()
    before = found.get(rotation.former) if rotation and rotation.reason == "scheduled" else None
    return (found[present], before) if before else (found[present],)


def settle(home: Home, key_file: Path, keys: LogKeys) -> None:
    """Bring the files to where the entries are; each step may be the last, or be done again.

    Raises HomeProblem.
    """
    rotation = keys.last()
    if rotation is None:
        return
    try:
        if "".join(f"{vkey}\n" for vkey in keys.formers) != _text(home.former_vkeys_file):
            text = "".join(f"{vkey}\n" for vkey in keys.formers)
            put_in_place(home.former_vkeys_file, text.encode())
        waiting = next_file(key_file)
        if waiting.exists() and str(read_signer(waiting).verifier) == rotation.vkey:
            if rotation.reason == "scheduled" and str(read_signer(key_file).verifier) == rotation.former:
                write_secret(former_file(key_file), key_file.read_text(encoding="utf-8"))
            os.replace(waiting, key_file)
        if rotation.reason != "scheduled":
            former_file(key_file).unlink(missing_ok=True)
        if str(home.verifier()) in keys.formers:
            put_in_place(home.vkey_file, f"{rotation.vkey}\n".encode())
    except OSError as error:
        raise HomeProblem(f"the log's keys cannot be put in place: {error.strerror}") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
