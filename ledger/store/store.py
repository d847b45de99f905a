"""The store of one book: one writer at a time, readers on a snapshot, the same code on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError

from ledger.domain.entries import Entry
from ledger.domain.views import VERSION, VIEWS, Key, Row
from ledger.store.engine import DATABASE_FILE, WRITE, check_file, open_engine, write_ahead_is_emptied
from ledger.store.tables import LATER_COLUMNS, LATER_TABLES, METADATA, VIEW_TABLES

_STREAMED_ROWS = 2000
Changes = dict[str, dict[Key, Row | None]]


class StoreProblem(Exception):
    """The database cannot be used; the message is one sentence."""


class Unstorable(StoreProblem):
    """A value that no row can hold; nothing was written, and other values still can be."""


class Store:
    """The database of a book.

    Raises StoreProblem when the file or address cannot be opened or is not a database of this product.
    """

    def __init__(self, home: Path, database_url: str | None = None, create: bool = False) -> None:
        self.home = home
        if database_url is None and not create and not (home / DATABASE_FILE).is_file():
            raise StoreProblem(f"there is no book in {home}: {DATABASE_FILE} is missing")
        try:
            if database_url is None and not create:
                check_file(home / DATABASE_FILE)
            self.engine: Engine = open_engine(home, database_url)
        except ValueError as error:
            raise StoreProblem(str(error)) from None
        try:
            with _told_in_one_sentence():
                if create:
                    METADATA.create_all(self.engine)
                with self.read() as reading:
                    reading.size()
                    is_whole = reading.has_every_table()
                if not is_whole:
                    with self.write() as writing:
                        writing.add_missing_tables()
        except StoreProblem:
            self.close()
            raise

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def write(self) -> Iterator[Writing]:
        """The one writer's transaction: begins with the lock, ends on disk or not at all."""
        with _told_in_one_sentence(), self.engine.connect() as connection:
            connection = connection.execution_options(**{WRITE: True})
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.exec_driver_sql("LOCK TABLE entries IN EXCLUSIVE MODE")
                yield Writing(connection)

    def is_scrubbed(self) -> bool:
        """Bring all that is committed from SQLite's write-ahead file into the database and empty that file,
        so that no bytes of what was erased stay in it. False while a reader stands in the way: try again."""
        with _told_in_one_sentence():
            return self.engine.dialect.name != "sqlite" or write_ahead_is_emptied(self.engine)

    @contextmanager
    def read(self) -> Iterator[Snapshot]:
        """A consistent snapshot."""
        with _told_in_one_sentence(), self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield Snapshot(connection)


