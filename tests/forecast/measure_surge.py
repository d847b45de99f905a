"""How often surges are found where there is none, and how soon where there is one.

    OMP_NUM_THREADS=1 python -m tests.forecast.measure_surge [HOME]

Steady demand of several kinds is simulated: alarms per 1,000 days at each threshold, with the upper end of a
95 % interval (Poisson, exact), and the smallest threshold whose alarms stay within LIMIT on all steady kinds.
At the threshold in force: days until a surge of 2 and 3 times the use is found, how far its first day is
missed, days to the all-clear, and the second of two waves. Each kind with its own seed: it repeats exactly.
With the folder of a book: the alarms of its centers instead, month by month (weekdays levelled over all of
its history, so a little kinder than life).
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from forecast.emergency import surge
from forecast.request import CONSUMABLE, ForecastRequest
from forecast.series.demand import DayState, DemandSeries
from forecast.series.history import daily_history, level_series

FloatArray = NDArray[np.float64]
Kind = Callable[[np.random.Generator, FloatArray], FloatArray]

SERIES, DAYS = 400, 800
WARM_UP = surge.LEAST + surge.GUARD  # young series, judged by few days, are counted too
THRESHOLDS = np.arange(4.0, 12.5, 0.5)
LIMIT = 1.0
BEGIN, WAVE, CALM = 400, 40, 45
ITEMS, CENTERS = 20, 100


def counts(rng: np.random.Generator, mean: FloatArray, size: float) -> FloatArray:
    return rng.poisson(rng.gamma(size, mean / size)).astype(np.float64)


def poisson(level: float) -> Kind:
    return lambda rng, height: rng.poisson(level * height).astype(np.float64)


def wide(level: float, size: float) -> Kind:
    return lambda rng, height: counts(rng, level * height, size)


def seldom(rng: np.random.Generator, height: FloatArray) -> FloatArray:
    return (rng.random(height.shape) < 0.2) * counts(rng, 8 * height, 3)


def tens(rng: np.random.Generator, height: FloatArray) -> FloatArray:
    return 10 * counts(rng, 2 * height, 2)


def weekdays(rng: np.random.Generator, height: FloatArray) -> FloatArray:
    """Weekdays as the ledger has them, levelled as forecasts level them; the weekend is closed."""
    factor = np.array([1.5, 1.3, 1.2, 1.2, 1.4, 0.4, 0.0])[np.arange(height.shape[1]) % 7]
    levelled = []
    for row in counts(rng, 20 * height * factor, 3).astype(int).tolist():
        states = (DayState.OBSERVED,) * len(row)
        series = DemandSeries(date(2025, 5, 5), tuple(row), states, (False,) * len(row))
        level = level_series(daily_history(series), rng).level_values
        line = np.full(len(row), np.nan)
        line[np.arange(len(row)) % 7 != 6] = level  # six open days a week, each in its place
        levelled.append(line)
    return np.array(levelled)


def waves(rng: np.random.Generator, height: FloatArray) -> FloatArray:
    """Weeks of more and of less: the level's logarithm is an AR(1) of 0.9 a day with a spread of 0.2."""
    x = rng.normal(0, 0.2, height.shape)
    for day in range(1, height.shape[1]):
        x[:, day] = 0.9 * x[:, day - 1] + np.sqrt(1 - 0.81) * x[:, day]
    return counts(rng, 20 * height * np.exp(x), 3)


def growth(rng: np.random.Generator, height: FloatArray) -> FloatArray:
    return counts(rng, 20 * height * 1.3 ** (np.arange(height.shape[1]) / 365), 3)


def seasons(rng: np.random.Generator, height: FloatArray) -> FloatArray:
    year = 1 + 0.2 * np.sin(2 * np.pi * np.arange(height.shape[1]) / 365)
    return counts(rng, 20 * height * year, 3)


