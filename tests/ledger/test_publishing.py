"""Publishing with real witnesses: what is signed, what is published, what is refused and kept as evidence."""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.home import Home
from ledger.published.confirmation import entries_published, read_confirmation
from ledger.published.cosigned import cosignatures
from ledger.published.gathering import gather
from ledger.published.reading import verify_base
from ledger.published.writing import ForkError, PublishedError
from ledger.publishing import Cadence, Publisher, Told
from ledger.record import Record, RecordProblem
from ledger.tlog.checkpoint import Checkpoint, read_unverified, sign_checkpoint
from ledger.tlog.merkle import leaf_hash, root_of
from ledger.tlog.note import parse_note
from ledger.tlog.policy import Policy
from ledger.tlog.tiles import Tile
from ledger.verify import verify_book
from tests.ledger.store import books
from tests.ledger.store.books import SIGNER, Place, change, issue
from tests.ledger.witnessed import name_witnesses
from tests.witnesses import StartedWitness, start_witness

VKEY = str(SIGNER.verifier)
AT_ONCE = Cadence(fresh_seconds=0, retry_seconds=0)


def make(folder: Path) -> None:
    """A published book of ten entries, without witnesses."""
    record = books.stocked(Place(folder / "book"))
    record.checkpoint()
    record.close()


@pytest.fixture
def home(made_once: Callable[[str, Callable[[Path], object]], Path], tmp_path: Path) -> Home:
    return Home(shutil.copytree(made_once("publishing-book", make) / "book", tmp_path / "book"))


@pytest.fixture
def opened(home: Home) -> Iterator[Record]:
    record = Record.open(home.path)
    yield record
    record.close()


@pytest.fixture
def three(tmp_path: Path) -> Iterator[list[StartedWitness]]:
    witnesses = [start_witness(tmp_path / f"w{n}", f"w{n}.example/w", [VKEY]) for n in range(3)]
    yield witnesses
    for witness in witnesses:
        witness.stop()


def grow(record: Record, name: str, count: int = 1) -> None:
    books.accept(record, [issue(f"{name}{number}") for number in range(count)])


def publisher(record: Record, cadence: Cadence | None = None) -> Publisher:
    """A new one, as in another process: it asks the witnesses first."""
    return Publisher(record.folder, record.store, record.now, cadence=cadence)


def signed_size(home: Home) -> int:
    return read_unverified(home.last_signed_file.read_bytes()).size


def published(home: Home) -> Checkpoint:
    return read_unverified((home.log / "checkpoint").read_bytes())


def the_evidence(home: Home) -> str:
    (path,) = home.evidence.iterdir()
    return path.read_text()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a web server for static files."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# with witnesses -------------------------------------------------------------------------------------------


def test_three_witnesses_one_stopped_one_lied_to(opened: Record, three: list[StartedWitness]):
    policy = name_witnesses(opened.folder, three, "2")
    assert set(opened.publisher.step().cosigned) == {"W0", "W1", "W2"}
    three[0].stop()
    entries = [*list(opened.entries())[:9], b"another tenth", b"and an eleventh"]
    forged = Checkpoint(opened.facts.origin, len(entries), root_of(map(leaf_hash, entries)))
    lie = parse_note(sign_checkpoint(forged, SIGNER))
    (answer,) = gather([policy.witnesses[1]], lie, {"W1": 10}, lambda old, new: []).values()
    assert (answer.signatures, answer.contradicts) == ((), True)  # by the log's own key, and yet refused
    assert answer.evidence == (three[1].folder / next(iter(_held(three[1])))).read_bytes()
    grow(opened, "after")
    step = opened.publisher.step()
    assert (step.published, step.cosigned, step.is_waiting) == (step.signed, ("W1", "W2"), False)
    assert step.answers["W0"].problem == "cannot be reached: Connection refused"
    witnessed = replace(policy, logs=Policy.of_log(SIGNER.verifier).logs)
    found = witnessed.open_checkpoint((opened.folder.log / "checkpoint").read_bytes())
    assert (found.checkpoint.size, sorted(found.times)) == (11, ["W1", "W2"])
    assert list(three[1].folder.rglob("evidence/*/request")), "the witness kept the lie"
    assert not opened.folder.evidence.exists()


def _held(witness: StartedWitness) -> Iterator[str]:
    for path in witness.folder.rglob("checkpoint"):
        yield path.relative_to(witness.folder).as_posix()


