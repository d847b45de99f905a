"""One-time invitations: who holds the code may enrol the key of one device for a place, once and in time.

HOME/keys/invitations/<SHA-256 of the code>.json says for which place and until when; beside it a claim, made
once, names the public key that the code was used for. The code itself is nowhere. A device that asks again
with the same key gets the same answer, so that a lost answer or a crash costs no second code.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ledger.authors.custody import AuthorProblem, device_key_id, enrol_device, keys_of, locked
from ledger.domain.instants import format_instant, parse_instant
from ledger.domain.violations import Refused, Violation
from ledger.home import write_secret
from ledger.record import Record

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U to be misread
CODE_LETTERS = 16  # 80 bits
HOURS_VALID = 24
_READ_ALIKE = str.maketrans("OIL", "011", " -")


@dataclass(frozen=True)
class Invitation:
    """For which place a device may enrol a key, and until when (UTC). `code` as it is read aloud."""

    code: str
    place: str
    expires_at: datetime


def invite(record: Record, place: str, hours: int = HOURS_VALID, now: datetime | None = None) -> Invitation:
    """A new invitation; its code is told here and kept nowhere. Raises Refused for an unknown place."""
    now = now or datetime.now(UTC)
    with record.folded() as book:
        if book.place(place) is None:
            raise Refused([Violation("place", "no_place", {"code": place})])
    letters = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LETTERS))
    code = "-".join(letters[start : start + 4] for start in range(0, CODE_LETTERS, 4))
    made = Invitation(code, place, now + timedelta(hours=hours))
    folder = _folder(record)
    with locked(folder):
        _sweep(folder, now)
        told = {"place": place, "expires_at": format_instant(made.expires_at)}
        write_secret(folder / f"{_hash(code)}.json", json.dumps(told) + "\n", replace=False)
    return made


def invitation_of(record: Record, code: str, now: datetime | None = None) -> Invitation:
    """What a code invites to; used or not. Raises AuthorProblem for one that is unknown or over."""
    path = _folder(record) / f"{_hash(code)}.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        made = Invitation(code, told["place"], parse_instant(told["expires_at"]))
    except FileNotFoundError:
        raise AuthorProblem("there is no such invitation; check the code, or ask for a new one") from None
    except (OSError, ValueError, TypeError, KeyError):
        raise AuthorProblem("this invitation cannot be read; ask for a new one") from None
    if (now or datetime.now(UTC)) >= made.expires_at:
        raise AuthorProblem("this invitation is over; ask for a new one")
    return made


def accept_invitation(
    record: Record, code: str, public_key: str, proof: str, now: datetime | None = None
) -> str:
    """Enrol a device's key by its invitation and return the key's id; `public_key` and `proof` in base64.

    The code is used up by the first key that is enrolled with it; a key that the rules refuse leaves it good.
    Raises AuthorProblem, Refused, RecordProblem.
    """
    made = invitation_of(record, code, now)
    key = device_key_id(public_key)
    folder = _folder(record)
    with locked(folder):
        claim = folder / f"{_hash(code)}.claim"
        claimed = claim.read_text(encoding="ascii").strip() if claim.exists() else None
        if claimed not in (None, public_key):
            raise AuthorProblem("this invitation was used for another device; ask for a new one")
        if claimed is not None and any(known.key == key for known in keys_of(record, made.place)):
            return key
        if claimed is None:
            write_secret(claim, public_key + "\n", replace=False)
        try:
            return enrol_device(record, made.place, public_key, proof)
        except Refused:
            claim.unlink()
            raise


def _folder(record: Record) -> Path:
    return record.home / "keys" / "invitations"


def _hash(code: str) -> str:
    """Hex SHA-256 of the code as it is meant: capital or small, with or without its dashes."""
    letters = code.upper().translate(_READ_ALIKE)
    return hashlib.sha256(letters.encode()).hexdigest()


def _sweep(folder: Path, now: datetime) -> None:
    """Take away what is over, with its claim."""
    for path in _over(folder, now):
        path.with_suffix(".claim").unlink(missing_ok=True)
        path.unlink(missing_ok=True)


def _over(folder: Path, now: datetime) -> Iterator[Path]:
    for path in folder.glob("*.json"):
        try:
            over = parse_instant(json.loads(path.read_text(encoding="utf-8"))["expires_at"]) <= now
        except (OSError, ValueError, TypeError, KeyError):
            over = True
        if over:
            yield path
