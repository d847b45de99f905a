"""Books with places: most tests take SQLite alone, those where the store matters run on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.record import Record
from tests.ledger.store import books
from tests.ledger.store.books import Place
from tests.ledger.store.conftest import new_place, place

__all__ = ["new_place", "place"]


def registered(place: Place) -> Record:
    """D1 and C1 are registered."""
    record = place.create()
    books.accept(record, books.registers())
    return record


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    record = registered(Place(tmp_path / "book"))
    yield record
    record.close()


@pytest.fixture
def on_either(place: Place) -> Iterator[Record]:
    """On SQLite and on PostgreSQL."""
    record = registered(place)
    yield record
    record.close()