def test_below_quorum_the_published_checkpoint_stays_and_appends_go_on(
    opened: Record, three: list[StartedWitness]
):
    name_witnesses(opened.folder, three, "2")
    opened.publisher.step()
    before = (opened.folder.log / "checkpoint").read_bytes()
    ports = [int(one.url.rsplit(":", 1)[1]) for one in three]
    three[0].stop()
    three[1].stop()
    for number in range(3):
        grow(opened, f"waiting{number}")
        step = opened.publisher.step()
        assert (step.is_waiting, step.cosigned) == (True, ("W2",))
    assert (opened.folder.log / "checkpoint").read_bytes() == before
    assert opened.checkpoint().size == 10
    told = read_confirmation(opened.folder)
    assert (told.published_size, told.signed_size, told.needed, told.problem) == (10, 13, 2, None)
    assert [one.problem for one in told.witnesses] == ["cannot be reached: Connection refused"] * 2 + [None]
    assert [one.size for one in told.witnesses] == [10, 10, 13]
    assert verify_base(opened.folder.log, VKEY).size == 10
    with start_witness(three[1].folder, three[1].name, [VKEY], port=ports[1]):
        step = opened.publisher.step()
    assert (step.published, step.cosigned) == (step.signed, ("W1", "W2"))
    assert verify_base(opened.folder.log, VKEY, before).size == 13
    assert read_confirmation(opened.folder).published_size == 13


def test_fresh_cosignatures_while_idle(opened: Record, three: list[StartedWitness]):
    policy = name_witnesses(opened.folder, three[:1], "all")
    eager = publisher(opened, AT_ONCE)
    eager.step()
    for _ in range(2):
        (given,) = eager.step().answers["W0"].signatures
        note = parse_note((opened.folder.log / "checkpoint").read_bytes())
        assert cosignatures(note, policy) == {"W0": given}, "the newest takes the place of the one before"
    calm = publisher(opened)
    calm.step()
    assert calm.step().answers == {}, "within the hour nobody is asked"


def test_the_first_checkpoint_waits_too(tmp_path: Path, three: list[StartedWitness]):
    record = books.stocked(Place(tmp_path / "new"))
    name_witnesses(record.folder, three, "all")
    three[0].stop()
    with pytest.raises(RecordProblem, match="signed, but not yet published: it waits for witnesses"):
        record.checkpoint()
    assert read_confirmation(record.folder).published_size == 0
    assert not (record.folder.log / "checkpoint").exists()
    name_witnesses(record.folder, three, "any")
    assert record.checkpoint().size == record.size
    record.close()


def test_an_ml_dsa_witness_and_a_quorum_of_none(opened: Record, tmp_path: Path):
    with start_witness(tmp_path / "w", "w.example/w", [VKEY], ml_dsa=True) as witness:
        lines = [f"witness {name} {key} {witness.url}" for name, key in zip("ab", witness.vkeys, strict=True)]
        opened.folder.policy_file.write_text("\n".join([*lines, "quorum none", ""]))
        grow(opened, "more")
        step = opened.publisher.step()
    assert (step.cosigned, step.needed) == (("a", "b"), 0)
    grow(opened, "alone")
    assert opened.publisher.step().published == opened.publisher.step().signed
    assert len(read_confirmation(opened.folder).times) == 0


# never backwards, never beside ----------------------------------------------------------------------------


def old_copy(record: Record, folder: Path) -> Record:
    """The home as it is, put aside: what a restore of it will bring back."""
    shutil.copytree(record.folder.path, folder)
    return Record.open(folder)


def test_an_old_home_restored_meets_a_witness(opened: Record, three: list[StartedWitness], tmp_path: Path):
    name_witnesses(opened.folder, three, "2")
    opened.publisher.step()
    shutil.copytree(opened.folder.path, tmp_path / "backup")
    grow(opened, "published", 3)
    opened.publisher.step()
    old = Record.open(tmp_path / "backup")
    grow(old, "beside", 2)
    with pytest.raises(ForkError, match="witness W0 holds a checkpoint of size 13, above our 10") as refused:
        publisher(old).step()
    assert signed_size(old.folder) == 10, "nothing was signed"
    assert "evidence/" in str(refused.value)
    text = the_evidence(old.folder)
    assert opened.folder.last_signed_file.read_text().split("\n")[2] in text  # its root, and ours
    assert old.folder.last_signed_file.read_text().split("\n")[2] in text
    assert (read_confirmation(old.folder).problem or "").startswith("witness W0 holds")
    with pytest.raises(ForkError):
        publisher(old).step()
    assert len(list(old.folder.evidence.iterdir())) == 1, "the same fork is kept once"
    grow(old, "more", 3)
    with pytest.raises(ForkError, match="what witness W0 confirmed of size 13 has another root than"):
        publisher(old).step()
    assert signed_size(old.folder) == 10
    assert verify_base(old.folder.log, VKEY).size == 10
    assert opened.publisher.step().published is not None, "the true book goes on"
    old.close()


