"""Rules of transfers. What is dispatched stays in transit until somebody says where it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from ledger.domain.book import DispatchFacts, PlaceFacts
from ledger.domain.kinds.fields import LotLine, UnshownLot
from ledger.domain.kinds.movement import (
    TransferCancelled,
    TransferDispatched,
    TransferLost,
    TransferReceived,
)  # fmt: skip
from ledger.domain.lots import Account, Lot
from ledger.domain.rules.asking import dispatch_answers
from ledger.domain.rules.draft import Draft, is_stock


def transfer_dispatched(body: TransferDispatched, draft: Draft) -> None:
    draft.here("from", body.from_place, keeps_stock=True)
    draft.place("to", body.to)
    if body.from_place == body.to:
        draft.fail("to", "same_place")
    transit = Account("transit", body.to, draft.command.id)
    for field, line, lot in draft.lot_lines(body.lines, ("state",)):
        draft.take(lot, line.state, body.from_place, transit, line.quantity, field)
    if draft.book.kind != "archive" and any(isinstance(line, UnshownLot) for line in body.lines):
        draft.fail("lines", "unshown_outside_archive")
    for lot, _ in draft.new_lots(body.lines, "unshown", body.from_place):
        draft.move(lot, Account("received", body.from_place), transit, lot.quantity)
    draft.dispatch = (body.from_place, body.to, body.due or "")
    dispatch_answers(body, draft)


def transfer_received(body: TransferReceived, draft: Draft) -> None:
    place = draft.here("place", body.place)
    if body.from_place is not None:
        draft.place("from", body.from_place)
    dispatch = _dispatch(body.dispatch, draft) if body.dispatch is not None else None
    if dispatch is not None and dispatch.to != body.place:
        draft.fail("place", "wrong_place", code=body.place, to=dispatch.to)
    for number, discrepancy in enumerate(body.discrepancy):
        draft.lot(f"discrepancy.{number}.lot", discrepancy.lot)
    if dispatch is not None and place is not None:
        _arrive(body, dispatch, place, draft)
    elif body.dispatch is None:
        for field, _, _ in draft.lot_lines(body.lines, ("state",)):
            draft.fail(field, "dispatch_wanted")
    for lot, state in draft.new_lots(body.lines, "unmatched", body.place):
        if place is not None:
            draft.put(lot, Account("received", body.place), place, state, lot.quantity)


def _arrive(body: TransferReceived, dispatch: DispatchFacts, place: PlaceFacts, draft: Draft) -> None:
    found = Account("found", place.code, draft.command.id)
    for field, line, lot, state in _off_the_way(body.lines, dispatch, draft):
        draft.put(lot, _way(dispatch), place, state, line.quantity, field)
        draft.put(lot, found, place, state, line.surplus or 0, field)


def transfer_cancelled(body: TransferCancelled, draft: Draft) -> None:
    dispatch = _dispatch(body.dispatch, draft)
    sender = dispatch and draft.here("dispatch", dispatch.from_place)
    if dispatch and sender:
        for field, line, lot, state in _off_the_way(body.lines, dispatch, draft):
            draft.put(lot, _way(dispatch), sender, state, line.quantity, field)


def transfer_lost(body: TransferLost, draft: Draft) -> None:
    if dispatch := _dispatch(body.dispatch, draft):
        lost = Account("lost", dispatch.to, dispatch.id)
        for field, line, lot in draft.lot_lines(body.lines):
            if _is_on_the_way(field, line, lot, dispatch, draft):
                draft.move(lot, _way(dispatch), lost, line.quantity, field)


def _dispatch(identity: str, draft: Draft) -> DispatchFacts | None:
    dispatch = draft.book.dispatch(identity)
    if dispatch is None:
        draft.no_such("dispatch", identity, "TransferDispatched")
    return dispatch


def _way(dispatch: DispatchFacts) -> Account:
    return Account("transit", dispatch.to, dispatch.id)


def _off_the_way(
    lines: Sequence[Any], dispatch: DispatchFacts, draft: Draft
) -> Iterator[tuple[str, Any, Lot, str]]:
    """(field, line, lot, state) of each line that comes off the dispatch into stock.

    The state is what the line says, else the one that the lot left in: nothing is guessed to be usable.
    """
    states = _states_it_left_in(dispatch, draft)
    for field, line, lot in draft.lot_lines(lines, ("state",)):
        left_in = states.get(lot.id) or [lot.first_state]
        state_field = field.removesuffix("quantity") + "state"
        if line.state is None and len(left_in) > 1:
            draft.fail(state_field, "state_wanted", lot=lot.id, states=", ".join(left_in))
        elif line.state == "usable" and lot.first_state != "usable" and "usable" not in left_in:
            draft.fail(state_field, "unmarked_usable")
        if _is_on_the_way(field, line, lot, dispatch, draft):
            yield field, line, lot, line.state or left_in[0]


def _states_it_left_in(dispatch: DispatchFacts, draft: Draft) -> dict[str, list[str]]:
    """Lot id -> states. A lot is absent where the dispatch took nothing from the shelf."""
    sent = draft.book.entry(dispatch.id)
    states: dict[str, list[str]] = defaultdict(list)
    for lot, out_of, into, _ in draft.book.postings(sent.entry_index) if sent else ():
        if is_stock(out_of) and into.kind == "transit":
            states[lot.id].append(out_of.kind)
    return states


def _is_on_the_way(field: str, line: LotLine, lot: Lot, dispatch: DispatchFacts, draft: Draft) -> bool:
    have = draft.quantity(lot, _way(dispatch))
    if have < line.quantity:
        draft.fail(field, "not_in_dispatch", lot=lot.id, id=dispatch.id, have=have, need=line.quantity)
    return have >= line.quantity
