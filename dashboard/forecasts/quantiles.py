"""A history CSV in, quantiles of total demand out: what `forecast quantiles` does, in flat memory.

The first rows taken up, a fair sample of the series, tell the periods and teach the method; then all series
are answered, some at a time, and what is said of them is written in the order of their names. No answer
depends on the order of the rows.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.forecasts.class_scores import ClassScores
from dashboard.forecasts.histories import Histories, read_histories
from dashboard.forecasts.quantities import Said, Written, check_places
from forecast.pooled.ensemble import NONE, Answers, Teacher, answer
from forecast.pooled.panel import Panel
from forecast.pooled.plainly import LIKE_OTHERS, PLAIN_MEAN, like_others, plain_quantiles
from forecast.tables.periods import calendar_of
from forecast.tables.table import MOST_PERIODS, NO_DAY, Rows, Table, tabulate

FloatArray = NDArray[np.float64]
Progress = Callable[[int, int], None]

CELLS_AT_ONCE = 500_000
LONGEST_HORIZON = 400
"""Periods. A longer total is that of so many, in proportion: paths of thousands of periods take minutes."""
CLOSE = 1e-9
"""A quantity so little above a whole number, relatively, is that number."""


@dataclass(frozen=True)
class Question:
    """What is asked of a history.

    Attributes:
        horizon: periods from the origin on whose total is asked for.
        levels: as they were written, each between 0 and 1, no number twice.
        fill_gaps: an absent period is 0 from the series' first row on, not missing.
        season: periods to a season; None: to a year.
        fast: by the pooled part of the method alone.
    """

    horizon: int
    levels: tuple[str, ...]
    fill_gaps: bool = False
    season: int | None = None
    fast: bool = False

    @property
    def length(self) -> int:
        """Periods of the window that is forecast."""
        return min(self.horizon, LONGEST_HORIZON)

    @property
    def rising(self) -> tuple[float, ...]:
        return tuple(sorted(float(level) for level in self.levels))


def answer_file(
    history: Path, question: Question, out: Path, report: Path | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """Answer a history file; returns the report without its series.

    Raises HistoryProblem, PlaceProblem and OSError.
    Neither `out` nor `report` is touched before all is answered.
    """
    check_places(history, out, report)
    with read_histories(history, progress) as histories, Written() as written:
        head = _head(history, histories, question)
        method: _Method | None = None
        models: Counter[str] = Counter()
        done = 0
        for rows in histories.groups():
            method = method or _Method(question, histories, rows, report is not None)
            for table in method.tables(rows):
                said = list(method.answer(table))
                models.update(one.entry["model"] for one in said)
                written.put(said)
            done += rows.series.size
            if progress:
                progress(done, histories.rows)
        head |= method.head if method else {}
        head |= {"series_count": models.total(), "models": dict(sorted(models.items()))}
        written.finish(question.levels, head, out, report)
    return head


def _head(history: Path, histories: Histories, question: Question) -> dict[str, Any]:
    return {
        "history": history.name,
        "history_sha256": histories.sha256,
        "rows": histories.rows,
        "stock_outs_known": histories.stock_known,
        "horizon": question.horizon,
        "horizon_forecast": question.length,
        "levels": list(question.levels),
        "gaps": "zero" if question.fill_gaps else "missing",
        "season": question.season,
        "method": "fast" if question.fast else "full",
        "periods": None,
        "origin": None,
    }


class _Method:
    """The calendar and the lessons that a sample of the series gave, and answers by them."""

    def __init__(self, question: Question, histories: Histories, sample: Rows, scored: bool) -> None:
        self._question = question
        dated = sample.where(sample.days != NO_DAY)
        self._calendar = calendar_of(histories.days, dated.series, dated.days)
        first = int(histories.days[0]) if histories.days.size else 0
        self._width = min(MOST_PERIODS, self._calendar.width(first))
        known = self._table_of_sample(sample)
        self._teacher = _taught(known.panel(), question)
        self._scores = ClassScores(known, question.length, question.rising, question.fast) if scored else None
        self._others: tuple[FloatArray, float] | None = None
        self.head: dict[str, Any] = {
            "periods": self._calendar.name,
            "origin": self._calendar.first_day(self._calendar.last).isoformat(),
        }
        if self._scores:
            self.head["backtest"] = self._scores.head

    def tables(self, rows: Rows) -> Iterator[Table]:
        """The rows on their calendar, no more series at once than fit."""
        step = max(1, CELLS_AT_ONCE // self._width)
        for start in range(0, len(rows.names), step):
            yield self._table(rows.of_series(np.arange(start, min(start + step, len(rows.names)))))

    def answer(self, table: Table) -> Iterator[Said]:
        panel = table.panel()
        answers = _answers(panel, self._teacher, self._question)
        longer = self._question.horizon / self._question.length
        quantiles, means = answers.quantiles * longer, answers.means * longer
        known = np.array([model != NONE for model in answers.models])
        if self._others is None:
            self._others = like_others(quantiles[known], means[known])
        quantiles[~known], means[~known] = self._others
        amounts = _whole(quantiles)
        place = {level: i for i, level in enumerate(self._question.rising)}
        asked = [place[float(level)] for level in self._question.levels]
        insufficient, sizes = table.insufficient(), panel.sizes
        scores = self._scores.of(table, answers.models) if self._scores else [{}] * len(table.names)
        for i, name in enumerate(table.names):
            entry = {
                "series_id": name,
                "model": answers.models[i] if known[i] else LIKE_OTHERS,
                "reason": answers.reasons[i],
                "mean": round(float(means[i]), 6),
                "periods_known": int(sizes[i]),
                "periods_at_least": int(table.censored[i].sum()),
                "insufficient": bool(insufficient[i]),
                **scores[i],
                "notes": list(table.notes[i]),
            }
            yield Said(name, [amounts[i][k] for k in asked], entry)

    def _table(self, rows: Rows) -> Table:
        return tabulate(rows, self._question.fill_gaps, self._calendar, self._question.season)

    def _table_of_sample(self, sample: Rows) -> Table:
        n = len(sample.names)
        most = max(1, CELLS_AT_ONCE // self._width)
        chosen = np.arange(n) if n <= most else np.linspace(0, n - 1, most).astype(np.int64)
        return self._table(sample.of_series(chosen))


def _taught(panel: Panel, question: Question) -> Teacher:
    """A teacher of the panel; of an empty one, which teaches nothing, if learning fails."""
    teacher = Teacher(panel, question.length, question.rising)
    try:
        teacher.reach(question.fast)
    except Exception:  # whatever fails in it, every series must still be answered
        return Teacher(
            panel.rows(np.zeros(len(panel.values), dtype=np.bool_)), question.horizon, question.rising
        )
    return teacher


def _answers(panel: Panel, teacher: Teacher, question: Question) -> Answers:
    """The method's answers; where it fails, halves are tried, down to the series that it fails for."""
    try:
        found = answer(panel, teacher, question.fast)
        if np.isfinite(found.quantiles).all() and np.isfinite(found.means).all():
            return found
        reason = "not a finite number"
    except Exception as error:  # named in the report; a run of thousands does not end for one of them
        reason = f"{type(error).__name__}: {error}"
    n = len(panel.values)
    if n == 1:
        return _plain(panel, question, f"failed: {reason}")
    halves = [panel.rows(part) for part in np.array_split(np.arange(n), 2)]
    first, second = (_answers(half, teacher, question) for half in halves)
    return Answers(
        np.concatenate([first.quantiles, second.quantiles]),
        np.concatenate([first.means, second.means]),
        first.models + second.models,
        first.reasons + second.reasons,
    )


def _plain(panel: Panel, question: Question, reason: str) -> Answers:
    values = panel.values[0]
    quantiles, mean = plain_quantiles(values[~np.isnan(values)], question.length, question.rising)
    return Answers(quantiles[None], np.array([mean]), (PLAIN_MEAN,), (reason,))


def _whole(quantiles: FloatArray) -> list[list[int]]:
    """Rounded up to whole units, never below 0, never falling with the level (the second axis)."""
    rising = np.maximum.accumulate(np.maximum(quantiles, 0.0), axis=1)
    return [[math.ceil(value - CLOSE * max(1.0, value)) for value in row] for row in rising.tolist()]
