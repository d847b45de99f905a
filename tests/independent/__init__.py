"""The stranger: the public formats read and checked by code that shares nothing with ledger/.

Written from RFC 6962 and the C2SP specifications (signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles,
tlog-proof, tlog-policy) alone, as plainly as they can be said, with the standard library and the signature
primitives of `cryptography`. What ledger/ writes it must accept, and every mutant of it refuse.

    verify_checkpoint(note, policy)      -> (origin, size, root, {witness name: POSIX seconds})
    verify_proof(file, policy, entry)    -> (index, size, root); entry None: taken from `extra`
    verify_log(folder or reader, policy) -> (size, root, entries): every tile and bundle, the root, the chain
    verify_inclusion, verify_consistency, tree_hash, audit_path, consistency_proof, leaf

A witness's name that is no UTF-8 stands with surrogate escapes. `writing` writes the same formats; `judging`
puts one question to this and to ledger/ and fails where they do not answer the same.
"""

from tests.independent.log import verify_log
from tests.independent.notes import read_policy, verify_checkpoint, verify_note
from tests.independent.proofs import read_proof, verify_proof
from tests.independent.trees import (
    Refused,
    audit_path,
    consistency_proof,
    leaf,
    tree_hash,
    verify_consistency,
    verify_inclusion,
)

__all__ = [
    "Refused", "audit_path", "consistency_proof", "leaf", "read_policy", "read_proof", "tree_hash",
    "verify_checkpoint", "verify_consistency", "verify_inclusion", "verify_log", "verify_note",
    "verify_proof",
]  # fmt: skip
