"""Rules of reversal (冲红)."""

from __future__ import annotations

from ledger.domain.kinds.correction import EntryReversed
from ledger.domain.lots import Posting
from ledger.domain.rules.draft import Draft, is_stock

# Registrations, settings and decisions are superseded by setting them again.
SUPERSEDED = frozenset(
    {
        "BookOpened", "PlaceRegistered", "ItemRegistered", "PartyRegistered", "PolicySet", "KeyEnrolled",
        "LogKeyRotated", "ConsentChanged", "ForecastPublished",
        "PlaceStatusSet", "ResponseLevelRecorded",
    }
)  # fmt: skip
FINAL = frozenset({"KeyRevoked", "DataErased"})  # what is doubted or destroyed stays so


def entry_reversed(body: EntryReversed, draft: Draft) -> None:
    original = draft.book.entry(body.reverses)
    if body.correction is None:
        draft.fail("correction", "missing")
    if original is None:
        draft.fail("reverses", "no_entry", id=body.reverses)
        return
    if original.kind == "EntryReversed":
        draft.fail("reverses", "reversal_of_reversal")
    elif original.kind in SUPERSEDED:
        draft.fail("reverses", "not_reversible", kind=original.kind)
    elif original.kind in FINAL:
        draft.fail("reverses", "not_undone", kind=original.kind)
    elif original.reversed:
        draft.fail("reverses", "reversed_twice", id=body.reverses)
    if draft.violations:
        return
    draft.reverses = (original.entry_index, original.kind)
    for posting in reversed(draft.book.postings(original.entry_index)):
        _undo(posting.inverse(), original.entry_index, draft)


def _undo(posting: Posting, index: int, draft: Draft) -> None:
    """The inverse of a posting, except that stock which was counted since stays as counted.

    "Correcting a movement older than its place's last count of that lot is covered by that count: stock
    stays, the count's difference takes it" (RECORD.md, Rules).
    """
    lot, out_of, into, quantity = posting
    draft.places += [account.place for account in (out_of, into) if account.kind not in ("transit", "lost")]
    if is_stock(out_of) and is_stock(into):
        draft.move(lot, out_of, into, quantity, "reverses")  # a change of state: a count is over all states
    elif is_stock(out_of) and (count := draft.later_count(out_of.place, lot, index)):
        draft.take_difference(lot, out_of.place, count.id, into, quantity)
    elif is_stock(into) and (count := draft.later_count(into.place, lot, index)):
        draft.put_difference(lot, out_of, into.place, count.id, quantity, "reverses")
    else:
        draft.move(lot, out_of, into, quantity, "reverses")
