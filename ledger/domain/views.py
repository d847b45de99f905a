"""The views: what is folded from the entries, column by column. The store's tables are made from this list.

A row is a tuple of the value columns, found by the tuple of its key columns. Quantities are base units.
Days are in the book's time zone, by `occurred_at`; for a reversal, the day of what it reverses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Key = tuple[Any, ...]
Row = tuple[Any, ...]

VERSION = 2  # raise it when a fold changes: `rebuild` then makes the views anew


@dataclass(frozen=True)
class View:
    """One view: its table name, key and value columns with their types, and which columns are looked up."""

    name: str
    key: dict[str, type]
    values: dict[str, type]
    indexes: tuple[tuple[str, ...], ...] = ()


BOOK = View(
    "view_book", {"id": int},
    {"name_zh": str, "name_en": str, "origin": str, "kind": str, "time_zone": str, "vkey": str},
)  # fmt: skip
PLACE = View(
    "view_place", {"code": str},
    {
        "kind": str, "name_zh": str, "name_en": str, "parent": str, "admin_code": str, "keeps_stock": bool,
        "population": int, "staff": int, "status": str, "entry_index": int,
    },
    (("parent",), ("kind",)),
)  # fmt: skip
# What holds of a place or an area from a day on, in the order of writing (number 0, 1, ...). On a day holds
# what was last written of the latest day not after it.
STATUS = View(
    "view_status", {"place": str, "number": int},
    {"day": str, "status": str, "into_place": str, "entry_index": int},
)  # fmt: skip
RESPONSE = View("view_response", {"area": str, "number": int}, {"day": str, "level": int, "entry_index": int})
ITEM = View(
    "view_item", {"code": str},
    {
        "name_zh": str, "name_en": str, "unit_zh": str, "unit_en": str, "item_class": str, "criticality": str,
        "needs_lot": bool, "storage": str, "spec": str, "units_per_box": int, "units_per_case": int,
        "catalogue": str, "entry_index": int,
    },
)  # fmt: skip
PARTY = View("view_party", {"party": str}, {"type": str, "commitment": str, "entry_index": int})
POLICY = View(
    "view_policy", {"name": str, "place": str, "item": str}, {"value": int, "basis": str, "entry_index": int}
)
GIFT = View(
    "view_gift", {"gift": str},
    {
        "party": str, "place": str, "day": str, "entry_index": int, "reversed": bool,
        "commitment": str, "newest_index": int,
    },
    (("party",),),
)  # fmt: skip
LOT = View(
    "view_lot", {"lot": str},
    {
        "item": str, "quantity": int, "source": str, "origin": str, "gift": str, "lot_number": str,
        "expiry": str, "grade": str, "pack": str, "entry_index": int, "day": str,
    },
    (("gift",),),
)  # fmt: skip
POSTING = View(
    "view_posting", {"entry_index": int, "number": int},
    {
        "lot": str, "item": str, "from_account": str, "from_place": str, "from_ref": str, "to_account": str,
        "to_place": str, "to_ref": str, "quantity": int, "day": str,
    },
    (("lot",),),
)  # fmt: skip
BALANCE = View(
    "view_balance", {"lot": str, "account": str, "place": str, "ref": str}, {"item": str, "quantity": int},
    (("place", "item", "account"), ("account", "ref")),
)  # fmt: skip
FLOW = View(
    "view_flow",
    {"item": str, "source": str, "origin": str, "place": str, "account": str, "reason": str},
    {"quantity": int},
)
DAILY = View(
    "view_daily", {"place": str, "item": str, "day": str},
    {
        "received": int, "arrived": int, "issued": int, "dispatched": int, "other_in": int, "other_out": int,
        "usable_change": int, "stock_change": int,
    },
)  # fmt: skip
DISPATCH = View(
    "view_dispatch", {"dispatch": str},
    {"from_place": str, "to_place": str, "due": str, "day": str, "recorded_at": str, "entry_index": int},
    (("to_place",),),
)  # fmt: skip
# state: open (nothing decided or sent), part, answered (every line sent as granted, or refused), refused
# (all of it), withdrawn. lines: how many items; settled: of them, need nothing more; touched: answered in any
# way; given: granted or sent something.
REQUEST = View(
    "view_request", {"request": str},
    {
        "place": str, "to_place": str, "day": str, "needed_by": str, "urgency": str, "reason": str,
        "state": str, "lines": int, "settled": int, "touched": int, "given": int, "recorded_at": str,
        "entry_index": int,
    },
    (("place",), ("state",)),
)  # fmt: skip
# sent: what left for it and was neither taken back nor lost; refused: how many standing decisions closed it.
REQUEST_LINE = View(
    "view_request_line", {"request": str, "item": str},
    {"quantity": int, "granted": int, "refused": int, "sent": int},
)  # fmt: skip
DECISION = View(
    "view_decision", {"decision": str},
    {
        "place": str, "from_place": str, "rule": str, "basis": str, "basis_days": int, "document": str,
        "day": str, "reversed": bool, "entry_index": int,
    },
)  # fmt: skip
SHARE = View(  # need: -1 where none was told
    "view_share", {"decision": str, "place": str, "item": str},
    {"quantity": int, "need": int, "request": str, "refused": str},
    (("place", "item"), ("request",)),
)  # fmt: skip
# What a dispatch says that it answers.
ANSWER = View(
    "view_answer", {"dispatch": str}, {"request": str, "decision": str}, (("request",), ("decision",))
)
COUNT = View(
    "view_count", {"place": str, "item": str, "lot": str, "entry_index": int},
    {"entry": str, "day": str, "reversed": bool},
)  # fmt: skip
CONFIRMATION = View("view_confirmation", {"entry_index": int}, {"place": str, "day": str})
ACTIVITY = View("view_activity", {"place": str, "day": str}, {"entries": int, "confirmed": int})
AUTHOR_KEY = View(
    "view_author_key", {"key": str},
    {
        "place": str, "alg": str, "public_key": str, "custody": str, "entry_index": int,
        "revoked_index": int, "reason": str, "since": str,
    },
    (("place",),),
)  # fmt: skip
LOG_KEY = View("view_log_key", {"entry_index": int}, {"vkey": str, "former": str, "reason": str})
CONSENT = View(  # -1: nothing was said of it, 0: not shown, 1: shown
    "view_consent", {"party": str, "gift": str}, {"name": int, "item": int, "amount": int, "entry_index": int}
)
ERASURE = View("view_erasure", {"party": str, "gift": str}, {"entry_index": int})
REVERSAL = View("view_reversal", {"entry": str}, {"entry_index": int, "by_index": int})

VIEWS: dict[str, View] = {
    view.name: view
    for view in (
        BOOK, PLACE, ITEM, PARTY, POLICY, GIFT, LOT, POSTING, BALANCE, FLOW, DAILY, DISPATCH, COUNT,
        CONFIRMATION, ACTIVITY, REVERSAL, AUTHOR_KEY, LOG_KEY, CONSENT, ERASURE,
        STATUS, RESPONSE, REQUEST, REQUEST_LINE, DECISION, SHARE, ANSWER,
    )
}  # fmt: skip
