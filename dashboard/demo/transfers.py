"""Transfers and what becomes of them: most arrive whole, some in parts, short, damaged, or never."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dashboard.demo.dice import Dice
from dashboard.demo.shelves import Dispatch, Taken
from dashboard.demo.stockroom import plan_disposal
from dashboard.demo.world import World

DUE_DAYS = 3
Fate = Callable[[World, int, Dispatch, Dice], None]


def send(
    world: World,
    moment: int,
    from_place: str,
    to: str,
    taken: Taken,
    dice: Dice,
    terms: str = "allocation",
    **answers: str,
) -> None:
    """`answers`: the request and the decision that it names."""
    dispatch = world.pen.dispatch(moment, from_place, to, taken, terms, DUE_DAYS, **answers)
    fate, days = _fate(dice)
    if fate is _cancel:
        world.at(moment + dice.between(20, 60) * 60_000, partial(_later, world, fate, dispatch, dice))
        return
    plan(world, fate, dispatch, days, dice)


def redirect(world: World, moment: int, dispatch: Dispatch, to: str, dice: Dice, **answers: str) -> None:
    """The dispatch had been written for the wrong center: corrected, then it arrives there."""
    again = world.pen.redirect(moment, dispatch, to, DUE_DAYS, **answers)
    plan(world, _whole, again, dice.between(1, 3), dice)


def plan(world: World, fate: Fate, dispatch: Dispatch, days: int, dice: Dice) -> None:
    hour = dice.factor(9.0, 15.5)
    act = partial(_later, world, fate, dispatch, dice)
    world.on_working_day(world.today.index + days, hour, act, dispatch.to)


def _later(world: World, fate: Fate, dispatch: Dispatch, dice: Dice, moment: int) -> None:
    if dispatch.lines:
        fate(world, moment, dispatch, dice)
        if dispatch.to in world.centers and fate is not _cancel:
            world.centers[dispatch.to].busy_on = world.today.index


def _fate(dice: Dice) -> tuple[Fate, int]:
    roll = dice.factor(0, 1)
    for share, fate in ((0.12, _in_parts), (0.035, _fewer), (0.03, _damaged), (0.02, _more), (0.01, _cancel)):
        if roll < share:
            return fate, dice.between(1, 3)
        roll -= share
    return (_lost, dice.between(8, 14)) if roll < 0.004 else (_whole, dice.pick((1, 1, 1, 2, 2, 3)))


def _whole(world: World, moment: int, dispatch: Dispatch, dice: Dice) -> None:
    lines = [(lot, quantity, "usable", 0) for lot, quantity in dispatch.lines.values()]
    world.pen.arrive(moment, dispatch, lines, occurred=moment - dice.between(5, 80) * 60_000)


def _in_parts(world: World, moment: int, dispatch: Dispatch, dice: Dice) -> None:
    first = [(lot, quantity, "usable", 0) for lot, quantity in list(dispatch.lines.values())[::2]]
    world.pen.arrive(moment, dispatch, first)
    if dispatch.lines:
        plan(world, _whole, dispatch, dice.between(1, 4), dice)


def _fewer(world: World, moment: int, dispatch: Dispatch, dice: Dice) -> None:
    """One line short: the rest stays in transit until it comes after all, or is given up as lost."""
    lines = list(dispatch.lines.values())
    lot, quantity = dice.pick(lines)
    seen = quantity - max(1, quantity // dice.between(4, 12))
    arrived = [(other, q, "usable", 0) for other, q in lines if other.id != lot.id]
    arrived += [(lot, seen, "usable", 0)] if seen else []
    if arrived:
        discrepancy = [{"lot": lot.id, "seen": seen, "reason": "fewer"}]
        world.pen.arrive(moment, dispatch, arrived, discrepancy)
    plan(world, _lost if dice.chance(0.5) else _whole, dispatch, dice.between(6, 16), dice)


def _damaged(world: World, moment: int, dispatch: Dispatch, dice: Dice) -> None:
    """A part arrived damaged: received as rejected."""
    lines = list(dispatch.lines.values())
    lot, quantity = dice.pick(lines)
    broken = max(1, quantity // dice.between(5, 15))
    arrived = [(other, q, "usable", 0) for other, q in lines if other.id != lot.id]
    arrived += [(lot, quantity - broken, "usable", 0)] if quantity > broken else []
    arrived.append((lot, broken, "rejected", 0))
    discrepancy = [{"lot": lot.id, "seen": quantity, "reason": "damaged"}]
    world.pen.arrive(moment, dispatch, arrived, discrepancy)
    plan_disposal(world, dispatch.to, lot, broken, dice)


def _more(world: World, moment: int, dispatch: Dispatch, dice: Dice) -> None:
    """More in the boxes than on the paper: the surplus is found."""
    lines = list(dispatch.lines.values())
    lot, quantity = dice.pick(lines)
    surplus = max(1, quantity // dice.between(10, 25))
    arrived = [(other, q, "usable", surplus if other.id == lot.id else 0) for other, q in lines]
    discrepancy = [{"lot": lot.id, "seen": quantity + surplus, "reason": "more"}]
    world.pen.arrive(moment, dispatch, arrived, discrepancy)


def _cancel(world: World, moment: int, dispatch: Dispatch, dice: Dice) -> None:
    world.pen.end_transfer(moment, dispatch, "TransferCancelled", dice.pick(("not_sent", "wrong_item")))


def _lost(world: World, moment: int, dispatch: Dispatch, dice: Dice) -> None:
    world.pen.end_transfer(moment, dispatch, "TransferLost", dice.pick(("lost", "unknown", "damaged")))
