"""Choosing lots for lines that only name an item: what earlier lines of the plan take is gone."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from ledger.domain.book import StockFacts
from ledger.domain.lots import fefo_key
from ledger.lists.known import Known

Order = Callable[[StockFacts], Any]
Fits = Callable[[StockFacts], bool]


def by_expiry(stock: StockFacts) -> Any:
    """FEFO: expiry, then receipt."""
    return fefo_key(stock.lot, stock.entry_index)


def by_receipt(stock: StockFacts) -> Any:
    """Order of receipt, line by line."""
    entry_id, _, number = stock.lot.id.partition("#")
    return (stock.entry_index, entry_id, int(number))


class Shelf:
    """Usable stock of a book in one order, less what was taken from it here."""

    def __init__(self, known: Known, order: Order) -> None:
        self._known = known
        self._order = order
        self._rows: dict[tuple[str, str], deque[StockFacts]] = {}
        self._left: dict[tuple[str, str], int] = {}  # (lot, place) -> base units

    def take(
        self, place: str, item: str, quantity: int, fits: Fits = lambda _: True
    ) -> tuple[list[tuple[str, int]], int]:
        """(lot id, base units) of what is taken of stock that `fits`, and how much it was short of."""
        row = self._row(place, item)
        while row and not self._left[row[0].lot.id, place]:
            row.popleft()
        taken: list[tuple[str, int]] = []
        for stock in row:
            if quantity == 0:
                break
            have = self._left[stock.lot.id, place]
            if have and fits(stock):
                share = min(have, quantity)
                self._left[stock.lot.id, place] -= share
                taken.append((stock.lot.id, share))
                quantity -= share
        return taken, quantity

    def put_back(self, place: str, taken: list[tuple[str, int]]) -> None:
        """Undo a take that was no use."""
        for lot, share in taken:
            self._left[lot, place] += share

    def _row(self, place: str, item: str) -> deque[StockFacts]:
        """What is left in order, read once; used-up lots go from its head."""
        row = self._rows.get((place, item))
        if row is None:
            usable = [stock for stock in self._known.stock(place, item) if stock.state == "usable"]
            row = self._rows[place, item] = deque(sorted(usable, key=self._order))
            self._left.update({(stock.lot.id, place): stock.quantity for stock in row})
        return row
