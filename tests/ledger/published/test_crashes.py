"""A kill at any moment of publishing leaves a log that verifies and can be grown."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ledger.published.reading import verify_base
from tests.ledger.published.logs import VKEY, entries_of, files_of, publish

COMMAND = [sys.executable, "-m", "tests.ledger.published.crash"]
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(("old", "new"), [(0, 300), (250, 600), (512, 513)])
def test_killed_before_every_single_filesystem_operation(tmp_path: Path, old: int, new: int):
    entries = entries_of(new)
    start = tmp_path / "start"
    start.mkdir()
    if old:
        publish(start, entries, old)
    run = subprocess.run([*COMMAND, "every", tmp_path, str(new)], cwd=ROOT, capture_output=True, check=True)
    kills = int(run.stdout)
    assert kills > 20
    expected = files_of(publish(tmp_path / "whole", entries, *([old] if old else []), new).folder)
    seen = set()
    for number in range(kills + 1):
        case = tmp_path / f"case{number}"
        if old or (case / "checkpoint").exists():
            verdict = verify_base(case, VKEY)
            assert verdict.ok, (number, verdict)
            seen.add(verdict.size)
        publish(case, entries, new)
        assert verify_base(case, VKEY).ok
        files = files_of(case)
        assert {path: files.get(path) for path in expected} == expected
        assert not (case / ".staging").exists()
    assert seen == ({old, new} if old else {new})


def test_killed_at_random_moments(tmp_path: Path):
    moments = random.Random(2020)
    entries = entries_of(20_000)
    for number in range(4):
        folder = tmp_path / str(number)
        child = subprocess.Popen([*COMMAND, "once", folder, "20000"], cwd=ROOT, stdout=subprocess.PIPE)
        with child:
            assert child.stdout
            assert child.stdout.readline() == b"go\n"
            time.sleep(moments.uniform(0, 0.4))
            child.kill()
        if (folder / "checkpoint").exists():
            assert verify_base(folder, VKEY).ok
        publish(folder, entries)
        assert verify_base(folder, VKEY).size == 20_000
