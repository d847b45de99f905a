"""What the peers must answer, run where they are installed (see test_backtest)."""

from __future__ import annotations

import numpy as np

from forecast.scoring.backtest import past_of
from forecast.scoring.baselines import auto_ets, croston_sba
from tests.forecast.scoring.test_backtest import steady, table_of


def check() -> None:
    """Quantiles for series of every sort: steady, never used, seldom used, just begun."""
    demand = np.vstack([steady(2), np.zeros((1, 60)), np.where(np.arange(60) % 4, 0.0, 8.0)[None]])
    demand[1, :55] = np.nan
    known = past_of(table_of(demand))
    for peer in (auto_ets, croston_sba):
        found = peer(known, 3, (0.9, 0.98))
        assert found.shape == (4, 2)
        assert np.isfinite(found).all()
        assert (np.diff(found, axis=1) >= 0).all()
        assert abs(found[0, 0] - 60) <= 0.35 * 60
    print("answered")
