"""forecast backtest, as people call it: on a table and on a book."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dashboard.cli import backtests, run
from dashboard.forecasts import backtesting, simulating
from dashboard.forecasts.backtest_page import page
from dashboard.forecasts.backtesting import KeptAnswers
from dashboard.forecasts.simulation_page import percent
from forecast.pooled.panel import MONTHLY
from forecast.scoring import baselines
from forecast.scoring.backtest import upto
from forecast.scoring.imagined import imagine
from forecast.tables.table import Table
from tests.cli.conftest import Cli

SOURCE = Path(__file__).parents[2] / "data" / "forecast" / "dk_abx.csv"


@pytest.fixture(autouse=True)
def without_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether or not they are installed here."""
    monkeypatch.setitem(sys.modules, "statsforecast", None)
    monkeypatch.setitem(sys.modules, "statsforecast.models", None)


def write(path: Path, demand: np.ndarray, heading: str = "series_id,t,y", stock: str = "") -> Path:
    lines = [heading]
    for name, row in enumerate(demand):
        lines += [f"s{name},{2018 + t // 12}-{t % 12 + 1:02d}-01,{y}{stock}" for t, y in enumerate(row)]
    path.write_text("\n".join(lines) + "\n")
    return path


def some_demand() -> np.ndarray:
    """24 monthly series of four years and a half: steady and rare ones."""
    rng = np.random.default_rng(1)
    rare = rng.poisson(4, (8, 54)) * (rng.random((8, 54)) < 0.4)
    return np.vstack([rng.poisson(30, (16, 54)), rare])


@pytest.fixture
def history(tmp_path: Path) -> Path:
    return write(tmp_path / "history.csv", some_demand())


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str, list[str]]:
    """A report with its simulation: as JSON, as a page, and the names of the files beside it."""
    folder = tmp_path_factory.mktemp("written")
    path = write(folder / "history.csv", some_demand())
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as said:
        patch.setitem(sys.modules, "statsforecast", None)
        patch.setitem(sys.modules, "statsforecast.models", None)
        patch.setattr(simulating, "TRIED_LEVELS", (0.9,))
        patch.setattr(simulating, "TRIED_BUFFERS", (1.0,))
        patch.setattr(simulating, "imagine", lambda: imagine(3))
        for part in (backtesting, simulating):
            patch.setattr(part, "ours", baselines.textbook)  # the page is looked at here, not the figures
        assert run(["forecast", "backtest", str(path), "-o", str(folder / "report.html"), "--json"]) == 0
    names = sorted(file.name for file in folder.iterdir())
    return json.loads(said.getvalue()), (folder / "report.html").read_text("utf-8"), names


def test_scores_of_a_table_as_json(cli: Cli, history: Path) -> None:
    answer = cli("forecast", "backtest", history, "--no-simulation", "--json")
    assert (answer.code, answer.err) == (0, "")
    report = answer.json
    assert report["source"] == {
        "name": "history.csv", "log_size": None, "series": 24, "rhythm": "monthly", "periods": 54,
        "first_day": "2018-01-01", "last_period_from": "2022-06-01", "censored_share": 0.0,
        "scored_series": 24,
    }  # fmt: skip
    assert (report["horizon"], report["origins"], report["levels"]) == (3, 3, [0.9, 0.95, 0.98])
    assert set(report["methods"]) == {
        "mingzhang", "mingzhang_fast", "textbook", "textbook_recent", "openboxes", "open_msupply"
    }  # fmt: skip
    for score in report["methods"].values():
        assert score["windows"] == 72
        assert len(score["covered"]) == len(score["held"]) == len(score["pinball_by_level"]) == 3
    assert report["left_out"] == ["auto_ets", "croston_sba"]
    assert sum(found["series"] for found in report["by_class"].values()) >= 24
    ratio = report["ratios"]["textbook"]["mingzhang"]
    assert ratio["low"] <= ratio["value"] <= ratio["high"]


def test_the_same_input_gives_the_same_scores(cli: Cli, history: Path) -> None:
    first, again = (cli("forecast", "backtest", history, "--no-simulation", "--json").json for _ in range(2))
    first.pop("seconds")
    again.pop("seconds")
    assert first == again


def test_what_was_asked_is_what_is_done(cli: Cli, history: Path) -> None:
    report = cli(
        "forecast", "backtest", history, "--horizon", 2, "--origins", 5, "--levels", "0.99,0.5",
        "--no-simulation", "--json",
    ).json  # fmt: skip
    assert (report["horizon"], report["origins"], report["levels"]) == (2, 5, [0.5, 0.99])


def test_on_the_screen_it_says_who_was_left_out(cli: Cli, history: Path) -> None:
    answer = cli("forecast", "backtest", history, "--no-simulation")
    assert answer.code == 0
    assert "24 of 24 series, 3 windows of 3 periods (monthly)" in answer.out
    assert re.search(r"^mingzhang +0\.\d{4}", answer.out, re.MULTILINE)
    assert "left out: auto_ets, croston_sba (pip install statsforecast)" in answer.out


