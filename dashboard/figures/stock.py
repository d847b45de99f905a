"""Stock of one item at one place: what was, what is forecast, when it runs out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import plotly.graph_objects as go

from dashboard.figures.theme import ACT, EDGE, INK, INK2, PAPER, alpha, axis_count, template
from dashboard.labels import Words, words

_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 1_000_000)
_NARROW_PAST_DAYS = 15


def stock_cover(
    past: Sequence[tuple[date, int]],
    ahead: Sequence[tuple[date, int, int, int]] = (),
    safety: int | None = None,
    unit: str = "",
    lang: str = "zh",
    inbound: tuple[date, int] | None = None,
    narrow: bool = False,
    days: int | None = None,
) -> go.Figure:
    """Stock as a step line, the forecast as a band (day, low, middle, high: 80 %), safety stock as a line.

    `past` ends today. Without a forecast `ahead` is empty and `safety` None, and only the past is drawn. The
    day of running out is written on the axis with its range: early where low meets 0, late where high does.
    `days` of cover are written at the dot.
    """
    drawn = _Drawing(words(lang), list(past)[-_NARROW_PAST_DAYS:] if narrow else list(past), unit, narrow)
    if ahead:
        drawn.band(list(ahead))
    drawn.stock()
    last = ahead[-1][0] if ahead else drawn.today
    if inbound:
        last = max(last, inbound[0] + timedelta(days=6))
    if safety is not None:
        drawn.level(safety, last)
    drawn.now(days)
    if ahead:
        drawn.run_out(list(ahead))
    if inbound:
        drawn.inbound(*inbound)
    top = [q for _, q in drawn.past] + [h for *_, h in ahead] + [safety or 0, 1]
    return drawn.finish(max(top), last)


class _Drawing:
    def __init__(self, say: Words, past: list[tuple[date, int]], unit: str, narrow: bool) -> None:
        self.say, self.past, self.unit, self.narrow = say, past, unit, narrow
        self.today, self.quantity = past[-1]
        self.figure = go.Figure()

    def note(self, **options: Any) -> None:
        look = {"showarrow": False, "font": {"size": 13}, "bgcolor": "rgba(255,255,255,.8)", "borderpad": 2}
        self.figure.add_annotation(**{**look, **options})

    def band(self, ahead: list[tuple[date, int, int, int]]) -> None:
        days = [d for d, *_ in ahead]
        high = [h for *_, h in ahead]
        low = [low for _, low, *_ in reversed(ahead)]
        self.figure.add_scatter(
            x=[self.today, *days, *reversed(days), self.today], y=[self.quantity, *high, *low, self.quantity],
            fill="toself", fillcolor=alpha("#4f968c", 0.26), line={"width": 0}, hoverinfo="skip",
        )  # fmt: skip
        out = _first_empty(ahead, 1)
        alive = [(d, m) for d, _, m, _ in ahead if out is None or d <= out]
        self.figure.add_scatter(
            x=[self.today, *(d for d, _ in alive)], y=[self.quantity, *(m for _, m in alive)], mode="lines",
            line={"color": ACT, "width": 2, "dash": "4px,4px"}, hovertemplate=self._hover(),
        )  # fmt: skip

    def _hover(self) -> str:
        return "%{x|%m-%d}<br>%{y:,} " + self.unit + "<extra></extra>"

    def stock(self) -> None:
        self.figure.add_scatter(
            x=[d for d, _ in self.past], y=[q for _, q in self.past], mode="lines",
            line={"color": INK, "width": 2.5, "shape": "hv"}, hovertemplate=self._hover(),
        )  # fmt: skip
        self.figure.add_scatter(
            x=[self.today], y=[self.quantity], mode="markers", hoverinfo="skip",
            marker={"color": INK, "size": 10, "line": {"color": PAPER, "width": 2}},
        )  # fmt: skip

    def level(self, safety: int, last: date) -> None:
        line = {"color": "#b24a06", "width": 1.5, "dash": "7px,4px"}
        self.figure.add_shape(type="line", x0=self.past[0][0], x1=last, y0=safety, y1=safety, line=line)
        self.note(
            x=last, y=safety, text=self.say.plain("chart.safety", n=safety), xanchor="right",
            yanchor="bottom", font={"size": 12 if self.narrow else 13, "color": "#8a3904"},
            bgcolor="rgba(0,0,0,0)",
        )  # fmt: skip

    def now(self, days: int | None) -> None:
        line = {"color": EDGE, "width": 1}
        self.figure.add_shape(type="line", x0=self.today, x1=self.today, y0=0, y1=1, yref="paper", line=line)
        self.note(
            x=self.today, y=1, yref="paper", text=self.say.plain("chart.today"), xanchor="right",
            yanchor="top", xshift=-4, font={"size": 13, "color": INK2},
        )  # fmt: skip
        key = "chart.amount" if self.narrow else "chart.stock"
        text = f"<b>{self.say.plain(key, n=self.quantity, unit=self.unit)}</b>"
        if days is not None:
            text += f"<br>{self.say.plain('chart.cover', n=days)}"
        falling = len(self.past) > 1 and self.past[-2][1] >= self.quantity
        low = self.quantity < 0.2 * max(q for _, q in self.past)  # under the dot there would be no room
        self.note(
            x=self.today, y=self.quantity, xanchor="right", xshift=-10, font={"size": 14}, align="right",
            yanchor="top" if falling and not low else "bottom", text=text,
        )  # fmt: skip

    def run_out(self, ahead: list[tuple[date, int, int, int]]) -> None:
        middle, early = _first_empty(ahead, 1), _first_empty(ahead, 0)
        if middle is None or early is None:
            return
        late = _first_empty(ahead, 2) or ahead[-1][0]
        self.figure.add_shape(
            type="line", x0=early, x1=late, y0=0, y1=0, line={"color": "#a31621", "width": 7}
        )
        peak = max(q for _, q in self.past) or 1
        line = {"color": "#a31621", "width": 1.5}
        self.figure.add_shape(type="line", x0=middle, x1=middle, y0=0, y1=peak * 0.7, line=line)
        first = self.say.plain("chart.runs_out", day=self.day(middle))
        second = self.say.plain("chart.between", span=self.span(early, late))
        late_half = (middle - self.today) > (ahead[-1][0] - self.today) / 2
        self.note(
            x=middle, y=peak * 0.71, yanchor="bottom", xanchor="right" if late_half else "center",
            xshift=0 if late_half else 14 if self.narrow else 24, align="left", bgcolor=PAPER,
            font={"size": 13 if self.narrow else 14, "color": "#a31621"}, text=f"<b>{first}</b><br>{second}",
        )  # fmt: skip

    def inbound(self, day: date, quantity: int) -> None:
        marker = {"symbol": "triangle-up", "size": 13, "color": ACT}
        self.figure.add_scatter(x=[day], y=[0], mode="markers", marker=marker, hoverinfo="skip")
        text = self.say.plain("chart.inbound", n=quantity)
        self.note(x=day, y=0, text=text, xanchor="left", yanchor="bottom", yshift=8)

    def finish(self, peak: int, last: date) -> go.Figure:
        first = self.past[0][0]
        step = next((s for s in _STEPS if peak / s <= 5), peak)
        ticks = list(range(0, peak + step, step))
        every = 14 if self.narrow else 7 * max(1, (last - first).days // 70)
        marks = [first + timedelta(days=i) for i in range(0, (last - first).days + 1, every)]
        zh = self.say.lang == "zh"
        return self.figure.update_layout(
            template=template(), height=300 if self.narrow else 380,
            margin={"l": 8, "r": 16, "t": 16, "b": 8},
            xaxis={
                "range": [first, last + timedelta(hours=12)], "tickvals": marks,
                "ticktext": [f"{d.month}-{d.day:02d}" if zh else f"{d.day} {d:%b}" for d in marks],
            },
            yaxis={
                "range": [-peak * 0.03, peak * 1.1], "tickvals": ticks,
                "ticktext": [axis_count(t, self.say.lang) for t in ticks],
            },
        )  # fmt: skip

    def day(self, day: date) -> str:
        return f"{day.month} 月 {day.day} 日" if self.say.lang == "zh" else f"{day.day} {day:%b}"

    def span(self, early: date, late: date) -> str:
        if early == late:
            return self.day(early)
        if early.month != late.month:
            return f"{self.day(early)}–{self.day(late)}"
        zh = self.say.lang == "zh"
        return f"{early.day}–{late.day} 日" if zh else f"{early.day}–{late.day} {late:%b}"


def _first_empty(ahead: Sequence[tuple[date, int, int, int]], column: int) -> date | None:
    """The first day on which a column of the band (0 low, 1 middle, 2 high) is used up."""
    return next((day for day, *left in ahead if left[column] <= 0), None)
