"""What the store and the record promise, on every database alike."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from ledger.audit import CannotRebuild, audit, rebuild
from ledger.domain.canonical import MAX_INTEGER
from ledger.domain.entries import GENESIS_PREV, Command
from ledger.domain.ids import derived_id, new_id
from ledger.domain.views import VERSION, VIEWS
from ledger.domain.violations import Refused
from ledger.record import Record, RecordProblem
from ledger.store.store import StoreProblem
from ledger.tlog.merkle import leaf_hash
from ledger.verify import verify_book
from tests.ledger.store import books
from tests.ledger.store.books import LOT, Place, command, issue, opening, query, quiet_day, registers


@pytest.fixture
def record(place: Place):
    with_stock = books.stocked(place, 1000)
    yield with_stock
    with_stock.close()


def view_rows(place: Place) -> dict[str, list[tuple]]:
    """Every row of every view, and the size that they are at."""
    store = place.store()
    rows = {view: sorted(query(store, f"SELECT * FROM {view}"), key=repr) for view in [*VIEWS, "view_state"]}
    store.close()
    return rows


def reversal(entry_id: str, name: str = "1") -> Command:
    own = derived_id("EntryReversed", name)
    return command("EntryReversed", name, {"reverses": entry_id, "reason": "other", "correction": own})


# appending ------------------------------------------------------------------------------------------------


def test_entries_form_one_chain_and_come_back_byte_for_byte(record: Record, place: Place):
    written = books.accept(record, [issue(f"{number}") for number in range(20)])
    again = place.open()
    stored = list(again.entries())
    assert stored[-20:] == [entry.data for entry in written]
    prev = GENESIS_PREV
    for index, data in enumerate(stored):
        envelope = json.loads(data)
        assert (envelope["index"], envelope["prev"]) == (index, prev)
        assert (again.entry(index) or written[0]).data == data
        assert again.find(envelope["id"]) == again.entry(index)
        prev = leaf_hash(data).hex()
    assert again.size == len(stored)
    assert again.entry(len(stored)) is None
    assert again.find(new_id()) is None
    assert list(again.entries(2, 5)) == stored[2:5]
    again.close()


def test_views_are_written_in_the_same_transaction(record: Record):
    record.write([issue("1", 7)])
    with record.store.read() as snapshot:
        assert snapshot.views_state() == (record.size, VERSION)
        assert snapshot.row("view_balance", (LOT, "usable", "D1", "")) == ("M", 993)
        assert snapshot.row("view_balance", (LOT, "issued", "D1", "")) == ("M", 7)
    assert audit(record.store).ok


def test_every_kind_is_audited_and_verified(place: Place):
    record = place.create()
    books.fill(record)
    record.checkpoint()
    assert audit(record.store).differences == []
    assert verify_book(record.folder, record.store).ok
    before = view_rows(place)
    assert rebuild(record.store) == record.size
    assert view_rows(place) == before
    record.close()


def test_chinese_text_and_the_greatest_integer_come_back(record: Record):
    name = {"zh": "外科口罩（灭菌型）\U00020000龘", "en": 'quote " backslash \\ / end'}
    body = {**registers()[3].body, "code": "X", "name": name}
    line = {"item": "X", "quantity": MAX_INTEGER, "lot_number": "批号-①", "expiry": "unmarked"}
    received = command("PurchaseReceived", "1", {
        "place": "D1", "funded_by": "budget", "amount_fen": MAX_INTEGER, "lines": [line, line],
    })  # fmt: skip
    _, entry = books.accept(record, [command("ItemRegistered", "X", body), received])
    assert "批号-①".encode() in entry.data
    with record.store.read() as snapshot:
        assert (snapshot.row("view_item", ("X",)) or ())[:2] == (name["zh"], name["en"])
        assert snapshot.row("view_balance", (f"{entry.id}#1", "to_inspect", "D1", "")) == ("X", MAX_INTEGER)
        assert snapshot.row("view_flow", ("X", "purchased", "D1", "D1", "received", "")) == (2 * MAX_INTEGER,)
    assert audit(record.store).ok


# idempotency ----------------------------------------------------------------------------------------------


def test_same_id_and_command_gives_the_first_answer(record: Record):
    (first,) = books.accept(record, [issue("1")])
    size = record.size
    again = record.write([issue("1"), issue("2"), issue("1"), issue("2")])
    assert [outcome.repeated for outcome in again] == [True, False, True, True]
    assert again[0].entry == again[2].entry == first
    assert again[1].entry is not None
    assert again[3].entry == again[1].entry
    assert record.size == size + 1


def test_same_id_and_another_command_is_a_conflict(record: Record, place: Place):
    (first,) = books.accept(record, [issue("1")])
    before = view_rows(place)
    changed = replace(issue("1", 2), id=first.id)
    (outcome,) = record.write([changed])
    assert (outcome.entry, outcome.repeated) == (None, False)
    assert Refused(outcome.violations).conflict
    assert str(first.index) in outcome.violations[0].message()
    assert view_rows(place) == before
    within = record.write([issue("2"), replace(issue("2", 5), id=issue("2").id)])
    assert within[0].entry is not None
    assert Refused(within[1].violations).conflict


@pytest.mark.parametrize("quantity", [True, 1.0, "1"])
def test_values_that_python_calls_equal_are_another_command(record: Record, quantity: object):
    books.accept(record, [issue("1", 1)])
    (outcome,) = record.write([issue("1", quantity)])  # type: ignore[arg-type]
    assert Refused(outcome.violations).conflict


def test_a_signature_is_no_part_of_the_compared_command(record: Record):
    books.accept(record, [issue("1")])
    signed = replace(issue("1"), sig={"alg": "ed25519", "key": "k", "value": "v"})
    assert record.write([signed])[0].repeated


# refusals -------------------------------------------------------------------------------------------------


def test_a_refused_command_does_not_fail_its_neighbours(record: Record):
    outcomes = record.write([issue("1"), issue("much", 5000), issue("2"), command("StockIssued", "bad", {})])
    assert [outcome.entry is not None for outcome in outcomes] == [True, False, True, False]
    assert [v.rule for v in outcomes[1].violations] == ["below_zero"]
    assert len(outcomes[3].violations) >= 3, "every violation at once"
    assert audit(record.store).ok


ODD = [
    {"id": ["a", "list"]},
    {"id": None},
    {"id": "\x00"},
    {"id": "\ud800"},
    {"kind": 7},
    {"kind": "\x00"},
    {"kind": "BookOpened"},
    {"body": None},
    {"body": "text"},
    {"body": {"place": "\x00", "purpose": "clinic", "lines": []}},
    {"body": {"place": "D1", "purpose": "clinic", "lines": [{"lot": "\ud800#0", "quantity": 1}]}},
    {"actor": {"role": "system", "place": "\x00"}},
    {"actor": {"role": "system", "place": "\ud800"}},
    {"actor": None},
    {"occurred_at": "yesterday"},
    {"occurred_at": 5},
    {"sig": "\x00"},
]


def test_odd_commands_are_refused_alone(record: Record):
    for number, odd in enumerate(ODD):
        size, bad = record.size, replace(issue("odd"), **odd)
        outcomes = record.write([issue(f"before{number}"), bad, issue(f"after{number}")])
        assert [outcome.entry is not None for outcome in outcomes] == [True, False, True], odd
        assert all(violation.message() for violation in outcomes[1].violations)
        with pytest.raises(Refused):
            record.write_together([issue("third"), bad])
        assert record.size == size + 2
    assert audit(record.store).ok


def test_a_total_that_no_column_holds_is_told_and_nothing_is_written(record: Record, place: Place):
    """300 lines of 2^53-1 each: the fourth such entry would bring the item's total beyond 64 bits."""
    line = {"item": "K", "quantity": MAX_INTEGER}
    heap = {"place": "D1", "lines": [line] * 300}
    books.accept(record, [command("StockOpened", f"heap{number}", heap) for number in range(3)])
    before = view_rows(place)
    with pytest.raises(RecordProblem, match="cannot hold"):
        record.write([command("StockOpened", "heap3", heap)])
    assert view_rows(place) == before
    books.accept(record, [issue("1")])
    assert audit(record.store).ok


