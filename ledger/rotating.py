"""Changing the key that signs the log, so that a crash at any point leaves a way on and no second history.

    1. the new key is made and on disk (log.key.next)     a crash: the next `rotate-key` takes it up
    2. LogKeyRotated is appended                          from here on the entries name the new key, which is
                                                          found where it lies, whatever the files' names
    3. `logkeys.settle` renames the files                 every step of publishing does it again if need be
    4. a checkpoint is signed with the new key and, if the change was planned, with the former one too
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ledger.domain.entries import Command
from ledger.domain.ids import derived_id
from ledger.domain.instants import format_instant
from ledger.home import HomeProblem, write_secret
from ledger.logkeys import KIND, LogKeys, former_file, next_file, read_signer, settle, signers
from ledger.published.cosigned import read_policy
from ledger.published.staging import put_in_place
from ledger.published.writing import PublishedError, PublishedLog, open_own
from ledger.publishing import Publisher, Step
from ledger.record import SYSTEM, Record, RecordProblem
from ledger.store.store import StoreProblem
from ledger.tlog.note import Signer
from ledger.tlog.policy import LogLine, PolicyError

SCHEDULED = "scheduled"


@dataclass(frozen=True)
class Rotated:
    """What a change of key did: the keys, the entry that says so, and the step that published it."""

    vkey: str
    former: str
    index: int
    step: Step


def rotate_key(record: Record, reason: str, publisher: Publisher) -> Rotated:
    """Give the log a new key. A change that is in the record but not yet published is finished, not begun
    anew: so it is run again after a crash.

    Raises RecordProblem, HomeProblem, PublishedError, StoreProblem; Refused for an unknown reason.
    """
    home, key_file = record.folder, publisher.key_file
    keys = LogKeys.read(record.store)
    settle(home, key_file, keys)
    rotation = keys.last()
    if rotation is None or PublishedLog(home.log).size > rotation.index:
        if reason == SCHEDULED:
            signers(home, key_file, keys)  # the former key is needed: it signs beside the new one
            if former_file(key_file).exists():
                raise RecordProblem("the key before this one still signs: first `rotate-key --retire-former`")
        _append(record, key_file, keys, reason)
        keys = LogKeys.read(record.store)
        settle(home, key_file, keys)
        rotation = keys.last()
        assert rotation is not None
    _name_in_policy(home.policy_file, keys)
    return Rotated(rotation.vkey, rotation.former, rotation.index, publisher.step())


def _append(record: Record, key_file: Path, keys: LogKeys, reason: str) -> None:
    signer = _next_signer(key_file, record.facts.origin)
    body = {"vkey": str(signer.verifier), "former": keys.vkey_at(), "reason": reason}
    moment = format_instant(record.now())
    record.write_together([Command(KIND, derived_id(KIND, body["vkey"]), moment, dict(SYSTEM), body)])


def _next_signer(key_file: Path, origin: str) -> Signer:
    """The key made for the change: the one that waits already, after a crash, or a new one."""
    path = next_file(key_file)
    try:
        write_secret(path, Signer.generate(origin).encode() + "\n", replace=False)
    except FileExistsError:
        pass
    except OSError as error:
        raise HomeProblem(f"{path.name} cannot be written in {path.parent}: {error.strerror}") from None
    return read_signer(path)


def _name_in_policy(path: Path, keys: LogKeys) -> None:
    """The log's own lines of HOME/policy, if there is one, as they are now."""
    try:
        if path.exists():
            logs = tuple(LogLine(key) for key in keys.trusted)
            put_in_place(path, replace(read_policy(path), logs=logs).encode())
    except (OSError, PolicyError) as error:
        raise HomeProblem(f"{path.name} cannot be made anew: {error}") from None


def retire_former(record: Record, publisher: Publisher) -> str:
    """Stop signing with the key before the present one, and destroy it; gives its verifier key.

    Refused until a checkpoint signed by both is published: by it those who trust the old key cross over.
    Raises RecordProblem.
    """
    keys, path = LogKeys.read(record.store), former_file(publisher.key_file)
    settle(record.folder, publisher.key_file, keys)
    rotation = keys.last()
    if rotation is None or not path.exists():
        raise RecordProblem("there is no former key that signs")
    try:
        data = PublishedLog(record.folder.log).checkpoint_bytes() or b""
        sizes = {
            open_own(data, [key], record.facts.origin, "the published checkpoint").size
            for key in keys.verifiers[:2]
        }
    except PublishedError:
        sizes = set()
    except StoreProblem as error:
        raise RecordProblem(str(error)) from None
    if not sizes or min(sizes) <= rotation.index:
        raise RecordProblem("no checkpoint signed by both keys is published yet: first `mingzhang publish`")
    path.unlink()
    return rotation.former
