"""Forgetting: at once on pages, after a time for good, once on the record, and again after a restore."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger import erasure, forgetting
from ledger.audit import audit
from ledger.clock import Clock
from ledger.domain.commitments import commitment
from ledger.domain.gifts import gift_code
from ledger.domain.instants import format_instant
from ledger.erasure import RETENTION_DAYS, erase_due, forget, plan_forgetting
from ledger.forgetting import ErasureList, Line
from ledger.openings import encode_opening
from ledger.receipts import gift_entries, party_entry, receipt_of, verify_receipt
from ledger.record import Record, RecordProblem
from ledger.store.engine import DATABASE_FILE
from ledger.store.private import destroy_rows
from ledger.store.store import Store
from ledger.tlog.policy import Policy
from ledger.verify import verify_book
from tests.ledger.store import books
from tests.ledger.store.books import SALT, SIGNER, Place, command

GIFT, OTHER = gift_code(2026, 1), gift_code(2026, 2)
PERSON = {"name": "张小满", "phone": "555-0199"}  # invented
DETAILS = {"note": "奶奶的生日"}
SECRETS = [text.encode() for text in (PERSON["name"], PERSON["phone"], DETAILS["note"], SALT)]
POLICY = Policy.of_log(SIGNER.verifier)


def seal(data: dict[str, Any]) -> str:
    return commitment(bytes.fromhex(SALT), data)


@pytest.fixture
def record(place: Place) -> Iterator[Record]:
    """A published live book: a person's two gifts, details of the first."""
    with closing(make(place)) as made:
        yield made


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Record]:
    """The same, for what is no question to the database."""
    with closing(make(Place(tmp_path / "on-sqlite"))) as made:
        yield made


def make(place: Place) -> Record:
    made = place.create("live")
    lines = [{"item": "K", "quantity": 10}]
    registers = [one for one in books.registers() if one.kind != "PartyRegistered"]
    given = {"place": "D1", "party": "P1", "lines": lines}
    books.accept(made, [
        *registers,
        command("PartyRegistered", "P1", {"party": "P1", "type": "person", "commitment": seal(PERSON)}),
        command("DonationReceived", "1", {**given, "gift": GIFT, "commitment": seal(DETAILS)}),
        command("DonationReceived", "2", {**given, "gift": OTHER}),
        command("ConsentChanged", "1", {"gift": OTHER, "show": {"name": True}, "basis": "private_link"}),
    ])  # fmt: skip
    made.register_private_party("P1", SALT, PERSON)
    made.register_private_gifts([(GIFT, SALT, DETAILS)])
    made.checkpoint()
    return made


def later(record: Record, **time: int) -> None:
    """Put the book's clock forward."""
    now = format_instant(record.now() + timedelta(**time))
    clock = Clock("simulated", now)
    record.writer.clock = clock


def kinds(record: Record, kind: str) -> list[dict[str, Any]]:
    return [entry["body"] for entry in map(json.loads, record.entries()) if entry["kind"] == kind]


def bytes_of(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file())


def left(record: Record) -> list[bytes]:
    """Which secrets stand in any file of the home, or in any row of the private tables."""
    rows = [books.query(record.store, f"SELECT * FROM private_{kind}") for kind in ("party", "gift")]
    everything = bytes_of(record.home) + repr(rows).encode()
    return [secret for secret in SECRETS if secret in everything]


def name_shown(record: Record, gift: str) -> bool:
    with record.reading() as reading:
        return reading.shown("P1", gift).name is not None


# in order ---------------------------------------------------------------------------------------------------