def test_an_old_home_restored_meets_the_public_address(opened: Record, tmp_path: Path):
    shutil.copytree(opened.folder.path, tmp_path / "backup")
    grow(opened, "published", 3)
    opened.publisher.step()
    old = Record.open(tmp_path / "backup")
    grow(old, "beside", 2)
    with served(opened.folder.log) as url:
        (old.folder.path / "public-url").write_text(f"{url}/\n")
        with pytest.raises(ForkError, match=r"the log at http://.* tells of a log up to size 13, so a check"):
            old.publisher.step()
        grow(old, "more", 5)
        with pytest.raises(ForkError, match="has another root than the entries: it is beside this book"):
            old.publisher.step()
    assert signed_size(old.folder) == 10
    assert len(list(old.folder.evidence.iterdir())) == 2
    assert {path.name for path in (old.folder.log / "tile/0/000.p").iterdir()} == {"10"}, "no tile either"
    old.close()


def test_a_witness_that_shows_what_was_lost_here_is_followed(opened: Record, three: list[StartedWitness]):
    """Checkpoint and last signed put back to older ones, the entries whole: the same history goes on."""
    name_witnesses(opened.folder, three[:1], "all")
    opened.publisher.step()
    files = (opened.folder.log / "checkpoint", opened.folder.last_signed_file)
    kept = {path: path.read_bytes() for path in files}
    grow(opened, "more", 4)
    opened.publisher.step()
    for path, data in kept.items():
        path.write_bytes(data)
    grow(opened, "still more")
    assert publisher(opened).step().published == opened.publisher.step().signed
    assert verify_base(opened.folder.log, VKEY).size == 15


def test_two_homes_with_one_key(opened: Record, three: list[StartedWitness], tmp_path: Path):
    """A copied home that is written on beside its original: the second to sign is refused by a witness."""
    name_witnesses(opened.folder, three, "2")
    grow(opened, "shared")
    opened.publisher.step()
    other = old_copy(opened, tmp_path / "copy")
    grow(other, "there", 2)
    other.publisher.step()
    grow(opened, "here", 2)
    with pytest.raises(ForkError, match="witness W0 holds another checkpoint of size 13 than ours"):
        opened.publisher.step()
    assert published(opened.folder).size == 11, "it was signed before a witness could tell, but not published"
    assert "holds another checkpoint of size 13" in the_evidence(opened.folder)
    grow(opened, "here again", 2)
    with pytest.raises(ForkError, match="nothing more is signed"):
        opened.publisher.step()
    assert signed_size(opened.folder) == 13
    grow(other, "there again")
    assert other.publisher.step().published == other.publisher.step().signed
    other.close()


def test_a_deleted_log_folder_is_made_again(opened: Record):
    before = (opened.folder.log / "checkpoint").read_bytes()
    shutil.rmtree(opened.folder.log)
    assert opened.checkpoint().size == 10
    assert verify_base(opened.folder.log, VKEY, before).ok
    assert entries_published(opened.folder) == 10


@pytest.mark.parametrize("gone", [["log"], ["log", "keys/last-signed"]])
def test_another_history_after_the_log_folder_is_deleted(opened: Record, gone: list[str], tmp_path: Path):
    grow(opened, "published")
    opened.checkpoint()
    mirror = shutil.copytree(opened.folder.log, tmp_path / "mirror")
    opened.close()
    record = books.stocked(Place(tmp_path / "other"))
    grow(record, "another", 3)
    for name in ("log.vkey", "keys/last-signed", "log"):
        path = record.home / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        from_ = opened.home / name
        shutil.copytree(from_, path) if from_.is_dir() else shutil.copy(from_, path)
    for name in gone:
        path = record.home / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    with served(mirror) as url:
        (record.home / "public-url").write_text(url)
        with pytest.raises(RecordProblem, match="has another root than the entries"):
            record.checkpoint()
    assert not (record.folder.log / "tile").exists()
    record.close()


