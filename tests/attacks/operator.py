"""Whoever runs the server, gone bad: with the database, the signing key and the folder in hand."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from ledger.audit import audit
from ledger.domain import canonical
from ledger.home import Home
from ledger.published.writing import PublishedLog
from ledger.store.store import Store
from ledger.tlog.merkle import leaf_hash
from ledger.tlog.policy import Policy
from ledger.verify import verify_book
from tests.independent import Refused, verify_log
from tests.ledger.published.logs import reader
from tests.ledger.store import books
from tests.ledger.store.books import SIGNER, Place, accept, quiet_day, registers

SIZE = 300  # a full tile and a partial one
POLICY = Policy.of_log(SIGNER.verifier)

Change = Callable[[dict[str, Any]], None]


class Operator:
    """A published book of SIZE entries, and what its keeper can do to it.

    Attributes:
        home: the book's folder.
        honest: the exact entries before any act.
        saved: the checkpoint that a donor has kept, of the size before the last twenty entries.
    """

    def __init__(self, folder: Path) -> None:
        self.place = Place(folder)
        self.home = Home(folder)
        with closing(self.place.create()) as record:
            accept(record, [*registers(), books.opening()])
            self._grow(record, SIZE - 20)
            record.checkpoint()
            self.saved = (self.home.log / "checkpoint").read_bytes()
            self._grow(record, SIZE)
            record.checkpoint()
            self.honest = list(record.entries())

    def _grow(self, record: Any, size: int) -> None:
        accept(record, [quiet_day(f"d{number}") for number in range(record.size, size)])

    # acts ------------------------------------------------------------------------------------------------

    def rewrite(self, index: int, change: Change) -> list[bytes]:
        """The entries with one changed and every later `prev` made to fit, as re-signing needs them."""
        entries = list(self.honest[:index])
        for at, data in enumerate(self.honest[index:], index):
            value = json.loads(data)
            if at == index:
                change(value)
            value["prev"] = leaf_hash(entries[-1]).hex()
            entries.append(canonical.encode(value))
        return entries

    def put(self, entries: list[bytes]) -> None:
        """Make these the entries of the database."""
        with closing(Store(self.home.path)) as store, store.write() as writing:
            writing.connection.exec_driver_sql("DELETE FROM entries")
            rows = [(index, json.loads(data)["id"], data) for index, data in enumerate(entries)]
            writing._many("INSERT INTO entries (entry_index, entry_id, data) VALUES (?, ?, ?)", rows)

    def publish(self, entries: list[bytes], size: int | None = None) -> None:
        """Publish these entries in place of all that was published, signed with the log's own key."""
        shutil.rmtree(self.home.log)
        self.publish_beside(self.home.log, entries, size)

    def publish_beside(self, folder: Path, entries: list[bytes], size: int | None = None) -> Path:
        log = PublishedLog(folder)
        log.extend(reader(entries), size or len(entries), SIGNER)
        return folder

    # what looks at it ------------------------------------------------------------------------------------

    def verified(self) -> str | None:
        """The problem that `mingzhang verify` finds in the database; None if it finds none."""
        with closing(Store(self.home.path)) as store:
            return verify_book(self.home, store).problem

    def audited(self) -> str | None:
        """The first difference that `mingzhang audit` finds; None if it finds none."""
        with closing(Store(self.home.path)) as store:
            found = audit(store).differences
        return f"{found[0].view} {found[0].key}: {found[0].rebuilt}" if found else None

    def strange(self) -> str | None:
        """What a verifier that is not ours says of the published log; None if it accepts it."""
        try:
            verify_log(self.home.log, POLICY.encode())
        except Refused as refused:
            return str(refused)
        return None
