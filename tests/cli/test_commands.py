"""What the commands do, say and return (DESIGN.md, Outside contract)."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.audit import audit
from ledger.domain.instants import format_instant
from ledger.record import Record
from ledger.tlog.note import Signer
from tests.cli.conftest import Cli
from tests.ledger.store import books
from tests.ledger.store.books import Place, change, quiet_day, registers

PROGRAM = Path(sys.executable).with_name("mingzhang")
INIT = ("init", "--name", "长兴街道 / Changxing", "--origin", "example.org/changxing")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def process(*arguments: object, **more: object) -> subprocess.CompletedProcess[str]:
    """The console script, as people run it."""
    command = [str(PROGRAM), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **more)  # type: ignore[call-overload]


# making a book --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["live", "archive", "drill", "simulated"])
def test_init_makes_a_signed_book_whose_secrets_are_its_owners(cli: Cli, tmp_path: Path, kind: str):
    home = tmp_path / "new" / "book"
    answer = cli("--home", home, *INIT, "--kind", kind)
    assert (answer.code, answer.err) == (0, "")
    vkey = (home / "log.vkey").read_text().strip()
    assert vkey in answer.out
    assert kind in answer.out
    assert mode(home / "keys") == 0o700
    kept = {(path.name, mode(path)) for path in (home / "keys").iterdir()}
    assert kept == {("log.key", 0o600), ("last-signed", 0o600)}
    record = Record.open(home)
    assert (record.kind, record.size) == (kind, 1)
    assert (record.facts.name_zh, record.facts.name_en) == ("长兴街道", "Changxing")
    record.folder.session_secret()
    assert mode(home / "keys" / "session.key") == 0o600
    record.close()
    assert cli("verify", "--home", home, "--json").json["size"] == 1
    assert cli("verify", "--home", home, "--base", home / "log").code == 0
    assert cli("audit", "--home", home).code == 0


def test_an_origin_may_be_chinese(cli: Cli, tmp_path: Path):
    assert cli("init", "--name", "账", "--origin", "账本.example/长兴", "--home", tmp_path).code == 0
    assert cli("verify", "--home", tmp_path).code == 0
    assert cli("verify", "--home", tmp_path, "--base", tmp_path / "log").code == 0
    assert cli("checkpoint", "--home", tmp_path, "--json").json["origin"] == "账本.example/长兴"


def test_init_changes_nothing_in_a_book(cli: Cli, home: Path):
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    answer = cli(*INIT, "--home", home)
    assert (answer.code, answer.out) == (2, "")
    assert "already holds a book" in answer.err
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


# where the book is ----------------------------------------------------------------------------------------


def test_home_is_taken_before_and_after_the_command(cli: Cli, home: Path, tmp_path: Path):
    for arguments in (
        ("--home", home, "verify", "--json"),
        ("verify", "--home", home, "--json"),
        ("verify", "--json", "--home", home),
        (f"--home={home}", "verify", "--json"),
        ("verify", f"--home={home}", "--json"),
        ("--home", tmp_path / "none", "verify", "--json", "--home", home),
    ):
        assert cli(*arguments).json["ok"] is True, arguments


def test_home_comes_from_the_environment_else_is_var(home: Path, tmp_path: Path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MINGZHANG_")}
    told = process("verify", env={**environment, "MINGZHANG_HOME": str(home)}, cwd=tmp_path)
    assert (told.returncode, told.stderr) == (0, "")
    untold = process("verify", env=environment, cwd=tmp_path)
    assert (untold.returncode, untold.stdout) == (2, "")
    assert "no book in var" in untold.stderr
    shutil.copytree(home, tmp_path / "var")
    assert process("verify", env=environment, cwd=tmp_path).returncode == 0


def test_a_book_may_be_copied_and_moved(cli: Cli, home: Path, tmp_path: Path):
    copy = shutil.copytree(home, tmp_path / "别处 #1?a=%20b")
    moved = shutil.move(home, tmp_path / "moved")
    for place in (copy, Path(moved)):
        assert cli("verify", "--home", place).code == 0
        assert cli("audit", "--home", place).code == 0
        record = Record.open(place)
        books.accept(record, [quiet_day("after")])
        record.close()
        assert cli("checkpoint", "--home", place).code == 0
        assert cli("verify", "--home", place).code == 0
        assert cli("verify", "--home", place, "--base", place / "log").code == 0


def test_the_database_may_be_postgres(cli: Cli, tmp_path: Path, postgres_url: str, monkeypatch):
    monkeypatch.setenv("MINGZHANG_DATABASE_URL", postgres_url)
    assert cli(*INIT, "--home", tmp_path).code == 0
    assert not (tmp_path / "book.sqlite3").exists()
    for command in ("verify", "audit", "rebuild", "checkpoint"):
        assert cli(command, "--home", tmp_path).code == 0
    again = cli(*INIT, "--home", tmp_path / "other")
    assert (again.code, "already holds a book" in again.err) == (2, True)
    monkeypatch.setenv("MINGZHANG_DATABASE_URL", postgres_url.replace("postgresql+psycopg:", "postgresql:"))
    assert cli("verify", "--home", tmp_path).code == 0


# checks ---------------------------------------------------------------------------------------------------


def test_verify_says_ok_in_words_and_in_json(cli: Cli, home: Path):
    said = cli("verify", "--home", home)
    root = (home / "log" / "checkpoint").read_text().split("\n")[2]
    assert (said.code, said.err) == (0, "")
    assert root in said.out
    told = cli("verify", "--home", home, "--json").json
    assert list(told) == ["ok", "size", "root", "first_bad_index", "problem"]
    assert told == {"ok": True, "size": told["size"], "root": root, "first_bad_index": None, "problem": None}


def test_verify_names_the_place_and_returns_1(cli: Cli, home: Path):
    store = Place(home).store()
    change(store, "DELETE FROM entries WHERE entry_index = ?", 12)
    store.close()
    said = cli("verify", "--home", home)
    assert (said.code, said.err) == (1, "")
    assert "12" in said.out
    answer = cli("verify", "--home", home, "--json")
    assert (answer.code, answer.json["ok"], answer.json["first_bad_index"]) == (1, False, 12)
    assert isinstance(answer.json["problem"], str)


def test_a_missing_checkpoint_fails(cli: Cli, home: Path):
    (home / "log" / "checkpoint").unlink()
    answer = cli("verify", "--home", home, "--json")
    told = {"ok": False, "size": None, "root": None, "first_bad_index": None}
    assert answer.code == 1
    assert {name: answer.json[name] for name in told} == told


def test_verify_from_the_base_alone(cli: Cli, home: Path, tmp_path: Path):
    old = tmp_path / "old"
    shutil.copy(home / "log" / "checkpoint", old)
    record = Record.open(home)
    books.accept(record, [quiet_day("after")])
    size = record.checkpoint().size
    record.close()
    vkey = (home / "log.vkey").read_text().strip()
    elsewhere = shutil.copytree(home / "log", tmp_path / "published")
    for key in (("--home", home), ("--vkey", vkey, "--home", tmp_path), ("--vkey", home / "log.vkey")):
        answer = cli("verify", "--base", elsewhere, *key, "--json")
        assert (answer.code, answer.json["ok"], answer.json["size"]) == (0, True, size)
    assert cli("verify", "--base", elsewhere, "--old", old, "--home", home).code == 0
    (elsewhere / "checkpoint").write_bytes(old.read_bytes())
    answer = cli(
        "verify", "--base", elsewhere, "--old", home / "log" / "checkpoint", "--home", home, "--json"
    )
    assert (answer.code, answer.json["ok"]) == (1, False)
    other = Signer("mingzhang.example/other", b"\x01" * 32).verifier
    assert cli("verify", "--base", elsewhere, "--vkey", other).code == 1


@pytest.mark.parametrize("name", ["checkpoint", "tile/0/000.p", "tile/entries/000.p"])
@pytest.mark.parametrize("data", [None, b"", b"\x00" * 40, b"\xff\xfe\n\n\n"])
def test_a_malformed_base_fails_with_a_sentence(cli: Cli, home: Path, name: str, data: bytes | None):
    path = home / "log" / name
    (path,) = path.iterdir() if path.is_dir() else [path]
    path.unlink()
    if data is not None:
        path.write_bytes(data)
    answer = cli("verify", "--base", home / "log", "--home", home, "--json")
    assert (answer.code, answer.err, answer.json["ok"]) == (1, "", False)
    assert "\n" not in answer.json["problem"]


def test_audit_names_view_and_key_and_rebuild_mends(cli: Cli, home: Path):
    told = cli("audit", "--home", home, "--json").json
    assert told == {"ok": True, "size": told["size"], "differences": []}
    store = Place(home).store()
    change(store, "UPDATE view_place SET name_zh = ? WHERE code = 'C1'", "别的中心")
    store.close()
    answer = cli("audit", "--home", home, "--json")
    (difference,) = answer.json["differences"]
    assert (answer.code, answer.json["ok"]) == (1, False)
    assert list(difference) == ["view", "key", "stored", "rebuilt"]
    assert (difference["view"], difference["key"]) == ("view_place", {"code": "C1"})
    assert difference["stored"]["name_zh"] == "别的中心"
    assert difference["rebuilt"]["name_zh"] == "长兴中心"
    said = cli("audit", "--home", home)
    assert said.code == 1
    assert "view_place" in said.out
    assert "C1" in said.out
    assert cli("rebuild", "--home", home, "--json").json == {"size": told["size"]}
    assert cli("audit", "--home", home).code == 0


def test_rebuild_of_what_cannot_be_folded_names_it(cli: Cli, home: Path):
    record = Record.open(home)
    index = record.size
    books.chain_on(record.store, [books.command("LotRecalled", "1", {})], "2026-02-01T00:00:00.000Z")
    record.close()
    answer = cli("rebuild", "--home", home)
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert f"entry {index}" in answer.err


def test_checkpoint_signs_what_there_is(cli: Cli, home: Path):
    record = Record.open(home)
    books.accept(record, [quiet_day("after")])
    record.close()
    told = cli("checkpoint", "--home", home, "--json").json
    assert list(told) == ["origin", "size", "root"]
    lines = (home / "log" / "checkpoint").read_text().split("\n")
    assert [told["origin"], str(told["size"]), told["root"]] == lines[:3]
    assert cli("checkpoint", "--home", home).out.split("\n")[:3] == lines[:3]


def test_export_gives_the_exact_entries_in_order(cli: Cli, home: Path, tmp_path: Path):
    record = Record.open(home)
    lines = [data.decode() for data in record.entries()]
    record.close()
    out = tmp_path / "out.jsonl"
    assert cli("export", "--format", "jsonl", "-o", out, "--home", home).code == 0
    assert out.read_bytes().decode() == "\n".join(lines) + "\n"
    assert cli("export", "-o", "-", "--home", home).out == "\n".join(lines) + "\n"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("out")] == ["out.jsonl"]


def test_a_reader_that_goes_away_is_no_error(home: Path):
    record = Record.open(home)
    books.accept(record, [quiet_day(f"more{number}") for number in range(2000)])
    record.close()
    exporting = subprocess.Popen(
        [str(PROGRAM), "--home", str(home), "export", "-o", "-"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert exporting.stdout
    assert json.loads(exporting.stdout.readline())["index"] == 0
    exporting.stdout.close()
    assert exporting.stderr
    assert exporting.stderr.read() == b""
    exporting.stderr.close()
    assert exporting.wait() == 0


def test_doctor_says_how_the_book_is(cli: Cli, home: Path):
    assert cli("doctor", "--home", home).code == 0
    told = cli("doctor", "--home", home, "--json").json
    assert told["ok"] is True
    store = Place(home).store()
    change(store, "UPDATE view_state SET size = ?", 3)
    store.close()
    answer = cli("doctor", "--home", home)
    assert answer.code == 1
    assert "rebuild" in answer.out


def test_doctor_says_that_published_entries_are_missing(cli: Cli, home: Path):
    store = Place(home).store()
    change(store, "DELETE FROM entries WHERE entry_index >= ?", 5)
    store.close()
    answer = cli("doctor", "--home", home)
    assert answer.code == 1
    assert re.search(r"[\d,]+ entries are published, but the book ends at 5: [\d,]+ are missing", answer.out)


def test_doctor_accepts_a_clock_that_is_behind(cli: Cli, tmp_path: Path):
    record = Place(tmp_path).create("live")
    books.accept(record, registers())
    last = format_instant(datetime.now(UTC) + timedelta(hours=2))
    books.chain_on(record.store, [quiet_day("last")], last)
    record.close()
    assert cli("rebuild", "--home", tmp_path).code == 0
    assert cli("checkpoint", "--home", tmp_path).code == 0
    answer = cli("doctor", "--home", tmp_path)
    assert (answer.code, "119 minutes" in answer.out) == (1, True)
    assert cli("doctor", "--accept-clock", "--home", tmp_path).code == 0
    again = Record.open(tmp_path)
    assert books.accept(again, [quiet_day("1")])[0].recorded_at == last
    assert audit(again.store).ok
    again.close()


# help -----------------------------------------------------------------------------------------------------


def test_help_is_quick_and_lists_the_commands():
    """Within 0.5 s of processor time, best of three: the machine may be busy with other tests."""
    seconds = []
    for _ in range(3):
        begun = os.times()
        answer = process("--help")
        ended = os.times()
        seconds.append(sum(ended[2:4]) - sum(begun[2:4]))  # user and system time of children
    assert answer.returncode == 0
    assert answer.stderr == ""
    for command in ("demo", "init", "serve", "import", "verify", "audit", "rebuild", "checkpoint", "export"):
        assert f"\n  {command} " in answer.stdout
    assert min(seconds) < 0.5


def test_help_imports_nothing_heavy():
    heavy = ["sqlalchemy", "flask", "pandas", "plotly", "statsmodels", "pydantic", "openpyxl", "numpy"]
    code = (
        "import sys; from dashboard.cli import run; run(['--help']);"
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stderr == "[]\n"


def test_the_program_and_the_module_are_one(home: Path):
    module = [sys.executable, "-m", "dashboard.cli", "--home", str(home), "verify", "--json"]
    answer = subprocess.run(module, capture_output=True, text=True, check=True)
    assert answer.stdout == process("verify", "--json", "--home", home).stdout
