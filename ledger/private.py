"""What a record keeps beside the log: openings of parties and gifts, and donors' private links. Erasable."""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from ledger.domain import canonical
from ledger.domain.instants import format_instant
from ledger.store.private import linked_gift, private_rows, put_link, registered_at, revoke_links
from ledger.store.store import Store, StoreProblem, Writing
from ledger.writer import RecordProblem, Writer

# Digits and capitals without 0 and O, 1, I and L: nothing in it is read or heard as another.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
GROUPS, GROUP_LETTERS = 7, 4  # 28 letters of 31 kinds: 138 bits
_TOKEN = re.compile(f"[{LETTERS}]{{{GROUPS * GROUP_LETTERS}}}")
_BETWEEN = re.compile(r"[\s\u2010-\u2015\u2212_.·-]+")
Rows = Iterable[tuple[str, str, dict[str, Any]]]


def new_token() -> str:
    """A secret of 138 random bits, as `K7QF-M2RT-...`: to be read aloud, typed, and put into a QR code."""
    letters = [secrets.choice(LETTERS) for _ in range(GROUPS * GROUP_LETTERS)]
    return _grouped("".join(letters))


def read_token(typed: str) -> str | None:
    """A token as `new_token` writes it, from what a person typed: small letters, spaces and other dashes are
    forgiven. None for what cannot be one."""
    letters = _BETWEEN.sub("", unicodedata.normalize("NFKC", typed[:200])).upper()
    return _grouped(letters) if _TOKEN.fullmatch(letters) else None


def _grouped(letters: str) -> str:
    return "-".join(letters[at : at + GROUP_LETTERS] for at in range(0, len(letters), GROUP_LETTERS))


def token_hash(token: str) -> str:
    """What is stored and looked up in place of a token: how long a look-up takes tells nothing of the token
    itself. It needs no salt, because a token is random and long."""
    return sha256(token.encode("ascii")).hexdigest()


class PrivateSide:
    """The private side of a Record. Every method raises RecordProblem when the database cannot be used."""

    store: Store
    writer: Writer

    # openings --------------------------------------------------------------------------------------------

    def register_private_parties(self, rows: Rows) -> None:
        """(party, salt as 64 hex, data): who parties are, kept beside the log and erasable."""
        self._register(Writing.put_private_parties, rows)

    def register_private_party(self, party: str, salt_hex: str, data: dict[str, Any]) -> None:
        self.register_private_parties([(party, salt_hex, data)])

    def register_private_gifts(self, rows: Rows) -> None:
        """(gift, salt as 64 hex, data): details behind the commitment of a gift's DonationReceived."""
        self._register(Writing.put_private_gifts, rows)

    def _register(self, put: Any, rows: Rows) -> None:
        encoded = [(code, salt, canonical.encode(data).decode()) for code, salt, data in rows]
        try:
            with self.store.write() as writing:
                put(writing, encoded)
        except StoreProblem as error:
            raise RecordProblem(str(error)) from None

    def opening(self, *, party: str | None = None, gift: str | None = None) -> dict[str, Any] | None:
        """`{"salt", "data"}` of a party or a gift, as `.opening.json` holds it; None where nothing is kept.

        Raises ValueError unless exactly one is named.
        """
        if (party is None) == (gift is None):
            raise ValueError("name a party or a gift")
        try:
            with self.store.read() as snapshot:
                kept = private_rows(snapshot, "party", [party]) if party else []
                kept += private_rows(snapshot, "gift", [gift]) if gift else []
        except StoreProblem as error:
            raise RecordProblem(str(error)) from None
        return {"salt": kept[0].salt, "data": json.loads(kept[0].data)} if kept else None

    # links -----------------------------------------------------------------------------------------------

    def make_link(self, gift: str) -> str:
        """A new private link to a gift, beside those it has: the token, which is kept nowhere.

        Raises RecordProblem when the book has no such gift.
        """
        token = new_token()
        try:
            with self.store.write() as writing:
                if registered_at(writing, "gift", gift) is None:
                    raise RecordProblem(f"the book has no gift {gift}")
                put_link(writing, token_hash(token), gift, format_instant(self.writer.clock.now()))
        except StoreProblem as error:
            raise RecordProblem(str(error)) from None
        return token

    def gift_of_link(self, token: str) -> str | None:
        """The gift of a token as a person typed it; None for one that was never made, or was revoked."""
        read = read_token(token)
        try:
            with self.store.read() as snapshot:
                return None if read is None else linked_gift(snapshot, token_hash(read))
        except StoreProblem as error:
            raise RecordProblem(str(error)) from None

    def revoke_links(self, gift: str) -> int:
        """Make every link of a gift useless; gives how many still worked."""
        try:
            with self.store.write() as writing:
                return revoke_links(writing, gift)
        except StoreProblem as error:
            raise RecordProblem(str(error)) from None
