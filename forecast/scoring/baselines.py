"""What others do, for comparison: the textbook, the moving averages of two peers, and statsforecast.

    textbook        P*d + z*sqrt(P)*sd, mean and sd of all history: DOMAIN.md section 4, "SS statistical",
                    without its lead-time term, since a back-test's windows are all of one length
    openboxes       P * demand of 365 days / floor(365 / 30) months: OpenBoxes, ForecastingService.getDemand
                    (older versions: 180 days)
    open_msupply    P * consumption / look-back months * days / (days - days out of stock), of three months:
                    Open mSupply, issue 9517, "Customisable AMC"
    auto_ets        statsforecast AutoETS("ZZN"), 500 joint bootstrapped paths, cut at 0, summed
    croston_sba     statsforecast CrostonSBA, its errors on past windows' totals added (split conformal)

The moving averages know no service level: one figure stands for all, and the months of buffer that their
users type in on top are theirs. They read the raw issues, as those programs do; the others read the history
in which stock-outs are completed, so that what is compared is the forecast. The last two need `statsforecast`
(a tool for developers, not installed with the program).
"""

from __future__ import annotations

import importlib
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.pooled.panel import DAILY, WEEKLY, Panel, Rhythm

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

ETS_PATHS = 500
CONFORMAL_ORIGINS = 24
AMC_LOOK_BACK_MONTHS = 3
OPENBOXES_DAYS = 365
MONTH_DAYS = 365 / 12


class PeerMissing(RuntimeError):
    """The peer's package is not installed."""


@dataclass(frozen=True)
class Past:
    """What is known at one moment.

    Attributes:
        panel: history made ready: stock-outs completed, missing periods dropped, right-aligned.
        issued: shape (n, periods), what was issued in each period of the calendar; NaN before a series
            begins, 0 where nothing is known.
        out: shape (n, periods), the shelf was empty at the end, or nothing is known of the period.
    """

    panel: Panel
    issued: FloatArray
    out: BoolArray

    def rows(self, chosen: BoolArray | NDArray[np.int64]) -> Past:
        return replace(self, panel=self.panel.rows(chosen), issued=self.issued[chosen], out=self.out[chosen])


Forecaster = Callable[[Past, int, tuple[float, ...]], FloatArray]
"""(what is known, periods ahead, levels) -> quantiles of the total, shape (series, levels)."""


def textbook(past: Past, length: int, levels: tuple[float, ...]) -> FloatArray:
    return _mean_and_sigma(past.panel.values, length, levels)


def from_issues(ask: Forecaster) -> Forecaster:
    """The same forecaster, taking for demand what was issued, as one does who knows of no stock-outs."""

    def asked(past: Past, length: int, levels: tuple[float, ...]) -> FloatArray:
        gapless = np.ones(len(past.issued), dtype=np.bool_)
        return ask(replace(past, panel=Panel(past.issued, past.panel.rhythm, gapless)), length, levels)

    return asked


def textbook_recent(past: Past, length: int, levels: tuple[float, ...]) -> FloatArray:
    """The same on the recent past alone: 12 months, 12 weeks or 56 days."""
    return _mean_and_sigma(past.panel.values[:, -past.panel.rhythm.recent :], length, levels)


def _mean_and_sigma(values: FloatArray, length: int, levels: tuple[float, ...]) -> FloatArray:
    known = ~np.isnan(values)
    count = np.maximum(known.sum(axis=1), 1)
    mean = np.where(known, values, 0.0).sum(axis=1) / count
    squares = np.where(known, (values - mean[:, None]) ** 2, 0.0).sum(axis=1)
    sd = np.sqrt(squares / np.maximum(count - 1, 1))
    z = np.array([NormalDist().inv_cdf(level) for level in levels])
    found: FloatArray = length * mean[:, None] + z * math.sqrt(length) * sd[:, None]
    return np.maximum(0.0, found)


