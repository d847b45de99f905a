"""Rules of what donors decide."""

from __future__ import annotations

from ledger.domain.book import SubjectFacts
from ledger.domain.kinds.donors import ConsentChanged, DataErased
from ledger.domain.rules.draft import Draft


def consent_changed(body: ConsentChanged, draft: Draft) -> None:
    """Also after an erasure, and of a gift that was reversed: the entries of both can still be read."""
    _subject(body, draft)
    draft.registration = body


def data_erased(body: DataErased, draft: Draft) -> None:
    """Once for what is kept; registered or received again, there is something to erase again."""
    subject = _subject(body, draft)
    if subject is not None and subject.erased_index > subject.entry_index:
        field = "gift" if body.party is None else "party"
        code = body.gift if body.party is None else body.party
        draft.fail(field, "erased_before", code=code, index=subject.erased_index)
    draft.registration = body


def _subject(body: ConsentChanged | DataErased, draft: Draft) -> SubjectFacts | None:
    """The party or gift that is meant; fails unless it is exactly one, and known."""
    if (body.party is None) == (body.gift is None):
        draft.fail("body", "one_wanted")
        return None
    subject = draft.book.subject(body.party or "", body.gift or "")
    if subject is None and body.party is not None:
        draft.fail("party", "no_party", code=body.party)
    elif subject is None:
        draft.fail("gift", "no_gift", code=body.gift)
    return subject
