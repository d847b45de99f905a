"""The past error that the report of `forecast quantiles` names for each series."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecast.evaluate import calibration_error
from tests.cli.conftest import Cli

PERIODS, SERIES = 60, 60


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Smooth and rare demand, a series that is too young for a past, and one that was never used."""
    rng = np.random.default_rng(5)
    path = tmp_path_factory.mktemp("scores") / "h.csv"
    rows = ["series_id,t,y"]
    for series in range(SERIES):
        rare = series % 3 == 0
        demand = rng.poisson(30, PERIODS) * (rng.random(PERIODS) < (0.3 if rare else 1.0))
        name = f"{'rare' if rare else 'even'}{series:02}"
        rows += [f"{name},{_month(n)},{y}" for n, y in enumerate(demand)]
    rows += [f"young,{_month(n)},9" for n in range(PERIODS - 4, PERIODS)]
    rows += [f"unused,{_month(n)},0" for n in range(PERIODS)]
    path.write_text("\n".join(rows) + "\n")
    return path


def _month(number: int) -> str:
    return f"{2019 + number // 12}-{number % 12 + 1:02}-01"


def report_of(cli: Cli, history: Path, folder: Path, *options: str) -> dict[str, Any]:
    report = folder / "r.json"
    call = ("--horizon", 3, "--levels", "0.5,0.9", "-o", folder / "o.csv", "--report", report, *options)
    answer = cli("forecast", "quantiles", history, *call)
    assert answer.code == 0, answer.err
    found: dict[str, Any] = json.loads(report.read_text())
    return found


@pytest.mark.parametrize("options", [(), ("--fast",)], ids=["full", "fast"])
def test_a_series_is_told_how_the_method_did_on_its_class(
    cli: Cli, history: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    report = report_of(cli, history, tmp_path, *options)
    tested, series = report["backtest"], {one["series_id"]: one for one in report["series"]}
    assert (tested["of"], tested["origins"], tested["levels"]) == ("class", 2, [0.5, 0.9])
    assert {"all", "smooth"} < set(tested["classes"])
    assert tested["classes"]["all"]["windows"] == 2 * tested["series"] == 2 * (SERIES + 1)
    for name, one in series.items():
        if name.startswith("even"):
            assert one["backtest"]["of"] == one["class"] == "smooth"
            scores = tested["classes"]["smooth"]
            assert one["backtest"] == {"of": "smooth"} | {
                key: scores[key] for key in one["backtest"] if key != "of"
            }
    assert series["rare00"]["class"] in ("intermittent", "lumpy")
    assert series["rare00"]["backtest"]["loss"] > series["even01"]["backtest"]["loss"]
    assert (series["young"]["backtest"], series["unused"]["backtest"]) == (None, None)


def test_the_figures_are_those_of_the_windows(cli: Cli, history: Path, tmp_path: Path) -> None:
    """The last two windows asked for by hand, by files that end before them."""
    even = [line.split(",") for line in history.read_text().splitlines() if line.startswith("even")]
    (tmp_path / "even.csv").write_text("series_id,t,y\n" + "".join(",".join(one) + "\n" for one in even))
    scores = report_of(cli, tmp_path / "even.csv", tmp_path)["backtest"]["classes"]["all"]
    said, came = [], []
    for end in (PERIODS - 6, PERIODS - 3):
        past = [one for one in even if one[1] < _month(end)]
        future = [one for one in even if _month(end) <= one[1] < _month(end + 3)]
        (tmp_path / "past.csv").write_text("series_id,t,y\n" + "".join(",".join(one) + "\n" for one in past))
        report_of(cli, tmp_path / "past.csv", tmp_path)
        for row in (tmp_path / "o.csv").read_text().splitlines()[1:]:
            said.append(int(row.split(",")[2]))
        for name in sorted({one[0] for one in even}):
            came.append(sum(int(y) for series, _, y in future if series == name))
    quantities, demand = np.array(said, dtype=float).reshape(-1, 2), np.array(came, dtype=float)
    assert scores["windows"] == demand.size
    assert scores["covered"] == pytest.approx((demand[:, None] <= quantities).mean(axis=0), abs=1e-4)
    assert scores["calibration"] == pytest.approx(calibration_error([0.5, 0.9], demand, quantities), abs=1e-4)


def test_a_history_too_young_for_a_past_says_so(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text("series_id,t,y\n" + "".join(f"a,{_month(n)},{n}\n" for n in range(6)))
    report = report_of(cli, tmp_path / "h.csv", tmp_path)
    assert report["backtest"]["series"] == 0
    assert "nothing to score" in report["backtest"]["reason"]
    assert report["series"][0]["backtest"] is None
