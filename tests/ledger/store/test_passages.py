"""What the ledger knows of each dispatch: the day on which it was usable, and whether any is still out."""

from __future__ import annotations

from typing import Any

from ledger.audit import audit
from ledger.domain.entries import Command
from ledger.domain.ids import derived_id
from ledger.store.series import passages
from tests.ledger.store.books import LOT, Place, accept, change, command, opening, registers


def dispatch(name: str, day: str, **answers: str) -> Command:
    lines = [{"lot": LOT, "quantity": 100}]
    return command("TransferDispatched", name, {"from": "D1", "to": "C1", "lines": lines, **answers}, day)


def asking(name: str, day: str, **more: Any) -> Command:
    body = {"place": "C1", "lines": [{"item": "M", "quantity": 100}], **more}
    return command("SupplyRequested", name, body, day)


def deciding(name: str, day: str, **share: Any) -> Command:
    shares = [{"place": "C1", "item": "M", "quantity": 100, **share}]
    body = {"place": "D1", "rule": "judgement", "need": {"basis": "requested"}, "shares": shares}
    return command("AllocationDecided", name, body, day)


def reversal(of: Command) -> Command:
    identity = derived_id("EntryReversed", of.id)
    body = {"reverses": of.id, "reason": "withdrawn", "correction": identity}
    return command("EntryReversed", of.id, body, "2026-01-19")


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
        found = {passage.entry: passage for passage in passages(snapshot)}
    record.close()
    told = {sent.id: found[sent.id][1:] for sent in (straight, parts, looked_at, undone, lost, open_)}
    assert told == {
        straight.id: ("D1", "C1", "2026-01-02", "2026-01-09", None, False),
        parts.id: ("D1", "C1", "2026-01-03", "2026-01-05", None, True),
        looked_at.id: ("D1", "C1", "2026-01-04", "2026-01-11", None, False),
        undone.id: ("D1", "C1", "2026-01-05", "2026-01-10", None, False),
        lost.id: ("D1", "C1", "2026-01-06", None, None, False),
        open_.id: ("D1", "C1", "2026-01-07", None, None, True),
    }


def test_a_passage_begins_with_the_request_it_answers_or_else_the_decision(place: Place) -> None:
    asked, withdrawn, waiting, refused, shared = (
        asking(name, f"2026-01-0{2 + i}", **({"to": "D1"} if name == "waiting" else {}))
        for i, name in enumerate(("asked", "withdrawn", "waiting", "refused", "shared"))
    )
    no = deciding("no", "2026-01-07", quantity=0, request=refused.id, refused="other")
    unasked, answer, undone = (
        deciding("unasked", "2026-01-08"), deciding("answer", "2026-01-09", request=shared.id),
        deciding("undone", "2026-01-10"),
    )  # fmt: skip
    ways = [
        dispatch("1", "2026-01-11", request=asked.id),
        dispatch("2", "2026-01-12", request=asked.id, decision=unasked.id),
        dispatch("3", "2026-01-13", request=withdrawn.id),
        dispatch("4", "2026-01-14", decision=unasked.id),
        dispatch("5", "2026-01-15", decision=answer.id),
        dispatch("6", "2026-01-16", decision=undone.id),
        dispatch("7", "2026-01-17"),
    ]
    record = place.create()
    accept(record, [
        *registers(), opening(), asked, withdrawn, waiting, refused, shared, no, unasked, answer, undone,
        *ways,
    ])  # fmt: skip
    for one in (withdrawn, undone):
        record.write_together([reversal(one)])
    with record.store.read() as snapshot:
        found = {passage.entry: passage for passage in passages(snapshot)}
    record.close()
    assert [found[way.id].requested for way in ways] == [
        "2026-01-02", "2026-01-02", None, "2026-01-08", "2026-01-06", None, None,
    ]  # fmt: skip
    assert found.keys() == {*(way.id for way in ways), waiting.id}
    assert found[waiting.id][1:] == ("D1", "C1", None, None, "2026-01-04", True)


def test_a_book_made_before_there_were_requests_takes_one(place: Place) -> None:
    record = place.create()
    accept(record, [*registers(), opening(100), dispatch("before", "2026-01-02")])
    for view in ("view_request", "view_request_line", "view_decision", "view_share", "view_answer"):
        change(record.store, f"DROP TABLE {view}")
    record.close()
    record = place.open()
    asked = asking("asked", "2026-01-03")
    accept(record, [asked])
    with record.store.read() as snapshot:
        assert [one.entry for one in passages(snapshot)] == [dispatch("before", "2026-01-02").id, asked.id]
    assert audit(record.store).ok
    record.close()