# written together -----------------------------------------------------------------------------------------


def test_a_correction_is_written_whole_or_not_at_all(record: Record, place: Place):
    (wrong,) = books.accept(record, [issue("wrong", 1000)])
    undo = reversal(wrong.id)
    right = replace(issue("right", 40), body={**issue("right", 40).body, "correction": undo.id})
    before = view_rows(place)
    much = replace(issue("much", 1001), body={**issue("much", 1001).body, "correction": undo.id})
    with pytest.raises(Refused, match="1 more"):
        record.write_together([undo, much])
    assert view_rows(place) == before
    # and nothing of it is left in memory: the stock is still at zero, the entry not yet reversed
    assert [v.rule for v in record.write([issue("none", 1)])[0].violations] == ["below_zero"]
    first, second = record.write_together([undo, right])
    assert second.index == first.index + 1
    with record.store.read() as snapshot:
        assert snapshot.row("view_balance", (LOT, "usable", "D1", "")) == ("M", 960)
    assert record.write_together([undo, right]) == [first, second], "sent again: the first answer"
    assert audit(record.store).ok


def test_stock_may_be_below_zero_between_entries_of_one_correction(record: Record):
    """The lot's receipt is corrected while its goods are already issued."""
    (opened, _) = (record.find(opening(1000).id), books.accept(record, [issue("1", 900)]))
    assert opened is not None
    undo = reversal(opened.id)
    line = {"item": "M", "quantity": 950, "lot_number": "甲-1", "expiry": "2027-06-30"}
    again = command("StockOpened", "again", {"place": "D1", "lines": [line], "correction": undo.id})
    with pytest.raises(Refused, match="900"):
        record.write_together([undo, again])  # the issue still stands on the old lot
    first = reversal(issue("1").id, "2")
    undo = replace(undo, body={**undo.body, "correction": first.id})
    again = replace(again, body={**again.body, "correction": first.id})
    body = {
        **issue("2", 900).body,
        "lines": [{"lot": f"{again.id}#0", "quantity": 900}],
        "correction": first.id,
    }
    entries = record.write_together([first, undo, again, replace(issue("2"), body=body)])
    assert len(entries) == 4
    assert audit(record.store).ok


