"""Promises kept and not: past windows against what was said before; what is there against what to keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import plotly.graph_objects as go

from dashboard.figures.theme import FATE, INK, INK2, PAPER, axis_count, count, template
from dashboard.labels import Words, words

RED, AMBER, AMBER_INK, AMBER_TINT = "#a31621", "#b24a06", "#8a3904", "#fdf0e4"
_STEPS = tuple(m * 10**e for e in range(8) for m in (1, 2, 5))
_WIDE, _NARROW = 620, 312  # about how many pixels the bars have


@dataclass(frozen=True)
class Window:
    """One past window: its first day, what was said before it, what was used then, whether that is all."""

    first: date
    said: int
    used: int
    known: bool


def promises_kept(
    windows: Sequence[Window], unit: str = "", lang: str = "zh", narrow: bool = False
) -> go.Figure:
    """A bar for what was used, a black line for what was said before; what was short is red.

    Hatched: the shelf ran empty, so the bar is the least that was asked for.
    """
    say, drawn, figure = words(lang), list(windows), go.Figure()
    if not drawn:
        return figure.update_layout(template=template(), height=120)
    peak = max(max(w.said, w.used) for w in drawn)
    places = list(range(len(drawn)))
    _used(figure, drawn, unit)
    figure.add_scatter(
        x=[x for place in places for x in (place - 0.4, place + 0.4, None)],
        y=[y for window in drawn for y in (window.said, window.said, None)], mode="lines",
        line={"color": INK, "width": 3}, hovertemplate="%{y:,} " + unit + "<extra></extra>",
    )  # fmt: skip
    for place, window in zip(places, drawn, strict=True):
        if window.used > window.said:
            text = say.plain("chart.short", n=window.used - window.said)
            figure.add_annotation(
                x=place if place else -0.31, y=window.used, text=text, yanchor="bottom", showarrow=False,
                xanchor="center" if place else "left",  # the first would cover a number of the axis
                bgcolor=PAPER, font={"size": 13, "color": RED},
            )  # fmt: skip
    _name_last(figure, drawn[-1], places[-1], peak, say)
    return _upright(figure, drawn, peak, say, narrow)


def _used(figure: go.Figure, windows: Sequence[Window], unit: str) -> None:
    """What was used, the part within what was said and the part beyond it."""
    green = {"line": {"color": FATE["issued"], "width": 1.5}}
    solid = {"color": FATE["issued"], **green}
    hatch = {"shape": "/", "fgcolor": FATE["issued"], "bgcolor": PAPER, "size": 7, "solidity": 0.35}
    red = {"color": RED, "line": {"color": RED, "width": 1.5}}
    for known, marker in ((True, solid), (False, {"color": PAPER, "pattern": hatch, **green})):
        mine = [(place, w) for place, w in enumerate(windows) if w.known is known]
        _bars(figure, [(at, min(w.used, w.said), w.used) for at, w in mine], marker, unit)
    beyond = [(at, w.used - w.said, w.used) for at, w in enumerate(windows) if w.used > w.said]
    _bars(figure, beyond, red, unit)


def _bars(figure: go.Figure, bars: Sequence[tuple[int, int, int]], marker: dict[str, Any], unit: str) -> None:
    """Bars of (place, height, what is told of it)."""
    if bars:
        places, heights, told = zip(*bars, strict=True)
        hover = "%{customdata:,} " + unit + "<extra></extra>"
        figure.add_bar(x=places, y=heights, customdata=told, hovertemplate=hover, marker=marker, width=0.62)


def _name_last(figure: go.Figure, last: Window, place: int, peak: int, say: Words) -> None:
    """The last window names what line and bar are."""
    said, used = say.plain("chart.said", n=last.said), say.plain("chart.used", n=last.used)
    apart = abs(last.said - last.used) > peak * 0.14
    high_first = last.said >= last.used
    for text, y, high in ((said, last.said, high_first), (used, last.used, not high_first)):
        anchor = "middle" if apart else "bottom" if high else "top"
        figure.add_annotation(
            x=place, y=y, text=text, xanchor="left", xshift=24, yanchor=anchor, showarrow=False, align="left",
            font={"size": 13, "color": INK if text == said else FATE["issued"]},
        )  # fmt: skip


def _upright(figure: go.Figure, windows: Sequence[Window], peak: int, say: Words, narrow: bool) -> go.Figure:
    step = next((s for s in _STEPS if peak / s <= 5), max(1, peak))
    ticks = list(range(0, peak + step, step))
    shown = list(range(len(windows)))[:: 4 if narrow else 2]
    zh = say.lang == "zh"
    return figure.update_layout(
        template=template(), height=290 if narrow else 340, barmode="stack",
        margin={"l": 8, "r": 84 if narrow else 120, "t": 20, "b": 8},
        xaxis={
            "range": [-0.6, len(windows) - 0.4], "tickvals": shown,
            "ticktext": [_day(windows[i].first, zh) for i in shown],
        },
        yaxis={
            "range": [0, peak * 1.14], "tickvals": ticks,
            "ticktext": [axis_count(tick, say.lang) for tick in ticks],
        },
    )  # fmt: skip


def _day(day: date, zh: bool) -> str:
    return f"{day.month}-{day.day:02d}" if zh else f"{day.day} {day:%b}"


@dataclass(frozen=True)
class Part:
    """A piece of a row of `levels_kept`: the key of its word and look, and its quantity."""

    key: str
    quantity: int


_LOOK: dict[str, tuple[str, str, str, str]] = {
    # fill, border, hatch, ink
    "expected": ("#dfe7e4", INK2, "", INK),
    "safety": (AMBER_TINT, AMBER, "", AMBER_INK),
    "scenario": ("#efeaf8", "#5b3f8c", "", "#5b3f8c"),
    "review": (PAPER, INK2, "", INK2),
    "par": ("#dfe7e4", INK2, "", INK),
    "counted": (FATE["onhand"], FATE["onhand"], "", PAPER),
    "transit": (PAPER, FATE["onhand"], "/", INK),
    "leftover": (PAPER, AMBER, "x", AMBER_INK),
    "held": (PAPER, INK2, "-", INK2),
    "expired": (AMBER, AMBER, "", PAPER),
}


def levels_kept(
    wanted: Sequence[Part],
    there: Sequence[Part],
    lines: Sequence[tuple[str, int]] = (),
    lang: str = "zh",
    narrow: bool = False,
) -> go.Figure:
    """Two bars on one scale: what to keep, and what is there with all that is left out of it.

    `lines` (key, level) are drawn through both: the reorder point and the order-up-to level.
    """
    say, figure = words(lang), go.Figure()
    rows = (("chart.keep", wanted), ("chart.there", there))
    peak = max([sum(part.quantity for part in parts) for _, parts in rows] + [at for _, at in lines] + [1])
    for row, (_, parts) in enumerate(rows):
        _stack(figure, parts, -row, peak, say, narrow)
    for n, (key, at) in enumerate(lines):
        _upright_line(figure, say.plain(f"chart.{key}", n=at), at, n, peak, narrow)
    for row, (name, _) in enumerate(rows):
        figure.add_annotation(
            x=0, y=-row + 0.36, text=f"<b>{say.plain(name)}</b>", xanchor="left", yanchor="bottom", xshift=-2,
            showarrow=False, font={"size": 14, "color": INK},
        )  # fmt: skip
    return figure.update_layout(
        template=template(), height=270 if narrow else 260, barmode="stack",
        margin={"l": 2, "r": 8, "t": 52, "b": 8}, xaxis={"range": [0, peak * 1.02], "visible": False},
        yaxis={"range": [-1.42, 0.62], "visible": False},
    )  # fmt: skip


def _stack(figure: go.Figure, parts: Sequence[Part], y: int, peak: int, say: Words, narrow: bool) -> None:
    room = (_NARROW if narrow else _WIDE) / peak
    for part in parts:
        if part.quantity <= 0:
            continue
        fill, border, hatch, ink = _LOOK[part.key]
        name = say.plain(f"chart.part.{part.key}")
        text = f"{name}<br>{count(part.quantity)}"
        fits = part.quantity * room >= _pixels(name)
        marker: dict[str, Any] = {"color": fill, "line": {"color": border, "width": 1.5}}
        if hatch:
            lines = {"fgcolor": border, "bgcolor": PAPER, "size": 7, "solidity": 0.25}
            marker["pattern"] = {"shape": hatch, **lines}
        figure.add_bar(
            x=[part.quantity], y=[y], orientation="h", width=0.66, marker=marker, insidetextanchor="middle",
            text=[text if fits else ""], textposition="inside", textangle=0, constraintext="none",
            textfont={"size": 13, "color": INK if hatch else ink},
            hovertemplate=f"{name} {count(part.quantity)}<extra></extra>",
        )  # fmt: skip


def _pixels(name: str) -> int:
    return 12 + sum(14 if ord(letter) > 0x2E7F else 8 for letter in name)


def _upright_line(figure: go.Figure, text: str, at: int, n: int, peak: int, narrow: bool) -> None:
    """The second line's words stand above the first's, so that they never meet."""
    line = {"color": AMBER if n == 0 else INK2, "width": 2, "dash": "7px,4px"}
    figure.add_shape(type="line", x0=at, x1=at, y0=-1.4, y1=0.62, line=line)
    anchor = "right" if at > peak * (0.4 if narrow else 0.25) else "left"
    figure.add_annotation(
        x=at, y=1, yref="paper", text=text, xanchor=anchor, yanchor="bottom", yshift=4 + 22 * n,
        showarrow=False, font={"size": 13, "color": AMBER_INK if n == 0 else INK2},
    )  # fmt: skip
