"""Every test that asks for `place` runs twice: on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ledger.store.books import Place


@pytest.fixture(params=["sqlite", "postgres"])
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Place]:
    """`new_place(name)`: an empty place for a book, on the database of this run of the test."""
    if request.param == "sqlite":
        return lambda name: Place(tmp_path / name)
    new_database = request.getfixturevalue("new_postgres_database")
    return lambda name: Place(tmp_path / name, new_database())


@pytest.fixture
def place(new_place: Callable[[str], Place]) -> Place:
    return new_place("book")
