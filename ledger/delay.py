"""Secrecy by time: how many entries are old enough for their bytes to be published (RECORD, "Envelope").

Hashes and checkpoints are public at once; `publish_delay_hours` (PolicySet, of the whole book) holds bytes
back.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ledger.domain import canonical
from ledger.domain.instants import format_instant
from ledger.store.store import Snapshot, Store, StoreProblem

SETTING = ("publish_delay_hours", "", "")


def entries_due(store: Store, size: int, now: datetime) -> int:
    """How many of the first `size` entries are published by `now`, the book's clock: all without a delay.

    recorded_at never goes back, so it is found by bisection. Raises StoreProblem.
    """
    with store.read() as snapshot:
        row = snapshot.row("view_policy", SETTING)
        hours = int(row[0]) if row else 0
        if not hours:
            return size
        newest = format_instant(now - timedelta(hours=hours))
        low, high = 0, size
        while low < high:
            middle = (low + high) // 2
            if _recorded_at(snapshot, middle) <= newest:
                low = middle + 1
            else:
                high = middle
        return low


def _recorded_at(snapshot: Snapshot, index: int) -> str:
    try:
        return str(canonical.decode_loose(snapshot.entry_bytes(index) or b"")["recorded_at"])
    except (LookupError, TypeError, ValueError):
        raise StoreProblem(f"entry {index} cannot be read; run `mingzhang verify`") from None
