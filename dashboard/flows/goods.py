"""/flows/flows: where goods came from, through whom, to whom, and where they are now. It adds up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dash.development.base_component import Component
from markupsafe import Markup

from dashboard.figures import Flow, flows_sankey, largest_places
from dashboard.figures.theme import SOURCE
from dashboard.figures.ways import DIRECT, KEPT
from dashboard.flows.parts import NOTHING, Cell, Column, Shown, joined, note, nothing, picture, table
from dashboard.flows.scene import Field, Scene
from dashboard.flows.streams import by_fate, by_place, largest, streams
from dashboard.labels import Number
from dashboard.language import percent
from dashboard.queries.goods import source_lines
from dashboard.queries.registers import Item, Place

MOST_PLACES = 12
LOOK = {"written_off": "expired", "lost": "missing", "outside": "returned", "requisitioned": "returned",
        "converted_out": "returned"}  # fmt: skip # fates that share a colour with another
REST = "\x00rest"


def fields(scene: Scene) -> list[Field]:
    """The item, its source, and the street to look closer at."""
    asked = [scene.item_field()]
    sources = {row[0] for row in scene.book.reading.flow(scene.item.code)} if scene.item else set()
    if len(sources) > 1:
        every = ("", scene.say.plain("dash.all_sources"))
        choices = ((s, scene.say.plain(f"source.{s}")) for s in SOURCE if s in sources)
        groups = (("", (every, *choices)),)
        asked.append(Field("source", scene.say.plain("dash.ask.source"), groups, scene.asked.source))
    return [*asked, scene.street_field()] if scene.streets else asked


def view(scene: Scene) -> Shown:
    item = scene.item
    if item is None:
        return scene.empty_book()
    street = scene.place(scene.asked.street, "street_office")
    flows = streams(scene.book, item, scene.asked.source, street)
    if not flows:
        again = scene.link(scene.say.plain("dash.start_again"), "flows", source="", street="")
        why = scene.say.plain("dash.nothing_there.why")
        return Shown(nothing(scene.say.plain("dash.nothing_there"), why, again))
    tables = joined(source_table(scene, item, flows), place_table(scene, item, flows), notes(scene, flows))
    opening = scene.opening(sentence(scene, item, flows, street))
    return Shown(opening, lambda: sankey(scene, item, flows, street), after=tables)


def sentence(scene: Scene, item: Item, flows: Sequence[Flow], street: Place | None) -> Markup:
    """The whole in full numbers: what entered, and every fate of it."""
    say, speech, source = scene.say, scene.speech, scene.asked.source
    zh, fates = scene.lang == "zh", []
    for fate, quantity in by_fate(flows).items():
        number = speech.amount(quantity, item.unit) if zh else str(Number(quantity))
        bold = Markup('<b class="{}">{}</b>').format(LOOK.get(fate, fate), number)
        fates.append(say(f"answer.fate.{fate}", n=bold))
    key = {(True, True): ".both", (True, False): ".source", (False, True): ".street"}
    return say(
        f"dash.answer{key.get((bool(source), street is not None), '')}",
        item=speech.name(item.name),
        amount=speech.amount(sum(flow.quantity for flow in flows), item.unit),
        fates=Markup("，").join(fates) if zh else say.listed(fates),
        source=say(f"source.{source}") if source in SOURCE else "",
        street=speech.name(street.name) if street else "",
    )


def sankey(scene: Scene, item: Item, flows: Sequence[Flow], street: Place | None) -> Component:
    """The largest places drawn; its finding is the largest stream. A click on a street asks for it."""
    shown = largest_places(flows, MOST_PLACES, REST)
    codes = ({flow.place for flow in shown} | {flow.depot for flow in shown}) - {KEPT, DIRECT, REST}
    labels = {code: scene.brief(scene.book.registers.place(code).name) for code in codes}
    labels[REST] = scene.say.plain("chart.rest", n=len({flow.place for flow in flows} - codes - {KEPT}))
    drawn = flows_sankey(shown, scene.lang, scene.asked.narrow, labels=labels, heads=_heads(scene, street))
    streets = {labels[place.code]: place.code for place in scene.streets if place.code in labels}
    names = drawn.data[0].node.customdata
    drawn.update_layout(meta={"asks": "street", "nodes": [streets.get(name, "") for name in names]})
    source, fate, quantity, whole = largest(flows)
    finding = scene.say.plain(
        "dash.largest", source=scene.say.plain(f"source.{source}"), fate=scene.say.plain(f"fate.{fate}"),
        share=percent(quantity, whole),
    )  # fmt: skip
    total, unit = sum(flow.quantity for flow in flows), scene.speech.unit(item.unit)
    basis = scene.say.plain("dash.sums", item=scene.named(item.name), unit=unit, n=total)
    if streets and not street and not scene.asked.narrow:
        basis += scene.say.plain("dash.click")
    links = [("save_csv", f"/items/{item.code}.csv")]
    if street:
        links.append(("dash.back_to_all", scene.asked.link("flows", street="")))
    return picture("flows", drawn, finding, basis, scene.ways_on("equation", "flows", *links))


def _heads(scene: Scene, street: Place | None) -> tuple[str, ...]:
    third = "dash.ask.center" if street else "chart.to" if scene.streets else "dash.went_to"
    return tuple(scene.say.plain(key) for key in ("chart.from", "chart.through", third, "chart.now"))


def source_table(scene: Scene, item: Item, flows: Sequence[Flow]) -> Markup:
    """The figure in numbers: a row per source, closed by the total."""
    fates = by_fate(flows)
    rows: list[list[Cell]] = []
    for line in source_lines(list(flows)):
        source = scene.say(f"source.{line.source}")
        name = Markup('<span class="key {}"></span>{}').format(line.source, source)
        rows.append([name, line.entered, *(line.fates.get(fate, 0) for fate in fates)])
    columns = _columns(scene, scene.say.plain("dash.ask.source"), fates)
    return table(
        _caption(scene, item),
        _note(scene, "dash.by_source", item),
        columns,
        rows,
        _total(scene, fates),
        "keep",
    )


def place_table(scene: Scene, item: Item, flows: Sequence[Flow]) -> Markup:
    """The same by place, every place; a street leads to its centers, a center to its page."""
    fates = by_fate(flows)
    rows: list[list[Cell]] = [
        [_place(scene, code), sum(there.values()), *(there.get(fate, 0) for fate in fates)]
        for code, there in by_place(flows).items()
    ]
    columns = _columns(scene, scene.say.plain("dash.place"), fates)
    return table(
        _caption(scene, item),
        _note(scene, "dash.by_place", item),
        columns,
        rows,
        _total(scene, fates),
        "keep",
    )


def _caption(scene: Scene, item: Item) -> str:
    return scene.named(item.name)


def _note(scene: Scene, key: str, item: Item) -> str:
    return scene.comma.join((scene.say.plain(key), scene.speech.unit(item.unit)))


def _columns(scene: Scene, first: str, fates: Iterable[str]) -> list[Column]:
    heads = [scene.say.plain("col.entered"), *(scene.say.plain(f"fate.{fate}") for fate in fates)]
    return [Column(first), *(Column(head, True) for head in heads)]


def _total(scene: Scene, fates: dict[str, int]) -> list[Cell]:
    return [scene.say.plain("dash.total"), sum(fates.values()), *fates.values()]


def _place(scene: Scene, code: str) -> Markup | str:
    if code == KEPT:
        return scene.say.plain("chart.kept")
    place = scene.book.registers.place(code)
    if place.kind == "street_office" and not scene.asked.street:
        return scene.link(scene.named(place.name), "flows", street=code)
    if place.kind == "center":
        return scene.link(scene.named(place.name), "center", center=code)
    return scene.named(place.name)


def notes(scene: Scene, flows: Iterable[Flow]) -> Markup:
    """What the numbers cannot say, and how found goods are counted."""
    sources, fates = {flow.source for flow in flows}, {flow.fate for flow in flows}
    archive = scene.book.facts.kind == "archive"
    said = {
        "dash.issued_is_not_used": "issued" in fates,
        "dash.found_rule": "found" in sources,
        "archive.transit_why": archive and "transit" in fates,
        "archive.onhand_why": archive and "onhand" in fates,
        "archive.unshown_why": "unshown" in sources,
    }
    told = [scene.say.plain(key) for key, holds in said.items() if holds]
    return note(*told) if told else NOTHING
