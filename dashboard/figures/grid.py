"""Days of cover of every center: a map that needs no tiles. A block per street, a tile per center."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from dashboard.figures.theme import INK, INK2, LEVEL, template
from dashboard.labels import words

_PER_ROW, _STEP_X, _STEP_Y, _HEAD = 5, 1.0, 1.32, 0.62


@dataclass(frozen=True)
class Cover:
    """One center's tile."""

    name: str  # short name, at most 4 characters or 10 letters
    street: str
    level: str  # key of LEVEL
    days: int | None  # days of cover of the scarcest vital item; None where it is not known


def _scarcest_first(center: Cover) -> tuple[int, bool, int]:
    return list(LEVEL).index(center.level), center.days is None, center.days or 0


def cover_grid(
    centers: Sequence[Cover], lang: str = "zh", narrow: bool = False, names: Mapping[str, str] | None = None
) -> go.Figure:
    """Blocks in the given order of streets, tiles scarcest first. No coast, no tiles, no false distance.

    Narrow: the five scarcest of a street are drawn and the others counted. `names` are long names for hover.
    """
    say = words(lang)
    blocks: dict[str, list[Cover]] = defaultdict(list)
    for center in centers:
        blocks[center.street].append(center)
    across, tile = (1, 54) if narrow else (3, 56)
    figure, top, high = go.Figure(), 0.0, [0.0]
    points: list[tuple[float, float, Cover]] = []
    for at, (street, every) in enumerate(blocks.items()):
        column = at % across
        if column == 0 and at:
            top, high = top + max(high) + 0.55, []
        members = sorted(every, key=_scarcest_first)
        members, rest = (members[:_PER_ROW], members[_PER_ROW:]) if narrow else (members, [])
        left = column * (_PER_ROW * _STEP_X + 0.6)
        right = left + _PER_ROW - 0.54
        many = say.plain("chart.centers", n=len(every))
        _write(
            figure,
            left - 0.47,
            -top,
            f"<b>{street}</b> <span style='color:{INK2};font-size:13px'>{many}</span>",
        )
        if rest and rest[0].days is not None:
            text = say.plain("chart.above", n=len(rest), days=rest[0].days)
            _write(figure, right, -top, text, xanchor="right", font={"size": 13, "color": INK2})
        line = {"color": INK, "width": 1}
        figure.add_shape(type="line", x0=left - 0.46, x1=right, y0=-top - 0.3, y1=-top - 0.3, line=line)
        for i, center in enumerate(members):
            x, y = left + i % _PER_ROW * _STEP_X, -top - _HEAD - 0.28 - i // _PER_ROW * _STEP_Y
            points.append((x, y, center))
        high.append(_HEAD + (1 + (len(members) - 1) // _PER_ROW) * _STEP_Y)
    _tiles(figure, points, tile, dict(names or {}), lang)
    bottom = top + max(high)
    wide = across if narrow else min(across, max(1, len(blocks)))
    span = wide * _PER_ROW * _STEP_X + (wide - 1) * 0.6
    return figure.update_layout(
        template=template(), height=int((bottom + 0.2) * tile), margin={"l": 0, "r": 0, "t": 0, "b": 0},
        xaxis={"visible": False, "range": [-0.5, span - 0.5], "fixedrange": True},
        yaxis={"visible": False, "range": [-bottom, 0.25], "fixedrange": True},
    )  # fmt: skip


def _write(figure: go.Figure, x: float, y: float, text: str, **options: Any) -> None:
    look = {"xanchor": "left", "yanchor": "middle", "showarrow": False, "font": {"size": 14}}
    figure.add_annotation(x=x, y=y, text=text, **{**look, **options})


def _tiles(
    figure: go.Figure, points: list[tuple[float, float, Cover]], tile: int, names: dict[str, str], lang: str
) -> None:
    say = words(lang)
    for level, (fill, ink, border, glyph) in LEVEL.items():
        mine = [point for point in points if point[2].level == level]
        days = ["—" if c.days is None else str(c.days) for *_, c in mine]
        hover = [
            [names.get(c.name, c.name), "—" if c.days is None else say.plain("chart.days", n=c.days)]
            for *_, c in mine
        ]
        edge = {"color": border, "width": 1.5}
        figure.add_scatter(
            x=[x for x, *_ in mine], y=[y for _, y, _ in mine], mode="markers+text",
            marker={"symbol": "square", "size": tile - 12, "color": fill, "line": edge},
            text=[f"{glyph} <b>{day}</b>".strip() for day in days], textfont={"size": 15, "color": ink},
            customdata=hover, hovertemplate="%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=[x for x, *_ in points], y=[y - 0.58 for _, y, _ in points], mode="text",
        text=[c.name for *_, c in points], textfont={"size": 12, "color": INK2}, hoverinfo="skip",
    )  # fmt: skip
