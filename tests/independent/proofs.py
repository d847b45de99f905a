"""tlog-proof@v1."""

from __future__ import annotations

from tests.independent.notes import number, unbase64, verify_checkpoint
from tests.independent.trees import Refused, leaf, verify_inclusion


def read_proof(data: bytes) -> tuple[bytes | None, int, list[bytes], bytes]:
    """Extra data, index, path and checkpoint, nothing verified. Raises Refused."""
    head, cut, checkpoint = data.partition(b"\n\n")
    if not cut or any(byte > 126 or (byte < 32 and byte != 10) for byte in head):
        raise Refused("not a proof")
    first, *lines = head.decode().split("\n")
    if first != "c2sp.org/tlog-proof@v1":
        raise Refused("not a proof of version 1")
    extra = unbase64(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else None
    if extra == b"":
        raise Refused("without extra data, its line is omitted")
    if not lines or not lines[0].startswith("index "):
        raise Refused("no index")
    index = number(lines.pop(0)[6:])
    path = [unbase64(line) for line in lines]
    if any(len(part) != 32 for part in path):
        raise Refused("not a hash")
    return extra, index, path, checkpoint


def verify_proof(data: bytes, policy: bytes, entry: bytes | None = None) -> tuple[int, int, bytes]:
    """Index, size, root, once the entry (by default the extra data) is shown to be there. Raises Refused."""
    extra, index, path, checkpoint = read_proof(data)
    _, size, root, _ = verify_checkpoint(checkpoint, policy)
    what = extra if entry is None else entry
    if what is None:
        raise Refused("no entry")
    verify_inclusion(index, size, leaf(what), path, root)
    return index, size, root
