"""How wrong were we? Scaled pinball loss, calibration, and rolling origins.

Definitions of FORECAST.md, "Accuracy": the pinball loss of a quantile (Koenker & Bassett 1978), averaged
over windows and levels and divided by the mean demand of a window; calibration as the distance of the
levels from what came true, made for counts, where a quantile covers a whole step of chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

LEVELS = (0.90, 0.95, 0.98)
"""The service levels of needed, essential and vital items; every model is tried at all three."""
FEWEST_WINDOWS = 3
"""A back-test of fewer windows is no measurement: it is None."""
MOST_WINDOWS = 12


@dataclass(frozen=True)
class PastWindow:
    """One window of a back-test: what was said before it, and what was then used.

    Attributes:
        first_day, last_day: the window, both included; days of no knowledge lie within it and do not count.
        demand: base units used, or, where the shelf ran empty, at least used.
        known: False where the shelf ran empty: the window is not scored.
        quantities: base units, one per level of the back-test.
    """

    first_day: date
    last_day: date
    demand: int
    known: bool
    quantities: tuple[int, ...]


WindowRow = tuple[Any, ...]
"""A window as it is stored: first and last day in ISO form, demand, 1 if known, then the quantities."""


@dataclass(frozen=True)
class Backtest:
    """A model's past error on windows that it had not seen.

    Attributes:
        windows: how many whole windows, none overlapping, none with a stock-out in it.
        length_days: days with knowledge in each window.
        scaled_pinball: mean loss of the three levels / mean demand of a window; 0 is perfect.
        levels, covered: for each level, the windows in which the quantile was enough.
        calibration: mean over levels of how far the share covered lies from the level.
        rows: the windows one by one, those with a stock-out too; empty in what an older version stored.
    """

    windows: int
    length_days: int
    scaled_pinball: float
    levels: tuple[float, ...]
    covered: tuple[int, ...]
    calibration: float
    rows: tuple[WindowRow, ...] = ()

    @property
    def past(self) -> list[PastWindow]:
        """The windows, oldest first; read from their rows when asked for, since a book keeps thousands."""
        day = date.fromisoformat
        return [
            PastWindow(day(first), day(last), used, bool(known), tuple(said))
            for first, last, used, known, *said in self.rows
        ]

    def as_dict(self) -> dict[str, Any]:
        return {
            "windows": self.windows,
            "length_days": self.length_days,
            "scaled_pinball": self.scaled_pinball,
            "levels": list(self.levels),
            "covered": list(self.covered),
            "calibration": self.calibration,
            "past": [list(row) for row in self.rows],
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Backtest:
        return cls(
            int(stored["windows"]),
            int(stored["length_days"]),
            float(stored["scaled_pinball"]),
            tuple(float(level) for level in stored["levels"]),
            tuple(int(count) for count in stored["covered"]),
            float(stored["calibration"]),
            tuple(map(tuple, stored.get("past", ()))),
        )


def pinball(level: float, demand: FloatArray, quantity: FloatArray) -> FloatArray:
    """Loss of `quantity` as the `level` quantile: `level` per unit short, 1 - `level` per unit over."""
    short = demand - quantity
    return np.maximum(level * short, (level - 1.0) * short)


def scaled_pinball(
    levels: Sequence[float], demand: FloatArray, quantities: FloatArray, window_mean: float
) -> float:
    """Mean pinball over windows and levels / max(window_mean, 1 unit); quantities (windows, levels)."""
    losses = [pinball(level, demand, quantities[:, i]) for i, level in enumerate(levels)]
    return float(np.mean(losses)) / max(window_mean, 1.0)


def calibration_error(levels: Sequence[float], demand: FloatArray, quantities: FloatArray) -> float:
    """Mean over levels q of max(0, q - P(D <= S), P(D < S) - q) (FORECAST.md, `cal`)."""
    misses = []
    for level, quantity in zip(levels, quantities.T, strict=True):
        enough, more_than_enough = float(np.mean(demand <= quantity)), float(np.mean(demand < quantity))
        misses.append(max(0.0, level - enough, more_than_enough - level))
    return float(np.mean(misses))


def rolling_origins(size: int, length: int, warm_up: int, most: int = MOST_WINDOWS) -> tuple[int, ...]:
    """Starts of the last windows of `length` periods that end with the history and do not overlap.

    Each has at least `warm_up` periods before it. Empty if there is no room.
    """
    windows = max(0, min(most, (size - warm_up) // length))
    return tuple(size - length * (windows - i) for i in range(windows))


def measured(
    levels: Sequence[float],
    demand: FloatArray,
    quantities: FloatArray,
    window_mean: float,
    length_days: int,
    rows: Sequence[WindowRow] = (),
) -> Backtest | None:
    """Score the windows; None where there are too few. Shapes: (windows,), (windows, levels).

    `rows` are kept beside the score, to be shown.
    """
    if demand.size < FEWEST_WINDOWS:
        return None
    covered = tuple(int((demand <= quantities[:, i]).sum()) for i in range(len(levels)))
    return Backtest(
        windows=int(demand.size),
        length_days=length_days,
        scaled_pinball=scaled_pinball(levels, demand, quantities, window_mean),
        levels=tuple(levels),
        covered=covered,
        calibration=calibration_error(levels, demand, quantities),
        rows=tuple(rows),
    )


def window_rows(
    days: NDArray[np.int64], demand: FloatArray, known: NDArray[np.bool_], quantities: FloatArray
) -> list[WindowRow]:
    """Windows to be kept. Shapes: (windows, 2) ordinals of first and last day, (windows,), (windows,),
    (windows, levels)."""
    return [
        (*(date.fromordinal(day).isoformat() for day in span), round(used), int(seen), *map(round, said))
        for span, used, seen, said in zip(
            days.tolist(), demand.tolist(), known.tolist(), quantities.tolist(), strict=True
        )
    ]


def pooled_coverage(
    backtests: Iterable[Backtest | None], before: Mapping[float, tuple[int, int]] | None = None
) -> dict[float, tuple[int, int]]:
    """Per level, windows covered and windows in all, over many series, added to those `before`.

    One series' dozen windows say little at .98; those of a whole district say whether it can be believed.
    """
    totals = dict(before or {})
    for backtest in backtests:
        if backtest is None:
            continue
        for level, covered in zip(backtest.levels, backtest.covered, strict=True):
            seen = totals.get(level, (0, 0))
            totals[level] = (seen[0] + covered, seen[1] + backtest.windows)
    return totals
