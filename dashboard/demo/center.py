"""A center: what it wants each day, the slips it writes, its counts and its day's end."""

from __future__ import annotations

from collections import defaultdict
from functools import partial

from dashboard.demo import mishaps
from dashboard.demo.days import DAY_MS, Day, surge
from dashboard.demo.pen import Issued
from dashboard.demo.tables import ItemRow, PlaceRow
from dashboard.demo.world import SHORTAGE_DAYS, World

# slip -> purpose, share of working days on which it is written, local hours between which it is recorded
SLIPS = {
    "morning": ("clinic", 1.0, 8.25, 9.2),
    "cleaning": ("other", 0.6, 8.6, 9.8),
    "testing": ("testing", 0.8, 8.4, 10.5),
    "vaccination": ("vaccination", 0.45, 8.3, 10.0),
    "fever": ("clinic", 0.65, 8.5, 11.5),
    "home_visit": ("home_visit", 0.4, 9.5, 11.0),
    "pharmacy": ("clinic", 1.0, 10.0, 11.8),
    "afternoon": ("clinic", 1.0, 13.2, 14.6),
    "stock": ("other", 1.0, 14.0, 15.5),
}
COUNT_HOUR = 16.6
LEARNING = 0.04
"""Weight of the newest day in a center's expected use (simple exponential smoothing)."""
COVER_DAYS = {"vital": 25, "essential": 22, "needed": 21}
LESSON_DAYS = 42
"""So long before the end the district, after its second outbreak, began to keep more."""
LESSON_COVER = (27, 6)
"""Days of cover then, and so many more for each time that an outbreak multiplies the item's use."""
"""Days of expected use that an order fills up to."""


