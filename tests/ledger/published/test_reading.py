"""Checking a published log: nothing that is wrong with it passes, and nothing raises."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.domain import canonical
from ledger.published.reading import verify_base
from ledger.published.source import FolderSource
from ledger.tlog.checkpoint import Checkpoint, sign_checkpoint
from ledger.tlog.merkle import leaf_hash, root_of
from ledger.tlog.note import Signer
from ledger.tlog.tiles import Tile
from tests.ledger.published.logs import ORIGIN, SIGNER, VKEY, chain, entries_of, files_of, publish

SIZE = 600
ENTRIES = entries_of(SIZE)


@pytest.fixture
def log(tmp_path: Path, made_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """A log of 600 entries: two full bundles and a partial one."""
    return Path(
        shutil.copytree(made_once("published-600", lambda folder: publish(folder, ENTRIES)), tmp_path / "log")
    )


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("tiny"), ENTRIES, 3).folder


def index_at(bundle: bytes, position: int) -> int:
    """Which entry of the bundle, or its length, this byte belongs to."""
    index, at = 0, 0
    while True:
        at += 2 + int.from_bytes(bundle[at : at + 2], "big")
        if position < at:
            return index
        index += 1


def test_progress_and_verdict(log: Path):
    seen: list[tuple[int, int]] = []
    verdict = verify_base(log, VKEY, progress=lambda done, total: seen.append((done, total)))
    root = Checkpoint(ORIGIN, SIZE, root_of(map(leaf_hash, ENTRIES))).root_base64
    assert (verdict.ok, verdict.size, verdict.root, verdict.first_bad_index, verdict.problem) == (
        (True, SIZE, root, None, None)
    )
    assert seen == [(256, 600), (512, 600), (600, 600)]


def test_every_flipped_byte_of_every_file_is_found(tiny: Path):
    files = files_of(tiny)
    assert set(files) == {"checkpoint", "tile/0/000.p/3", "tile/entries/000.p/3"}
    for path, good in files.items():
        for position in range(len(good)):
            for bit in (0, 5, 7):
                bad = bytearray(good)
                bad[position] ^= 1 << bit
                (tiny / path).write_bytes(bad)
                verdict = verify_base(tiny, VKEY)
                assert not verdict.ok
                assert verdict.problem
                if path == "checkpoint":
                    assert verdict.problem.startswith("checkpoint: ")
                    assert (verdict.size, verdict.first_bad_index) == (None, None)
                    continue
                assert "tile/entries/000.p/3" in verdict.problem
                where = position // 32 if path.startswith("tile/0") else index_at(good, position)
                assert verdict.first_bad_index == where
                assert verdict.size == 3
        (tiny / path).write_bytes(good)
    assert verify_base(tiny, VKEY).ok


@pytest.mark.parametrize(
    "path", sorted({"tile/1/000.p/2", "tile/0/001", "tile/0/002.p/88", "tile/entries/001"})
)
def test_flips_in_larger_trees_are_named(log: Path, path: str):
    good = (log / path).read_bytes()
    for position in {0, 1, 2, 31, 32, len(good) // 2, len(good) - 33, len(good) - 1}:
        (log / path).write_bytes(good[:position] + bytes([good[position] ^ 0x10]) + good[position + 1 :])
        verdict = verify_base(log, VKEY)
        assert not verdict.ok
        assert verdict.problem
        tile = Tile.parse(path)
        if tile.level == 1:
            assert verdict.problem == "tile/1/000.p/2: its hashes are not those of the tiles below"
            assert verdict.first_bad_index is None
        elif tile.level == 0:
            assert verdict.first_bad_index == tile.index * 256 + position // 32
        else:
            assert verdict.first_bad_index == 256 + index_at(good, position)


REQUIRED = [
    "checkpoint",
    "tile/0/000",
    "tile/0/002.p/88",
    "tile/1/000.p/2",
    "tile/entries/001",
    "tile/entries/002.p/88",
]


@pytest.mark.parametrize("path", REQUIRED)
def test_missing_truncated_and_oversized_files_are_named(log: Path, path: str):
    target = log / path
    good = target.read_bytes()
    first = None if path == "checkpoint" or path.startswith("tile/1") else Tile.parse(path).index * 256
    for bad in (b"", good[:1], good[: len(good) // 2], good[:-1], good + b"\0", good * 2, bytes(17_000_000)):
        target.write_bytes(bad)
        verdict = verify_base(log, VKEY)
        assert not verdict.ok
        assert verdict.problem
        assert path in verdict.problem, bad[:40]
    for replace in (target.unlink, target.mkdir, lambda: (target.rmdir(), os.mkfifo(target))):
        replace()
        verdict = verify_base(log, VKEY)
        assert verdict.problem == f"{path} is missing"
        assert verdict.first_bad_index == first


def test_a_bundle_cut_short_names_the_first_absent_entry(log: Path):
    target = log / "tile/entries/002.p/88"
    good = target.read_bytes()
    target.write_bytes(good[: -len(ENTRIES[-1])])
    assert verify_base(log, VKEY).first_bad_index == SIZE - 1
    target.write_bytes(good + b"\0\0")
    assert verify_base(log, VKEY).first_bad_index is None


def test_a_full_tile_stands_in_for_a_partial_one(log: Path, tmp_path: Path):
    longer = publish(tmp_path / "longer", entries_of(800), 600, 800).folder
    shutil.copy(log / "checkpoint", longer / "checkpoint")
    assert not (longer / "tile/entries/002.p").exists()
    (longer / "tile/1/000.p").mkdir(exist_ok=True)
    shutil.copytree(log / "tile/1", longer / "tile/1", dirs_exist_ok=True)
    assert verify_base(longer, VKEY).size == 600


def test_higher_tiles_of_a_log_of_66_000(tmp_path: Path):
    folder = publish(tmp_path / "log", entries_of(66_000)).folder
    assert verify_base(folder, VKEY).size == 66_000
    for path in ("tile/1/000", "tile/2/000.p/1", "tile/1/001.p/1"):
        good = (folder / path).read_bytes()
        (folder / path).write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        verdict = verify_base(folder, VKEY)
        assert verdict.problem == f"{path}: its hashes are not those of the tiles below"
        (folder / path).write_bytes(good)


def forge(change: Callable[[dict[str, object]], object], at: int) -> list[bytes]:
    """Entries of which one is changed before it is hashed and chained: a right tree of a wrong entry."""
    made: list[bytes] = []
    prev = "0" * 64
    for index in range(5):
        value: object = {"body": index, "index": index, "prev": prev}
        if index == at:
            assert isinstance(value, dict)
            value = change(value)
        entry = value if isinstance(value, bytes) else canonical.encode(value)
        made.append(entry)
        prev = leaf_hash(entry).hex()
    return made


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda e: e | {"prev": "f" * 64}, "does not follow"),
        (lambda e: e | {"prev": e["prev"].upper() + " "}, "does not follow"),
        (lambda e: {"body": 0, "index": e["index"]}, "does not follow"),
        (lambda e: e | {"index": 9}, "another index"),
        (lambda e: e | {"index": str(e["index"])}, "another index"),
        (lambda e: e | {"index": True} if e["index"] == 1 else e | {"index": False}, "another index"),
        (lambda e: {"body": 0, "prev": e["prev"]}, "another index"),
        (lambda e: [e], "not a JSON object"),
        (lambda e: b"", "not a canonical entry"),
        (lambda e: b"\xff", "not a canonical entry"),
        (lambda e: canonical.encode(e)[:-1], "not a canonical entry"),
        (lambda e: canonical.encode(e) + b" ", "not a canonical entry"),
        (lambda e: canonical.encode(e)[:-1] + b',"index":7}', "not a canonical entry"),
        (lambda e: b"[" * 60_000, "not a canonical entry"),
        (lambda e: b"1" * 60_000, "not a canonical entry"),
        (lambda e: b"NaN", "not a canonical entry"),
    ],
    ids=range(16),
)
@pytest.mark.parametrize("at", [0, 1, 4])
def test_entries_out_of_the_chain_are_named(
    tmp_path: Path, change: Callable[[dict[str, object]], object], why: str, at: int
):
    folder = publish(tmp_path, forge(change, at)).folder
    verdict = verify_base(folder, VKEY)
    assert not verdict.ok
    assert verdict.problem
    assert why in verdict.problem
    assert verdict.problem.startswith(f"tile/entries/000.p/5: entry {at} ")
    assert verdict.first_bad_index == at


def test_swapped_or_dropped_entries_are_named(tmp_path: Path):
    swapped = [ENTRIES[0], ENTRIES[2], ENTRIES[1], ENTRIES[3]]
    assert verify_base(publish(tmp_path / "a", swapped).folder, VKEY).first_bad_index == 1
    assert (
        verify_base(publish(tmp_path / "b", [*ENTRIES[:2], *ENTRIES[3:9]]).folder, VKEY).first_bad_index == 2
    )


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 511, 512, 513, 599, 600])
def test_an_older_checkpoint_of_the_same_log_is_a_prefix(log: Path, size: int):
    older = sign_checkpoint(Checkpoint(ORIGIN, size, root_of(map(leaf_hash, ENTRIES[:size]))), SIGNER)
    assert verify_base(log, VKEY, old=older).ok
    forged = sign_checkpoint(Checkpoint(ORIGIN, size, b"\2" * 32), SIGNER)
    assert verify_base(log, VKEY, old=forged).problem == (
        f"the old checkpoint of size {size} has another root than these entries"
    )


def test_old_checkpoints_that_cannot_be_a_prefix(log: Path):
    larger = sign_checkpoint(Checkpoint(ORIGIN, 601, b"\2" * 32), SIGNER)
    verdict = verify_base(log, VKEY, old=larger)
    assert verdict.problem == "checkpoint: its size 600 is below the 601 of the old checkpoint"
    for old in (
        b"",
        b"nonsense",
        sign_checkpoint(Checkpoint(ORIGIN, 1, b"\2" * 32), Signer.generate(ORIGIN)),
    ):
        verdict = verify_base(log, VKEY, old=old)
        assert not verdict.ok
        assert verdict.problem
        assert verdict.problem.startswith("the old checkpoint: ")


def test_a_rewritten_log_is_inconsistent_with_what_was_seen(log: Path, tmp_path: Path):
    seen = (log / "checkpoint").read_bytes()
    rewritten = publish(tmp_path / "rewritten", list(chain(f"re{index}" for index in range(700)))).folder
    assert verify_base(rewritten, VKEY).ok
    assert not verify_base(rewritten, VKEY, old=seen).ok


def test_the_key_is_never_taken_from_the_base(log: Path):
    stranger = str(Signer.generate(ORIGIN).verifier)
    signer = f"{ORIGIN}+{SIGNER.verifier.key_id:08x}"
    assert verify_base(log, stranger).problem == (
        "checkpoint: the note has no signature of a known key; "
        f"it is signed by {signer}, whose verifier key is needed to check it"
    )
    other = Signer("elsewhere.example", SIGNER.seed)
    (log / "checkpoint").write_bytes(sign_checkpoint(Checkpoint(ORIGIN, 0, b"\0" * 32), other))
    verdict = verify_base(log, other.verifier)
    assert verdict.problem == f"checkpoint: the checkpoint is of '{ORIGIN}', not of 'elsewhere.example'"
    assert not verify_base(log, "nonsense").ok


def test_a_signed_root_that_is_not_of_the_entries(log: Path):
    (log / "checkpoint").write_bytes(sign_checkpoint(Checkpoint(ORIGIN, SIZE, b"\2" * 32), SIGNER))
    assert verify_base(log, VKEY).problem == "checkpoint: its root is not that of the 600 published entries"


def test_a_signed_size_beyond_all_files_ends_at_once(log: Path):
    (log / "checkpoint").write_bytes(sign_checkpoint(Checkpoint(ORIGIN, 2**63 - 1, b"\2" * 32), SIGNER))
    verdict = verify_base(log, VKEY)
    assert verdict.problem == "tile/0/002 is missing"
    assert verdict.first_bad_index == 512


def test_a_base_that_is_no_folder(tmp_path: Path):
    for base in (tmp_path / "none", str(tmp_path / "none"), FolderSource(tmp_path)):
        assert verify_base(base, VKEY).problem == "checkpoint is missing"
