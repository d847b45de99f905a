"""/flows/center: one item at one center: stock against safety stock, the band ahead, days of cover."""

from __future__ import annotations

from dataclasses import replace
from math import floor

from dash.development.base_component import Component
from markupsafe import Markup

from dashboard.figures import stock_cover
from dashboard.flows.covers import no_centers, whole_days
from dashboard.flows.parts import Cell, Column, Shown, amount, joined, note, picture, standing_chip, table
from dashboard.flows.scene import Field, Scene
from dashboard.queries.registers import Place
from dashboard.queries.stock import Standing, StockLine, standings, stock_line
from dashboard.queries.story import nearest_level


def fields(scene: Scene) -> list[Field]:
    """The center, and the items that it has or expects, most urgent first."""
    center = chosen_center(scene)
    if center is None:
        return []
    here = standings(scene.book, place=center.code)
    one = chosen_item(scene, here)
    choices = tuple((s.item.code, _choice(scene, s)) for s in here)
    item = Field("item", scene.say.plain("dash.ask.item"), (("", choices),), one.item.code if one else "")
    return [scene.center_field(center.code), item] if here else [scene.center_field(center.code)]


def _choice(scene: Scene, one: Standing) -> str:
    name = scene.named(one.item.name)
    return f"{name} · {scene.say.plain(f'level.{one.level}')}" if one.level not in ("", "ok") else name


def chosen_center(scene: Scene) -> Place | None:
    """The center asked for, else the one that is worst off; None in a book without centers."""
    asked = scene.place(scene.asked.center, "center")
    if asked is not None:
        return asked
    worst = next((one.place for one in standings(scene.book)), None)
    return worst or next(iter(scene.book.registers.centers()), None)


def chosen_item(scene: Scene, here: list[Standing]) -> Standing | None:
    """The item asked for, if this center has it, else its most urgent one."""
    asked = next((one for one in here if one.item.code == scene.asked.item), None)
    return asked or next(iter(here), None)


def view(scene: Scene) -> Shown:
    center = chosen_center(scene)
    if center is None:
        return Shown(no_centers(scene))
    here = standings(scene.book, place=center.code)
    one = chosen_item(scene, here)
    if one is None:
        return scene.empty_book()
    line = drawn_line(scene, one)
    return Shown(
        scene.opening(sentence(scene, one)),
        lambda: stock(scene, line),
        beside=joined(days(scene, line), tested(scene, one)),
        after=everything(scene, center, here),
    )


def drawn_line(scene: Scene, one: Standing) -> StockLine:
    """The line that is drawn. From an empty shelf no band leaves: there is nothing left to run out."""
    line = stock_line(scene.book, one)
    return line if one.usable else replace(line, ahead=[])


def sentence(scene: Scene, one: Standing) -> Markup:
    """What is usable, how long it lasts, and how that compares with the safety stock."""
    say, comma = scene.say, Markup("，" if scene.lang == "zh" else ", ")
    lasts = say("dash.lasts.unknown") if one.days is None else say("dash.lasts", n=floor(one.days))
    parts = [say("dash.lasts.out") if one.usable == 0 else lasts]
    if one.safety is None:
        parts.append(say("dash.no_safety"))
    else:
        parts.append(
            say("dash.below_safety" if one.usable < one.safety else "dash.above_safety", n=one.safety)
        )
    return say(
        "dash.center.answer", center=scene.speech.name(one.place.name), item=scene.speech.name(one.item.name),
        amount=scene.speech.amount(one.usable, one.item.unit), rest=comma.join(parts),
    )  # fmt: skip


def why_not(scene: Scene, one: Standing) -> str:
    """Why no band is drawn."""
    reasons = {"too_short": "short", "short": "short", "insufficient": "insufficient", "no_use": "no_use"}
    if one.usable == 0 and one.basis == "forecast":
        return scene.say.plain("dash.why.empty")
    by_class = one.basis in ("reusable", "equipment")
    return scene.say.plain(f"dash.why.{'class' if by_class else reasons.get(one.basis, 'none')}")


