"""What policies would have done, as a report that JSON can hold: on the table's use, and on imagined use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.forecasts.backtesting import OURS, default_horizon, rhythm_name
from forecast.scoring import baselines
from forecast.scoring.backtest import CLASSES, classify, ours
from forecast.scoring.baselines import days_in_period
from forecast.scoring.imagined import imagine, law_known
from forecast.scoring.simulate import Planner, Results, StockRules, World, at_level, run_policies, with_buffer
from forecast.tables.table import Table

Progress = Callable[[int, int], None]
Tried = tuple[str, float, Planner]
"""(family, setting, planner): a level of service, or months of buffer on a moving average."""

TRIED_LEVELS = (0.80, 0.90, 0.95, 0.98, 0.99)
TRIED_BUFFERS = (0.0, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0)
MOST_SIMULATED = 300


def simulation_report(
    table: Table, length: int | None = None, progress: Progress | None = None
) -> list[dict[str, Any]]:
    """Policies run through the table's own last months, and through an imagined world whose law is known."""
    rules = stock_rules(table, length or default_horizon(table))
    imagined, law = imagine()
    worlds = [("imagined", imagined, StockRules(review=1, lead=3, shelf_life=26, replan=4))]
    if (own := replayed_world(table, rules)) is not None:
        worlds.insert(0, ("replayed", own, rules))
    known = [("law_known", level, law_known(law, level)) for level in TRIED_LEVELS]
    jobs = [
        (name, world, own, tried_policies(known if name == "imagined" else [])) for name, world, own in worlds
    ]
    total, done = sum(len(policies) for *_, policies in jobs), 0
    reports = []
    for name, world, own_rules, policies in jobs:
        report = _simulated(name, world, own_rules, policies, _later(progress, done, total))
        reports.append(report)
        done += len(policies)
    return reports


def tried_policies(more: Sequence[Tried] = ()) -> list[Tried]:
    """The textbook and the moving averages read what was issued, as those who use them do."""
    textbook = baselines.from_issues(baselines.textbook)
    return [
        *((OURS, level, at_level(ours, level)) for level in TRIED_LEVELS),
        *(("textbook", level, at_level(textbook, level)) for level in TRIED_LEVELS),
        *(("openboxes", months, with_buffer(baselines.openboxes, months)) for months in TRIED_BUFFERS),
        *(("open_msupply", months, with_buffer(baselines.open_msupply, months)) for months in TRIED_BUFFERS),
        *more,
    ]


def stock_rules(table: Table, length: int) -> StockRules:
    """Review and lead time that make up the horizon; a year of shelf life."""
    review = min(length, {"daily": 7}.get(rhythm_name(table), 1))
    shelf_life = {"daily": 365, "weekly": 52, "monthly": 12}[rhythm_name(table)]
    replan = {"daily": 28, "weekly": 4, "monthly": 1}[rhythm_name(table)]
    return StockRules(review=review, lead=length - review, shelf_life=shelf_life, replan=replan)


def replayed_world(table: Table, rules: StockRules) -> World | None:
    """Series whose demand is known whole in the last half of the table (at most two years), evenly chosen.

    None if there is no such series with history enough before that.
    """
    days = days_in_period(table.rhythm)
    span = min(round(730 / days), table.demand.shape[1] // 2)
    start = table.demand.shape[1] - span
    if span < 3 * rules.cover or start < 1:
        return None
    known = ~np.isnan(table.demand)
    whole = known[:, start:].all(axis=1) & ~table.censored[:, start:].any(axis=1)
    chosen = np.flatnonzero(whole & (known[:, :start].sum(axis=1) >= 2 * table.rhythm.settled))
    if not chosen.size:
        return None
    if chosen.size > MOST_SIMULATED:
        chosen = chosen[np.linspace(0, chosen.size - 1, MOST_SIMULATED).astype(np.int64)]
    return World(table.demand[chosen], start, table.rhythm)


def _simulated(
    name: str, world: World, rules: StockRules, policies: Sequence[Tried], progress: Progress | None
) -> dict[str, Any]:
    named = [(f"{family} {setting:g}", planner) for family, setting, planner in policies]
    results = run_policies(world, named, rules, progress)
    classes = classify(world.demand[:, : world.start])
    return {
        "world": name,
        "series": len(world.demand),
        "simulated_periods": world.demand.shape[1] - world.start,
        "period_days": days_in_period(world.rhythm),
        "rules": asdict(rules),
        "policies": [
            {"family": family, "setting": setting, **_outcomes(results[key], classes)}
            for (family, setting, _), (key, _) in zip(policies, named, strict=True)
        ],
    }


def _outcomes(results: Results, classes: NDArray[np.int64]) -> dict[str, Any]:
    own = {name: results.outcome(classes == i) for i, name in enumerate(CLASSES)}
    everything = results.outcome()
    assert everything is not None  # a world has at least one series
    return {
        "all": everything.as_dict(),
        "by_class": {name: outcome.as_dict() for name, outcome in own.items() if outcome is not None},
    }


def _later(progress: Progress | None, before: int, total: int) -> Progress | None:
    return None if progress is None else lambda done, _: progress(before + done, total)
