"""A kill at any moment of append, tile, sign, cosign, publish and mirror: nothing acknowledged is missing,
what others read verifies, and extends whatever they read before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ledger.logkeys import LogKeys
from tests.ledger.published.whole_step import WITNESS, mirror, publish_once
from tests.ledger.store import books
from tests.ledger.store.books import SIGNER, Place, issue
from tests.ledger.witnessed import name_witnesses
from tests.witnesses import start_witness

ROOT = Path(__file__).parents[3]
SOAK = os.environ.get("MZ_HYPOTHESIS") == "soak"
ROUNDS, STRIDE = (200, 1) if SOAK else (20, 17)


def run(what: str, folder: Path, number: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.ledger.published.whole_step", what, folder, str(number)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_killed_before_every_filesystem_operation_of_a_step(tmp_path: Path):
    start = tmp_path / "start"
    record = books.stocked(Place(start / "book"))
    with start_witness(start / "witness", WITNESS, [str(SIGNER.verifier)]) as witness:
        name_witnesses(record.folder, [witness], "all")
    books.accept(record, [issue(f"before{number}") for number in range(250)])
    publish_once(start)
    old = record.size
    books.accept(record, [issue(f"after{number}") for number in range(10)])
    (start / "size").write_text(str(record.size))
    record.close()
    told = run("every", tmp_path, STRIDE)
    assert told["kills"] * STRIDE > 60  # so many operations does a step take
    assert told["sizes"] == [old, old + 10]


def test_killed_at_random_moments(tmp_path: Path):
    with ExitStack() as stack:
        witnesses = [
            stack.enter_context(
                start_witness(tmp_path / f"w{number}", f"w{number}.example", [str(SIGNER.verifier)])
            )
            for number in range(3)
        ]
        record = books.stocked(Place(tmp_path / "book"))
        name_witnesses(record.folder, witnesses, "2")
        record.publisher.step()
        mirror(tmp_path, record.facts.origin, LogKeys.read(record.store))
        record.close()
        witnesses[2].stop()
        told = run("die", tmp_path, ROUNDS)
    assert told["acknowledged"] >= ROUNDS
    assert told["seen"] > 3  # it came to publish between the kills
