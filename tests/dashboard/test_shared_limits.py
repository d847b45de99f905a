"""Money that the centers of one street share: granted where it helps most, with the service that is lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from dashboard.cli import run
from tests.dashboard.pages.conftest import CENTERS

STREET = CENTERS[0][:9]
SCENARIO = """
name = "试 / trial"
outpatients_per_day = 400
[staff]
triage = 10
[streets.{street}.limits]
budget_fen = {budget}
price_fen = {{ PPE-02 = 60, PPE-05 = 4200 }}
"""


@pytest.fixture
def home(small_home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(small_home, tmp_path / "book")


def planned(home: Path, capfd: pytest.CaptureFixture[str], text: str, *options: str) -> str:
    (home / "scenario.toml").write_text(text, encoding="utf-8")
    capfd.readouterr()
    code = run(["forecast", "scenario", "--home", str(home), *options])
    out, err = capfd.readouterr()
    assert (code, err) == (0, "")
    return str(out)


def test_one_budget_is_shared_by_the_centers_of_a_street(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    plenty = json.loads(planned(home, capfd, SCENARIO.format(street=STREET, budget=10**12), "--json"))
    (whole,) = plenty["streets"]
    assert whole["street"] == STREET
    grants = {grant["key"]: grant for grant in whole["within_limits"]["grants"]}
    assert {key.partition("|")[0] for key in grants} == set(CENTERS[:2])
    assert not any(grant["cut"] for grant in grants.values())
    budget = whole["within_limits"]["cost_fen"] // 2
    text = SCENARIO.format(street=STREET, budget=budget)
    (half,) = json.loads(planned(home, capfd, text, "--json"))["streets"]
    cut = [grant for grant in half["within_limits"]["grants"] if grant["cut"]]
    assert cut
    assert 0 < half["within_limits"]["cost_fen"] <= budget
    assert all(one["service_level"] <= one["wanted_service_level"] for one in cut)
    assert sum(one["expected_unmet"] for one in cut) > sum(one["wanted_unmet"] for one in cut)
    (alone,) = json.loads(planned(home, capfd, text, "--json", "--center", CENTERS[0]))["streets"]
    assert alone == half, "its neighbours ask for their part though they are not shown"
    told = planned(home, capfd, text)
    assert f"street {STREET}, shared by its centers" in told
    assert f"{cut[0]['key'].replace('|', ' ')}" in told


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (f"[centers.{CENTERS[0]}.limits]\nbudget_fen = 1", f"{CENTERS[0]} has limits of its own"),
        ("[streets.S9.limits]\nbudget_fen = 1", "streets.S9: no center of this book lies in it"),
        ("[streets.S9]\nbudget_fen = 1", "streets.S9: a street holds limits and nothing else"),
        ("[streets.S9.limits]\nbudget_fen = -1", "streets.S9: budget_fen must be a whole number"),
    ],
)
def test_what_cannot_be_shared_is_one_sentence(
    home: Path, capfd: pytest.CaptureFixture[str], more: str, told: str
) -> None:
    (home / "scenario.toml").write_text(SCENARIO.format(street=STREET, budget=100) + more, encoding="utf-8")
    capfd.readouterr()
    assert run(["forecast", "scenario", "--home", str(home)]) == 2
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert told in err