def test_absent_months_are_missing_or_none(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "purchases.csv"
    text = SOURCE.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join([text[0], *(line for line in text[1:] if line.startswith("Bornholms"))]), "utf-8")
    missing, zero = (
        cli("forecast", "backtest", path, "--gaps", gaps, "--no-simulation", "--json").json["source"]
        for gaps in ("missing", "zero")
    )
    assert missing["series"] == zero["series"]
    assert missing["scored_series"] < zero["scored_series"]


def test_windows_with_a_stock_out_are_not_scored(cli: Cli, tmp_path: Path) -> None:
    demand = np.random.default_rng(2).poisson(30, (12, 60))
    path = tmp_path / "h.csv"
    write(path, demand, "series_id,t,y,available", ",1")
    text = path.read_text().replace(f"s0,2022-12-01,{demand[0, 59]},1", f"s0,2022-12-01,{demand[0, 59]},0")
    path.write_text(text)
    report = cli("forecast", "backtest", path, "--no-simulation", "--json").json
    assert report["methods"]["textbook"]["windows"] == 35
    assert report["source"]["censored_share"] == pytest.approx(1 / 720)


# the report


def test_the_report_needs_nothing_else_and_says_what_the_json_says(
    written: tuple[dict[str, Any], str, list[str]],
) -> None:
    report, text, names = written
    assert names == ["history.csv", "report.html"], "nothing that was kept stays"
    own = re.sub(r"<script>.*?</script>|<style>.*?</style>", "", text, flags=re.DOTALL)
    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!#)""", own) == []
    assert "url(" not in re.findall(r"<style>(.*?)</style>", text, re.DOTALL)[0]
    for share in report["methods"]["mingzhang"]["covered"]:
        assert own.count(percent(share, 1)) >= 2, "in both languages"
    for words in (
        "备货预测，对照过去检验",
        "Stock forecasts, checked against the past",
        "pip install statsforecast",
    ):
        assert words in own
    assert [world["world"] for world in report["simulation"]] == ["replayed", "imagined"]
    for world in report["simulation"]:
        for policy in world["policies"]:
            assert f"{policy['all']['short_days']:.1f}" in own


def test_every_figure_is_there_in_both_forms_and_languages(
    written: tuple[dict[str, Any], str, list[str]],
) -> None:
    _, text, _ = written
    figures = re.findall(r'<script type="application/json" data-form="(\w+)">(.*?)</script>', text, re.DOTALL)
    assert [form for form, _ in figures] == ["wide", "narrow"] * 8  # 2 and two worlds, twice
    for _, figure in figures:
        assert json.loads(figure)["data"]


def test_the_page_is_a_pure_function_of_the_json(written: tuple[dict[str, Any], str, list[str]]) -> None:
    report, text, _ = written
    assert page(report) == text


def test_a_page_says_that_nothing_could_be_replayed(written: tuple[dict[str, Any], str, list[str]]) -> None:
    report, text, _ = written
    imagined = [world for world in report["simulation"] if world["world"] == "imagined"]
    told = "没有足够长、从未缺货的记录可以重演。"
    assert told in page({**report, "simulation": imagined})
    assert told not in text


def test_short_or_stocked_out_series_are_not_replayed() -> None:
    demand = np.random.default_rng(3).poisson(30, (3, 60)).astype(np.float64)
    demand[1, :20] = np.nan  # begins late
    demand[2, 50] = np.nan  # unknown in the time that would be replayed
    table = Table(
        ("a", "b", "c"), MONTHLY, date(2018, 1, 1), demand, np.zeros((3, 60), dtype=np.bool_), ((),) * 3
    )
    rules = simulating.stock_rules(table, 3)
    assert (rules.review, rules.lead, rules.cover) == (1, 2, 3)
    world = simulating.replayed_world(table, rules)
    assert world is not None
    np.testing.assert_array_equal(world.demand, demand[:1])
    assert world.start == 36
    assert simulating.replayed_world(upto(table, 30), rules) is None


def test_what_a_file_is_called_cannot_become_a_tag(cli: Cli, history: Path, tmp_path: Path) -> None:
    odd = history.rename(tmp_path / "<script>alert(1).csv")
    output = tmp_path / "report.html"
    assert cli("forecast", "backtest", odd, "--no-simulation", "-o", output).code == 0
    assert "<script>alert" not in output.read_text("utf-8")


@pytest.mark.parametrize(
    ("share", "digits", "text"),
    [
        (0.95, 0, "95%"),
        (0.9996, 1, "99.9%"),
        (0.996, 0, "99.6%"),
        (1.0, 1, "100%"),
        (0.5, 1, "50%"),
        (0, 0, "0%"),
    ],
)
def test_a_percentage_is_never_rounded_to_all(share: float, digits: int, text: str) -> None:
    assert percent(share, digits) == text


# stopped and taken up again


