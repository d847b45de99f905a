"""Who of a policy has cosigned a note, and how many entries' bytes are published: the small files of log/."""

from __future__ import annotations

from pathlib import Path

from ledger.tlog.cosignature import cosignature_time
from ledger.tlog.encoding import parse_decimal
from ledger.tlog.note import Note, Signature
from ledger.tlog.policy import Policy, PolicyError

ENTRIES_PUBLISHED = "entries-published"
POLICY = "policy"
_MOST_DIGITS = 20


def cosignatures(note: Note, policy: Policy) -> dict[str, Signature]:
    """Name of each witness of the policy -> its valid cosignature on the note; invalid ones are left out."""
    text = note.text.encode()
    found = {}
    for witness in policy.witnesses:
        for one in note.signatures:
            if (one.name, one.key_id) == (witness.key.name, witness.key.key_id):
                if witness.key.verify(text, one.data):
                    found[witness.name] = one
                break
    return found


def times_of(cosigned: dict[str, Signature]) -> dict[str, int]:
    """POSIX seconds of each; 0, by which an ML-DSA-44 cosignature states no time, is left out."""
    times = {name: cosignature_time(one) for name, one in cosigned.items()}
    return {name: seconds for name, seconds in times.items() if seconds}


def read_policy(path: Path) -> Policy:
    """The policy in a file; one without any witness where there is none. Raises PolicyError."""
    try:
        return Policy.parse(path.read_bytes())
    except FileNotFoundError:
        return Policy()
    except OSError as error:
        raise PolicyError(f"the policy cannot be read: {error.strerror}") from None


def read_entries_published(log: Path) -> int | None:
    """What log/entries-published says: how many entries stand in bundles. None without a readable file."""
    try:
        text = (log / ENTRIES_PUBLISHED).read_bytes()[: _MOST_DIGITS + 1].decode("ascii")
        return parse_decimal(text.removesuffix("\n"), "the number of entries")
    except (OSError, ValueError):
        return None
