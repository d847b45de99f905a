"""What a monitor finds in a log that it follows from its published bytes."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import pytest

from ledger.domain import canonical
from ledger.published.source import FolderSource, SourceError
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.cosignature import Cosigner
from ledger.tlog.merkle import verify_consistency
from ledger.tlog.note import Note, Signer, parse_note, sign_note
from ledger.tlog.policy import Policy
from ledger.tlog.tiles import encode_bundle, split_bundle
from ledger.witnessing.monitor import Address, Monitor, Rules
from ledger.witnessing.notebook import Notebook, NotebookProblem
from tests.ledger.published.logs import files_of
from tests.ledger.witnessing.logs import ORIGIN, SIGNER, Tree, entries_of, publish

HONEST = entries_of(1_100)
FORK = entries_of(1_100, "other ", since=300)
NOW = 1_772_000_000
DAY = 86_400


class Counted(FolderSource):
    """A folder that remembers which files were asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked: list[str] = []

    def read(self, path: str, limit: int) -> bytes:
        self.asked.append(path)
        return super().read(path, limit)


class Follower:
    """A monitor of the log in tmp/log, at a time that tests move."""

    def __init__(self, tmp: Path, policy: Policy | None = None, **rules) -> None:
        self.folder, self.log, self.now = tmp / "state", tmp / "log", NOW
        self.rules = Rules(policy or Policy.of_log(SIGNER.verifier), **rules)
        self.others: list[Address] = []
        self.source = Counted(self.log)

    def look(self):
        self.source.asked.clear()
        address = Address("the log", self.source)
        return Monitor(
            Notebook(self.folder), self.rules, address, self.others, clock=lambda: self.now
        ).look()

    def codes(self) -> list[str]:
        return [finding.code for finding in self.look().problems]

    def evidence(self) -> list[str]:
        return [case.name for case in Notebook(self.folder).evidence.cases()]

    def seen(self) -> list[dict]:
        return [json.loads(line) for line in (self.folder / "seen.jsonl").read_text().splitlines()]


@pytest.fixture
def follower(tmp_path):
    return Follower(tmp_path)


def cut_to(log: Path, entries, size: int) -> None:
    """Another tree in the same place."""
    shutil.rmtree(log)
    publish(log, entries, size)


def test_honest_growth_is_read_once(follower):
    for size, new in ((0, 0), (300, 300), (300, 0), (301, 1), (1_100, 799)):
        publish(follower.log, HONEST, size)
        report = follower.look()
        assert (report.ok, report.size, report.new_entries, report.read) == (True, size, new, size)
        assert report.warnings == ()
    bundles = [path for path in follower.source.asked if "entries" in path]
    # 301 to 1,100: the bundles of the new entries, and one of the older ones again
    assert bundles == [
        *(f"tile/entries/{name}" for name in ("001", "002", "003", "004.p/76")), "tile/entries/000",
    ]  # fmt: skip
    assert [seen["note"].split("\n")[1] for seen in follower.seen()] == [
        "0", "300", "301", "1100",
    ]  # fmt: skip
    assert follower.evidence() == []


def test_a_look_without_news_reads_little(follower):
    publish(follower.log, HONEST)
    follower.look()
    follower.look()
    assert sum("entries" in path for path in follower.source.asked) == 1
    assert len(follower.source.asked) < 6


