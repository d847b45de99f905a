"""`verify` in all its forms: what it says, its exit codes, and that it is given what it needs."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from ledger.domain.gifts import gift_code
from ledger.receipts import gift_entries, party_entry, receipt_of
from ledger.record import Record
from ledger.tlog.tiles import decode_bundle, encode_bundle
from tests.cli.conftest import Cli
from tests.ledger.store.books import NEXT, PERSON, SALT, SIGNER, accept, quiet_day
from tests.witnesses import start_witness

VKEY = str(NEXT.verifier)
JSON_KEYS = ["ok", "size", "root", "first_bad_index", "problem"]


@pytest.fixture
def receipts(home: Path, tmp_path: Path) -> Path:
    """The receipts of a gift and of its donor's registration, with the opening, and no book beside them."""
    record = Record.open(home)
    folder = tmp_path / "receipts"
    folder.mkdir()
    [index] = gift_entries(record, gift_code(2026, 1))
    (folder / "gift").write_bytes(receipt_of(record, index))
    party = party_entry(record, "P1")
    assert party is not None
    (folder / "party").write_bytes(receipt_of(record, party))
    (folder / "opening").write_text(json.dumps({"salt": SALT, "data": PERSON}))
    record.close()
    return folder


# published bytes ------------------------------------------------------------------------------------------


def test_a_base_needs_no_book(cli: Cli, home: Path, tmp_path: Path):
    log = shutil.copytree(home / "log", tmp_path / "elsewhere")
    nothing = ("--home", tmp_path / "none")
    (tmp_path / "key").write_text(f"{VKEY}\n")
    (tmp_path / "policy").write_text(f"log {VKEY}\nquorum none\n")
    for trusted in (("--vkey", VKEY), ("--vkey", tmp_path / "key"), ("--policy", tmp_path / "policy")):
        answer = cli("verify", "--base", log, *trusted, *nothing)
        assert (answer.code, answer.out.split(":")[0], answer.err) == (0, "ok", "")
    found = cli("verify", "--base", log, "--vkey", VKEY, "--json", *nothing).json
    assert list(found)[:5] == JSON_KEYS
    assert (found["ok"], found["held_back"], found["log_key"], found["authors"]) == (True, 0, VKEY, None)
    untold = cli("verify", "--base", log, *nothing)
    assert (untold.code, untold.out) == (2, "")
    assert "--vkey" in untold.err


def test_authors_are_counted(cli: Cli, home: Path):
    answer = cli("verify", "--base", home / "log", "--authors", "--home", home)
    assert answer.code == 0
    assert "authors: 1 signed" in answer.out
    assert "0 doubted, 0 bad" in answer.out
    found = cli("verify", "--base", home / "log", "--authors", "--json", "--home", home).json
    assert found["authors"]["signed"] == 1
    assert sum(found["authors"].values()) == found["size"]


def test_a_failed_check_is_1_and_named(cli: Cli, home: Path):
    [bundle] = (home / "log/tile/entries/000.p").iterdir()
    bundle.write_bytes(bundle.read_bytes().replace(b"clinic", b"cliniq", 1))
    answer = cli("verify", "--base", home / "log", "--home", home)
    assert (answer.code, answer.out[:8]) == (1, "FAILED: ")
    assert "first bad index" in answer.out
    found = cli("verify", "--base", home / "log", "--home", home, "--json")
    assert (found.code, found.json["ok"]) == (1, False)
    assert f"(first bad index {found.json['first_bad_index']})" in answer.out


def test_a_former_key_says_which_is_needed_and_home_knows_its_planned_formers(
    cli: Cli, home: Path, tmp_path: Path
):
    assert cli("verify", "--base", home / "log", "--vkey", SIGNER.verifier).code == 0, "both sign for a time"
    old = tmp_path / "old"
    shutil.copy(home / "log/checkpoint", old)
    assert cli("verify", "--base", home / "log", "--old", old, "--home", home).code == 0
    assert cli("rotate-key", "--retire-former", "--home", home).code == 0
    record = Record.open(home)
    assert record.size == cli("verify", "--home", home, "--json").json["size"]
    accept(record, [quiet_day("later")])
    record.checkpoint()
    record.close()
    late = cli("verify", "--base", home / "log", "--vkey", SIGNER.verifier)
    assert late.code == 1
    assert f"{NEXT.name}+{NEXT.key_id:08x}, whose verifier key is needed" in late.out
    assert cli("verify", "--base", home / "log", "--old", old, "--home", home).code == 0


def test_delayed(cli: Cli, home: Path):
    size = cli("verify", "--home", home, "--json").json["size"]
    (home / "log/entries-published").write_text(f"{size - 2}\n")
    [bundle] = (home / "log/tile/entries/000.p").iterdir()
    shown = encode_bundle(decode_bundle(bundle.read_bytes(), size)[:-2])
    bundle.unlink()
    (home / f"log/tile/entries/000.p/{size - 2}").write_bytes(shown)
    answer = cli("verify", "--base", home / "log", "--home", home)
    assert answer.code == 1
    assert "--delayed" in answer.out
    answer = cli("verify", "--base", home / "log", "--delayed", "--home", home)
    assert answer.code == 0
    assert "of the newest 2 entries the hashes alone" in answer.out


