"""Places and items as pages know them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.figures import Stop
from dashboard.language import Name
from ledger.store.reading import ItemRow, PlaceRow


@dataclass(frozen=True)
class Place:
    code: str
    kind: str
    name: Name
    parent: str
    status: str = "open"


@dataclass(frozen=True)
class Item:
    code: str
    name: Name
    unit: Name
    item_class: str
    criticality: str
    spec: str = ""


@dataclass(frozen=True)
class Registers:
    """All that is registered; a code that is not known stands for itself."""

    places: dict[str, Place]
    items: dict[str, Item]

    @classmethod
    def of(cls, places: Iterable[PlaceRow], items: Iterable[ItemRow]) -> Registers:
        return cls(
            {p.code: Place(p.code, p.kind, Name(p.name_zh, p.name_en), p.parent, p.status) for p in places},
            {
                i.code: Item(
                    i.code, Name(i.name_zh, i.name_en), Name(i.unit_zh, i.unit_en), i.item_class,
                    i.criticality, i.spec,
                )
                for i in items
            },
        )  # fmt: skip

    def place(self, code: str) -> Place:
        return self.places.get(code) or Place(code, "", Name(code, code), "")

    def item(self, code: str) -> Item:
        return self.items.get(code) or Item(code, Name(code, code), Name("", ""), "", "")

    def street(self, place: Place) -> Place | None:
        """The street office above a center."""
        above = self.places.get(place.parent)
        return above if above is not None and above.kind == "street_office" else None

    def centers(self) -> list[Place]:
        return [place for place in self.places.values() if place.kind == "center"]

    def stops(self) -> dict[str, Stop]:
        """How places stand in the flow figure."""
        found = {}
        for place in self.places.values():
            street = self.street(place)
            found[place.code] = Stop(place.kind, street.code if street else place.code)
        return found