def test_a_stopped_run_is_taken_up_again(
    cli: Cli, history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, asked = tmp_path / "report.html", []

    def stop_at_the_fourth(known, length, levels):  # type: ignore[no-untyped-def]
        asked.append(known.issued.shape[1])
        if len(asked) == 4:
            raise KeyboardInterrupt
        return np.full((len(known.issued), len(levels)), 90.0)

    monkeypatch.setattr(backtesting.baselines, "textbook", stop_at_the_fourth)
    arguments = ("forecast", "backtest", history, "--origins", 5, "--no-simulation", "-o", output, "--json")
    stopped = cli(*arguments)
    assert stopped.code == 130
    assert stopped.err == f"mingzhang: stopped: {backtests.KEPT_ALIKE}\n"
    assert not output.exists()
    kept = tmp_path / "report.html.kept"
    assert len(list(kept.glob("*/textbook-*.npy"))) == 3
    answer = cli(*arguments)
    assert answer.code == 0
    assert len(asked) == 6, "three were kept, the fourth is asked again, and the fifth"
    assert not kept.exists()
    assert answer.json["methods"]["textbook"]["windows"] == 5 * 24


def test_answers_to_another_question_are_not_taken(cli: Cli, history: Path, tmp_path: Path) -> None:
    output = tmp_path / "report.html"
    other = KeptAnswers(tmp_path / "report.html.kept", "another")
    other["textbook-45-0"] = np.full((24, 3), 1e6)
    report = cli("forecast", "backtest", history, "--no-simulation", "-o", output, "--json").json
    assert max(report["methods"]["textbook"]["held"]) < 5
    assert "textbook-45-0" in other, "and what belongs to another question stays"


def test_kept_answers_are_a_mapping(tmp_path: Path) -> None:
    kept = KeptAnswers(tmp_path / "kept", "q")
    assert (len(kept), "a" in kept) == (0, False)
    kept["a"] = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(kept["a"], np.arange(6.0).reshape(2, 3))
    assert list(kept) == ["a"]
    (tmp_path / "kept" / "q" / "b.npy").write_bytes(b"half a fi")
    assert "b" not in kept
    del kept["a"]
    assert "a" not in kept
    kept.clear()
    assert not (tmp_path / "kept").exists()


# a book


def test_a_book_that_holds_too_little_says_so(cli: Cli, home: Path) -> None:
    answer = cli("forecast", "backtest", "--home", home, "--no-simulation")
    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert "nothing to score" in answer.err or "the book holds no" in answer.err


# bad input


def bad_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    yield "empty", b""
    yield "no rows", b"series_id,t,y\n"
    yield "no such column", b"a,b,c\n1,2,3\n"
    yield "no date", b"series_id,t,y\ns,soon,1\n"
    yield "binary", bytes(range(256)) * 20
    yield "one point", b"series_id,t,y\ns,2020-01-01,5\n"
    yield "too short", b"series_id,t,y\n" + b"".join(b"s,2020-%02d-01,5\n" % m for m in range(1, 13))
    yield "all missing", b"series_id,t,y\n" + b"".join(b"s,2020-%02d-01,\n" % m for m in range(1, 13))


@pytest.mark.parametrize("name", [name for name, _ in bad_files(Path())])
def test_a_table_that_cannot_be_tested_is_one_sentence(cli: Cli, tmp_path: Path, name: str) -> None:
    path, output = tmp_path / "bad.csv", tmp_path / "report.html"
    path.write_bytes(dict(bad_files(tmp_path))[name])
    output.write_text("the report before")
    answer = cli("forecast", "backtest", path, "-o", output)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("mingzhang: ")
    assert answer.err.count("\n") == 1
    assert output.read_text() == "the report before"


@pytest.mark.parametrize(
    "wrong",
    [
        ("--levels", "high"), ("--levels", "1"), ("--levels", "0.9,nan"), ("--levels", ""),
        ("--gaps", "none"), ("--horizon", "0"), ("--origins", "0"), ("--horizon", "9999"),
        ("-o", "no/such/folder/r.html"), ("-o", "."), ("-o", "/"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_wrong_word_is_one_sentence(cli: Cli, history: Path, wrong: tuple[str, str]) -> None:
    answer = cli("forecast", "backtest", history, "--no-simulation", *wrong)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.count("\n") == 1


def test_more_windows_than_there_are_is_all_of_them(cli: Cli, history: Path) -> None:
    call = ("forecast", "backtest", history, "--no-simulation", "--horizon", "12", "--json", "--origins")
    many, few = (cli(*call, number).json for number in (10**9, 100))
    assert many["origins"] == few["origins"] < 100
    assert many["methods"]["mingzhang"] == few["methods"]["mingzhang"]


def test_odd_series_do_not_stop_the_others(cli: Cli, tmp_path: Path) -> None:
    """All zeros, constant, huge, negative and mostly missing ones beside good ones."""
    rng = np.random.default_rng(4)
    demand = rng.poisson(30, (12, 60)).astype(object)
    demand[0], demand[1], demand[2, 30] = 0, 7, 10**15
    demand[3, 40], demand[4, :50], demand[5, ::2] = -20, "", ""
    path = write(tmp_path / "odd.csv", demand)
    report = cli("forecast", "backtest", path, "--no-simulation", "--json").json
    text = json.dumps(report)
    assert "NaN" not in text
    assert "Infinity" not in text
    assert report["source"]["scored_series"] >= 9
