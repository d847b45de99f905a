"""/flows/shortages: who is short of what, by how much, and what is on the way."""

from __future__ import annotations

from collections import Counter

from markupsafe import Markup

from dashboard.flows.covers import no_centers, whole_days
from dashboard.flows.parts import Cell, Column, Shown, amount, chip, joined, note, nothing, table
from dashboard.flows.scene import Field, Scene
from dashboard.queries.stock import Standing, standings

MOST_LISTED = 100  # a longer list is for nobody; a street or an item makes it short
LISTED = ("out", "nearly_out", "urgent", "low")


def fields(scene: Scene) -> list[Field]:
    return [scene.street_field(), scene.item_field(first=scene.say.plain("dash.all_items"))]


def view(scene: Scene) -> Shown:
    if not scene.book.registers.centers():
        return Shown(no_centers(scene))
    say, short = scene.say, [one for one in _asked_for(scene) if one.level in LISTED]
    if not short:
        return Shown(nothing(say.plain("dash.short.none"), "", scene.link(say.plain("dash.see_map"), "map")))
    first = short if scene.asked.street or scene.asked.item else short[:MOST_LISTED]
    told = shortage_table(scene, first)
    if len(first) < len(short):
        more = say.plain("dash.short.more", most=len(first), n=len(short) - len(first))
        told = joined(note(more), told)
    return Shown(scene.opening(sentence(scene, short)), after=told)


def sentence(scene: Scene, short: list[Standing]) -> Markup:
    """How many are out, urgent and low."""
    levels = Counter("out" if one.level == "nearly_out" else one.level for one in short)
    return scene.say("dash.short.answer", out=levels["out"], urgent=levels["urgent"], low=levels["low"])


def _asked_for(scene: Scene) -> list[Standing]:
    """Items at centers, most urgent first; of one street, or of one item, where asked."""
    street = scene.place(scene.asked.street, "street_office")
    item = scene.item if scene.asked.item else None
    return [
        one
        for one in standings(scene.book)
        if (street is None or one.place.parent == street.code)
        and (item is None or one.item.code == item.code)
    ]


def shortage_table(scene: Scene, short: list[Standing]) -> Markup:
    say = scene.say
    heads = ("days", "usable", "safety", "transit", "due", "order")
    columns = [
        Column(say.plain("dash.center_and_item")),
        Column(say.plain("dash.level"), corner=True),
        *(Column(say.plain(f"dash.{head}"), True) for head in heads),
    ]
    rows = [_row(scene, one) for one in short]
    return table(say.plain("dash.short.table"), say.plain("dash.most_urgent_first"), columns, rows)


def _row(scene: Scene, one: Standing) -> list[Cell]:
    name = f"{scene.named(one.place.name)} · {scene.named(one.item.name)}"
    due = scene.speech.short(one.next_due[0].isoformat()) if one.next_due else amount(None)
    return [
        scene.link(name, "center", center=one.place.code, item=one.item.code),
        chip(one.level, scene.lang),
        amount(whole_days(one)),
        amount(one.usable, scene.speech.unit(one.item.unit)),
        amount(one.safety),
        one.transit + one.overdue,
        due,
        amount(one.outlook.order if one.outlook and one.safety is not None else None),
    ]
