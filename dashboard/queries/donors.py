"""What pages may say of a gift's donor: they all ask here, and this asks the one function of the store."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.language import Name
from dashboard.queries.book import Book


@dataclass(frozen=True)
class Donor:
    """What may be shown now.

    Attributes:
        name: only while consent stands and the name is still kept.
        withdrawn: the donor said not to be named, or asked to be forgotten.
        item, amount: whether the gift's page may say what was given, and how much.
    """

    name: Name | None
    withdrawn: bool
    item: bool
    amount: bool

    @property
    def shows_all(self) -> bool:
        """Whether a name may stand on a page that tells goods and quantities anyway."""
        return self.item and self.amount


def donor_of(book: Book, party: str, gift: str) -> Donor:
    """The donor of a gift; `party` may be ""."""
    shown = book.reading.shown(party, gift)
    name = None if shown.name is None else Name(*shown.name)
    return Donor(name, shown.is_withdrawn, shown.item, shown.amount)


def is_erased(book: Book, party: str, gift: str) -> bool:
    """Whether the record says that what was kept of the donor, or of this gift, was destroyed."""
    known = book.rows("view_erasure", party=party, gift="") if party else []
    return bool(known or book.rows("view_erasure", party="", gift=gift))
