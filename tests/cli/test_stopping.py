"""Ctrl-C of a long command: exit 130, and one line that says what is kept and how to go on."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from dashboard.forecasts.scenarios import DATA
from tests.cli.conftest import Cli

HISTORY = "series_id,t,y\n" + "".join(f"a,20{y}-{m:02}-01,{m}\n" for y in (20, 21, 22) for m in range(1, 13))


@pytest.mark.parametrize(
    ("arguments", "what", "said"),
    [
        (("run",), "forecasting.run_forecasts", "so far are kept; run `mingzhang forecast run` again"),
        (("reproduce", 3), "reproducing.reproduce", "nothing was changed; run it again"),
        (("scenario", DATA / "templates" / "scenario.toml"), "planning.book_plans", "nothing was written"),
        (("quantiles", "h.csv", "--horizon", 3, "-o", "o.csv"), "quantiles.answer_file", "nothing was"),
        (("backtest", "h.csv"), "backtesting.backtest_report", "-o REPORT.html to have what is done kept"),
        (("backtest", "h.csv", "-o", "r.html"), "backtesting.backtest_report", "again with the same words"),
        (("backtest", "h.csv", "-o", "r.html"), "simulating.simulation_report", "answers so far are kept"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_kept_is_said(
    cli: Cli,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: Any,
    what: str,
    said: str,
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    Path("h.csv").write_text(HISTORY)
    module, name = what.split(".")
    monkeypatch.setattr(import_module(f"dashboard.forecasts.{module}"), name, stopped)
    answer = cli("forecast", *arguments, "--home", home)
    assert (answer.code, answer.out) == (130, "")
    assert answer.err.startswith("mingzhang: stopped: ")
    assert answer.err.count("\n") == 1
    assert said in answer.err
    assert not {path.name for path in tmp_path.iterdir()} & {"o.csv", "r.html"}