def openboxes(past: Past, length: int, levels: tuple[float, ...]) -> FloatArray:
    """Monthly demand = total of the last 365 days / floor(365 / 30), and so a little above their mean."""
    rhythm = past.panel.rhythm
    total = _last(past.issued, periods_in(OPENBOXES_DAYS, rhythm)).sum(axis=1)
    monthly = total / (OPENBOXES_DAYS // 30)
    return _for_all_levels(monthly * length / periods_per_month(rhythm), levels)


def open_msupply(past: Past, length: int, levels: tuple[float, ...]) -> FloatArray:
    """Average monthly consumption, made larger by the share of periods out of stock; 0 if all were."""
    rhythm = past.panel.rhythm
    back = periods_in(AMC_LOOK_BACK_MONTHS * MONTH_DAYS, rhythm)
    consumption = _last(past.issued, back).sum(axis=1)
    out = past.out[:, -back:].sum(axis=1)
    stocked = np.maximum(min(back, past.out.shape[1]) - out, 0)
    factor = np.where(stocked > 0, back / np.maximum(stocked, 1), 0.0)
    monthly = consumption / AMC_LOOK_BACK_MONTHS * factor
    return _for_all_levels(monthly * length / periods_per_month(rhythm), levels)


def periods_per_month(rhythm: Rhythm) -> float:
    return MONTH_DAYS / days_in_period(rhythm)


def periods_in(days: float, rhythm: Rhythm) -> int:
    return max(1, round(days / days_in_period(rhythm)))


def days_in_period(rhythm: Rhythm) -> float:
    """Days of a period; the season of a rhythm may be its own, so that is not looked at."""
    for days, known in ((1.0, DAILY), (7.0, WEEKLY)):
        if (rhythm.recent, rhythm.settled) == (known.recent, known.settled):
            return days
    return MONTH_DAYS


def _last(values: FloatArray, periods: int) -> FloatArray:
    return np.nan_to_num(values[:, -periods:])


def _for_all_levels(total: FloatArray, levels: tuple[float, ...]) -> FloatArray:
    return np.repeat(np.asarray(total)[:, None], len(levels), axis=1)


def auto_ets(past: Past, length: int, levels: tuple[float, ...]) -> FloatArray:
    """Series by series; one that AutoETS cannot fit is answered by its recent mean."""
    models = statsforecast_models()
    rows = [_ets_row(models, row[~np.isnan(row)], length, levels) for row in past.panel.values]
    return np.array(rows).reshape(len(rows), len(levels))


def _ets_row(models: Any, known: FloatArray, length: int, levels: tuple[float, ...]) -> FloatArray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = models.AutoETS(model="ZZN", season_length=1)
            model.fit(known)
            paths = model.simulate(h=length, n_paths=ETS_PATHS, seed=0, error_distribution="bootstrap")
        except Exception:  # what a peer raises is its own affair; it must not stop the comparison
            return np.full(len(levels), length * float(known[-12:].mean()) if known.size else 0.0)
    totals = np.maximum(np.asarray(paths).reshape(ETS_PATHS, length), 0.0).sum(axis=1)
    return np.asarray(np.quantile(totals, levels), dtype=np.float64)


def croston_sba(past: Past, length: int, levels: tuple[float, ...]) -> FloatArray:
    """The peer has no stochastic model; up to 24 past errors of the total give it quantiles at
    place ceil((n + 1) * level) of n (split conformal, Vovk et al. 2005)."""
    models = statsforecast_models()
    rows = [_croston_row(models, row[~np.isnan(row)], length, levels) for row in past.panel.values]
    return np.array(rows).reshape(len(rows), len(levels))


def _croston_row(models: Any, known: FloatArray, length: int, levels: tuple[float, ...]) -> FloatArray:
    def total(history: FloatArray) -> float:
        if not history.any():
            return 0.0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return float(np.sum(models.CrostonSBA().forecast(y=history, h=length)["mean"]))

    newest = known.size - length
    origins = range(newest, max(length, newest - CONFORMAL_ORIGINS), -1)
    errors = np.sort([known[at : at + length].sum() - total(known[:at]) for at in origins])
    if not errors.size:
        return np.full(len(levels), max(0.0, total(known)))
    places = [min(math.ceil((errors.size + 1) * level), errors.size) - 1 for level in levels]
    return np.maximum(0.0, total(known) + errors[places])


def statsforecast_models() -> Any:
    """The peer's models. PeerMissing if it is not installed."""
    try:
        return importlib.import_module("statsforecast.models")
    except ImportError as missing:
        raise PeerMissing("statsforecast is not installed: pip install statsforecast") from missing