class Snapshot:
    """What is stored, at one size. It serves as what lies beneath a folded book."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._mark = "?" if connection.dialect.name == "sqlite" else "%s"

    def select(self, sql: str, *values: object) -> Sequence[Any]:
        """Rows of a query with ? for values; for the modules of the store."""
        return self.connection.exec_driver_sql(sql.replace("?", self._mark), values).fetchall()

    def stream(self, sql: str, *values: object) -> Iterator[Any]:
        """The same, read piece by piece, so that a long answer is never held whole."""
        streamed = {"stream_results": True}
        asked = sql.replace("?", self._mark)
        with self.connection.exec_driver_sql(asked, values, execution_options=streamed) as found:
            while rows := found.fetchmany(_STREAMED_ROWS):
                yield from rows

    @property
    def is_postgres(self) -> bool:
        return self.connection.dialect.name == "postgresql"

    # entries ---------------------------------------------------------------------------------------------

    def size(self) -> int:
        """Rows of the log; the next index where none is missing."""
        last = self.select("SELECT max(entry_index) FROM entries")[0][0]
        if not isinstance(last, int | None):
            raise StoreProblem("the table of entries has a row whose index is not a number")
        return 0 if last is None else last + 1

    def first_index(self) -> int | None:
        """The lowest index of any row; 0 unless somebody put a row outside the log."""
        lowest = self.select("SELECT min(entry_index) FROM entries")[0][0]
        return None if lowest is None else int(lowest)

    def entry_bytes(self, index: int) -> bytes | None:
        rows = self.select("SELECT data FROM entries WHERE entry_index = ?", index)
        return _exact(rows[0][0]) if rows else None

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, str, bytes]]:
        """(index, id, bytes) in order, read in pieces."""
        for piece in self.entries_in_pieces(start, stop):
            yield from piece

    def entries_in_pieces(
        self, start: int = 0, stop: int | None = None
    ) -> Iterator[list[tuple[int, str, bytes]]]:
        """The same, a piece of up to 2,000 at a time, for who reads very many."""
        stop = self.size() if stop is None else stop
        for begin in range(start, stop, 2000):
            rows = self.select(
                "SELECT entry_index, entry_id, data FROM entries"
                " WHERE entry_index >= ? AND entry_index < ? ORDER BY entry_index",
                begin, min(stop, begin + 2000),
            )  # fmt: skip
            if rows:
                yield [(index, identity, _exact(data)) for index, identity, data in rows]

    def find(self, identities: Sequence[str]) -> dict[str, bytes]:
        """The bytes of those entries that are in the log, by id."""
        found: dict[str, bytes] = {}
        for start in range(0, len(identities), 500):
            some = identities[start : start + 500]
            marks = ", ".join("?" * len(some))
            rows = self.select(f"SELECT entry_id, data FROM entries WHERE entry_id IN ({marks})", *some)
            found.update((identity, _exact(data)) for identity, data in rows)
        return found

    # beneath a folded book -------------------------------------------------------------------------------

    def row(self, view: str, key: Key) -> Row | None:
        rows = self.connection.exec_driver_sql(_select_row(view, self._mark), key).fetchall()
        return tuple(rows[0]) if rows else None

    def rows(self, view: str, **where: object) -> Iterator[tuple[Key, Row]]:
        names = (*VIEWS[view].key, *VIEWS[view].values)
        condition = " AND ".join(f"{name} = ?" for name in where) or "1 = 1"
        keys = len(VIEWS[view].key)
        for row in self.select(f"SELECT {', '.join(names)} FROM {view} WHERE {condition}", *where.values()):
            yield tuple(row[:keys]), tuple(row[keys:])

    def entry(self, identity: str) -> tuple[int, str, str] | None:
        data = self.find([identity]).get(identity)
        if data is None:
            return None
        envelope = json.loads(data)
        return envelope["index"], envelope["kind"], envelope["occurred_at"]

    def views_state(self) -> tuple[int, int] | None:
        """(size, version) of the views, or None when they were never made."""
        rows = self.select("SELECT id, size, version FROM view_state")
        return (rows[0][1], rows[0][2]) if len(rows) == 1 and rows[0][0] == 0 else None

    def rebuilds(self) -> int:
        """How often the views were made anew: rows of them kept in memory are good while this stays."""
        return int(self.select("SELECT coalesce(max(number), 0) FROM rebuilds")[0][0])

    def private_parties(self) -> dict[str, tuple[str, str]]:
        """party -> (salt as hex, data as JSON)."""
        rows = self.select("SELECT party, salt, data FROM private_party")
        return {party: (salt, data) for party, salt, data in rows}

    def private_gifts(self) -> dict[str, tuple[str, str]]:
        """gift -> (salt as hex, data as JSON)."""
        rows = self.select("SELECT gift, salt, data FROM private_gift")
        return {gift: (salt, data) for gift, salt, data in rows}

    def has_every_table(self) -> bool:
        """Whether the tables beside the views are those of this version."""
        return not any(self._missing())

    def _missing(self) -> tuple[list[str], list[tuple[str, str]]]:
        """Tables, and (table, column)s, that books made before them lack."""
        inspector = inspect(self.connection)
        known = set(inspector.get_table_names())
        tables = [name for name in (*LATER_TABLES, *LATER_COLUMNS) if name not in known]
        columns = []
        for table, wanted in LATER_COLUMNS.items():
            if table in known:
                there = {column["name"] for column in inspector.get_columns(table)}
                columns += [(table, name) for name in wanted if name not in there]
        return tables, columns


class Writing(Snapshot):
    """The writer's side of the transaction."""

    def insert_entries(self, entries: Iterable[Entry]) -> None:
        rows = [(entry.index, entry.id, entry.data) for entry in entries]
        self._many("INSERT INTO entries (entry_index, entry_id, data) VALUES (?, ?, ?)", rows)

    def apply(self, changes: Changes, size: int) -> None:
        """Write changed rows of the views and the size that they are now at."""
        for view, rows in changes.items():
            gone = [key for key, row in rows.items() if row is None]
            self._many(_delete(view), gone)
            self._many(_upsert(view), [(*key, *row) for key, row in rows.items() if row is not None])
        self._many(
            "INSERT INTO view_state (id, size, version) VALUES (0, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET size = excluded.size, version = excluded.version",
            [(size, VERSION)],
        )

    def replace_views(self, changes: Changes, size: int) -> None:
        """Put these rows in place of all that the views hold; tables that another version made go too."""
        state = self.views_state()
        if state is None or state[1] != VERSION:
            tables = list(VIEW_TABLES.values())
            METADATA.drop_all(self.connection, tables)
            METADATA.create_all(self.connection, tables)
        for view in (*VIEWS, "view_state"):
            self.connection.exec_driver_sql(f"DELETE FROM {view}")
        self.apply(changes, size)
        self._many("INSERT INTO rebuilds (number, size) VALUES (?, ?)", [(self.rebuilds() + 1, size)])

    def add_missing_tables(self) -> None:
        """Bring a book of an earlier version to the tables of this one; views are `rebuild`'s to make."""
        tables, columns = self._missing()  # again: somebody else may have done it meanwhile
        METADATA.create_all(self.connection, [METADATA.tables[name] for name in tables])
        for table, column in columns:
            self.connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {column} TEXT")
        for index in METADATA.tables["forecasts"].indexes:
            index.create(self.connection, checkfirst=True)

    def put_private_parties(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """(party, salt as hex, data as JSON); a party registered again is replaced."""
        self._put_private("party", rows)

    def put_private_gifts(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """(gift, salt as hex, data as JSON); details that are there are replaced."""
        self._put_private("gift", rows)

    def _put_private(self, kind: str, rows: Iterable[tuple[str, str, str]]) -> None:
        """The date at which a row is to be erased stays, unless it comes with a salt that is new."""
        self._many(
            f"INSERT INTO private_{kind} ({kind}, salt, data) VALUES (?, ?, ?) ON CONFLICT ({kind}) DO UPDATE"
            f" SET erase_after = CASE WHEN private_{kind}.salt = excluded.salt"
            f" THEN private_{kind}.erase_after END, salt = excluded.salt, data = excluded.data",
            list(rows),
        )

    def put_forecasts(self, rows: Iterable[tuple[str, str, int, str]], summary: str = "") -> None:
        """(place, item, log size, result as JSON), in place of all that were there; in pieces.

        `summary` is what the run says of all of them together, as JSON.
        """
        self.connection.exec_driver_sql("DELETE FROM forecasts")
        waiting, count, log_size = iter(rows), 0, 0
        while some := list(islice(waiting, _STREAMED_ROWS)):
            self._many("INSERT INTO forecasts (place, item, log_size, result) VALUES (?, ?, ?, ?)", some)
            count, log_size = count + len(some), max(log_size, *(row[2] for row in some))
        number = self.select("SELECT coalesce(max(number), 0) + 1 FROM forecast_runs")[0][0]
        self.connection.exec_driver_sql("DELETE FROM forecast_runs")
        self._many(
            "INSERT INTO forecast_runs (number, forecasts, log_size, summary) VALUES (?, ?, ?, ?)",
            [(number, count, log_size, summary)],
        )

    def _many(self, sql: str, rows: list[Any]) -> None:
        """Run a statement with ? for values, once for each row; for the modules of the store."""
        if rows:
            self.connection.exec_driver_sql(sql.replace("?", self._mark), rows)


def _exact(data: bytes | str) -> bytes:
    """The bytes of a row; SQLite lets somebody store them as text."""
    return data if isinstance(data, bytes) else str(data).encode()


@cache
def _select_row(view: str, mark: str) -> str:
    condition = " AND ".join(f"{name} = {mark}" for name in VIEWS[view].key)
    return f"SELECT {', '.join(VIEWS[view].values)} FROM {view} WHERE {condition}"


@cache
def _upsert(view: str) -> str:
    spec = VIEWS[view]
    names = (*spec.key, *spec.values)
    updates = ", ".join(f"{name} = excluded.{name}" for name in spec.values)
    return (
        f"INSERT INTO {view} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        f" ON CONFLICT ({', '.join(spec.key)}) DO UPDATE SET {updates}"
    )


@cache
def _delete(view: str) -> str:
    return f"DELETE FROM {view} WHERE {' AND '.join(f'{name} = ?' for name in VIEWS[view].key)}"


@contextmanager
def _told_in_one_sentence() -> Iterator[None]:
    try:
        yield
    except (DataError, OverflowError, UnicodeEncodeError) as error:
        why = str(getattr(error, "orig", error)).strip().partition("\n")[0]
        raise Unstorable(f"the database cannot hold this: {why}") from error
    except DBAPIError as error:
        first = str(error.orig).strip().splitlines()
        raise StoreProblem(f"the database cannot be used: {first[0] if first else error}") from error
    except SQLAlchemyError as error:
        raise StoreProblem(f"the database cannot be used: {str(error).splitlines()[0]}") from error