def test_a_party_is_hidden_at_once_and_destroyed_when_due_and_every_proof_stays(record: Record, place: Place):
    receipts = {code: receipt_of(record, gift_entries(record, code)[0]) for code in (GIFT, OTHER)}
    registered = receipt_of(record, party_entry(record, "P1") or 0)
    of_party = encode_opening(record.opening(party="P1") or {})
    of_gift = encode_opening(record.opening(gift=GIFT) or {})
    assert name_shown(record, OTHER)
    size = record.size
    planned = plan_forgetting(record, party="P1")
    assert (record.size, ErasureList(record.folder).read()) == (size, [])

    done = forget(record, party="P1")
    assert (done.kept, done.hidden) == (planned.kept, planned.hidden)
    assert done.kept == (("party", "P1"), ("gift", GIFT))
    assert done.hidden == (("party", "P1"), ("gift", OTHER)), "the other gift had a consent of its own"
    assert done.entries == (size, size + 1)
    assert not name_shown(record, OTHER)
    assert erase_due(record) == erasure.Erased((), (), True)
    assert len(left(record)) == 4

    later(record, days=RETENTION_DAYS, minutes=1)
    erased = erase_due(record)
    assert erased == erasure.Erased((("party", "P1"), ("gift", GIFT)), (size + 2, size + 3), True)
    assert left(record) == []
    told = [{"party": "P1", "reason": "request"}, {"gift": GIFT, "reason": "request"}]
    assert kinds(record, "DataErased") == told
    assert (record.opening(party="P1"), record.opening(gift=GIFT)) == (None, None)

    record.checkpoint()
    assert audit(record.store).ok
    assert verify_book(record.folder, record.store).ok
    for code, receipt in receipts.items():
        assert verify_receipt(receipt, POLICY).ok
        opened = verify_receipt(receipt, POLICY, opening=of_party, party_receipt=registered)
        assert opened.ok, "the donor proves their own gift with the opening that they hold"
        assert verify_receipt(receipt, POLICY, opening=of_gift).ok == (code == GIFT)
    size = record.size
    assert forget(record, party="P1") == erasure.Forgetting((), (), None)
    assert erase_due(record) == erasure.Erased((), (), True)
    assert record.size == size, "a repeat adds nothing"


def test_one_gift_is_forgotten_and_the_party_stays(on_sqlite: Record):
    done = forget(on_sqlite, gift=GIFT, after_days=0, reason="retention", basis="private_link")
    assert (done.kept, done.hidden) == ((("gift", GIFT),), (("gift", GIFT),))
    assert erase_due(on_sqlite).destroyed == (("gift", GIFT),)
    assert kinds(on_sqlite, "DataErased") == [{"gift": GIFT, "reason": "retention"}]
    assert on_sqlite.opening(party="P1") == {"salt": SALT, "data": PERSON}
    assert name_shown(on_sqlite, OTHER)
    for wrong in ({"party": "P9"}, {"gift": gift_code(2026, 9)}):
        with pytest.raises(RecordProblem, match=r"the book has no (party|gift)"):
            forget(on_sqlite, **wrong)
    with pytest.raises(ValueError, match="a party or a gift"):
        forget(on_sqlite)


def test_a_date_is_never_put_off_and_the_book_may_set_it(on_sqlite: Record):
    books.change(on_sqlite.store, "INSERT INTO view_policy VALUES ('erase_after_days', '', '', 3, '', 0)")
    first = forget(on_sqlite, party="P1").erase_after
    assert first == format_instant(on_sqlite.now() + timedelta(days=3))[:16] + (first or "")[16:]
    assert forget(on_sqlite, party="P1", after_days=90).erase_after == first
    assert [at for at, _ in erasure.due_dates(on_sqlite)] == [first, first]
    later(on_sqlite, days=2)
    assert erase_due(on_sqlite).destroyed == ()
    later(on_sqlite, days=1, minutes=1)
    assert len(erase_due(on_sqlite).destroyed) == 2


def test_a_gift_that_goes_earlier_does_not_take_its_party_with_it(on_sqlite: Record):
    early = forget(on_sqlite, gift=GIFT, after_days=1).erase_after
    late = forget(on_sqlite, party="P1", after_days=9).erase_after
    assert erasure.due_dates(on_sqlite) == [(early, ("gift", GIFT)), (late, ("party", "P1"))]


