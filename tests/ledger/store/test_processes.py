"""Several processes on one book, and processes that are killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.audit import audit
from ledger.domain.entries import GENESIS_PREV
from ledger.published.reading import verify_base
from ledger.tlog.merkle import leaf_hash
from ledger.verify import verify_book
from tests.ledger.store import books
from tests.ledger.store.books import LOT, MANY, SIGNER, Place, issue
from tests.ledger.store.processes import commands_of

COMMAND = [sys.executable, "-m", "tests.ledger.store.processes"]
ROOT = Path(__file__).parents[3]
SOAK = os.environ.get("MZ_HYPOTHESIS") == "soak"
PROCESSES, COUNT = 4, 20_000 if SOAK else 200
ROUNDS = 200 if SOAK else 3


def run(what: str, place: Place, *rest: object) -> list[str]:
    return [*COMMAND, what, str(place.home), place.url or "-", *map(str, rest)]


def envelopes(place: Place) -> list[dict]:
    """All entries, once their chain is seen to be whole."""
    store, prev, found = place.store(), GENESIS_PREV, []
    with store.read() as snapshot:
        for number, (index, identity, data) in enumerate(snapshot.entries()):
            envelope = json.loads(data)
            assert (index, envelope["index"], envelope["prev"]) == (number, number, prev)
            assert envelope["id"] == identity
            assert not found or envelope["recorded_at"] >= found[-1]["recorded_at"]
            prev = leaf_hash(data).hex()
            found.append(envelope)
    store.close()
    assert len({envelope["id"] for envelope in found}) == len(found)
    return found


def test_four_processes_append_at_once(place: Place):
    books.stocked(place).close()
    before = len(envelopes(place))
    workers = [
        subprocess.Popen(
            run("append", place, f"w{number}", COUNT), cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for number in range(PROCESSES)
    ]  # fmt: skip
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n", worker.communicate()[1]
    for worker in workers:
        assert worker.stdin
        worker.stdin.write("\n")
        worker.stdin.flush()
    told = [json.loads(out) for out, _ in [worker.communicate() for worker in workers]]
    refused = len(range(0, COUNT, 7))
    assert [(one["recorded"], one["refused"]) for one in told] == [(COUNT - refused, refused)] * PROCESSES
    assert all(one["repeated"] for one in told)

    written = envelopes(place)[before:]
    sent = [command for number in range(PROCESSES) for command in commands_of(f"w{number}", COUNT)]
    much = {f"{2**53 - 1}"}
    wanted = {one.id for one in sent if str(one.body.get("lines", [{}])[0].get("quantity")) not in much}
    assert {envelope["id"] for envelope in written} == wanted
    assert len(written) == len(wanted)
    issued = sum(envelope["kind"] == "StockIssued" for envelope in written)
    store = place.store()
    with store.read() as snapshot:
        assert snapshot.row("view_balance", (LOT, "usable", "D1", "")) == ("M", MANY - issued)
    assert audit(store).differences == []
    store.close()


@pytest.mark.parametrize("what", ["append", "rebuild", "publish"])
def test_killed_at_random_moments(place: Place, what: str):
    record = books.stocked(place)
    books.accept(record, [issue(f"before{number}") for number in range(300)])
    record.checkpoint()
    record.close()
    died = subprocess.run(run("die", place, what, ROUNDS), cwd=ROOT, capture_output=True, text=True)
    assert died.returncode == 0, died.stderr
    acknowledged = json.loads(died.stdout)
    ids = {envelope["id"] for envelope in envelopes(place)}
    assert ids.issuperset(acknowledged)
    assert what == "rebuild" or len(acknowledged) >= ROUNDS
    assert verify_base(place.home / "log", SIGNER.verifier).ok
    record = place.open()
    assert audit(record.store).differences == []
    assert verify_book(record.folder, record.store).ok
    books.accept(record, [issue("after")])
    checkpoint = record.checkpoint()
    assert checkpoint.size == len(ids) + 1
    assert verify_book(record.folder, record.store).ok
    record.close()
