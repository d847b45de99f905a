"""Folds of requests, of decisions about them and of what was sent; an entry touches its own lines alone."""

from __future__ import annotations

from typing import NamedTuple

from ledger.domain.entries import Entry
from ledger.domain.kinds.asking import AllocationDecided, SupplyRequested
from ledger.domain.lots import Posting
from ledger.projections.tables import Tables

NOT_TOLD = -1


class Line(NamedTuple):
    """A row of view_request_line."""

    quantity: int
    granted: int = 0
    refused: int = 0
    sent: int = 0

    @property
    def wanted(self) -> int:
        """Base units that are to leave for it: what was granted where the rest is refused."""
        return self.granted if self.refused else max(self.quantity, self.granted)

    def counts(self) -> tuple[int, int, int]:
        """Whether it needs nothing more, whether it was answered in any way, and whether by giving."""
        given = self.granted > 0 or self.sent > 0
        return int(self.sent >= self.wanted), int(given or self.refused > 0), int(given)


class Request(NamedTuple):
    """A row of view_request."""

    place: str
    to_place: str
    day: str
    needed_by: str
    urgency: str
    reason: str
    state: str
    lines: int
    settled: int
    touched: int
    given: int
    recorded_at: str
    entry_index: int

    def counted(self, before: Line, after: Line) -> Request:
        """With one line changed, and the state that follows."""
        settled, touched, given = (
            now - was for was, now in zip(before.counts(), after.counts(), strict=True)
        )
        changed = self._replace(
            settled=self.settled + settled, touched=self.touched + touched, given=self.given + given
        )
        return changed._replace(state=changed._follows())

    def _follows(self) -> str:
        if self.state == "withdrawn":
            return self.state
        if not self.touched:
            return "open"
        if self.settled < self.lines:
            return "part"
        return "answered" if self.given else "refused"


def fold_asked(tables: Tables, entry: Entry, body: SupplyRequested | AllocationDecided, day: str) -> None:
    if isinstance(body, SupplyRequested):
        _request(tables, entry, body, day)
    else:
        _decision(tables, entry, body, day)


def _request(tables: Tables, entry: Entry, body: SupplyRequested, day: str) -> None:
    for line in body.lines:
        tables.put("view_request_line", (entry.id, line.item), Line(line.quantity))
    row = Request(
        body.place, body.to or "", day, body.needed_by or "", body.urgency, body.reason or "", "open",
        len(body.lines), 0, 0, 0, entry.recorded_at, entry.index,
    )  # fmt: skip
    tables.put("view_request", (entry.id,), row)


def _decision(tables: Tables, entry: Entry, body: AllocationDecided, day: str) -> None:
    need = (body.need.basis, body.need.days or 0)
    row = (body.place, body.from_place or "", body.rule, *need, body.document or "", day, False, entry.index)
    tables.put("view_decision", (entry.id,), row)
    for share in body.shares:
        need_told = NOT_TOLD if share.need is None else share.need
        told = (share.quantity, need_told, share.request or "", share.refused or "")
        tables.put("view_share", (entry.id, share.place, share.item), told)
        if share.request is not None:
            _change(tables, share.request, share.item, share.quantity, int(share.refused is not None))


def undo_asked(tables: Tables, identity: str, kind: str) -> None:
    """A request that is taken back is withdrawn, whatever was sent; of a decision nothing stands."""
    if kind == "SupplyRequested" and (row := tables.get("view_request", (identity,))):
        tables.put("view_request", (identity,), Request(*row)._replace(state="withdrawn"))
    elif kind == "AllocationDecided" and (row := tables.get("view_decision", (identity,))):
        tables.put("view_decision", (identity,), (*row[:7], True, *row[8:]))
        for (_, _, item), (quantity, _, request, refused) in tables.find("view_share", decision=identity):
            if request:
                _change(tables, request, item, -quantity, -bool(refused))


def fold_way(tables: Tables, posting: Posting) -> None:
    """What leaves for a dispatch that answers a request is sent; what is taken back or lost is not.

    Arrivals change nothing. Transit and what is lost stand at the destination, all else of a dispatch but its
    arrival at the sender, so that reversals come out by themselves.
    """
    lot, out_of, into, quantity = posting
    if (out_of.kind == "transit") == (into.kind == "transit"):
        return
    leaves = into.kind == "transit"
    way, other = (into, out_of) if leaves else (out_of, into)
    if other.place == way.place and other.kind != "lost":
        return
    answer = tables.get("view_answer", (way.ref,))
    if answer is not None:
        share = tables.get("view_share", (answer[1], way.place, lot.item)) if not answer[0] else None
        request = answer[0] or (share[2] if share else "")
        _change(tables, request, lot.item, sent=quantity if leaves else -quantity)


def _change(
    tables: Tables, request: str, item: str, granted: int = 0, refused: int = 0, sent: int = 0
) -> None:
    """Nothing for goods that were not asked for."""
    line, row = tables.get("view_request_line", (request, item)), tables.get("view_request", (request,))
    if line is None or row is None:
        return
    before = Line(*line)
    after = Line(before.quantity, before.granted + granted, before.refused + refused, before.sent + sent)
    tables.put("view_request_line", (request, item), after)
    tables.put("view_request", (request,), Request(*row).counted(before, after))