def test_what_is_registered_anew_after_an_erasure_is_kept(record: Record, place: Place):
    forget(record, party="P1", after_days=0)
    erase_due(record)
    salt, data = "6b" * 32, {"name": "张小满"}
    again = {"party": "P1", "type": "person", "commitment": commitment(bytes.fromhex(salt), data)}
    books.accept(record, [command("PartyRegistered", "again", again)])
    record.register_private_party("P1", salt, data)
    with closing(place.open()) as opened:
        assert opened.opening(party="P1") == {"salt": salt, "data": data}
        forget(opened, party="P1", after_days=0)
        erase_due(opened)
        assert opened.opening(party="P1") is None
        assert [body.get("party") for body in kinds(opened, "DataErased")] == ["P1", None, "P1"]


# again after a restore --------------------------------------------------------------------------------------


def test_a_database_put_back_forgets_again_and_keeps_dates(record: Record, place: Place):
    with record.store.read() as snapshot:
        parties, gifts = snapshot.private_parties(), snapshot.private_gifts()
    forget(record, gift=GIFT, after_days=0)
    erase_due(record)
    after = forget(record, party="P1", after_days=30).erase_after
    with record.store.write() as writing:  # the rows as the backup has them
        for table in ("private_party", "private_gift"):
            writing.connection.exec_driver_sql(f"DELETE FROM {table}")
        writing.put_private_parties((code, *row) for code, row in parties.items())
        writing.put_private_gifts((code, *row) for code, row in gifts.items())
    with closing(place.open()) as opened:
        assert opened.opening(gift=GIFT) is None
        assert DETAILS["note"].encode() not in bytes_of(opened.home)
        assert erasure.due_dates(opened) == [(after, ("party", "P1"))]
        assert not name_shown(opened, OTHER)


def test_an_old_file_of_the_database_put_back_forgets_again(tmp_path: Path):
    """On SQLite, where the backup is the file: also what the entries of the backup do not know."""
    place = Place(tmp_path / "book")
    made = books.stocked(place)
    consent = {"party": "P1", "show": {"name": True}, "basis": "paper"}
    books.accept(made, [command("ConsentChanged", "1", consent)])
    made.register_private_party("P1", SALT, PERSON)
    made.close()
    shutil.copy(place.home / DATABASE_FILE, tmp_path / "backup")
    with closing(place.open()) as opened:
        forget(opened, party="P1", after_days=30)
    shutil.copy(tmp_path / "backup", place.home / DATABASE_FILE)
    with closing(place.open()) as opened:
        assert kinds(opened, "ConsentChanged") == [consent], "the entry is lost with all that is newer"
        assert not name_shown(opened, "")
        later(opened, days=31)
        erase_due(opened)
        assert left(opened) == []
    shutil.copy(tmp_path / "backup", place.home / DATABASE_FILE)
    with closing(place.open()) as opened:
        assert left(opened) == []


def test_bytes_that_were_moved_within_the_database_go_too(tmp_path: Path):
    """Many rows, so that pages are split and rows moved: the leftovers of that are no row's any more."""
    record = Place(tmp_path / "book").create()
    assert books.query(record.store, "PRAGMA secure_delete") == [(1,)]
    dice = random.Random(6)  # with which a table that is not put anew keeps a name that was deleted
    names = {f"P-{dice.getrandbits(48):012x}": f"姓名{number:03d}先生" for number in range(400)}
    for at in (0, 100, 200, 300):
        some = list(names)[at : at + 100]
        put(record, {code: names[code] for code in some}, dice.randrange(900))
        put(record, {code: names[code] for code in some[::7]}, dice.randrange(3000))
    gone = dice.sample(list(names), 150)
    with record.store.write() as writing:
        destroy_rows(writing, "party", gone)
    assert record.store.is_scrubbed()
    everything = bytes_of(record.home)
    assert [code for code in gone for text in (code, names[code]) if text.encode() in everything] == []
    assert all(names[code].encode() in everything for code in names.keys() - set(gone))
    record.close()


def put(record: Record, names: dict[str, str], more: int) -> None:
    for code, name in names.items():
        record.register_private_party(code, SALT, {"name": name, "more": "x" * more})


# at once, and cut off ---------------------------------------------------------------------------------------


