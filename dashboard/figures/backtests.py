"""How forecasts did against what came: enough or not, error against a peer, stock-outs against stock held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.figures.theme import ACT, EDGE, INK, INK2, PAPER, template
from dashboard.labels import words

SHAPES = ("circle", "square", "diamond", "triangle-up", "cross")
# families of policies: colour, mark, line, where the name stands; the mark is there so colour is never alone
FAMILY = {
    "mingzhang": (ACT, "circle", "solid", "middle left"),
    "textbook": ("#b24a06", "square", "solid", "middle right"),
    "openboxes": ("#3e63b0", "diamond", "solid", "top right"),
    "open_msupply": ("#7a5ba6", "triangle-up", "solid", "top right"),
    "law_known": (EDGE, "x-thin", "dot", "bottom left"),
}
_ROW = 44
MOST_SHORT = 60.0
"""Days a year: a policy that leaves people without for longer is out of the picture."""


@dataclass(frozen=True)
class Coverage:
    """One method: its name and, per level, the share of windows in which its quantity was enough."""

    name: str
    reached: tuple[float, ...]
    ours: bool = False


@dataclass(frozen=True)
class ErrorRatio:
    """One method's error over that of the one compared with, and the bounds of its 95 % interval."""

    name: str
    value: float
    low: float
    high: float
    ours: bool = False


@dataclass(frozen=True)
class Curve:
    """A family of policies: its key of FAMILY, its name, and (cost, days short, setting) of each."""

    family: str
    name: str
    points: tuple[tuple[float, float, str], ...]
    promises: bool = (
        True  # its settings are levels of service; the picture reaches half as far again as these
    )


