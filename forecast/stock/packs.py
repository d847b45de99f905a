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
        """The smallest quantity that is handed out whole: a box, else one unit; a depot opens its cases."""
        return self.units_per_box or 1


@dataclass(frozen=True)
class Packed:
    """A quantity in packs: `units` = cases * units_per_case + boxes * units_per_box + loose."""

    cases: int
    boxes: int
    loose: int
    units: int


def packed_up(quantity: int, packs: Packs) -> Packed:
    """The least that whole packs can give and that is no less than `quantity`: never below the need.

    As many cases as go into it, the rest in boxes rounded up. Without boxes a case is opened for the rest,
    unless half of it or more is needed: then it is given whole. Boxes that come to a case or more are
    given as that case.
    """
    box, case = packs.units_per_box, packs.units_per_case
    cases, rest = divmod(max(0, quantity), case) if case else (0, max(0, quantity))
    boxes, loose = (-(-rest // box), 0) if box else (0, rest)
    if case and (boxes * box >= case if box else 2 * loose >= case):
        cases, boxes, loose = cases + 1, 0, 0
    return Packed(cases, boxes, loose, cases * (case or 0) + boxes * (box or 0) + loose)


def packed_down(quantity: int, packs: Packs) -> Packed:
    """The most that whole packs can give and that is no more than `quantity`: for a shelf or a purse."""
    box, case = packs.units_per_box, packs.units_per_case
    cases, rest = divmod(max(0, quantity), case) if case else (0, max(0, quantity))
    boxes, loose = (rest // box, 0) if box else (0, rest)
    return Packed(cases, boxes, loose, cases * (case or 0) + boxes * (box or 0) + loose)
