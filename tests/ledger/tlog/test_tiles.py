"""Tiles: names, bytes and growth."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tlog.merkle import (
    HASH_SIZE,
    Frontier,
    leaf_hash,
    prove_inclusion,
    root_at,
    root_of,
    verify_inclusion,
)
from ledger.tlog.tiles import (
    ENTRIES,
    Tile,
    TileError,
    TileGrowth,
    decode_bundle,
    encode_bundle,
    hash_count,
    hash_reader,
    new_tiles,
    split_bundle,
    tile_at,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "tlog" / "tile_paths.json").read_text())
LEAVES = [leaf_hash(b"%d" % index) for index in range(70_000)]


@pytest.mark.parametrize("case", VECTORS["paths"], ids=lambda case: case["path"])
def test_paths_of_the_specification(case: dict[str, int | str]):
    tile = Tile(int(case["level"]), int(case["index"]), int(case["width"]))
    assert tile.path == case["path"]
    assert Tile.parse(tile.path) == tile


@pytest.mark.parametrize("path", VECTORS["refused"])
def test_no_second_path_names_a_tile(path: str):
    with pytest.raises(TileError):
        Tile.parse(path)


@given(st.integers(-1, 63), st.integers(0, 2**63 - 1), st.integers(1, 256))
def test_paths_read_back(level: int, index: int, width: int):
    tile = Tile(level, index, width)
    assert Tile.parse(tile.path) == tile


@given(st.text(alphabet="tile/entriesx0123456789.p", max_size=40))
def test_reading_a_path_gives_a_tile_or_a_tile_error(path: str):
    with suppress(TileError):
        assert Tile.parse(path).path == path


def test_the_tree_of_70_000_of_the_specification():
    for level, stated in VECTORS["size_70000"].items():
        tiles = [tile for tile in new_tiles(0, 70_000) if tile.level == int(level)]
        partial = [tile.width for tile in tiles if tile.width < 256]
        assert (len(tiles) - len(partial), partial) == (stated["full"], [stated["partial"]])
    assert {tile.path for tile in new_tiles(0, 256)} == {"tile/entries/000", "tile/0/000", "tile/1/000.p/1"}


@given(st.integers(0, 200_000), st.integers(0, 2_000))
def test_growth_makes_what_the_larger_tree_has_and_the_smaller_had_not(old: int, more: int):
    new = old + more
    assert set(new_tiles(old, new)) == set(new_tiles(0, new)) - set(new_tiles(0, old))


def test_entries_come_back_from_a_bundle():
    entries = [b"", b"{}", b"x" * 65_535]
    data = encode_bundle(entries)
    assert data[:6] == b"\x00\x00\x00\x02{}"
    assert decode_bundle(data, 3) == entries
    with pytest.raises(TileError, match="65536 bytes"):
        encode_bundle([b"x" * 65_536])
    for bad, width in ((data, 2), (data, 4), (data[:-1], 3), (data + b"\0", 3), (data + b"\0\0", 3)):
        with pytest.raises(TileError):
            decode_bundle(bad, width)
    assert split_bundle(data[:-1]) == (entries[:2], data[6:-1])


def grown(size: int, steps: int) -> tuple[dict[Tile, bytes], TileGrowth]:
    """All tiles that stood at any time while a log grew to `size` in steps."""
    growth, tiles = TileGrowth(), {}
    for start in range(0, size, steps):
        tiles.update(growth.add(LEAVES[start : min(start + steps, size)]))
        tiles.update(growth.partial())
    return tiles, growth


@pytest.mark.parametrize(("size", "steps"), [(0, 1), (1, 1), (300, 7), (1025, 256), (66_000, 50_000)])
def test_tiles_of_a_grown_log_hold_its_tree(size: int, steps: int):
    tiles, growth = grown(size, steps)
    assert growth.size == size
    assert growth.root() == root_of(LEAVES[:size])
    named = {tile for tile in new_tiles(0, size) if tile.level != ENTRIES}
    assert named <= set(tiles)
    for tile in named:
        assert len(tiles[tile]) == tile.width * HASH_SIZE
        if tile.level == 0:
            assert tiles[tile] == b"".join(LEAVES[tile.index * 256 :][: tile.width])
        else:
            below = [tiles[Tile(tile.level - 1, tile.index * 256 + at)] for at in range(tile.width)]
            hashes = [root_of(data[i : i + 32] for i in range(0, len(data), 32)) for data in below]
            assert tiles[tile] == b"".join(hashes)


@given(st.integers(0, 1_500), st.integers(0, 600))
def test_growth_goes_on_from_stored_tiles(size: int, more: int):
    tiles, growth = grown(size, 400)
    again = TileGrowth.read(size, tiles.__getitem__)
    assert again.root() == growth.root()
    assert list(again.add(LEAVES[size : size + more])) == list(growth.add(LEAVES[size : size + more]))
    assert list(again.partial()) == list(growth.partial())
    assert again.root() == growth.root() == root_of(LEAVES[: size + more])


def test_stored_hashes_come_from_tiles():
    size = 66_000
    tiles, _ = grown(size, size)
    read = hash_reader(size, tiles.__getitem__)
    for level in range(17):
        for index in {0, (size >> level) // 2, (size >> level) - 1}:
            assert read(level, index) == root_of(LEAVES[index << level : (index + 1) << level])
        with pytest.raises(TileError):
            read(level, size >> level)
    assert root_at(size, read) == root_of(LEAVES[:size]) == Frontier.read(size, read).root()


def cut(tile: Tile) -> bytes:
    """The tile as a smaller tree has it: the beginning of that of the whole."""
    return grown_tiles()[tile_at(70_000, tile.level, tile.index)][: tile.width * HASH_SIZE]


@cache
def grown_tiles() -> dict[Tile, bytes]:
    return grown(70_000, 70_000)[0]


@given(st.integers(1, 70_000), st.data())
def test_stored_hashes_are_the_same_in_any_order(size: int, data: st.DataObject):
    read = hash_reader(size, cut)
    level = st.integers(0, size.bit_length() - 1)
    for wanted in data.draw(st.lists(level, min_size=1, max_size=6)):
        index = data.draw(st.integers(0, (size >> wanted) - 1))
        assert read(wanted, index) == root_of(LEAVES[index << wanted : (index + 1) << wanted])


def test_each_tile_is_read_once():
    asked: list[Tile] = []

    def read_tile(tile: Tile) -> bytes:
        asked.append(tile)
        return cut(tile)

    read = hash_reader(70_000, read_tile)
    for index in (0, 1, 255, 256, 69_999):
        proof = prove_inclusion(index, 70_000, read)
        verify_inclusion(index, 70_000, LEAVES[index], proof, root_of(LEAVES))
    assert len(asked) == len(set(asked)) == 6
    again = hash_reader(70_000, read_tile, cached_tiles=1)
    prove_inclusion(0, 70_000, again)
    prove_inclusion(0, 70_000, again)
    assert len(asked) > 12


def test_there_is_no_tile_beyond_the_tree():
    assert hash_count(70_000, 1) == 273
    assert tile_at(70_000, 0, 273) == Tile(0, 273, 112)
    for level, index in ((0, 274), (2, 1), (3, 0), (0, -1)):
        with pytest.raises(TileError, match="no tile"):
            tile_at(70_000, level, index)
