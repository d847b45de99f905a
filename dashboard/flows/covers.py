"""/flows/map: days of cover of every center, a block per street; and the same grid for the overview."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import floor

from dash.development.base_component import Component
from markupsafe import Markup

from dashboard.figures import Cover, cover_grid
from dashboard.figures.short import short_name
from dashboard.flows.parts import Cell, Column, Shown, amount, nothing, picture, standing_chip, table
from dashboard.flows.scene import Field, Scene
from dashboard.queries.registers import Item, Place
from dashboard.queries.stock import Standing, center_standings, standings

MOST_NAMED = 3
At = tuple[Place, Standing | None]  # a center, and the item that its tile is about


def fields(scene: Scene) -> list[Field]:
    return [scene.item_field(first=scene.say.plain("dash.scarcest"))]


def view(scene: Scene) -> Shown:
    item = scene.item if scene.asked.item else None
    ats = of_item(scene, item) if item else of_scarcest(scene)
    if not ats:
        return Shown(no_centers(scene))
    opening = scene.opening(status(scene, ats, item))
    return Shown(opening, lambda: grid(scene, ats), after=centers(scene, ats))


def of_scarcest(scene: Scene) -> list[At]:
    """Every center with its most urgent vital item, most urgent first."""
    return [(one.center, one.scarcest) for one in center_standings(scene.book)]


def of_item(scene: Scene, item: Item) -> list[At]:
    """Every center with its standing in one item, most urgent first; centers that never had it come last."""
    known = {one.place.code: one for one in standings(scene.book, item=item.code)}
    ranked = [(one.place, one) for one in known.values()]
    return [*ranked, *((c, None) for c in scene.book.registers.centers() if c.code not in known)]


def count(ats: Iterable[At], *levels: str) -> int:
    return sum(1 for _, one in ats if one is not None and one.level in levels)


def status(scene: Scene, ats: Sequence[At], item: Item | None = None) -> Markup:
    """How many centers are out, how many urgent, of how many; of one item also how much they have."""
    say, out, urgent = scene.say, count(ats, "out", "nearly_out"), count(ats, "urgent")
    parts = [say(f"dash.status.{key}", n=n) for key, n in (("out", out), ("urgent", urgent)) if n]
    parts.append(say("dash.status.rest" if parts else "dash.status.none", n=len(ats) - out - urgent))
    told = Markup(scene.comma).join(parts)
    if item is None:
        return say("dash.status", centers=len(ats), parts=told)
    usable = scene.speech.amount(sum(one.usable for _, one in ats if one), item.unit)
    return say(
        "dash.status.item", item=scene.speech.name(item.name), amount=usable, centers=len(ats), parts=told
    )


def grid(scene: Scene, ats: Sequence[At], *links: tuple[str, str]) -> Component:
    """The tiles, a block per street; the finding names the scarcest."""
    covers, names = [], {}
    for center, one in sorted(ats, key=lambda at: at[0].parent):
        street = scene.book.registers.street(center)
        where = scene.brief(street.name) if street else scene.say.plain("dash.no_street")
        short = short_name(scene.named(center.name), scene.lang)
        names[short] = scene.named(center.name)
        covers.append(Cover(short, where, _look(one), whole_days(one)))
    scarce = [(center, days) for center, one in ats if (days := whole_days(one)) is not None][:MOST_NAMED]
    told = [
        scene.say.plain(
            "dash.grid.one", place=scene.brief(c.name), days=scene.say.plain("chart.days", n=days)
        )
        for c, days in scarce
    ]
    comma = "、" if scene.lang == "zh" else ", "
    finding = (
        scene.say.plain("dash.grid", names=comma.join(told)) if told else scene.say.plain("dash.grid.none")
    )
    item = scene.item if scene.asked.item else None
    basis = scene.say.plain(
        "dash.grid.item_basis" if item else "dash.grid.basis", item=scene.named(item.name) if item else ""
    )
    drawn = cover_grid(covers, scene.lang, scene.asked.narrow, names)
    return picture("grid", drawn, finding, basis, scene.ways_on("cover", "days-of-cover", *links))


def whole_days(one: Standing | None) -> int | None:
    """Days of cover, rounded down; 0 where the shelf is empty; None where it cannot be said."""
    if one is None or one.days is None:
        return None
    return 0 if one.usable == 0 else floor(one.days)


def _look(one: Standing | None) -> str:
    """The tile's look; where nothing can be said it is plain, and its number is —."""
    level = one.level if one else ""
    return "out" if level == "nearly_out" else level or "ok"


def centers(scene: Scene, ats: Sequence[At]) -> Markup:
    """The tiles as a table, every center."""
    say = scene.say
    columns = [
        Column(say.plain("dash.ask.center")),
        Column(say.plain("dash.level"), corner=True),
        Column(say.plain("dash.days"), True),
        *([] if scene.asked.item else [Column(say.plain("dash.item_there"), wide=True)]),
        Column(say.plain("dash.usable"), True),
        Column(say.plain("dash.safety"), True),
        Column(say.plain("dash.transit"), True),
    ]
    rows = [_center_row(scene, center, one) for center, one in ats]
    return table(say.plain("dash.centers"), say.plain("dash.most_urgent_first"), columns, rows)


def _center_row(scene: Scene, center: Place, one: Standing | None) -> list[Cell]:
    item = {"item": one.item.code} if one else {}
    name = scene.link(scene.named(center.name), "center", center=center.code, **item)
    unit = scene.speech.unit(one.item.unit) if one else ""
    return [
        name,
        standing_chip(one.level, one.item.item_class, scene.lang) if one else amount(None),
        amount(whole_days(one)),
        *([] if scene.asked.item else [scene.named(one.item.name) if one else amount(None)]),
        amount(one.usable if one else None, unit),
        amount(one.safety if one else None),
        amount(one.transit + one.overdue if one else None),
    ]


def no_centers(scene: Scene) -> Markup:
    say = scene.say.plain
    return nothing(
        say("dash.no_centers"), say("dash.no_centers.why"), scene.link(say("dash.see_flows"), "flows")
    )
