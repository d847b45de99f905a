"""What stock and forecast amount to, in words: sentences of the centers' pages."""

from __future__ import annotations

import math
from collections import Counter

from markupsafe import Markup

from dashboard.labels import Number
from dashboard.language import Speech
from dashboard.queries.stock import CenterStanding, Standing
from dashboard.queries.story import nearest_level
from forecast.request import Forecast

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
    """What stands beside the figure: what is not counted, what the forecast promises and how that held."""
    say, found = speech.say, []
    for key, quantity in (
        ("stock.expired", s.expired), ("stock.waiting", s.waiting),
        ("stock.leftover", s.outlook.left_at_expiry if s.outlook else 0),
    ):  # fmt: skip
        if quantity:
            found.append(say(key, n=speech.amount(quantity, s.item.unit)))
    if s.forecast is not None and s.forecast.stock is not None:
        promised = f"{s.forecast.service_level_per_mille / 10:g}"
        level = speech.amount(s.forecast.stock.reorder_point, s.item.unit)
        found.append(say("stock.odds", n=promised, level=level))
        found.append(_past_error(s.forecast, speech))
    if s.raised and s.target is not None and s.target.target is not None:
        level = speech.amount(s.target.target, s.item.unit)
        found.append(say("story.raised", days=s.target.days, level=level))
    return found + basis(s, speech)


def basis(s: Standing, speech: Speech) -> list[Markup]:
    """What a forecast rests on: its method, how wrong it was, how much of the log it saw."""
    say, forecast = speech.say, s.forecast
    if s.basis in ("reusable", "equipment"):
        return [say("stock.model.none", reason=say(f"stock.why.{s.basis}"))]
    if forecast is None:
        return [say("stock.model.missing")]
    why = f"stock.why.{forecast.reason or 'none'}"
    reason = say(why if say.has(why) else "stock.why.none")
    found = [say(f"stock.model.{forecast.model}", reason=reason, n=forecast.days_used)]
    if test := forecast.backtest:
        loss, points = percent_of(test.scaled_pinball), f"{100 * test.calibration:.1f}".removesuffix(".0")
        found.append(say("stock.error", loss=loss, points=points))
    return [*found, say("stock.seen", n=forecast.log_size)]


def percent_of(share: float) -> str:
    """A share of any size in percent: one decimal below ten, whole above."""
    return f"{share:.1%}" if share < 0.0995 else f"{share:.0%}"


def _past_error(forecast: Forecast, speech: Speech) -> Markup:
    """In how many past windows the level that is kept would have been enough."""
    test = forecast.backtest
    if test is None:
        return speech.say("stock.no_backtest")
    at = nearest_level(test, forecast.service_level_per_mille)
    return speech.say(
        "stock.past_error", windows=test.windows, days=test.length_days, covered=test.covered[at]
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
