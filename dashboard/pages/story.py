"""The story of one item at one center in four short chapters, each a sentence, a picture and a table."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, render_template, request

from dashboard.asking import asked_narrow, not_found, place_or_404, refuse
from dashboard.pages import recounting
from dashboard.pages.assessing import basis
from dashboard.pages.centers import chosen_standing
from dashboard.pages.files import csv_answer
from dashboard.queries import stock
from dashboard.queries.keeping import Keeping, keeping
from dashboard.queries.registers import Place
from dashboard.queries.story import Story, story

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MONTHS, _WEEKS = 6, 8  # rows shown at once; the earlier ones open on demand


def add_to(door: Blueprint) -> None:
    @door.get("/centers/<code>/story")
    def center_story(code: str) -> str:
        place = place_or_404(code)
        chosen = None if g.book.facts.kind == "archive" else _chosen(place)
        if chosen is None:
            return render_template("story.html", book=g.book, place=place, told=None)
        told = story(g.book, chosen)
        kept = keeping(g.book, told)
        return render_template(
            "story.html", book=g.book, place=place, told=told, kept=kept, one=chosen, words=recounting,
            answer=recounting.answer(told, kept, g.speech), basis=basis(chosen, g.speech),
            months=told.months()[::-1], weeks=told.weeks()[::-1], months_shown=_MONTHS, weeks_shown=_WEEKS,
            since=_since(chosen),
        )  # fmt: skip

    @door.get("/centers/<code>/story.csv")
    def story_csv(code: str) -> Response:
        """Day by day: usable at its end, issued, and how the day is to be read."""
        told = _told(place_or_404(code))
        rows = [(d.day.isoformat(), d.usable, d.issued, d.state.name.lower()) for d in told.days]
        name = f"{code}-{told.standing.item.code}-days.csv"
        return csv_answer(name, ("day", "usable_end", "issued", "demand_is"), rows)

    @door.get("/centers/<code>/windows.csv")
    def windows_csv(code: str) -> Response:
        """The windows of the back-test at the level that is kept."""
        told = _told(place_or_404(code))
        looks = told.tested.looks if told.tested else ()
        rows = [(x.first.isoformat(), x.last.isoformat(), x.said, x.used, x.verdict) for x in looks]
        head = ("first_day", "last_day", "said_beforehand", "used", "outcome")
        return csv_answer(f"{code}-{told.standing.item.code}-windows.csv", head, rows)

    @door.get("/figures/story/<chapter>.json")
    def story_figure(chapter: str) -> Response:
        if chapter not in _FIGURES:
            not_found("problem.404")
        told = _told(place_or_404(request.args.get("center", "")))
        return Response(_FIGURES[chapter](told).to_json(), mimetype="application/json")


def _since(chosen: stock.Standing) -> int:
    """How many entries the forecast did not see; the one that publishes it is none that it missed."""
    forecast, book = chosen.forecast, g.book
    if forecast is None:
        return 0
    next_entry = book.reading.entry_bytes(forecast.log_size, forecast.log_size + 1)
    published = bool(next_entry) and json.loads(next_entry[0])["kind"] == "ForecastPublished"
    return int(book.size - forecast.log_size - published)


def _chosen(place: Place) -> stock.Standing | None:
    return chosen_standing(stock.standings(g.book, place=place.code))


def _told(place: Place) -> Story:
    chosen = _chosen(place)
    if chosen is None:
        refuse("problem.nothing_here", code=place.code)
    return story(g.book, chosen)


def _unit(told: Story) -> str:
    return str(g.speech.unit(told.standing.item.unit))


def _shelf(told: Story) -> go.Figure:
    from dashboard.figures import shelf_history

    days = [(day.day, day.usable, day.empty) for day in told.days]
    kept = keeping(g.book, told)
    key = "par" if kept.target.reason == "par" else "reorder"
    return shelf_history(days, kept.reorder, _unit(told), g.lang, asked_narrow(), key)


def _asked(told: Story) -> go.Figure:
    from dashboard.figures import Bar, weeks_asked

    bars = [Bar(recounting.monday(week), week.issued, week.look) for week in told.weeks()]
    forecast = told.standing.forecast
    expected = round(7 * forecast.daily_mean) if forecast and forecast.daily_mean else None
    return weeks_asked(bars, told.waves, expected, _unit(told), g.lang, asked_narrow())


def _enough(told: Story) -> go.Figure:
    from dashboard.figures import Window, promises_kept

    looks = told.tested.looks if told.tested else ()
    windows = [Window(look.first, look.said, look.used, look.known) for look in looks]
    return promises_kept(windows, _unit(told), g.lang, asked_narrow())


def _keep(told: Story) -> go.Figure:
    from dashboard.figures import levels_kept

    kept = keeping(g.book, told)
    return levels_kept(_wanted(kept), _there(kept), _lines(kept), g.lang, asked_narrow())


def _wanted(kept: Keeping) -> list[Any]:
    from dashboard.figures import Part

    if kept.past is None:
        return [Part("par", kept.reorder or 0)]
    return [
        Part("expected", kept.expected), Part("safety", kept.past.safety_stock),
        Part("scenario", kept.above_past), Part("review", kept.review),
    ]  # fmt: skip


def _there(kept: Keeping) -> list[Any]:
    from dashboard.figures import Part

    one = kept.standing
    return [
        Part("counted", kept.counted), Part("transit", one.transit), Part("leftover", kept.leftover),
        Part("held", one.waiting), Part("expired", one.expired),
    ]  # fmt: skip


def _lines(kept: Keeping) -> list[tuple[str, int]]:
    if kept.reorder is None:
        return []
    if kept.past is None:
        return [("par", kept.reorder)]
    return [("reorder", kept.reorder), ("up_to", kept.up_to or kept.reorder)]


_FIGURES: dict[str, Callable[[Story], go.Figure]] = {
    "shelf": _shelf, "asked": _asked, "enough": _enough, "keep": _keep,
}  # fmt: skip
