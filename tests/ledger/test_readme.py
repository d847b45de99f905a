"""ledger/README.md names every key of the envelope, every kind and body key, every account and view."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from ledger.domain.entries import ENVELOPE_KEYS
from ledger.domain.kinds import KINDS
from ledger.domain.kinds.fields import LotLine, Names, NewLot
from ledger.domain.lots import ACCOUNTS
from ledger.domain.views import VIEWS

README = (Path(__file__).parents[2] / "ledger" / "README.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL))


def rows(section: str) -> dict[str, set[str]]:
    """Each name in the first cell of a table's row -> every name in code marks in the row."""
    found = {}
    for line in SECTIONS[section].splitlines():
        if line.startswith("| `"):
            first = line.split("|")[1]
            for name in re.findall(r"`([^`]+)`", first):
                found[name] = set(re.findall(r"`([^`]+)`", line))
    return found


def keys(cls: type[BaseModel]) -> Iterator[str]:
    """Every key of a body and of the pieces inside it, but for those that all lines share."""
    shared = {*NewLot.model_fields, *LotLine.model_fields} if issubclass(cls, NewLot | LotLine) else set()
    for name, field in cls.model_fields.items():
        if name not in shared:
            yield field.alias or name
        yield from (key for piece in pieces(field.annotation) for key in keys(piece))


def pieces(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation is not Names:
        yield annotation
    for inner in get_args(annotation):
        yield from pieces(inner)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_stands_there_with_every_key(kind):
    wanted = set(keys(KINDS[kind])) - {"correction"}
    assert wanted
    assert wanted - rows("Kinds")[kind] == set()


def test_keys_that_lines_share_are_explained_once():
    for name in (*NewLot.model_fields, "lot", "correction"):
        assert f"`{name}`" in SECTIONS["Kinds"] or f'"{name}"' in SECTIONS["Kinds"]


def test_no_kind_is_named_that_is_not_there():
    assert rows("Kinds").keys() == KINDS.keys()


def test_every_key_of_the_envelope_stands_there():
    assert rows("Envelope").keys() == ENVELOPE_KEYS | {"sig"}


def test_every_account_and_every_view_stands_there():
    assert rows("Lots, accounts and the equation").keys() == set(ACCOUNTS)
    assert rows("Views").keys() == VIEWS.keys()