def coverage(rows: Sequence[Coverage], levels: Sequence[float], lang: str, narrow: bool = False) -> go.Figure:
    """Promised levels as dashed lines, reached shares as marks; left of its line, a promise was not kept."""
    say = words(lang)
    least = min((share for row in rows for share in row.reached), default=0.9)
    figure = go.Figure()
    for i, level in enumerate(levels):
        line = {"color": EDGE, "width": 1.5, "dash": "4px,3px"}
        figure.add_shape(
            type="line", x0=level, x1=level, y0=-0.6, y1=len(rows) - 0.4, line=line, layer="below"
        )
        high = narrow and i % 2 == 1
        _note(figure, level, len(rows) - 0.4, f"{level:.0%}", yshift=22 if high else 6, colour=INK2)
        figure.add_scatter(
            x=[row.reached[i] for row in rows],
            y=[len(rows) - 1 - k for k in range(len(rows))],
            mode="markers",
            hoverinfo="skip",
            marker={
                "size": 10 if narrow else 13,
                "symbol": SHAPES[i % len(SHAPES)],
                "color": [ACT if row.ours else PAPER for row in rows],
                "line": {"width": 2, "color": [ACT if row.ours else INK for row in rows]},
            },
        )
    _note(
        figure, min(0.5, least - 0.02), len(rows) - 0.4, say.plain("backtest.promised"), yshift=6, left=True
    )
    return _rows(figure, [row.name for row in rows], [row.ours for row in rows], narrow).update_xaxes(
        range=[min(0.5, least - 0.03), 1.01],
        tickvals=[0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
        ticktext=["50%", "60%", "70%", "80%", "90%", "100%"],
    )


def error_ratios(rows: Sequence[ErrorRatio], base: str, lang: str, narrow: bool = False) -> go.Figure:
    """Error over that of `base`, which is the line at 1; the bar is the 95 % interval. Left is better."""
    say = words(lang)
    low, high = min((row.low for row in rows), default=0.9), max((row.high for row in rows), default=1.1)
    low, high = min(low, 0.9), min(max(high, 1.1), 2.6)
    figure = go.Figure()
    figure.add_shape(
        type="line", x0=1, x1=1, y0=-0.6, y1=len(rows) - 0.4, line={"color": INK, "width": 1.5}, layer="below"
    )
    _note(figure, 1, len(rows) - 0.4, base, yshift=6)
    colours = [ACT if row.ours else INK2 for row in rows]
    places = [len(rows) - 1 - k for k in range(len(rows))]
    for row, place, colour in zip(rows, places, colours, strict=True):
        figure.add_scatter(
            x=[row.low, row.high], y=[place, place], mode="lines", hoverinfo="skip",
            line={"color": colour, "width": 5 if row.ours else 3},
        )  # fmt: skip
        past = row.value > high
        _note(figure, min(row.value, high), place, f"{row.value:.2f}" + (" →" if past else ""), yshift=9,
              colour=colour, size=13)  # fmt: skip
    figure.add_scatter(
        x=[row.value for row in rows], y=places, mode="markers", hoverinfo="skip",
        marker={"size": 13, "color": colours, "line": {"width": 2, "color": PAPER}},
    )  # fmt: skip
    span = high - low
    _note(
        figure,
        low - span * 0.05,
        -0.6,
        say.plain("backtest.left_is_better"),
        yshift=2,
        left=True,
        colour=INK2,
    )
    return _rows(figure, [row.name for row in rows], [row.ours for row in rows], narrow).update_xaxes(
        range=[low - span * 0.06, high + span * 0.08]
    )


@dataclass(frozen=True)
class Panel:
    """One picture of curves: its title, the words of its axis, and how far the axis may reach."""

    title: str
    axis: str
    curves: tuple[Curve, ...]
    most: float


def trade_off(panels: Sequence[Panel], lang: str, narrow: bool = False) -> go.Figure:
    """Days short per year over what they cost, a panel each; lower left is better.

    Points beyond a panel's reach are left out of the picture, as the table has them.
    """
    say = words(lang)
    across = 1 if narrow else min(2, len(panels))
    down = -(-len(panels) // across)
    figure = make_subplots(
        rows=down, cols=across, vertical_spacing=0.34 / down if down > 1 else 0.0, horizontal_spacing=0.09,
        subplot_titles=[f"<b>{panel.title}</b>" for panel in panels],
    )  # fmt: skip
    figure.update_annotations(font={"size": 14, "color": INK}, yshift=6)
    for at, panel in enumerate(panels):
        place = {"row": at // across + 1, "col": at % across + 1}
        wide = 1.5 * max((x for one in panel.curves if one.promises for x, _, _ in one.points), default=1.0)
        wide = min(wide, panel.most)
        seen = [(x, y) for one in panel.curves for x, y, _ in one.points if x <= wide]
        high = min(max((y for _, y in seen), default=1.0), MOST_SHORT)
        for curve in panel.curves:
            _curve(figure, curve, high, place)
        wide = min(wide, 1.1 * max((x for x, _ in seen), default=wide))
        figure.update_yaxes(range=[-0.03 * high, high * 1.1], **place)
        figure.update_xaxes(range=[-0.14 * wide, wide], title=_axis_title(panel.axis), **place)
        if place["col"] == 1:
            figure.update_yaxes(title=_axis_title(say.plain("backtest.axis.short")), **place)
    return figure.update_layout(
        template=template(), height=(330 if narrow else 370) * down + 20,
        margin={"l": 8, "r": 12, "t": 36, "b": 8},
    )  # fmt: skip


def _axis_title(text: str) -> dict[str, Any]:
    return {"text": text, "font": {"size": 13, "color": INK2}, "standoff": 6}


def _curve(figure: go.Figure, curve: Curve, high: float, place: dict[str, int]) -> None:
    """A line through its settings, its name at the first point that is in the picture."""
    colour, shape, dash, where = FAMILY[curve.family]
    ours = curve.family == "mingzhang"
    first = next((i for i, (_, y, _) in enumerate(curve.points) if y <= high), None)
    names = [curve.name if i == first else "" for i in range(len(curve.points))]
    figure.add_scatter(
        x=[x for x, _, _ in curve.points], y=[y for _, y, _ in curve.points], mode="lines+markers+text",
        hoverinfo="skip", line={"color": colour, "width": 3 if ours else 2, "dash": dash},
        marker={"symbol": shape, "size": 10 if ours else 8, "color": colour if ours else PAPER,
                "line": {"width": 2, "color": colour}},
        text=names, textposition=where,
        textfont={"size": 13, "color": colour, "weight": 600 if ours else 400}, cliponaxis=True,
        **place,
    )  # fmt: skip


def _rows(figure: go.Figure, names: Sequence[str], ours: Sequence[bool], narrow: bool) -> go.Figure:
    """A row per method, its name at the left."""
    marked = [f"<b>{name}</b>" if own else name for name, own in zip(names, ours, strict=True)]
    return figure.update_layout(
        template=template(), height=_ROW * len(names) + 90, margin={"l": 8, "r": 16, "t": 44, "b": 8},
        yaxis={
            "range": [-0.7, len(names) - 0.4], "tickvals": [len(names) - 1 - k for k in range(len(names))],
            "ticktext": marked, "tickfont": {"size": 13 if narrow else 14, "color": INK},
        },
    )  # fmt: skip


def _note(
    figure: go.Figure,
    x: float,
    y: float,
    text: str,
    yshift: int = 0,
    left: bool = False,
    colour: str = INK,
    size: int = 13,
) -> None:
    options: dict[str, Any] = {"showarrow": False, "font": {"size": size, "color": colour}}
    figure.add_annotation(
        x=x, y=y, text=text, yanchor="bottom", xanchor="left" if left else "center", yshift=yshift, **options
    )
