"""Whole packs: what is asked for leaves the depot in boxes and cases, and takes room and money."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Packs:
    """Pack sizes of an item in base units; None where an item is not packed that way.

    Raises ValueError for a size below 1 or a case that is not larger than a box.
    """

    units_per_box: int | None = None
    units_per_case: int | None = None

    def __post_init__(self) -> None:
        for name in ("units_per_box", "units_per_case"):
            size = getattr(self, name)
            if size is not None and size < 1:
                raise ValueError(f"{name} must be 1 or more")
        if self.units_per_box and self.units_per_case and self.units_per_case < self.units_per_box:
            raise ValueError("units_per_case must not be below units_per_box")

    @property
    def smallest(self) -> int:
        """The smallest quantity that is handed out whole: a box, without boxes a case, else one unit."""
        return self.units_per_box or self.units_per_case or 1


@dataclass(frozen=True)
class Packed:
    """A quantity in packs: `units` = cases * units_per_case + boxes * units_per_box + loose."""

    cases: int
    boxes: int
    loose: int
    units: int


def packed_up(quantity: int, packs: Packs) -> Packed:
    """The least that whole packs can give and that is no less than `quantity`: never below the need.

    As many cases as go into it, the rest in boxes rounded up; without boxes one more case. Boxes that come
    to a case or more are given as that case when it costs no unit more.
    """
    box, case = packs.units_per_box, packs.units_per_case
    if quantity <= 0:
        return Packed(0, 0, 0, 0)
    cases, rest = divmod(quantity, case) if case else (0, quantity)
    if not rest:
        return Packed(cases, 0, 0, quantity)
    if not box:
        return Packed(cases + 1, 0, 0, (cases + 1) * case) if case else Packed(0, 0, rest, rest)
    boxes = -(-rest // box)
    if case and boxes * box >= case:
        return Packed(cases + 1, 0, 0, (cases + 1) * case)
    return Packed(cases, boxes, 0, cases * (case or 0) + boxes * box)


def packed_down(quantity: int, packs: Packs) -> Packed:
    """The most that whole packs can give and that is no more than `quantity`: for a shelf or a purse."""
    box, case = packs.units_per_box, packs.units_per_case
    cases, rest = divmod(max(0, quantity), case) if case else (0, max(0, quantity))
    boxes, loose = divmod(rest, box) if box else (0, 0 if case else rest)
    if box and loose:
        loose = 0
    return Packed(cases, boxes, loose, cases * (case or 0) + boxes * (box or 0) + loose)
