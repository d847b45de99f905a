"""Run by test_processes.py: writes to a book beside others, or is killed while it does.

python -m ... append HOME URL NUMBER COUNT   appends COUNT commands, re-sending some; prints a line of JSON
python -m ... die HOME URL WHAT ROUNDS       ROUNDS times: does WHAT without end and is killed; prints the ids
                                             that were acknowledged, as JSON

URL is "-" for SQLite.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from ledger.audit import rebuild
from ledger.domain.entries import Command
from ledger.record import Record
from tests.ledger.store.books import Place, issue, quiet_day


def commands_of(worker: str, count: int) -> list[Command]:
    """What a worker sends: issues of the shared lot, quiet days, and every seventh more than there is."""
    kinds = (issue, issue, quiet_day)
    made = [kinds[number % 3](f"{worker}-{number}") for number in range(count)]
    made[::7] = [issue(f"{worker}-{number}", 2**53 - 1) for number in range(0, count, 7)]
    return made


def append(record: Record, worker: str, count: int) -> dict[str, int]:
    """Send the commands in pieces of random size; after each, some that were sent before, once more."""
    dice, sent = random.Random(worker), 0
    told = {"recorded": 0, "refused": 0, "repeated": 0}
    commands = commands_of(worker, count)
    while sent < count:
        piece = commands[sent : sent + dice.randint(1, 9)]
        outcomes = record.write(piece)
        sent += len(piece)
        told["recorded"] += sum(outcome.entry is not None for outcome in outcomes)
        told["refused"] += sum(outcome.entry is None for outcome in outcomes)
        again = record.write(dice.sample(commands[:sent], min(sent, 2)))
        told["repeated"] += sum(outcome.repeated for outcome in again)
        assert all(outcome.repeated or outcome.entry is None for outcome in again)
    return told


def keep_appending(place: Place, round_: int) -> Iterator[str]:
    """Ids, each after its commit."""
    record, number = place.open(), 0
    while True:
        number += 1
        pieces = [issue(f"{os.getpid()}-{round_}-{number}-{part}") for part in range(1 + number % 4)]
        for outcome in record.write(pieces):
            assert outcome.entry is not None, outcome
            yield outcome.entry.id


def keep_rebuilding(place: Place, _: int) -> Iterator[str]:
    store = place.store()
    while True:
        yield ""
        rebuild(store)


def keep_publishing(place: Place, round_: int) -> Iterator[str]:
    """Appends and checkpoints in turn."""
    record, writing = place.open(), keep_appending(place, round_)
    while True:
        yield next(writing)
        record.checkpoint()


DOING = {"append": keep_appending, "rebuild": keep_rebuilding, "publish": keep_publishing}


def die_once(place: Place, what: str, round_: int, seconds: float) -> list[str]:
    """Fork, let the child work for `seconds` after its first act, kill it; the lines it wrote."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            for line in DOING[what](place, round_):
                os.write(writing, f"{line}\n".encode())
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb", buffering=0) as lines:
        text = lines.read(4096)
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        while more := lines.read(65536):
            text += more
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL, "it ended by itself"
    return [line for line in text.decode().split("\n")[:-1] if line]


def main(what: str, home: str, url: str, *rest: str) -> None:
    place = Place(Path(home), None if url == "-" else url)
    if what == "append":
        record = place.open()
        print("ready", flush=True)
        sys.stdin.readline()  # all begin together
        print(json.dumps(append(record, rest[0], int(rest[1]))))
    else:
        moments = random.Random(2020)
        lives = [die_once(place, rest[0], number, moments.uniform(0, 0.12)) for number in range(int(rest[1]))]
        print(json.dumps([line for lines in lives for line in lines]))


if __name__ == "__main__":
    main(*sys.argv[1:])