@pytest.mark.parametrize("size", [300, 900, 1_100])
def test_a_rewritten_record_is_found_and_both_sides_are_kept(follower, size):
    """One root for each tree, and a proof that the later tree has another beginning."""
    publish(follower.log, HONEST, 700)
    follower.look()
    cut_to(follower.log, FORK, size)
    for _ in range(2):
        report = follower.look()
        assert [finding.code for finding in report.problems] == ["shorter" if size < 700 else "rewritten"]
        assert report.sentence().startswith("WRONG: THE RECORD ")
        assert (report.size, "\n" in report.sentence()) == (700, False)
    [case] = follower.evidence()
    kept = {path.name: path.read_bytes() for path in (follower.folder / "evidence" / case).iterdir()}
    assert kept["earlier"] == Tree(HONEST).checkpoint(700)
    assert kept["later"] == Tree(FORK).checkpoint(size)
    if size > 700:
        later = parse_note(kept["later"]).text.split("\n")[2]
        root, *proof = (base64.b64decode(line) for line in kept["proof"].splitlines())
        verify_consistency(700, size, root, base64.b64decode(later.encode()), proof)
        assert root != base64.b64decode(parse_note(kept["earlier"]).text.split("\n")[2].encode())


def test_another_root_for_the_same_size(follower):
    publish(follower.log, HONEST, 700)
    follower.look()
    cut_to(follower.log, FORK, 700)
    assert follower.codes() == ["rewritten"]
    cut_to(follower.log, HONEST, 1_000)
    report = follower.look()
    assert report.size == 1_000
    assert [finding.code for finding in report.problems] == ["kept"]  # a lie stays one
    [case] = follower.evidence()
    assert f"were found once before (kept in evidence/{case})" in report.sentence()
    (follower.folder / "evidence").rename(follower.folder / "settled")
    assert follower.codes() == []


def test_a_cut_tail_is_found_and_recovers(follower):
    publish(follower.log, HONEST, 700)
    follower.look()
    cut_to(follower.log, HONEST, 650)
    report = follower.look()
    assert [finding.code for finding in report.problems] == ["shorter"]
    assert "50 entries that were signed before are missing" in report.sentence()
    publish(follower.log, HONEST, 800)
    assert follower.codes() == []


def damage_bundle(log: Path, path: str, index: int, change) -> None:
    file = log / path
    entries, _ = split_bundle(file.read_bytes())
    entries[index % 256 : index % 256 + 1] = change(entries[index % 256])
    file.write_bytes(encode_bundle(entries))


