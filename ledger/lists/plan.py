"""From the lines of a list and a book to what is to be written: pure, so that a dry run is the same plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ledger.domain.ids import derived_id
from ledger.lists.archive import ArchivePlanner
from ledger.lists.commands import line_id
from ledger.lists.findings import Goods, of_goods, wishes
from ledger.lists.known import Known
from ledger.lists.layouts import ListRow, NamedList
from ledger.lists.likeness import alike_across_days, exact_repeats, other_units
from ledger.lists.lines import Line, read_line
from ledger.lists.movements import MovementPlanner
from ledger.lists.reasons import HeldBack, ListProblem
from ledger.lists.registers import plan_registration
from ledger.lists.totals import Counted, total_in_text, total_level, total_lines
from ledger.lists.whole_book import received_with_donors

_TEXTS = ("item", "spec", "donor", "recipient", "place", "note", "quantity")
_LABELS = ("item", "donor", "recipient", "place", "period")
_REGISTERED = {"centers": "PlaceRegistered", "items": "ItemRegistered"}


@dataclass
class Plan:
    """What a list would do to a book, line by line in the order of the list."""

    listing: NamedList
    lines: list[Line]


def plan(listing: NamedList, known: Known, new_salt: Callable[[], str]) -> Plan:
    """Plan a list against a book. Raises ListProblem when the list is not for such a book.

    `new_salt()` gives 64 hex digits, for the commitment of each new party.
    """
    archive = known.kind == "archive"
    if listing.red_cross and not archive:
        raise ListProblem("archive_only", file=listing.file)
    if archive and listing.kind == "counts":
        raise ListProblem("not_in_archive")
    known.prefetch(_entry_id(listing.kind, row) for row in listing.rows)
    if listing.kind in _REGISTERED:
        lines = [Line(row, Goods(row.number, "", "", "", 0)) for row in listing.rows]
    else:
        lines = [read_line(row, zero=listing.kind == "counts") for row in listing.rows]
        _mark_totals(lines)
    _make_commands(lines, listing, known, new_salt)
    _find_in_lines(lines)
    if archive and listing.kind in ("donations", "issues"):
        _find_in_goods(lines)
        if listing.kind == "donations":
            _find_alike(lines, known)
    return Plan(listing, lines)


def _entry_id(kind: str, row: ListRow) -> str:
    if kind in _REGISTERED:
        return derived_id(_REGISTERED[kind], row.cells.get("code", ""))
    return line_id(kind, row)


def _make_commands(lines: list[Line], listing: NamedList, known: Known, new_salt: Callable[[], str]) -> None:
    notices = ArchivePlanner(known, listing.red_cross, new_salt)
    movements = MovementPlanner(known, new_salt)
    planner = notices if known.kind == "archive" else movements
    make: dict[str, Callable[[Line], None]] = {
        "donations": planner.donation,
        "issues": planner.issue,
        "counts": movements.count,
        "centers": lambda line: plan_registration(line, "centers", known),
        "items": lambda line: plan_registration(line, "items", known),
    }
    for line in lines:
        try:
            make[listing.kind](line)
        except HeldBack as held:
            line.reasons.append(held.reason)
        if line.held:
            line.command = None
            notices.release(line)


# findings --------------------------------------------------------------------------------------------------


def _counted(line: Line, columns: tuple[str, ...]) -> Counted:
    cells, seen = line.row.cells, line.seen
    texts = tuple(cells[column] for column in columns if column in cells)
    return Counted(line.number, line.row.list_name, seen.name, seen.unit, seen.quantity or None, texts)


def _mark_totals(lines: list[Line]) -> None:
    """Hold back total lines, which are no goods, and find stated totals that are unlike their parts."""
    stated = total_lines(_counted(line, _LABELS) for line in lines)
    for line in lines:
        if line.number in stated:
            line.reasons = []
            line.hold("total_line")
        if total := stated.get(line.number) or total_in_text(_counted(line, _TEXTS)):
            line.find("total_mismatch", total.detail)


def _find_in_lines(lines: list[Line]) -> None:
    """What every kind of list is looked through for."""
    repeats = exact_repeats((line.number, line.row.cells) for line in lines)
    for line in lines:
        cells = line.row.cells
        if line.row.normalised:
            line.find("text_normalised")
        if line.number in repeats:
            line.find("exact_duplicate", f"row {line.number} as row {repeats[line.number]}")
        if wish := wishes(cells[column] for column in ("item", "spec", "donor", "note") if column in cells):
            line.find("donor_wish", wish)


def _find_in_goods(lines: list[Line]) -> None:
    """What printed names, specifications and units give, for lists that speak in them."""
    goods = [line for line in lines if not _is_total(line)]
    by_number = {line.number: line for line in goods}
    for line in goods:
        for code in of_goods(line.seen):
            line.find(code, " ".join(filter(None, (line.seen.name, line.seen.spec, line.seen.unit))))
        if not line.held and not line.seen.unit:
            line.find("unit_unstated", line.seen.name)
    for finding in other_units(line.seen for line in goods if not line.held):
        for number in finding.lines:
            by_number[number].find(finding.code, finding.detail)


def _find_alike(lines: list[Line], known: Known) -> None:
    """Like lines of two periods, within the list and against what the book held before it."""
    by_goods = {id(line.seen): line for line in lines if not line.held}
    own = {line.entry_index for line in lines if line.entry_index is not None}
    earlier = [goods for goods in received_with_donors(known) if goods.line not in own]
    in_book = {id(goods) for goods in earlier}
    for one, other in alike_across_days([line.seen for line in lines if not line.held], earlier):
        first = f"entry {one.line}" if id(one) in in_book else f"row {one.line}"
        detail = (
            f"{first} {one.name} {one.quantity} {one.unit} ({one.day}) ~ "
            f"row {other.line} {other.name} {other.quantity} {other.unit} ({other.day})"
        )
        for goods in (one, other):
            if line := by_goods.get(id(goods)):
                line.find("near_duplicate", detail)


def _is_total(line: Line) -> bool:
    return total_level(_counted(line, _LABELS)) is not None
