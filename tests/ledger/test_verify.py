"""Whatever is changed in a published book's entries, or in what was published, `verify` names the place."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.audit import audit
from ledger.domain import canonical
from ledger.domain.entries import write
from ledger.domain.ids import new_id
from ledger.home import Home
from ledger.published.reading import verify_base
from ledger.published.writing import PublishedLog
from ledger.record import Record, RecordProblem
from ledger.store.store import Store
from ledger.tlog.merkle import leaf_hash
from ledger.tlog.note import Signer
from ledger.tlog.verdict import Verdict
from ledger.verify import verify_book
from tests.ledger.published.logs import reader
from tests.ledger.store import books
from tests.ledger.store.books import ORIGIN, Place, change, issue, query, quiet_day

SOAK = os.environ.get("MZ_HYPOTHESIS") == "soak"
MORE = 280  # quiet days after the entries of every kind, so that the log has a full tile and a partial one
SET_DATA = "UPDATE entries SET data = ? WHERE entry_index = ?"
SET_BOTH = "UPDATE entries SET data = ?, entry_id = ? WHERE entry_index = ?"
BOOKS = settings(max_examples=3000 if SOAK else 60)


@dataclass
class Book:
    """A published book that a test changes and puts back."""

    home: Home
    store: Store
    entries: list[bytes]

    @property
    def size(self) -> int:
        return len(self.entries)

    def verdict(self) -> Verdict:
        return verify_book(self.home, self.store)

    def put_back(self) -> None:
        with self.store.write() as writing:
            rows = [(index, json.loads(data)["id"], data) for index, data in enumerate(self.entries)]
            writing.connection.exec_driver_sql("DELETE FROM entries")
            writing._many("INSERT INTO entries (entry_index, entry_id, data) VALUES (?, ?, ?)", rows)


def open_book(home: Path) -> Book:
    store = Store(home)
    with store.read() as snapshot:
        return Book(Home(home), store, [data for _, _, data in snapshot.entries()])


@pytest.fixture(scope="module")
def shared(made_once: Callable, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """One book for the properties, each of which puts back what it changed."""
    made = made_once("every-kind-published", lambda home: books.make_every_kind(home, MORE))
    book = open_book(shutil.copytree(made, tmp_path_factory.mktemp("shared") / "book"))
    yield book
    book.store.close()


@pytest.fixture
def book(made_once: Callable, tmp_path: Path) -> Iterator[Book]:
    """One book for one test."""
    made = made_once("every-kind-published", lambda home: books.make_every_kind(home, MORE))
    book = open_book(shutil.copytree(made, tmp_path / "book"))
    yield book
    book.store.close()


def flipped(data: bytes, at: int, mask: int) -> bytes:
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]


def test_an_untouched_book_is_verified(shared: Book):
    verdict = shared.verdict()
    assert (verdict.ok, verdict.size, verdict.first_bad_index) == (True, shared.size, None)
    assert verdict.root == shared.home.log.joinpath("checkpoint").read_text().split("\n")[2]
    assert verify_base(shared.home.log, shared.home.verifier()).ok


# bytes of entries -----------------------------------------------------------------------------------------


def test_flipping_bytes_of_each_kind(shared: Book):
    """In an ordinary run a sample of bytes over all entries; in a soak every byte of each entry."""
    stride = 1 if SOAK else 211
    place = 0
    for index, data in enumerate(shared.entries):
        for at in range(place % stride, len(data), stride):
            mask = 1 << (at + index) % 8
            change(
                shared.store,
                SET_DATA,
                flipped(data, at, mask),
                index,
            )
            verdict = shared.verdict()
            assert (verdict.ok, verdict.first_bad_index) == (False, index), (index, at, mask)
        place += stride - len(data) % stride
        change(shared.store, SET_DATA, data, index)
    assert shared.verdict().ok


@BOOKS
@given(st.data())
def test_a_flipped_byte_is_found_without_the_tiles(shared: Book, data: st.DataObject):
    """Then the chain tells: it is the entry whose leaf hash is not the next one's `prev`."""
    index = data.draw(st.integers(0, shared.size - 2))
    stored = shared.entries[index]
    at, mask = data.draw(st.integers(0, len(stored) - 1)), data.draw(st.integers(1, 255))
    tiles, aside = shared.home.log / "tile", shared.home.log / "aside"
    tiles.rename(aside)
    change(shared.store, SET_DATA, flipped(stored, at, mask), index)
    verdict = shared.verdict()
    aside.rename(tiles)
    change(shared.store, SET_DATA, stored, index)
    # Where `prev` itself was changed, the entry before is the first whose leaf is not the next `prev`.
    begin = stored.index(b'"prev":"') + 8
    in_prev = index > 0 and begin <= at < begin + 64
    assert not verdict.ok
    assert verdict.first_bad_index in ({index - 1, index} if in_prev else {index})


