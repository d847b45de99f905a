"""Forecasts in the store: one run at a time, told by its number; a page reads the rows of its place alone."""

from __future__ import annotations

from contextlib import closing

from ledger.store.reading import ForecastRun, Reading
from ledger.store.store import Store
from tests.ledger.store import books
from tests.ledger.store.books import Place

ROWS = [("C1", "M", 5, "{}"), ("C1", "K", 5, "{}"), ("C2", "M", 5, "{}")]


def run_of(store: Store) -> ForecastRun:
    with store.read() as snapshot:
        return Reading(snapshot.connection).forecast_run()


def put(store: Store, rows=ROWS, summary="") -> None:
    with store.write() as writing:
        writing.put_forecasts(rows, summary)


def test_a_run_at_the_same_size_of_the_log_is_another_run(place: Place):
    with closing(place.create()) as record:
        assert run_of(record.store) == ForecastRun(0, 0, 0, "")
        put(record.store, summary="first")
        assert run_of(record.store) == ForecastRun(1, 3, 5, "first")
        put(record.store, summary="second")
        assert run_of(record.store) == ForecastRun(2, 3, 5, "second")
        put(record.store, [])
        assert run_of(record.store) == ForecastRun(3, 0, 0, "")


def test_a_place_and_an_item_are_found_without_reading_others(place: Place):
    with closing(place.create()) as record:
        many = [(f"C{n:04}", item, 5, "{}") for n in range(500) for item in ("K", "M")]
        put(record.store, many)
        with record.store.read() as snapshot:
            reading = Reading(snapshot.connection)
            assert {row.item for row in reading.forecasts("C0007")} == {"K", "M"}
            assert len(list(reading.forecasts(item="M"))) == 500
            if not snapshot.is_postgres:
                for column, index in (("place", "sqlite_autoindex"), ("item", "ix_forecasts_item")):
                    plan = snapshot.select(f"EXPLAIN QUERY PLAN SELECT 1 FROM forecasts WHERE {column} = 'M'")
                    assert index in str(plan), plan


def test_a_book_of_before_counts_its_forecasts_until_the_next_run(place: Place):
    with closing(place.create()) as record:
        put(record.store)
        for sql in ("DROP TABLE forecast_runs", "DROP INDEX ix_forecasts_item"):
            books.change(record.store, sql)
    with closing(place.open()) as record:
        assert run_of(record.store) == ForecastRun(0, 3, 5, "")
        books.change(record.store, "DROP INDEX ix_forecasts_item")  # made again with the table
        put(record.store)
        assert run_of(record.store) == ForecastRun(1, 3, 5, "")
