"""Donors of a list as parties of the book. A party's code says nothing of the name, which stays private."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ledger.domain.commitments import commitment
from ledger.domain.entries import Command
from ledger.lists.commands import registration
from ledger.lists.known import Known
from ledger.lists.layouts import ListRow
from ledger.lists.reasons import HeldBack, short

_TYPES = {
    "organisation": "organisation", "organization": "organisation", "org": "organisation",
    "org_or_brand": "organisation", "企业": "organisation", "单位": "organisation", "组织": "organisation",
    "person": "person", "个人": "person", "unnamed": "unnamed", "匿名": "unnamed", "masked": "masked",
    "government": "government", "政府": "government", "charity": "charity", "慈善组织": "charity",
    "supplier": "supplier", "供应商": "supplier",
}  # fmt: skip
_MOST_CHARACTERS = 200


@dataclass(frozen=True)
class PrivateParty:
    """Who a party is, for the private table: `salt` 64 hex, `data` behind the commitment."""

    party: str
    salt: str
    data: dict[str, Any]

    @property
    def commitment(self) -> str:
        return commitment(bytes.fromhex(self.salt), self.data)


def donor_type(cells: dict[str, str]) -> str:
    """The party type of a line. Without a stated type a donor is taken for a person, who stays hidden."""
    stated = cells.get("donor_type", "")
    kind = _TYPES.get(stated.casefold()) if stated else "person"
    if kind is None:
        choices = ", ".join(sorted({*_TYPES.values()}))
        raise HeldBack("not_a_choice", column="donor_type", text=short(stated), choices=choices)
    if kind == "masked":
        return "person" if cells.get("donor", "").startswith("[个人") else "unnamed"
    return kind


class Donors:
    """The parties of one plan: found in the book by name and type, or made once per distinct donor."""

    def __init__(self, known: Known, new_salt: Callable[[], str], occasion: str) -> None:
        self._known = known
        self._new_salt = new_salt
        self._occasion = occasion
        self._parties: dict[tuple[str, str], str] = {}

    def known_party(self, donor: str, kind: str) -> str | None:
        return self._parties.get((donor, kind)) or self._known.party_of(donor, kind)

    def party(
        self, row: ListRow, kind: str, basis: str, day: str
    ) -> tuple[str | None, PrivateParty | None, Command | None]:
        """(party, its private row if it is new, its registration if it is new) of a line's donor.

        The code comes from the list's name and the line that first names the donor: from the name itself it
        could be guessed.
        """
        donor = row.cells.get("donor", "")
        if not donor:
            return None, None, None
        if len(donor) > _MOST_CHARACTERS:
            raise HeldBack("too_long", column="donor", most=_MOST_CHARACTERS)
        if party := self.known_party(donor, kind):
            return party, None, None
        seed = "\x1f".join((self._occasion, row.list_name, str(row.ordinal)))
        party = "P-" + hashlib.sha256(seed.encode("utf-8", "backslashreplace")).hexdigest()[:12]
        self._parties[donor, kind] = party
        if self._known.has_party(party):
            return party, None, None
        private = PrivateParty(party, self._new_salt(), {"name": donor, "basis": basis})
        body = {"party": party, "type": kind, "commitment": private.commitment}
        return party, private, registration("PartyRegistered", party, day, body)

    def same_donor(self, party: str | None, row: ListRow, kind: str) -> bool:
        """Whether a party of the book can be this line's donor; an erased name is not held against it."""
        donor = row.cells.get("donor", "")
        if party is None or not donor:
            return party is None and not donor
        return self._known.donor_of(party) in (None, donor) and self._known.party_type(party) == kind
