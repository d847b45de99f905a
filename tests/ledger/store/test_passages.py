"""What the ledger knows of each dispatch: the day on which it was usable, and whether any is still out."""

from __future__ import annotations

from typing import Any

from ledger.domain.entries import Command
from ledger.domain.ids import derived_id
from ledger.store.series import passages
from tests.ledger.store.books import LOT, Place, accept, command, opening, registers


def dispatch(name: str, day: str) -> Command:
    lines = [{"lot": LOT, "quantity": 100}]
    return command("TransferDispatched", name, {"from": "D1", "to": "C1", "lines": lines}, day)


def arrival(sent: Command, day: str, quantity: int = 100, **line: Any) -> Command:
    lines = [{"lot": LOT, "quantity": quantity, **line}]
    body = {"place": "C1", "dispatch": sent.id, "lines": lines}
    return command("TransferReceived", f"{sent.id} {day}", body, day)


def test_a_passage_ends_when_the_first_of_it_is_usable(place: Place) -> None:
    straight, parts, looked_at, undone, lost, open_ = (
        dispatch(name, f"2026-01-0{2 + i}")
        for i, name in enumerate(("straight", "parts", "looked_at", "undone", "lost", "open"))
    )
    wrong = arrival(undone, "2026-01-06")
    seen = {"place": "C1", "lines": [{"lot": LOT, "quantity": 100, "result": "usable"}]}
    gone = {"dispatch": lost.id, "reason": "stolen", "lines": [{"lot": LOT, "quantity": 100}]}
    record = place.create()
    accept(record, [
        *registers(), opening(), straight, parts, looked_at, undone, lost, open_,
        arrival(straight, "2026-01-09"),
        arrival(parts, "2026-01-05", 40), arrival(parts, "2026-01-08", 50),
        arrival(looked_at, "2026-01-06", state="to_inspect"),
        command("StockInspected", "late", seen, "2026-01-11"),
        wrong,
        command("TransferLost", "lost", gone, "2026-01-12"),
    ])  # fmt: skip
    undo = {"reverses": wrong.id, "reason": "wrong_quantity", "correction": derived_id("EntryReversed", "u")}
    right = arrival(undone, "2026-01-10")
    right.body["correction"] = undo["correction"]
    record.write_together([command("EntryReversed", "u", undo, "2026-01-06"), right])
    with record.store.read() as snapshot:
        found = {passage.dispatch: passage for passage in passages(snapshot)}
    record.close()
    told = {sent.id: found[sent.id][1:] for sent in (straight, parts, looked_at, undone, lost, open_)}
    assert told == {
        straight.id: ("D1", "C1", "2026-01-02", "2026-01-09", False),
        parts.id: ("D1", "C1", "2026-01-03", "2026-01-05", True),
        looked_at.id: ("D1", "C1", "2026-01-04", "2026-01-11", False),
        undone.id: ("D1", "C1", "2026-01-05", "2026-01-10", False),
        lost.id: ("D1", "C1", "2026-01-06", None, False),
        open_.id: ("D1", "C1", "2026-01-07", None, True),
    }
