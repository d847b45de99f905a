"""Leaf hash -> index, as the log grows."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from ledger.published.leaves import LeafIndexes, _Turned
from ledger.published.source import FolderSource
from ledger.published.writing import PublishedError
from ledger.tlog.merkle import leaf_hash
from tests.ledger.published.logs import entries_of, publish

ENTRIES = entries_of(1_100)
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
SIZES = (1, 255, 256, 257, 600, 1_024, 1_100)


def test_every_leaf_is_found_at_every_size_on_the_way(tmp_path: Path):
    found = LeafIndexes(FolderSource(tmp_path))
    for size in SIZES:
        publish(tmp_path, ENTRIES, size)
        for index in (0, size // 2, size - 1):
            assert found.find(LEAVES[index], size) == index
        assert found.find(bytes(32), size) is None
        if size < len(LEAVES):
            assert found.find(LEAVES[size], size) is None
    assert [found.find(leaf, len(LEAVES)) for leaf in LEAVES] == list(range(len(LEAVES)))


def test_a_log_that_was_put_back_is_read_anew(tmp_path: Path):
    publish(tmp_path / "long", ENTRIES)
    other = [leaf_hash(entry) for entry in entries_of(300, "other")]
    publish(tmp_path / "short", entries_of(300, "other"))
    source = FolderSource(tmp_path / "long")
    found = LeafIndexes(source)
    assert found.find(LEAVES[700], len(LEAVES)) == 700
    source.folder = tmp_path / "short"
    assert found.find(LEAVES[299], 300) is None
    assert found.find(other[299], 300) == 299


def test_a_missing_tile_is_told(tmp_path: Path):
    publish(tmp_path, ENTRIES)
    (tmp_path / "tile/0/002").unlink()
    with pytest.raises(PublishedError, match=r"damaged: tile/0/002 is missing"):
        LeafIndexes(FolderSource(tmp_path)).find(LEAVES[0], len(LEAVES))


def test_threads_share_it(tmp_path: Path):
    publish(tmp_path, ENTRIES, *SIZES)
    found, wrong = LeafIndexes(FolderSource(tmp_path)), []

    def ask(start: int) -> None:
        for index in range(start, len(LEAVES), 37):
            if found.find(LEAVES[index], len(LEAVES)) != index:
                wrong.append(index)

    threads = [threading.Thread(target=ask, args=(start,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_hashes_that_begin_alike_are_all_kept_lowest_first():
    turned = _Turned().with_more(np.array([7, 3, 7], np.uint64)).with_more(np.array([7, 1], np.uint64))
    assert turned.candidates((7).to_bytes(8, "big") + b"x" * 24) == [0, 2, 3]
    assert turned.candidates((1).to_bytes(8, "big")) == [4]
    assert turned.candidates((2).to_bytes(8, "big")) == []
    assert (turned.starts.nbytes + turned.indices.nbytes) // turned.size == 16
