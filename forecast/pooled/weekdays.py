"""Weekdays in a panel of days: how much of a day's demand each weekday has, and demand with that taken out.

A smoothed level of raw days stands low on every Monday after a quiet weekend; a level of levelled days does
not. Levelling adds what the weekday lacks, (1 - w) * mean of the last four weeks, and so asks no division of
a day on which a clinic is closed. Weights are drawn to 1 by 1 - 1/F, F the ratio of the mean squares between
and within weekdays (the positive-part rule of James & Stein 1961): what is only noise is left as it is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from forecast.pooled.panel import Panel, trailing_means

FloatArray = NDArray[np.float64]

FEWEST_WEEKS = 8
MOST_WEEKS = 26
LOCAL_WEEKS = 4


def weekday_weights(panel: Panel) -> FloatArray:
    """Weights of mean 1, shape (n, week), that of the next period first; 1 where weekdays are not told."""
    n, week = len(panel.values), panel.rhythm.week
    weeks = min(panel.values.shape[1] // week, MOST_WEEKS)
    weights = np.ones((n, week))
    if week == 1 or weeks < FEWEST_WEEKS:
        return weights
    recent = panel.values[:, -week * weeks :].reshape(n, weeks, week)
    told = panel.gapless & ~np.isnan(recent).any(axis=(1, 2)) & (np.nansum(recent, axis=(1, 2)) > 0)
    days = recent[told]
    means = days.mean(axis=1)
    usual = means.mean(axis=1, keepdims=True)
    between = weeks * ((means - usual) ** 2).sum(axis=1) / (week - 1)
    within = ((days - means[:, None]) ** 2).sum(axis=(1, 2)) / (week * (weeks - 1))
    kept = np.maximum(0.0, 1.0 - within / np.maximum(between, 1e-12 * usual[:, 0] ** 2))
    weights[told] = 1.0 + kept[:, None] * (means / usual - 1.0)
    return weights


def levelled(panel: Panel, weights: FloatArray) -> Panel:
    """The panel with its weekdays made alike; as it is where all weights are 1."""
    week, periods = panel.rhythm.week, panel.values.shape[1]
    if (weights == 1.0).all():
        return panel
    local = trailing_means(panel.values, LOCAL_WEEKS * week, np.arange(1, periods + 1)).T
    own = weights[:, (np.arange(periods) - periods) % week]
    return replace(panel, values=np.maximum(panel.values + (1.0 - own) * local, 0.0))


def shares(weights: FloatArray, length: int) -> FloatArray:
    """Mean weight of the next `length` periods, shape (n,): 1 for whole weeks."""
    return np.asarray(weights[:, np.arange(length) % weights.shape[1]].mean(axis=1), dtype=np.float64)
