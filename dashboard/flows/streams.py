"""The streams of one item that a question is about: whole ways of goods, to the piece."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from dashboard.figures import Flow, FlowRow, ways
from dashboard.figures.theme import FATE
from dashboard.figures.ways import KEPT
from dashboard.queries.book import Book
from dashboard.queries.registers import Item, Place


def streams(book: Book, item: Item, source: str, street: Place | None) -> list[Flow]:
    """The ways of an item's goods; of one source where asked. With a street, only what went there, and its
    centers are the places. What is shown of a street adds up with the other streets and the depots to all."""
    rows = [FlowRow(*row) for row in book.reading.flow(item.code)]
    stops = book.registers.stops()
    if street is None:
        flows = ways(rows, stops)
    else:
        inside = {code for code, stop in stops.items() if stop.street == street.code and stop.kind != "depot"}
        each = {code: replace(stop, street=code) for code, stop in stops.items()}
        flows = [flow for flow in ways(rows, each) if flow.place in inside]
    return [flow for flow in flows if not source or flow.source == source]


def by_fate(flows: Iterable[Flow]) -> dict[str, int]:
    """Quantity per fate, in the order of drawing; fates without any are left out."""
    total: dict[str, int] = defaultdict(int)
    for flow in flows:
        total[flow.fate] += flow.quantity
    return {fate: total[fate] for fate in FATE if total[fate]}


def by_place(flows: Iterable[Flow]) -> dict[str, dict[str, int]]:
    """Place -> fate -> quantity: the largest place first, what depots keep last."""
    places: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for flow in flows:
        places[flow.place][flow.fate] += flow.quantity
    order = sorted(places, key=lambda code: (code == KEPT, -sum(places[code].values()), code))
    return {code: places[code] for code in order}


def largest(flows: Iterable[Flow]) -> tuple[str, str, int, int]:
    """The largest stream from one source to one fate: source, fate, its quantity, all of that source."""
    total: dict[tuple[str, str], int] = defaultdict(int)
    whole: dict[str, int] = defaultdict(int)
    for flow in flows:
        total[flow.source, flow.fate] += flow.quantity
        whole[flow.source] += flow.quantity
    (source, fate), quantity = max(total.items(), key=lambda pair: pair[1])
    return source, fate, quantity, whole[source]
