"""RFC 6962, section 2.1, by its own recursive definitions; and the verifiers of RFC 9162, section 2.1."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


class Refused(ValueError):
    """The stranger does not accept it; one sentence says why."""


def leaf(entry: bytes) -> bytes:
    """MTH({d(0)}) = SHA-256(0x00 || d(0))."""
    return hashlib.sha256(b"\x00" + entry).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _split(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """MTH(D[n]) of leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = _split(len(leaves))
    return _node(tree_hash(leaves[:k]), tree_hash(leaves[k:]))


def audit_path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n])."""
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if m < k:
        return [*audit_path(m, leaves[:k]), tree_hash(leaves[k:])]
    return [*audit_path(m - k, leaves[k:]), tree_hash(leaves[:k])]


def consistency_proof(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PROOF(m, D[n]); empty for m = 0, which RFC 6962 leaves undefined."""

    def sub(m: int, part: Sequence[bytes], whole: bool) -> list[bytes]:
        if m == len(part):
            return [] if whole else [tree_hash(part)]
        k = _split(len(part))
        if m <= k:
            return [*sub(m, part[:k], whole), tree_hash(part[k:])]
        return [*sub(m - k, part[k:], False), tree_hash(part[:k])]

    return sub(m, leaves, True) if m else []


def verify_inclusion(index: int, size: int, leaf_hash: bytes, path: Sequence[bytes], root: bytes) -> None:
    """RFC 9162, 2.1.3.2. Raises Refused."""
    if not 0 <= index < size:
        raise Refused("the index is outside the tree")
    fn, sn, value = index, size - 1, leaf_hash
    for part in path:
        if sn == 0:
            raise Refused("the path is too long")
        if fn & 1 or fn == sn:
            value = _node(part, value)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            value = _node(value, part)
        fn, sn = fn >> 1, sn >> 1
    if sn or value != root:
        raise Refused("the path does not lead from the leaf to the root")


def verify_consistency(
    first: int, second: int, first_hash: bytes, second_hash: bytes, path: Sequence[bytes]
) -> None:
    """RFC 9162, 2.1.4.2; the empty tree (its hash: RFC 6962, 2.1) is a prefix of any. Raises Refused."""
    if first > second:
        raise Refused("the first tree is larger than the second")
    if first == 0 and first_hash != tree_hash([]):
        raise Refused("not the empty tree")
    if first in (0, second):
        if path or (first == second and first_hash != second_hash):
            raise Refused("trees of one size are equal, with an empty proof")
        return
    parts = list(path)
    if first & (first - 1) == 0:
        parts.insert(0, first_hash)
    if not parts:
        raise Refused("the proof is empty")
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = parts[0]
    for part in parts[1:]:
        if sn == 0:
            raise Refused("the proof is too long")
        if fn & 1 or fn == sn:
            fr, sr = _node(part, fr), _node(part, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = _node(sr, part)
        fn, sn = fn >> 1, sn >> 1
    if sn or fr != first_hash or sr != second_hash:
        raise Refused("the proof does not lead to both roots")
