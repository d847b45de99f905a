"""Growing the published log: what stands in the folder, and what is never signed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.published.reading import verify_base
from ledger.published.writing import ForkError, PublishedError, PublishedLog
from ledger.tlog.checkpoint import Checkpoint, sign_checkpoint
from ledger.tlog.merkle import (
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from ledger.tlog.note import Signer
from ledger.tlog.tiles import new_tiles
from tests.ledger.published.logs import ORIGIN, SIGNER, VKEY, entries_of, files_of, publish, reader

ENTRIES = entries_of(1_300)
OTHER = entries_of(1_300, "other ")


def required(size: int) -> set[str]:
    return {tile.path for tile in new_tiles(0, size)} | {"checkpoint"}


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512, 1_300])
def test_a_log_of_any_size_verifies(tmp_path: Path, size: int):
    log = publish(tmp_path / "log", ENTRIES[:size])
    assert set(files_of(log.folder)) == required(size)
    checkpoint = log.checkpoint()
    assert checkpoint == Checkpoint(ORIGIN, size, root_of(map(leaf_hash, ENTRIES[:size])))
    verdict = verify_base(log.folder, VKEY)
    assert (verdict.ok, verdict.size, verdict.root) == (True, size, checkpoint.root_base64)
    assert log.size == size


@settings(max_examples=25)
@given(st.lists(st.integers(0, 1_300), min_size=1, max_size=6).map(sorted))
def test_steps_give_the_same_files_as_one_go(tmp_path_factory: pytest.TempPathFactory, sizes: list[int]):
    folder = tmp_path_factory.mktemp("steps")
    step, whole = publish(folder / "a", ENTRIES, *sizes), publish(folder / "b", ENTRIES, sizes[-1])
    stepped, at_once = files_of(step.folder), files_of(whole.folder)
    assert {path: stepped[path] for path in at_once} == at_once
    for size in sizes:  # tlog-tiles: partial tiles of signed sizes stay until the full one is there
        kept = {tile.path for tile in new_tiles(0, size) if tile.path in stepped}
        gone = {tile for tile in new_tiles(0, size) if tile.path not in kept}
        assert all(tile.full.path in stepped for tile in gone)
    full = {path for path in stepped if ".p/" not in path}
    assert not any(path.split(".p/")[0] in full for path in stepped if ".p/" in path)


def test_only_what_is_new_and_the_last_bundle_is_read(tmp_path: Path):
    log = publish(tmp_path / "log", ENTRIES, 700)
    asked: list[tuple[int, int]] = []

    def read(start: int, end: int) -> Iterable[tuple[bytes, bytes]]:
        asked.append((start, end))
        return reader(ENTRIES)(start, end)

    log.extend(read, 701, SIGNER)
    log.extend(read, 768, SIGNER)
    log.extend(read, 769, SIGNER)
    assert asked == [(512, 701), (512, 768), (512, 769)]


def test_publishing_the_same_size_again_changes_nothing(tmp_path: Path):
    log = publish(tmp_path / "log", ENTRIES, 300)
    before = files_of(log.folder)
    assert log.extend(reader(ENTRIES), 300, SIGNER) == log.checkpoint()
    assert files_of(log.folder) == before


@pytest.mark.parametrize("size", [0, 1, 256, 299])
def test_a_smaller_size_is_never_signed(tmp_path: Path, size: int):
    log = publish(tmp_path / "log", ENTRIES, 300)
    before = files_of(log.folder)
    with pytest.raises(ForkError, match=f"published up to size 300, so a checkpoint of {size} is not signed"):
        log.extend(reader(ENTRIES), size, SIGNER)
    assert files_of(log.folder) == before


@pytest.mark.parametrize("published", [1, 255, 256, 300, 512])
@pytest.mark.parametrize("more", [0, 1, 300])
def test_another_history_is_never_signed(tmp_path: Path, published: int, more: int):
    log = publish(tmp_path / "log", ENTRIES, published)
    before = files_of(log.folder)
    with pytest.raises(ForkError, match=r"entry \d+ differs from the one published"):
        log.extend(reader(OTHER), published + more, SIGNER)
    assert files_of(log.folder) == before


def test_a_rewrite_of_the_last_published_entry_alone_is_named(tmp_path: Path):
    log = publish(tmp_path / "log", ENTRIES, 300)
    with pytest.raises(ForkError, match="entry 299 differs"):
        log.extend(reader([*ENTRIES[:299], OTHER[299], *ENTRIES[300:]]), 301, SIGNER)


def test_an_older_checkpoint_put_back_does_not_open_a_fork(tmp_path: Path):
    log = publish(tmp_path / "log", ENTRIES, 260)
    older = log.checkpoint_bytes()
    assert older
    publish(log.folder, ENTRIES, 290)
    (log.folder / "checkpoint").write_bytes(older)
    with pytest.raises(ForkError, match="entry 275 differs"):
        log.extend(reader([*ENTRIES[:275], *OTHER[275:]]), 280, SIGNER)
    assert publish(log.folder, ENTRIES, 290).size == 290


def test_a_checkpoint_taken_away_does_not_open_a_fork(tmp_path: Path):
    log = publish(tmp_path / "log", ENTRIES, 300)
    (log.folder / "checkpoint").unlink()
    with pytest.raises(ForkError, match="entry 0 differs"):
        log.extend(reader(OTHER), 300, SIGNER)
    for size in (0, 44, 255, 299):
        with pytest.raises(ForkError, match=f"a log longer than size {size}, but no checkpoint"):
            log.extend(reader(ENTRIES), size, SIGNER)
    assert log.extend(reader(ENTRIES), 301, SIGNER).size == 301


def test_a_checkpoint_of_someone_else_is_not_built_upon(tmp_path: Path):
    log = publish(tmp_path / "log", ENTRIES, 300)
    stranger = Signer.generate(ORIGIN)
    with pytest.raises(ForkError, match="not this log's own"):
        log.extend(reader(ENTRIES), 301, stranger)
    assert log.extend(reader(ENTRIES), 301, stranger, former_keys=[SIGNER.verifier]).size == 301
    with pytest.raises(ForkError, match="not this log's own"):
        log.extend(reader(ENTRIES), 302, SIGNER)
    (log.folder / "checkpoint").write_bytes(b"nonsense")
    with pytest.raises(ForkError, match="not this log's own"):
        log.extend(reader(ENTRIES), 302, stranger)
    with pytest.raises(PublishedError, match="cannot be read"):
        log.checkpoint()


def test_a_signed_checkpoint_of_another_root_is_not_built_upon(tmp_path: Path):
    log = publish(tmp_path / "log", ENTRIES, 300)
    (log.folder / "checkpoint").write_bytes(sign_checkpoint(Checkpoint(ORIGIN, 300, b"\1" * 32), SIGNER))
    with pytest.raises(ForkError, match="do not give the checkpoint's root of size 300"):
        log.extend(reader(ENTRIES), 301, SIGNER)


@pytest.mark.parametrize("path", ["tile/0/001.p/44", "tile/1/000.p/1"])
def test_damaged_tiles_stop_the_log(tmp_path: Path, path: str):
    log = publish(tmp_path / "log", ENTRIES, 300)
    target = log.folder / path
    good = target.read_bytes()
    target.write_bytes(good[:-1])
    with pytest.raises(PublishedError, match=f"damaged: {path} is {len(good) - 1} bytes long"):
        log.extend(reader(ENTRIES), 301, SIGNER)
    target.write_bytes(bytes([good[0] ^ 1]) + good[1:])
    with pytest.raises(ForkError, match="root of size 300"):
        log.extend(reader(ENTRIES), 301, SIGNER)
    target.unlink()
    with pytest.raises(PublishedError, match=f"damaged: {path} is missing"):
        log.extend(reader(ENTRIES), 301, SIGNER)
    assert log.size == 300


def test_a_missing_full_tile_at_the_boundary_stops_the_log(tmp_path: Path):
    log = publish(tmp_path / "log", ENTRIES, 512)
    (log.folder / "tile/0/001").unlink()
    with pytest.raises(PublishedError, match="tile 1 of level 0 is missing"):
        log.extend(reader(ENTRIES), 513, SIGNER)


@pytest.mark.parametrize(
    ("entries", "why"),
    [(ENTRIES[:599], "end at index 599, before size 600"), ([*ENTRIES[:599], b"x" * 65_536], "65536 bytes")],
)
def test_entries_that_cannot_be_published_leave_the_old_checkpoint(
    tmp_path: Path, entries: list[bytes], why: str
):
    log = publish(tmp_path / "log", ENTRIES, 300)
    with pytest.raises(PublishedError, match=why):
        log.extend(reader(entries), 600, SIGNER)
    assert verify_base(log.folder, VKEY).size == 300
    assert publish(log.folder, ENTRIES, 600).size == 600


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path):
    log = publish(tmp_path / "log", ENTRIES, 300)
    shutil.rmtree(log.folder / "tile" / "entries")
    (log.folder / "tile" / "entries").write_bytes(b"")
    with pytest.raises(PublishedError, match="cannot be written: "):
        log.extend(reader(ENTRIES), 301, SIGNER)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PublishedError, match="cannot be written: "):
        publish(tmp_path / "file", ENTRIES, 1)


def test_stored_hashes_serve_proofs_and_comparison(tmp_path: Path):
    log = publish(tmp_path / "log", ENTRIES, 255, 300, 1_300)
    leaves = [leaf_hash(entry) for entry in ENTRIES]
    assert list(log.leaf_hashes()) == leaves
    assert [log.read_leaf(index) for index in (0, 255, 256, 1_299)] == [
        leaves[i] for i in (0, 255, 256, 1_299)
    ]
    assert log.read_leaf(1_300) is log.read_leaf(-1) is None
    for size in (1, 2, 299, 300, 1_024, 1_299, 1_300):
        read, root = log.hash_reader(size), root_of(leaves[:size])
        for index in {0, size // 2, size - 1}:
            verify_inclusion(index, size, leaves[index], prove_inclusion(index, size, read), root)
        for old in (0, 1, size // 3, size):
            proof = prove_consistency(old, size, read)
            verify_consistency(old, size, root_of(leaves[:old]), root, proof)
    (log.folder / "tile/0/002").write_bytes(b"short")
    assert [at for at, leaf in enumerate(log.leaf_hashes()) if leaf is None] == list(range(512, 768))
    assert log.read_leaf(512) is None
    with pytest.raises(PublishedError, match="published up to size 1300, not 1301"):
        log.hash_reader(1_301)
    with pytest.raises(PublishedError, match="tile/0/002 is 5 bytes long"):
        prove_inclusion(600, 1_300, log.hash_reader(1_300))


def test_an_unpublished_log_is_empty(tmp_path: Path):
    log = PublishedLog(tmp_path / "none")
    assert (log.size, log.checkpoint(), log.checkpoint_bytes(), list(log.leaf_hashes())) == (
        0,
        None,
        None,
        [],
    )


def test_everything_is_on_disk_before_the_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    done: list[tuple[str, str]] = []
    real_sync, real_replace = os.fsync, os.replace

    def sync(descriptor: int) -> None:
        done.append(("sync", os.readlink(f"/proc/self/fd/{descriptor}")))
        real_sync(descriptor)

    def replace(source: Path, target: Path) -> None:
        done.append(("rename", str(target)))
        assert ("sync", str(source)) in done
        real_replace(source, target)

    log = publish(tmp_path / "log", ENTRIES, 250)
    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "replace", replace)
    log.extend(reader(ENTRIES), 600, SIGNER)
    last = done.index(("rename", str(log.folder / "checkpoint")))
    renamed = [Path(path) for what, path in done[:last] if what == "rename"]
    synced = {path for what, path in done[:last] if what == "sync"}
    assert {path.relative_to(log.folder).as_posix() for path in renamed} == {
        tile.path for tile in new_tiles(250, 600)
    }
    for path in renamed:
        folders = [folder for folder in path.parents if folder.is_relative_to(log.folder)]
        assert {str(folder) for folder in folders} <= synced
    assert done[last + 1 :] == [("sync", str(log.folder))]


WRITER = """
import sys
from pathlib import Path
from ledger.published.writing import ForkError, PublishedLog
from tests.ledger.published.logs import SIGNER, entries_of, reader
entries, log = entries_of(700), PublishedLog(Path(sys.argv[1]))
for size in range(int(sys.argv[2]), 701, 50):
    try:
        log.extend(reader(entries), size, SIGNER)
    except ForkError as error:
        assert "published up to size" in str(error), error
"""


def test_several_processes_take_turns(tmp_path: Path):
    command = [sys.executable, "-c", WRITER, str(tmp_path / "log")]
    writers = [subprocess.Popen([*command, str(start)], cwd=Path.cwd()) for start in (0, 30, 50)]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0]
    assert verify_base(tmp_path / "log", VKEY).size == 700
