"""The equation after every entry of random books, recomputed by code that shares nothing with the folds."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.kinds import KINDS
from ledger.domain.lots import SINK_ACCOUNTS, SOURCE_ACCOUNTS, STOCK_ACCOUNTS
from ledger.domain.rules.state import conversion_shares
from ledger.domain.views import VIEWS
from ledger.domain.violations import Refused
from ledger.tlog.note import Signer
from tests.ledger.asked import request_lines, request_states
from tests.ledger.equation import IN, OUT, STATES, Sums
from tests.ledger.signing import TestKey
from tests.ledger.store.books import FORECAST_RUN
from tests.ledger.story import Story, new, of, party, unmarked

PLACES = ("D1", "C1", "C2", "H1")
ITEMS = ("masks", "pills", "soap")
EXPIRIES = ("2026-04-01", "2026-12-01", "2027-06-01")


class Walker:
    """Tells a random story; what it picks is often wrong, and then must change nothing."""

    def __init__(self, seed: int, kind: str) -> None:
        self.dice = random.Random(seed)
        self.story = Story(kind)
        self.sums = Sums().add_all(json.loads(entry.data) for entry in self.story.entries)
        self.told: dict[str, list[str]] = defaultdict(list)
        self.refused = 0
        self.gifts = 0
        self.keys: list[TestKey] = []
        self.seen = len(self.story.entries)

    def walk(self, steps: int) -> None:
        acts = [name for name in dir(self) if name.startswith("act_")]
        for _ in range(steps):
            before = self.story.book.size
            try:
                getattr(self, self.dice.choice(acts))()
            except Refused:
                self.refused += 1
                assert self.story.book.size == before
            self.check()

    def check(self) -> None:
        """Add the new entries to the sums one by one; then every lot and gift they touched must agree."""
        touched: set[str] = set()
        for entry in self.story.entries[self.seen :]:
            self.told[entry.kind].append(entry.id)
            self.sums.add(json.loads(entry.data))
            touched |= self.sums.touched
            for lot in self.sums.touched:
                assert total(self.sums, lot, IN) == total(self.sums, lot, OUT), (entry.kind, lot)
        self.seen = len(self.story.entries)
        balances = self.story.book.tables.known["view_balance"]
        for lot in touched:
            assert all(quantity >= 0 for (of_lot, _), quantity in self.sums.at.items() if of_lot == lot)
            computed = {
                (s[0], s[1], s[2]): q for (of_lot, s), q in self.sums.at.items() if of_lot == lot and q
            }
            stored = {key[1:]: row[1] for key, row in balances.items() if key[0] == lot and row is not None}
            assert stored == computed, self.story.entries[-1].kind

    # what to pick ----------------------------------------------------------------------------------------

    def place(self) -> str:
        return self.dice.choice(PLACES)

    def quantity(self) -> int:
        return self.dice.choice((1, 2, 3, 5, 8, 20))

    def line(self, **more: Any) -> dict[str, Any]:
        made = unmarked if self.dice.random() < 0.2 else new
        body = made(self.dice.choice(ITEMS), self.quantity(), **more)
        return (
            body
            if body["item"] == "soap" or made is unmarked
            else {**body, "expiry": self.dice.choice(EXPIRIES)}
        )

    def pile(self, place: str, state: str = "") -> tuple[str, str, int]:
        """(lot, state, quantity) at the place, or something that is not there."""
        piles = [
            (lot, account, quantity)
            for (lot, (account, at, _)), quantity in self.sums.at.items()
            if at == place and account in ((state,) if state else STATES) and quantity > 0
        ]
        if not piles or self.dice.random() < 0.03:
            return f"{self.story.entries[-1].id}#0", "usable", 5
        return self.dice.choice(piles)

    def some(self, quantity: int) -> int:
        return self.dice.randint(1, quantity + (self.dice.random() < 0.1))

    def cover(self, place: str, lot: str) -> dict[str, str]:
        known = self.story.book.lot(lot)
        count = known and self.story.book.last_count(place, known)
        return {"covered_by": count.id} if count and self.dice.random() < 0.5 else {}

    def anything(self, *kinds: str) -> str:
        told = [entry for kind in kinds for entry in self.told[kind]]
        return self.dice.choice(told or [self.story.entries[0].id])

    # acts ------------------------------------------------------------------------------------------------

    def act_register(self) -> None:
        self.story.tell("PartyRegistered", party(f"P{self.dice.randint(1, 4)}"))
        self.story.tell("PolicySet", {"settings": {"silence_days": 3}, "place": self.place()})

    def act_receive(self) -> None:
        place, lines = self.place(), [self.line() for _ in range(self.dice.randint(1, 3))]
        self.gifts += 1
        kind, more = self.dice.choice(
            (
                ("StockOpened", {}), ("AllotmentReceived", {}),
                ("PurchaseReceived", {"funded_by": "budget", "amount_fen": 5}),
                ("DonationReceived", {"gift": f"GIFT-{self.gifts}"}), ("TransferReceived", {}),
            )
        )  # fmt: skip
        counted = [
            facts.id
            for lot in self.story.book.stock(place, lines[0]["item"])
            if (facts := self.story.book.last_count(place, lot.lot))
        ]
        if counted and kind != "StockOpened" and self.dice.random() < 0.5:
            more = {**more, "covered_by": counted[-1]}
            lines = lines[:1]
        self.story.tell(kind, {"place": place, **more, "lines": lines})

    def act_dispatch(self) -> None:
        place = self.place()
        lot, state, quantity = self.pile(place)
        lines = [of(lot, self.some(quantity), state=state)]
        if self.dice.random() < 0.3:
            lines.append({**new("masks", self.quantity()), "source": "unshown"})
        to, answers = self.place(), {}
        if self.dice.random() < 0.5:
            kind = self.dice.choice(("SupplyRequested", "AllocationDecided"))
            named = self.anything(kind)
            to = self.asked_by(named) if self.dice.random() < 0.95 else to
            answers = {"request" if kind == "SupplyRequested" else "decision": named}
        self.story.send(place, to, *lines, **answers, **self.cover(place, lot))

    def asked_by(self, named: str) -> str:
        """The place that a request is of, or one that a decision gives something."""
        for entry in self.story.entries:
            if entry.id == named:
                shares = entry.body.get("shares") or [entry.body]
                return str(self.dice.choice(shares).get("place", "C1"))
        return self.place()

    def act_off_the_way(self) -> None:
        ways = [(lot, spot, q) for (lot, spot), q in self.sums.at.items() if spot[0] == "transit" and q > 0]
        if not ways:
            return
        lot, (_, to, dispatch), quantity = self.dice.choice(ways)
        line = of(lot, self.some(quantity))
        if self.dice.random() < 0.3:
            line["state"] = self.dice.choice(STATES)
        act = self.dice.random()
        if act < 0.6:
            surplus = {"surplus": 2} if self.dice.random() < 0.2 else {}
            self.story.arrive(to, dispatch, {**line, **surplus}, **self.cover(to, lot))
        elif act < 0.8:
            facts = self.story.book.dispatch(dispatch)
            self.story.cancel(dispatch, line, **self.cover(facts.from_place, lot))
        else:
            self.story.lose(dispatch, of(lot, line["quantity"]))

    def act_issue(self) -> None:
        place = self.place()
        lot, _, quantity = self.pile(place)
        lines = [of(lot, self.some(quantity))]
        if self.dice.random() < 0.15:
            lines.append(self.line(source="found"))
        self.story.issue(place, *lines, **self.cover(place, lot))

    def act_give_back(self) -> None:
        issued = [
            (lot, spot[1], q) for (lot, spot), q in self.sums.at.items() if spot[0] == "issued" and q > 0
        ]
        if issued:
            lot, place, quantity = self.dice.choice(issued)
            line = of(lot, self.some(quantity), state=self.dice.choice(STATES))
            self.story.give_back(place, line, **self.cover(place, lot))

    def act_write_off_or_return(self) -> None:
        place = self.place()
        lot, state, quantity = self.pile(place)
        line = of(lot, self.some(quantity), state=state)
        if self.dice.random() < 0.5:
            self.story.write_off(
                place, self.dice.choice(("expired", "damaged")), line, **self.cover(place, lot)
            )
        else:
            self.story.give_back(place, line, direction="to_donor", **self.cover(place, lot))

    def act_inspect(self) -> None:
        place = self.place()
        lot, _, quantity = self.pile(place, "to_inspect" if self.dice.random() < 0.5 else "")
        result = self.dice.choice(("usable", "held", "rejected"))
        self.story.inspect(place, of(lot, self.some(quantity), result=result))

    def act_convert(self) -> None:
        place = self.place()
        piles = {self.pile(place)[:2]: None for _ in range(self.dice.randint(1, 3))}
        taken = [(lot, state, self.some(self.sums.at[lot, (state, place, "")] or 1)) for lot, state in piles]
        inputs = [(known, q) for lot, _, q in taken if (known := self.story.book.lot(lot))]
        shares = conversion_shares(self.dice.randint(1, 40), inputs) if inputs else [("", 3)]
        outputs = [new("pills", share) for _, share in shares]
        if self.dice.random() < 0.1:
            outputs[0]["quantity"] += 1
        self.story.convert(place, *[of(lot, q, state=state) for lot, state, q in taken], *outputs)

    def act_count(self) -> None:
        place, lines = self.place(), []
        if self.dice.random() < 0.5:
            for item in self.dice.sample(ITEMS, self.dice.randint(1, 3)):
                book = self.story.on_hand(place, item)
                lines.append({"item": item, "quantity": max(0, book + self.dice.randint(-6, 6))})
        else:
            for lot in dict.fromkeys(self.pile(place)[0] for _ in range(3)):
                lines.append(of(lot, self.dice.randint(0, 12)))
        self.story.count(place, *lines)

    def act_confirm(self) -> None:
        self.story.tell("DayConfirmed", {"place": self.place(), "day": "2026-03-01"})

    def act_publish(self) -> None:
        """A run of forecasts; now and then one that claims to have seen more than there is."""
        seen = self.story.book.size + self.dice.choice((0, 0, 1))
        self.story.tell("ForecastPublished", {**FORECAST_RUN, "log_size": seen})

    def act_shut(self) -> None:
        """A place is shut, merged or opened, late too; now and then into one that cannot take it."""
        status = self.dice.choice(("open", "closed", "sealed", "merged"))
        into = {"into": self.place()} if status == "merged" else {}
        day = f"2026-03-0{self.dice.randint(1, 5)}"
        self.story.tell("PlaceStatusSet", {"place": self.place(), "status": status, **into}, day)

    def act_respond(self) -> None:
        body = {"level": self.dice.randint(0, 4), "area": self.dice.choice(("S1", "990101", "C1"))}
        self.story.tell("ResponseLevelRecorded", body, f"2026-03-0{self.dice.randint(1, 5)}")

    def act_ask(self) -> None:
        wanted = {self.dice.choice(ITEMS): self.quantity() for _ in range(self.dice.randint(1, 3))}
        self.story.ask(self.place(), f"2026-03-0{self.dice.randint(1, 5)}", **wanted)

    def act_decide_shares(self) -> None:
        """About requests and without; now and then about another place's, or refusing what nobody asked."""
        shares = []
        for _ in range(self.dice.randint(1, 3)):
            request = {"request": self.anything("SupplyRequested")} if self.dice.random() < 0.8 else {}
            known = self.story.book.request(request.get("request", ""))
            refused = {"refused": "short_for_all"} if self.dice.random() < 0.3 else {}
            quantity = self.dice.choice((0, 1, 3, 8)) if refused else self.quantity()
            place = known.place if known and self.dice.random() < 0.95 else self.place()
            share = {"place": place, "item": self.dice.choice(ITEMS), "quantity": quantity}
            shares.append({**share, **request, **refused})
        self.story.decide(*shares)

    def act_key(self) -> None:
        """Keys come, sign, are replaced and go; a place often uses what is not its own."""
        act, place = self.dice.random(), self.place()
        if act < 0.4:
            key = TestKey(str(self.dice.randint(1, 60)))
            self.story.enrol(key, place, **({"replaces": self.key().id} if self.dice.random() < 0.4 else {}))
            self.keys.append(key)
            return
        key = self.key()
        if self.dice.random() < 0.8 and (known := self.story.book.author_key(key.id)):
            place = known.place
        if act < 0.6:
            since = {"since": "2026-03-01T00:00:00.000Z"} if self.dice.random() < 0.5 else {}
            self.story.revoke(key, place, self.dice.choice(("lost", "stolen", "retired")), **since)
        else:
            day = {"place": place, "day": "2026-03-01"}
            self.story.write(self.story.at(place, "DayConfirmed", day, key))

    def key(self) -> TestKey:
        return self.dice.choice(self.keys or [TestKey("nobody's")])

    def rotate_log_key(self) -> None:
        origin, index = self.story.book.origin, self.dice.randint(1, 250)
        body = {"vkey": str(Signer(origin, bytes([index]) * 32).verifier), "reason": "scheduled"}
        self.story.tell("LogKeyRotated", {**body, "former": self.story.book.log_keys()[-1][1]})

    def act_decide(self) -> None:
        """A donor changes what is shown, or has something erased; the keeper changes the log's key."""
        if self.dice.random() < 0.2:
            return self.rotate_log_key()
        party = {"party": f"P{self.dice.randint(1, 5)}"}
        subject = self.dice.choice((party, {"gift": f"GIFT-{self.dice.randint(0, self.gifts)}"}))
        if self.dice.random() < 0.7:
            show = {self.dice.choice(("name", "item", "amount")): self.dice.random() < 0.5}
            self.story.tell("ConsentChanged", {**subject, "show": show, "basis": "private_link"})
        else:
            self.story.tell("DataErased", {**subject, "reason": "request"})

    def act_reverse(self) -> None:
        kinds = [kind for kind in self.told if kind not in ("PartyRegistered",)]
        recent = [entry.id for entry in self.story.entries[-8:]]
        self.story.reverse(self.dice.choice([self.anything(*kinds), *recent]))

    def act_correct(self) -> None:
        """Reverse two of the last entries and tell an issue or a receipt again, in one transaction."""
        two = [entry for entry in self.story.entries[-6:] if entry.kind != "EntryReversed"][-2:]
        first = self.story.reversal(two[-1].id)
        commands = [first, *[self.story.reversal(entry.id, first.id) for entry in two[:-1]]]
        again = {**two[0].body, "correction": first.id}
        self.story.together([*commands, self.story.command(two[0].kind, again)])


