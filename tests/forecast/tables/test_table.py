"""What each row of a table says of demand, and what is said when it says nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecast.pooled.panel import DAILY, MONTHLY
from forecast.tables.periods import EPOCH
from forecast.tables.table import (
    EMPTY_AT_END,
    MOST_PERIODS,
    NO_DAY,
    NOTHING_TO_GIVE,
    Rows,
    Table,
    tabulate,
)

NAN = float("nan")
Entry = tuple[str, str, float] | tuple[str, str, float, int]


def rows(*entries: Entry) -> Rows:
    """Rows as (series, month or day, demand, flags)."""
    names = tuple(sorted({entry[0] for entry in entries}))
    return Rows(
        names,
        np.array([names.index(entry[0]) for entry in entries]),
        np.array([_day(entry[1]) for entry in entries]),
        np.array([entry[2] for entry in entries], dtype=np.float64),
        np.array([entry[3] if len(entry) > 3 else 0 for entry in entries], dtype=np.uint8),
    )


def _day(text: str) -> int:
    if not text:
        return int(NO_DAY)
    return (date.fromisoformat(text if len(text) > 7 else f"{text}-01") - EPOCH).days


def demand(table: Table, series: str) -> list[float]:
    return table.demand[table.names.index(series)].tolist()


def notes(table: Table, series: str) -> tuple[str, ...]:
    return table.notes[table.names.index(series)]


@pytest.mark.parametrize(
    ("units", "flags", "known", "at_least"),
    [
        (4, 0, 4, False),
        (0, 0, 0, False),
        (4, EMPTY_AT_END, 4, True),
        (0, EMPTY_AT_END, NAN, False),
        (0, NOTHING_TO_GIVE, NAN, False),
        (4, NOTHING_TO_GIVE, NAN, False),  # to the letter of issue 4
        (4, NOTHING_TO_GIVE | EMPTY_AT_END, NAN, False),
        (NAN, 0, NAN, False),
        (NAN, EMPTY_AT_END, NAN, False),
        (-2, EMPTY_AT_END, NAN, False),
    ],
)
def test_what_a_period_says(units: float, flags: int, known: float, at_least: bool) -> None:
    table = tabulate(rows(("a", "2024-01", 9), ("a", "2024-02", 9), ("a", "2024-03", units, flags)))
    np.testing.assert_equal(demand(table, "a")[-1], known)
    assert bool(table.censored[0, -1]) is at_least


def test_the_origin_is_the_latest_period_of_the_file_for_all() -> None:
    ended, running = ("ended", "2024-01", 5), ("running", "2024-04", 7)
    missing = tabulate(rows(ended, ("running", "2024-02", 1), running))
    np.testing.assert_equal(demand(missing, "ended"), [5, NAN, NAN, NAN])
    np.testing.assert_equal(demand(missing, "running"), [NAN, 1, NAN, 7])
    zero = tabulate(rows(ended, ("running", "2024-02", 1), running), fill_gaps=True)
    assert demand(zero, "ended") == [5, 0, 0, 0]
    np.testing.assert_equal(demand(zero, "running"), [NAN, 1, 0, 7])
    assert zero.rhythm is MONTHLY


def test_gaps_are_filled_from_the_first_row_but_no_row_that_is_there() -> None:
    table = tabulate(
        rows(("a", "2024-01", NAN), ("a", "2024-03", 0, EMPTY_AT_END), ("b", "2024-04", 1)), fill_gaps=True
    )
    np.testing.assert_equal(demand(table, "a"), [NAN, 0, NAN, 0])


def test_two_rows_in_a_month_are_added_and_a_copy_is_counted_once() -> None:
    table = tabulate(rows(("a", "2024-01", 5), ("a", "2024-01", 5), ("a", "2024-01", 2), ("a", "2024-02", 1)))
    assert demand(table, "a") == [7, 1]
    assert notes(table, "a") == (
        "the same row again: counted once (1)",
        "more than one row in a period: added up (1)",
    )


def test_the_shelf_at_the_end_is_that_of_the_last_row_of_the_period() -> None:
    emptied = ("a", "2024-01-01", 5), ("a", "2024-01-31", 2, EMPTY_AT_END)
    filled = ("b", "2024-01-01", 5, EMPTY_AT_END), ("b", "2024-01-31", 2)
    table = tabulate(rows(*emptied, *filled, ("a", "2024-02-01", 1), ("b", "2024-02-01", 1)))
    assert table.demand.tolist() == [[7, 1], [7, 1]]
    assert table.censored.tolist() == [[True, False], [False, False]]


def test_a_return_is_taken_off_the_months_before() -> None:
    table = tabulate(
        rows(("a", "2024-01", 5), ("a", "2024-02", 2), ("a", "2024-03", -4), ("b", "2024-03", 1))
    )
    assert demand(table, "a") == [3, 0, 0]
    assert notes(table, "a") == ("below 0: taken off the periods before (1)",)


def test_what_is_no_number_and_no_date_is_noted() -> None:
    table = tabulate(
        rows(("a", "2024-01", NAN), ("a", "2024-02", 1e300), ("a", "", 3), ("a", "2024-03", 6), ("z", "", 1))
    )
    np.testing.assert_equal(demand(table, "a"), [NAN, NAN, 6])
    assert notes(table, "a") == (
        "no date: left out (1)",
        "no number: taken as missing (1)",
        "larger than can be counted: taken as missing (1)",
    )
    assert np.isnan(demand(table, "z")).all()
    assert table.insufficient().tolist() == [False, True]


def test_a_table_without_a_date_is_a_table() -> None:
    table = tabulate(rows(("a", "", 3)))
    assert np.isnan(table.demand).all()
    assert table.panel().sizes.tolist() == [0]


def test_one_date_of_the_year_9999_does_not_fill_the_memory() -> None:
    days = [(date(2024, 1, 1).toordinal() + i) for i in range(50)]
    daily: list[Entry] = [("a", date.fromordinal(day).isoformat(), 3) for day in days]
    table = tabulate(rows(*daily, ("b", "9999-12-31", 1)))
    assert table.demand.shape[1] <= MOST_PERIODS
    assert table.panel().sizes.tolist() == [50, 1]


def test_the_order_of_rows_means_nothing() -> None:
    rng = np.random.default_rng(2)
    count = 400
    given = Rows(
        ("a", "b", "c"),
        rng.integers(0, 3, count),
        _day("2024-01-01") + rng.integers(0, 90, count),
        rng.integers(-2, 9, count).astype(np.float64),
        rng.integers(0, 4, count).astype(np.uint8),
    )
    table, again = tabulate(given), tabulate(given.where(rng.permutation(count)))
    np.testing.assert_array_equal(table.demand, again.demand)
    np.testing.assert_array_equal(table.censored, again.censored)
    assert table.notes == again.notes


def test_the_panel_drops_what_is_missing_and_knows_who_has_a_gap() -> None:
    table = tabulate(
        rows(*(("gap", f"2024-0{m}", m) for m in (1, 2, 4)), *(("whole", f"2024-0{m}", m) for m in (3, 4)))
    )
    panel = table.panel()
    np.testing.assert_equal(panel.values.tolist(), [[1, 2, 4], [NAN, 3, 4]])
    assert panel.gapless.tolist() == [False, True]


def test_a_chosen_season_is_that_of_the_panel() -> None:
    monthly = rows(("a", "2024-01", 5), ("a", "2024-02", 5))
    daily = rows(*(("a", f"2024-01-{day:02d}", 5) for day in range(1, 29)))
    assert tabulate(monthly).rhythm == tabulate(monthly, season=12).rhythm == MONTHLY
    assert tabulate(monthly, season=4).rhythm == replace(MONTHLY, season=4)
    assert tabulate(daily).rhythm == tabulate(daily, season=7).rhythm == tabulate(daily, season=365).rhythm
    assert tabulate(daily, season=5).rhythm == replace(DAILY, week=5)
    for table in (tabulate(monthly, season=1), tabulate(daily, season=1)):
        assert table.rhythm.week == 1
        assert table.rhythm.season > 10_000


def test_more_than_half_lost_is_declared() -> None:
    months: list[Entry] = [("a", f"2024-{m:02d}", 4, EMPTY_AT_END if m > 5 else 0) for m in range(1, 11)]
    assert not tabulate(rows(*months)).insufficient()[0]
    assert tabulate(rows(*months[1:])).insufficient()[0]