def test_while_somebody_reads_the_bytes_no_entry_says_that_they_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ledger.store.engine._SCRUB_MILLISECONDS", 50)
    record = books.stocked(Place(tmp_path / "book"))
    record.register_private_party("P1", SALT, PERSON)
    forget(record, party="P1", after_days=0)
    with closing(Store(record.home)) as other, other.read() as snapshot:
        snapshot.size()
        erased = erase_due(record)
        assert (erased.destroyed, erased.entries, erased.is_complete) == ((("party", "P1"),), (), False)
    assert len(erase_due(record).entries) == 1
    assert left(record) == []
    record.close()


def test_several_at_once_erase_once(record: Record, place: Place):
    forget(record, party="P1", after_days=0)
    told: list[erasure.Erased] = []

    def erase() -> None:
        with closing(place.open()) as own:
            told.append(erase_due(own))

    threads = [threading.Thread(target=erase) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(one.entries) for one in told) == [0, 0, 2]
    assert len(kinds(record, "DataErased")) == 2


def killed(place: Place, act: Callable[[Record], object]) -> None:
    """Do it in a process of its own, which must be killed by it."""
    child = os.fork()
    if child == 0:
        try:
            act(place.open())
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_killed_at_any_point_the_next_run_ends_it_once(record: Record, place: Place):
    """After the list is written, after the rows are destroyed, after the entries are written."""
    for done, point in enumerate(("list", "row", "entry")):
        seal = {"party": point, "type": "person", "commitment": commitment(bytes.fromhex(SALT), PERSON)}
        books.accept(record, [command("PartyRegistered", point, seal)])
        record.register_private_party(point, SALT, PERSON)
        forget(record, party=point, after_days=0)
        record.store.engine.dispose()  # a child must not share connections
        killed(place, dying_at(point))
        with closing(place.open()) as opened:
            assert len(kinds(opened, "DataErased")) == done + (point == "entry")
            assert opened.opening(party=point) is None, "what the list says is done at the next opening"
            erase_due(opened)
            assert erase_due(opened).entries == ()
            assert [body["party"] for body in kinds(opened, "DataErased")][done:] == [point]
            assert audit(opened.store).ok
    forget(record, party="P1", after_days=0)
    erase_due(record)
    assert left(record) == []


def dying_at(point: str) -> Callable[[Record], object]:
    """`erase_due` that is killed right after it has done this."""
    append, write = ErasureList.append, forgetting._write

    def after(what: Callable[..., object]) -> Callable[..., object]:
        def then_die(*given: object) -> object:
            what(*given)
            return os.kill(os.getpid(), signal.SIGKILL)

        return then_die

    def act(own: Record) -> None:
        if point == "list":
            ErasureList.append = after(append)  # type: ignore[method-assign,assignment]
        elif point == "row":
            forgetting._write = after(write)  # type: ignore[assignment]
        else:
            own.write = after(own.write)  # type: ignore[method-assign,assignment]
        erase_due(own)

    return act


# the list ---------------------------------------------------------------------------------------------------


def test_the_list_holds_no_names_and_a_line_that_cannot_be_read_is_told(on_sqlite: Record):
    forget(on_sqlite, party="P1", after_days=0)
    erase_due(on_sqlite)
    path = ErasureList(on_sqlite.folder).path
    assert path.stat().st_mode & 0o777 == 0o600
    assert not [secret for secret in SECRETS if secret in path.read_bytes()]
    lines = ErasureList(on_sqlite.folder).read()
    assert [(line.do, line.kind, line.code) for line in lines] == [
        ("erase_after", "party", "P1"), ("erase_after", "gift", GIFT),
        ("erased", "party", "P1"), ("erased", "gift", GIFT),
    ]  # fmt: skip
    registered = party_entry(on_sqlite, "P1") or 0
    assert lines[2] == Line("erased", "party", "P1", registered, "request", lines[2].at)
    for wrong in (b"{}\n", b"x\n", path.read_bytes().replace(b'"party"', b'"person"'), b"\xff\n"):
        path.write_bytes(wrong)
        with pytest.raises(RecordProblem, match="line 1 of erasures cannot be read"):
            Record.open(on_sqlite.home)
