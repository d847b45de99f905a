"""What forecasting reads of the ledger, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import date

from dashboard.forecasts.pieces import Cutter, Parameters
from forecast.series.demand import DayState
from ledger.domain.entries import Command
from ledger.store.series import (
    ExpiredStock,
    active_days,
    centers,
    daily_rows,
    expired_stock,
    response_days,
    response_levels,
    shut_days,
)
from tests.ledger.store.books import Place, accept, command, quiet_day, registers


def shelf(name: str, quantity: int, expiry: str) -> Command:
    line = {"item": "M", "quantity": quantity, "lot_number": name, "expiry": expiry}
    return command("StockOpened", name, {"place": "C1", "lines": [line]}, "2026-01-02")


def taken(kind: str, name: str, lot: Command, quantity: int, day: str, **more: str) -> Command:
    lines = [{"lot": f"{lot.id}#0", "quantity": quantity}]
    return command(kind, name, {"place": "C1", "lines": lines, **more}, day)


OLD, GOOD = shelf("old", 100, "2026-01-05"), shelf("good", 9, "2027-06-30")


def expiring_book() -> list[Command]:
    """100 masks to the 5th, 30 of them used by then; on the 8th 40 of what expired are written off."""
    return [
        *registers(), OLD, GOOD,
        taken("StockIssued", "a", OLD, 30, "2026-01-04", purpose="clinic"),
        taken("StockIssued", "b", GOOD, 9, "2026-01-06", purpose="clinic"),
        taken("StockWrittenOff", "c", OLD, 40, "2026-01-08", reason="expired"),
        *(quiet_day(f"2026-01-{day:02}", f"2026-01-{day:02}") for day in (3, 5, 7, 9)),
    ]  # fmt: skip


def test_stock_that_expired_is_known_from_the_day_after_until_it_is_written_off(place: Place) -> None:
    record = place.create()
    accept(record, expiring_book())
    with record.store.read() as snapshot:
        assert expired_stock(snapshot, "2026-01-10") == [
            ExpiredStock("C1", "M", "2026-01-06", 70),
            ExpiredStock("C1", "M", "2026-01-08", -40),
        ]
        assert expired_stock(snapshot, "2026-01-05") == []  # to the end of its last day it can be used
        assert centers(snapshot) == ["C1"]
        assert daily_rows(snapshot, ["D1"]) == []
        rows = daily_rows(snapshot, ["C1", "D1"])
        assert [(row.day, row.issued, row.usable_change) for row in rows] == [
            ("2026-01-02", 0, 109), ("2026-01-04", 30, -30), ("2026-01-06", 9, -9), ("2026-01-08", 0, -40),
        ]  # fmt: skip
        assert {"2026-01-03", "2026-01-07"} <= active_days(snapshot, ["C1"])["C1"]
    record.close()


def test_a_shelf_of_expired_goods_is_empty(place: Place) -> None:
    """On the 6th the last good ones went; 70 expired ones lie there, and nobody can be given any."""
    record = place.create()
    accept(record, expiring_book())
    with record.store.read() as snapshot:
        cutter = Cutter(snapshot, snapshot.size(), date(2026, 1, 10), Parameters())
        (request,) = cutter.sample()
    record.close()
    told = dict(
        zip(range(2, 10), zip(request.series.demand, request.series.states, strict=True), strict=True)
    )
    assert told[4] == (30, DayState.OBSERVED)
    assert told[6] == (9, DayState.CENSORED)
    assert {told[day] for day in (7, 8, 9)} == {(0, DayState.MISSING)}
    assert (request.interval.review_days, request.interval.lead_time_days()) == (14, 7.0)


def test_a_measured_lead_time_takes_the_place_of_the_setting(place: Place) -> None:
    record = place.create()
    stock = command("StockOpened", "depot", {"place": "D1", "lines": [
        {"item": "M", "quantity": 90, "lot_number": "B", "expiry": "2027-06-30"}]})  # fmt: skip
    commands = [*registers(), stock]
    for start, days in ((2, 3), (3, 5), (4, 4)):
        lines = [{"lot": f"{stock.id}#0", "quantity": 10}]
        sent = command("TransferDispatched", f"s{start}", {"from": "D1", "to": "C1", "lines": lines},
                       f"2026-01-{start:02}")  # fmt: skip
        body = {"place": "C1", "dispatch": sent.id, "lines": lines}
        commands += [sent, command("TransferReceived", f"r{start}", body, f"2026-01-{start + days:02}")]
    accept(record, commands)
    with record.store.read() as snapshot:
        (request,) = Cutter(snapshot, snapshot.size(), date(2026, 1, 20), Parameters()).sample()
    record.close()
    assert request.interval.lead_time_days() == 4.0
    lengths, chances = request.interval.durations()
    assert dict(zip(lengths.tolist(), chances.round(2).tolist(), strict=True)) == {
        17: 0.33,
        18: 0.34,
        19: 0.33,
    }


def test_an_item_that_arrived_today_is_answered_and_not_dropped(place: Place) -> None:
    record = place.create()
    accept(record, [*registers(), GOOD])
    with record.store.read() as snapshot:
        (request,) = Cutter(snapshot, snapshot.size(), date(2026, 1, 2), Parameters()).sample()
    record.close()
    assert (request.key, request.series.days) == ("C1|M", 0)


def stated(kind: str, day: str, **body: object) -> Command:
    return command(kind, f"{day} {sorted(body.items())}", dict(body), day)


def test_a_sealed_day_is_missing_unless_goods_moved_and_a_response_is_marked(place: Place) -> None:
    """Sealed from the 3rd, though somebody confirms the 3rd and issues on the 4th; open from the 5th."""
    record = place.create()
    district = {"code": "9901", "kind": "district", "name": {"en": "D"}, "admin_code": "990100"}
    center = {"code": "C1", "kind": "center", "name": {"en": "C"}, "parent": "9901"}
    accept(record, [
        *registers(), GOOD, command("PlaceRegistered", "9901", district),
        command("PlaceRegistered", "C1 again", center),
        taken("StockIssued", "a", GOOD, 3, "2026-01-04", purpose="clinic"),
        *(quiet_day(f"2026-01-{day:02}", f"2026-01-{day:02}") for day in (3, 5, 6, 7)),
        stated("PlaceStatusSet", "2026-01-05", place="C1", status="closed"),
        stated("PlaceStatusSet", "2026-01-05", place="C1", status="open"),  # the closing was an error
        stated("PlaceStatusSet", "2026-01-03", place="C1", status="sealed"),  # told late
        stated("ResponseLevelRecorded", "2026-01-04", area="990000", level=2),
        stated("ResponseLevelRecorded", "2026-01-05", area="9901", level=1),
        stated("ResponseLevelRecorded", "2026-01-06", area="9901", level=0),
        stated("ResponseLevelRecorded", "2026-01-07", area="990000", level=0),
        stated("ResponseLevelRecorded", "2026-01-02", area="880000", level=1),
    ])  # fmt: skip
    with record.store.read() as snapshot:
        assert shut_days(snapshot, ["C1", "D1"], "2026-01-09") == {"C1": {"2026-01-03", "2026-01-04"}}
        assert shut_days(snapshot, ["C1"], "2026-01-02") == {"C1": set()}, "nothing was shut yet"
        days = {"2026-01-04", "2026-01-05", "2026-01-06"}
        assert response_days(snapshot, ["C1", "D1"], "2026-01-09") == {"C1": days}
        levels = [response_levels(snapshot, ["C1", "D1"], f"2026-01-0{day}") for day in range(3, 8)]
        assert levels == [{}, {"C1": 2}, {"C1": 1}, {"C1": 2}, {}]
        (request,) = Cutter(snapshot, snapshot.size(), date(2026, 1, 8), Parameters()).sample()
        (kept,) = [row for key, row in snapshot.rows("view_place") if key == ("C1",)]
        assert kept[8] == "open"
    record.close()
    states = dict(zip(range(2, 8), request.series.states, strict=True))
    assert (states[3], states[4], states[5]) == (DayState.MISSING, DayState.OBSERVED, DayState.OBSERVED)
    assert request.series.demand[2] == 3
    assert request.series.response == (False, False, True, True, True, False)
