"""receipt, link and forget as people type them."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger.domain.commitments import commitment
from ledger.domain.gifts import gift_code
from ledger.record import Record
from tests import independent
from tests.cli.conftest import Cli
from tests.ledger.store import books
from tests.ledger.store.books import PERSON, SALT, Place, command

GIFT, SEALED, UNKNOWN = (gift_code(2026, serial) for serial in (1, 2, 9))
DETAILS = {"note": "生日礼物"}


def donation(name: str, gift: str, **more: Any) -> books.Command:
    body = {"place": "D1", "gift": gift, "party": "P1", "lines": [{"item": "K", "quantity": 10}]}
    return command("DonationReceived", name, body | more)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A published book: a gift in three parts, one of them taken back, and one with details of its own."""
    made = Place(tmp_path / "book").create("live")
    seal = commitment(bytes.fromhex(SALT), DETAILS)
    books.accept(made, [
        *books.registers(), *(donation(name, GIFT) for name in "abc"), donation("d", SEALED, commitment=seal),
    ])  # fmt: skip
    correction = command("EntryReversed", "c", {}).id
    undo = {"reverses": donation("c", GIFT).id, "reason": "entered_twice", "correction": correction}
    made.write_together([command("EntryReversed", "c", undo)])
    made.register_private_party("P1", SALT, PERSON)
    made.register_private_gifts([(SEALED, SALT, DETAILS)])
    made.checkpoint()
    made.close()
    return tmp_path / "book"


def policy(home: Path) -> bytes:
    return f"log {(home / 'log.vkey').read_text().strip()}\nquorum none\n".encode()


def test_a_receipt_by_index_id_and_gift_number(cli: Cli, home: Path, tmp_path: Path):
    file = tmp_path / "r.tlog-proof"
    identity = donation("b", GIFT).id
    for asked, index in ((0, 0), (identity, 10), (SEALED, 12)):
        said = cli("receipt", asked, "-o", file, "--home", home)
        assert (said.code, said.err) == (0, "")
        assert independent.verify_proof(file.read_bytes(), policy(home))[0] == index
    said = cli("receipt", GIFT, "-o", file, "--home", home)
    assert independent.verify_proof(file.read_bytes(), policy(home))[0] == 10
    assert said.out.splitlines()[1:] == [
        f"gift {GIFT} came in 2 parts: this is the newest, entry 10; the others are 9"
    ]
    assert cli("verify", "receipt", file, "--home", home).code == 0
    said = cli("receipt", 11, "-o", file, "--home", home)
    assert "entry 11 was taken back by entry 13" in said.out


def test_what_is_not_published_yet_is_published_where_the_key_is(cli: Cli, home: Path, tmp_path: Path):
    file = tmp_path / "r.tlog-proof"
    with closing(Record.open(home)) as record:
        books.accept(record, [donation("e", gift_code(2026, 3))])
    key = (home / "keys" / "log.key").rename(tmp_path / "elsewhere")
    said = cli("receipt", gift_code(2026, 3), "-o", file, "--home", home)
    assert (said.code, said.out, file.exists()) == (2, "", False)
    assert "entry 14 is not yet published" in said.err
    assert "at most every 10 seconds" in said.err
    key.rename(home / "keys" / "log.key")
    assert cli("receipt", gift_code(2026, 3), "-o", file, "--home", home).code == 0
    assert independent.verify_proof(file.read_bytes(), policy(home))[:2] == (14, 15)


def test_openings_are_written_for_the_donor_alone(cli: Cli, home: Path, tmp_path: Path):
    file, opening, registered = (tmp_path / name for name in ("r", "o.opening.json", "p"))
    assert cli("receipt", SEALED, "-o", file, "--opening", opening, "--home", home).code == 0
    assert opening.stat().st_mode & 0o777 == 0o600
    assert json.loads(opening.read_bytes()) == {"salt": SALT, "data": DETAILS}
    assert cli("verify", "receipt", file, "--opening", opening, "--home", home).code == 0
    assert cli("receipt", GIFT, "-o", file, "--opening", opening, "--home", home).code == 0
    assert json.loads(opening.read_bytes()) == {"salt": SALT, "data": PERSON}
    assert cli("verify", "receipt", file, "--opening", opening, "--home", home).code == 1
    party = command("PartyRegistered", "P1", {}).id
    assert cli("receipt", party, "-o", registered, "--home", home).code == 0
    said = cli("verify", "receipt", file, "--opening", opening, "--party", registered, "--home", home)
    assert said.code == 0
    for entry in (0, 1):
        said = cli("receipt", entry, "-o", tmp_path / "x", "--opening", opening, "--home", home)
        assert (said.code, (tmp_path / "x").exists()) == (2, False), "neither file, where one cannot be had"
        assert "there is no opening" in said.err