STEADY: dict[str, Kind] = {
    "Poisson, 20 a day": poisson(20),
    "Poisson, 2 a day": poisson(2),
    "neg. binomial, 20, size 3": wide(20, 3),
    "neg. binomial, 5, size 1": wide(5, 1),
    "on 1 day of 5": seldom,
    "in tens": tens,
    "weekdays, levelled": weekdays,
}
MOVING: dict[str, Kind] = {"grows 30 % a year": growth, "year of +-20 %": seasons, "weeks of +-20 %": waves}


def drawn(name: str, kind: Kind, height: FloatArray | None = None) -> FloatArray:
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    whole = np.ones((SERIES, DAYS)) if height is None else np.tile(height, (SERIES, 1))
    return kind(rng, whole)


def alarms(sums: FloatArray, threshold: float) -> tuple[int, int]:
    """Alarms begun after the warm-up, and the days they are counted on."""
    above = sums[:, WARM_UP:] > threshold
    return int((above[:, 1:] & ~above[:, :-1]).sum()), int(above[:, 1:].size)


def upper(found: int) -> float:
    """Exact 95 % upper end of a Poisson count (Garwood 1936, Biometrika 28:437-442)."""
    from scipy.stats import chi2

    return float(chi2.ppf(0.975, 2 * found + 2) / 2)


def false_alarms() -> None:
    print(f"false alarms per 1,000 days, {SERIES} series of {DAYS - WARM_UP} days each")
    print("kind".ljust(28), *(f"H={h:g}".rjust(6) for h in THRESHOLDS))
    worst = np.zeros(THRESHOLDS.size)
    for name, kind in {**STEADY, **MOVING}.items():
        values, rates = drawn(name, kind), []
        for h in THRESHOLDS:
            found, days = alarms(surge.cumulative_sums(values, float(h)), float(h))
            rates.append(1000 * found / days)
            if name in STEADY:
                place = int(np.flatnonzero(h == THRESHOLDS)[0])
                worst[place] = max(worst[place], 1000 * upper(found) / days)
        print(name.ljust(28), *(f"{rate:6.2f}" for rate in rates), "" if name in STEADY else "moving")
    print("worst steady, upper end".ljust(28), *(f"{rate:6.2f}" for rate in worst))
    print(f"smallest threshold within {LIMIT:g} in 1,000: {THRESHOLDS[np.argmax(worst <= LIMIT)]:g}\n")


def first_above(sums: FloatArray, alarm: float = surge.ALARM) -> FloatArray:
    """Days until the first alarm, counted from 1; inf where there is none."""
    above = sums > alarm
    return np.where(above.any(axis=1), above.argmax(axis=1) + 1.0, np.inf)


def begins(sums: FloatArray, at: int) -> int:
    """How many days after its true first day a surge found at `at` is said to have begun."""
    return surge._start(sums[: at + 1]) - BEGIN


def delays() -> None:
    print(f"surges at H={surge.ALARM:g}: median days to detection; within 14 and 28 days; begin, days late")
    for name, kind in STEADY.items():
        for times in (2, 3):
            sums = surge.cumulative_sums(drawn(name, kind, step(times)))
            days = first_above(sums[:, BEGIN : BEGIN + 60])
            found = np.flatnonzero(np.isfinite(days))
            late = [begins(sums[row], BEGIN + int(days[row]) - 1) for row in found.tolist()]
            middle = np.median(days)
            print(
                name.ljust(28), f"x{times}", f"{middle:4.0f}" if np.isfinite(middle) else " >60",
                *(f"{float((days <= most).mean()):.2f}" for most in (14, 28)),
                f"{np.median(late):+.0f}" if late else "-",
            )  # fmt: skip
    print()


def step(times: float) -> FloatArray:
    height = np.ones(DAYS)
    height[BEGIN:] = times
    return height