def test_a_changed_last_entry_is_found_without_the_tiles(book: Book):
    """No later `prev` names it, so that only the root hash speaks: the place cannot be told."""
    shutil.rmtree(book.home.log / "tile")
    last = quiet_day("other", "2026-01-04")
    envelope = json.loads(book.entries[-1])
    data = write(last, envelope["index"], envelope["prev"], envelope["recorded_at"]).data
    change(
        book.store,
        SET_BOTH,
        data,
        last.id,
        book.size - 1,
    )
    verdict = book.verdict()
    assert (verdict.ok, verdict.first_bad_index) == (False, None)
    assert "root" in (verdict.problem or "")


# rows -----------------------------------------------------------------------------------------------------


@BOOKS
@given(st.data())
def test_rows_deleted_anywhere(shared: Book, data: st.DataObject):
    gone = data.draw(st.sets(st.integers(0, shared.size - 1), min_size=1, max_size=shared.size))
    for index in gone:
        change(shared.store, "DELETE FROM entries WHERE entry_index = ?", index)
    verdict = shared.verdict()
    shared.put_back()
    assert (verdict.ok, verdict.first_bad_index) == (False, min(gone))


@BOOKS
@given(st.data(), st.booleans())
def test_two_entries_swapped(shared: Book, data: st.DataObject, with_their_ids: bool):
    one, other = sorted(data.draw(st.sets(st.integers(0, shared.size - 1), min_size=2, max_size=2)))
    for index, stored in ((one, shared.entries[other]), (other, shared.entries[one])):
        identity = json.loads(stored)["id"] if with_their_ids else f"aside {index}"
        change(shared.store, "UPDATE entries SET entry_id = ? WHERE entry_index = ?", f"free {index}", index)
        change(shared.store, "UPDATE entries SET entry_id = ? WHERE entry_id = ?", f"gone {index}", identity)
        change(
            shared.store,
            SET_BOTH,
            stored,
            identity,
            index,
        )
    verdict = shared.verdict()
    shared.put_back()
    assert (verdict.ok, verdict.first_bad_index) == (False, one)


@BOOKS
@given(st.integers(0, 350))
def test_a_cut_tail_tells_how_much_is_left(shared: Book, left: int):
    left = min(left, shared.size - 1)
    change(shared.store, "DELETE FROM entries WHERE entry_index >= ?", left)
    verdict = shared.verdict()
    shared.put_back()
    assert (verdict.ok, verdict.first_bad_index) == (False, left)
    assert verdict.size == shared.size, "the size that was published"


@pytest.mark.parametrize("gap", [0, 1, 5])
def test_a_row_that_is_no_entry_after_the_log(book: Book, gap: int):
    change(book.store, "INSERT INTO entries VALUES (?, 'x', ?)", book.size + gap, b"{}")
    verdict = book.verdict()
    assert (verdict.ok, verdict.first_bad_index) == (False, book.size)


def test_a_row_before_the_log(book: Book):
    change(book.store, "INSERT INTO entries VALUES (?, 'x', ?)", -1, b"{}")
    verdict = book.verdict()
    assert (verdict.ok, verdict.first_bad_index) == (False, -1)
    assert "-1" in (verdict.problem or "")


