from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from forecast.pooled.panel import DAILY, MONTHLY, Rhythm
from forecast.scoring.backtest import (
    CLASSES,
    Entrant,
    TooShort,
    backtest,
    classify,
    ours,
    past_of,
    upto,
    windows_of,
)
from forecast.scoring.baselines import (
    Past,
    PeerMissing,
    auto_ets,
    croston_sba,
    from_issues,
    open_msupply,
    openboxes,
    textbook,
    textbook_recent,
)
from forecast.stock.policy import whole_units
from forecast.tables.table import Table

FloatArray = np.ndarray


def table_of(demand: FloatArray, censored: FloatArray | None = None, rhythm: Rhythm = MONTHLY) -> Table:
    empty = np.zeros(demand.shape, dtype=np.bool_) if censored is None else censored
    names = tuple(f"s{i}" for i in range(len(demand)))
    return Table(names, rhythm, date(2020, 1, 1), demand.astype(np.float64), empty, ((),) * len(demand))


def past(demand: list[list[float]], rhythm: Rhythm = MONTHLY) -> Past:
    return past_of(table_of(np.array(demand), rhythm=rhythm))


def steady(n: int = 12, periods: int = 60, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).poisson(20.0, (n, periods)).astype(np.float64)


def all_knowing(truth: FloatArray, add: float = 0.0) -> Entrant:
    """Says what will come, plus `add`."""

    def ask(known: Past, length: int, levels: tuple[float, ...]) -> FloatArray:
        start = known.issued.shape[1]
        total = truth[:, start : start + length].sum(axis=1) + add
        return np.repeat(total[:, None], len(levels), axis=1)

    return Entrant("knows", ask, alone=False)


def test_the_windows_are_the_last_ones_and_do_not_overlap() -> None:
    demand = np.arange(40.0)[None]
    windows = windows_of(table_of(demand), length=3, origins=4, least_history=24)
    assert windows.starts == (28, 31, 34, 37)
    assert windows.demand[:, 0].tolist() == [28 + 29 + 30, 31 + 32 + 33, 34 + 35 + 36, 37 + 38 + 39]
    assert windows.size[0, 0] == 3 * np.arange(28).mean()
    assert windows.counted.all()


def test_a_window_whose_demand_was_not_seen_whole_is_not_scored() -> None:
    demand, censored = steady(3), np.zeros((3, 60), dtype=np.bool_)
    demand[0, 58] = np.nan
    censored[1, 55] = True
    windows = windows_of(table_of(demand, censored), 3, 3, 24)
    assert windows.counted.T.tolist() == [[True, True, False], [True, False, True], [True, True, True]]


def test_a_series_that_began_late_is_not_scored_until_it_is_settled() -> None:
    demand = steady(2)
    demand[1, :31] = np.nan  # known from period 31 on: 24 periods at 55, not at 51 or 54
    windows = windows_of(table_of(demand), 3, 3, 24)
    assert windows.starts == (51, 54, 57)
    assert windows.counted[:, 1].tolist() == [False, False, True]


