"""What goes wrong or otherwise in a center: corrections, late papers, damage, returns, wrong items."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from dashboard.demo.days import MINUTE_MS, Day
from dashboard.demo.pen import Issued, Line
from dashboard.demo.shelves import Taken
from dashboard.demo.tables import ItemRow
from ledger.domain.lots import Lot

if TYPE_CHECKING:
    from dashboard.demo.center import Center


def plan(center: Center, day: Day) -> None:
    """A working day's chances."""
    chances = (
        (0.022, 8.9, correct_issue),
        (0.006, 15.1, correct_counted_issue),
        (0.03, 15.3, damage),
        (0.012, 14.2, return_unused),
        (0.005, 14.9, wrong_item),
        (0.045, 10.2, buy),
    )
    for chance, hour, act in chances:
        if center.dice.chance(chance):
            center.world.at(day.at(hour) + center.dice.between(0, 3_000_000), partial(act, center))


# corrections ----------------------------------------------------------------------------------------------


def correct_issue(center: Center, moment: int) -> None:
    """A fresh issue, not counted since: goods go back, the right quantity is taken."""
    shelves, dice = center.world.shelves, center.dice

    def not_counted_since(issued: Issued) -> bool:
        return all(shelves.last_count(issued.place, lot)[0] < issued.size for lot, _ in issued.lines)

    issued = _latest(center, not_counted_since)
    if issued is None:
        return
    for lot, quantity in issued.lines:
        shelves.put(center.code, lot, quantity)
    reason = "entered_twice" if dice.chance(0.2) else "wrong_quantity"
    replacement = None if reason == "entered_twice" else _other_quantity(center, issued)
    center.world.pen.reverse_issue(moment, issued, reason, replacement)


def correct_counted_issue(center: Center, moment: int) -> None:
    """An issue older than the last count of all its lots was less: the shelf stays as counted."""
    shelves = center.world.shelves

    def counted_since(issued: Issued) -> bool:
        counts = {shelves.last_count(issued.place, lot) for lot, _ in issued.lines}
        return len(counts) == 1 and min(counts)[0] > issued.size and issued.lines[0][1] > 2

    issued = _latest(center, counted_since)
    if issued is not None:
        count = shelves.last_count(center.code, issued.lines[0][0])[1]
        lot, quantity = issued.lines[0]
        replacement = [(lot, quantity - center.dice.between(1, 2)), *issued.lines[1:]]
        center.world.pen.reverse_issue(moment, issued, "wrong_quantity", replacement, count)


def _latest(center: Center, fits: Callable[[Issued], bool]) -> Issued | None:
    """The latest issue that can be undone in the book and fits; it leaves the list."""
    shelves = center.world.shelves
    for issued in reversed(center.recent):
        undoable = all(shelves.issued[center.code, lot.id] >= quantity for lot, quantity in issued.lines)
        if undoable and fits(issued):
            center.recent.remove(issued)
            return issued
    return None


