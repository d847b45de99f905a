"""Run by test_crashes.py: witnesses that are killed (SIGKILL) while they answer.

    python -m tests.ledger.witnessing.crash every FOLDER         before each file operation of one answer
    python -m tests.ledger.witnessing.crash random FOLDER COUNT  at random moments of many answers
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

from ledger.tlog.note import VerifierKey
from ledger.witnessing.witness import Witness
from tests.ledger.published.crash import kill_before_operation
from tests.ledger.witnessing.logs import ORIGIN, VKEY, Tree, entries_of

TREE = Tree(entries_of(400))
NAME = "charity.example/w"


def opened(folder: Path) -> Witness:
    return Witness.open(folder, NAME, [VerifierKey.parse(VKEY)])


def held_size(witness: Witness) -> int:
    held = witness.logs[ORIGIN].read()
    return held.checkpoint.size if held else 0


def answer(witness: Witness, old: int, new: int) -> int:
    return witness.add_checkpoint(TREE.request(old, new), time.time).status


def every(folder: Path) -> None:
    """The witness holds 100 and is asked for 200; afterwards it holds one of both, and goes on."""
    assert answer(opened(folder / "start"), 0, 100) == 200
    number, sizes = 0, set()
    while True:
        case = folder / f"case{number}"
        shutil.copytree(folder / "start", case)
        said, says = os.pipe()
        child = os.fork()
        if not child:
            witness = opened(case)
            request = TREE.request(100, 200)
            kill_before_operation(number)
            os.write(says, bytes([witness.add_checkpoint(request, time.time).status == 200]))
            os._exit(0)
        os.close(says)
        _, status = os.waitpid(child, 0)
        answered = os.read(said, 1)
        os.close(said)
        size = held_size(opened(case))
        assert size in (100, 200), size
        assert size == 200 or not answered
        assert answer(opened(case), size, 300) == 200
        sizes.add((size, bool(answered)))
        if status == 0:
            break
        number += 1
    assert sizes == {(100, False), (200, False), (200, True)}, sizes
    print(number)


def at_random(folder: Path, count: int) -> None:
    """Sizes that were answered are never taken back."""
    moments = random.Random(2020)
    between = 0
    for number in range(count):
        case = folder / str(number)
        opened(case)
        said, says = os.pipe()
        child = os.fork()
        if not child:
            witness, size = opened(case), 0
            while size < 390:
                assert answer(witness, size, size + 3) == 200
                size += 3
                os.write(says, size.to_bytes(2, "big"))
            os._exit(0)
        os.close(says)
        time.sleep(moments.uniform(0.002, 0.04))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        answered = int.from_bytes(os.read(said, 1 << 16)[-2:], "big")
        os.close(said)
        size = held_size(opened(case))
        assert size in (answered, answered + 3), (size, answered)
        between += size > answered
        assert answer(opened(case), size, 400) == 200
    print(between)


if __name__ == "__main__":
    if sys.argv[1] == "every":
        every(Path(sys.argv[2]))
    else:
        at_random(Path(sys.argv[2]), int(sys.argv[3]))