def test_entries_that_are_not_one_correction_are_refused_together(record: Record, place: Place):
    (wrong,) = books.accept(record, [issue("wrong")])
    undo, before = reversal(wrong.id), view_rows(place)
    for commands in (
        [issue("1"), issue("1")],  # one id twice
        [undo, issue("1")],  # only some name the correction
        [issue("1"), reversal(wrong.id)],
        [replace(undo, id=derived_id("x"))],  # the correction is not the first entry's id
    ):
        with pytest.raises(Refused) as refused:
            record.write_together(commands)
        assert str(refused.value).partition(":")[0] in ("id", "correction")
    books.accept(record, [issue("2")])
    with pytest.raises(Refused, match="is new, but others"):
        record.write_together([issue("2"), issue("3")])
    with pytest.raises(Refused) as refused:
        record.write_together([replace(issue("2", 9), id=issue("2").id), issue("3")])
    assert refused.value.conflict
    assert record.write_together([]) == []
    assert audit(record.store).ok
    assert view_rows(place) != before


# readers, rebuilders, other writers -----------------------------------------------------------------------


def test_a_reader_keeps_its_snapshot_while_others_write(record: Record):
    size = record.size
    with record.store.read() as snapshot:
        assert snapshot.size() == size
        books.accept(record, [issue("1")])
        rebuild(record.store)
        assert snapshot.size() == size
        assert snapshot.views_state() == (size, VERSION)
        assert snapshot.row("view_balance", (LOT, "usable", "D1", "")) == ("M", 1000)
    assert record.size == size + 1


def test_rebuild_while_others_write(record: Record, place: Place):
    stop, failures = threading.Event(), []

    def keep_writing() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            lines = [{"item": "K", "quantity": number}]
            opened = command("StockOpened", f"w{number}", {"place": "D1", "lines": lines})
            failures.extend(record.write([opened])[0].violations)

    writer = threading.Thread(target=keep_writing)
    writer.start()
    other = place.store()
    for _ in range(3):
        rebuild(other)
        assert audit(other).ok
    stop.set()
    writer.join()
    other.close()
    assert failures == []
    assert audit(record.store).ok


