"""The Merkle tree of RFC 6962 section 2.1 (the same in RFC 9162 section 2.1), over SHA-256.

An *index* is the 0-based place of a leaf, a *size* is a number of leaves; they are never mixed. A stored
hash is named (level, index): the root of the complete subtree over leaves [index << level, (index + 1) <<
level). Whoever stores hashes hands in a plain callable `read_hash(level, index) -> bytes`; nothing here reads
or writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()  # RFC 6962 2.1: MTH({}) = SHA-256()

ReadHash = Callable[[int, int], bytes]


class ProofError(ValueError):
    """A proof that does not prove what it is given for; the message is one sentence."""


def leaf_hash(data: bytes) -> bytes:
    """RFC 6962 2.1: MTH({d(0)}) = SHA-256(0x00 || d(0)); 32 bytes."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 2.1: MTH(D[n]) = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n])); 32 bytes."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The roots of a growing tree's complete subtrees, largest first: enough to append and give the root.

    A tree of `size` leaves has one such root for every 1 bit of `size`. Appending costs one node hash a leaf
    on average, the root at most 63 more.
    """

    __slots__ = ("_roots", "_size")

    def __init__(self) -> None:
        self._size = 0
        self._roots: list[bytes] = []

    @classmethod
    def read(cls, size: int, read_hash: ReadHash) -> Frontier:
        """The frontier of the first `size` leaves of a stored tree."""
        frontier = cls()
        frontier._roots = [read_hash(level, index) for level, index in _complete_subtrees(0, size)]
        frontier._size = size
        return frontier

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._size

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash (32 bytes, as from `leaf_hash`)."""
        node, rest, roots = leaf, self._size, self._roots
        while rest & 1:
            node = sha256(b"\x01" + roots.pop() + node).digest()
            rest >>= 1
        roots.append(node)
        self._size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes in order: `append` written out, because a whole log runs through it."""
        size, sha, pop, push = self._size, sha256, self._roots.pop, self._roots.append
        for node in leaves:
            rest = size
            while rest & 1:
                node = sha(b"\x01" + pop() + node).digest()
                rest >>= 1
            push(node)
            size += 1
        self._size = size

    def root(self) -> bytes:
        """MTH of all leaves so far; `EMPTY_ROOT` without any."""
        return _fold(self._roots)

    def to_bytes(self) -> bytes:
        """Size as 8 bytes, big-endian, then the subtree roots, largest first."""
        return self._size.to_bytes(8, "big") + b"".join(self._roots)

    @classmethod
    def from_bytes(cls, data: bytes) -> Frontier:
        """Read `to_bytes` back. Raises ValueError."""
        size = int.from_bytes(data[:8], "big")
        if len(data) != 8 + HASH_SIZE * size.bit_count():
            raise ValueError("a frontier is 8 bytes of size and one 32-byte hash for each 1 bit of it")
        frontier = cls()
        frontier._size = size
        frontier._roots = [data[at : at + HASH_SIZE] for at in range(8, len(data), HASH_SIZE)]
        return frontier


def root_of(leaves: Iterable[bytes]) -> bytes:
    """MTH of these leaf hashes."""
    frontier = Frontier()
    frontier.extend(leaves)
    return frontier.root()


def root_at(size: int, read_hash: ReadHash) -> bytes:
    """MTH(D[0:size]) from stored hashes."""
    return _range_root(0, size, read_hash)


def prove_inclusion(index: int, size: int, read_hash: ReadHash) -> list[bytes]:
    """PATH(index, D[size]) of RFC 6962 2.1.1 (RFC 9162 2.1.3.1): the leaf's sibling first.

    Raises ProofError where no such leaf is.
    """
    _check_leaf(index, size)
    start, end = 0, size
    siblings: list[tuple[int, int]] = []  # leaf ranges, the root's child first
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    return [_range_root(low, high, read_hash) for low, high in reversed(siblings)]


def root_from_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """The root that an inclusion proof leads to, RFC 9162 2.1.3.2. Raises ProofError on a wrong length."""
    _check_leaf(index, size)
    _check_hashes([leaf, *proof])
    at, last = index, size - 1
    root = leaf
    for sibling in proof:
        if last == 0:
            raise ProofError(f"the inclusion proof is too long for a tree of {size} leaves")
        if at & 1 or at == last:
            root = node_hash(sibling, root)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise ProofError(f"the inclusion proof is too short for a tree of {size} leaves")
    return root


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check that this leaf hash is at `index` in the tree of this size and root. Raises ProofError."""
    if root_from_inclusion(index, size, leaf, proof) != root:
        raise ProofError(f"the inclusion proof of entry {index} does not lead to the root of size {size}")


