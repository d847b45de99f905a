"""Small books that the tests of several doors share, made once per run. Read-only."""

from __future__ import annotations

import pytest

from tests.dashboard.pages.conftest import make_archive_book, make_small_book


@pytest.fixture(scope="session")
def small_home(made_once):
    return made_once("small-book", make_small_book) / "book"


@pytest.fixture(scope="session")
def empty_archive_home(made_once):
    return made_once("empty-archive", make_archive_book) / "book"
