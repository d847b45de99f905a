"""The flow figure: source, depot, street, fate. It adds up by construction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go

from dashboard.figures.theme import FATE, INK, INK2, LOSSES, SOURCE, alpha, count, template
from dashboard.figures.ways import DIRECT, KEPT, Flow
from dashboard.labels import Words, words

Node = tuple[str, str]  # (column, key)
_COLUMNS = ("source", "depot", "place", "fate")
_PAD, _THICK, _THINNEST_LOSS, _TWO_LINES = 26, 14, 6, 38


def flows_sankey(
    flows: Sequence[Flow],
    lang: str = "zh",
    narrow: bool = False,
    height: int = 0,
    labels: Mapping[str, str] | None = None,
    heads: tuple[str, ...] = (),
) -> go.Figure:
    """Source, depot, place, fate. A link keeps the colour of its source until the goods are lost.

    Every flow is one whole way, so every column sums to the same total. Narrow: source and fate only; the
    places stand in the table. Order is fixed (places by quantity, fates by FATE), never optimised, so that
    two days can be compared. `labels` names depots and places by their key; `height` 0 fits the nodes.
    """
    sketch = _Sketch(words(lang), dict(labels or {}), narrow)
    for flow in flows:
        sketch.add(flow)
    return sketch.figure(height, heads)


def _pixels(text: str) -> int:
    """About how wide a text is at 14 px, the heaviest letters counted in."""
    return round(sum(14.2 if ord(letter) > 0x2E7F else 7.4 for letter in text))


def _fit(sizes: list[int], room: float) -> float:
    """Pixels per unit at which a column with its gaps fills the room."""
    return (room - (len(sizes) - 1) * _PAD) / max(1, sum(sizes))


@dataclass
class _Sketch:
    """Nodes and links while they are laid out; pixels are counted from the top."""

    say: Words
    labels: dict[str, str]
    narrow: bool
    total: dict[Node, int] = field(default_factory=lambda: defaultdict(int))
    link: dict[tuple[Node, Node, str], int] = field(default_factory=lambda: defaultdict(int))
    nodes: list[Node] = field(default_factory=list)
    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    blocks: list[dict[str, Any]] = field(default_factory=list)
    scale: float = 0.0  # pixels per unit

    def add(self, flow: Flow) -> None:
        stops = [("source", flow.source), ("depot", flow.depot), ("place", flow.place), ("fate", flow.fate)]
        if self.narrow:
            stops = [stops[0], stops[3]]
        for stop in stops:
            self.total[stop] += flow.quantity
        for start, end in pairwise(stops):
            self.link[start, end, flow.source] += flow.quantity

    def name(self, node: Node) -> str:
        column, key = node
        if key in self.labels:
            return self.labels[key]
        if column in ("source", "fate"):
            short = f"chart.{column}.{key}"
            return self.say.plain(short if self.say.has(short) else f"{column}.{key}")
        return self.say.plain(f"chart.{key}") if key in (DIRECT, KEPT) else key

    def columns(self) -> list[list[Node]]:
        rank = {"source": list(SOURCE), "fate": list(FATE)}

        def order(node: Node) -> Any:
            column, key = node
            return (
                rank[column].index(key) if column in rank else (key in (DIRECT, KEPT), -self.total[node], key)
            )

        columns = [sorted((n for n in self.total if n[0] == c), key=order) for c in _COLUMNS]
        return [column for column in columns if column]

    def figure(self, height: int, heads: tuple[str, ...]) -> go.Figure:
        columns = self.columns()
        height = height or max(400 if self.narrow else 460, 90 + 46 * max(map(len, columns), default=0))
        above, below = 24 if self.narrow else 46, 24  # half of a label of two lines
        room = height - above - below
        self.scale = min((_fit(self.sizes(column), room) for column in columns), default=0.0)
        margin = {"t": above, "b": below, "l": self._left(columns[:1]), "r": self._right(columns[-1:])}
        for at, column in enumerate(columns):
            self._lay(column, at, len(columns), room)
        if not self.narrow:
            self._write_heads(heads, len(columns))
        figure = go.Figure(self._sankey()) if columns else go.Figure()
        return figure.update_layout(
            template=template(), height=height, margin=margin, annotations=self.notes, shapes=self.blocks
        )

    def sizes(self, column: list[Node]) -> list[int]:
        return [self.total[node] for node in column]

    def _left(self, columns: list[list[Node]]) -> int:
        """Pixels that the labels of the first column need: a name, and the number below it."""
        texts = [text for nodes in columns for n in nodes for text in (self.name(n), count(self.total[n]))]
        return max(map(_pixels, texts), default=60) + 22

    def _right(self, columns: list[list[Node]]) -> int:
        """The same of the last column, where the number stands beside the name if it has no room below."""
        lines = [line for nodes in columns for n in nodes for line in self._lines(n)]
        return max(map(_pixels, lines), default=60) + 22

    def _lines(self, node: Node) -> list[str]:
        name, number = self.name(node), count(self.total[node])
        long = _pixels(name) > (60 if self.narrow else 130)
        return (
            [name, number] if long and self.total[node] * self.scale >= _TWO_LINES else [f"{name} {number}"]
        )

    def _write_heads(self, heads: tuple[str, ...], columns: int) -> None:
        heads = heads or tuple(self.say.plain(f"chart.{key}") for key in ("from", "through", "to", "now"))
        for at in range(columns):
            first, last = at == 0, at == columns - 1
            self.notes.append({
                "xref": "paper", "yref": "paper", "x": at / max(1, columns - 1), "y": 1, "yanchor": "bottom",
                "xanchor": "right" if first else "left", "xshift": -12 if first else 12 if last else -7,
                "yshift": 24, "text": heads[at], "showarrow": False, "font": {"size": 13, "color": INK2},
            })  # fmt: skip

    def _lay(self, column: list[Node], at: int, columns: int, room: float) -> None:
        """Nodes of one column from the top; Plotly ignores positions of exactly 0 and 1."""
        across = at / max(1, columns - 1)
        gap = (room - sum(self.sizes(column)) * self.scale) / max(len(column) - 1, 1)
        top = 0.0
        for node in column:
            tall = self.total[node] * self.scale
            down = (top + tall / 2) / room
            self.nodes.append(node)
            self.x.append(min(max(across, 0.001), 0.999))
            self.y.append(min(max(down, 0.001), 0.999))
            self._label(node, at, columns, across, down, top / room)
            if node[1] in LOSSES and tall < _THINNEST_LOSS:
                self._thicken(node, across, down)
            top += tall + gap

    def _thicken(self, node: Node, across: float, down: float) -> None:
        """A loss is never thinner than the eye."""
        self.blocks.append({
            "type": "rect", "xref": "paper", "yref": "paper", "xsizemode": "pixel", "ysizemode": "pixel",
            "xanchor": across, "yanchor": 1 - down, "x0": -_THICK / 2, "x1": _THICK / 2,
            "y0": -_THINNEST_LOSS / 2, "y1": _THINNEST_LOSS / 2, "line": {"width": 0},
            "fillcolor": FATE[node[1]],
        })  # fmt: skip

    def _label(self, node: Node, at: int, columns: int, across: float, down: float, top: float) -> None:
        name, number = self.name(node), f"<b>{count(self.total[node])}</b>"
        note: dict[str, Any] = {
            "xref": "paper", "yref": "paper", "x": across, "y": 1 - down, "yanchor": "middle",
            "text": f"{name} {number}", "showarrow": False, "font": {"size": 14, "color": INK},
        }  # fmt: skip
        if at == 0:
            note |= {"xanchor": "right", "xshift": -12, "align": "right", "text": f"{name}<br>{number}"}
        elif at == columns - 1:
            note |= {"xanchor": "left", "xshift": 12, "align": "left"}
            if len(self._lines(node)) == 2:
                note["text"] = f"{name}<br>{number}"
            if node[1] in LOSSES:
                note["font"] = {"size": 14, "color": FATE[node[1]]}
        else:
            note |= {
                "y": 1 - top, "yanchor": "bottom", "yshift": 2, "xanchor": "left", "xshift": -7,
                "font": {"size": 13, "color": INK}, "bgcolor": "rgba(255,255,255,.8)", "borderpad": 0,
            }  # fmt: skip
        self.notes.append(note)

    def _sankey(self) -> go.Sankey:
        index = {node: i for i, node in enumerate(self.nodes)}
        order = list(SOURCE)
        ways = sorted(self.link.items(), key=lambda item: (index[item[0][0]], order.index(item[0][2])))
        paint = {"source": SOURCE, "fate": FATE}
        return go.Sankey(
            arrangement="fixed", valueformat=",", hoverinfo="all",
            node={
                "label": ["" for _ in self.nodes], "customdata": [self.name(n) for n in self.nodes],
                "x": self.x, "y": self.y, "pad": _PAD, "thickness": _THICK, "line": {"width": 0},
                "color": [paint[c][k] if c in paint else INK2 for c, k in self.nodes],
                "hovertemplate": "%{customdata}<br>%{value:,}<extra></extra>",
            },
            link={
                "source": [index[a] for (a, _, _), _ in ways], "target": [index[b] for (_, b, _), _ in ways],
                "value": [quantity for _, quantity in ways],
                "customdata": [self.name(("source", s)) for (_, _, s), _ in ways],
                "hovertemplate": "%{customdata}<br>%{value:,}<extra></extra>",
                "color": [
                    alpha(FATE[b[1]], 0.85) if b[1] in LOSSES else alpha(SOURCE[s], 0.34)
                    for (_, b, s), _ in ways
                ],
            },
        )  # fmt: skip
