"""Small books that the tests of several doors share, made once per run; and witnesses for a copy of one."""

from __future__ import annotations

import shutil

import pytest

from dashboard.app import create_app
from ledger.home import Home
from tests.dashboard.pages.conftest import make_archive_book, make_small_book
from tests.dashboard.trace.conftest import make_donor_book
from tests.witnesses import start_witness


@pytest.fixture(scope="session")
def small_home(made_once):
    return made_once("small-book", make_small_book) / "book"


@pytest.fixture(scope="session")
def empty_archive_home(made_once):
    return made_once("empty-archive", make_archive_book) / "book"


@pytest.fixture(scope="session")
def donor_home(made_once):
    """Read-only: `own_home` is a copy."""
    return made_once("donor-book", make_donor_book) / "book"


@pytest.fixture
def own_home(donor_home, tmp_path):
    """A copy of the book, to be written to."""
    return shutil.copytree(donor_home, tmp_path / "book")


@pytest.fixture
def own_app(own_home):
    app = create_app(own_home, siblings=[])
    yield app
    app.extensions["mingzhang"].close()


@pytest.fixture
def confirmed_by(tmp_path):
    """`confirmed_by(home, n, needed)`: start n witnesses, let them confirm the book; gives them."""
    started = []

    def confirm(home, n=1, needed=1):
        vkey = Home(home).vkey_file.read_text().strip()
        started.extend(start_witness(tmp_path / f"w{i}", f"witness.example/w{i}", [vkey]) for i in range(n))
        members = " ".join(f"witness.example/w{i}" for i in range(n))
        lines = [f"log {vkey}", *(w.policy_line for w in started), f"group outside {needed} {members}"]
        (home / "policy").write_text("\n".join([*lines, "quorum outside", ""]))
        return started

    yield confirm
    for witness in started:
        witness.stop()
