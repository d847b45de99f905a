"""What happens to goods that were not usable on arrival: inspection, return, destruction, regrading."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from dashboard.demo.dice import Dice
from dashboard.demo.world import World
from ledger.domain.lots import Lot


def plan_inspection(world: World, place: str, lots: Sequence[Lot], dice: Dice) -> None:
    """Unmarked lots are opened some working days later; a few are still waiting at the end."""
    waiting = [lot for lot in lots if lot.expiry == "unmarked"]
    if waiting:
        act = partial(_inspect, world, place=place, lots=waiting, dice=dice)
        world.on_working_day(world.today.index + dice.between(3, 45), dice.factor(13.0, 16.0), act, place)


def _inspect(world: World, moment: int, *, place: str, lots: Sequence[Lot], dice: Dice) -> None:
    shelves, results = world.shelves, []
    for lot in lots:
        there = shelves.has(place, lot, "to_inspect")
        spoilt = round(there * dice.pick((0.0, 0.0, 0.0, 0.05, 0.4)))
        doubtful = round(there * dice.pick((0.2, 0.4, 0.6) if lot.item == "PPE-03" else (0.0, 0.0, 0.0, 0.3)))
        parts = (("usable", there - spoilt - doubtful), ("held", doubtful), ("rejected", spoilt))
        results += [(lot, quantity, result) for result, quantity in parts if quantity]
    if results:
        world.pen.inspect(moment, place, results)
    for lot, quantity, result in results:
        if result == "rejected":
            plan_disposal(world, place, lot, quantity, dice)
        elif result == "held" and lot.item == "PPE-03":
            act = partial(_regrade, world, place=place, lot=lot, quantity=quantity, dice=dice)
            world.on_working_day(world.today.index + dice.between(3, 12), dice.factor(14.0, 16.0), act, place)


def plan_disposal(world: World, place: str, lot: Lot, quantity: int, dice: Dice) -> None:
    """Rejected goods go back to the donor or are destroyed under a certificate."""
    act = partial(_dispose, world, place=place, lot=lot, quantity=quantity, dice=dice)
    world.on_working_day(world.today.index + dice.between(4, 25), dice.factor(14.0, 16.0), act, place)


def _dispose(world: World, moment: int, *, place: str, lot: Lot, quantity: int, dice: Dice) -> None:
    shelves = world.shelves
    there = min(quantity, shelves.has(place, lot, "rejected"))
    if not there:
        return
    if lot.gift and dice.chance(0.35):
        world.pen.return_to_donor(moment, place, lot, there)
    else:
        shelves.take_lot(place, lot, there, "rejected")
        certificate = f"D-{world.today.text[:7]}-{dice.between(1, 99):02d}"
        world.pen.write_off(moment, place, "destroyed", [(lot, there)], "rejected", certificate=certificate)


def _regrade(world: World, moment: int, *, place: str, lot: Lot, quantity: int, dice: Dice) -> None:
    """Respirators without proof of the medical standard go on as non-medical ones (DOMAIN.md, section 3)."""
    there = min(quantity, world.shelves.has(place, lot, "held"))
    if there:
        world.shelves.take_lot(place, lot, there, "held")
        made = {"item": "PPE-04", "quantity": there, "grade": "non_medical"}
        made |= {"lot_number": lot.lot_number, "expiry": lot.expiry, "state": "to_inspect"}
        role = "center_lead" if place != world.depot else "charity_clerk"
        made_lots = world.pen.convert(moment, place, "regrade", [(lot, there)], "held", made, role)
        plan_inspection(world, place, made_lots, dice)
