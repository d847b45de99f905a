"""SQL of the private tables: who parties are, details of gifts, donors' links. All of it may be erased.

SQLite keeps copies of a row in parts of pages that no table uses any more: `secure_delete` writes over what
is deleted, but not over what was moved when a page was split. So a table that something is erased from is
dropped, which blanks all its pages, and put anew from the rows that stay. See ledger/README.md, "Erasure".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from ledger.store.store import Snapshot, Writing
from ledger.store.tables import METADATA

Kind = Literal["party", "gift"]
_REGISTERED = {  # the view that knows a subject, and the entry that last registered or received it
    "party": ("view_party", "entry_index"),
    "gift": ("view_gift", "newest_index"),
}


class PrivateRow(NamedTuple):
    """What is kept about a party or of a gift: salt as 64 hex, data as JSON, and when it is to be erased."""

    kind: Kind
    code: str
    salt: str
    data: str
    erase_after: str | None


def private_rows(snapshot: Snapshot, kind: Kind, codes: Sequence[str]) -> list[PrivateRow]:
    """Those of these parties or gifts that are kept."""
    found: list[PrivateRow] = []
    for start in range(0, len(codes), 500):
        some = codes[start : start + 500]
        marks = ", ".join("?" * len(some))
        sql = f"SELECT {kind}, salt, data, erase_after FROM private_{kind} WHERE {kind} IN ({marks})"
        found += [PrivateRow(kind, *row) for row in snapshot.select(sql, *some)]
    return found


def marked_rows(snapshot: Snapshot) -> list[PrivateRow]:
    """All that is to be erased at some time, the earliest first."""
    found: list[PrivateRow] = []
    kinds: tuple[Kind, Kind] = ("party", "gift")
    for kind in kinds:
        sql = f"SELECT {kind}, salt, data, erase_after FROM private_{kind} WHERE erase_after IS NOT NULL"
        found += [PrivateRow(kind, *row) for row in snapshot.select(sql)]
    return sorted(found, key=lambda row: (row.erase_after or "", row.kind != "party", row.code))


def registered_at(snapshot: Snapshot, kind: Kind, code: str) -> int | None:
    """Index of the newest entry that registered a party or received a gift."""
    view, column = _REGISTERED[kind]
    rows = snapshot.select(f"SELECT {column} FROM {view} WHERE {kind} = ?", code)
    return int(rows[0][0]) if rows else None


def erased_at(snapshot: Snapshot, kind: Kind, code: str) -> int | None:
    """Index of the newest entry that says that what was kept is destroyed."""
    party, gift = (code, "") if kind == "party" else ("", code)
    row = snapshot.row("view_erasure", (party, gift))
    return None if row is None else int(row[0])


def gifts_of(snapshot: Snapshot, party: str) -> list[str]:
    """The codes of all gifts of a party."""
    rows = snapshot.select("SELECT gift FROM view_gift WHERE party = ? ORDER BY gift", party)
    return [row[0] for row in rows]


def mark_rows(writing: Writing, kind: Kind, rows: Iterable[tuple[str, str]]) -> None:
    """(code, instant at which it is to be erased)."""
    sql = f"UPDATE private_{kind} SET erase_after = ? WHERE {kind} = ?"
    writing._many(sql, [(erase_after, code) for code, erase_after in rows])


def destroy_rows(writing: Writing, kind: Kind, codes: Sequence[str]) -> None:
    """Delete salt and data. On SQLite `Store.is_scrubbed` must follow the commit."""
    writing._many(f"DELETE FROM private_{kind} WHERE {kind} = ?", [(code,) for code in codes])
    if not codes or writing.connection.dialect.name != "sqlite":
        return
    table = METADATA.tables[f"private_{kind}"]
    columns = ", ".join(column.name for column in table.columns)
    kept = [tuple(row) for row in writing.select(f"SELECT {columns} FROM {table.name}")]
    table.drop(writing.connection)
    table.create(writing.connection)
    marks = ", ".join("?" * len(table.columns))
    writing._many(f"INSERT INTO {table.name} ({columns}) VALUES ({marks})", kept)


# links ------------------------------------------------------------------------------------------------------


def put_link(writing: Writing, token_hash: str, gift: str, made_at: str) -> None:
    sql = "INSERT INTO private_link (token_hash, gift, made_at, revoked) VALUES (?, ?, ?, ?)"
    writing._many(sql, [(token_hash, gift, made_at, False)])


def linked_gift(snapshot: Snapshot, token_hash: str) -> str | None:
    """The gift of a link that was not revoked."""
    sql = "SELECT gift, revoked FROM private_link WHERE token_hash = ?"
    rows = snapshot.select(sql, token_hash)
    return str(rows[0][0]) if rows and not rows[0][1] else None


def revoke_links(writing: Writing, gift: str) -> int:
    """Revoke every link of a gift; gives how many still worked."""
    condition = "gift = ? AND NOT revoked"
    count = writing.select(f"SELECT count(*) FROM private_link WHERE {condition}", gift)[0][0]
    writing._many(f"UPDATE private_link SET revoked = ? WHERE {condition}", [(True, gift)])
    return int(count)