CHANGES = {
    "changed": lambda entry: [entry.replace(b'"body":"', b'"body":"x')],
    "removed": lambda entry: [],
    "doubled": lambda entry: [entry, entry],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize(("path", "index"), [("tile/entries/001", 500), ("tile/entries/002.p/188", 699)])
def test_a_new_entry_that_is_not_what_was_signed(follower, path, index, change):
    publish(follower.log, HONEST, 100)
    follower.look()
    publish(follower.log, HONEST, 700)
    damage_bundle(follower.log, path, index, change)
    for _ in range(2):
        report = follower.look()
        assert [finding.code for finding in report.problems] == ["entry"]
        assert report.read == index // 256 * 256
    if change is CHANGES["changed"]:
        assert f"entry {index}: its published bytes are not those that were signed" in report.sentence()
        assert b'"body":"x' in (follower.folder / report.problems[0].evidence / "entry").read_bytes()
    first = index // 256 * 256
    (follower.log / path).write_bytes(encode_bundle(HONEST[first : min(first + 256, 700)]))
    assert follower.codes() == []


def test_an_old_entry_changed_later_is_found_in_turn(follower):
    publish(follower.log, HONEST)
    follower.look()
    damage_bundle(follower.log, "tile/entries/002", 600, CHANGES["changed"])
    found = [follower.codes() for _ in range(6)]
    assert ["entry"] in found
    assert found[-1] == ["entry"]  # and stays until it is repaired
    shutil.rmtree(follower.log)
    publish(follower.log, HONEST)
    assert follower.codes() == []


BROKEN = {
    "states another index": {"index": 41},
    "does not name the entry before it": {"prev": "0" * 64},
    "before the entry before it": {"recorded_at": "2025-03-01T00:00:00.000Z"},
    "does not say when": {"recorded_at": "yesterday"},
}


@pytest.mark.parametrize("told", BROKEN, ids=lambda told: told.replace(" ", "-"))
def test_an_entry_that_breaks_the_rules_though_it_is_signed(follower, told):
    entries = list(HONEST[:41])
    entries[40] = canonical.encode(canonical.decode(entries[40]) | BROKEN[told])
    publish(follower.log, entries)
    report = follower.look()
    assert [finding.code for finding in report.problems] == ["entry"]
    assert report.sentence().startswith("WRONG: entry 40: it ")
    assert told in report.sentence()


def test_not_canonical(follower):
    publish(follower.log, [*HONEST[:40], HONEST[40].replace(b":", b": ", 1)])
    assert "not in the one written form" in follower.look().sentence()


@pytest.mark.parametrize("path", ["tile/0/001", "tile/1/000.p/4", "tile/0/004.p/76"])
def test_a_damaged_or_missing_tile_is_no_lie_but_wrong(follower, path):
    publish(follower.log, HONEST, 100)
    follower.look()
    publish(follower.log, HONEST)
    file = follower.log / path
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert follower.codes() == ["tiles"]
    file.unlink()
    assert follower.codes() == ["tiles"]
    file.write_bytes(whole)
    assert follower.codes() == []
    assert follower.evidence() == []


def test_another_key_another_log_and_no_checkpoint(follower, tmp_path):
    publish(follower.log, HONEST, 100)
    follower.look()
    checkpoint = follower.log / "checkpoint"
    good = checkpoint.read_bytes()
    impostor = Tree(HONEST, Signer(ORIGIN, b"\x01" * 32))
    for bad in (impostor.checkpoint(100), b"", good[:-1], good.replace(b"\n100\n", b"\n101\n")):
        checkpoint.write_bytes(bad)
        assert follower.codes() == ["signature"]
    checkpoint.unlink()
    assert follower.codes() == ["tiles"]
    checkpoint.write_bytes(good)
    assert follower.codes() == []


class Gone:
    def read(self, path: str, limit: int) -> bytes:
        raise SourceError(f"{path} cannot be fetched: connection refused")


def test_unreachable_then_stale(follower):
    publish(follower.log, HONEST, 100)
    follower.look()
    whole, follower.source = follower.source, Counted(follower.log)
    follower.source.read = Gone().read
    report = follower.look()
    assert [finding.code for finding in report.problems] == ["unreachable"]
    assert "the log cannot be read: checkpoint cannot be fetched: connection refused" in report.sentence()
    follower.now += 2 * DAY + 1
    assert [finding.code for finding in follower.look().warnings] == ["stale"]
    follower.source = whole
    report = follower.look()
    assert report.ok
    assert [finding.text for finding in report.warnings] == ["nothing new came for 2 days"]
    publish(follower.log, HONEST, 101)
    assert follower.look().warnings == ()


WITNESSES = [Cosigner.generate(f"w{number}.example") for number in range(3)]


def witnessed(log: Path, *cosigned: tuple[Cosigner, int]) -> None:
    """Put these cosignatures under the published checkpoint."""
    file = log / "checkpoint"
    note = parse_note(file.read_bytes())
    lines = [cosigner.cosign(note.text, at).line for cosigner, at in cosigned]
    file.write_bytes(file.read_bytes() + "".join(lines).encode())


def two_of_three() -> Policy:
    names = [cosigner.name for cosigner in WITNESSES]
    lines = [f"log {SIGNER.verifier}", *(f"witness {each.name} {each.verifier}" for each in WITNESSES)]
    return Policy.parse("\n".join([*lines, f"group all 2 {' '.join(names)}", "quorum all", ""]).encode())


def test_a_quorum_is_asked_for_and_freshness_is_watched(tmp_path):
    follower = Follower(tmp_path, two_of_three())
    publish(follower.log, HONEST, 100)
    witnessed(follower.log, (WITNESSES[0], NOW - 50))
    report = follower.look()
    assert [finding.code for finding in report.problems] == ["not_confirmed"]
    assert report.size == 100  # and it is followed all the same
    witnessed(follower.log, (WITNESSES[1], NOW - 5))
    report = follower.look()
    assert report.ok
    assert report.confirmed == {"w0.example": NOW - 50, "w1.example": NOW - 5}
    assert "confirmed by w0.example, w1.example, last under a minute ago" in report.sentence()
    follower.now += DAY + 30
    [warning] = follower.look().warnings
    assert (warning.code, warning.text) == ("stale", "no witness has confirmed the record again for 24 hours")
    (follower.log / "checkpoint").write_bytes(Tree(HONEST).checkpoint(100))
    witnessed(follower.log, *((each, follower.now - 9) for each in WITNESSES))
    report = follower.look()
    assert (report.ok, report.warnings) == (True, ())  # standing still, but freshly confirmed


def test_a_note_that_only_witnesses_signed_is_nothing(tmp_path):
    follower = Follower(tmp_path, two_of_three())
    text = Tree(HONEST).text(100)
    follower.log.mkdir()
    note = Note(text, tuple(each.cosign(text, NOW) for each in WITNESSES))
    (follower.log / "checkpoint").write_bytes(note.encode())
    assert follower.codes() == ["signature"]
    assert not (follower.folder / "seen.jsonl").exists()


def test_a_false_cosignature_is_told(tmp_path):
    follower = Follower(tmp_path, two_of_three())
    publish(follower.log, HONEST, 100)
    with (follower.log / "checkpoint").open("ab") as file:
        file.write(WITNESSES[0].cosign("something else\n", NOW).line.encode())
    assert follower.codes() == ["signature"]


def test_delayed_bytes(tmp_path):
    """Hashes are public at once; bytes come later, and are read then."""
    follower = Follower(tmp_path, delayed=True)
    publish(follower.log, HONEST, 600)
    kept = files_of(follower.log)
    for path in kept:
        if path.startswith("tile/entries/"):
            (follower.log / path).unlink()
    (follower.log / "entries-published").write_text("0\n")
    report = follower.look()
    assert (report.ok, report.size, report.read) == (True, 600, 0)
    assert "the bytes of 600 are not published yet" in report.sentence()
    (follower.log / "tile/entries/000").write_bytes(kept["tile/entries/000"])
    (follower.log / "entries-published").write_text("256\n")
    report = follower.look()
    assert (report.ok, report.read) == (True, 256)
    partial = follower.log / "tile/entries/001.p/44"
    partial.parent.mkdir(exist_ok=True)
    partial.write_bytes(encode_bundle(HONEST[256:300]))
    (follower.log / "entries-published").write_text("300\n")
    assert follower.look().read == 300
    (follower.log / "entries-published").write_text("301\n")
    assert follower.codes() == ["entry"]
    (follower.log / "entries-published").write_text("many\n")
    assert follower.codes() == ["unreachable"]
    strict = Follower(tmp_path / "strict")
    shutil.copytree(follower.log, strict.log)
    assert strict.codes() == ["entry"]


def test_a_missing_hash_is_wrong_even_if_bytes_are_delayed(tmp_path):
    follower = Follower(tmp_path, delayed=True)
    publish(follower.log, HONEST, 600)
    (follower.log / "entries-published").write_text("0\n")
    (follower.log / "tile/0/001").unlink()
    assert follower.codes() == ["tiles"]


@pytest.mark.parametrize("elsewhere", [400, 700, 900])
def test_a_split_view_between_two_addresses(follower, tmp_path, elsewhere):
    publish(follower.log, HONEST, 700)
    publish(tmp_path / "second", FORK, elsewhere)
    follower.others = [Address("the second address", FolderSource(tmp_path / "second"))]
    report = follower.look()
    if elsewhere > 700:  # cannot be compared yet: remembered, and found as soon as the first one has grown
        assert [finding.code for finding in report.warnings] == ["ahead"]
        assert report.ok
        follower.others = []
        publish(follower.log, HONEST, 1_000)
        report = follower.look()
    assert [finding.code for finding in report.problems] == ["split_view"]
    assert "the second address has" in report.sentence()
    [case] = follower.evidence()
    kept = follower.folder / "evidence" / case
    assert (kept / "here").read_bytes() == (follower.log / "checkpoint").read_bytes()
    assert (kept / "elsewhere").read_bytes() == (tmp_path / "second" / "checkpoint").read_bytes()


def test_an_honest_second_address_may_lag_or_lead(follower, tmp_path):
    publish(follower.log, HONEST, 700)
    follower.others = [Address("the second address", FolderSource(tmp_path / "second"))]
    assert [finding.code for finding in follower.look().warnings] == ["witness"]
    for size, codes in ((500, []), (700, []), (900, ["ahead"])):
        publish(tmp_path / "second", HONEST, size)
        report = follower.look()
        assert (report.ok, [finding.code for finding in report.warnings]) == (True, codes)
    follower.now += 3 * 3600
    assert "(seen 3 hours ago)" in follower.look().warnings[0].text
    publish(follower.log, HONEST, 900)
    assert follower.look().warnings == ()
    assert follower.evidence() == []


def test_the_same_notebook_at_two_addresses_finds_the_split(follower, tmp_path):
    publish(follower.log, HONEST, 700)
    follower.look()
    publish(tmp_path / "second", FORK, 800)
    follower.source = Counted(tmp_path / "second")
    assert follower.codes() == ["rewritten"]


def test_stopped_in_the_middle_it_goes_on(tmp_path):
    entries = entries_of(18_000)
    follower = Follower(tmp_path)
    publish(follower.log, entries)

    class Stop(Exception):
        pass

    def stop_at(done: int, total: int) -> None:
        assert total == 18_000
        if done >= 17_000:
            raise Stop

    monitor = Monitor(Notebook(follower.folder), follower.rules, Address("the log", follower.source))
    with pytest.raises(Stop):
        monitor.look(stop_at)
    report = follower.look()
    assert (report.ok, report.read) == (True, 18_000)
    first, *_ = (path for path in follower.source.asked if path.startswith("tile/0/0"))
    assert first == "tile/0/064"  # of 71: what was read is saved every 64 bundles


def test_the_notebook_is_used_by_one_and_never_guessed(follower):
    publish(follower.log, HONEST, 100)
    follower.look()
    notebook = Notebook(follower.folder)
    with notebook.locked(), pytest.raises(NotebookProblem, match="another monitor"):
        follower.look()
    state = follower.folder / "state.json"
    state.write_text(state.read_text()[:-10])
    with pytest.raises(NotebookProblem, match=r"state\.json"):
        follower.look()
    state.unlink()
    with pytest.raises(NotebookProblem, match="is gone"):
        follower.look()


def test_a_torn_line_of_sightings_stands_alone(follower):
    publish(follower.log, HONEST, 100)
    follower.look()
    with (follower.folder / "seen.jsonl").open("ab") as file:
        file.write(b'{"at": 17')
    publish(follower.log, HONEST, 101)
    assert follower.codes() == []
    lines = (follower.folder / "seen.jsonl").read_text().splitlines()
    assert [line[:9] for line in lines] == ['{"at": 17'] * 3
    assert json.loads(lines[2])["where"] == "the log"


def test_a_boundless_claim_costs_nothing(follower):
    follower.log.mkdir()
    claim = Checkpoint(ORIGIN, 2**62, b"\1" * 32)
    (follower.log / "checkpoint").write_bytes(sign_note(claim.text, SIGNER))
    assert follower.codes() == ["tiles"]
    assert len(follower.source.asked) < 5


def test_what_is_seen_again_is_written_down_once(follower):
    publish(follower.log, HONEST, 300)
    follower.look()
    cut_to(follower.log, FORK, 301)
    for _ in range(3):
        follower.look()
    assert [seen["note"].split("\n")[1] for seen in follower.seen()] == ["300", "301"]
