"""Run by test_crashes.py: grows a log and is killed while it does.

python crash.py every FOLDER OLD NEW   a copy of FOLDER/start for each filesystem operation, killed before it
python crash.py once FOLDER NEW        prints "go", grows FOLDER step by step, and waits to be killed
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from ledger.published.writing import PublishedLog
from tests.ledger.published.logs import SIGNER, entries_of, reader

OPERATIONS = {"open", "os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.listdir", "os.scandir"}


def kill_before_operation(number: int) -> None:
    """Kill this process, as by `kill -9`, before its filesystem operation of this number."""
    count = 0

    def hook(event: str, _: tuple[object, ...]) -> None:
        nonlocal count
        if event in OPERATIONS:
            count += 1
            if count > number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def every(folder: Path, new: int) -> None:
    entries = entries_of(new)
    number = 0
    while True:
        case = folder / f"case{number}"
        shutil.copytree(folder / "start", case)
        child = os.fork()
        if not child:
            kill_before_operation(number)
            PublishedLog(case).extend(reader(entries), new, SIGNER)
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            break
        number += 1
    print(number)


def once(folder: Path, new: int) -> None:
    entries = entries_of(new)
    print("go", flush=True)
    for size in (new // 7, new // 3, new):
        PublishedLog(folder).extend(reader(entries), size, SIGNER)


if __name__ == "__main__":
    {"every": every, "once": once}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
