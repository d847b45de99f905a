"""A copy for any web server: caught up, whole, and refused where it contradicts."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.published.mirror import Mirror, Mirrored
from ledger.published.reading import verify_base
from ledger.published.writing import ForkError, PublishedError
from tests.ledger.published.logs import ORIGIN, SIGNER, VKEY, entries_of, files_of, publish

ENTRIES = entries_of(1_000)
KEYS = [SIGNER.verifier]


def copy(log: Path, folder: Path) -> Mirrored:
    return Mirror(log, folder).copy(KEYS, ORIGIN)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return publish(tmp_path / "log", ENTRIES, 300).folder


def test_a_mirror_holds_what_others_read_and_nothing_else(log: Path, tmp_path: Path):
    (log / "policy").write_bytes(b"quorum none\n")
    (log / "witnessed").mkdir()
    (log / "witnessed" / "2026-01-01.jsonl").write_bytes(b"{}\n")
    seen: list[tuple[int, int]] = []
    done = Mirror(log, tmp_path / "mirror").copy(KEYS, ORIGIN, lambda *of: seen.append(of))
    assert done == Mirrored(0, 300, 5)
    assert seen[-1] == (5, 5)
    assert files_of(tmp_path / "mirror") == files_of(log) | {"entries-published": b"300\n"}
    assert verify_base(tmp_path / "mirror", VKEY).size == 300


def test_steps_skipped_and_steps_taken(log: Path, tmp_path: Path):
    folder, mirror = tmp_path / "mirror", Mirror(log, tmp_path / "mirror")
    for size in (300, 310, 700, 768, 1_000):
        publish(log, ENTRIES, size)
        assert mirror.copy(KEYS, ORIGIN).size == size
        before = files_of(folder)
        assert mirror.copy(KEYS, ORIGIN) == Mirrored(size, size, 0)
        assert files_of(folder) == before
        assert verify_base(folder, VKEY).size == size
    assert copy(log, tmp_path / "late").size == 1_000
    late = files_of(tmp_path / "late")
    assert {path: data for path, data in files_of(folder).items() if path in late} == late


def test_only_published_entries_are_copied(log: Path, tmp_path: Path):
    (log / "entries-published").write_text("100\n")
    shutil.rmtree(log / "tile/entries")
    target = log / "tile/entries/000.p/100"
    target.parent.mkdir(parents=True)
    publish(tmp_path / "small", ENTRIES, 100)
    shutil.copy(tmp_path / "small/tile/entries/000.p/100", target)
    mirror = Mirror(log, tmp_path / "mirror")
    mirror.copy(KEYS, ORIGIN)
    bundles = [path for path in files_of(tmp_path / "mirror") if path.startswith("tile/entries")]
    assert bundles == ["tile/entries/000.p/100"]
    assert (tmp_path / "mirror/entries-published").read_text() == "100\n"
    publish(tmp_path / "whole", ENTRIES, 300)
    shutil.copytree(tmp_path / "whole/tile/entries", log / "tile/entries", dirs_exist_ok=True)
    (log / "entries-published").write_text("300\n")
    assert mirror.copy(KEYS, ORIGIN) == Mirrored(300, 300, 2)
    assert verify_base(tmp_path / "mirror", VKEY).size == 300
    assert not (tmp_path / "mirror/tile/entries/000.p").exists()


def spoil_checkpoint(folder: Path) -> None:
    (folder / "checkpoint").write_bytes(b"nonsense\n")


def of_another_history(folder: Path) -> None:
    shutil.rmtree(folder)
    publish(folder, entries_of(280, "other "))


def of_more_entries(folder: Path) -> None:
    publish(folder, ENTRIES, 400)


def flip_a_bundle(folder: Path) -> None:
    path = folder / "tile/entries/000"
    path.write_bytes(path.read_bytes()[:-1] + b"?")


def flip_a_tile(folder: Path) -> None:
    path = folder / "tile/0/001.p/44"
    path.write_bytes(bytes(32 * 44))


def fill_a_tile(folder: Path) -> None:
    path = folder / "tile/0/001"
    path.write_bytes(bytes(32 * 256))
    shutil.rmtree(folder / "tile/0/001.p")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (spoil_checkpoint, "the mirror's checkpoint is not this log's own"),
        (of_another_history, "the mirror's checkpoint of size 280 has another root than this log"),
        (of_more_entries, "the mirror holds 400 entries, this book has published 300"),
        (flip_a_bundle, "the mirror's tile/entries/000 is not the one that is published here"),
        (flip_a_tile, "the mirror's tile/0/001.p/44 is not the one that is published here"),
        (fill_a_tile, "the mirror holds tile/0/001, which this log has not filled"),
    ],
)
def test_what_contradicts_is_refused(
    log: Path, tmp_path: Path, spoil: Callable[[Path], None], told: str
):
    folder = tmp_path / "mirror"
    copy(log, folder)
    spoil(folder)
    before = files_of(folder)
    with pytest.raises(ForkError, match=told) as refused:
        copy(log, folder)
    assert refused.value.evidence
    assert files_of(folder) == before, "it stays as it was"


def test_a_lost_file_is_put_back_by_a_new_process(log: Path, tmp_path: Path):
    copy(log, tmp_path / "mirror")
    (tmp_path / "mirror/tile/entries/000").unlink()
    assert copy(log, tmp_path / "mirror") == Mirrored(300, 300, 1)
    assert verify_base(tmp_path / "mirror", VKEY).ok


def test_nothing_to_copy_and_nowhere_to(log: Path, tmp_path: Path):
    with pytest.raises(PublishedError, match="nothing is published yet"):
        copy(tmp_path / "none", tmp_path / "mirror")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PublishedError, match="cannot be written"):
        copy(log, tmp_path / "file")
    (log / "tile/entries/000").unlink()
    with pytest.raises(PublishedError, match="the published log is damaged: tile/entries/000 is missing"):
        copy(log, tmp_path / "mirror")
    assert not (tmp_path / "mirror/checkpoint").exists()
