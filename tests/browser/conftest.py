"""Both demo books, each served as `mingzhang serve` would, once per worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dashboard.app import create_app
from tests.serving import serving


@contextmanager
def served(home: Path, port: int) -> Iterator[str]:
    """Serve a book from this process; gives its origin."""
    with serving(create_app(home), port) as origin:
        yield origin


@pytest.fixture(scope="session")
def district(district_home: Path, free_port: Callable[..., int]) -> Iterator[str]:
    """Origin of the served simulated district."""
    with served(district_home, free_port()) as origin:
        yield origin


@pytest.fixture(scope="session")
def archive(archive_home: Path, free_port: Callable[..., int]) -> Iterator[str]:
    """Origin of the served archive book."""
    with served(archive_home, free_port()) as origin:
        yield origin
