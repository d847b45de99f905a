"""The raw limit that appending is measured against."""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import insert

from ledger.store.engine import WRITE, open_engine
from ledger.store.tables import METADATA


def raw_insert_seconds(folder: Path, rows: list[tuple[int, str, bytes]]) -> float:
    """Seconds of SQLAlchemy Core's executemany of (index, id, bytes) into a table of entries alone, in one
    transaction on a new SQLite database in `folder`."""
    folder.mkdir()
    engine = open_engine(folder, None).execution_options(**{WRITE: True})
    table = METADATA.tables["entries"]
    table.create(engine)
    values = [{"entry_index": index, "entry_id": identity, "data": data} for index, identity, data in rows]
    begun = time.perf_counter()
    with engine.begin() as connection:
        connection.execute(insert(table), values)
    seconds = time.perf_counter() - begun
    engine.dispose()
    return seconds
