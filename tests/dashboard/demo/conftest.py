"""The whole district, folded in memory once per worker (about 10 s of computing)."""

from __future__ import annotations

import pytest

from dashboard.demo.district import district
from tests.dashboard.demo.facts import Views, book_of


@pytest.fixture(scope="session")
def whole_district() -> tuple[list[bytes], Views]:
    """(exact bytes in order, views). A fixture of this name that reads a made record may take its place."""
    entries, book = book_of(district())
    return entries, book.views