def test_rebuild_mends_views_and_writers_take_up_the_mended_rows(record: Record, place: Place):
    books.accept(record, [issue("1", 10)])  # the record now keeps the lot's rows in memory
    record.writer._book = None
    books.change(record.store, "UPDATE view_balance SET quantity = ? WHERE account = 'usable'", 5)
    assert not audit(record.store).ok
    assert record.write([issue("2", 6)])[0].entry is None, "rules read the views; these say 5"
    other = place.store()
    rebuild(other)
    other.close()
    books.accept(record, [issue("2", 6)])
    assert audit(record.store).ok


def test_rebuild_makes_the_tables_of_this_version_from_those_of_another(record: Record, place: Place):
    before = view_rows(place)
    for sql in (
        "DROP TABLE view_author_key", "ALTER TABLE view_gift DROP COLUMN commitment",
        "UPDATE view_state SET version = version - 1",
    ):  # fmt: skip
        books.change(record.store, sql)
    with pytest.raises(RecordProblem, match="mingzhang rebuild"):
        record.write([issue("1")])
    rebuild(record.store)
    assert view_rows(place) == before
    assert audit(record.store).ok
    books.accept(record, [issue("1")])


def test_rebuild_refuses_entries_that_it_cannot_fold(record: Record, place: Place):
    before = view_rows(place)
    later = command("LotRecalled", "1", {"place": "C1"})
    books.chain_on(record.store, [later], "2026-02-01T00:00:00.000Z")
    with pytest.raises(CannotRebuild, match=f"entry {record.size - 1}: a kind that this version"):
        rebuild(record.store)
    assert view_rows(place) == before
    with pytest.raises(RecordProblem, match="mingzhang rebuild"):
        record.write([issue("1")])


@pytest.mark.parametrize("sql", ["UPDATE view_state SET version = ?", "UPDATE view_state SET size = ?"])
def test_nothing_is_written_on_views_of_another_size_or_version(record: Record, place: Place, sql: str):
    size = record.size
    books.change(record.store, sql, 3)
    again = place.open()
    with pytest.raises(RecordProblem, match="mingzhang rebuild"):
        again.write([issue("1")])
    rebuild(again.store)
    books.accept(again, [issue("1")])
    assert again.size == size + 1
    again.close()


def test_a_record_notices_what_another_wrote(record: Record, place: Place):
    other = place.open()
    for number in range(6):
        books.accept([record, other][number % 2], [issue(f"{number}", 100)])
    assert [v.rule for v in other.write([issue("much", 401)])[0].violations] == ["below_zero"]
    assert record.write([issue("0", 100)])[0].repeated
    assert other.write([issue("5", 100)])[0].repeated
    books.accept(other, [issue("rest", 400)])
    assert [v.rule for v in record.write([issue("none")])[0].violations] == ["below_zero"]
    assert record.size == other.size
    assert audit(other.store).ok
    other.close()


def test_sixteen_threads_share_transactions(record: Record, place: Place):
    size, commits = record.size, 0
    writing = record.store.write

    def counted():  # the real writer, counted
        nonlocal commits
        commits += 1
        return writing()

    record.store.write = counted  # type: ignore[method-assign]
    barrier = threading.Barrier(16)

    def work(number: int) -> list[bool]:
        barrier.wait()
        return [
            outcome.entry is not None
            for turn in range(10)
            for outcome in record.write([issue(f"{number}-{turn}"), issue(f"{number}-{turn}-much", 9999)])
        ]

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(work, range(16)))
    assert answers == [[True, False] * 10] * 16
    assert record.size == size + 160
    assert commits < 160, "waiting commands go into one transaction"
    assert audit(record.store).ok


def test_what_fails_one_piece_of_work_does_not_fail_the_others(record: Record):
    """The heap's total fits no column: its transaction fails, those that waited with it are written alone."""
    line = {"item": "K", "quantity": MAX_INTEGER}
    heap = {"place": "D1", "lines": [line] * 300}
    books.accept(record, [command("StockOpened", f"heap{number}", heap) for number in range(3)])
    work = [[issue("1")], [command("StockOpened", "heap3", heap)], [issue("2")], [issue("3")]]
    with ThreadPoolExecutor(5) as pool:
        with record.store.write():
            waiting = [pool.submit(record.write, [issue("holds the turn")])]
            while not record.writer._turn.locked():
                time.sleep(0.001)
            waiting += [pool.submit(record.write, commands) for commands in work]
            while len(record.writer._waiting) < len(work):
                time.sleep(0.001)
        results = [future.exception() for future in waiting]
    assert [type(result) for result in results] == [type(None), type(None), RecordProblem, *[type(None)] * 2]
    assert audit(record.store).ok