def test_rows_that_an_operator_can_make_with_a_table_of_his_own(book: Book):
    """Our tables take integers alone as an index; another table in their place takes anything."""
    change(book.store, "ALTER TABLE entries RENAME TO kept")
    change(book.store, "CREATE TABLE entries (entry_index, entry_id, data)")
    change(book.store, "INSERT INTO entries SELECT * FROM kept")
    assert book.verdict().ok
    for index, found in (("x", None), (3.5, 4), (book.size + 0.5, None)):
        change(book.store, "INSERT INTO entries VALUES (?, 'x', ?)", index, b"{}")
        verdict = book.verdict()
        assert (verdict.ok, verdict.first_bad_index) == (False, found), index
        change(book.store, "DELETE FROM entries WHERE entry_id = 'x'")
    change(book.store, "INSERT INTO entries SELECT * FROM kept WHERE entry_index = ?", 7)
    assert (book.verdict().ok, book.verdict().first_bad_index) == (False, 8)


@pytest.mark.parametrize("index", [0, 17, 255, 256, 300])
def test_an_entry_filed_under_another_id(book: Book, index: int):
    change(book.store, "UPDATE entries SET entry_id = ? WHERE entry_index = ?", new_id(), index)
    verdict = book.verdict()
    assert (verdict.ok, verdict.first_bad_index) == (False, index)


@pytest.mark.parametrize("data", [b"", b"\xff", b"null", b"[]", b"1" * 5000, b"[" * 40000, b'{"a":1}'])
def test_odd_bytes_beyond_the_checkpoint(book: Book, data: bytes):
    change(book.store, "INSERT INTO entries VALUES (?, 'x', ?)", book.size, data)
    verdict = book.verdict()
    assert (verdict.ok, verdict.first_bad_index) == (False, book.size)


# the operator with the database, and the published files --------------------------------------------------


def rechain(book: Book, start: int, key: Signer | None = None) -> None:
    """Change entry `start` and chain everything after it anew, as whoever has the database can."""
    prev = leaf_hash(book.entries[start - 1]).hex()
    for index in range(start, book.size):
        envelope = json.loads(book.entries[index])
        if index == start:
            envelope["occurred_at"] = "2025-12-31"
        envelope["prev"] = prev
        data = canonical.encode(envelope)
        prev = leaf_hash(data).hex()
        change(book.store, SET_DATA, data, index)


@pytest.mark.parametrize("start", [9, 255, 256, 300])
def test_a_tail_chained_anew_is_found(book: Book, start: int):
    rechain(book, start)
    verdict = book.verdict()
    assert (verdict.ok, verdict.first_bad_index) == (False, start)
    shutil.rmtree(book.home.log / "tile")
    verdict = book.verdict()
    assert not verdict.ok, "without the tiles the checkpoint's root still tells"
    assert "root" in (verdict.problem or "")


def test_a_tail_chained_and_published_anew_with_another_key_is_found(book: Book, tmp_path: Path):
    vkey, checkpoint = book.home.verifier(), (book.home.log / "checkpoint").read_bytes()
    rechain(book, 40)
    shutil.rmtree(book.home.log)
    with book.store.read() as snapshot:
        entries = [data for _, _, data in snapshot.entries()]
    other = Signer(ORIGIN, b"\x09" * 32)
    PublishedLog(book.home.log).extend(reader(entries), len(entries), other)
    assert "known key" in (book.verdict().problem or "")
    # the entries name the key, and whoever kept it, or an old checkpoint, is not deceived either
    book.home.vkey_file.write_text(f"{other.verifier}\n")
    assert "not signed by the key that its" in (book.verdict().problem or "")
    assert not verify_base(book.home.log, vkey).ok
    shutil.rmtree(book.home.log)
    PublishedLog(book.home.log).extend(reader(entries), len(entries), books.NEXT)
    assert verify_base(book.home.log, vkey).ok
    assert "another root" in (verify_base(book.home.log, vkey, checkpoint).problem or "")


