"""The history of cosigned checkpoints: thinned, torn, and searched."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.home import Home
from ledger.published import history
from ledger.published.history import Seen, seen_of, witnessed_by
from ledger.tlog.checkpoint import Checkpoint, sign_checkpoint
from ledger.tlog.cosignature import Cosigner
from ledger.tlog.note import Note, parse_note
from ledger.tlog.policy import Policy, WitnessLine
from tests.ledger.published.logs import ORIGIN, SIGNER

WITNESSES = [Cosigner(f"w{number}.example/w", bytes([number + 1]) * 32) for number in range(2)]
POLICY = Policy(
    witnesses=tuple(WitnessLine(f"W{number}", one.verifier) for number, one in enumerate(WITNESSES))
)
BEGUN = 1_790_000_000


def note_at(size: int, *seconds: int) -> Note:
    """A checkpoint of this size, cosigned by the first witnesses at these times."""
    note = parse_note(sign_checkpoint(Checkpoint(ORIGIN, size, bytes(32)), SIGNER))
    pairs = zip(WITNESSES, seconds, strict=False)
    return note.with_signatures([one.cosign(note.text, moment) for one, moment in pairs])


def seen(size: int, *seconds: int) -> Seen:
    found = seen_of(note_at(size, *seconds), POLICY)
    assert found
    return found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.log.mkdir(parents=True)
    made.policy_file.write_bytes(POLICY.encode())
    return made


def publish(home: Home, *published: tuple[int, int]) -> None:
    """Publish (size, seconds) one after another, as a step does."""
    outgoing = None
    for size, seconds in published:
        incoming = seen(size, BEGUN + seconds)
        history.keep(home.log, outgoing, incoming)
        (home.log / "checkpoint").write_bytes(incoming.note.encode())
        outgoing = incoming


def kept(home: Home) -> list[tuple[int, int]]:
    lines = [
        json.loads(line)
        for path in sorted((home.log / "witnessed").glob("*.jsonl"))
        for line in path.read_text().splitlines()
    ]
    assert all(list(line) == ["time", "size", "checkpoint"] for line in lines)
    return [
        (line["size"], int(datetime.fromisoformat(line["time"]).timestamp()) - BEGUN) for line in lines
    ]


def test_one_line_in_ten_minutes_and_none_is_lost_to_idleness(home: Home):
    publish(home, (10, 0), (11, 10), (12, 200), (12, 3_800), (13, 3_900), (14, 4_500))
    assert kept(home) == [(10, 0), (12, 200), (13, 3_900), (14, 4_500)]
    bounds = [witnessed_by(home, index) for index in (0, 9, 10, 11, 12, 13, 14)]
    assert [one and (one[1], int(one[0].timestamp()) - BEGUN) for one in bounds] == [
        (10, 0), (10, 0), (12, 200), (12, 200), (13, 3_900), (14, 4_500), None,
    ]  # fmt: skip


def test_the_published_checkpoint_covers_what_is_not_yet_kept(home: Home):
    publish(home, (10, 0), (11, 10))
    assert witnessed_by(home, 10) == (datetime.fromtimestamp(BEGUN + 10, UTC), 11, ["W0"])
    assert witnessed_by(home, 11) is None


def test_the_earliest_of_several_cosignatures_bounds(home: Home):
    history.keep(home.log, None, seen(5, BEGUN + 90, BEGUN + 30))
    found = witnessed_by(home, 4)
    assert found == (datetime.fromtimestamp(BEGUN + 30, UTC), 5, ["W0", "W1"])


def test_a_torn_line_is_passed_over_and_ended(home: Home):
    publish(home, (10, 0))
    (path,) = (home.log / "witnessed").iterdir()
    whole = path.read_bytes()
    for cut in (1, 40, len(whole) - 1):
        path.write_bytes(whole + whole[:cut])
        assert witnessed_by(home, 9)
        publish(home, (11, 700))
        assert path.read_bytes().startswith(whole + whole[:cut] + b"\n{")
        found = witnessed_by(home, 10)
        assert found
        assert found[1] == 11


def test_what_nobody_of_the_policy_cosigned_is_no_bound(home: Home):
    publish(home, (10, 0))
    home.policy_file.write_bytes(Policy().encode())
    assert witnessed_by(home, 3) is None
    assert seen_of(note_at(3), POLICY) is None


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 90_000)), min_size=1, max_size=12))
def test_bounds_are_never_too_early_nor_ten_minutes_late(
    tmp_path_factory: pytest.TempPathFactory, growth: list[tuple[int, int]]
):
    home = Home(tmp_path_factory.mktemp("history"))
    home.log.mkdir()
    home.policy_file.write_bytes(POLICY.encode())
    size, seconds, published = 1, 0, []
    for more, later in growth:
        size, seconds = size + more, seconds + later
        published.append((size, seconds))
    publish(home, *published)
    for index in range(size):
        first = next(at for covered, at in published if covered > index)
        found = witnessed_by(home, index)
        assert found
        bound = int(found[0].timestamp()) - BEGUN
        assert bound in {at for covered, at in published if covered > index}
        assert first <= bound
        assert bound - first <= history.KEPT_SECONDS or bound == _newest_of(published, first)


def _newest_of(published: list[tuple[int, int]], first: int) -> int:
    """Where nothing followed within ten minutes, the same size confirmed anew may stand in its place."""
    size = max(covered for covered, at in published if at <= first + history.KEPT_SECONDS)
    return max(at for covered, at in published if covered == size)
