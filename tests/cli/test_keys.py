"""mingzhang keys: enrol, list, revoke, rotate, invite."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.ledger.signing import TestKey
from tests.ledger.store.books import ORIGIN, make_every_kind

PHONE = TestKey("phone", ORIGIN)
DEVICE = ("--public-key", PHONE.public, "--proof", PHONE.proof("D1"))


def test_a_server_key_from_enrolment_to_revocation(cli: Cli, home: Path):
    made = cli("keys", "enroll", "D1", "--home", home, "--json")
    assert (made.code, made.json["place"]) == (0, "D1")
    again = cli("keys", "enroll", "D1", "--home", home)
    assert (again.code, again.out) == (2, "")
    assert f"key {made.json['key']} on this server already" in again.err
    rotated = cli("keys", "rotate", "D1", "--home", home, "--json").json
    since = "2026-01-02T00:00:00.000Z"
    revoke = ("keys", "revoke", "D1", rotated["key"], "--reason", "stolen", "--since", since)
    gone = cli(*revoke, "--home", home, "--json")
    assert gone.json["key"] == rotated["key"]
    listed = cli("keys", "list", "D1", "--home", home, "--json").json["keys"]
    assert [(key["key"], key["reason"], key["since"]) for key in listed] == [
        (made.json["key"], "rotated", ""), (rotated["key"], "stolen", since),
    ]  # fmt: skip
    told = cli("keys", "list", "D1", "--home", home)
    assert told.out.count("\n") == 2
    assert f"stolen, doubted since {since}" in told.out
    assert cli("audit", "--home", home).code == 0


def test_a_device_key_and_every_place(cli: Cli, home: Path):
    told = cli("keys", "enroll", "D1", *DEVICE, "--home", home)
    assert (told.code, told.out) == (0, f"D1 signs with key {PHONE.id} from now on, kept on a device\n")
    listed = cli("keys", "list", "--home", home)
    assert f"D1  {PHONE.id}  kept on a device, since entry" in listed.out
    assert {line[:2] for line in listed.out.splitlines()} == {"C1", "D1"}
    assert cli("keys", "list", "H1", "--home", home).out == "no key was ever enrolled for H1\n"
    assert cli("keys", "list", "H1", "--home", home, "--json").json == {"keys": []}


def test_an_invitation_is_printed_once(cli: Cli, home: Path):
    made = cli("keys", "invite", "C1", "--home", home, "--json").json
    assert made.keys() == {"place", "code", "expires_at"}
    told = cli("keys", "invite", "C1", "--hours", 2, "--home", home).out.splitlines()
    assert len(told[0].split("-")) == 4
    assert "for one device of C1, once, until" in told[1]


@pytest.fixture(scope="module")
def kept(made_once: Callable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book that nothing may be written to."""
    return shutil.copytree(made_once("cli-book", make_every_kind), tmp_path_factory.mktemp("kept") / "book")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("enroll", "C9"), "place C9 is not registered"),
        (("enroll", "D1", "--public-key", "x"), "--public-key and --proof go together"),
        (("enroll", "D1", "--public-key", "x", "--proof", "y"), "32 bytes in standard base64"),
        (("enroll", "C1", *DEVICE), "own signature over this log"),
        (("rotate", "D1"), "D1 has no key on this server"),
        (("revoke", "D1", PHONE.id, "--reason", "lost"), f"D1 has no key {PHONE.id}"),
        (("revoke", "D1", PHONE.id, "--reason", "eaten"), "it must be one of rotated"),
        (("revoke", "D1", PHONE.id, "--reason", "lost", "--since", "today"), "it must be an instant"),
        (("revoke", "D1", PHONE.id), "--reason"),
        (("invite", "C9"), "place C9 is not registered"),
        (("invite", "C1", "--hours", 0), "--hours"),
        ((), "Missing command"),
        (("burn",), "No such command"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_2(cli: Cli, kept: Path, arguments: tuple, told: str):
    size = cli("audit", "--home", kept, "--json").json["size"]
    answer = cli("keys", *arguments, "--home", kept)
    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err
    assert answer.err.count("\n") == 1
    assert cli("audit", "--home", kept, "--json").json["size"] == size
