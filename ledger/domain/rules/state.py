"""Rules of inspection and conversion."""

from __future__ import annotations

from collections import defaultdict

from ledger.domain.kinds.fields import LotFromState, NewLot
from ledger.domain.kinds.state import StockConverted, StockInspected
from ledger.domain.lots import Account, Lot, largest_remainder
from ledger.domain.rules.draft import Draft


def stock_inspected(body: StockInspected, draft: Draft) -> None:
    draft.here("place", body.place, keeps_stock=True)
    to_inspect = Account("to_inspect", body.place)
    for field, line, lot in draft.lot_lines(body.lines, ("result",)):
        draft.move(lot, to_inspect, Account(line.result, body.place), line.quantity, field)


def stock_converted(body: StockConverted, draft: Draft) -> None:
    """Output lines stand in the body one per gift share, in order of the shares; each inherits its gift."""
    draft.here("place", body.place, keeps_stock=True)
    converted_out = Account("converted_out", body.place)
    inputs = []
    for field, line, lot in draft.lot_lines(body.lines, ("state",)):
        draft.move(lot, Account(line.state, body.place), converted_out, line.quantity, field)
        inputs.append((lot, line.quantity))
    outputs = [(number, line) for number, line in enumerate(body.lines) if isinstance(line, NewLot)]
    named = sum(isinstance(line, LotFromState) for line in body.lines)
    if not outputs or not named:
        draft.fail("lines", "conversion_sides")
    # Which shares are right can be told only when every lot that goes in is known.
    gifts = _shares_of(outputs, inputs, draft) if named and named == len(inputs) else [""] * len(outputs)
    for (number, line), gift in zip(outputs, gifts, strict=True):
        if made := draft.new_lot(f"lines.{number}", line, "converted", body.place, gift):
            lot, state = made
            draft.move(lot, Account("converted_in", body.place), Account(state, body.place), lot.quantity)


def conversion_shares(total: int, inputs: list[tuple[Lot, int]]) -> list[tuple[str, int]]:
    """(gift or "", whole units) of `total` converted units, shares of zero left out.

    A share is weighted by the part of each input item that came from its gift, so that a kit of several items
    divides evenly among them; by largest remainder, ties to the lower source line (RECORD.md, Lots).
    """
    of_item: dict[str, int] = defaultdict(int)
    for lot, quantity in inputs:
        of_item[lot.item] += quantity
    whole = 1
    for quantity in of_item.values():
        whole *= quantity
    weights: dict[str, int] = defaultdict(int)
    for lot, quantity in inputs:
        weights[lot.gift] += quantity * (whole // of_item[lot.item])
    shares = largest_remainder(total, [(weight, 1) for weight in weights.values()])
    return [(gift, share) for gift, share in zip(weights, shares, strict=True) if share]


def _shares_of(outputs: list[tuple[int, NewLot]], inputs: list[tuple[Lot, int]], draft: Draft) -> list[str]:
    """The gift of each output line. Fails when the lines of an item are not its shares, in order."""
    lines_of: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for position, (_, line) in enumerate(outputs):
        lines_of[line.item].append((position, line.quantity))
    gifts = [""] * len(outputs)
    for lines in lines_of.values():
        wanted = conversion_shares(sum(quantity for _, quantity in lines), inputs)
        if [quantity for _, quantity in lines] != [share for _, share in wanted]:
            draft.fail("lines", "wrong_share", wanted=" + ".join(str(share) for _, share in wanted))
            continue
        for (position, _), (gift, _) in zip(lines, wanted, strict=True):
            gifts[position] = gift
    return gifts
