"""kill -9 while a witness answers: what it answered it holds, and it never holds half of anything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-m", "tests.ledger.witnessing.crash"]
ROOT = Path(__file__).parents[3]
KILLS = 200 if os.environ.get("MZ_HYPOTHESIS") == "soak" else 20


def run(*told: object) -> int:
    done = subprocess.run([*COMMAND, *map(str, told)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_killed_before_every_filesystem_operation_of_an_answer(tmp_path: Path):
    assert run("every", tmp_path) > 4


def test_killed_at_random_moments(tmp_path: Path):
    assert run("random", tmp_path, KILLS) >= 0