@pytest.mark.parametrize("how", ["file", "nothing", "url", "none", "another log", "an older size", "beside"])
def test_a_home_without_any_trace(opened: Record, how: str, tmp_path: Path):
    outside = shutil.copytree(opened.folder.log, tmp_path / "outside")
    data = (outside / "checkpoint").read_bytes()
    shutil.rmtree(opened.folder.log)
    opened.folder.last_signed_file.unlink()
    grow(opened, "new")
    told = Told()
    if how in ("file", "nothing"):
        told = Told(data) if how == "file" else Told(nothing_was_published=True)
    elif how == "another log":
        told = Told(sign_checkpoint(Checkpoint("other.example/log", 1, bytes(32)), SIGNER))
    elif how == "an older size":
        told = Told(sign_checkpoint(Checkpoint(opened.facts.origin, 99, bytes(32)), SIGNER))
    elif how == "beside":
        told = Told(sign_checkpoint(Checkpoint(opened.facts.origin, 5, bytes(32)), SIGNER))
    good = how in ("file", "nothing", "url")
    with served(outside) as url:
        if how == "url":
            (opened.folder.path / "public-url").write_text(url)
        if good:
            assert opened.publisher.step(told).published == Checkpoint(
                opened.facts.origin, 11, root_of(map(leaf_hash, opened.entries()))
            )
            assert verify_base(opened.folder.log, VKEY, data).ok
            return
        with pytest.raises(PublishedError) as refused:
            opened.publisher.step(told)
    says = {"none": "signing is off", "another log": "not this log's own", "an older size": "size 99"}
    assert says.get(how, "another root") in str(refused.value)
    assert not opened.folder.last_signed_file.exists()
    assert not (opened.folder.log / "tile").exists()


def test_after_a_restore_signing_waits_for_a_witness(opened: Record, three: list[StartedWitness]):
    name_witnesses(opened.folder, three, "1")
    opened.publisher.step()
    for witness in three:
        witness.stop()
    opened.folder.restored_file.touch()
    grow(opened, "new")
    off = r"signing is off until somebody outside agrees with this book .it was restored from a backup"
    with pytest.raises(PublishedError, match=off):
        opened.publisher.step()
    assert signed_size(opened.folder) == 10
    port = int(three[2].url.rsplit(":", 1)[1])
    with start_witness(three[2].folder, three[2].name, [VKEY], port=port):
        assert opened.publisher.step().published is not None
    assert not opened.folder.restored_file.exists()
    assert published(opened.folder).size == 11


def test_after_a_restore_neither_itself_nor_a_mirror_that_is_behind_agrees(opened: Record, tmp_path: Path):
    behind = shutil.copytree(opened.folder.log, tmp_path / "behind")
    grow(opened, "new")
    opened.checkpoint()
    opened.folder.restored_file.touch()
    for folder in (opened.folder.log, behind):
        with served(folder) as url:
            (opened.folder.path / "public-url").write_text(url)
            with pytest.raises(PublishedError, match="signing is off"):
                opened.publisher.step()
    ahead = shutil.copytree(opened.folder.path, tmp_path / "ahead")
    other = Record.open(ahead)
    for name in ("restored", "public-url"):
        (ahead / name).unlink()
    grow(other, "newer")
    other.checkpoint()
    other.close()
    grow(opened, "newer")
    with served(ahead / "log") as url:
        (opened.folder.path / "public-url").write_text(url)
        with pytest.raises(PublishedError, match="has another root"):  # recorded at another moment
            opened.publisher.step()
    assert signed_size(opened.folder) == 11


def test_after_a_restore_a_witness_that_was_behind_does_not_agree(
    opened: Record, three: list[StartedWitness]
):
    name_witnesses(opened.folder, three[:1], "none")
    opened.folder.restored_file.touch()
    for _ in range(2):  # the first asking brings it to our size: that is not its own memory
        with pytest.raises(PublishedError, match="signing is off"):
            opened.publisher.step()
    assert opened.folder.restored_file.read_text() == "W0\n"
    assert opened.publisher.step(Told(nothing_was_published=True)).published is not None
    assert not opened.folder.restored_file.exists()


def test_a_home_of_before_this_goes_on(opened: Record):
    opened.folder.last_signed_file.unlink()
    for name in ("policy", "entries-published"):
        (opened.folder.log / name).unlink()
    grow(opened, "new")
    assert opened.checkpoint().size == 11
    assert signed_size(opened.folder) == 11
    assert (opened.folder.log / "entries-published").read_text() == "11\n"
    assert Policy.parse((opened.folder.log / "policy").read_bytes()) == Policy.of_log(SIGNER.verifier)


