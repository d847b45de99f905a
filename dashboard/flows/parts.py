"""The parts that pages of the dashboard are made of: the same marks and classes as the text-first pages.

Words and tables are HTML, written by the server and put into the page as they are: as Dash components, a
table of a hundred rows would keep an old machine busy for seconds. Only pictures are Dash's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from dash import dcc, html
from dash.development.base_component import Component
from markupsafe import Markup

from dashboard.flows import ids
from dashboard.labels import Number, words

Cell = str | int | Markup | None

UNKNOWN = "—"
NOTHING = Markup()
# No toolbar, no zoom: a finger on a figure scrolls the page.
GRAPH = {"displayModeBar": False, "responsive": True, "scrollZoom": False, "doubleClick": False}


@dataclass(frozen=True)
class Shown:
    """What a page answers.

    Attributes:
        answer: the sentence it opens with.
        picture: draws the picture, if there is one.
        beside: HTML that stands beside the picture.
        after: HTML below it.
    """

    answer: Markup
    picture: Callable[[], Component] | None = None
    beside: Markup = NOTHING
    after: Markup = NOTHING

    @property
    def texts(self) -> dict[str, str]:
        """The HTML by the id of the element that holds it."""
        return {"answer": str(self.answer), "beside": str(self.beside), "after": str(self.after)}


def joined(*parts: Markup) -> Markup:
    return Markup("\n").join(parts)


def answer(sentence: Markup, base: str) -> Markup:
    """The page's one sentence, and what it was computed from."""
    return Markup('<p class="answer">{}</p>\n<p class="base">{}</p>').format(sentence, base)


def link(text: str, href: str) -> Markup:
    return Markup('<a href="{}">{}</a>').format(href, text)


def note(*paragraphs: str) -> Markup:
    told = Markup().join(Markup("<p>{}</p>").format(text) for text in paragraphs)
    return Markup('<div class="note stack">{}</div>').format(told)


def nothing(what: str, why: str, *links: Markup) -> Markup:
    """The empty state: what is not there, why, and what to do."""
    return Markup('<div class="empty"><b>{}</b>{} {}</div>').format(what, why, Markup(" ").join(links))


def chip(level: str, lang: str) -> Markup:
    """Stock level as shape, word and colour; `nearly_out` looks like `out` and says its own word."""
    look = "out" if level == "nearly_out" else level
    return Markup('<span class="chip {}">{}</span>').format(look, words(lang)(f"level.{level}"))


def standing_chip(level: str, item_class: str, lang: str) -> Markup:
    """The chip of an item at a place; what is not forecast by its use and not short says what it is."""
    if item_class in ("reusable", "equipment") and level in ("", "ok"):
        return Markup('<span class="chip ok">{}</span>').format(words(lang)(f"class.{item_class}"))
    return chip(level, lang) if level else Markup(UNKNOWN)


def amount(quantity: int | None, unit: str = "") -> Markup:
    """A quantity in full with its unit after it, smaller; — where it is not known."""
    if quantity is None:
        return Markup(UNKNOWN)
    small = Markup(" <small>{}</small>").format(unit) if unit else ""
    return Markup("<span>{}{}</span>").format(str(Number(quantity)), small)


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        head: its head.
        number: whether it holds numbers: right-aligned, with commas.
        corner: whether a card on a phone shows it in its upper right corner: the chip.
        wide: whether it takes a line of its own there.
    """

    head: str
    number: bool = False
    corner: bool = False
    wide: bool = False


def table(
    caption: str,
    about: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    total: Sequence[Cell] = (),
    narrow: str = "cards",
) -> Markup:
    """A table; a total is closed by a rule above and a double rule below.

    On a phone rows become `cards`, or the table moves sideways and its first column is kept: `keep`.
    """
    heads = Markup().join(
        Markup('<th scope="col"{}>{}</th>').format(_look(column.number), column.head) for column in columns
    )
    body = Markup("\n").join(_row(columns, row) for row in rows)
    foot = Markup("\n<tfoot>{}</tfoot>").format(_row(columns, total)) if total else ""
    return Markup(
        '<div class="table{keep}" tabindex="0" role="region" aria-label="{caption} {about}">'
        '<table class="{narrow}">'
        "<caption>{caption} <span>{about}</span></caption>\n"
        "<thead><tr>{heads}</tr></thead>\n<tbody>{body}</tbody>{foot}</table></div>"
    ).format(
        keep=" keep" if narrow == "keep" else "", caption=caption, about=about, narrow=narrow, heads=heads,
        body=body, foot=foot,
    )  # fmt: skip


def _row(columns: Sequence[Column], cells: Sequence[Cell]) -> Markup:
    rest = Markup().join(map(_cell, columns[1:], cells[1:]))
    return Markup('<tr><th scope="row">{}</th>{}</tr>').format(cells[0], rest)


def _cell(column: Column, cell: Cell) -> Markup:
    shown = amount(cell) if cell is None or isinstance(cell, int) else cell
    if column.corner:
        return Markup('<td class="top">{}</td>').format(shown)
    look = Markup(' class="wide"') if column.wide else _look(column.number)
    return Markup('<td{} data-l="{}">{}</td>').format(look, column.head, shown)


def _look(number: bool) -> Markup:
    return Markup(' class="n"' if number else "")


def picture(
    name: str, drawn: go.Figure, finding: str, basis: str, links: Sequence[Component] = ()
) -> Component:
    """A figure: its finding in words, what it counts, the picture, the ways on.

    What it shows stands in a table beside it, so to a screen reader it is one image with its finding.
    """
    graph = dcc.Graph(id=ids.figure(name), figure=drawn, config=GRAPH)
    return html.Figure(
        [
            html.Figcaption([html.B(finding), html.Span(basis)]),
            html.Div(graph, role="img", **{"aria-label": f"{finding} {basis}"}),
            html.P(list(links), className="foot"),
        ],
        className="fig",
    )
