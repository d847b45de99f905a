"""The past of one item at one place: what the shelf held, and what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import plotly.graph_objects as go

from dashboard.figures.theme import FATE, INK, INK2, PAPER, alpha, axis_count, template
from dashboard.labels import Words, words

RED, AMBER, AMBER_INK, WAVE = "#a31621", "#b24a06", "#8a3904", "#fdf0e4"
_STEPS = tuple(m * 10**e for e in range(8) for m in (1, 2, 5))
_NARROW_WEEKS = 26
_LABEL_SHARE = 0.2  # of the width of a picture: a word over a surge
_TOLD_DAYS = 3
_LABEL = {"showarrow": False, "font": {"size": 13}, "bgcolor": "rgba(255,255,255,.85)", "borderpad": 2}


@dataclass(frozen=True)
class Bar:
    """One week: its Monday, what was issued, and how that is to be read: known, at_least or unknown."""

    monday: date
    issued: int
    look: str


def shelf_history(
    days: Sequence[tuple[date, int, bool]],
    level: int | None = None,
    unit: str = "",
    lang: str = "zh",
    narrow: bool = False,
    key: str = "reorder",
) -> go.Figure:
    """Usable stock at each day's end (day, quantity, whether nothing was left); empty days red on the axis.

    `level` is the one not to fall below, a reorder or par level by its `key`. Narrow: the last half year.
    """
    say = words(lang)
    drawn = list(days)[-7 * _NARROW_WEEKS :] if narrow else list(days)
    figure = go.Figure()
    if not drawn:
        return _finish(figure, say, narrow, 1, [])
    figure.add_scatter(
        x=[day for day, *_ in drawn], y=[quantity for _, quantity, _ in drawn], mode="lines",
        line={"color": INK, "width": 1.5, "shape": "hv"}, fill="tozeroy", fillcolor=alpha("#4f968c", 0.22),
        hovertemplate="%{x|%Y-%m-%d}<br>%{y:,} " + unit + "<extra></extra>",
    )  # fmt: skip
    peak = max(quantity for _, quantity, _ in drawn)
    if level is not None:
        peak = max(peak, level)
        _level(figure, drawn[0][0], drawn[-1][0], level, say.plain(f"chart.{key}_beside", n=level))
    _empties(figure, [day for day, _, empty in drawn if empty], say)
    return _finish(figure, say, narrow, peak, [day for day, *_ in drawn])


def _level(figure: go.Figure, first: date, last: date, at: int, text: str) -> None:
    """A dashed line; its words stand beside the picture, where they hide nothing."""
    line = {"color": AMBER, "width": 1.5, "dash": "7px,4px"}
    figure.add_shape(type="line", x0=first, x1=last, y0=at, y1=at, line=line)
    look = {**_LABEL, "font": {"size": 13, "color": AMBER_INK}, "align": "left"}
    beside = {"xref": "paper", "xanchor": "left", "xshift": 4, "yanchor": "middle"}
    figure.add_annotation(**look, **beside, x=1, y=at, text=text)


def _empties(figure: go.Figure, days: Sequence[date], say: Words) -> None:
    """A thick red line for each run of empty days; a long one is told in words."""
    runs: list[list[date]] = []
    for day in days:
        if runs and (day - runs[-1][-1]).days == 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    for run in runs:
        # The line stands for whole days; a single one would else be thinner than the eye.
        line = {"color": RED, "width": 7}
        figure.add_shape(type="line", x0=run[0], x1=run[-1] + timedelta(days=1), y0=0, y1=0, line=line)
    longest = max(runs, key=len, default=[])
    if len(longest) >= _TOLD_DAYS:
        text = say.plain("chart.empty_days", n=len(longest))
        look = {**_LABEL, "font": {"size": 13, "color": RED}}
        figure.add_annotation(
            **look, x=longest[len(longest) // 2], y=0, text=text, yanchor="bottom", yshift=7
        )


def weeks_asked(
    bars: Sequence[Bar],
    waves: Sequence[tuple[date, date]] = (),
    expected: int | None = None,
    unit: str = "",
    lang: str = "zh",
    narrow: bool = False,
) -> go.Figure:
    """Issued per week. A week with a lost day is hatched: at least so many; one of which nothing is known
    has a question mark; responses and surges are shaded. `expected` is the forecast's use of a week."""
    say = words(lang)
    drawn = list(bars)[-_NARROW_WEEKS:] if narrow else list(bars)
    figure = go.Figure()
    if not drawn:
        return _finish(figure, say, narrow, 1, [])
    peak = max(max(bar.issued for bar in drawn), expected or 0, 1)
    first, last = drawn[0].monday, drawn[-1].monday + timedelta(days=7)
    _shade(figure, waves, first, last, say)
    for look in ("known", "at_least", "unknown"):
        _bars(figure, [bar for bar in drawn if bar.look == look], look, unit)
    if expected is not None:
        _level(figure, first, last, expected, say.plain("chart.per_week", n=expected))
    return _finish(figure, say, narrow, peak, [first, last])