def test_a_last_signed_checkpoint_that_others_never_saw_is_extended(opened: Record):
    """Killed between signing and publishing: what was signed is signed, shown or not."""
    grow(opened, "new")
    entries = list(opened.entries())
    unseen = Checkpoint(opened.facts.origin, 11, root_of([*map(leaf_hash, entries[:10]), b"\1" * 32]))
    opened.folder.last_signed_file.write_bytes(sign_checkpoint(unseen, SIGNER))
    with pytest.raises(ForkError, match="keys/last-signed of size 11 has another root than the entries"):
        opened.publisher.step()
    assert published(opened.folder).size == 10
    true = Checkpoint(opened.facts.origin, 11, root_of(map(leaf_hash, entries)))
    opened.folder.last_signed_file.write_bytes(sign_checkpoint(true, SIGNER))
    assert opened.publisher.step().published == true, "its tiles are made again"


def test_a_cut_tail_is_not_signed_and_kept_as_evidence(opened: Record):
    change(opened.store, "DELETE FROM entries WHERE entry_index >= ?", 8)
    with pytest.raises(ForkError, match="published up to size 10, so a checkpoint of 8 is not signed"):
        publisher(opened).step()
    assert "entries in the database: 8" in the_evidence(opened.folder)


def test_two_publishers_at_once(home: Home, three: list[StartedWitness]):
    name_witnesses(home, three, "2")
    records = [Record.open(home.path) for _ in range(2)]

    def work(number: int) -> None:
        for round_ in range(4):
            grow(records[number], f"{number}-{round_}-", 3)
            records[number].publisher.step()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert records[0].publisher.step().published == records[1].publisher.step().signed
    verdict = verify_base(home.log, VKEY)
    assert (verdict.ok, verdict.size) == (True, 10 + 24)
    assert not home.evidence.exists()
    for record in records:
        record.close()


def test_a_moved_home_goes_on(opened: Record, tmp_path: Path):
    opened.close()
    opened.folder.path.rename(tmp_path / "elsewhere")
    record = Record.open(tmp_path / "elsewhere")
    grow(record, "new")
    assert record.checkpoint().size == 11
    record.close()


@pytest.mark.parametrize("data", [b"nonsense\n", b"quorum other\n", b"\xff" * 9])
def test_a_policy_that_cannot_be_read_stops_publishing(opened: Record, data: bytes):
    opened.folder.policy_file.write_bytes(data)
    grow(opened, "new")
    with pytest.raises(PublishedError, match=r"^policy: "):
        opened.publisher.step()
    assert read_confirmation(opened.folder).published_size == 10


def test_publishing_on_postgres(tmp_path: Path, postgres_url: str, three: list[StartedWitness]):
    record = books.stocked(Place(tmp_path / "pg", postgres_url))
    name_witnesses(record.folder, three, "all")
    assert record.checkpoint().size == 10
    grow(record, "more", 300)
    assert record.checkpoint().size == 310
    assert verify_base(record.folder.log, VKEY).size == 310
    assert verify_book(record.folder, record.store).ok
    record.close()


# secrecy by time ------------------------------------------------------------------------------------------


def test_entry_bytes_are_published_when_they_are_old_enough(home: Home):
    opened = Record.open(home.path)
    policy = books.command("PolicySet", "delay", {"settings": {"publish_delay_hours": 24}})
    (setting,) = books.accept(opened, [policy])
    grow(opened, "held", 300)
    (after,) = books.accept(opened, [issue("last")])
    begun = opened.now()
    day, hidden = timedelta(hours=24), Publisher(opened.folder, opened.store, lambda: begun)
    step = hidden.step()
    assert (step.published, step.entries_published) == (step.signed, 10)
    assert (opened.folder.log / "entries-published").read_text() == "10\n"
    bundles = opened.folder.log / "tile" / "entries"
    assert {path.as_posix() for path in bundles.rglob("*") if path.is_file()} == {
        (bundles / "000.p/10").as_posix()
    }
    assert entries_published(opened.folder) == 10
    assert (opened.folder.log / Tile(0, 0).path).exists(), "hashes are public at once"
    later = Publisher(opened.folder, opened.store, lambda: begun + day)
    step = later.step()
    assert step.entries_published == opened.size == after.index + 1
    assert {path.relative_to(bundles).as_posix() for path in bundles.rglob("*") if path.is_file()} == {
        "000", f"001.p/{opened.size - 256}",
    }  # fmt: skip
    assert verify_base(opened.folder.log, VKEY).size == opened.size
    assert setting.index == 10
    hidden.step()
    assert entries_published(opened.folder) == opened.size, "what is out is not taken back"
    opened.close()