def test_a_forecaster_is_told_nothing_of_what_comes() -> None:
    """Change everything after an origin: what was asked at it stays the same."""
    demand, seen = steady(), []

    def ask(known: Past, length: int, levels: tuple[float, ...]) -> FloatArray:
        seen.append((known.issued.copy(), known.panel.values.copy(), known.out.copy()))
        return np.zeros((len(known.issued), len(levels)))

    backtest(table_of(demand), [Entrant("spy", ask, alone=False)], 3, origins=1)
    changed = demand.copy()
    changed[:, 57:] += 1000
    backtest(table_of(changed), [Entrant("spy", ask, alone=False)], 3, origins=1)
    for before, after in zip(*seen, strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_perfect_forecast_has_no_loss_and_one_unit_more_costs_what_pinball_says() -> None:
    demand = steady()
    table = table_of(demand)
    perfect = backtest(table, [all_knowing(demand)], 3, levels=(0.9, 0.98)).scores["knows"]
    assert (perfect.pinball, perfect.fill_rate, perfect.covered) == (0.0, (1.0, 1.0), (1.0, 1.0))
    found = backtest(table, [all_knowing(demand, add=1.0)], 3, levels=(0.9, 0.98))
    size = found.windows.size
    assert found.scores["knows"].pinball_by_level == pytest.approx(
        [(0.1 / size).mean(), (0.02 / size).mean()]
    )


def test_scores_by_hand() -> None:
    """Two series, one window of 2 periods, always 10 offered: demands 8 and 14 of means 4 and 6 a period."""
    demand = np.array([[4.0] * 24 + [4, 4], [6.0] * 24 + [6, 8]])
    offer = Entrant("ten", lambda known, length, levels: np.full((len(known.issued), len(levels)), 10.0))
    score = backtest(table_of(demand), [offer], 2, origins=1, levels=(0.95,)).scores["ten"]
    assert score.windows == 2
    assert score.pinball == pytest.approx((0.05 * 2 / 8 + 0.95 * 4 / 12) / 2)
    assert score.covered == (0.5,)
    assert score.calibration == pytest.approx(0.45)
    assert score.fill_rate == (pytest.approx(18 / 22),)
    assert score.held == (pytest.approx((10 / 8 + 10 / 12) / 2),)


def test_the_interval_of_a_ratio_holds_the_windows_of_a_series_together() -> None:
    demand = steady(30)
    entrants = [Entrant("textbook", textbook), Entrant("recent", textbook_recent)]
    found = backtest(table_of(demand), entrants, 3)
    ratio = found.ratio("recent", "textbook")
    assert ratio.low < ratio.value < ratio.high
    losses = [found.losses[name].sum() for name in ("recent", "textbook")]
    assert ratio.value == pytest.approx(losses[0] / losses[1])
    same = found.ratio("textbook", "textbook")
    assert (same.value, same.low, same.high) == (1.0, 1.0, 1.0)
    again = found.ratio("recent", "textbook")
    assert again == ratio, "the same draws each time"


def test_who_looks_at_series_alone_is_asked_only_for_those_that_are_scored() -> None:
    demand, asked = steady(5), []
    demand[3, :50] = np.nan

    def ask(known: Past, length: int, levels: tuple[float, ...]) -> FloatArray:
        asked.append(len(known.issued))
        return np.zeros((len(known.issued), len(levels)))

    backtest(table_of(demand), [Entrant("one", ask)], 3, origins=2)
    backtest(table_of(demand), [Entrant("all", ask, alone=False)], 3, origins=2)
    assert asked == [4, 4, 5, 5]


def test_what_was_kept_is_not_asked_again() -> None:
    demand, kept, calls = steady(), {}, []

    def ask(known: Past, length: int, levels: tuple[float, ...]) -> FloatArray:
        calls.append(known.issued.shape[1])
        if len(calls) == 2:
            raise KeyboardInterrupt
        return textbook(known, length, levels)

    with pytest.raises(KeyboardInterrupt):
        backtest(table_of(demand), [Entrant("slow", ask)], 3, kept=kept)
    resumed = backtest(table_of(demand), [Entrant("slow", ask)], 3, kept=kept)
    assert calls == [51, 54, 54, 57]
    whole = backtest(table_of(demand), [Entrant("slow", textbook)], 3)
    assert resumed.scores == whole.scores


def test_progress_counts_every_question() -> None:
    steps: list[tuple[int, int]] = []
    entrants = [Entrant("textbook", textbook), Entrant("openboxes", openboxes)]
    backtest(table_of(steady()), entrants, 3, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(i, 6) for i in range(1, 7)]


@pytest.mark.parametrize(
    "demand", [np.zeros((0, 40)), np.ones((2, 5)), np.full((2, 60), np.nan)], ids=["none", "short", "unknown"]
)
def test_nothing_to_score_is_said(demand: FloatArray) -> None:
    with pytest.raises(TooShort, match="nothing to score"):
        backtest(table_of(demand), [Entrant("textbook", textbook)], 3)


@pytest.mark.parametrize(("length", "origins"), [(0, 3), (3, 0), (-1, 1)])
def test_a_horizon_or_a_number_below_one_is_refused(length: int, origins: int) -> None:
    with pytest.raises(ValueError, match="1 or more"):
        backtest(table_of(steady()), [Entrant("textbook", textbook)], length, origins)


def test_all_zero_series_are_scored_and_cost_nothing() -> None:
    entrants = [Entrant("ours", ours, alone=False), Entrant("textbook", textbook)]
    found = backtest(table_of(np.zeros((3, 60))), entrants, 3)
    for score in found.scores.values():
        assert (score.pinball, score.covered[0], score.fill_rate[0]) == (0.0, 1.0, 1.0)
    ratio = found.ratio("ours", "textbook")
    assert (ratio.value, ratio.low, ratio.high) == (1.0, 1.0, 1.0), "two without any error are alike"


def test_classes_by_hand() -> None:
    """Every period the same; every period, sizes unlike; one period of three; the same with sizes unlike."""
    periods = np.arange(60)
    demand = np.stack([
        np.full(60, 10.0),
        np.where(periods % 2, 1.0, 20.0),
        np.where(periods % 3, 0.0, 10.0),
        np.where(periods % 3, 0.0, np.where(periods % 2, 1.0, 20.0)),
    ])  # fmt: skip
    assert [CLASSES[i] for i in classify(demand)] == list(CLASSES)


def test_ours_beats_the_textbook_where_the_level_moves() -> None:
    """The point of it all, in small: 80 series whose level drifts."""
    rng = np.random.default_rng(5)
    level = 30 * np.exp(np.cumsum(rng.normal(0, 0.12, (80, 60)), axis=1))
    demand = rng.poisson(level).astype(np.float64)
    entrants = [Entrant("ours", ours, alone=False), Entrant("textbook", textbook)]
    found = backtest(table_of(demand), entrants, 3)
    assert found.ratio("ours", "textbook").high < 0.8
    assert found.scores["ours"].calibration < found.scores["textbook"].calibration


def test_whole_units_are_rounded_up_without_dust() -> None:
    found = whole_units(np.array([-3.0, 0.0, 2.0000000000001, 2.01, 1e9 + 1e-6]))
    assert found.tolist() == [0, 0, 2, 3, 1e9]


# what others do


def test_textbook_by_hand() -> None:
    """8, 10, 12: mean 10, sample standard deviation 2; 3 periods at 95 %."""
    assert textbook(past([[8, 10, 12]]), 3, (0.95,))[0, 0] == pytest.approx(30 + 1.64485 * 2 * 3**0.5)
    assert textbook(past([[5]]), 3, (0.95,)).tolist() == [[15.0]]


def test_textbook_of_the_recent_past_forgets_what_is_older() -> None:
    demand = [[100.0] * 20 + [10.0] * 12]
    assert textbook_recent(past(demand), 3, (0.9,)).tolist() == [[30.0]]


def test_openboxes_divides_a_year_by_twelve_months_of_thirty_days() -> None:
    """ForecastingService.getDemand: total of 365 days / floor(365 / 30); so days count for a little more."""
    assert openboxes(past([[999.0] * 5 + [12.0] * 12]), 3, (0.9, 0.98)).tolist() == [[36.0, 36.0]]
    daily = openboxes(past([[3.0] * 400], DAILY), 14, (0.9,))[0, 0]
    assert daily == pytest.approx(365 * 3 / 12 * 14 / (365 / 12))


def test_open_msupply_divides_by_the_days_in_stock() -> None:
    """Issue 9517: consumption / 3 months * days / (days - days out of stock)."""
    issued = np.array([[50.0, 6.0, 6.0, 0.0], [50.0, 6.0, 6.0, 6.0], [50.0, 0.0, 0.0, 0.0]])
    out = np.array([[False, False, False, True], [False] * 4, [False, True, True, True]])
    known = Past(past([[1.0] * 4] * 3).panel, issued, out)
    assert open_msupply(known, 2, (0.9,))[:, 0] == pytest.approx([2 * 12 / 3 * 3 / 2, 12, 0])


def test_raw_issues_hold_zeros_where_the_shelf_was_empty() -> None:
    demand = np.array([[np.nan, 10.0, np.nan, 10.0]])
    known = past_of(table_of(demand))
    assert known.issued[0, 1:].tolist() == [10, 0, 10]
    assert known.out.tolist() == [[False, False, True, False]]
    assert textbook(known, 3, (0.5,)).tolist() == [[30.0]], "what is missing says nothing"
    assert from_issues(textbook)(known, 3, (0.5,)) == pytest.approx(20.0), "here it counts as none"


def test_the_past_of_a_table_ends_where_the_table_does() -> None:
    table = table_of(steady())
    assert past_of(upto(table, 40)).issued.shape == (12, 40)


@pytest.mark.parametrize("peer", [auto_ets, croston_sba], ids=["auto_ets", "croston_sba"])
def test_a_peer_that_is_not_installed_says_how_to_get_it(
    peer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "statsforecast", None)
    monkeypatch.setitem(sys.modules, "statsforecast.models", None)
    with pytest.raises(PeerMissing, match="pip install statsforecast"):
        peer(past([[1.0] * 30]), 3, (0.9,))  # type: ignore[operator]


if os.environ.get("MZ_HYPOTHESIS") == "soak":  # `make soak` puts the peers beside the environment

    def test_peers_answer_what_ever_the_series() -> None:
        """In a process of its own: the peers bring an older pandas."""
        peers = Path(sys.prefix) / "peers"
        asked = [sys.executable, "-c", "from tests.forecast.scoring.peers import check; check()"]
        done = subprocess.run(
            asked, env={**os.environ, "PYTHONPATH": f"{peers}:."}, capture_output=True, text=True
        )
        assert (done.returncode, done.stdout) == (0, "answered\n"), done.stderr