def total(sums: Sums, lot: str, accounts: tuple[str, ...]) -> int:
    return sum(
        quantity for (of_lot, spot), quantity in sums.at.items() if of_lot == lot and spot[0] in accounts
    )


@pytest.mark.parametrize("kind", ["simulated", "archive"])
@settings(max_examples=40)
@given(seed=st.integers(0, 2**32))
def test_the_equation_holds_after_every_entry(kind, seed):
    walker = Walker(seed, kind)
    walker.walk(120)
    check_whole(walker)


def test_a_long_walk_meets_every_kind():
    walker = Walker(20260301, "archive")
    walker.walk(900)
    check_whole(walker)
    assert {entry.kind for entry in walker.story.entries} == KINDS.keys()
    assert walker.refused > 50


def check_whole(walker: Walker) -> None:
    """Over all lots and gifts, and the views that are sums of the same postings."""
    sums, tables = walker.sums, walker.story.book.views
    stored: dict[tuple[str, str], int] = defaultdict(int)
    for (lot, account, _, _), (_, quantity) in rows(tables, "view_balance"):
        stored[lot, account] += quantity
    assert dict(stored) == sums.by_account()
    gifts: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: {"in": 0, "out": 0})
    for (gift, item, account), quantity in sums.by_gift().items():
        gifts[gift, item]["in" if account in IN else "out"] += quantity
    assert all(sides["in"] == sides["out"] for sides in gifts.values())
    assert {lot: row[4] for (lot,), row in rows(tables, "view_lot")} == {
        lot: f["gift"] for lot, f in sums.lots.items()
    }
    check_flow(walker, stored)
    check_days(walker)
    check_requests(walker)


