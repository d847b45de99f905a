"""`mingzhang monitor` as people run it: a real process, a log at an address."""

from __future__ import annotations

import functools
import http.server
import json
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from dashboard.cli import run
from tests.ledger.witnessing.logs import SIGNER, VKEY, Tree, entries_of, publish
from tests.witnesses import start_witness

HONEST, FORK = entries_of(700), entries_of(700, "other ", since=300)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def address_of(folder: Path):
    """The folder as files of a web server."""
    folder.mkdir(exist_ok=True)
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def once(capsys):
    """`once(arguments...)`: exit code, stdout and stderr of one look."""

    def run_once(*told: object) -> tuple[int, str, str]:
        code = run(["monitor", *map(str, told), "--once"])
        return code, *capsys.readouterr()

    return run_once


def test_growth_then_a_fork_over_http(tmp_path, once):
    log, told = tmp_path / "log", ("--vkey", VKEY, "--state", tmp_path / "state")
    publish(log, HONEST, 500)
    with address_of(log) as url:
        code, said, _ = once(url, *told)
        assert (code, said) == (0, "ok: 500 entries, 500 of them new; nobody outside has confirmed them\n")
        shutil.rmtree(log)
        publish(log, FORK, 600)
        code, said, _ = once(url, *told, "--json")
        report = json.loads(said)
    assert (code, report["ok"], report["size"], report["problems"][0]["code"]) == (1, False, 500, "rewritten")
    assert (tmp_path / "state" / report["problems"][0]["evidence"] / "later").exists()
    code, said, _ = once(url, *told)  # nobody serves there any more
    assert (code, said.count("\n")) == (1, 1)
    assert f"WRONG: {url} cannot be read: checkpoint cannot be fetched" in said


def test_a_split_view_is_found_at_a_witness(tmp_path, once):
    """The log shows one record here and asked the witness to confirm another."""
    log = tmp_path / "log"
    publish(log, HONEST, 500)
    with start_witness(tmp_path / "w", "charity.example/w", [VKEY]) as witness, address_of(log) as url:
        policy = tmp_path / "policy"
        policy.write_text(f"log {VKEY}\n{witness.policy_line}\nquorum none\n")
        told = (url, "--policy", policy, "--state", tmp_path / "state", "--witness", witness.url)
        code, said, _ = once(*told)
        assert (code, "has nothing of this log" in said) == (0, True)
        assert _post(witness.url, Tree(FORK).request(0, 400)) == 200
        code, said, _ = once(*told)
    assert code == 1
    assert f"TWO DIFFERENT RECORDS ARE SHOWN: {witness.url} has 400 other entries than {url}" in said


def _post(url: str, body: bytes) -> int:
    import urllib.request

    with urllib.request.urlopen(f"{url}/add-checkpoint", body) as answer:
        return answer.status


def test_following_says_what_is_new_and_goes_on_after_kill_9(tmp_path):
    log = tmp_path / "log"
    publish(log, HONEST, 300)
    told = [sys.executable, "-m", "dashboard.cli", "monitor", log, "--vkey", VKEY]
    told += ["--state", tmp_path / "state", "--every", "0.2"]

    def line(process: subprocess.Popen[str]) -> str:
        assert process.stdout
        return process.stdout.readline()

    runs = ((signal.SIGKILL, "300 entries, 300 of them new"), (signal.SIGTERM, "ok: 400 entries;"))
    for end, first in runs:
        with subprocess.Popen(told, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert first in line(process)
            if end == signal.SIGKILL:
                publish(log, HONEST, 400)
                assert "400 entries, 100 of them new" in line(process)
            process.send_signal(end)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (["--vkey", VKEY, "--policy", "x"], "--vkey"),
        ([], "--vkey"),
        (["--vkey", "nonsense"], "--vkey nonsense"),
        (["--policy", "missing"], "missing"),
    ],
)
def test_bad_usage_is_one_line(tmp_path, once, told, why):
    code, said, error = once(tmp_path, "--state", tmp_path / "state", *told)
    assert (code, said, error.count("\n")) == (2, "", 1)
    assert why in error
    assert not (tmp_path / "state").exists()


def test_a_key_from_a_file_and_json_of_every_look(tmp_path, once):
    publish(tmp_path / "log", HONEST, 10)
    (tmp_path / "vkey").write_text(f"{SIGNER.verifier}\n")
    code, said, _ = once(tmp_path / "log", "--vkey", tmp_path / "vkey", "--state", tmp_path / "s", "--json")
    assert (code, json.loads(said)["read"]) == (0, 10)