def prove_consistency(old: int, new: int, read_hash: ReadHash) -> list[bytes]:
    """PROOF(old, D[new]) of RFC 6962 2.1.2 (RFC 9162 2.1.4.1); empty if `old` is 0 or `new`.

    Raises ProofError unless 0 <= old <= new.
    """
    _check_sizes(old, new)
    if old in (0, new):
        return []
    start, end = 0, new
    others: list[tuple[int, int]] = []  # leaf ranges, the root's child first
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            others.append((middle, end))
            end = middle
        else:
            others.append((start, middle))
            start = middle
    if start:  # the subtree that both trees end in is not the whole old tree: the verifier cannot know it
        others.append((start, end))
    return [_range_root(low, high, read_hash) for low, high in reversed(others)]


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of `old` leaves is a prefix of that of `new`, RFC 9162 2.1.4.2. Raises ProofError.

    Stricter than the RFC where it leaves things open: `old` 0 needs the empty root and an empty proof.
    """
    _check_sizes(old, new)
    _check_hashes([old_root, new_root, *proof])
    if old == 0 and old_root != EMPTY_ROOT:
        raise ProofError("a tree of no leaves has another root than the one given")
    if old in (0, new):
        if proof:
            raise ProofError(f"the consistency proof from size {old} to {new} has to be empty")
        if old == new and old_root != new_root:
            raise ProofError(f"two different roots are given for size {old}")
        return
    if _roots_from_consistency(old, new, old_root, proof) != (old_root, new_root):
        raise ProofError(f"the tree of size {old} is not a prefix of the tree of size {new}")


def _roots_from_consistency(
    old: int, new: int, old_root: bytes, proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """Old and new root that the proof leads to, 0 < old < new; the steps are those of RFC 9162 2.1.4.2."""
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        raise ProofError(f"the consistency proof from size {old} to {new} is too short")
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for other in path[1:]:
        if last == 0:
            raise ProofError(f"the consistency proof from size {old} to {new} is too long")
        if at & 1 or at == last:
            first, second = node_hash(other, first), node_hash(other, second)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, other)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise ProofError(f"the consistency proof from size {old} to {new} is too short")
    return first, second


def _split(size: int) -> int:
    """RFC 6962 2.1: the largest power of two smaller than `size` (size > 1)."""
    return 1 << ((size - 1).bit_length() - 1)


def _complete_subtrees(start: int, end: int) -> list[tuple[int, int]]:
    """Names (level, index) of the complete subtrees of leaves [start, end), largest first.

    `start` is a multiple of the largest: so it is for every range that RFC 6962 splits a tree into.
    """
    names = []
    while start < end:
        level = (end - start).bit_length() - 1
        names.append((level, start >> level))
        start += 1 << level
    return names


def _range_root(start: int, end: int, read_hash: ReadHash) -> bytes:
    return _fold([read_hash(level, index) for level, index in _complete_subtrees(start, end)])


def _fold(roots: Sequence[bytes]) -> bytes:
    """MTH of complete subtrees given largest first: the two smallest are joined until one is left."""
    if not roots:
        return EMPTY_ROOT
    root = roots[-1]
    for left in reversed(roots[:-1]):
        root = node_hash(left, root)
    return root


def _check_leaf(index: int, size: int) -> None:
    if not 0 <= index < size:
        raise ProofError(f"there is no entry {index} in a tree of {size} leaves")


def _check_sizes(old: int, new: int) -> None:
    if not 0 <= old <= new:
        raise ProofError(f"a tree of size {old} cannot be a prefix of a tree of size {new}")


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(value) != HASH_SIZE for value in hashes):
        raise ProofError("every hash of a proof is 32 bytes long")