class Center:
    def __init__(self, world: World, row: PlaceRow) -> None:
        self.world = world
        self.row = row
        self.code = row.code
        self.dice = world.dice(row.code)
        staff, people = row.staff or 45, row.population or 57_000
        self.scale = 0.6 * staff / 45 + 0.4 * people / 57_000
        self.level = {item.code: self.scale * self.dice.factor(0.75, 1.3) for item in world.tables.items}
        self.expected = {i.code: i.quantity_per_week * self.level[i.code] / 7 for i in world.tables.items}
        self.outbreak_shift = self.dice.between(0, 6)
        self.outbreak_height = self.dice.factor(0.6, 1.35)
        self.open_on_sunday = self.dice.chance(0.35)
        self.count_weekday = self.dice.between(2, 4)
        self.recent: list[Issued] = []
        self.busy_on = -1  # the last day on which something was, or should have been, written

    # the day ---------------------------------------------------------------------------------------------

    def plan(self, day: Day) -> None:
        if self.world.silent(self.code, day.index):
            return
        if day.date.day == 1:
            self._drift()
        slips = self._wanted(day)
        for slip, lines in slips.items():
            self._plan_slip(day, slip, lines)
        if slips:
            self.busy_on = day.index
        if day.working:
            if self._counts_on(day):
                self.world.at(day.at(16.2) + self._jitter(), self.write_off_expired)
                self.world.at(day.at(COUNT_HOUR) + self._jitter(), self.count)
            mishaps.plan(self, day)
        self.world.at(day.at(17.4) + self._jitter(), self.close_day)

    def close_day(self, moment: int) -> None:
        day = self.world.today
        if self.busy_on != day.index:
            self.world.pen.confirm_day(moment, self.code, day.text)

    def _jitter(self) -> int:
        return self.dice.between(0, 600_000)

    def _counts_on(self, day: Day) -> bool:
        return day.working and day.weekday == self.count_weekday

    # demand ----------------------------------------------------------------------------------------------

    def _drift(self) -> None:
        """Use changes slowly: up to 5 % a month, pulled back to what its size suggests."""
        for code, level in self.level.items():
            self.level[code] = level + 0.1 * (self.scale - level) + level * self.dice.factor(-0.05, 0.05)

    def _wanted(self, day: Day) -> dict[str, list[tuple[ItemRow, int]]]:
        """Base units wanted by slip. What is wanted and not there is not recorded anywhere."""
        height = surge(self.world.tables.outbreaks, day.date, self.outbreak_shift) * self.outbreak_height
        opens = day.working or day.weekday == 5 or self.open_on_sunday
        often = 1.0 if day.working else 0.5
        written = {slip: self.dice.chance(share * often) for slip, (_, share, _, _) in SLIPS.items()}
        wanted: defaultdict[str, list[tuple[ItemRow, int]]] = defaultdict(list)
        for item in self.world.tables.items:
            quantity = self._draw(item, day.visits / often, height) if opens and written[item.slips[0]] else 0
            self.expected[item.code] += LEARNING * (quantity - self.expected[item.code])
            if quantity:
                shares = len(item.slips) if day.working else 1
                for number, slip in enumerate(item.slips[:shares]):
                    share = quantity // shares + (quantity % shares if number == 0 else 0)
                    wanted[slip if day.working else item.slips[0]].append((item, share))
        return wanted

    def _draw(self, item: ItemRow, visits: float, height: float) -> int:
        """Base units of an item on a slip that is written today."""
        if not item.draws_per_week:
            return 0
        raised = 1 + (item.surge - 1) * height
        # rare items are fetched more often in an outbreak, common ones in larger lots
        usual = min(1.0, item.draws_per_week / 5 / SLIPS[item.slips[0]][1])
        chance = min(1.0, usual * raised) if item.draws_per_week < 2 else usual
        if not self.dice.chance(chance):
            return 0
        per_day = item.quantity_per_week / 5 * self.level[item.code] * visits * raised
        mean = per_day / SLIPS[item.slips[0]][1] / chance
        unit = item.draw_unit
        return max(1, self.dice.quantity(mean / unit)) * unit

    # slips -----------------------------------------------------------------------------------------------

    def _plan_slip(self, day: Day, slip: str, lines: list[tuple[ItemRow, int]]) -> None:
        purpose, _, earliest, latest = SLIPS[slip]
        if slip == "fever" and any(item.code == "PPE-05" and q >= 8 * self.scale for item, q in lines):
            purpose = "outbreak"
        moment = day.at(self.dice.factor(earliest, latest)) + self.dice.between(0, 999)
        late = self._late_by(day)
        act = partial(self.issue, slip=purpose, lines=lines, happened=moment if late else None)
        if late:
            hour = moment % DAY_MS / 3_600_000 + 0.6
            self.world.on_working_day(day.index + late, hour, act, self.code)
        else:
            self.world.at(moment, act)

    def _late_by(self, day: Day) -> int:
        """Days from the act to its entry: never beyond the next count, which would find it missing."""
        share = 0.4 if self.row.habit == "late" and day.working else 0.004
        if not self.dice.chance(share):
            return 0
        return min(self.dice.between(2, 4), (self.count_weekday - day.weekday) % 7)

    def issue(self, moment: int, slip: str, lines: list[tuple[ItemRow, int]], happened: int | None) -> None:
        shelves, today = self.world.shelves, self.world.today
        taken = []
        for item, quantity in lines:
            part = shelves.take(self.code, item.code, quantity, today.text)
            if not part:
                mishaps.nothing_left(self, moment, item, quantity, slip)
            taken += part
        if taken:
            issued = self.world.pen.issue(moment, self.code, slip, taken, happened)
            self.recent = [*self.recent[-30:], issued]
            self.busy_on = today.index

    # counts and expiry -----------------------------------------------------------------------------------

    def write_off_expired(self, moment: int) -> None:
        shelves, day = self.world.shelves, self.world.today.text
        taken = []
        for item in self.world.items:
            for pile in shelves.expired(self.code, item, day):
                if self.dice.chance(0.7):
                    taken.append((pile.lot, pile.quantity))
                    shelves.take_lot(self.code, pile.lot, pile.quantity)
        if taken:
            self.world.pen.write_off(moment, self.code, "expired", taken)

    def count(self, moment: int) -> None:
        """Vital items weekly, everything on the first count of a month."""
        whole = self.world.today.date.day <= 7
        items = [item for item in self.world.tables.items if whole or item.vital]
        counted = [(item.code, self._seen(item)) for item in items]
        mishaps.count_with_stories(self, moment, counted)

    def _seen(self, item: ItemRow) -> int:
        """The book's figure, now and then a little less, seldom a little more."""
        book = self.world.shelves.total(self.code, item.code)
        roll = self.dice.factor(0, 1)
        if roll < 0.022 and book > 3:
            return book - max(1, round(book * self.dice.factor(0.005, 0.03)))
        if roll > 0.995 and item.consumable:
            return book + self.dice.between(1, 2) * max(1, item.draw_unit // 2)
        return book

    # what it asks for ------------------------------------------------------------------------------------

    def need(self, item: ItemRow, day: Day) -> int:
        """Base units to order now: up to its cover, less its inventory position."""
        expected = self.expected[item.code]
        target = expected * self.cover_days(item, day)
        if item.draws_per_week < 2 and item.draws_per_week:
            target += 3 * item.quantity_per_week / item.draws_per_week * self.level[item.code]
        position = self.world.shelves.usable(self.code, item.code, day.text)
        position += self.world.shelves.inbound[self.code, item.code]
        if self.short_of(item.code, day) and day.left > 2:
            target = min(target, self.kept_until_end(item, day))
        wanted = target - position
        if wanted < 0.2 * target or wanted < 0.5:
            return 0
        unit = item.order_unit if wanted >= item.order_unit / 2 else 1
        return -int(-wanted // unit) * unit

    def cover_days(self, item: ItemRow, day: Day) -> float:
        """How many days of expected use the center orders up to."""
        if day.left < LESSON_DAYS:
            return LESSON_COVER[0] + LESSON_COVER[1] * item.surge
        return COVER_DAYS[item.catalogue["criticality"]]

    def kept_until_end(self, item: ItemRow, day: Day) -> float:
        """What leads a center of shortages.csv to the cover that it has on the last day."""
        cover = self.world.tables.shortages[self.code, item.code]
        return self.expected[item.code] * max(0, day.left + 1 + cover)

    def short_of(self, item: str, day: Day) -> bool:
        """Whether the story of the last weeks makes this center run short of the item."""
        return day.left < SHORTAGE_DAYS and (self.code, item) in self.world.tables.shortages
