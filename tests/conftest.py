"""Fixtures for every test: PostgreSQL, a browser, free ports, and folders made once per run."""

from __future__ import annotations

import fcntl
import os
import random
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests import postgres
from tests.browser.install import LAUNCH_FLAGS, NOT_RUN, find_chromium, go_without

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Two workers share two cores: numpy's own threads on top would only get in each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# What takes longest. Two workers begin with one half each of the tests, and who is done takes the end of the
# other's rest: so each half begins with what is long, and ends with what is short.
LONG = (
    ("tests/browser/test_pages.py",),
    (
        "tests/test_docs.py", "tests/dashboard/test_forecasting.py", "tests/ledger/store/test_processes.py",
        "tests/ledger/published/test_whole_step.py", "tests/ledger/published/test_crashes.py",
        "tests/dashboard/test_planning.py", "tests/dashboard/demo/test_district.py",
        "tests/test_whole_books.py", "tests/test_house.py",
    ),
)  # fmt: skip

# The same examples on every machine, so that a red run is red for its author too. `make soak` goes looking.
hypothesis.settings.register_profile("default", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("soak", deadline=None, max_examples=3000, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("MZ_HYPOTHESIS", "default"))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock between the workers of one run."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def made_once(run_folder: Path) -> Callable[[str, Callable[[Path], object]], Path]:
    """`made_once(name, make)`: the folder `name`, filled by `make(folder)` once for all workers.

    Treat what comes back as read-only, or copy it first.
    """

    def once(name: str, make: Callable[[Path], object]) -> Path:
        folder = run_folder / name
        with locked(run_folder / f"{name}.lock"):
            if not folder.exists():
                part = run_folder / f"{name}.part"
                part.mkdir()
                make(part)
                part.rename(folder)
        return folder

    return once


@pytest.fixture(scope="session", autouse=True)
def templates_compiled_once(run_folder: Path) -> None:
    """Each of the many apps of a run takes a template that another has compiled: 0.1 s an app, not 0.5."""
    from flask import Flask
    from jinja2 import FileSystemBytecodeCache

    folder = run_folder / "templates"
    folder.mkdir(exist_ok=True)
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": FileSystemBytecodeCache(str(folder))}


@pytest.fixture(scope="session")
def district_home(made_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """The whole simulated district as `make demo` makes it, once per run. Read-only: copy it to write."""
    from dashboard.demonstration import make_district_book

    return made_once("books-district", lambda folder: make_district_book(folder / "district")) / "district"


@pytest.fixture(scope="session")
def archive_home(made_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """The archive of January 2020 as `make demo` makes it, once per run. Read-only: copy it to write."""
    from dashboard.demonstration import make_archive_book

    return made_once("books-archive", lambda folder: make_archive_book(folder / "archive")) / "archive"


@pytest.fixture(scope="session")
def postgres_server(run_folder: Path) -> str:
    """Address of the run's one PostgreSQL server; fails where none can be started."""
    address = run_folder / "postgres-address"
    with locked(run_folder / "postgres.lock"):
        if not address.exists():
            pytest_process = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
            address.write_text(postgres.start(pytest_process))
    return address.read_text()


@pytest.fixture(scope="session")
def new_postgres_database(postgres_server: str) -> Iterator[Callable[[], str]]:
    """`new_postgres_database()`: address of a fresh empty database, dropped when the worker is done."""
    made: list[str] = []

    def new() -> str:
        made.append(postgres.create_database(postgres_server))
        return made[-1]

    yield new
    for url in made:
        postgres.drop_database(postgres_server, url)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Address of a fresh empty database for one test."""
    url = postgres.create_database(postgres_server)
    yield url
    postgres.drop_database(postgres_server, url)


@pytest.fixture(scope="session")
def free_port(worker_id: str) -> Callable[..., int]:
    """`free_port(n=1)`: the first of `n` neighbouring free ports on 127.0.0.1.

    Each worker draws from a range of its own, below the one the kernel hands out.
    """
    worker = int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 9

    def is_free(port: int) -> bool:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            return probe.connect_ex(("127.0.0.1", port)) != 0

    def free(n: int = 1) -> int:
        for _ in range(200):
            first = 20000 + worker % 10 * 1000 + random.SystemRandom().randrange(1000 - n)
            if all(is_free(first + i) for i in range(n)):
                return first
        raise RuntimeError(f"no {n} neighbouring free ports")

    return free


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium per worker; tests open contexts of their own in it."""
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    if path is None:
        pytest.fail("no Chromium: run tests/browser/install.py, or `make test`, first", pytrace=False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(LAUNCH_FLAGS))
        yield chromium
        chromium.close()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put what is long first. Leave out what needs a browser where the person said so;
    `pytest_terminal_summary` tells."""
    first, second = ([item for file in part for item in items if item.location[0] == file] for part in LONG)
    rest = [item for item in items if item.location[0] not in {*LONG[0], *LONG[1]}]
    middle = max(0, len(items) // 2 - len(first))
    items[:] = [*first, *rest[:middle], *second, *rest[middle:]]
    if not go_without():
        return
    with_browser = [item for item in items if "browser" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=with_browser)
    items[:] = [item for item in items if item not in with_browser]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what a green run did not cover."""
    if go_without():
        terminalreporter.write_line(NOT_RUN, yellow=True, bold=True)