def test_witnesses_are_told(cli: Cli, home: Path, tmp_path: Path):
    with start_witness(tmp_path / "w", "w.example/w", [VKEY, str(SIGNER.verifier)]) as witness:
        policy = f"log {VKEY}\nwitness 邻街 {witness.vkey} {witness.url}\nquorum 邻街\n"
        (home / "policy").write_text(policy)
        (tmp_path / "policy").write_text(policy)
        asked = ("verify", "--base", home / "log", "--policy", tmp_path / "policy")
        unmet = cli(*asked)
        assert (unmet.code, "quorum" in unmet.out) == (1, True)
        assert cli("checkpoint", "--home", home).code == 0
    met = cli(*asked)
    assert met.code == 0
    assert "confirmed by 邻街 (20" in met.out
    assert list(cli(*asked, "--json").json["witnesses"]) == ["邻街"]


# receipts -------------------------------------------------------------------------------------------------


def test_a_receipt_is_checked_step_by_step(cli: Cli, home: Path, receipts: Path):
    for trusted in (("--home", home), ("--vkey", VKEY), ("--vkey", SIGNER.verifier)):
        answer = cli("verify", "receipt", receipts / "gift", *trusted)
        assert (answer.code, answer.err) == (0, "")
        steps = [line.split()[1] for line in answer.out.splitlines()[:-1]]
        assert steps == ["format:", "signature:", "witnesses:", "inclusion:", "entry:"]
        assert answer.out.splitlines()[-1].startswith("ok: this entry stands in the signed list")
    found = cli("verify", "receipt", receipts / "gift", "--vkey", VKEY, "--json").json
    assert (found["ok"], found["problem"], found["entry"]["kind"]) == (True, None, "DonationReceived")


def test_the_opening_of_a_donor(cli: Cli, receipts: Path):
    asked = ("verify", "receipt", receipts / "gift", "--vkey", VKEY, "--opening", receipts / "opening")
    answer = cli(*asked, "--party", receipts / "party")
    assert answer.code == 0
    assert "opening: the donor's opening fits the sealed value in the registration of P1" in answer.out
    without = cli(*asked)
    assert (without.code, "FAILED: opening" in without.out) == (1, True)
    (receipts / "opening").write_text(json.dumps({"salt": SALT, "data": {"name": "别人"}}))
    wrong = cli(*asked, "--party", receipts / "party", "--json")
    assert (wrong.code, wrong.json["ok"]) == (1, False)
    assert wrong.json["problem"].startswith("opening: ")


@pytest.mark.parametrize(
    ("pattern", "replacement", "step"),
    [
        (rb"^c2sp", b"C2SP", "format"),
        (rb"\nindex (\d+)\n", rb"\nindex 0\1\n", "format"),
        (rb"\nindex \d+\n", b"\nindex 3\n", "inclusion"),
        (rb"\nextra eyJ", b"\nextra eyK", "inclusion"),
        (rb"[A-Za-z0-9+/]{8}=\n$", b"AAAAAAAA=\n", "signature"),
    ],
)
def test_a_changed_receipt_is_1_and_the_step_is_named(
    cli: Cli, receipts: Path, pattern: bytes, replacement: bytes, step: str
):
    file = receipts / "gift"
    changed, count = re.subn(pattern, replacement, file.read_bytes())
    assert count == 1
    file.write_bytes(changed)
    answer = cli("verify", "receipt", file, "--vkey", SIGNER.verifier)
    assert answer.code == 1
    assert answer.out.splitlines()[-1].startswith(f"FAILED: {step}: ")
    found = cli("verify", "receipt", file, "--vkey", SIGNER.verifier, "--json")
    assert (found.code, found.json["ok"]) == (1, False)
    assert found.json["problem"].startswith(f"{step}: ")


# wrong usage ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--vkey", VKEY), "--vkey goes with --base"), (("--delayed",), "--delayed goes with --base"),
        (("--authors",), "--authors goes with --base"), (("--old", "x"), "--old goes with --base"),
        (("--policy", "x"), "--policy goes with --base"),
        (("--base", ".", "--vkey", VKEY, "--policy", "x"), "give one of them"),
        (("--base", ".", "--vkey", "nonsense"), "--vkey: "),
        (("--base", ".", "--vkey", "x" * 5000), "--vkey: "),
        (("--base", ".", "--policy", "missing"), "missing cannot be read"),
        (("--base", ".", "--policy", "bad"), "--policy: line 1"),
        (("--base", ".", "--vkey", VKEY, "--old", "missing"), "missing cannot be read"),
        (("nonsense",), "No such command"), (("receipt",), "Missing argument 'file'"),
        (("receipt", "missing", "--vkey", VKEY), "missing cannot be read"),
        (("receipt", "bad", "--vkey", VKEY, "--party", "bad"), "--party goes with --opening"),
        (("receipt", "bad", "--vkey", VKEY, "--opening", "missing"), "missing cannot be read"),
        (("receipt", "bad"), "never taken from what is checked"),
        (("--json", "receipt", "bad"), "--json stands before `receipt`"),
        (("--base", ".", "receipt", "bad"), "--base stands before `receipt`"),
    ],
)  # fmt: skip
def test_wrong_usage_is_2_in_one_sentence(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: str
):
    monkeypatch.chdir(tmp_path)
    Path("bad").write_text("nonsense\n")
    answer = cli("--home", tmp_path / "none", "verify", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err
    assert answer.err.count("\n") == 1
