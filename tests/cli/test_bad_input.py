"""Whatever is wrong: one line on stderr, exit code 2, nothing on stdout, nothing written, no traceback."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.tlog.note import Signer
from tests.cli.conftest import Answer, Cli

OPENING = ("verify", "audit", "rebuild", "checkpoint", "doctor", "serve", "export -o x.jsonl", "forecast run")
READING = ("checkpoint", "doctor", "serve", "export -o x.jsonl", "forecast run")


def told(answer: Answer, *words: str) -> None:
    """One line that names what is wrong."""
    assert answer.code == 2, answer
    assert answer.out == ""
    assert answer.err.startswith("mingzhang: ")
    assert answer.err.count("\n") == 1, answer.err
    assert "Traceback" not in answer.err
    for word in words:
        assert word in answer.err, (word, answer.err)


@pytest.fixture
def words(free_port: Callable[..., int]) -> Callable[[str], list[str]]:
    """`words("serve")`: a command as its words; a port that is free, where the usual one may be in use."""
    return lambda command: [*command.split(), *(["--port", str(free_port())] if command == "serve" else [])]


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# the folder and its database ------------------------------------------------------------------------------


def nothing(home: Path) -> None:
    shutil.rmtree(home)


def only_the_folder(home: Path) -> None:
    shutil.rmtree(home)
    home.mkdir()


def a_file(home: Path) -> None:
    shutil.rmtree(home)
    home.write_text("x")


def random_bytes(home: Path) -> None:
    (home / "book.sqlite3").write_bytes(os.urandom(20_000))


def no_bytes(home: Path) -> None:
    (home / "book.sqlite3").write_bytes(b"")


def a_folder(home: Path) -> None:
    (home / "book.sqlite3").unlink()
    (home / "book.sqlite3").mkdir()


def something_else(home: Path) -> None:
    (home / "book.sqlite3").unlink()
    with sqlite3.connect(home / "book.sqlite3") as connection:
        connection.execute("CREATE TABLE recipes (name)")
    connection.close()


def first_page_only(home: Path) -> None:
    path = home / "book.sqlite3"
    path.write_bytes(path.read_bytes()[:4096])


def spoilt_schema(home: Path) -> None:
    path = home / "book.sqlite3"
    data = path.read_bytes()
    path.write_bytes(data[:100] + os.urandom(3996) + data[4096:])


UNUSABLE = [
    nothing, only_the_folder, a_file, random_bytes, no_bytes, a_folder, something_else, first_page_only,
    spoilt_schema,
]  # fmt: skip


@pytest.mark.parametrize("spoil", UNUSABLE)
@pytest.mark.parametrize("command", OPENING)
def test_a_folder_or_database_that_cannot_be_used(
    cli: Cli, home: Path, spoil: Callable, command: str, words: Callable, monkeypatch
):
    monkeypatch.chdir(home.parent)
    spoil(home)
    before = files(home.parent)
    told(cli(*words(command), "--home", home))
    after = files(home.parent)
    assert {path: after[path] for path in before} == before, "not even another program's file is written"
    assert {path.name for path in after.keys() - before} <= {"book.sqlite3-shm", "book.sqlite3-wal"}


@pytest.mark.parametrize("command", OPENING)
def test_a_database_cut_short(cli: Cli, home: Path, command: str, words: Callable, monkeypatch):
    """The head is there, later pages are not: the commands that only look say so too."""
    monkeypatch.chdir(home.parent)
    path = home / "book.sqlite3"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    answer = cli(*words(command), "--home", home)
    assert answer.code in (1, 2)
    assert "Traceback" not in answer.err
    assert answer.err.count("\n") == (answer.code == 2)


@pytest.mark.parametrize("data", [b"[]", b"\xff", b"{}", b'{"body":{"name":"x"}}', b"1" * 5000])
@pytest.mark.parametrize("command", READING)
def test_a_first_entry_that_cannot_be_read(
    cli: Cli, home: Path, command: str, data: bytes, words: Callable, monkeypatch
):
    monkeypatch.chdir(home.parent)
    with sqlite3.connect(home / "book.sqlite3") as connection:
        connection.execute("UPDATE entries SET data = ? WHERE entry_index = 0", [data])
    connection.close()
    told(cli(*words(command), "--home", home), "mingzhang verify")
    assert cli("verify", "--home", home).code == 1
    assert cli("audit", "--home", home).code == 1


@pytest.mark.parametrize(
    "address",
    [
        "nonsense", "mysql://h/d", "sqlite:///x", "postgresql+psycopg://127.0.0.1:1/x", "postgresql://", "://",
        "postgresql://h:port/d",
    ],
)  # fmt: skip
def test_a_database_address_that_cannot_be_used(cli: Cli, home: Path, address: str, monkeypatch):
    monkeypatch.setenv("MINGZHANG_DATABASE_URL", address)
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "3")
    told(cli("verify", "--home", home), "database")
    told(cli("init", "--name", "x", "--origin", "example.org/x", "--home", home.parent / "new"), "database")
    assert not (home.parent / "new" / "log.vkey").exists()


# keys -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [None, b"", b"\xff\xfe", b"nonsense", b"PRIVATE+KEY+a+00000000+AAAA"])
def test_a_signing_key_that_cannot_be_used(cli: Cli, home: Path, data: bytes | None):
    key = home / "keys" / "log.key"
    key.unlink()
    if data is not None:
        key.write_bytes(data)
    told(cli("checkpoint", "--home", home), "log.key")
    assert cli("verify", "--home", home).code == 0, "checking needs no secret"


def test_a_signing_key_that_is_a_folder_or_of_another_log(cli: Cli, home: Path):
    key = home / "keys" / "log.key"
    key.write_text(Signer("mingzhang.example/small", b"\x01" * 32).encode() + "\n")
    told(cli("checkpoint", "--home", home), "log.key", "log.vkey")
    key.unlink()
    key.mkdir()
    told(cli("checkpoint", "--home", home), "log.key")


def test_a_secret_is_never_told(cli: Cli, home: Path):
    key = home / "keys" / "log.key"
    text = key.read_text()
    key.write_text(text[:-8] + "AAAAAAA\n")
    answer = cli("checkpoint", "--home", home)
    told(answer, "log.key")
    assert text.split("+")[-1][:12] not in answer.err


@pytest.mark.parametrize("data", [None, b"", b"\xff", b"nonsense"])
def test_a_verifier_key_that_cannot_be_used(cli: Cli, home: Path, data: bytes | None):
    (home / "log.vkey").unlink()
    if data is not None:
        (home / "log.vkey").write_bytes(data)
    told(cli("checkpoint", "--home", home), "log.vkey")
    assert cli("verify", "--home", home).code == 1
    told(cli("verify", "--base", home / "log", "--home", home), "--vkey")


def test_a_published_log_that_is_not_this_books(cli: Cli, home: Path):
    (home / "log" / "checkpoint").write_text("nonsense")
    told(cli("checkpoint", "--home", home), "checkpoint")
    shutil.rmtree(home / "log")
    (home / "log").write_text("a file in its place")
    told(cli("checkpoint", "--home", home), "log")


# usage ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["verfy"], "verfy"),
        (["verify", "--jsn"], "--jsn"),
        (["verify", "extra"], "extra"),
        (["--home"], "--home"),
        (["verify", "--home"], "--home"),
        (["init"], "--name"),
        (["init", "--name", "x"], "--origin"),
        (["import"], "file"),
        (["import", "x.csv"], "--as"),
        (["import", "x.csv", "--as", "gifts"], "gifts"),
        (["export"], "--output"),
        (["export", "-o", "x", "--format", "pdf"], "pdf"),
        (["serve", "--port", "0"], "port"),
        (["serve", "--port", "65536"], "port"),
        (["serve", "--port", "http"], "port"),
        (["serve", "--host", "no-such-host.invalid"], "no-such-host.invalid"),
        (["serve", "--host", "a..b"], "a..b"),
        (["forecast", "rn"], "rn"),
        (["verify", "--old", "x"], "--base"),
        (["verify", "--vkey", "x"], "--base"),
        (["verify", "--base", "x", "--vkey", "nonsense"], "--vkey"),
        (["verify", "--base", "x", "--old", "none"], "none"),
        (["verify", "--base", "x", "--old", "."], "."),
    ],
)
def test_usage_that_is_wrong_is_told_in_one_line(cli: Cli, home: Path, arguments: list[str], word: str):
    more = [] if "--home" in arguments else ["--home", str(home)]
    told(cli(*arguments, *more), word)


def test_no_command_shows_the_help(cli: Cli):
    answer = cli()
    assert answer.code == 2
    assert "verify" in answer.out + answer.err


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--kind", "real"), "kind"),
        (("--kind", ""), "kind"),
        (("--origin", ""), "origin"),
        (("--origin", "two words"), "origin"),
        (("--origin", "a+b"), "origin"),
        (("--origin", "tab\tin"), "origin"),
        (("--origin", "line\nbreak"), "origin"),
        (("--origin", "x" * 300), "origin"),
        (("--name", ""), "name"),
        (("--name", " / "), "name"),
        (("--name", "x" * 500), "name"),
        (("--name", "e\u0301"), "name"),
        (("--name", "a\u202eb"), "name"),
    ],
)
def test_a_book_that_cannot_be_named_so_is_not_made(
    cli: Cli, tmp_path: Path, options: tuple[str, str], word: str
):
    usual = {"--name": "x", "--origin": "example.org/x", "--kind": "live"} | {options[0]: options[1]}
    home = tmp_path / "book"
    told(cli("init", *[part for pair in usual.items() for part in pair], "--home", home), word)
    assert not home.exists()


@pytest.mark.parametrize("under", ["file", "file/deeper"])
def test_a_folder_that_cannot_be_made(cli: Cli, tmp_path: Path, under: str):
    (tmp_path / "file").write_text("in the way")
    told(cli("init", "--name", "x", "--origin", "example.org/x", "--home", tmp_path / under), "file")
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_port_in_use(cli: Cli, home: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told(cli("serve", "--port", port, "--home", home), f"port {port}")


@pytest.mark.parametrize("output", ["missing/out.jsonl", ".", "book", "/", "book/book.sqlite3/x"])
def test_an_export_that_cannot_be_written(cli: Cli, home: Path, output: str, monkeypatch):
    monkeypatch.chdir(home.parent)
    before = files(home.parent)
    told(cli("export", "-o", output, "--home", home), "missing" if "missing" in output else output)
    assert files(home.parent) == before


@pytest.mark.parametrize("name", ["none.csv", "folder", "empty.csv", "odd.xlsx", "list.pdf", "latin.csv"])
@pytest.mark.parametrize("kind", ["donations", "issues", "counts", "centers", "items"])
def test_a_list_that_cannot_be_imported(cli: Cli, home: Path, tmp_path: Path, name: str, kind: str):
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "odd.xlsx").write_bytes(os.urandom(500))
    (tmp_path / "list.pdf").write_bytes(b"%PDF-1.4\n")
    (tmp_path / "latin.csv").write_bytes(b"\xff\xfe\x00\x81\x82\n" * 5)
    entries = sqlite3.connect(home / "book.sqlite3").execute("SELECT count(*) FROM entries").fetchone()
    answer = cli("import", tmp_path / name, "--as", kind, "--home", home)
    told(answer, name)
    assert (
        sqlite3.connect(home / "book.sqlite3").execute("SELECT count(*) FROM entries").fetchone() == entries
    )


def test_the_program_itself_prints_no_traceback(home: Path, words: Callable):
    """As people run it: the console script, a broken book, and a stop from the keyboard."""
    program = str(Path(sys.executable).with_name("mingzhang"))
    random_bytes(home)
    for arguments in (["verify"], words("serve"), ["--nonsense"]):
        answer = subprocess.run([program, "--home", home, *arguments], capture_output=True, text=True)
        assert (answer.returncode, answer.stdout) == (2, "")
        assert answer.stderr.count("\n") == 1
