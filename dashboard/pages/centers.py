"""The centers: who has what, for how long, and what each counts and writes down."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, g, render_template

from dashboard.asking import asked_item, place_or_404, refuse
from dashboard.pages.assessing import center_answer, centers_answer, daily, finding, notes
from dashboard.queries import entries, stock
from dashboard.queries.book import Book
from dashboard.queries.registers import Place
from dashboard.queries.stock import Standing

_NEXT_DAYS = 5


def add_to(door: Blueprint) -> None:
    @door.get("/centers/")
    def center_list() -> str:
        book = g.book
        found = [] if book.facts.kind == "archive" else stock.center_standings(book)
        return render_template(
            "centers.html", book=book, centers=found, answer=centers_answer(found, g.speech),
            has_forecasts=book.forecast_run.forecasts > 0, lags=_by_lateness(book), lag_days=entries.LAG_DAYS,
        )  # fmt: skip

    @door.get("/centers/<code>")
    def center(code: str) -> str:
        book, place = g.book, place_or_404(code)
        mine = stock.standings(book, place=place.code)
        chosen = chosen_standing(mine)
        counts = {row.item: row for row in book.reading.last_counts(place=place.code)}
        differences = book.reading.count_differences(row.entry for row in counts.values())
        last_day, confirmed = book.reading.last_days(place.code).get(place.code, ("", ""))
        line = stock.stock_line(book, chosen) if chosen else None
        # A place that is shut has nothing to tell: that it does not is no silence.
        shut = place.status != "open"
        silent = (book.today - date.fromisoformat(last_day)).days if last_day and not shut else 0
        return render_template(
            "center.html", book=book, place=place, street=book.registers.street(place), standings=mine,
            answer=center_answer(mine, g.speech), chosen=chosen, line=line,
            next_days=line.ahead[:_NEXT_DAYS] if line else [],
            counts=counts, differences=differences, lag=entries.lags(book).get(place.code),
            finding=finding(chosen, g.speech) if chosen else "",
            notes=notes(chosen, g.speech) if chosen else [],
            daily=daily, silent_days=silent, lag_days=entries.LAG_DAYS, last_day=last_day,
            confirmed=confirmed,
            last_count=max((c.day for c in counts.values()), default=""),
        )  # fmt: skip


def _by_lateness(book: Book) -> list[tuple[Place, entries.Lag]]:
    """Centers by the share of what they wrote late, the latest first."""
    known = entries.lags(book)
    found = [(place, known[place.code]) for place in book.registers.centers() if place.code in known]
    return sorted(found, key=lambda pair: (-pair[1].late / pair[1].entries, pair[0].code))


def chosen_standing(mine: list[Standing]) -> Standing | None:
    """The item that `?item=` names, else the most urgent that can be drawn."""
    item = asked_item()
    if item is not None:
        found = next((s for s in mine if s.item.code == item.code), None)
        if found is None:
            refuse("problem.not_here", code=item.code)
        return found
    drawn = [s for s in mine if s.outlook is not None and s.forecast is not None and s.forecast.band]
    return drawn[0] if drawn else mine[0] if mine else None
