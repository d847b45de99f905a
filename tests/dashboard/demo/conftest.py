"""The whole district as it stands in the book that `make demo` makes: every rule was passed to write it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from ledger.domain.views import VIEWS
from ledger.record import Record
from tests.dashboard.demo.facts import Views


@pytest.fixture
def whole_district(district_home: Path) -> tuple[list[bytes], Views]:
    """(exact bytes in order, views)."""
    with closing(Record.open(district_home)) as record, record.store.read() as snapshot:
        return list(record.entries()), {name: dict(snapshot.rows(name)) for name in VIEWS}
