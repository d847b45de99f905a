"""tlog-tiles: a whole published prefix, and the chain of RECORD.md inside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.independent.notes import verify_checkpoint
from tests.independent.trees import Refused, leaf, tree_hash

Read = Callable[[str], bytes | None]


def verify_log(where: Path | Read, policy: bytes) -> tuple[int, bytes, list[bytes]]:
    """Size, root and entries, after every tile and bundle of the checkpoint's tree was read and found right.

    Raises Refused.
    """
    read = _folder(where) if isinstance(where, Path) else where
    checkpoint = read("checkpoint")
    if checkpoint is None:
        raise Refused("no checkpoint")
    _, size, root, _ = verify_checkpoint(checkpoint, policy)
    entries = [entry for data in _tiles(read, "entries", size) for entry in _entries(*data)]
    leaves = [leaf(entry) for entry in entries]
    if tree_hash(leaves) != root:
        raise Refused("the entries do not give the root")
    level, hashes = 0, leaves
    while hashes:
        for at, (data, width) in enumerate(_tiles(read, str(level), len(hashes))):
            if data != b"".join(hashes[at * 256 : at * 256 + width]):
                raise Refused(f"tile {at} of level {level} is not what the entries give")
        hashes = [tree_hash(hashes[at : at + 256]) for at in range(0, len(hashes) // 256 * 256, 256)]
        level += 1
    _check_chain(entries)
    return size, root, entries


def _folder(folder: Path) -> Read:
    return lambda path: (folder / path).read_bytes() if (folder / path).is_file() else None


def _tiles(read: Read, level: str, count: int) -> list[tuple[bytes, int]]:
    """(bytes, width) of each tile of a level that has `count` hashes or entries."""
    found = []
    for index in range(-(-count // 256)):
        width = min(256, count - index * 256)
        text = f"{index:03d}"
        while len(text) % 3:
            text = "0" + text
        parts = [text[at : at + 3] for at in range(0, len(text), 3)]
        path = f"tile/{level}/" + "/".join(["x" + part for part in parts[:-1]] + parts[-1:])
        data = read(path if width == 256 else f"{path}.p/{width}")
        if data is None:
            raise Refused(f"{path} is missing")
        found.append((data, width))
    return found


def _entries(data: bytes, width: int) -> list[bytes]:
    entries = []
    while data:
        length = int.from_bytes(data[:2], "big")
        if len(data) < 2 + length:
            raise Refused("a bundle that ends within an entry")
        entries.append(data[2 : 2 + length])
        data = data[2 + length :]
    if len(entries) != width:
        raise Refused("a bundle of another width")
    return entries


def _check_chain(entries: list[bytes]) -> None:
    """RECORD.md, Envelope: index, prev, one byte form (its subset of RFC 8785), keys that stand once."""
    prev = "0" * 64
    for index, data in enumerate(entries):
        try:
            value = json.loads(data, object_pairs_hook=_object, parse_float=_refuse, parse_constant=_refuse)
            again = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
        except (ValueError, RecursionError) as error:
            raise Refused(f"entry {index} is not JSON of the record: {error}") from None
        if again != data:
            raise Refused(f"entry {index} is not in its one byte form")
        if type(value) is not dict or value.get("index") != index or value.get("prev") != prev:
            raise Refused(f"entry {index} does not stand in the chain")
        prev = leaf(data).hex()


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise Refused("a key stands twice")
    return dict(pairs)


def _refuse(text: str) -> object:
    raise Refused(f"{text} is not an integer")