# making and opening ---------------------------------------------------------------------------------------


def test_a_second_book_is_not_made_over_the_first(record: Record, place: Place, new_place):
    size, keys = record.size, (record.folder.signer_file.read_bytes(), record.folder.vkey_file.read_bytes())
    with pytest.raises(RecordProblem, match="already holds a book"):
        place.create()
    record.folder.vkey_file.unlink()  # even when the folder has lost its public key
    with pytest.raises(RecordProblem, match="already holds a book"):
        place.create()
    assert record.folder.signer_file.read_bytes() == keys[0]
    assert record.size == size


def test_two_that_make_a_book_at_once(place: Place, new_place: Callable[[str], Place]):
    """From one folder, or on PostgreSQL from two: one book comes out, and only its maker's keys."""
    homes = [place.home, place.home] if place.url is None else [place.home / "a", place.home / "b"]
    barrier = threading.Barrier(2)

    def make(number: int) -> Record | RecordProblem:
        barrier.wait()
        try:
            return Place(homes[number], place.url).create(origin=f"example.org/{number}", signer=None)
        except RecordProblem as problem:
            return problem

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(make, range(2)))
    records = [one for one in made if isinstance(one, Record)]
    assert len(records) == 1, made
    (record,) = records
    assert record.size == 1
    assert str(record.folder.signer().verifier) == record.facts.vkey
    record.checkpoint()
    assert verify_book(record.folder, record.store).ok
    loser = homes[1 - made.index(record)]
    assert loser == record.home or not (loser / "log.vkey").exists()
    record.close()


def test_what_cannot_be_opened_is_told_in_one_sentence(record: Record, place: Place, new_place):
    with pytest.raises(RecordProblem) as told:
        new_place("none").open()
    assert "\n" not in str(told.value)
    books.change(record.store, "UPDATE entries SET data = ? WHERE entry_index = 0", b"[]")
    with pytest.raises(RecordProblem, match="mingzhang verify"):
        place.open()
    books.change(record.store, "DELETE FROM entries WHERE entry_index = ?", 0)
    with pytest.raises(RecordProblem, match="no entry 0"):
        place.open()


def test_recorded_at_is_given_to_books_with_their_own_clock_only(record: Record, new_place):
    later = "2026-03-01T00:00:00.000Z"
    (outcome,) = record.write([issue("1")], [later])
    assert outcome.entry is not None
    assert outcome.entry.recorded_at == later
    back = record.write([issue("2"), issue("3")], ["2026-02-01T00:00:00.000Z", later])
    assert [one.entry is not None for one in back] == [False, True], "it never goes back"
    for moments in ([], [later, later], ["2026-03-01"]):
        with pytest.raises(ValueError, match=r"recorded_at|instant"):
            record.write([issue("4")], moments)
    live = new_place("live").create("live")
    with pytest.raises(ValueError, match="live"):
        live.write([quiet_day("1")], [later])
    live.close()


def test_private_parties_are_kept_beside_the_log(record: Record):
    size = record.size
    record.register_private_party("P1", books.SALT, books.PERSON)
    assert record.size == size
    assert audit(record.store).ok
    record.register_private_party("P1", books.SALT, {"name": "他人"})
    (difference,) = audit(record.store).differences
    assert (difference.view, difference.key) == ("private_party", {"party": "P1"})


def test_a_failed_transaction_leaves_the_record_usable(record: Record):
    """The database refuses in the middle of writing: nothing is written, and the next command is."""
    size = record.size
    books.change(record.store, "ALTER TABLE view_posting RENAME TO view_elsewhere")
    with pytest.raises(RecordProblem, match="view_posting"):
        record.write([quiet_day("1"), issue("1")])
    books.change(record.store, "ALTER TABLE view_elsewhere RENAME TO view_posting")
    assert record.size == size
    books.accept(record, [issue("1")])
    assert audit(record.store).ok


def test_a_closed_database_is_told(place: Place):
    with pytest.raises(StoreProblem):
        Place(place.home / "missing", place.url).store()
