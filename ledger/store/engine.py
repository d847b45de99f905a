"""Engines: SQLite in the book's folder by default, PostgreSQL by address. Acknowledged means on disk."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

DATABASE_FILE = "book.sqlite3"
WRITE = "mingzhang_write"  # execution option of a connection that is going to write
_BUSY_MILLISECONDS = 60_000
_SCRUB_MILLISECONDS = 3_000


def open_engine(home: Path, database_url: str | None) -> Engine:
    """The engine of a book. Raises ValueError with one sentence for an address that cannot be used."""
    if database_url is None:
        return _sqlite(home / DATABASE_FILE)
    try:
        url = make_url(database_url)
    except (ArgumentError, ValueError):
        raise ValueError("the database address is not like postgresql+psycopg://user@host/name") from None
    if url.get_backend_name() != "postgresql":
        kind = url.get_backend_name()
        raise ValueError(f"databases of kind {kind} are not supported; use postgresql+psycopg")
    engine = create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    event.listen(engine, "connect", _acknowledged_means_on_disk)
    return engine


def check_file(path: Path) -> None:
    """Look at a database file without changing it. Raises ValueError with one sentence unless it is a book's:
    opening another program's file for writing would switch its journal."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'entries'").fetchall()
    except sqlite3.Error as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from None
    if not known:
        raise ValueError(f"{path.name} is not a book's database: it has no table of entries")


def _acknowledged_means_on_disk(connection: Any, _: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO on")
    connection.commit()


def _sqlite(path: Path) -> Engine:
    url = URL.create("sqlite", database=str(path.absolute()))  # the folder's name may hold any character
    engine = create_engine(url, connect_args={"timeout": _BUSY_MILLISECONDS / 1000})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: the driver would begin too late
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -65536")
    connection.execute("PRAGMA secure_delete = ON")  # what is erased is written over (store/private.py)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def write_ahead_is_emptied(engine: Engine) -> bool:
    """Move SQLite's write-ahead file into the database and cut it to nothing. False while a reader stands in
    the way; a short while is waited for it."""
    with closing(engine.raw_connection()) as pooled:
        connection: Any = pooled.driver_connection
        try:
            connection.execute(f"PRAGMA busy_timeout = {_SCRUB_MILLISECONDS}")
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    return not busy
