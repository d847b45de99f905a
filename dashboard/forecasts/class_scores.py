"""How the method did on past windows of a history: the error that `forecast quantiles --report` names.

A series' own windows are few, and dear to try: the whole file would be answered again for each. So the last
windows of at most 150 series are tried, and each series is told the figures of its class.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.pooled.ensemble import FAST, FULL
from forecast.scoring.backtest import CLASSES, Entrant, Score, backtest, classify, ours, ours_fast
from forecast.tables.table import Table

MOST_SERIES = 150
ORIGINS = 2
OF_ALL = "all"
DECIMALS = 4


class ClassScores:
    """Scores by class; `head` is the report's, None of a series where its model was not tried."""

    def __init__(self, table: Table, length: int, levels: tuple[float, ...], fast: bool) -> None:
        self._scores: dict[str, dict[str, Any]] = {}
        self.head: dict[str, Any] = {"of": "class", "series": 0, "origins": 0, "levels": list(levels)}
        try:
            chosen = np.linspace(0, len(table.names) - 1, min(len(table.names), MOST_SERIES)).astype(np.int64)
            entrant = Entrant(FULL, ours_fast if fast else ours, alone=False)
            report = backtest(_of(table, chosen), [entrant], length, ORIGINS, levels)
        except Exception as error:  # too short, or a failure: the answers must come out without it
            self.head["reason"] = str(error) or type(error).__name__
            return
        self.head |= {"series": report.series_in(), "origins": int(report.windows.counted.any(axis=1).sum())}
        scores = {OF_ALL: report.scores[FULL]} | dict(report.by_class[FULL])
        self._scores = {name: _plain(score) for name, score in scores.items()}
        self.head["classes"] = self._scores

    def of(self, table: Table, models: tuple[str, ...]) -> list[dict[str, Any]]:
        """For each series its class and, where its model was tried, how the method did on that class."""
        names = [CLASSES[i] for i in classify(table.demand).tolist()]
        return [
            {"class": name, "backtest": self._of_one(name) if model in (FULL, FAST) else None}
            for name, model in zip(names, models, strict=True)
        ]

    def _of_one(self, name: str) -> dict[str, Any] | None:
        tried = name if name in self._scores else OF_ALL
        if tried not in self._scores:
            return None
        score = self._scores[tried]
        return {"of": tried} | {key: score[key] for key in ("windows", "loss", "calibration")}


def _of(table: Table, chosen: NDArray[np.int64]) -> Table:
    return replace(
        table, names=tuple(table.names[i] for i in chosen), demand=table.demand[chosen],
        censored=table.censored[chosen], notes=tuple(table.notes[i] for i in chosen),
    )  # fmt: skip


def _plain(score: Score) -> dict[str, Any]:
    return {
        "windows": score.windows,
        "loss": round(score.pinball, DECIMALS),
        "calibration": round(score.calibration, DECIMALS),
        "covered": [round(share, DECIMALS) for share in score.covered],
    }
