"""Rules of requests and of the decisions about them."""

from __future__ import annotations

from ledger.domain.instants import day_of
from ledger.domain.kinds.asking import AllocationDecided, Share, SupplyRequested
from ledger.domain.kinds.movement import TransferDispatched
from ledger.domain.rules.draft import Draft


def supply_requested(body: SupplyRequested, draft: Draft) -> None:
    draft.here("place", body.place)
    if body.to is not None:
        draft.place("to", body.to)
    if body.to == body.place:
        draft.fail("to", "asks_itself", code=body.place)
    day = day_of(draft.command.occurred_at, draft.book.zone)
    if body.needed_by is not None and body.needed_by < day:
        draft.fail("needed_by", "needed_before", day=day)
    seen: set[str] = set()
    for number, line in enumerate(body.lines):
        draft.item(f"lines.{number}.item", line.item)
        if line.item in seen:
            draft.fail(f"lines.{number}.item", "duplicate_line", lot=line.item)
        seen.add(line.item)
    draft.asked = body


def allocation_decided(body: AllocationDecided, draft: Draft) -> None:
    """Each share stands for itself: what is not refused of a request stays open for a later decision."""
    draft.here("place", body.place)
    if body.from_place is not None:
        draft.place("from", body.from_place)
    seen: set[tuple[str, str]] = set()
    for number, share in enumerate(body.shares):
        field = f"shares.{number}"
        draft.place(f"{field}.place", share.place)
        draft.item(f"{field}.item", share.item)
        if (share.place, share.item) in seen:
            draft.fail(field, "duplicate_line", lot=f"{share.place} {share.item}")
        seen.add((share.place, share.item))
        if share.quantity == 0 and share.refused is None:
            draft.fail(f"{field}.refused", "refusal_wanted")
        _answered(f"{field}.request", share, draft)
    draft.asked = body


def _answered(field: str, share: Share, draft: Draft) -> None:
    if share.request is None:
        if share.refused is not None:
            draft.fail(field, "request_wanted")
    elif request_stands(field, share.request, share.place, draft) and not draft.book.asks_for(
        share.request, share.item
    ):
        draft.fail(field, "not_requested", id=share.request, code=share.item)


def dispatch_answers(body: TransferDispatched, draft: Draft) -> None:
    """The request must be of the place that the goods go to, the decision must give it all that it sends."""
    if body.request is not None:
        request_stands("request", body.request, body.to, draft)
    if body.decision is not None and _decision_stands("decision", body.decision, draft):
        for item in dict.fromkeys(posting.lot.item for posting in draft.postings):
            if not draft.book.share(body.decision, body.to, item):
                draft.fail("decision", "no_share", id=body.decision, code=body.to, item=item)
    draft.answers = (body.request or "", body.decision or "")


def request_stands(field: str, identity: str, place: str, draft: Draft) -> bool:
    """Whether it is a request of the place, and not withdrawn."""
    request = draft.book.request(identity)
    if request is None:
        draft.no_such(field, identity, "SupplyRequested")
    elif request.place != place:
        draft.fail(field, "request_of_other", id=identity, of=request.place, code=place)
    elif request.state == "withdrawn":
        draft.fail(field, "taken_back", id=identity)
    else:
        return True
    return False


def _decision_stands(field: str, identity: str, draft: Draft) -> bool:
    decision = draft.book.decision(identity)
    if decision is None:
        draft.no_such(field, identity, "AllocationDecided")
    elif decision.reversed:
        draft.fail(field, "taken_back", id=identity)
    return decision is not None and not decision.reversed