def second_waves() -> None:
    second = BEGIN + WAVE + CALM
    print(
        f"two waves x3 of {WAVE} days, {CALM} days of calm: median days to the all-clear; to the second wave"
    )
    for name, kind in STEADY.items():
        height = np.ones(DAYS)
        height[BEGIN : BEGIN + WAVE] = height[second : second + WAVE] = 3
        sums = surge.cumulative_sums(drawn(name, kind, height))
        calm = sums[:, BEGIN + WAVE : second] <= surge.ALARM
        clear = np.where(calm.any(axis=1), calm.argmax(axis=1) + 1.0, np.inf)
        print(name.ljust(28), f"{np.median(clear):4.0f}", f"{np.median(first_above(sums[:, second:])):5.0f}")
    print()


def whole_centers() -> None:
    """Items that share the day's ups and downs, seen together."""
    print(f"a center of {ITEMS} items together, {CENTERS} centers: alarms per 1,000 days; days to detection")
    for shared, alarm in product((0.0, 0.3), (7.0, 8.0, 9.0, 10.0)):
        rng = np.random.default_rng(7)
        row = [f"days shared, spread {shared:.1f}, H={alarm:g}"]
        for times in (1, 1.5, 2, 3):
            told = np.array([center(rng, shared, times) for _ in range(CENTERS)])
            sums = surge.pooled_sums(told, alarm)
            if times == 1:
                found, days = alarms(sums, alarm)
                row.append(f"{1000 * found / days:.2f} (at most {1000 * upper(found) / days:.2f})")
            else:
                days_to = first_above(sums[:, BEGIN : BEGIN + 60], alarm)
                within = float((days_to <= 14).mean())
                row.append(f"x{times:g}: {np.median(days_to):.0f} ({within:.2f} in 14)")
        print(*row, sep="  ", flush=True)


def center(rng: np.random.Generator, shared: float, times: float) -> FloatArray:
    day = np.exp(rng.normal(0, shared, DAYS)) if shared else np.ones(DAYS)
    level = np.exp(rng.normal(1.5, 1.2, ITEMS))
    return counts(rng, level[:, None] * day * step(times), 2)


def of_book(home: Path) -> None:
    """Alarms of each center of a book, all consumables together: begun, by month."""
    series = [request for request in book_requests(home) if request.kind == CONSUMABLE]
    centers = sorted({request.key.split("|")[0] for request in series})
    known = [surge.levelled(request.series, request.rng()) for request in series]
    start, lines = surge.on_one_calendar(known)
    rows = {place: [i for i, one in enumerate(series) if one.key.split("|")[0] == place] for place in centers}
    values = np.full((len(centers), max(map(len, rows.values())), lines.shape[1]), np.nan)
    for center_values, place in zip(values, centers, strict=True):
        center_values[: len(rows[place])] = lines[rows[place]]
    first, last = date.fromordinal(start), date.fromordinal(start + lines.shape[1] - 1)
    above = surge.pooled_sums(values) > surge.CENTER_ALARM
    begun = above & ~np.concatenate([np.zeros((len(centers), 1), dtype=bool), above[:, :-1]], axis=1)
    print(f"{len(centers)} centers, {first} to {last}: alarms begun, days in alarm, centers in alarm")
    months = [(first + timedelta(days=day)).strftime("%Y-%m") for day in range(above.shape[1])]
    for month in sorted(set(months)):
        here = np.array([one == month for one in months])
        print(
            month, int(begun[:, here].sum()), int(above[:, here].sum()), int(above[:, here].any(axis=1).sum())
        )


def book_requests(home: Path) -> list[ForecastRequest]:
    from dashboard.forecasts.pieces import Cutter, Parameters, request_of
    from dashboard.queries.book import Books
    from ledger.record import Record

    with closing(Record.open(home, None)) as record, Books(record).open() as book:
        pieces = Cutter(book.snapshot, book.size, book.today, Parameters()).pieces()
        return [request_of(piece, one) for piece in pieces for one in piece.asked]


if __name__ == "__main__" and len(sys.argv) > 1:
    of_book(Path(sys.argv[1]))
elif __name__ == "__main__":
    false_alarms()
    delays()
    second_waves()
    whole_centers()