def stock(scene: Scene, line: StockLine) -> Component:
    one, unit = line.stock, scene.speech.unit(line.stock.item.unit)
    days = whole_days(one)
    drawn = stock_cover(
        line.past, line.ahead, one.safety, unit, scene.lang, line.inbound, scene.asked.narrow, days=days
    )
    finding = (
        f"{scene.named(one.item.name)}{'：' if scene.lang == 'zh' else ': '}{_short_finding(scene, one)}"
    )
    key = "dash.stock.basis" if line.ahead else "dash.stock.past_only"
    links = scene.ways_on(
        "forecast",
        "stock",
        ("save_csv", f"/centers/{one.place.code}.csv"),
        ("dash.text_page", f"/centers/{one.place.code}"),
        ("story.link", f"/centers/{one.place.code}/story?item={one.item.code}"),
        ("dash.see_flows", scene.asked.link("flows", item=one.item.code)),
    )
    basis = scene.say.plain(key, unit=unit, why=why_not(scene, one))
    return picture("stock", drawn, finding, basis, links)


def _short_finding(scene: Scene, one: Standing) -> str:
    amounted = scene.speech.amount(one.usable, one.item.unit)
    if one.days is None or one.usable == 0:
        return amounted
    lasts = scene.say.plain("chart.cover", n=floor(one.days))
    return f"{amounted}{'，' if scene.lang == 'zh' else ', '}{lasts}"


def days(scene: Scene, line: StockLine) -> Markup:
    """The picture in numbers: the days ahead, or the last days where nothing is forecast."""
    say, item = scene.say, line.stock.item
    note = say.plain("dash.ahead.note", item=scene.named(item.name), unit=scene.speech.unit(item.unit))
    if line.ahead:
        columns = [
            Column(say.plain("dash.day")),
            *(Column(say.plain(f"dash.{h}"), True) for h in ("least", "middle", "most")),
        ]
        rows: list[list[Cell]] = [
            [scene.speech.day(day), low, mid, high] for day, low, mid, high in line.ahead[:7]
        ]
        return table(say.plain("dash.ahead"), note, columns, rows, narrow="")
    columns = [Column(say.plain("dash.day")), Column(say.plain("dash.stock"), True)]
    rows = [[scene.speech.day(day), quantity] for day, quantity in line.past[-7:]]
    return table(say.plain("dash.past_days"), note, columns, rows, narrow="")


def tested(scene: Scene, one: Standing) -> Markup:
    """The model's own past error, in words; or that there is none to show."""
    test = one.forecast.backtest if one.forecast else None
    if one.forecast is None or test is None:
        return note(scene.say.plain("dash.backtest.none"))
    at = nearest_level(test, one.forecast.service_level_per_mille)
    level, hit = test.levels[at], test.covered[at]
    text = scene.say.plain(
        "dash.backtest", n=test.windows, days=test.length_days, level=f"{level:.0%}", hit=hit
    )
    return note(text)


def everything(scene: Scene, center: Place, here: list[Standing]) -> Markup:
    """Every item of the center, most urgent first."""
    say = scene.say
    heads = ("usable", "days", "safety", "daily", "transit", "expired", "waiting")
    columns = [
        Column(say.plain("dash.ask.item")),
        Column(say.plain("dash.level"), corner=True),
        *(Column(say.plain(f"dash.{head}"), True) for head in heads),
    ]
    rows = [_row(scene, one) for one in here]
    caption = say.plain("dash.same_center", center=scene.named(center.name))
    return table(caption, say.plain("dash.most_urgent_first"), columns, rows)


def _row(scene: Scene, one: Standing) -> list[Cell]:
    mean = one.forecast.daily_mean if one.forecast else None
    return [
        scene.link(scene.named(one.item.name), "center", center=one.place.code, item=one.item.code),
        standing_chip(one.level, one.item.item_class, scene.lang),
        amount(one.usable, scene.speech.unit(one.item.unit)),
        amount(whole_days(one)),
        amount(one.safety),
        amount(None) if mean is None else f"{mean:,.1f}" if mean < 10 else f"{mean:,.0f}",
        one.transit + one.overdue,
        one.expired,
        one.waiting,
    ]  # fmt: skip
