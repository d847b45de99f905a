"""Ledger lots, accounts and postings: double entry for goods.

Every quantity of a lot is in exactly one account; a posting moves it from one to another. So the equation of
RECORD.md holds for every lot by construction, and each projection is a sum over postings:

    received + converted_in + found = usable + to_inspect + held + rejected + in transit + issued
        + written off + returned + sent outside + requisitioned + lost + missing + converted out
"""

from __future__ import annotations

from typing import NamedTuple

SOURCE_ACCOUNTS = ("received", "converted_in", "found")
STOCK_ACCOUNTS = ("usable", "to_inspect", "held", "rejected")
SINK_ACCOUNTS = (
    "issued", "written_off", "returned", "outside", "requisitioned", "lost", "missing", "converted_out",
)  # fmt: skip
ACCOUNTS = (*SOURCE_ACCOUNTS, *STOCK_ACCOUNTS, "transit", *SINK_ACCOUNTS)

# A quantity taken out of a source account raises that account: it counts what entered the book.
RAISED_BY_LEAVING = frozenset(SOURCE_ACCOUNTS)
IS_STOCK = frozenset(STOCK_ACCOUNTS)


class Account(NamedTuple):
    """Where a quantity is. `ref` is the dispatch (transit, lost), the count or entry (missing, found) or the
    reason code (written_off), else empty. Transit stands at the place that the goods are going to."""

    kind: str
    place: str
    ref: str = ""


class Lot(NamedTuple):
    """One receipt line. `quantity` is what it began with, in base units; `origin` where it entered the book;
    `gift` is empty unless donated; `lot_number` and `expiry` are empty where the item has none."""

    id: str
    item: str
    quantity: int
    source: str
    origin: str
    gift: str = ""
    lot_number: str = ""
    expiry: str = ""
    grade: str = ""
    pack: str = ""

    @property
    def first_state(self) -> str:
        """The state of its goods where nobody said another."""
        return "to_inspect" if "unmarked" in (self.lot_number, self.expiry) else "usable"


class Posting(NamedTuple):
    """`quantity` base units of `lot` left the account `out_of` and entered `into`."""

    lot: Lot
    out_of: Account
    into: Account
    quantity: int

    def inverse(self) -> Posting:
        return Posting(self.lot, self.into, self.out_of, self.quantity)


def receipt_key(lot: Lot, index: int) -> tuple[int, str]:
    """Order of receipt: by the index of the entry that made the lot, then by its line."""
    return index, lot.id.partition("#")[2].zfill(5)


def fefo_key(lot: Lot, index: int) -> tuple[str, int, str]:
    """First expired, first out; then first received. Unmarked goods come last (RECORD.md, Lots)."""
    expiry = lot.expiry or "9999-12-31"
    return ("9999-12-32" if expiry == "unmarked" else expiry, *receipt_key(lot, index))


def largest_remainder(total: int, weights: list[tuple[int, int]]) -> list[int]:
    """Whole shares of `total` in proportion to `weights`, each a fraction (numerator, denominator).

    The rest after rounding down goes to the largest remainders, ties to the lower position (Hamilton's
    method). The weights need not sum to one; all-zero weights give everything to the first.
    """
    common = 1
    for _, denominator in weights:
        common *= denominator
    scaled = [numerator * (common // denominator) for numerator, denominator in weights]
    whole = sum(scaled)
    if whole == 0:
        return [total] + [0] * (len(weights) - 1)
    shares = [total * weight // whole for weight in scaled]
    order = sorted(range(len(weights)), key=lambda i: (-(total * scaled[i] % whole), i))
    for i in order[: total - sum(shares)]:
        shares[i] += 1
    return shares
