"""Tables. Those of the views are made from `ledger.domain.views`, so that there is one list of columns.

`entries` holds the exact bytes, uncompressed, row order = index. `view_*` can be made again from it;
`private_*` may be erased; the rest is operational.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text
from sqlmodel import Field, SQLModel

from ledger.domain.views import VIEWS, View

# On SQLite an INTEGER primary key is the row's own number: one tree less, and nothing but integers fits.
_INDEX = BigInteger().with_variant(Integer(), "sqlite")
_COLUMN_TYPES: dict[type, Any] = {int: BigInteger, str: Text, bool: Boolean}


class EntryRow(SQLModel, table=True):
    """One entry: its index, its id (a copy out of the bytes, for look-up) and its exact bytes."""

    __tablename__ = "entries"
    entry_index: int = Field(sa_column=Column(_INDEX, primary_key=True, autoincrement=False))
    entry_id: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ViewStateRow(SQLModel, table=True):
    """The size of the log that all views were computed at, and the version of the fold that made them."""

    __tablename__ = "view_state"
    id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    version: int = Field(sa_column=Column(BigInteger, nullable=False))


class RebuildRow(SQLModel, table=True):
    """One making anew of all views; who keeps rows of views in memory looks at the newest number."""

    __tablename__ = "rebuilds"
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    size: int = Field(sa_column=Column(BigInteger, nullable=False))


class PrivatePartyRow(SQLModel, table=True):
    """Who a party is: never in an entry, erasable. `data` is the JSON behind the party's commitment;
    `erase_after`, an instant or null, says that it was asked to be forgotten, and when it goes."""

    __tablename__ = "private_party"
    party: str = Field(sa_column=Column(Text, primary_key=True))
    salt: str = Field(sa_column=Column(Text, nullable=False))
    data: str = Field(sa_column=Column(Text, nullable=False))
    erase_after: str | None = Field(default=None, sa_column=Column(Text))


class PrivateGiftRow(SQLModel, table=True):
    """Details of one gift, behind the commitment of its DonationReceived; columns as of a party."""

    __tablename__ = "private_gift"
    gift: str = Field(sa_column=Column(Text, primary_key=True))
    salt: str = Field(sa_column=Column(Text, nullable=False))
    data: str = Field(sa_column=Column(Text, nullable=False))
    erase_after: str | None = Field(default=None, sa_column=Column(Text))


class PrivateLinkRow(SQLModel, table=True):
    """A donor's private link to a gift: the SHA-256 of its token, never the token."""

    __tablename__ = "private_link"
    token_hash: str = Field(sa_column=Column(Text, primary_key=True))
    gift: str = Field(sa_column=Column(Text, nullable=False, index=True))
    made_at: str = Field(sa_column=Column(Text, nullable=False))
    revoked: bool = Field(sa_column=Column(Boolean, nullable=False))


class ForecastRow(SQLModel, table=True):
    """The newest forecast of an item at a place, as JSON, with the size of the log that it saw."""

    __tablename__ = "forecasts"
    place: str = Field(sa_column=Column(Text, primary_key=True))
    item: str = Field(sa_column=Column(Text, primary_key=True, index=True))
    log_size: int = Field(sa_column=Column(BigInteger, nullable=False))
    result: str = Field(sa_column=Column(Text, nullable=False))


class ForecastRunRow(SQLModel, table=True):
    """The run that made the forecasts: its number, how many they are, the size of the log that it saw, and
    what it says of them all, as JSON. One row; who keeps forecasts in memory looks at its number."""

    __tablename__ = "forecast_runs"
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    forecasts: int = Field(sa_column=Column(BigInteger, nullable=False))
    log_size: int = Field(sa_column=Column(BigInteger, nullable=False))
    summary: str = Field(sa_column=Column(Text, nullable=False))


def _view_table(view: View) -> Table:
    columns: list[Any] = [
        Column(name, _COLUMN_TYPES[kind], primary_key=True, autoincrement=False)
        for name, kind in view.key.items()
    ]
    columns += [Column(name, _COLUMN_TYPES[kind]) for name, kind in view.values.items()]
    indexes = [Index(f"ix_{view.name}_{'_'.join(names)}", *names) for names in view.indexes]
    # The key is the row's own order: one tree to write in place of two.
    return Table(view.name, SQLModel.metadata, *columns, *indexes, sqlite_with_rowid=False)


VIEW_TABLES: dict[str, Table] = {name: _view_table(view) for name, view in VIEWS.items()}
METADATA = SQLModel.metadata
# Which a book made before them has not. A view of a kind that no older book holds begins empty, as it should.
LATER_TABLES = (
    "private_gift", "private_link", "view_status", "view_response", "forecast_runs", "view_request",
    "view_request_line", "view_decision", "view_share", "view_answer",
)  # fmt: skip
LATER_COLUMNS = {"private_party": ("erase_after",)}  # all text that may be null
