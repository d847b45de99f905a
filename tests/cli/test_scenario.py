"""`mingzhang forecast scenario`: with a file alone, and in a book."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.forecasts.scenarios import DATA, ScenarioProblem, home_scenarios, read_scenarios
from ledger.domain.entries import Command
from ledger.domain.ids import derived_id
from ledger.record import Record
from ledger.store.series import centers
from tests.cli.conftest import Cli
from tests.ledger.store.books import accept

TEMPLATE = DATA / "templates" / "scenario.toml"


def test_the_template_tells_a_street_office_what_to_hold(cli: Cli, tmp_path: Path) -> None:
    answer = cli("forecast", "scenario", TEMPLATE, "--level", "3", "--home", tmp_path)
    assert answer.code == 0, answer.err
    assert "28 days to cover" in answer.out
    masks = next(line for line in answer.out.splitlines() if line.startswith("PPE-02"))
    assert "医用外科口罩" in masks
    # 2 + 8 + 2 people x 4 masks x 28 days = 1,344 expected
    target = next(int(word.replace(",", "")) for word in masks.split() if word[0].isdigit())
    assert 2000 < target < 3200
    assert "nothing known of: PPE-08" in answer.out
    without = cli("forecast", "scenario", TEMPLATE, "--level", "none", "--home", tmp_path)
    assert "14 days to cover" in without.out


def test_json_holds_every_item_with_its_reason(cli: Cli, tmp_path: Path) -> None:
    found = cli("forecast", "scenario", TEMPLATE, "--json", "--center", "C7", "--home", tmp_path).json
    assert (found["log_size"], found["response_level"]) == (None, None)
    (center,) = found["centers"]
    assert center["center"] == "C7"
    assert len(center["targets"]) == 36
    assert {one["reason"] for one in center["targets"]} == {"no_forecast", "par", "none"}


def test_a_book_answers_for_its_own_centers_and_items(cli: Cli, home: Path) -> None:
    shutil.copy(TEMPLATE, home / "scenario.toml")
    found = cli("forecast", "scenario", "--json", "--home", home).json
    assert found["log_size"] > 0
    assert found["centers"]
    codes = {one["center"] for one in found["centers"]}
    answer = cli("forecast", "scenario", "--center", "nowhere", "--home", home)
    assert (answer.code, answer.err) == (2, "mingzhang: nowhere is not a center of this book\n")
    one = cli("forecast", "scenario", "--json", "--center", min(codes), "--home", home).json
    assert [center["center"] for center in one["centers"]] == [min(codes)]


def test_a_recorded_response_is_planned_for_unless_a_level_is_told(cli: Cli, home: Path) -> None:
    shutil.copy(TEMPLATE, home / "scenario.toml")
    level = {"level": 2, "area": "990200"}
    with closing(Record.open(home)) as record:
        with record.store.read() as snapshot:
            center = centers(snapshot)[0]
        body = {"code": center, "kind": "center", "name": {"en": "C"}, "admin_code": "990203001"}
        day, system = "2026-01-01", {"role": "system", "place": None}
        accept(record, [
            Command("PlaceRegistered", derived_id("again"), day, system, body),
            Command("ResponseLevelRecorded", derived_id("level"), day, system, level),
        ])  # fmt: skip
    asked = ("forecast", "scenario", "--json", "--center", center, "--home", home)
    (recorded,), (told,) = cli(*asked).json["centers"], cli(*asked, "--level", "3").json["centers"]
    assert (recorded["response_level"], told["response_level"]) == (2, 3)
    (none,) = cli(*asked, "--level", "none").json["centers"]
    assert none["response_level"] is None
    answer = cli(*asked, "--level", "5")
    assert (answer.code, answer.err) == (2, "mingzhang: --level 5: it is 1, 2, 3, 4 or none\n")


def test_a_center_may_differ(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(
        'name = "s"\nrooms = 2\nstaff = { triage = 2, fever = 1 }\n[centers.C1]\nstaff.fever = 4\n'
    )
    found = home_scenarios(tmp_path)
    common, own = found.of("C2"), found.of("C1")
    assert common is not None
    assert own is not None
    assert (common.staff, own.staff) == ({"triage": 2, "fever": 1}, {"triage": 2, "fever": 4})
    assert (own.name, own.rooms) == ("s", 2)
    assert home_scenarios(tmp_path / "none").of("C1") is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "the file holds no scenario"),
        (b"name = ", "scenario.toml: Invalid value"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b'name = "s"\nrooms = 1.5', "rooms must be a whole number, not 1.5"),
        (b'name = "s"\ncenters = 3', "centers must hold one table for each center"),
        (b'name = "s"\n[centers.C1]\ndays = 0', "centers.C1: days must be 1 to 365"),
        (b'name = "s"\nlimits = 3', "limits must be a table"),
        (b'name = "s"\n[centers.C1.limits]\nroom = 1', "centers.C1: room is not a word of limits"),
        (b"x = " + b"[" * 5000, "scenario.toml"),
        (b"#" * 1_000_001, "is larger than 1,000,000 bytes"),
    ],
)
def test_a_wrong_file_is_one_sentence(cli: Cli, tmp_path: Path, text: bytes, problem: str) -> None:
    path = tmp_path / "scenario.toml"
    path.write_bytes(text)
    with pytest.raises(ScenarioProblem, match=problem):
        read_scenarios(path)
    answer = cli("forecast", "scenario", path, "--home", tmp_path)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert answer.err.startswith("mingzhang: ")


def test_a_file_that_is_not_there(cli: Cli, tmp_path: Path) -> None:
    for arguments in ((), (tmp_path / "none.toml",), (tmp_path,)):
        answer = cli("forecast", "scenario", *arguments, "--home", tmp_path)
        assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "copy data/templates/scenario.toml there" in cli("forecast", "scenario", "--home", tmp_path).err


def test_a_file_of_single_centers_speaks_of_them_alone(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text('[centers.C1]\nname = "s"\nrooms = 1\n')
    found = cli("forecast", "scenario", path, "--json", "--home", tmp_path).json
    assert [center["center"] for center in found["centers"]] == ["C1"]
    answer = cli("forecast", "scenario", path, "--center", "C2", "--home", tmp_path)
    assert answer.err == "mingzhang: the file holds no scenario for C2\n"


def test_limits_say_what_is_cut_and_what_it_costs(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    words = 'name = "s"\nstaff.triage = 10\n[limits]\nbudget_fen = {}\nprice_fen = {{ PPE-02 = 60 }}\n'
    path.write_text(words.format(30_000))
    answer = cli("forecast", "scenario", path, "--home", tmp_path)
    # 10 people x 4 masks x 14 days = 560 expected; 300.00 yuan buy 500 at 60 fen, ten boxes of 50
    line = next(one for one in answer.out.splitlines() if one.startswith("within the limits"))
    assert line == "within the limits: 300.00 yuan, 0 litres; cut:"
    cut = answer.out[answer.out.index(line) :]
    masks = cut.splitlines()[2].split()
    assert masks[2:4] == ["500", "500"]
    # P(560 f <= 500), f lognormal of mean 1 and spread .5: Phi((ln(500/560) + .1116) / .4724) = .498
    assert 47 < float(masks[6].rstrip("%")) < 53
    assert "not cut, since the limits name no price or room: PPE-06" in cut
    path.write_text(words.format(10**9))
    assert "all of it fits the limits" in cli("forecast", "scenario", path, "--home", tmp_path).out
    (center,) = cli("forecast", "scenario", path, "--json", "--home", tmp_path).json["centers"]
    assert center["within_limits"]["cost_fen"] > 30_000
