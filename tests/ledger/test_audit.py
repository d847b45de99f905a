"""Whatever is changed in a view, `audit` names the view and the row; `rebuild` mends it."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.audit import CannotRebuild, Difference, audit, rebuild
from ledger.domain import canonical
from ledger.domain.entries import Command
from ledger.domain.gifts import gift_code
from ledger.domain.ids import derived_id
from ledger.domain.views import VERSION, VIEWS
from ledger.store.store import Store
from tests.ledger.signing import TestKey
from tests.ledger.store import books
from tests.ledger.store.books import ACTOR, Place, change, command, issue, query

SOAK = os.environ.get("MZ_HYPOTHESIS") == "soak"
LATER = "2026-02-01T00:00:00.000Z"
COLUMNS = [(view.name, column) for view in VIEWS.values() for column in [*view.key, *view.values]]


@pytest.fixture(scope="module")
def store(made_once: Callable, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A book of every kind, which each test leaves as it was."""
    made = made_once("every-kind", lambda home: books.make_every_kind(home, published=False))
    store = Store(shutil.copytree(made, tmp_path_factory.mktemp("audit") / "book"))
    yield store
    store.close()


@pytest.fixture
def fresh(made_once: Callable, tmp_path: Path) -> Iterator[Store]:
    made = made_once("every-kind", lambda home: books.make_every_kind(home, published=False))
    store = Store(shutil.copytree(made, tmp_path / "book"))
    yield store
    store.close()


def stored_rows(store: Store, view: str) -> list[dict[str, Any]]:
    names = [*VIEWS[view].key, *VIEWS[view].values]
    rows = query(store, f"SELECT {', '.join(names)} FROM {view} ORDER BY {', '.join(VIEWS[view].key)}")
    return [dict(zip(names, row, strict=True)) for row in rows]


def other(value: object, kind: type) -> object:
    """A value of the column that is not this one."""
    if kind is bool:
        return not value
    if kind is int:
        return 1 if value is None else int(str(value)) + 1000
    return f"{value or ''}x"


def key_of(view: str, row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in VIEWS[view].key}


def edit(store: Store, view: str, row: dict[str, Any], changes: dict[str, object]) -> None:
    """Change columns of one row."""
    where = " AND ".join(f"{name} = ?" for name in VIEWS[view].key)
    sets = ", ".join(f"{name} = ?" for name in changes)
    change(store, f"UPDATE {view} SET {sets} WHERE {where}", *changes.values(), *key_of(view, row).values())


def delete(store: Store, view: str, row: dict[str, Any]) -> None:
    where = " AND ".join(f"{name} = ?" for name in VIEWS[view].key)
    change(store, f"DELETE FROM {view} WHERE {where}", *key_of(view, row).values())


def insert(store: Store, view: str, row: dict[str, Any]) -> None:
    marks = ", ".join("?" * len(row))
    change(store, f"INSERT INTO {view} ({', '.join(row)}) VALUES ({marks})", *row.values())


def places(store: Store) -> list[tuple[str, dict[str, Any]]]:
    return [(difference.view, difference.key) for difference in audit(store).differences]


def some(rows: list[dict[str, Any]], seed: str, most: int = 1) -> list[dict[str, Any]]:
    """A seeded sample in an ordinary run, all of them in a soak."""
    return rows if SOAK else random.Random(seed).sample(rows, min(most, len(rows)))


def test_an_untouched_book_passes_and_every_view_holds_rows(store: Store):
    found = audit(store)
    assert (found.ok, found.differences) == (True, [])
    assert [view for view in VIEWS if not stored_rows(store, view)] == []


@pytest.mark.parametrize("view", VIEWS)
def test_any_column_of_any_row_changed(store: Store, view: str):
    kinds = VIEWS[view].key | VIEWS[view].values
    for column in kinds:
        for row in some(stored_rows(store, view), f"{view}.{column}"):
            changed = row | {column: other(row[column], kinds[column])}
            edit(store, view, row, {column: changed[column]})
            found = places(store)
            edit(store, view, changed, {column: row[column]})
            keys = (
                [key_of(view, changed), key_of(view, row)]
                if column in VIEWS[view].key
                else [key_of(view, row)]
            )
            assert sorted(found, key=repr) == sorted(((view, key) for key in keys), key=repr), (column, row)
    assert audit(store).ok


@pytest.mark.parametrize("view", VIEWS)
def test_a_value_taken_away_is_a_difference(store: Store, view: str):
    for column in VIEWS[view].values:
        for row in some([row for row in stored_rows(store, view) if row[column] is not None], column):
            edit(store, view, row, {column: None})
            (difference,) = audit(store).differences
            edit(store, view, row, {column: row[column]})
            assert difference.stored[column] is None
            assert difference.rebuilt[column] == row[column]


