"""What completing stock-outs is worth, by one predictor with and without; figures of forecast/README.md.

    OMP_NUM_THREADS=1 .venv/bin/python -m tests.forecast.measure_lost TABLE.csv[:zero] ...

A table whose stock is known is scored on its own windows with stock left. Any other is taken for the truth:
an invented shelf lets out part of it, so that 40 % of its periods end with an empty shelf, and forecasts from
what was let out are scored against what was asked for. Four shelves: filled each period to one height
(`height`), to a random one (`random`), every third period with stock carried over (`carried`), and one that
follows no shelf at all (`any part`: two periods of five lose a random part). `:zero`: absent periods are 0.
Besides, two sets of known law: smooth monthly counts with a season, and daily counts of a site.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dashboard.forecasts.histories import read_table
from forecast.evaluate import pinball
from forecast.pooled.ensemble import Teacher, answer
from forecast.pooled.lost import complete_panel
from forecast.pooled.panel import DAILY, MONTHLY, Rhythm
from forecast.tables.table import Table

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Shelf = tuple[FloatArray, BoolArray]

LEVELS = (0.90, 0.95, 0.98)
EMPTY_SHARE = 0.4
MOST_SERIES = 300
TREATMENTS = ("raw", "drop", "completed")


def main(tables: list[str]) -> None:
    truths: dict[str, tuple[FloatArray, Rhythm]] = {"smooth": smooth(), "daily": daily()}
    for given in tables:
        path, _, gaps = given.partition(":")
        table = read_table(Path(path), fill_gaps=gaps == "zero")
        if table.censored.any():
            own_windows(Path(path).stem, table)
        else:
            truths[Path(path).stem] = (table.demand, table.rhythm)
    ratios = [with_shelf(name, *truth, shelf) for name, truth in truths.items() for shelf in SHELVES]
    print(f"completed / raw, geometric mean without `any part`: {geometric(ratios):.3f}")


def geometric(ratios: list[tuple[str, float]]) -> float:
    return float(np.exp(np.mean([np.log(ratio) for shelf, ratio in ratios if shelf != "any part"])))


def treated(how: str, issued: FloatArray, empty: BoolArray, rhythm: Rhythm) -> FloatArray:
    """Raw: what was issued is taken for demand. Drop: a period that ended empty says nothing."""
    if how == "raw":
        return issued
    if how == "drop":
        return np.where(empty, np.nan, issued)
    return complete_panel(issued, empty, rhythm.recent / 2)


def quantiles(history: FloatArray, rhythm: Rhythm, length: int) -> FloatArray:
    """By the full method; shape (n, levels), rounded up."""
    known = np.zeros(history.shape, dtype=np.bool_)
    table = Table(("",) * len(history), rhythm, date(2000, 1, 1), history, known, ((),) * len(history))
    panel = table.panel()
    return np.ceil(answer(panel, Teacher(panel, length, LEVELS)).quantiles - 1e-9)


def score(found: FloatArray, truth: FloatArray, size: FloatArray) -> FloatArray:
    """Mean pinball over levels, divided by the size of the series; per series."""
    losses = [pinball(level, truth, found[:, k]) for k, level in enumerate(LEVELS)]
    return np.mean(losses, axis=0) / np.maximum(size, 1.0)


def zero_where_nothing_was(past: FloatArray) -> FloatArray:
    begun = np.cumsum(~np.isnan(past), axis=1) > 0
    return np.where(begun & np.isnan(past), 0.0, past)


def with_shelf(name: str, truth: FloatArray, rhythm: Rhythm, shelf: str) -> tuple[str, float]:
    """Prints one line; returns completed / raw."""
    if len(truth) > MOST_SERIES:
        truth = truth[np.linspace(0, len(truth) - 1, MOST_SERIES).astype(int)]
    length = 14 if rhythm is DAILY else 3
    issued, empty = SHELVES[shelf](truth, np.random.default_rng(7))
    issued, empty = np.where(np.isnan(truth), np.nan, issued), empty & ~np.isnan(truth)
    loss: dict[str, list[float]] = {how: [] for how in ("truth", *TREATMENTS)}
    enough: dict[str, list[float]] = {how: [] for how in loss}
    for back in (1, 2):
        end = truth.shape[1] - back * length
        total, size = truth[:, end : end + length].sum(axis=1), length * np.nanmean(truth[:, :end], axis=1)
        scored = ~np.isnan(total) & ~np.isnan(size)
        for how in loss:
            past = truth if how == "truth" else treated(how, issued[:, :end], empty[:, :end], rhythm)
            found = quantiles(past[:, :end], rhythm, length)[scored]
            loss[how].append(float(score(found, total[scored], size[scored]).mean()))
            enough[how].append(float((total[scored] <= found[:, 1]).mean()))
    raw = np.mean(loss["raw"])
    cells = (f"{how} {np.mean(loss[how]) / raw:.3f} ({np.mean(enough[how]):.2f})" for how in loss)
    print(f"{name:14s} {shelf:9s} empty {empty.mean():.2f}  raw {raw:.4f}  " + "  ".join(cells), flush=True)
    return shelf, float(np.mean(loss["completed"]) / raw)


def own_windows(name: str, table: Table) -> None:
    """Eight windows of three periods with stock left throughout, of series with six known periods."""
    loss: dict[str, list[float]] = {how: [] for how in TREATMENTS}
    enough: dict[str, list[FloatArray]] = {how: [] for how in TREATMENTS}
    for back in range(1, 9):
        end = table.demand.shape[1] - 3 * back
        window = slice(end, end + 3)
        past, empty = table.demand[:, :end], table.censored[:, :end]
        scored = ~np.isnan(table.demand[:, window]).any(axis=1) & ~table.censored[:, window].any(axis=1)
        scored &= (~np.isnan(past)).sum(axis=1) >= 6
        total = table.demand[scored, window].sum(axis=1)
        size = 3 * np.nanmean(past[scored], axis=1)
        for how in TREATMENTS:
            given = zero_where_nothing_was(past) if how == "raw" else past
            found = quantiles(treated(how, given, empty, table.rhythm), table.rhythm, 3)[scored]
            loss[how] += score(found, total, size).tolist()
            enough[how].append(total[:, None] <= found)
    for how in TREATMENTS:
        shares = " ".join(f"{share:.3f}" for share in np.concatenate(enough[how]).mean(axis=0))
        print(
            f"{name} {how:10s} {len(loss[how])} windows: {np.mean(loss[how]):.4f}; enough in {shares}",
            flush=True,
        )


# shelves: what they let out, and whether they ended empty ---------------------------------------------------


def height(truth: FloatArray, rng: np.random.Generator) -> Shelf:
    held = np.maximum(np.ceil(np.nanquantile(truth, 1 - EMPTY_SHARE, axis=1)), 1.0)[:, None]
    return np.minimum(truth, held), truth >= held


def random_height(truth: FloatArray, rng: np.random.Generator) -> Shelf:
    spread = rng.gamma(2.0, 0.5, truth.shape) * np.nanmean(truth, axis=1)[:, None]

    def at(cover: float) -> Shelf:
        held = np.floor(spread * cover)
        return np.minimum(truth, held), truth >= held

    return _with_share(at)


def carried(truth: FloatArray, rng: np.random.Generator) -> Shelf:
    orders = np.nanmean(truth, axis=1)[:, None] * rng.uniform(0.5, 1.5, truth.shape)

    def at(cover: float) -> Shelf:
        issued, empty, stock = (
            np.zeros(truth.shape),
            np.zeros(truth.shape, dtype=np.bool_),
            np.zeros(len(truth)),
        )
        for t in range(truth.shape[1]):
            due = (t + np.arange(len(truth))) % 3 == 0
            stock = np.where(due, np.maximum(stock, np.ceil(orders[:, t] * cover)), stock)
            issued[:, t] = np.minimum(np.nan_to_num(truth[:, t]), stock)
            stock -= issued[:, t]
            empty[:, t] = stock <= 0
        return issued, empty

    return _with_share(at)


def any_part(truth: FloatArray, rng: np.random.Generator) -> Shelf:
    hit = rng.random(truth.shape) < EMPTY_SHARE
    return np.where(hit, np.floor(truth * rng.random(truth.shape)), truth), hit


def _with_share(at: Callable[[float], Shelf]) -> Shelf:
    """The cover at which EMPTY_SHARE of the periods end empty, by halving."""
    low, high = 0.01, 50.0
    for _ in range(25):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if at(middle)[1].mean() > EMPTY_SHARE else (low, middle)
    return at(middle)


SHELVES: Mapping[str, Callable[[FloatArray, np.random.Generator], Shelf]] = {
    "height": height,
    "random": random_height,
    "carried": carried,
    "any part": any_part,
}


# sets of known law ------------------------------------------------------------------------------------------


def smooth() -> tuple[FloatArray, Rhythm]:
    """84 series of 72 months: gamma-Poisson round a wandering level with a season of 15 %."""
    rng = np.random.default_rng(5)
    level = np.exp(rng.normal(4.5, 1.0, (84, 1)) + np.cumsum(rng.normal(0, 0.04, (84, 72)), axis=1))
    season = 1 + 0.15 * np.sin(2 * np.pi * np.arange(72) / 12 + rng.uniform(0, 6, (84, 1)))
    shape = 1 / rng.uniform(0.15, 0.5, (84, 1)) ** 2
    return rng.poisson(rng.gamma(shape, level * season / shape)).astype(np.float64), MONTHLY


def daily() -> tuple[FloatArray, Rhythm]:
    """60 series of 300 days: negative binomial with quiet weekends."""
    rng = np.random.default_rng(6)
    week = np.tile([1.2, 1.1, 1.0, 1.0, 0.9, 0.5, 0.3], 43)[:300]
    mean = np.exp(rng.normal(1.0, 1.0, (60, 1))) * week
    return rng.negative_binomial(2, 2 / (2 + mean)).astype(np.float64), DAILY


if __name__ == "__main__":
    main(sys.argv[1:])
