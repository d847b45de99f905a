"""Rules of keys: of places, and of the log."""

from __future__ import annotations

from ledger.domain.authorship import enrolment_violations, live_key_violations
from ledger.domain.kinds.keys import KeyEnrolled, KeyRevoked, LogKeyRotated
from ledger.domain.rules.draft import Draft
from ledger.domain.signatures import is_log_key


def key_enrolled(body: KeyEnrolled, draft: Draft) -> None:
    draft.place("place", body.place)
    draft.violations += enrolment_violations(body, draft.book.origin, draft.book.author_key)
    draft.registration = body


def key_revoked(body: KeyRevoked, draft: Draft) -> None:
    """A place that was since registered otherwise still has its keys, so only the key is looked at."""
    draft.violations += live_key_violations("key", body.place, body.key, draft.book.author_key)
    draft.registration = body


def log_key_rotated(body: LogKeyRotated, draft: Draft) -> None:
    """RECORD.md, Publishing: one log, one name, and no key comes back."""
    keys = draft.book.log_keys()
    if body.former != keys[-1][1]:
        draft.fail("former", "not_log_key", vkey=keys[-1][1])
    if not is_log_key(body.vkey, draft.book.origin):
        draft.fail("vkey", "log_key_wanted", origin=draft.book.origin)
    earlier = next((index for index, vkey in keys if vkey == body.vkey), None)
    if earlier is not None:
        draft.fail("vkey", "log_key_known", index=earlier)
    draft.registration = body
