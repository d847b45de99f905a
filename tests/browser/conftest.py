"""Both demo books, each served as `mingzhang serve` would, once per worker."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from waitress.server import create_server

from dashboard.app import create_app


@contextmanager
def served(home: Path, port: int) -> Iterator[str]:
    """Serve a book from this process; gives its origin."""
    server = create_server(create_app(home), host="127.0.0.1", port=port, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.close()
    thread.join(timeout=10)


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
