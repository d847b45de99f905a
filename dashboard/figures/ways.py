"""From rows of view_flow to whole ways of goods: source, depot, street, fate. Pure, and to the piece."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dashboard.figures.theme import FATE

DIRECT, KEPT = "direct", "kept"
_ENTERED = ("received", "converted_in")
_ON_HAND = ("usable", "to_inspect", "held", "rejected")


@dataclass(frozen=True)
class Flow:
    """One share of goods of one item with its whole way; every way has the same four stops."""

    source: str  # key of theme.SOURCE
    depot: str  # code or name of the depot where it entered the book, or "direct"
    place: str  # code or name of the street or outside place, or "kept" while it lies in the depot
    fate: str  # key of theme.FATE
    quantity: int  # base units, above 0


@dataclass(frozen=True)
class FlowRow:
    """A row of view_flow of one item: how much of the lots of a source, by where they entered, is where."""

    source: str
    origin: str
    place: str
    account: str
    reason: str
    quantity: int


@dataclass(frozen=True)
class Stop:
    """How a place stands in the figure."""

    kind: str  # depot, center, ...
    street: str  # code of the street office above it, or its own code


def fate_of(account: str, reason: str) -> str:
    """The key of theme.FATE in which an account is shown. Raises KeyError for an account of no fate."""
    if account in _ON_HAND:
        return "onhand"
    if account == "written_off":
        return "expired" if reason == "expired" else "written_off"
    FATE[account]
    return account


def ways(rows: Iterable[FlowRow], stops: Mapping[str, Stop]) -> list[Flow]:
    """The ways of one item's goods; they sum to received + converted in + found.

    Goods found in counts on a known lot are mixed with the lot's own, and no entry says which piece is which.
    They are shown as a source of their own, taken by this rule: first from what is on hand where they were
    found, then from what was issued there, then from the place's other fates, then from other places.
    """
    groups: dict[tuple[str, str], list[FlowRow]] = defaultdict(list)
    for row in rows:
        groups[row.source, row.origin].append(row)
    summed: dict[tuple[str, str, str, str], int] = defaultdict(int)
    for (source, origin), members in sorted(groups.items()):
        for shown_source, entered_at, place, fate, quantity in _shares(source, origin, members):
            depot = entered_at if _is_depot(entered_at, stops) else DIRECT
            street = KEPT if _is_depot(place, stops) else stops[place].street if place in stops else place
            summed[shown_source, depot, street, fate] += quantity
    return [Flow(*key, quantity) for key, quantity in sorted(summed.items()) if quantity > 0]


def _shares(source: str, origin: str, rows: list[FlowRow]) -> Iterable[tuple[str, str, str, str, int]]:
    """(source as shown, where it entered, place, fate, quantity) of one group of lots."""
    left: dict[tuple[str, str], int] = defaultdict(int)
    found: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.account == "found":
            found[row.place] += row.quantity
        elif row.account not in _ENTERED:
            left[row.place, fate_of(row.account, row.reason)] += row.quantity
    order = {fate: rank for rank, fate in enumerate(dict.fromkeys(("onhand", "issued", *FATE)))}
    for found_at, wanted in sorted(found.items()):
        for place, fate in sorted(left, key=lambda key: (key[0] != found_at, order[key[1]], key[0])):
            share = min(wanted, left[place, fate])
            left[place, fate] -= share
            wanted -= share
            yield "found", found_at, place, fate, share
    for (place, fate), quantity in left.items():
        yield source, origin, place, fate, quantity


def _is_depot(place: str, stops: Mapping[str, Stop]) -> bool:
    return place in stops and stops[place].kind == "depot"


def largest_places(flows: Iterable[Flow], most: int, rest: str) -> list[Flow]:
    """At most `most` streets by quantity (depots' own apart), all others together as `rest`."""
    flows = list(flows)
    total: dict[str, int] = defaultdict(int)
    for flow in flows:
        total[flow.place] += flow.quantity
    streets = sorted((p for p in total if p != KEPT), key=lambda p: (-total[p], p))
    if len(streets) <= most:
        return flows
    kept = {*streets[: most - 1], KEPT}
    summed: dict[tuple[str, str, str, str], int] = defaultdict(int)
    for flow in flows:
        place = flow.place if flow.place in kept else rest
        summed[flow.source, flow.depot, place, flow.fate] += flow.quantity
    return [Flow(*key, quantity) for key, quantity in sorted(summed.items())]
