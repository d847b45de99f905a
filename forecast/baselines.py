"""What others do, for comparison: the textbook, moving averages of two peers, and statsforecast.

    textbook        P*d + z*sqrt(P)*sd, mean and sd of all history (or of the recent past)
    openboxes       P * mean of the last year: OpenBoxes' ForecastingService counts demand over 365 days
    open_msupply    P * mean of the last three months: Open mSupply's AMC with its default look-back
    auto_ets        statsforecast AutoETS("ZZN"), 500 joint bootstrapped paths, cut at 0, summed
    croston_sba     statsforecast CrostonSBA, its errors on past windows' totals added (split conformal)

The moving averages know no service level, so one figure stands for all; the months of buffer that their
users type in on top are theirs. The last two need `statsforecast` (a tool for developers, not installed
with the program).
"""

from __future__ import annotations

import importlib
import math
import warnings
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.panel import Panel, trailing_means

FloatArray = NDArray[np.float64]

Forecaster = Callable[[Panel, int, tuple[float, ...]], FloatArray]
"""(history, periods ahead, levels) -> quantiles of the total, shape (series, levels)."""

ETS_PATHS = 500
CONFORMAL_ORIGINS = 24
AMC_LOOK_BACK_MONTHS = 3


class PeerMissing(RuntimeError):
    """The peer's package is not installed."""


def textbook(panel: Panel, length: int, levels: tuple[float, ...], recent: bool = False) -> FloatArray:
    values = panel.values[:, -panel.rhythm.recent :] if recent else panel.values
    known = ~np.isnan(values)
    count = np.maximum(known.sum(axis=1), 1)
    filled = np.where(known, values, 0.0)
    mean = filled.sum(axis=1) / count
    squares = np.where(known, (filled - mean[:, None]) ** 2, 0.0).sum(axis=1)
    sd = np.sqrt(squares / np.maximum(count - 1, 1))
    z = np.array([NormalDist().inv_cdf(level) for level in levels])
    return np.maximum(0.0, length * mean[:, None] + z * math.sqrt(length) * sd[:, None])


def textbook_recent(panel: Panel, length: int, levels: tuple[float, ...]) -> FloatArray:
    return textbook(panel, length, levels, recent=True)


def openboxes(panel: Panel, length: int, levels: tuple[float, ...]) -> FloatArray:
    return _moving_average(panel, length, levels, panel.rhythm.year)


def open_msupply(panel: Panel, length: int, levels: tuple[float, ...]) -> FloatArray:
    months = round(panel.rhythm.year * AMC_LOOK_BACK_MONTHS / 12)
    return _moving_average(panel, length, levels, months)


def _moving_average(panel: Panel, length: int, levels: tuple[float, ...], periods: int) -> FloatArray:
    end = np.array([panel.values.shape[1]])
    mean = trailing_means(panel.values, periods, end)[0]
    return np.repeat(length * mean[:, None], len(levels), axis=1)


def auto_ets(panel: Panel, length: int, levels: tuple[float, ...]) -> FloatArray:
    """Series by series; one that AutoETS cannot fit is answered by its recent mean."""
    models = _statsforecast()
    return np.array([_ets_row(models, i, row, length, levels) for i, row in enumerate(panel.values)])


def _ets_row(models: Any, seed: int, row: FloatArray, length: int, levels: tuple[float, ...]) -> FloatArray:
    known = row[~np.isnan(row)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = models.AutoETS(model="ZZN", season_length=1)
            model.fit(known)
            paths = model.simulate(h=length, n_paths=ETS_PATHS, seed=seed, error_distribution="bootstrap")
        except Exception:  # what a peer raises is its own affair; it must not stop the comparison
            return np.full(len(levels), length * float(known[-12:].mean()) if known.size else 0.0)
    totals = np.maximum(np.asarray(paths).reshape(ETS_PATHS, length), 0.0).sum(axis=1)
    return np.asarray(np.quantile(totals, levels), dtype=np.float64)


def croston_sba(panel: Panel, length: int, levels: tuple[float, ...]) -> FloatArray:
    """The peer has no stochastic model; up to 24 past errors of the total give it quantiles at
    place ceil((n + 1) * level) of n (split conformal, Vovk et al. 2005)."""
    models = _statsforecast()
    return np.array([_croston_row(models, row[~np.isnan(row)], length, levels) for row in panel.values])


def _croston_row(models: Any, known: FloatArray, length: int, levels: tuple[float, ...]) -> FloatArray:
    def total(history: FloatArray) -> float:
        if not history.any():
            return 0.0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return float(np.sum(models.CrostonSBA().forecast(y=history, h=length)["mean"]))

    origins = range(known.size - length, max(length, known.size - length - CONFORMAL_ORIGINS), -1)
    errors = np.sort([known[at : at + length].sum() - total(known[:at]) for at in origins])
    if not errors.size:
        return np.full(len(levels), max(0.0, total(known)))
    places = [min(math.ceil((errors.size + 1) * level), errors.size) - 1 for level in levels]
    return np.maximum(0.0, total(known) + errors[places])


def _statsforecast() -> Any:
    try:
        return importlib.import_module("statsforecast.models")
    except ImportError as missing:
        raise PeerMissing("statsforecast is not installed: pip install statsforecast") from missing
