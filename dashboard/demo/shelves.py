"""A light model of every shelf, so that each command that is made passes the rules of the record.

It knows, in log order, what lies where in which state, what is in transit, what was issued and when an item
was last counted. It follows ledger/domain/rules without importing them: the tests compare the two.
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from dataclasses import dataclass, field

from ledger.domain.lots import STOCK_ACCOUNTS, Lot, fefo_key

Taken = list[tuple[Lot, int]]


@dataclass(slots=True, order=True)
class Pile:
    """Some quantity of a lot in one state at a place; piles sort first expired first."""

    key: tuple[str, int, str]
    lot: Lot = field(compare=False)
    quantity: int = field(compare=False)


@dataclass
class Dispatch:
    """Goods on the way."""

    id: str
    from_place: str
    to: str
    due: str
    lines: dict[str, tuple[Lot, int]]  # by lot id: what has not arrived yet


class Shelves:
    def __init__(self) -> None:
        self.size = 0  # commands so far; stands for the entry index
        self.born: dict[str, int] = {}  # lot id -> size when it was made
        self.dispatches: dict[str, Dispatch] = {}
        self.inbound: defaultdict[tuple[str, str], int] = defaultdict(int)  # (place, item) -> in transit
        self.issued: defaultdict[tuple[str, str], int] = defaultdict(int)  # (place, lot id)
        self.counted: dict[tuple[str, str], tuple[int, str]] = {}  # (place, item or lot id) -> size, count id
        self._piles: defaultdict[tuple[str, str, str], list[Pile]] = defaultdict(list)

    # what is there ---------------------------------------------------------------------------------------

    def piles(self, place: str, item: str, state: str = "usable") -> list[Pile]:
        return self._piles[place, item, state]

    def usable(self, place: str, item: str, day: str) -> int:
        """Usable and not expired on `day`."""
        return sum(pile.quantity for pile in self._piles[place, item, "usable"] if pile.key[0] >= day)

    def total(self, place: str, item: str) -> int:
        return sum(pile.quantity for state in STOCK_ACCOUNTS for pile in self._piles[place, item, state])

    def expired(self, place: str, item: str, day: str) -> list[Pile]:
        return [pile for pile in self._piles[place, item, "usable"] if pile.key[0] < day]

    def last_count(self, place: str, lot: Lot) -> tuple[int, str]:
        never = (-1, "")
        return max(self.counted.get((place, lot.item), never), self.counted.get((place, lot.id), never))

    # moving ----------------------------------------------------------------------------------------------

    def put(self, place: str, lot: Lot, quantity: int, state: str = "usable") -> None:
        piles = self._piles[place, lot.item, state]
        for pile in piles:
            if pile.lot.id == lot.id:
                pile.quantity += quantity
                return
        insort(piles, Pile(fefo_key(lot, self.born[lot.id]), lot, quantity))

    def take(self, place: str, item: str, quantity: int, day: str, state: str = "usable") -> Taken:
        """Up to `quantity`, first expired first, nothing that had expired on `day`."""
        taken: Taken = []
        piles = self._piles[place, item, state]
        for pile in piles:
            if quantity <= 0:
                break
            if pile.key[0] >= day:
                part = min(quantity, pile.quantity)
                taken.append((pile.lot, part))
                pile.quantity -= part
                quantity -= part
        if taken:
            self._piles[place, item, state] = [pile for pile in piles if pile.quantity]
        return taken

    def take_lot(self, place: str, lot: Lot, quantity: int, state: str = "usable") -> None:
        piles = self._piles[place, lot.item, state]
        pile = next(pile for pile in piles if pile.lot.id == lot.id)
        pile.quantity -= quantity
        if not pile.quantity:
            piles.remove(pile)

    def has(self, place: str, lot: Lot, state: str = "usable") -> int:
        piles = self._piles[place, lot.item, state]
        return next((pile.quantity for pile in piles if pile.lot.id == lot.id), 0)

    def send(self, dispatch: Dispatch) -> None:
        self.dispatches[dispatch.id] = dispatch
        for lot, quantity in dispatch.lines.values():
            self.inbound[dispatch.to, lot.item] += quantity

    def off_the_way(self, dispatch: Dispatch, lot: Lot, quantity: int) -> None:
        left = dispatch.lines[lot.id][1] - quantity
        if left:
            dispatch.lines[lot.id] = (lot, left)
        else:
            del dispatch.lines[lot.id]
        self.inbound[dispatch.to, lot.item] -= quantity

    # counting --------------------------------------------------------------------------------------------

    def settle(self, place: str, item: str, counted: int) -> int:
        """Make the book say `counted`, as ledger/domain/rules/counts.py does: a shortage falls on the lots in
        FEFO order, a surplus on the newest. Returns the surplus that found no lot and opens one."""
        held = [
            (rank, pile, state)
            for rank, state in enumerate(STOCK_ACCOUNTS)
            for pile in self._piles[place, item, state]
        ]
        difference = counted - sum(pile.quantity for _, pile, _ in held)
        if difference > 0 and held:
            newest = max(held, key=lambda h: (h[1].key[1], h[1].lot.id, -h[0]))
            newest[1].quantity += difference
            return 0
        for _, pile, state in held:
            short = min(max(0, -difference), pile.quantity)
            if short:
                self.take_lot(place, pile.lot, short, state)
                difference += short
        return max(0, difference)
