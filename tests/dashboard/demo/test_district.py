"""The example district: the same bytes each time, every rule passed, and the model of shelves true."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from itertools import pairwise

import pytest

from dashboard.demo.accounts import demo_accounts
from dashboard.demo.days import ALL_DAYS, FIRST_DAY, LAST_DAY
from dashboard.demo.dice import Dice
from dashboard.demo.district import BOOK, _run, district, opened_at
from dashboard.demo.gifts import commitment, private_parties
from dashboard.demo.making import make_district
from dashboard.demo.tables import DATA, load
from dashboard.demo.world import World
from ledger.domain.lots import STOCK_ACCOUNTS
from ledger.record import Record
from tests.dashboard.demo.facts import book_of, check_district_facts, fold
from tests.dashboard.demo.make_golden import GOLDEN, made


def test_golden_district_comes_out_the_same():
    assert made() == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_whole_district_passes_every_rule_and_is_as_described(whole_district):
    entries, views = whole_district
    check_district_facts(entries, views)
    assert [key for key, row in views["view_balance"].items() if row[1] < 0] == []


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_other_seeds_pass_every_rule_and_the_model_of_shelves_agrees(seed):
    world = World(seed, load(), 120, 5)
    _, book = book_of(_run(world), 120)
    for place in (world.depot, *world.centers):
        for item in world.items:
            ours = {
                (pile.lot.id, state): pile.quantity
                for state in STOCK_ACCOUNTS
                for pile in world.shelves.piles(place, item, state)
            }
            assert ours == {(s.lot.id, s.state): s.quantity for s in book.stock(place, item)}


def test_folding_what_was_written_gives_the_same_views():
    entries, book = book_of(district(5, 60, 3), 60)
    folded = fold(entries)
    for name, rows in book.views.items():
        assert {k: r for k, r in folded[name].items() if r} == {k: r for k, r in rows.items() if r}


def test_steps_are_in_order_and_corrections_are_whole():
    steps = list(district(days=150, centers=4))
    assert all(a.recorded_at <= b.recorded_at for a, b in pairwise(steps))
    assert steps[0].recorded_at >= opened_at(150)
    for step in steps:
        corrected = {command.body.get("correction") for command in step.commands}
        assert corrected == ({step.commands[0].id} if step.together else {None})
    ids = [command.id for step in steps for command in step.commands]
    assert len(set(ids)) == len(ids)


def test_one_center_more_leaves_the_demand_of_the_others_as_it_was():
    def wanted(centers):
        shelves = Counter()
        for step in district(days=4, centers=centers):
            for command in step.commands:
                if command.kind == "StockIssued" and command.body["place"] == "990101001-01":
                    shelves[command.occurred_at, len(command.body["lines"])] += 1
        return shelves

    assert wanted(2) == wanted(3)


@pytest.mark.parametrize(("days", "centers"), [(0, 3), (ALL_DAYS + 1, 3), (10, 0), (10, 25)])
def test_a_district_outside_the_tables_is_refused(days, centers):
    with pytest.raises(ValueError, match=r"(days|centers) must be 1 to"):
        district(days=days, centers=centers)


def test_making_writes_the_book_and_again_adds_nothing(tmp_path):
    record = Record.create(tmp_path / "district", **BOOK, recorded_at=opened_at(30))
    told = []
    written = make_district(record, told.append, days=30, centers=3)
    assert written == sum(told)
    assert record.size == written + 1
    assert make_district(record, days=30, centers=3) == written
    assert record.size == written + 1
    record.close()


def test_private_parties_open_their_commitments():
    registered = {
        command.body["party"]: command.body["commitment"]
        for step in district(days=60, centers=2)
        for command in step.commands
        if command.kind == "PartyRegistered"
    }
    opened = {party: commitment(salt, data) for party, salt, data in private_parties(20260312)}
    assert len(registered) > 10
    assert registered.items() <= opened.items()


def test_dice_are_what_they_were():
    """A changed stream would change every golden byte; this says so first."""
    dice = Dice("a", 1)
    drawn = [dice.between(0, 999) for _ in range(4)] + [
        dice.quantity(40),
        dice.quantity(2),
        dice.pick("abcdef"),
    ]
    assert hashlib.sha256(repr(drawn).encode()).hexdigest()[:16] == "d114f9c3bb5b5162"


def test_dice_have_the_mean_they_promise():
    dice = Dice("mean")
    for mean in (0.4, 3, 25, 180):
        drawn = [dice.quantity(mean) for _ in range(4000)]
        assert sum(drawn) / len(drawn) == pytest.approx(mean, rel=0.06)


def test_tables_fit_together():
    tables = load()
    codes = {place.code for place in tables.places}
    assert len(tables.items) == 36
    assert all(not place.parent or place.parent in codes for place in tables.places)
    assert {center for center, _ in tables.shortages} <= codes
    assert {item for _, item in tables.shortages} <= {item.code for item in tables.items}
    assert (LAST_DAY - FIRST_DAY).days + 1 == ALL_DAYS
    with (DATA / "district" / "use.csv").open(encoding="utf-8") as file:
        assert {row["item"] for row in csv.DictReader(file)} == {item.code for item in tables.items}


def test_demo_accounts_work_at_places_of_the_district():
    accounts = demo_accounts()
    assert {a.place for a in accounts} <= {place.code for place in load().places}
    assert len({a.name for a in accounts}) == len(accounts)
