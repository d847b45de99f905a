"""What a verification found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """Outcome of a verification, from a database or from published bytes.

    Attributes:
        ok: every check passed.
        size: number of entries of the checkpoint that was checked against; None without a trustworthy one.
        root: its root hash, base64 as in the checkpoint; None likewise.
        first_bad_index: lowest index whose bytes are absent, misplaced or unlike their leaf hash; None if all
            of them are well (the problem then lies elsewhere) or nothing is known.
        problem: one sentence naming the place; None if ok.
    """

    ok: bool
    size: int | None
    root: str | None
    first_bad_index: int | None
    problem: str | None
