"""The back-test's report, opened from a folder as somebody would who got it by mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from dashboard.forecasts import backtesting, simulating
from dashboard.forecasts.backtest_page import page
from forecast.pooled.panel import MONTHLY
from forecast.scoring import baselines
from forecast.scoring.imagined import imagine
from forecast.tables.table import Table
from tests.browser.watching import AXE, DESKTOP, PHONE

DRAWN = """() => {
  const shown = document.querySelector(`[data-side="${document.documentElement.dataset.shown}"]`);
  return [...shown.querySelectorAll('[data-plot]')].every((holder) => holder.querySelector('.main-svg'));
}"""


def write(path: Path) -> None:
    demand = np.random.default_rng(1).poisson(30, (20, 54)).astype(np.float64)
    names = tuple(f"s{i}" for i in range(20))
    empty = np.zeros(demand.shape, dtype=np.bool_)
    table = Table(names, MONTHLY, date(2018, 1, 1), demand, empty, ((),) * 20)
    with pytest.MonkeyPatch.context() as patch:
        for part in (backtesting, simulating):
            patch.setattr(part, "ours", baselines.textbook)  # the page is looked at here, not the figures
        patch.setattr(backtesting, "ours_fast", baselines.textbook)
        patch.setattr(simulating, "imagine", lambda: imagine(3))
        report = backtesting.backtest_report(table, backtesting.Source("history.csv"))
        report["simulation"] = simulating.simulation_report(table)
    (path / "report.html").write_text(page(report), encoding="utf-8")


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_it_draws_by_itself_in_both_languages(
    browser, made_once: Callable[[str, Callable[[Path], object]], Path], size: tuple[int, int]
) -> None:
    folder = made_once("backtest-report", write)
    tab = browser.new_page(viewport={"width": size[0], "height": size[1]})
    problems: list[str] = []
    tab.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: problems.append(str(error)))
    tab.on(
        "request", lambda one: None if one.url.startswith(("file:", "data:")) else problems.append(one.url)
    )
    tab.goto((folder / "report.html").as_uri())
    for lang, title in (
        ("zh", "备货预测，对照过去检验"),
        ("en", "Stock forecasts, checked against the past"),
    ):
        tab.wait_for_function(DRAWN, timeout=20_000)
        assert tab.locator("h1:visible").all_inner_texts() == [title]
        assert tab.evaluate("document.documentElement.scrollWidth") <= size[0]
        if lang == "zh":
            tab.locator("[data-switch]:visible").click()
    tab.add_script_tag(path=AXE)
    found = tab.evaluate("axe.run().then((result) => result.violations)")
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    assert problems == []
    tab.close()


def test_without_scripts_both_languages_stand_below_each_other(
    browser, made_once: Callable[[str, Callable[[Path], object]], Path]
) -> None:
    folder = made_once("backtest-report", write)
    tab = browser.new_page(java_script_enabled=False)
    tab.goto((folder / "report.html").as_uri())
    assert tab.locator("h1:visible").count() == 2
    assert tab.locator("table:visible").count() >= 4
    tab.close()
