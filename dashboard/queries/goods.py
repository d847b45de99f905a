"""Where is it? One item's goods by source, by fate, by place; every number is a sum over view_flow."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from dashboard.figures import Flow, FlowRow, fate_of, ways
from dashboard.figures.theme import FATE, SOURCE
from dashboard.queries.book import Book
from dashboard.queries.registers import Item, Place

_ASKED_FIRST = "PPE-02"  # of data/item_catalogue.csv
_ENTERED = ("received", "converted_in", "found")


@dataclass(frozen=True)
class SourceLine:
    """One source's goods: what entered equals the sum of the fates."""

    source: str
    entered: int
    fates: dict[str, int]


@dataclass(frozen=True)
class PlaceLine:
    """One item at one place, by fate."""

    place: Place
    fates: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.fates.values())


@dataclass(frozen=True)
class Whereabouts:
    """Everything about where one item's goods are.

    Attributes:
        received, converted_in, found: what entered the book, by how; their sum is `entered`.
        fates: where it is now, in the order of drawing, only those above zero; they sum to `entered`.
        sources: the same by source, with found goods as a source of their own (see `figures.ways`).
        places: the same by place, largest first.
        expired_on_shelf: of what is on hand, past its expiry today.
        states: what is on hand by state (usable includes what expired).
        flows: whole ways, for the figure.
    """

    item: Item
    received: int
    converted_in: int
    found: int
    fates: dict[str, int]
    sources: list[SourceLine]
    places: list[PlaceLine]
    expired_on_shelf: int
    states: dict[str, int]
    flows: list[Flow]

    @property
    def entered(self) -> int:
        return self.received + self.converted_in + self.found

    @property
    def through_depot(self) -> int:
        return sum(flow.quantity for flow in self.flows if flow.depot != "direct")


def whereabouts(book: Book, item: Item) -> Whereabouts:
    rows = [FlowRow(*row) for row in book.reading.flow(item.code)]
    entered: dict[str, int] = dict.fromkeys(_ENTERED, 0)
    states: dict[str, int] = defaultdict(int)
    places: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        if row.account in entered:
            entered[row.account] += row.quantity
            continue
        fate = fate_of(row.account, row.reason)
        places[row.place][fate] += row.quantity
        if fate == "onhand":
            states[row.account] += row.quantity
    flows = ways(rows, book.registers.stops())
    lines = [PlaceLine(book.registers.place(code), _ordered(fates)) for code, fates in places.items()]
    return Whereabouts(
        item=item, **entered, fates=_by_fate(flows), sources=source_lines(flows),
        places=sorted(lines, key=lambda line: (-line.total, line.place.code)),
        expired_on_shelf=_expired(book, item), states=dict(states), flows=flows,
    )  # fmt: skip


def source_lines(flows: list[Flow]) -> list[SourceLine]:
    """The table beside the figure: the same flows, so the same sums."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for flow in flows:
        found[flow.source][flow.fate] += flow.quantity
    return [SourceLine(s, sum(found[s].values()), _ordered(found[s])) for s in SOURCE if s in found]


def _by_fate(flows: list[Flow]) -> dict[str, int]:
    total: dict[str, int] = defaultdict(int)
    for flow in flows:
        total[flow.fate] += flow.quantity
    return _ordered(total)


def _ordered(fates: dict[str, int]) -> dict[str, int]:
    return {fate: fates[fate] for fate in FATE if fates.get(fate)}


def _expired(book: Book, item: Item) -> int:
    today = book.today.isoformat()
    shelf = book.reading.shelf(item=item.code)
    return sum(row.quantity for row in shelf if row.expiry[:1].isdigit() and row.expiry < today)


@dataclass(frozen=True)
class ItemTotals:
    """One row of the list of items; `unshown` of what entered did so without a published receipt."""

    item: Item
    entered: int
    unshown: int
    fates: dict[str, int]


def item_totals(book: Book) -> list[ItemTotals]:
    """Every item that ever entered the book, in the order of codes."""
    entered: dict[str, int] = defaultdict(int)
    unshown: dict[str, int] = defaultdict(int)
    fates: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in book.reading.flow_totals():
        if row.account in _ENTERED:
            entered[row.item] += row.quantity
            unshown[row.item] += row.quantity if row.source == "unshown" else 0
        else:
            fates[row.item][fate_of(row.account, row.reason)] += row.quantity
    return [
        ItemTotals(book.registers.item(code), entered[code], unshown[code], _ordered(fates[code]))
        for code in sorted(entered)
    ]


def first_item(book: Book, totals: list[ItemTotals]) -> Item | None:
    """The item that a page shows unasked: the surgical mask, which people ask about first; where a book has
    none, the first vital consumable whose goods are in several places."""

    def rank(line: ItemTotals) -> tuple[bool, bool, bool, str]:
        vital = line.item.criticality == "vital" and line.item.item_class == "consumable"
        return line.item.code != _ASKED_FIRST, not vital, len(line.fates) < 3, line.item.code

    return min(totals, key=rank).item if totals else None
