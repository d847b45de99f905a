"""Attacks on what pages show: a number that the entries do not give."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from ledger.audit import rebuild
from ledger.domain.views import VIEWS
from tests.attacks.operator import POLICY, Operator
from tests.independent import verify_log
from tests.ledger.equation import Sums
from tests.ledger.store import books

EDIT = "the operator edits a projection"


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Operator:
    return Operator(tmp_path_factory.mktemp("views") / "book")


def written(operator: Operator, sql: str) -> None:
    with closing(operator.place.store()) as store, store.write() as writing:
        assert writing.connection.exec_driver_sql(sql).rowcount > 0


@pytest.mark.attack(EDIT, found_by="audit", who="whoever runs it at the server, an auditor on a copy")
@pytest.mark.parametrize(
    ("view", "sql"),
    [
        ("view_balance", "UPDATE view_balance SET quantity = quantity - 1 WHERE account = 'usable'"),
        ("view_balance", "DELETE FROM view_balance WHERE account = 'usable'"),
        ("view_flow", "UPDATE view_flow SET quantity = quantity + 1"),
        ("view_place", "UPDATE view_place SET name_zh = '别的中心' WHERE code = 'C1'"),
        ("view_lot", "UPDATE view_lot SET expiry = '2030-01-01'"),
        ("view_activity", "UPDATE view_activity SET confirmed = 0 WHERE place = 'C1'"),
    ],
)
def test_an_edited_view_is_found_and_made_anew(operator: Operator, view: str, sql: str) -> None:
    assert view in VIEWS
    written(operator, sql)
    assert operator.verified() is None  # the entries are untouched: verify alone does not see it
    assert view in (operator.audited() or "")
    with closing(operator.place.store()) as store:
        rebuild(store)
    assert operator.audited() is None


@pytest.mark.attack(EDIT, found_by="an own sum over the entries", who="anyone, from published bytes alone")
def test_the_entries_still_give_the_true_number(operator: Operator) -> None:
    written(operator, "UPDATE view_balance SET quantity = quantity - 1 WHERE account = 'usable'")
    with closing(operator.place.store()) as store, store.read() as snapshot:
        shown = snapshot.select("SELECT quantity FROM view_balance WHERE account = 'usable'")[0][0]
    _, _, entries = verify_log(operator.home.log, POLICY.encode())
    true = Sums().add_all(map(json.loads, entries)).by_account()[books.LOT, "usable"]
    assert (true, shown) == (books.MANY, books.MANY - 1)