def check_flow(walker: Walker, stored: dict[tuple[str, str], int]) -> None:
    """view_flow, which drops the lot, adds up to the same per item and account."""
    flow: dict[tuple[str, str], int] = defaultdict(int)
    for (item, _, _, _, account, _), (quantity,) in rows(walker.story.book.views, "view_flow"):
        flow[item, account] += quantity
    wanted: dict[tuple[str, str], int] = defaultdict(int)
    for (lot, account), quantity in stored.items():
        wanted[walker.sums.lots[lot]["item"], account] += quantity
    assert {key: q for key, q in flow.items() if q} == {key: q for key, q in wanted.items() if q}


def check_days(walker: Walker) -> None:
    """view_daily: what came in less what went out is the change of stock; summed up it is the stock."""
    stock: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for (place, item, _), row in rows(walker.story.book.views, "view_daily"):
        received, arrived, issued, dispatched, other_in, other_out, usable, change = row
        assert received + arrived + other_in - issued - dispatched - other_out == change, (place, item)
        stock[place, item][0] += change
        stock[place, item][1] += usable
    for (place, item), (on_hand, usable) in stock.items():
        there = list(walker.story.book.stock(place, item))
        assert sum(facts.quantity for facts in there) == on_hand
        assert sum(facts.quantity for facts in there if facts.state == "usable") == usable


