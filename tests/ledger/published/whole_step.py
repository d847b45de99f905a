"""Run by test_whole_step.py: append, tile, sign, cosign, publish, mirror; and is killed at any of them.

python -m ... every FOLDER STRIDE   for each STRIDE-th filesystem operation of a step a copy of FOLDER/start,
                                    killed before it (the witness within the process too), then finished
python -m ... die FOLDER ROUNDS     ROUNDS times: appends and publishes without end and is killed

FOLDER holds start/ or book/: book, witness, mirror. Both check what is left after each kill, and print JSON.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ledger.home import Home
from ledger.logkeys import LogKeys
from ledger.published.cosigned import read_policy
from ledger.published.mirror import Mirror
from ledger.published.reading import verify_base
from ledger.tlog.policy import Policy
from ledger.verify import verify_book
from tests.ledger.published.crash import kill_before_operation
from tests.ledger.store import books
from tests.ledger.store.books import SIGNER, Place, issue
from tests.witnesses import start_witness

VKEY = str(SIGNER.verifier)
WITNESS = "charity.example/witness"
TIMED_EVERY = 5


def publish_once(place: Path) -> None:
    """A step with a witness of this process, and a copy to the mirror."""
    with start_witness(place / "witness", WITNESS, [VKEY]) as witness:
        home = Home(place / "book")
        policy = read_policy(home.policy_file)
        moved = tuple(replace(line, url=witness.url) for line in policy.witnesses)
        home.policy_file.write_bytes(replace(policy, witnesses=moved).encode())
        record = Place(home.path).open()
        record.publisher.step()
        mirror(place, record.facts.origin, LogKeys.read(record.store))


def mirror(place: Path, origin: str, keys: LogKeys) -> None:
    Mirror(place / "book" / "log", place / "mirror").copy(keys.verifiers, origin)


def in_child(work: Callable[[], None]) -> int:
    """The exit status of a fork that does this."""
    child = os.fork()
    if not child:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


Seen = dict[str, bytes]  # folder that others read -> the checkpoint that stood there last


def check(place: Path, seen: Seen) -> int:
    """What others read must verify, cosigned, and extend what they read before; gives the book's size."""
    policy = read_policy(place / "book" / "policy")
    trusted = replace(policy, logs=Policy.of_log(SIGNER.verifier).logs)
    for name in ("mirror", "book/log"):
        data = (place / name / "checkpoint").read_bytes()
        verdict = verify_base(place / name, VKEY, seen.get(name))
        assert verdict.ok, verdict
        size = trusted.open_checkpoint(data).checkpoint.size
        seen[name] = data
    return size


def every(folder: Path, stride: int) -> None:
    number, sizes = 0, []
    case = folder / "case"
    while True:
        shutil.rmtree(case, ignore_errors=True)
        shutil.copytree(folder / "start", case)

        def die_at(number: int = number) -> None:
            kill_before_operation(number)
            publish_once(case)

        status = in_child(die_at)
        assert status in (0, -signal.SIGKILL), status
        seen: Seen = {}
        sizes.append(check(case, seen))
        assert in_child(lambda: publish_once(case)) == 0
        assert check(case, seen) == int((case / "size").read_text())
        if status == 0:
            break
        number += stride
    print(json.dumps({"kills": number // stride, "sizes": sorted(set(sizes))}))


def keep_publishing(place: Path, round_: int, out: int) -> None:
    """Appends, tells what was acknowledged, publishes, copies; without end."""
    record = Place(place / "book").open()
    keys, number = LogKeys.read(record.store), 0
    while True:
        number += 1
        commands = [issue(f"{round_}-{number}-{part}") for part in range(1 + 40 * (number % 3))]
        for entry in books.accept(record, commands):
            os.write(out, f"{entry.id}\n".encode())
        record.publisher.step()
        mirror(place, record.facts.origin, keys)


def take_one_round(place: Path) -> None:
    record = Place(place / "book").open()
    books.accept(record, [issue(f"timed-{record.size}-{part}") for part in range(20)])
    record.publisher.step()
    mirror(place, record.facts.origin, LogKeys.read(record.store))


def seconds_of_a_round(place: Path) -> float:
    begun = time.monotonic()
    assert in_child(lambda: take_one_round(place)) == 0
    return time.monotonic() - begun


def die(folder: Path, rounds: int) -> None:
    moments, seen = random.Random(2020), Seen()
    longest = 0.0
    acknowledged: list[str] = []
    checkpoints: dict[bytes, None] = {}
    for round_ in range(rounds):
        if round_ % TIMED_EVERY == 0:
            longest = 1.5 * seconds_of_a_round(folder)  # however busy the machine is just now
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            try:
                keep_publishing(folder, round_, writing)
            finally:
                os._exit(1)
        os.close(writing)
        with os.fdopen(reading, "rb", buffering=0) as lines:
            text = lines.read(4096)
            time.sleep(moments.uniform(0, longest))
            os.kill(child, signal.SIGKILL)
            while more := lines.read(65536):
                text += more
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL, "it ended by itself"
        acknowledged += [line for line in text.decode().split("\n")[:-1] if line]
        check(folder, seen)
        checkpoints |= dict.fromkeys(seen.values())
    record = Place(folder / "book").open()
    ids = {json.loads(data)["id"] for data in record.entries()}
    assert ids.issuperset(acknowledged)
    record.publisher.step()
    assert check(folder, seen) <= record.size
    for old in checkpoints:
        assert verify_base(folder / "book" / "log", VKEY, old).ok
    assert verify_book(record.folder, record.store).ok
    assert not (folder / "book" / "evidence").exists()
    print(json.dumps({"acknowledged": len(acknowledged), "size": record.size, "seen": len(checkpoints)}))


if __name__ == "__main__":
    {"every": every, "die": die}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