@pytest.mark.parametrize("view", VIEWS)
def test_any_row_deleted_or_added(store: Store, view: str):
    kinds = VIEWS[view].key
    for row in some(stored_rows(store, view), view, 2):
        delete(store, view, row)
        (difference,) = audit(store).differences
        assert (difference.view, difference.key, difference.stored) == (view, key_of(view, row), None)
        insert(store, view, row)
        column = list(kinds)[-1]
        added = row | {column: other(row[column], kinds[column])}
        insert(store, view, added)
        (difference,) = audit(store).differences
        assert (difference.view, difference.key, difference.rebuilt) == (view, key_of(view, added), None)
        delete(store, view, added)
    assert audit(store).ok


@pytest.mark.parametrize("column", ["size", "version", "id"])
def test_the_state_of_the_views(store: Store, column: str):
    size = audit(store).size
    change(store, f"UPDATE view_state SET {column} = {column} + ?", 1)
    (difference,) = audit(store).differences
    change(store, f"UPDATE view_state SET {column} = {column} - ?", 1)
    assert (difference.view, difference.rebuilt) == ("view_state", {"size": size, "version": VERSION})
    assert audit(store).ok


def test_a_state_that_is_gone_or_doubled(fresh: Store):
    change(fresh, "INSERT INTO view_state (id, size, version) SELECT ?, size, version FROM view_state", 1)
    assert places(fresh) == [("view_state", {"id": 0})]
    change(fresh, "DELETE FROM view_state")
    assert places(fresh) == [("view_state", {"id": 0})]
    rebuild(fresh)
    assert audit(fresh).ok


def test_rows_doubled_in_a_table_without_a_key(fresh: Store):
    change(fresh, "ALTER TABLE view_balance RENAME TO kept")
    change(fresh, "CREATE TABLE view_balance AS SELECT * FROM kept UNION ALL SELECT * FROM kept")
    rows = len(stored_rows(fresh, "view_balance"))
    assert len(audit(fresh).differences) == rows // 2


@pytest.mark.parametrize("value", ["12", 12.0, 12.5, b"12", "x", 2**62, -1])
def test_values_of_another_type(store: Store, value: object):
    """What SQLite turns into the same number is the same row; all else is a difference that can be told."""
    row = next(row for row in stored_rows(store, "view_balance") if row["account"] == "usable")
    edit(store, "view_balance", row, {"quantity": 12})
    as_number = audit(store).differences
    edit(store, "view_balance", row, {"quantity": value})
    found = audit(store).differences
    edit(store, "view_balance", row, {"quantity": row["quantity"]})
    (difference,) = found
    assert (found == as_number) == (value in ("12", 12.0))
    assert difference.rebuilt == {"item": row["item"], "quantity": row["quantity"]}


def test_rebuild_mends_every_view(fresh: Store):
    before = {view: stored_rows(fresh, view) for view in VIEWS}
    for view in VIEWS:
        change(fresh, f"DELETE FROM {view}")
    assert not audit(fresh).ok
    rebuild(fresh)
    assert audit(fresh).ok
    assert {view: stored_rows(fresh, view) for view in VIEWS} == before


def test_views_are_audited_on_postgres_too(tmp_path: Path, postgres_url: str):
    record = Place(tmp_path, postgres_url).create()
    books.fill(record)
    assert audit(record.store).ok
    for view, column in COLUMNS:
        row, kinds = stored_rows(record.store, view)[-1], VIEWS[view].key | VIEWS[view].values
        changed = row | {column: other(row[column], kinds[column])}
        edit(record.store, view, row, {column: changed[column]})
        assert (view, key_of(view, row)) in places(record.store), (view, column)
        edit(record.store, view, changed, {column: row[column]})
    assert audit(record.store).ok
    record.close()


# entries that break a rule --------------------------------------------------------------------------------


def of_entries(store: Store) -> list[Difference]:
    return [difference for difference in audit(store).differences if difference.view == "entries"]


def last_index(store: Store) -> int:
    return audit(store).size - 1


def test_an_entry_that_no_rule_would_have_let_in(fresh: Store):
    books.chain_on(fresh, [issue("much", 10**9)], LATER)
    (difference,) = of_entries(fresh)
    assert (difference.key, difference.stored) == ({"entry_index": last_index(fresh)}, "StockIssued")
    assert "more" in difference.rebuilt


@pytest.mark.parametrize(
    "odd",
    [
        {"kind": ["StockIssued"]},
        {"kind": None},
        {"id": "x"},
        {"body": []},
        {"actor": {}},
        {"v": 2},
        {"more": 1},
    ],
)
def test_an_entry_of_an_odd_form(fresh: Store, odd: dict):
    books.chain_on(fresh, [issue("odd")], LATER)
    index = last_index(fresh)
    with fresh.read() as snapshot:
        envelope = canonical.decode(snapshot.entry_bytes(index) or b"")
    change(
        fresh, "UPDATE entries SET data = ? WHERE entry_index = ?", canonical.encode(envelope | odd), index
    )
    (difference,) = of_entries(fresh)
    assert difference.key == {"entry_index": index}
    assert difference.rebuilt


@pytest.mark.parametrize("data", [b"", b"\xff", b"null", b"[]", b"1" * 5000, b"[" * 40000, b'{"a":1}'])
def test_bytes_that_are_no_entry(fresh: Store, data: bytes):
    index = last_index(fresh)
    change(fresh, "UPDATE entries SET data = ? WHERE entry_index = ?", data, index)
    (difference,) = of_entries(fresh)
    assert (difference.key, difference.stored) == ({"entry_index": index}, "unreadable")