def check_requests(walker: Walker) -> None:
    """What was asked, granted, refused and sent, and the state that follows, from the entries alone."""
    told = [json.loads(entry.data) for entry in walker.story.entries]
    items = {lot: known["item"] for lot, known in walker.sums.lots.items()}
    lines, states = request_lines(told, items), request_states(told, items)
    views = walker.story.book.views
    assert {key: tuple(row) for key, row in rows(views, "view_request_line")} == lines
    assert {key[0]: row[6] for key, row in rows(views, "view_request")} == states


def rows(tables: dict[str, dict[Any, Any]], view: str) -> list[tuple[Any, Any]]:
    return [(key, row) for key, row in tables[view].items() if row is not None]


def test_accounts_of_the_equation_are_those_of_the_record():
    assert set(IN) == set(SOURCE_ACCOUNTS)
    assert set(OUT) == {*STOCK_ACCOUNTS, "transit", *SINK_ACCOUNTS}


def test_the_equation_refuses_a_kind_it_does_not_know():
    with pytest.raises(ValueError, match="does not know GiftAnnounced"):
        Sums().add({"kind": "GiftAnnounced", "index": 7, "id": "x", "body": {}})


def test_every_row_has_the_columns_of_its_view():
    walker = Walker(7, "archive")
    walker.story.tell("ItemRegistered", {**walker.story.entries[6].body, "units_per_box": 50})
    walker.walk(300)
    for name, view in VIEWS.items():
        for key, row in rows(walker.story.book.views, name):
            assert [type(value) for value in key] == list(view.key.values()), name
            assert len(row) == len(view.values), name
            for value, wanted in zip(row, view.values.values(), strict=True):
                assert value is None or type(value) is wanted, (name, row)
    assert all(rows(walker.story.book.views, name) for name in VIEWS)
