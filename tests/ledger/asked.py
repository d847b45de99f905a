"""How far requests are answered, recomputed from entries alone, sharing no code with rules or projections.

Written from ledger/README.md (Decisions). Input: the entries of a book as dictionaries, in order, and the
item of every ledger lot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

Entry = dict[str, Any]
Line = tuple[int, int, int, int]  # asked, granted, by how many decisions refused, sent


def request_lines(told: Sequence[Entry], items: dict[str, str]) -> dict[tuple[str, str], Line]:
    """(request, item) -> its line."""
    undone = _undone(told)
    lines = {
        (entry["id"], line["item"]): [line["quantity"], 0, 0, 0]
        for entry in told
        if entry["kind"] == "SupplyRequested"
        for line in entry["body"]["lines"]
    }
    for entry in told:
        for share in entry["body"].get("shares", ()):
            line = lines.get((share.get("request"), share["item"]))
            if line and entry["id"] not in undone:
                line[1] += share["quantity"]
                line[2] += "refused" in share
    for request, item, quantity in _sent(told, undone, items):
        if line := lines.get((request, item)):
            line[3] += quantity
    return {key: (line[0], line[1], line[2], line[3]) for key, line in lines.items()}


def request_states(told: Sequence[Entry], items: dict[str, str]) -> dict[str, str]:
    """Request -> its state."""
    own: dict[str, list[Line]] = {}
    for (request, _), line in request_lines(told, items).items():
        own.setdefault(request, []).append(line)
    withdrawn = _undone(told)
    return {request: "withdrawn" if request in withdrawn else _state(lines) for request, lines in own.items()}


def _state(lines: list[Line]) -> str:
    if all(line[1:] == (0, 0, 0) for line in lines):
        return "open"
    if any(sent < (granted if refused else max(asked, granted)) for asked, granted, refused, sent in lines):
        return "part"
    return "answered" if any(granted or sent for _, granted, _, sent in lines) else "refused"


def _undone(told: Sequence[Entry]) -> set[str]:
    return {entry["body"]["reverses"] for entry in told if entry["kind"] == "EntryReversed"}


def _sent(
    told: Sequence[Entry], undone: set[str], items: dict[str, str]
) -> Iterator[tuple[str | None, str, int]]:
    """(request, item, quantity) of what left, below 0 where it came back or was lost."""
    decided = {
        (entry["id"], share["place"], share["item"]): share.get("request")
        for entry in told
        for share in entry["body"].get("shares", ())
    }
    standing = [entry for entry in told if entry["id"] not in undone]
    ways = {entry["id"]: entry["body"] for entry in standing if entry["kind"] == "TransferDispatched"}
    for entry in standing:
        body, back = entry["body"], entry["kind"] in ("TransferCancelled", "TransferLost")
        way = ways.get(body["dispatch"] if back else entry["id"])
        for lot, quantity in _moved(entry) if way else ():
            item = items[lot]
            request = way.get("request") or decided.get((way.get("decision"), way["to"], item))
            yield request, item, -quantity if back else quantity


def _moved(entry: Entry) -> Iterator[tuple[str, int]]:
    """(lot, quantity) of each line; a line of new stock makes the next lot of the entry."""
    made = 0
    for line in entry["body"]["lines"]:
        if "lot" not in line:
            made += 1
        yield line.get("lot") or f"{entry['id']}#{made - 1}", line["quantity"]
