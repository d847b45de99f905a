"""What stock and forecast amount to, in words: sentences of the centers' pages."""

from __future__ import annotations

import math
from collections import Counter

from markupsafe import Markup

from dashboard.labels import Number
from dashboard.language import Speech
from dashboard.queries.stock import CenterStanding, Standing

LOOK = {"out": "out", "nearly_out": "out", "urgent": "expired", "low": "low", "watch": "watch"}


def centers_answer(centers: list[CenterStanding], speech: Speech) -> Markup:
    """24 家中心：3 家断货或将断货，…"""
    counted = Counter(_level(c.scarcest.level) if c.scarcest else "unsaid" for c in centers)
    parts = []
    for level in ("out", "urgent", "low", "watch", "ok", "unsaid"):
        if counted[level]:
            n = _bold(speech.say("centers.homes", n=counted[level]), LOOK.get(level, ""))
            parts.append(speech.say(f"centers.part.{level}", n=n))
    return speech.say("centers.answer", n=len(centers), parts=speech.say.listed(parts))


def center_answer(mine: list[Standing], speech: Speech) -> Markup:
    """36 种物资里 1 种告急、2 种偏低，其余充足。"""
    say = speech.say
    counted = Counter(s.level for s in mine)
    parts = [
        say(f"center.part.{level}", n=_bold(say("center.kinds", n=counted[level]), look))
        for level, look in LOOK.items()
        if counted[level]
    ]
    if not mine:
        return say("center.answer_none")
    if not parts:
        return say(
            "center.answer_unsaid"
            if all(s.basis == "none" or not s.level for s in mine)
            else "center.answer_ok",
            n=len(mine),
        )
    rest = sum(counted[level] for level in ("ok", ""))
    return say("center.answer" if rest else "center.answer_all", n=len(mine), parts=say.listed(parts))


def finding(s: Standing, speech: Speech) -> Markup:
    """The caption of the stock figure."""
    say, name = speech.say, speech.name(s.item.name)
    amount = speech.amount(s.usable, s.item.unit)
    if s.usable == 0:
        return say("stock.finding_zero", name=name)
    if s.days is None:
        return say("stock.finding_unknown", name=name, amount=amount)
    safety = ""
    if s.safety is not None:
        safety = say("stock.below" if s.usable < s.safety else "stock.above", n=s.safety)
    return say("stock.finding", name=name, amount=amount, days=math.floor(s.days), safety=safety)


def notes(s: Standing, speech: Speech) -> list[Markup]:
    """What stands beside the figure: what is not counted, what the forecast is, how wrong it was."""
    say, found = speech.say, []
    for key, quantity in (
        ("stock.expired", s.expired), ("stock.waiting", s.waiting),
        ("stock.leftover", s.outlook.left_at_expiry if s.outlook else 0),
    ):  # fmt: skip
        if quantity:
            found.append(say(key, n=speech.amount(quantity, s.item.unit)))
    forecast = s.forecast
    if s.basis in ("reusable", "equipment"):
        found.append(say("stock.model.none", reason=say(f"stock.why.{s.basis}")))
    elif forecast is None:
        found.append(say("stock.model.missing"))
    else:
        why = f"stock.why.{forecast.reason or 'none'}"
        reason = say(why if say.has(why) else "stock.why.none")
        found.append(say(f"stock.model.{forecast.model}", reason=reason, n=forecast.days_used))
        found.append(_past_error(s, speech) if forecast.model != "none" else Markup(""))
        found.append(say("stock.seen", n=forecast.log_size))
    return [note for note in found if note]


def _past_error(s: Standing, speech: Speech) -> Markup:
    """In how many past windows the stock level at the service level would have been enough."""
    forecast = s.forecast
    test = forecast.backtest if forecast else None
    if forecast is None or test is None:
        return speech.say("stock.no_backtest")
    wanted = forecast.service_level_per_mille / 1000
    level, covered = min(zip(test.levels, test.covered, strict=True), key=lambda pair: abs(pair[0] - wanted))
    return speech.say(
        "stock.past_error", windows=test.windows, days=test.length_days, level=f"{level:.0%}", covered=covered
    )


def daily(s: Standing) -> str:
    """Expected issues a day: whole above ten, one decimal below."""
    mean = s.forecast.daily_mean if s.forecast else None
    if mean is None:
        return "—"
    return str(Number(round(mean))) if mean >= 10 or mean == 0 else f"{mean:.1f}".removesuffix(".0")


def _level(level: str) -> str:
    return {"nearly_out": "out", "": "unsaid"}.get(level, level)


def _bold(text: Markup, look: str) -> Markup:
    return Markup('<b class="{}">{}</b>').format(look, text) if look else Markup("<b>{}</b>").format(text)
