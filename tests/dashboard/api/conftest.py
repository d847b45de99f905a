"""Books that the API is asked about, and a stranger who has nothing but its answers."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard.api import api_blueprint
from dashboard.app import create_app
from ledger.domain.entries import Command
from ledger.domain.ids import derived_id
from ledger.record import Record
from tests.ledger.store.books import Place, make_every_kind, quiet_day, registers

HELD_BACK = 5


def app_of(home: Path) -> Flask:
    return create_app(home, siblings=[])


def door_of(record: Record) -> FlaskClient:
    """The API alone, without the pages beside it."""
    app = Flask("api-alone")
    app.register_blueprint(api_blueprint(record))
    return app.test_client()


@pytest.fixture(scope="session")
def home(made_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """A published book of every kind: two tiles and a part of one."""
    return made_once("api-book", lambda folder: make_every_kind(folder / "book", more=500)) / "book"


@pytest.fixture(scope="session")
def app(home: Path) -> Flask:
    return app_of(home)


@pytest.fixture(scope="session")
def record(app: Flask) -> Record:
    found: Record = app.extensions["mingzhang"]
    return found


@pytest.fixture(scope="session")
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def tiny(made_once: Callable[[str, Callable[[Path], object]], Path]) -> FlaskClient:
    """A book whose every proof can be asked for."""
    home = made_once("api-tiny", lambda folder: make_every_kind(folder / "book")) / "book"
    return door_of(Record.open(home))


def late(name: str) -> Command:
    return quiet_day(name, "2026-01-09")


def make_delayed(folder: Path) -> None:
    """Bytes come out a day late: of the newest HELD_BACK entries, by the book's own clock, not yet."""
    record = Place(folder / "book").create()
    setting = {"settings": {"publish_delay_hours": 24}}
    before = [*registers(), Command("PolicySet", derived_id("delay"), "2026-01-02", _SYSTEM, setting)]
    before += [quiet_day(f"early{number}") for number in range(300)]
    record.write(before, ["2026-01-02T00:00:00.000Z"] * len(before))
    newest = [late(f"late{number}") for number in range(HELD_BACK)]
    record.write(newest, ["2026-01-09T00:00:00.000Z"] * HELD_BACK)
    record.checkpoint()
    record.close()


_SYSTEM = {"role": "system", "place": None}


@pytest.fixture
def delayed(
    made_once: Callable[[str, Callable[[Path], object]], Path], tmp_path: Path
) -> tuple[FlaskClient, Record]:
    home = shutil.copytree(made_once("api-delayed", make_delayed) / "book", tmp_path / "book")
    record = Record.open(home)
    return door_of(record), record
