"""Figures as JSON for Plotly in the browser, drawn after the text; and Plotly itself, from its package."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, g, request, url_for

from dashboard.asking import asked_item, asked_narrow, place_or_404, refuse
from dashboard.figures.short import short_name
from dashboard.language import Name
from dashboard.packing import pack
from dashboard.pages.centers import chosen_standing
from dashboard.queries import goods, stock

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MOST_PLACES = 12
_FOREVER = "public, max-age=31536000, immutable"


def add_to(door: Blueprint) -> None:
    @door.get("/figures/flows.json")
    def flows_figure() -> Response:
        item = asked_item()
        if item is None:
            refuse("problem.item_wanted")
        return _answer(_flows(item))

    @door.get("/figures/stock.json")
    def stock_figure() -> Response:
        place = place_or_404(request.args.get("center", ""))
        chosen = chosen_standing(stock.standings(g.book, place=place.code))
        if chosen is None:
            refuse("problem.nothing_here", code=place.code)
        return _answer(_stock(chosen))

    @door.get("/figures/cover.json")
    def cover_figure() -> Response:
        return _answer(_cover())

    @door.get("/plotly-<asked>.min.js")
    def plotly_script(asked: str) -> Response:
        if asked != plotly_version():
            abort(404)
        response = Response(_plotly(), mimetype="text/javascript")
        response.headers["Cache-Control"] = _FOREVER
        return pack(response, keep=True)

    @door.app_template_global()
    def plotly_address() -> str:
        return url_for("pages.plotly_script", asked=plotly_version())


def _answer(figure: go.Figure) -> Response:
    return Response(figure.to_json(), mimetype="application/json")


def _flows(item: Any) -> go.Figure:
    from dashboard.figures import flows_sankey, largest_places

    book, say = g.book, g.speech.say
    flows = goods.whereabouts(book, item).flows
    kept = largest_places(flows, _MOST_PLACES, "\x00rest")
    shown = {f.place for f in kept} - {"\x00rest"}
    rest = len({f.place for f in flows} - shown)
    labels = {"\x00rest": say.plain("chart.rest", n=rest)}
    for code in {f.depot for f in kept} | shown:
        if code in book.registers.places:
            labels[code] = _short(book.registers.places[code].name, 26 if g.lang == "en" else 14)
    return flows_sankey(kept, g.lang, asked_narrow(), labels=labels)


def _short(name: Name, most: int) -> str:
    text = name.plain(g.lang)
    for long, short in (("街道办事处", "街道"), (" Street Office", "")):
        text = text.replace(long, short)
    return text if len(text) <= most else text[: most - 1] + "…"


def _stock(chosen: stock.Standing) -> go.Figure:
    from dashboard.figures import stock_cover

    line = stock.stock_line(g.book, chosen)
    days = int(chosen.days) if chosen.days is not None and chosen.usable else None
    return stock_cover(
        line.past, line.ahead, chosen.safety, g.speech.unit(chosen.item.unit), g.lang, line.inbound,
        asked_narrow(), days=days,
    )  # fmt: skip


def _cover() -> go.Figure:
    from dashboard.figures import Cover, cover_grid

    covers, names = [], {}
    for one in stock.center_standings(g.book):
        street = one.street or one.center
        short = short_name(one.center.name.plain(g.lang), g.lang)
        names[short] = one.center.name.plain(g.lang)
        scarcest = one.scarcest
        level = "out" if scarcest and scarcest.level == "nearly_out" else scarcest.level if scarcest else ""
        days = scarcest.days if scarcest else None
        if scarcest and scarcest.usable == 0:
            days = 0
        covers.append(
            (
                street.code,
                Cover(short, _short(street.name, 16), level or "ok", None if days is None else int(days)),
            )
        )
    ordered = [cover for _, cover in sorted(covers, key=lambda pair: pair[0])]
    return cover_grid(ordered, g.lang, asked_narrow(), names)


@cache
def plotly_version() -> str:
    return version("plotly")


@cache
def _plotly() -> bytes:
    """plotly.min.js of the installed package, found without importing it."""
    spec = find_spec("plotly")
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / "package_data" / "plotly.min.js").read_bytes()
