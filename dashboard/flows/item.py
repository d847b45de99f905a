"""/flows/item: one item over the whole book: how much in all, how it moved lately, how much is where."""

from __future__ import annotations

from datetime import date, timedelta

from dash.development.base_component import Component
from markupsafe import Markup

from dashboard.figures import stock_cover
from dashboard.flows.covers import of_item, status, whole_days
from dashboard.flows.parts import Cell, Column, Shown, amount, joined, note, picture, standing_chip, table
from dashboard.flows.scene import Field, Scene
from dashboard.queries.goods import PlaceLine, Whereabouts, whereabouts
from dashboard.queries.registers import Item
from dashboard.queries.stock import Standing, standings

DAYS = 56


def fields(scene: Scene) -> list[Field]:
    return [scene.item_field()]


def view(scene: Scene) -> Shown:
    if scene.item is None:
        return scene.empty_book()
    found = whereabouts(scene.book, scene.item)
    told = joined(places(scene, found), note(scene.say.plain("dash.issued_is_not_used")))
    return Shown(scene.opening(sentence(scene, found)), lambda: trend(scene, found), after=told)


def sentence(scene: Scene, found: Whereabouts) -> Markup:
    """What the centers can use and who is short of it; without centers, what is on hand."""
    say, item = scene.say, found.item
    ats = of_item(scene, item)
    if ats:
        return status(scene, ats, item)
    on_hand = scene.speech.amount(found.fates.get("onhand", 0), item.unit)
    return say("dash.item.plain", item=scene.speech.name(item.name), amount=on_hand)


def trend(scene: Scene, found: Whereabouts) -> Component:
    """Usable stock of all places together, day by day."""
    item, unit = found.item, scene.speech.unit(found.item.unit)
    drawn = stock_cover(usable_by_day(scene, item), unit=unit, lang=scene.lang, narrow=scene.asked.narrow)
    basis = scene.say.plain("dash.item.stock.basis", item=scene.named(item.name), unit=unit)
    links = scene.ways_on(
        "cover",
        "trend",
        ("save_csv", f"/items/{item.code}.csv"),
        ("dash.text_page", f"/items/{item.code}"),
        ("dash.see_flows", scene.asked.link("flows", item=item.code)),
        ("dash.see_map", scene.asked.link("map", item=item.code)),
    )
    return picture("trend", drawn, scene.say.plain("dash.item.stock", days=DAYS), basis, links)


def usable_by_day(scene: Scene, item: Item) -> list[tuple[date, int]]:
    """Usable stock of an item everywhere, at the end of each of the last DAYS days and now.

    What is past its expiry counts until today, when it is taken off: its expiry writes no entry.
    """
    book = scene.book
    first = book.today - timedelta(days=DAYS - 1)
    change = dict.fromkeys((first + timedelta(days=n) for n in range(DAYS)), 0)
    for place in book.registers.places:
        for row in book.reading.daily(place, item.code):
            change[min(max(date.fromisoformat(row.day), first), book.today)] += row.usable_change
    past, level = [], 0
    for day, moved in change.items():
        level += moved
        past.append((day, level))
    past[-1] = (book.today, sum(one.usable for one in _everywhere(scene, item)))
    return past


def _everywhere(scene: Scene, item: Item) -> list[Standing]:
    """The item's standing at centers and depots."""
    centers = standings(scene.book, item=item.code)
    depots = [place.code for place in scene.book.registers.places.values() if place.kind == "depot"]
    at_depots = [one for code in depots for one in standings(scene.book, place=code, item=item.code)]
    return [*centers, *at_depots]


def places(scene: Scene, found: Whereabouts) -> Markup:
    """Every place that has or had the item, with its level there; the columns add up to what entered."""
    say, fates = scene.say, list(found.fates)
    level = {one.place.code: one for one in standings(scene.book, item=found.item.code)}
    columns = [
        Column(say.plain("dash.place")),
        Column(say.plain("dash.level"), corner=True),
        Column(say.plain("dash.days"), True),
        *(Column(say.plain(f"fate.{fate}"), True) for fate in fates),
        Column(say.plain("dash.total"), True),
    ]
    rows = [_row(scene, line, fates, level.get(line.place.code)) for line in found.places]
    total: list[Cell] = [say.plain("dash.total"), "", "", *found.fates.values(), found.entered]
    caption = say.plain("dash.item.places", item=scene.named(found.item.name))
    return table(caption, scene.speech.unit(found.item.unit), columns, rows, total)


def _row(scene: Scene, line: PlaceLine, fates: list[str], one: Standing | None) -> list[Cell]:
    name: Cell = scene.named(line.place.name)
    if line.place.kind == "center":
        name = scene.link(scene.named(line.place.name), "center", center=line.place.code)
    return [
        name,
        standing_chip(one.level, one.item.item_class, scene.lang) if one else amount(None),
        amount(whole_days(one)),
        *(line.fates.get(fate, 0) for fate in fates),
        line.total,
    ]