def test_an_entry_missing_or_moved(fresh: Store):
    change(fresh, "UPDATE entries SET entry_index = ? WHERE entry_index = 20", 500)
    found = {difference.key["entry_index"]: difference for difference in of_entries(fresh)}
    assert found[20].stored is None
    assert "another index" in found[500].rebuilt


def correction(*parts: Command) -> list[Command]:
    first = parts[0].id
    return [Command(p.kind, p.id, p.occurred_at, ACTOR, {**p.body, "correction": first}) for p in parts]


def test_a_correction_that_ends_the_log_below_zero(fresh: Store):
    books.chain_on(fresh, correction(issue("much", 10**9), issue("more", 1)), LATER)
    (difference,) = of_entries(fresh)
    assert (difference.key, difference.stored) == ({"entry_index": last_index(fresh)}, "correction")
    assert "below zero" in difference.rebuilt


def test_a_correction_that_does_not_name_its_first_entry(fresh: Store):
    undo = {
        "reverses": derived_id("StockOpened", "shelf"),
        "reason": "other",
        "correction": derived_id("else"),
    }
    books.chain_on(fresh, [command("EntryReversed", "x", undo)], LATER)
    differences = of_entries(fresh)
    assert [difference.key for difference in differences] == [{"entry_index": last_index(fresh)}]
    assert "not the first" in differences[0].rebuilt


AUTHOR = TestKey("author", books.ORIGIN)


def by_author(name: str) -> Command:
    """A quiet day that C1 tells and signs."""
    actor = {"role": "center_lead", "place": "C1"}
    return AUTHOR.signed(replace(books.quiet_day(name), actor=actor))


def test_a_signature_forged_behind_the_back(fresh: Store):
    """The operator writes an entry in a center's name: with the center's last signature, with none of its
    keys, or by changing what the center had signed. Chain and tree would fit; the rules do not."""
    books.chain_on(fresh, [command("KeyEnrolled", "author", AUTHOR.enrolled("C1")), by_author("true")], LATER)
    rebuild(fresh)
    assert of_entries(fresh) == []
    true, thief = by_author("true"), TestKey("thief", books.ORIGIN)
    forged = [
        replace(by_author("forged 1"), sig=true.sig),
        thief.signed(replace(by_author("forged 2"), sig=None)),
        replace(by_author("forged 3"), body={**true.body, "day": "2026-01-09"}),
        replace(by_author("forged 4"), occurred_at="2026-01-04"),
    ]
    books.chain_on(fresh, forged, LATER)
    told = {difference.key["entry_index"]: difference.rebuilt for difference in of_entries(fresh)}
    size = last_index(fresh) + 1
    assert list(told) == list(range(size - 4, size))
    assert [text.partition(":")[0] for text in told.values()] == [
        "sig.value", "sig.key", "sig.value", "sig.value",
    ]  # fmt: skip
    with pytest.raises(CannotRebuild, match=f"entry {size - 4}: sig.value"):
        rebuild(fresh)


def test_what_is_kept_about_a_party_must_fit_its_commitment(fresh: Store):
    for sql, value in (
        ("UPDATE private_party SET data = ?", '{"name":"他人"}'),
        ("UPDATE private_party SET salt = ?", "00" * 32),
        ("UPDATE private_party SET salt = ?", "not hex"),
        ("UPDATE private_party SET data = ?", "not json"),
    ):
        change(fresh, sql, value)
        assert places(fresh) == [("private_party", {"party": "P1"})], value
        with fresh.write() as writing:
            writing.put_private_parties([("P1", books.SALT, canonical.encode(books.PERSON).decode())])
    change(fresh, "UPDATE private_party SET party = ?", "P2")
    assert places(fresh) == [("private_party", {"party": "P2"})]
    change(fresh, "DELETE FROM private_party")
    assert audit(fresh).ok, "who was erased is not missed"


def test_what_is_kept_about_a_gift_must_fit_its_commitment(fresh: Store):
    """The gift of the small book commits to nothing, so nothing kept about it can fit."""
    details = canonical.encode(books.PERSON).decode()
    with fresh.write() as writing:
        writing.put_private_gifts([(gift_code(2026, 1), books.SALT, details)])
    assert places(fresh) == [("private_gift", {"gift": gift_code(2026, 1)})]
    change(fresh, "UPDATE private_gift SET salt = ?", "not hex")
    assert places(fresh) == [("private_gift", {"gift": gift_code(2026, 1)})]
    change(fresh, "UPDATE private_gift SET gift = ?", "no such gift")
    assert places(fresh) == [("private_gift", {"gift": "no such gift"})]
    change(fresh, "DELETE FROM private_gift")
    assert audit(fresh).ok


def test_progress_is_told(fresh: Store):
    told: list[tuple[int, int]] = []
    audit(fresh, lambda done, total: told.append((done, total)))
    assert told[0] == (0, last_index(fresh) + 1)