def _other_quantity(center: Center, issued: Issued) -> Taken:
    """The same lines from the same lots, the first with another quantity."""
    shelves, dice = center.world.shelves, center.dice
    lot, quantity = issued.lines[0]
    step = max(1, quantity // 5)
    right = min(max(1, quantity + dice.pick((-step, step, 2 * step))), shelves.has(center.code, lot))
    replacement = [(lot, right), *issued.lines[1:]]
    for lot, quantity in replacement:
        shelves.take_lot(center.code, lot, quantity)
    return replacement


# counts ---------------------------------------------------------------------------------------------------


def count_with_stories(center: Center, moment: int, counted: list[tuple[str, int]]) -> None:
    """A count; now and then it finds what a forgotten slip or a delivery without paper explains next day."""
    dice = center.dice
    story = dice.pick(("forgotten", "paper")) if dice.chance(0.05) else ""
    item, book = dice.pick(counted)
    piles = center.world.shelves.piles(center.code, item)
    fits = story and book >= 40 and piles and book == center.world.shelves.total(center.code, item)
    alone = fits and book == sum(pile.quantity for pile in piles)
    if not alone or piles[0].key[0] < center.world.today.text or piles[0].quantity < 20:
        center.world.pen.count(moment, center.code, counted)
        return
    change = dice.between(5, 15) * (1 if story == "paper" else -1)
    counted = [(code, quantity + (change if code == item else 0)) for code, quantity in counted]
    bearer = max(piles, key=lambda p: (p.key[1], p.lot.id)).lot if story == "paper" else piles[0].lot
    count = center.world.pen.count(moment, center.code, counted)
    act = paper_follows if story == "paper" else forgotten_slip
    explain = partial(act, center, count=count, lot=bearer, quantity=abs(change), happened=moment)
    center.world.on_working_day(center.world.today.index + 1, 8.1, explain, center.code)


def forgotten_slip(
    center: Center, moment: int, *, count: str, lot: Lot, quantity: int, happened: int
) -> None:
    """A late issue that was already gone when counted: the count's difference takes it."""
    if center.world.shelves.last_count(center.code, lot)[1] == count:
        occurred = happened - 190 * MINUTE_MS
        center.world.pen.issue(moment, center.code, "clinic", [(lot, quantity)], occurred, covered_by=count)


def paper_follows(center: Center, moment: int, *, count: str, lot: Lot, quantity: int, happened: int) -> None:
    """Goods before paper: the count had found them on `lot`; the receipt takes over what is still there."""
    world, shelves = center.world, center.world.shelves
    there = min(quantity, shelves.has(center.code, lot))
    if not there or shelves.last_count(center.code, lot)[1] != count:
        return
    item = world.items[lot.item]
    line = world.new_stock(item, quantity, item.shelf_days * 3 // 4, center.dice)
    head: Line = {"funded_by": "budget", "amount_fen": quantity * item.price_fen, "covered_by": count}
    shelves.take_lot(center.code, lot, there)
    occurred = happened - 400 * MINUTE_MS
    (new,) = world.pen.receive(moment, "purchased", center.code, [line], occurred=occurred, **head)
    if there < quantity:
        shelves.take_lot(center.code, new, quantity - there)


def nothing_left(center: Center, moment: int, item: ItemRow, quantity: int, purpose: str) -> None:
    """Seldom, a box turns up that the book did not have."""
    if center.dice.chance(0.004):
        found = min(quantity, 10 * item.draw_unit)
        line = center.world.new_stock(item, found, item.shelf_days // 2, center.dice)
        center.world.pen.issue_found(moment, center.code, purpose, line)


# goods ----------------------------------------------------------------------------------------------------


def damage(center: Center, moment: int) -> None:
    shelves, dice = center.world.shelves, center.dice
    item = dice.pick(center.world.tables.items)
    there = shelves.usable(center.code, item.code, center.world.today.text)
    if item.consumable and there > 5:
        quantity = min(dice.between(1, 3) * item.draw_unit, there // 3)
        if taken := shelves.take(center.code, item.code, quantity, center.world.today.text):
            reason = "contaminated" if dice.chance(0.25) else "damaged"
            center.world.pen.write_off(moment, center.code, reason, taken)


def return_unused(center: Center, moment: int) -> None:
    """A part of one of the last issues comes back to the shelf."""
    lines = [line for issued in center.recent[-6:] for line in issued.lines]
    if fresh := [(lot, quantity) for lot, quantity in lines if quantity > 4]:
        lot, quantity = center.dice.pick(fresh)
        back = max(1, quantity // center.dice.between(3, 8))
        if center.world.shelves.issued[center.code, lot.id] >= back:
            center.world.pen.return_to_shelf(moment, center.code, lot, back)


def wrong_item(center: Center, moment: int) -> None:
    """Boxes of up to two lots that stood in the book as plain masks were surgical ones."""
    shelves, day = center.world.shelves, center.world.today.text
    piles = [pile for pile in shelves.piles(center.code, "PPE-01") if pile.key[0] >= day][:2]
    taken = [(pile.lot, min(pile.quantity, 50 * center.dice.between(1, 3))) for pile in piles]
    for lot, quantity in taken:
        shelves.take_lot(center.code, lot, quantity)
    if taken:
        total = sum(quantity for _, quantity in taken)
        first = taken[0][0]
        made = {"item": "PPE-02", "quantity": total, "grade": "medical"}
        made |= {"lot_number": first.lot_number, "expiry": first.expiry}
        center.world.pen.convert(moment, center.code, "wrong_item", taken, "usable", made, "center_lead")


def buy(center: Center, moment: int) -> None:
    """Own purchases of what is cheap and not vital; now and then with a slip of the pen."""
    world, dice = center.world, center.dice
    items = [i for i in world.tables.items if i.catalogue["criticality"] == "needed" and i.draws_per_week]
    item = dice.pick(items)
    needed = center.expected[item.code] * dice.between(10, 25)
    quantity = max(1, round(needed / item.order_unit)) * item.order_unit
    if center.short_of(item.code, world.today):
        return
    line = world.new_stock(item, quantity, int(item.shelf_days * dice.factor(0.6, 0.95)), dice)
    head: Line = {
        "funded_by": "budget",
        "amount_fen": quantity * item.price_fen,
        "party": f"S-{dice.between(1, 5):02d}",
    }
    slip = dice.chance(0.06)
    if slip:
        line["quantity"] = quantity * 10
    lots = world.pen.receive(moment, "purchased", center.code, [line], **head)
    center.busy_on = world.today.index
    if slip:
        act = partial(_right_purchase, center, lots=lots, right=line | {"quantity": quantity}, head=head)
        world.at(moment + 35 * MINUTE_MS, act)


def _right_purchase(center: Center, moment: int, *, lots: list[Lot], right: Line, head: Line) -> None:
    (lot,) = lots
    if center.world.shelves.has(center.code, lot) == lot.quantity:
        center.world.pen.reverse_receipt(moment, "purchased", lots, right, **head)
