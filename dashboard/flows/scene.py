"""One reader's question to one snapshot of the book, and the choices that every page offers alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from dash import html
from dash.development.base_component import Component
from markupsafe import Markup

from dashboard.flows.asked import Asked
from dashboard.flows.parts import Shown, answer, link, nothing
from dashboard.labels import Words
from dashboard.language import Name, Speech
from dashboard.queries.book import Book
from dashboard.queries.goods import ItemTotals, first_item, item_totals
from dashboard.queries.registers import Item, Place

Choices = tuple[tuple[str, str], ...]  # (value, text), ...
BRIEFLY = (
    ("街道办事处", "街道"),
    ("社区卫生服务中心", "中心"),
    (" Street Office", ""),
    (" Community Health Center", ""),
)
LONGEST_BRIEF = {"zh": 14, "en": 24}
CLASSES = ("consumable", "reusable", "equipment", "")


class UnknownCode(Exception):
    """A code in the address that the book does not know."""


@dataclass(frozen=True)
class Field:
    """One choice of a page: a native select, known to every phone and screen reader.

    Attributes:
        name: the field of the address.
        label: what is chosen.
        groups: (heading or "", choices), ...; the empty value stands for all.
        chosen: the value that the address asks for, or the page's own.
    """

    name: str
    label: str
    groups: tuple[tuple[str, Choices], ...]
    chosen: str


@dataclass(frozen=True)
class Scene:
    """What a page is drawn from."""

    book: Book
    speech: Speech
    asked: Asked

    @property
    def say(self) -> Words:
        return self.speech.say

    @property
    def lang(self) -> str:
        return self.speech.lang

    def named(self, name: Name) -> str:
        """A name as plain text, for figures, choices and labels."""
        return name.plain(self.lang)

    def brief(self, name: Name) -> str:
        """A place's name as it fits into a figure."""
        text, most = self.named(name), LONGEST_BRIEF[self.lang]
        for long, short in BRIEFLY:
            text = text.replace(long, short)
        return text if len(text) <= most else text[: most - 1] + "…"

    def link(self, text: str, page: str, **changes: str) -> Markup:
        """A way to a page of the dashboard with this question, some of it changed."""
        return link(text, self.asked.link(page, **changes))

    @cached_property
    def totals(self) -> list[ItemTotals]:
        """Every item that entered the book."""
        return item_totals(self.book)

    @cached_property
    def item(self) -> Item | None:
        """The item asked for, else the one shown unasked; None in an empty book. Raises UnknownCode."""
        if not self.asked.item:
            return self._unasked
        if self.asked.item not in self.book.registers.items:
            raise UnknownCode(self.asked.item)
        return self.book.registers.item(self.asked.item)

    def place(self, code: str, kind: str) -> Place | None:
        """The street or center asked for; None where none is. Raises UnknownCode."""
        if not code:
            return None
        place = self.book.registers.place(code)
        if place.kind != kind:
            raise UnknownCode(code)
        return place

    def check(self) -> None:
        """Raises UnknownCode for the first code in the address that the book does not know."""
        _ = self.item
        self.place(self.asked.street, "street_office")
        self.place(self.asked.center, "center")

    @cached_property
    def streets(self) -> list[Place]:
        return [place for place in self.book.registers.places.values() if place.kind == "street_office"]

    # choices ---------------------------------------------------------------------------------------------

    def item_field(self, first: str = "") -> Field:
        """Every item that entered the book, by class; `first` is a choice of none of them."""
        groups: list[tuple[str, Choices]] = [] if not first else [("", (("", first),))]
        for one in CLASSES:
            items = [line.item for line in self.totals if line.item.item_class == one]
            if items:
                heading = self.say.plain(f"class.{one}") if one else ""
                groups.append((heading, tuple((item.code, self._with_code(item)) for item in items)))
        unasked = "" if first or self._unasked is None else self._unasked.code
        chosen = self.asked.item or unasked
        return Field("item", self.say.plain("dash.ask.item"), tuple(groups), chosen)

    @cached_property
    def _unasked(self) -> Item | None:
        """What pages show unasked. An archive has nothing vital: there, what went furthest and was most."""
        first = first_item(self.book, self.totals)
        if first is None or first.criticality == "vital":
            return first
        return max(self.totals, key=lambda line: (len(line.fates), line.entered, line.item.code)).item

    def _with_code(self, item: Item) -> str:
        """A vague name is many items in an archive; spec and unit tell them apart."""
        return " · ".join(filter(None, (self.named(item.name), item.spec, self.speech.unit(item.unit))))

    def street_field(self) -> Field:
        choices = ((s.code, self.named(s.name)) for s in self.streets)
        every = ("", self.say.plain("dash.all_streets"))
        return Field(
            "street", self.say.plain("dash.ask.street"), (("", (every, *choices)),), self.asked.street
        )

    def center_field(self, chosen: str) -> Field:
        """Every center, under its street."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for center in self.book.registers.centers():
            street = self.book.registers.street(center)
            heading = self.named(street.name) if street else self.say.plain("dash.no_street")
            groups.setdefault(heading, []).append((center.code, self.named(center.name)))
        grouped = tuple((heading, tuple(choices)) for heading, choices in groups.items())
        return Field("center", self.say.plain("dash.ask.center"), grouped, chosen)

    # what pages say alike --------------------------------------------------------------------------------

    @property
    def comma(self) -> str:
        return "，" if self.lang == "zh" else ", "

    def opening(self, sentence: Markup) -> Markup:
        """The page's sentence, as of when, from how many entries."""
        moment = self.speech.moment(self.book.last_recorded_at, year=True)
        return answer(sentence, self.say.plain("dash.base", moment=moment, size=self.book.size))

    def ways_on(self, method: str, png: str, *links: tuple[str, str]) -> list[Component]:
        """Under a picture: its method, other ways as (label key, address), the picture as a file."""
        say = self.say.plain
        return [
            html.A(say("to_method"), href=f"/method#{method}"),
            *(html.A(say(key), href=address) for key, address in links),
            html.Button(say("save_png"), className="as-link", **{"data-png": png}),
        ]

    def empty_book(self) -> Shown:
        return Shown(nothing(self.say.plain("dash.empty"), self.say.plain("dash.empty.why")))
