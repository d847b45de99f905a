"""Corrections only add."""

from __future__ import annotations

from ledger.domain import codes
from ledger.domain.kinds.fields import Body, EntryId


class EntryReversed(Body):
    """冲红: the effect of `reverses` is undone; `correction` is the id of the transaction's first entry."""

    reverses: EntryId
    reason: codes.ReversalReason