def test_a_private_link_is_told_once_and_revoked(cli: Cli, home: Path):
    said = cli("link", GIFT, "--home", home)
    token = said.out.strip().removeprefix("/gift/")
    with closing(Record.open(home)) as record:
        assert record.gift_of_link(token) == GIFT
        assert cli("link", GIFT, "--revoke", "--home", home).out == f"revoked links of gift {GIFT}: 1\n"
        assert record.gift_of_link(token) is None


def test_programs_are_answered_in_json(cli: Cli, home: Path, tmp_path: Path):
    file = tmp_path / "r.tlog-proof"
    told = cli("receipt", GIFT, "-o", file, "--json", "--home", home).json
    assert told.pop("notes")[0].startswith(f"gift {GIFT} came in 2 parts")
    expected = {"index": 10, "id": donation("b", GIFT).id, "kind": "DonationReceived"}
    assert told == expected | {"receipt": str(file), "opening": None}
    link = cli("link", GIFT, "--json", "--home", home).json
    assert (link["gift"], link["link"][:6]) == (GIFT, "/gift/")
    assert cli("link", GIFT, "--revoke", "--json", "--home", home).json == {"gift": GIFT, "revoked": 1}
    planned = cli("forget", SEALED, "--now", "--dry-run", "--json", "--home", home).json
    assert (planned["dry_run"], planned["hidden"]) == (True, [{"gift": SEALED}])
    assert [kept["gift"] for kept in planned["kept"]] == [SEALED]
    done = cli("forget", SEALED, "--now", "--json", "--home", home).json
    assert (done["ok"], done["destroyed"], done["entries"]) == (True, [{"gift": SEALED}], [{"index": 15}])


def test_forget_hides_at_once_and_destroys_when_due(cli: Cli, home: Path):
    def said(*arguments: object) -> list[str]:
        answer = cli("forget", *arguments, "--home", home)
        assert (answer.code, answer.err) == (0, "")
        return answer.out.splitlines()

    before = (home / "book.sqlite3").read_bytes()
    planned = said("P1", "--dry-run")
    assert planned[0] == "party P1: would be no longer shown"
    assert [line.partition(" after ")[0] for line in planned[1:]] == [
        "party P1: what is kept would be destroyed", f"gift {SEALED}: what is kept would be destroyed",
    ]  # fmt: skip
    assert ((home / "book.sqlite3").read_bytes(), (home / "erasures").exists()) == (before, False)
    assert said("P1", "--after", 7)[0] == "party P1: is no longer shown"
    assert said("--due") == ["nothing is due"]
    assert [line.partition(" after ")[0] for line in said("--due", "--dry-run")] == [
        "party P1: would be destroyed", f"gift {SEALED}: would be destroyed",
    ]  # fmt: skip
    assert said(SEALED, "--now")[-2:] == [
        f"gift {SEALED}: salt and data are destroyed", "entry 16 says so on the record",
    ]  # fmt: skip
    with closing(Record.open(home)) as record:
        assert record.opening(gift=SEALED) is None
        assert record.opening(party="P1") is not None
    assert said(SEALED) == ["nothing is kept that could be destroyed"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["receipt", "99", "-o", "x"], "the book has no entry 99"),
        (["receipt", donation("z", GIFT).id, "-o", "x"], "the book has no entry"),
        (["receipt", "nonsense", "-o", "x"], "'nonsense' is no gift number, entry index or entry id"),
        (["receipt", GIFT[:-1] + "0", "-o", "x"], "its last digit does not fit"),
        (["receipt", UNKNOWN, "-o", "x"], f"the book has no gift {UNKNOWN}"),
        (["receipt", "0", "-o", "."], "is a folder"),
        (["receipt", "0", "-o", "no/such/x"], "cannot be written"),
        (["receipt", "0"], "--output"),
        (["link", UNKNOWN], f"the book has no gift {UNKNOWN}"),
        (["link", "12"], "is no gift number"),
        (["forget"], "name a party or a gift's number"),
        (["forget", "P9"], "the book has no party P9"),
        (["forget", UNKNOWN], f"the book has no gift {UNKNOWN}"),
        (["forget", "P1", "--now", "--after", "3"], "--now and --after"),
        (["forget", "P1", "--due"], "--due is for all that is due"),
        (["forget", "--due", "--now"], "--now needs a party"),
        (["forget", "P1", "--after", "-1"], "--after"),
    ],
)
def test_bad_usage_is_one_sentence(
    cli: Cli, home: Path, arguments: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    said = cli(*arguments, "--home", home)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert told in said.err
