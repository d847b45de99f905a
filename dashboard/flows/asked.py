"""What a visitor of the dashboard asks for. It stands in the address, so that a link shows the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qs, urlencode

PREFIX = "/flows/"
FIELDS = ("item", "source", "street", "center", "lang")  # in the order in which an address is written
MAX_LENGTH = 64  # of a code


@dataclass(frozen=True)
class Asked:
    """The question in an address.

    Attributes:
        item, street, center: codes; empty for what the page shows first, or for all.
        source: a source of lots, such as `donated`; empty for all.
        lang: language of the page, `zh` or `en`.
        narrow: whether the screen is a phone's; the one thing that is not in the address.
    """

    item: str = ""
    source: str = ""
    street: str = ""
    center: str = ""
    lang: str = "zh"
    narrow: bool = False

    @classmethod
    def read(cls, search: str | None, lang: str = "zh", narrow: bool = False) -> Self:
        """Read the query of an address; what it does not name stays at its default, over-long text too."""
        given = parse_qs((search or "").lstrip("?"))
        named = {field: given[field][-1] for field in FIELDS if field in given}
        known = {field: text for field, text in named.items() if len(text) <= MAX_LENGTH}
        if known.get("lang") not in ("zh", "en"):
            known["lang"] = lang
        return cls(**known, narrow=narrow)

    def link(self, page: str, **changes: str) -> str:
        """The address of a page of the dashboard with this question, some of it changed.

        The language is always written: a link that is passed on shows what its sender saw.
        """
        asked = {field: changes.get(field, getattr(self, field)) for field in FIELDS}
        query = {field: value for field, value in asked.items() if value}
        return f"{PREFIX}{page}?{urlencode(query)}"
