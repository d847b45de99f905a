"""/flows/: who runs short, and where every item is; the page for someone with ten minutes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from dashboard.flows import covers
from dashboard.flows.parts import Cell, Column, Shown, amount, joined, link, table
from dashboard.flows.scene import Field, Scene
from dashboard.language import percent
from dashboard.queries.goods import ItemTotals
from dashboard.queries.stock import standings

MOST_ITEMS = 60
Group = tuple[str, tuple[str, ...]]
# Heads of the list and the fates under each; together they are all of theme.FATE.
GROUPS: tuple[Group, ...] = (
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
    say, short = scene.say, short_centers(scene)
    used = {fate for line in scene.totals for fate in line.fates}
    groups = [(head, fates) for head, fates in GROUPS if used.intersection(fates)]
    heads = ["col.entered", *(head for head, _ in groups)]
    if short is not None:
        heads.insert(0, "dash.short_centers")
    columns = [Column(say.plain("dash.ask.item")), *(Column(say.plain(head), True) for head in heads)]
    lines = most_asked(scene.totals, short or {})
    rows = [_row(scene, line, groups, short) for line in lines]
    listed = table(say.plain("dash.all_items"), say.plain("dash.all_items.note"), columns, rows)
    if len(lines) == len(scene.totals):
        return listed
    return joined(listed, link(say.plain("home.all_items", n=len(scene.totals)), "/items/"))


def short_centers(scene: Scene) -> dict[str, int] | None:
    """Item -> how many centers are out or urgent; None in a book without centers."""
    if not scene.book.registers.centers():
        return None
    urgent = (one.item.code for one in standings(scene.book) if one.level in ("out", "nearly_out", "urgent"))
    return dict(Counter(urgent))


def most_asked(totals: list[ItemTotals], short: Mapping[str, int]) -> list[ItemTotals]:
    """All items in the order of codes; of very many those that are short, went furthest and were most."""
    if len(totals) <= MOST_ITEMS:
        return totals
    rank = {line.item.code: (short.get(line.item.code, 0), len(line.fates), line.entered) for line in totals}
    return sorted(totals, key=lambda line: rank[line.item.code], reverse=True)[:MOST_ITEMS]


def _row(
    scene: Scene, line: ItemTotals, groups: Sequence[Group], short: Mapping[str, int] | None
) -> list[Cell]:
    name = scene.link(scene.named(line.item.name), "flows", item=line.item.code)
    told = Markup('{} <span class="tiny">{}</span>{}').format(name, line.item.spec, share_bar(scene, line))
    return [
        told,
        *([] if short is None else [short.get(line.item.code, 0)]),
        amount(line.entered, scene.speech.unit(line.item.unit)),
        *(sum(line.fates.get(fate, 0) for fate in fates) for _, fates in groups),
    ]


def share_bar(scene: Scene, line: ItemTotals) -> Markup:
    """One item's fates as shares of its own total; the numbers stand in the same row."""
    told = [f"{scene.say.plain(f'fate.{fate}')} {percent(n, line.entered)}" for fate, n in line.fates.items()]
    part = Markup('<i class="share-{}" style="flex-grow:{}"></i>')
    parts = Markup().join(part.format(fate, n) for fate, n in line.fates.items())
    return Markup('<span class="share" role="img" aria-label="{}">{}</span>').format(
        scene.comma.join(told), parts
    )