def _bars(figure: go.Figure, bars: Sequence[Bar], look: str, unit: str) -> None:
    if not bars:
        return
    mark = "?" if look == "unknown" else ""
    least = "≥ " if look == "at_least" else ""
    marker: dict[str, Any] = {"color": FATE["issued"]}
    if look == "at_least":
        green = FATE["issued"]
        marker = {
            "color": PAPER, "line": {"color": green, "width": 1.5},
            "pattern": {"shape": "/", "fgcolor": green, "bgcolor": PAPER, "size": 6, "solidity": 0.35},
        }  # fmt: skip
    figure.add_bar(
        x=[bar.monday + timedelta(days=3, hours=12) for bar in bars], y=[bar.issued for bar in bars],
        width=5.6 * 86_400_000, marker=marker, text=[mark] * len(bars), textposition="outside",
        textangle=0, constraintext="none", textfont={"size": 14, "color": INK}, cliponaxis=False,
        customdata=[bar.monday.isoformat() for bar in bars],
        hovertemplate="%{customdata}<br>" + least + "%{y:,} " + unit + "<extra></extra>",
    )  # fmt: skip


def _shade(
    figure: go.Figure, waves: Sequence[tuple[date, date]], first: date, last: date, say: Words
) -> None:
    room, named = (last - first) * _LABEL_SHARE, date.min
    for start, end in sorted(waves):
        x0, x1 = max(start, first), min(end + timedelta(days=1), last)
        if x1 <= x0:
            continue
        look = {"yref": "paper", "layer": "below", "fillcolor": WAVE, "line": {"width": 0}}
        figure.add_shape(type="rect", x0=x0, x1=x1, y0=0, y1=1, **look)
        if x0 - named < room:
            continue  # the word before it still stands there, and is meant for both
        named = x0
        figure.add_annotation(
            x=x0, y=1, yref="paper", text=say.plain("chart.wave"), xanchor="left", yanchor="top",
            showarrow=False, font={"size": 13, "color": AMBER_INK},
        )  # fmt: skip


def _finish(figure: go.Figure, say: Words, narrow: bool, peak: int, span: Sequence[date]) -> go.Figure:
    step = next((s for s in _STEPS if peak / s <= 5), peak)
    ticks = list(range(0, peak + step, step))
    months = _months(span[0], span[-1], 6 if not narrow else 4) if span else []
    if narrow and span:
        look = {**_LABEL, "font": {"size": 12, "color": INK2}}
        text = say.plain("chart.half_year")
        corner = {"x": 1, "y": 1, "xref": "paper", "yref": "paper", "xanchor": "right", "yanchor": "bottom"}
        figure.add_annotation(**look, **corner, text=text)
    return figure.update_layout(
        template=template(), height=280 if narrow else 320, margin={"l": 8, "r": 76, "t": 16, "b": 8},
        bargap=0, barmode="overlay",
        xaxis={
            "tickvals": months, "ticktext": [_month(month, say.lang) for month in months],
            **({"range": [span[0], span[-1] + timedelta(days=1)]} if span else {}),
        },
        yaxis={
            "range": [-peak * 0.03, peak * 1.14], "tickvals": ticks,
            "ticktext": [axis_count(tick, say.lang) for tick in ticks],
        },
    )  # fmt: skip


def _months(first: date, last: date, most: int) -> list[date]:
    """First days of months, evenly taken, at most about so many."""
    found, month = [], date(first.year, first.month, 1)
    while month <= last:
        if month >= first:
            found.append(month)
        month = (month + timedelta(days=32)).replace(day=1)
    return found[:: max(1, -(-len(found) // most))]


def _month(day: date, lang: str) -> str:
    if lang == "zh":
        return f"{day.year} 年 {day.month} 月" if day.month == 1 else f"{day.month} 月"
    return f"{day:%b} {day.year}" if day.month == 1 else f"{day:%b}"
