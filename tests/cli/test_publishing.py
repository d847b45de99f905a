"""checkpoint, publish, policy, rotate-key, serve --no-sign, from the command line."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from ledger.home import Home
from ledger.published.reading import verify_base
from ledger.record import Record
from ledger.tlog.note import parse_note
from tests.cli.conftest import Cli
from tests.ledger.store import books
from tests.ledger.store.books import NEXT, SIGNER, quiet_day
from tests.witnesses import start_witness

SECONDS = 20.0


def grow(home: Path, name: str) -> int:
    """One entry more; gives the size."""
    record = Record.open(home)
    books.accept(record, [quiet_day(name)])
    size = record.size
    record.close()
    return size


def wait_for(told: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not told():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_policy_is_made_and_shown(cli: Cli, home: Path, tmp_path: Path):
    assert "# 0 of 0 witnesses" in cli("policy", "--home", home).out
    with start_witness(tmp_path / "w", "w.example/w", [str(NEXT.verifier)]) as one:
        three = [f"{name}={one.vkey}@{one.url}" for name in "ab"]
        told = cli("policy", "--home", home, "--witness", three[0], "--json").json
        assert told == {
            "witnesses": [{"name": "a", "vkey": str(one.vkey), "url": one.url}],
            "quorum": "witnesses", "needed": 1, "known": 1,
        }  # fmt: skip
        answer = cli("policy", "--home", home, "--witness", three[0], "--witness", three[1])
        assert (answer.code, answer.err.count("\n")) == (2, 1), "one key is one witness"
        assert cli("policy", "--home", home, "--quorum", "none", "--json").json["needed"] == 0
        assert cli("policy", "--home", home, "--quorum", "any", "--json").json["needed"] == 1
        shown = cli("policy", "--home", home).out
        assert f"log {NEXT.verifier}\nlog {SIGNER.verifier}\nwitness a {one.vkey} {one.url}\n" in shown
        for wrong in (
            ("--quorum", "2"), ("--quorum", "0"), ("--quorum", "x"), ("--witness", "a"),
            ("--witness", "none=" + str(one.vkey)), ("--witness", f"a={SIGNER.verifier}@{one.url}"),
        ):  # fmt: skip
            answer = cli("policy", "--home", home, *wrong)
            assert (answer.code, answer.err.count("\n"), answer.out) == (2, 1, ""), wrong
        assert cli("policy", "--home", home).out == shown
        assert cli("publish", "--home", home, "--json").json["cosigned"] == ["a"]
        assert "1 of 1 witnesses confirm what is published, 1 needed" in cli("doctor", "--home", home).out
    grow(home, "alone")
    answer = cli("checkpoint", "--home", home)
    assert answer.code == 1
    assert answer.err.splitlines()[0] == "mingzhang: witness a cannot be reached: Connection refused"
    assert "0 of at least 1 witnesses" in answer.err
    told = cli("publish", "--home", home, "--json").json
    assert (told["ok"], told["published_size"], told["size"]) == (False, told["size"] - 1, told["size"])
    assert "wait for witnesses" in cli("doctor", "--home", home).out


def test_publish_into_a_folder(cli: Cli, home: Path, tmp_path: Path):
    folder = tmp_path / "www" / "log"
    size = grow(home, "one")
    answer = cli("publish", folder, "--home", home)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == f"{size} entries published (1 new)\n{folder}: {size} entries, 2 files added\n"
    assert verify_base(folder, str(SIGNER.verifier)).size == size
    told = cli("publish", folder, "--once", "--home", home, "--json").json
    assert (told["ok"], told["signs"], told["mirror"]) == (
        True, True, {"before": size, "size": size, "files": 0},
    )  # fmt: skip
    (folder / "tile/0/000.p" / str(size)).write_bytes(bytes(32 * size))
    answer = cli("publish", folder, "--home", home)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    (kept,) = (home / "evidence").iterdir()
    assert kept.name in answer.err
    assert cli("doctor", "--home", home).code == 1
    assert kept.name in cli("doctor", "--home", home).out


def test_publish_without_the_key_copies_what_another_signs(cli: Cli, home: Path, tmp_path: Path):
    key = tmp_path / "away.key"
    (home / "keys" / "log.key").rename(key)
    size = grow(home, "one")
    told = cli("publish", tmp_path / "www", "--home", home, "--json").json
    assert (told["signs"], told["mirror"]["size"]) == (False, size - 1)
    assert "this process signs nothing" in cli("publish", tmp_path / "www", "--home", home).out
    for wrong in ((), ("--key", tmp_path / "no.key"), (home / "log",), (home / "www",), ("--every", "0")):
        answer = cli("publish", *wrong, "--home", home)
        assert (answer.code, answer.err.count("\n")) == (2, 1), wrong
    assert cli("publish", "--every", "1", "--once", "--home", home).code == 2
    assert cli("publish", "--key", key, "--home", home, "--json").json["published_size"] == size
    assert "the signing key is not here" in cli("doctor", "--home", home).out


def test_the_way_back_after_a_restore(cli: Cli, home: Path, tmp_path: Path):
    last = shutil.copy(home / "log" / "checkpoint", tmp_path / "last")
    (home / "restored").touch()
    size = grow(home, "one")
    answer = cli("checkpoint", "--home", home)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "--last-checkpoint" in answer.err
    assert cli("doctor", "--home", home).code == 1
    assert cli("checkpoint", "--last-checkpoint", tmp_path / "none", "--home", home).code == 2
    both = ("--last-checkpoint", last, "--nothing-was-published")
    assert cli("checkpoint", *both, "--home", home).code == 2
    assert cli("checkpoint", "--last-checkpoint", last, "--home", home, "--json").json["size"] == size
    assert cli("doctor", "--home", home).code == 0


def test_rotate_key(cli: Cli, home: Path):
    retired = cli("rotate-key", "--retire-former", "--home", home).out  # of the book of every kind
    assert str(SIGNER.verifier) in retired
    told = cli("rotate-key", "--home", home, "--json").json
    assert told["former"] == str(NEXT.verifier)
    assert (home / "log.vkey").read_text() == told["vkey"] + "\n"
    assert cli("verify", "--home", home).code == 0
    assert cli("audit", "--home", home).code == 0
    assert cli("rotate-key", "--home", home).code == 2
    assert cli("rotate-key", "--reason", "boredom", "--home", home).code == 2
    assert told["vkey"] in cli("policy", "--quorum", "none", "--home", home).out


def test_publish_every_is_stopped_by_a_signal_and_serve_leaves_signing_to_it(
    home: Path, tmp_path: Path, free_port: Callable[..., int]
):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MINGZHANG_")}
    command = [sys.executable, "-m", "dashboard.cli", "--home", str(home)]
    key, port = tmp_path / "log.key", free_port()
    (home / "keys" / "log.key").rename(key)
    publishing = subprocess.Popen(
        [*command, "publish", str(tmp_path / "www"), "--every", "0.1", "--key", str(key), "--json"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    serving = subprocess.Popen(
        [*command, "serve", "--port", str(port)], env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        size = grow(home, "one")
        mirrored = tmp_path / "www" / "checkpoint"
        wait_for(lambda: mirrored.exists() and f"\n{size}\n" in mirrored.read_text())

        def is_served() -> bool:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/log/checkpoint") as answer:
                    return bool(answer.read() == mirrored.read_bytes())
            except OSError:
                return False

        wait_for(is_served)
        publishing.send_signal(signal.SIGTERM)
        out, err = publishing.communicate(timeout=SECONDS)
    finally:
        publishing.kill()
        serving.kill()
        said = serving.communicate()[1]
    assert (publishing.returncode, err) == (0, "")
    assert json.loads(out)["mirror"]["size"] == size
    assert "this process does not sign: log.key is not here" in said
    assert parse_note(mirrored.read_bytes()).signatures
    assert Home(home).last_signed_file.exists()
