"""Burn of a surge, from the ledger's days to a center's targets."""

from __future__ import annotations

import json
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from dashboard.forecasts import pieces
from dashboard.forecasts.pieces import Asked, Piece
from dashboard.forecasts.planning import Watch, watches
from dashboard.forecasts.scenarios import Scenarios
from forecast.emergency.rates import Rate
from forecast.emergency.scenario import Scenario
from forecast.emergency.surge import Surge
from forecast.series.horizon import ProtectionInterval
from ledger.store.series import DailyRow

TODAY = date(2026, 3, 2)
RATES = {"M": (Rate("M", "triage", 4.0, ""),)}
# 20 people x 4 masks: 80 a day by the tables
SCENARIO = Scenario("s", staff={"triage": 20})


def history(place: str, item: str, use: list[int]) -> Asked:
    """Days of use from a shelf that never runs empty."""
    first = TODAY - timedelta(days=len(use))
    rows = [
        DailyRow(
            place, item, (first + timedelta(days=day)).isoformat(), received=0, arrived=0, issued=units,
            dispatched=0, other_in=0, other_out=0, usable_change=100_000 if not day else -units,
        )
        for day, units in enumerate(use)
    ]  # fmt: skip
    interval = ProtectionInterval(3, 0, 7)
    return Asked(place, item, "consumable", "vital", 980, interval, tuple(rows), ())


def seen(monkeypatch: pytest.MonkeyPatch, *asked: Asked) -> dict[str, Watch]:
    silent = {one.place: () for one in asked}

    def cut(wanted: list[str]) -> list[Piece]:
        return [Piece(0, 1, TODAY, 1, 42, silent, tuple(one for one in asked if one.place in wanted))]

    monkeypatch.setattr(pieces, "Cutter", lambda *_: SimpleNamespace(pieces=cut))
    book: Any = SimpleNamespace(snapshot=None, size=1, today=TODAY)
    scenarios = Scenarios(None, {"C1": SCENARIO, "C3": SCENARIO})
    return watches(book, scenarios, RATES, ["C1", "C2"])


def test_an_item_in_a_surge_has_its_burn_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    calm, surging = rng.poisson(10, 100).tolist(), rng.poisson(40, 10).tolist()
    found = seen(
        monkeypatch,
        history("C1", "M", calm + surging),
        history("C1", "X", calm + surging),  # no rate
        history("C2", "M", calm + surging),  # no scenario
        history("C3", "M", calm + surging),  # not asked for
    )
    assert list(found) == ["C1", "C2"]
    assert (list(found["C1"].burns), found["C2"].burns) == (["M"], {})
    burn = found["C1"].burns["M"]
    assert abs(burn.days - 10) <= 2
    assert burn.ratio == pytest.approx(0.5, rel=0.2)
    surge = found["C1"].surge
    assert surge is not None
    assert surge.since is not None
    assert abs((TODAY - surge.since).days - 10) <= 2
    assert surge.times == pytest.approx(4, rel=0.2)
    assert Surge.from_dict(json.loads(json.dumps(surge.as_dict()))) == surge


def test_calm_items_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    calm = np.random.default_rng(1).poisson(10, 110).tolist()
    found = seen(monkeypatch, history("C1", "M", calm), history("C1", "M", calm[:5]))
    assert found == {"C1": Watch(None, {})}