@BOOKS
@given(st.data())
def test_a_published_leaf_replaced(shared: Book, data: st.DataObject):
    tile = data.draw(
        st.sampled_from(sorted((shared.home.log / "tile" / "0").rglob("*"))).filter(Path.is_file)
    )
    stored = tile.read_bytes()
    at, mask = data.draw(st.integers(0, len(stored) - 1)), data.draw(st.integers(1, 255))
    tile.write_bytes(flipped(stored, at, mask))
    verdict, published = shared.verdict(), verify_base(shared.home.log, shared.home.verifier())
    tile.write_bytes(stored)
    first = 0 if tile.name == "000" else 256
    for found in (verdict, published):
        assert (found.ok, found.first_bad_index) == (False, first + at // 32)


def test_every_other_published_file_is_checked_from_the_base(book: Book):
    key = book.home.verifier()
    for path in (book.home.log / "tile").rglob("*"):
        if path.is_file():
            stored = path.read_bytes()
            path.write_bytes(flipped(stored, len(stored) // 2, 4))
            assert not verify_base(book.home.log, key).ok, path
            path.write_bytes(stored)
    assert verify_base(book.home.log, key).ok


@pytest.mark.parametrize("text", [None, b"", b"\xff\xfe", b"x\n1\nx\n", b"\n\n\n"])
def test_a_checkpoint_that_is_gone_or_spoilt(book: Book, text: bytes | None):
    path = book.home.log / "checkpoint"
    if text is None:
        path.unlink()
    else:
        path.write_bytes(text)
    verdict = book.verdict()
    assert (verdict.ok, verdict.size, verdict.root, verdict.first_bad_index) == (False, None, None, None)
    assert "checkpoint" in (verdict.problem or "")
    assert "\n" not in (verdict.problem or "")


@pytest.mark.parametrize("part", ["origin", "size", "root", "signature"])
def test_a_changed_checkpoint(book: Book, part: str):
    path = book.home.log / "checkpoint"
    lines = path.read_text().split("\n")
    number = ["origin", "size", "root", "", "signature"].index(part)
    lines[number] = {"size": "3", "origin": "mingzhang.example/other"}.get(
        part, lines[number][:-6] + "AAAAA="
    )
    path.write_text("\n".join(lines))
    assert not book.verdict().ok


@pytest.mark.parametrize(
    "text", [None, "", "nonsense", "x+00000000+AAAA", str(Signer(ORIGIN, b"\x0b" * 32).verifier)]
)
def test_a_wrong_verifier_key(book: Book, text: str | None):
    if text is None:
        book.home.vkey_file.unlink()
    else:
        book.home.vkey_file.write_text(text)
    verdict = book.verdict()
    assert (verdict.ok, verdict.first_bad_index) == (False, None)
    assert verdict.problem


# before and after signing ---------------------------------------------------------------------------------


def unsigned(home: Path) -> Record:
    """A book that is published up to its fifth entry, with twenty more after it."""
    record = books.stocked(Place(home))
    record.checkpoint()
    books.accept(record, [issue(f"{number}") for number in range(20)])
    return record


@pytest.mark.parametrize("back", [1, 2, 20])
@pytest.mark.parametrize("reopened", [False, True])
def test_what_was_changed_after_it_was_written_is_not_signed(tmp_path: Path, back: int, reopened: bool):
    record = unsigned(tmp_path)
    if reopened:  # a process that did not write it can tell by its neighbours alone
        record.close()
        record = Record.open(tmp_path)
    index = record.size - back
    stored = json.loads(list(record.entries())[index])
    stored["body"]["lines"][0]["quantity"] = 999
    change(record.store, SET_DATA, canonical.encode(stored), index)
    before = (tmp_path / "log" / "checkpoint").read_bytes()
    if reopened and back == 1:
        assert audit(record.store).differences, "the last entry has no neighbour; its views still tell"
    else:
        with pytest.raises(RecordProblem, match=f"entry {index} .*nothing is signed|entry {index}: .*signed"):
            record.checkpoint()
        assert (tmp_path / "log" / "checkpoint").read_bytes() == before
    record.close()


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("UPDATE entries SET data = ? WHERE entry_index = 12", "entry 12"),
        ("UPDATE entries SET entry_id = ? WHERE entry_index = 12", "entry 12"),
        ("DELETE FROM entries WHERE ? IS NOT NULL AND entry_index = 12", "entry 12"),
    ],
)
def test_what_is_no_entry_is_not_signed(tmp_path: Path, sql: str, told: str):
    record = unsigned(tmp_path)
    change(record.store, sql, b"not json" if "data" in sql else "x")
    with pytest.raises(RecordProblem, match=told):
        record.checkpoint()
    record.close()


def test_a_first_entry_that_begins_no_log_is_not_signed(tmp_path: Path):
    record = books.stocked(Place(tmp_path))
    first = json.loads(next(record.entries())) | {"prev": "1" * 64}
    change(record.store, "UPDATE entries SET data = ? WHERE entry_index = 0", canonical.encode(first))
    with pytest.raises(RecordProblem, match="nothing is signed"):
        record.checkpoint()
    assert not (tmp_path / "log" / "checkpoint").exists()
    record.close()


def test_a_book_with_the_key_of_another_is_not_signed(tmp_path: Path):
    record, other = (
        unsigned(tmp_path / "a"),
        Place(tmp_path / "b").create(signer=Signer(ORIGIN, b"\x08" * 32)),
    )
    for name in ("log.vkey", "keys/log.key"):
        shutil.copy(other.home / name, record.home / name)
    with pytest.raises(RecordProblem, match=r"log\.key is not the key"):
        record.checkpoint()
    other.folder.signer_file.write_text("nonsense")
    with pytest.raises(RecordProblem, match=r"log\.key is not a signing key"):
        other.checkpoint()
    record.close()
    other.close()


def test_entries_not_yet_published_are_verified_by_their_chain(tmp_path: Path):
    record = unsigned(tmp_path)
    verdict = verify_book(record.folder, record.store)
    assert verdict.ok
    assert verdict.size == record.size - 20
    change(record.store, "DELETE FROM entries WHERE entry_index = ?", record.size - 3)
    assert verify_book(record.folder, record.store).first_bad_index == record.size - 3
    record.close()


def test_kinds_of_a_later_version_are_verified_and_named_by_the_audit(tmp_path: Path):
    record = unsigned(tmp_path)
    later = books.command("LotRecalled", "1", {"ask": [1, None]})
    books.chain_on(record.store, [later], "2026-02-01T00:00:00.000Z")
    record.checkpoint()
    assert verify_book(record.folder, record.store).ok
    assert verify_base(record.folder.log, record.folder.verifier()).ok
    first = audit(record.store).differences[0]
    assert (first.view, first.key, first.stored) == ("entries", {"entry_index": record.size - 1}, later.kind)
    record.close()


def test_damage_is_found_on_postgres_too(tmp_path: Path, postgres_url: str):
    """The properties run on SQLite; the same code reads both databases."""
    place = Place(tmp_path, postgres_url)
    record = place.create()
    books.fill(record)
    record.checkpoint()
    assert verify_book(record.folder, record.store).ok
    sql = "SELECT data, entry_id FROM entries WHERE entry_index = 11"
    ((stored, identity),) = query(record.store, sql)
    for sql, values, bad in (
        ("UPDATE entries SET data = ? WHERE entry_index = 11", (flipped(stored, 100, 1),), 11),
        ("UPDATE entries SET entry_id = ? WHERE entry_index = 11", ("x",), 11),
        ("INSERT INTO entries VALUES (?, 'x', ?)", (-5, b""), -5),
        ("DELETE FROM entries WHERE entry_index >= ?", (15,), 15),
    ):
        change(record.store, sql, *values)
        verdict = verify_book(record.folder, record.store)
        assert (verdict.ok, verdict.first_bad_index) == (False, bad), sql
        change(record.store, "DELETE FROM entries WHERE entry_index < ?", 0)
        change(
            record.store, "UPDATE entries SET data = ?, entry_id = ? WHERE entry_index = 11", stored, identity
        )
    record.close()
