"""The test server itself: both sets of binaries start, and the server ends with its owner."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import postgres


def test_fresh_databases_are_apart(new_postgres_database):
    first, second = new_postgres_database(), new_postgres_database()
    with postgres.connect(first) as a, postgres.connect(second) as b:
        a.execute("CREATE TABLE only_here (n int)")
        names = b.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert names == []
    assert first != second


def test_text_is_stored_as_utf8(postgres_url):
    with postgres.connect(postgres_url) as connection:
        assert connection.execute("SELECT octet_length('口罩')").fetchone() == (6,)


def test_server_from_pip_binaries_ends_with_its_owner():
    (binaries,) = postgres.pip_binaries()
    owner = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        url = postgres.start(owner.pid, binaries)
        with postgres.connect(url) as connection:
            (version,) = connection.execute("SHOW server_version").fetchone()
        assert int(version.split(".")[0]) >= 15
    finally:
        owner.communicate(b"\n")
    folder = Path(url.partition("host=")[2])
    deadline = time.monotonic() + 20
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not folder.exists()


def test_copied_binaries_find_their_libraries(tmp_path):
    """Root's `nobody` cannot look into root's home: then the server runs from a copy."""
    (binaries,) = postgres.pip_binaries()
    copy = postgres.copied(binaries, tmp_path)
    asked = subprocess.run([copy / "initdb", "--version"], capture_output=True, text=True, env={})
    assert asked.stdout.startswith("initdb (PostgreSQL)"), asked.stderr


def test_a_server_that_cannot_start_says_why(tmp_path):
    with pytest.raises(postgres.PostgresMissing, match="did not start"):
        postgres.start(1, tmp_path)
