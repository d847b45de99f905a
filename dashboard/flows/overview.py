"""/flows/: who runs short, and where every item is; the page for someone with ten minutes."""

from __future__ import annotations

from collections import defaultdict

from markupsafe import Markup

from dashboard.flows import covers
from dashboard.flows.parts import Cell, Column, Shown, amount, joined, table
from dashboard.flows.scene import Field, Scene
from dashboard.language import percent
from dashboard.queries.goods import ItemTotals
from dashboard.queries.stock import standings

# Heads of the list and the fates under each; together they are all of theme.FATE.
GROUPS = (
    ("fate.issued", ("issued",)),
    ("fate.onhand", ("onhand",)),
    ("fate.transit", ("transit",)),
    ("dash.gone", ("returned", "outside", "requisitioned", "converted_out")),
    ("dash.lost", ("expired", "written_off")),
    ("dash.missing", ("lost", "missing")),
)


def fields(scene: Scene) -> list[Field]:
    """Nothing to choose: everything is here."""
    return []


def view(scene: Scene) -> Shown:
    if not scene.totals:
        return scene.empty_book()
    ats = covers.of_scarcest(scene)
    if not ats:
        counted = scene.opening(scene.say("dash.items_in_book", n=len(scene.totals)))
        return Shown(counted, after=joined(covers.no_centers(scene), items(scene)))
    ways = (("dash.see_shortages", scene.asked.link("shortages")), ("dash.see_map", scene.asked.link("map")))
    opening = scene.opening(covers.status(scene, ats))
    return Shown(opening, lambda: covers.grid(scene, ats, *ways), after=items(scene))


def items(scene: Scene) -> Markup:
    """Every item with its whole: what entered, and where it is; the row adds up, the bar shows the shares."""
    say = scene.say
    heads = ("dash.short_centers", "dash.entered", *(head for head, _ in GROUPS))
    columns = [Column(say.plain("dash.ask.item")), *(Column(say.plain(head), True) for head in heads)]
    short: dict[str, int] = defaultdict(int)
    for one in standings(scene.book):
        short[one.item.code] += one.level in ("out", "nearly_out", "urgent")
    rows = [_row(scene, line, short[line.item.code]) for line in scene.totals]
    return table(say.plain("dash.all_items"), say.plain("dash.all_items.note"), columns, rows)


def _row(scene: Scene, line: ItemTotals, short: int) -> list[Cell]:
    name = scene.link(scene.named(line.item.name), "flows", item=line.item.code)
    return [
        Markup('{} <span class="tiny">{}</span>{}').format(name, line.item.spec, share_bar(scene, line)),
        short,
        amount(line.entered, scene.speech.unit(line.item.unit)),
        *(sum(line.fates.get(fate, 0) for fate in fates) for _, fates in GROUPS),
    ]


def share_bar(scene: Scene, line: ItemTotals) -> Markup:
    """One item's fates as shares of its own total; the numbers stand in the same row."""
    told = [f"{scene.say.plain(f'fate.{fate}')} {percent(n, line.entered)}" for fate, n in line.fates.items()]
    part = Markup('<i class="share-{}" style="flex-grow:{}"></i>')
    parts = Markup().join(part.format(fate, n) for fate, n in line.fates.items())
    return Markup('<span class="share" role="img" aria-label="{}">{}</span>').format(
        scene.comma.join(told), parts
    )
