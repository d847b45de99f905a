"""The story of one item at one center in sentences, each with its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from markupsafe import Markup

from dashboard.labels import Number
from dashboard.language import Speech, percent
from dashboard.queries.keeping import Keeping
from dashboard.queries.story import Look, Period, Story
from forecast.emergency.surge import FALSE_ALARMS_PER_1000
from forecast.request import Forecast
from forecast.stock.packs import Packed
from forecast.stock.policy import LevelThresholds, SafetyStock


def per_hundred(per_mille: int) -> str:
    """980 -> 98: of how many in a hundred."""
    return f"{per_mille / 10:g}"


def answer(told: Story, kept: Keeping, speech: Speech) -> list[Markup]:
    """What is there against what to keep, and what the level promises."""
    say, unit, level, have = speech.say, told.standing.item.unit, kept.reorder, _have(kept, speech)
    if level is None:
        return [say("story.answer.none", have=have, reason=why_not(told, speech))]
    said = speech.amount(level, unit)
    if kept.target.reason == "par":
        return [say("story.answer.par", have=have, level=said)]
    gap = kept.position - level
    look = "short" if gap < 0 else "at" if gap == 0 else "arriving" if kept.counted < level else "enough"
    more = {"gap": speech.amount(abs(gap), unit)} if look in ("short", "enough") else {}
    first = say(f"story.answer.{look}", have=have, level=said, **more)
    return [first, *odds(told.standing.forecast, kept, speech)]


def _have(kept: Keeping, speech: Speech) -> Markup:
    """What can be relied on, and what is on the way."""
    say, one = speech.say, kept.standing
    moving = say("story.have.transit", n=speech.amount(one.transit, one.item.unit)) if one.transit else ""
    if not kept.counted:
        return say("story.have.bare", transit=moving)
    return say("story.have", counted=speech.amount(kept.counted, one.item.unit), transit=moving)


def odds(forecast: Forecast | None, kept: Keeping, speech: Speech) -> list[Markup]:
    """The chance that the level promises, in words."""
    if kept.target.reason in ("scenario", "no_forecast"):
        promised = per_hundred(kept.scenario_per_mille)
        return [speech.say("story.odds_scenario", name=kept.scenario, n=promised)]
    if forecast is None or forecast.stock is None:
        return []
    return [speech.say("story.odds", n=per_hundred(forecast.service_level_per_mille))]


def why_not(told: Story, speech: Speech) -> Markup:
    """Why nothing can be said of what to keep."""
    one, say = told.standing, speech.say
    if one.place.kind != "center":
        return say("story.why.depot")
    if one.item.item_class in ("reusable", "equipment"):
        return say("story.why.par")
    if one.forecast is None:
        return say("story.why.missing")
    key = f"stock.why.{one.forecast.reason or 'none'}"
    return say(key if say.has(key) else "stock.why.none")


def shelf(told: Story, speech: Speech) -> list[Markup]:
    """How often the shelf was bare, and how long goods take to come."""
    whole, say = told.whole, speech.say
    span = {"first": speech.day(whole.first), "last": speech.day(whole.last), "days": len(whole.days)}
    key = "story.shelf.empty" if whole.empty else "story.shelf.never"
    found = [say(key, **span, n=whole.empty) if whole.empty else say(key, **span)]
    if told.cut:
        found.append(say("story.shelf.cut", n=len(whole.days)))
    return found + lead_times(told, speech)


def lead_times(told: Story, speech: Speech) -> list[Markup]:
    forecast = told.standing.forecast
    if forecast is None:
        return []
    if not forecast.lead_times:
        days = f"{forecast.lead_time_days:.1f}".removesuffix(".0")
        return [speech.say("story.lead.setting", n=days)]
    half, most = (within(forecast.lead_times, share) for share in (50, 90))
    asked = forecast.lead_time_from == "request"
    key = "story.lead.request" if asked else "story.lead"
    n = forecast.lead_time_seen if asked else told.deliveries
    if most == 0:
        return [speech.say(f"{key}.same_day", n=n)]
    return [speech.say(key, half=half, most=most, n=n)]


def within(lead_times: tuple[tuple[int, int], ...], share: int) -> int:
    """The days within which so many of a hundred deliveries are usable."""
    whole, seen = sum(of for _, of in lead_times), 0
    for days, of in lead_times:
        seen += of
        if seen * 100 >= share * whole:
            return days
    return 0


def asked(told: Story, speech: Speech) -> list[Markup]:
    """How much was issued, and how much of the history does not tell what was asked for."""
    whole, say, unit = told.whole, speech.say, told.standing.item.unit
    days = len(whole.days)
    found = [say("story.asked.nothing", days=days)]
    if whole.issued:
        daily = f"{rounded(whole.issued / days)} {speech.unit(unit)}"
        found = [say("story.asked.sum", days=days, n=speech.amount(whole.issued, unit), daily=daily)]
    lost = whole.at_least + whole.unknown
    if not lost:
        return [*found, say("story.asked.none_lost")]
    kinds = (("at_least", whole.at_least), ("unknown", whole.unknown))
    parts = Markup("；" if speech.lang == "zh" else "; ").join(
        say(f"story.lost.{kind}", n=n) for kind, n in kinds if n
    )
    return [*found, say("story.asked.lost", lost=lost, share=percent(lost, days), parts=parts)]


def declared(told: Story) -> bool:
    """Whether more than half of the history is lost, as the forecast read it, else as the views show it."""
    forecast, whole = told.standing.forecast, told.whole
    if forecast is not None:
        return forecast.insufficient and forecast.reason == "insufficient"
    return 2 * (whole.at_least + whole.unknown) > len(whole.days)


def waves(told: Story, speech: Speech) -> list[Markup]:
    if not told.waves:
        return []
    return [speech.say("story.asked.waves", n=len(told.waves), false=ceil(FALSE_ALARMS_PER_1000))]


def enough(told: Story, speech: Speech) -> list[Markup]:
    """In how many past windows it would have been enough, here and in the whole book."""
    test, say = told.tested, speech.say
    if test is None:
        return []
    found = [
        say(
            "story.enough.said", windows=test.windows, days=test.length_days, enough=test.enough,
            n=per_hundred(test.level_per_mille),
        )
    ]  # fmt: skip
    if test.left_out:
        found.append(say("story.enough.left_out", n=test.left_out))
    if test.left_out_short:
        found.append(say("story.enough.left_short", n=test.left_out_short))
    covered, windows = test.book
    if windows > test.windows:
        share = percent(covered, windows)
        found.append(
            say("story.enough.book", windows=test.windows, all=windows, enough=Number(covered), share=share)
        )
    return found


def keep(kept: Keeping, speech: Speech) -> list[Markup]:
    """The sum that makes the reorder point, where its days come from, and what the scenario says."""
    say, unit, forecast = speech.say, kept.standing.item.unit, kept.standing.forecast
    found: list[Markup] = []
    if kept.past and forecast:
        found.append(_sum(kept, kept.past, speech))
        lead = f"{forecast.lead_time_days:.1f}".removesuffix(".0")
        found.append(
            say("story.keep.interval", days=kept.protection_days, lead=lead, review=kept.review_days)
        )
    elif kept.target.reason == "par" and kept.reorder is not None:
        found.append(say("story.keep.par", n=speech.amount(kept.reorder, unit)))
    elif kept.reorder is not None:
        found.append(say("story.keep.scenario_only", n=speech.amount(kept.reorder, unit)))
    return found


def _sum(kept: Keeping, past: SafetyStock, speech: Speech) -> Markup:
    """Expected use, safety stock, and what the scenario asks for, as one sentence."""
    amounts = {"expected": kept.expected, "safety": past.safety_stock}
    amounts |= {"reorder": kept.reorder or 0, "up_to": kept.up_to or 0}
    if kept.above_past:
        amounts |= {"past": past.reorder_point, "scenario": kept.target.scenario or 0}
    told = {name: speech.amount(quantity, kept.standing.item.unit) for name, quantity in amounts.items()}
    if kept.above_past:
        return speech.say("story.keep.raised", days=kept.protection_days, **told)
    return speech.say("story.keep.sum", days=kept.protection_days, review_days=kept.review_days, **told)


def scenario(kept: Keeping, speech: Speech) -> list[Markup]:
    """Which of past use and scenario decides, and why."""
    say, target = speech.say, kept.target
    if kept.scenario_unread:
        return [say("story.scenario.unread")]
    key = f"story.scenario.{target.reason}"
    if not say.has(key):
        return []
    if target.scenario is None:
        return [say(key)]
    amount = speech.amount(target.scenario, kept.standing.item.unit)
    found = [say(key, name=kept.scenario, days=target.days, n=amount)]
    found.append(response(kept, speech))
    if target.burn_days:
        found.append(say("story.scenario.burn", n=target.burn_days, factor=f"{target.burn_factor:.2f}"))
    return found


def response(kept: Keeping, speech: Speech) -> Markup:
    """Which recorded level of response the scenario was drawn for, and whether it sets the days to cover."""
    key = "story.response." + ("level" if kept.response_level else "none")
    return speech.say(key + (".sets" if kept.level_sets_days else ""), n=kept.response_level or 0)


def order(kept: Keeping, speech: Speech) -> list[Markup]:
    """How much to order now, in packs."""
    say, unit = speech.say, kept.standing.item.unit
    if kept.reorder is None:
        return []
    if not kept.missing and kept.target.reason == "par":
        return [say("story.order.par_none")]
    if not kept.missing:
        soon = kept.standing.level == "low"
        days = LevelThresholds().low_lookahead_days
        return [say("story.order.none"), *([say("story.order.soon", days=days)] if soon else [])]
    packs = in_packs(kept.missing_packed, kept, speech)
    found = [say("story.order", n=speech.amount(kept.missing, unit), packs=packs)]
    if kept.standing.overdue:
        found.append(say("story.overdue", n=speech.amount(kept.standing.overdue, unit)))
    return found


def in_packs(packed: Packed, kept: Keeping, speech: Speech) -> Markup:
    """As ": 2 cases and 3 boxes, 4,600 in all"; nothing for what is not packed."""
    say, unit = speech.say, kept.standing.item.unit
    whole = (("case", packed.cases), ("box", packed.boxes))
    parts = [say(f"story.pack.{pack}", n=n) for pack, n in whole if n]
    if not parts:
        return Markup("")
    if packed.loose:
        parts.append(Markup("{}").format(speech.amount(packed.loose, unit)))
    return say("story.order.packs", packs=say.listed(parts), n=speech.amount(packed.units, unit))


@dataclass(frozen=True)
class SumLine:
    """A line of a sum; `closes` where it is the total so far."""

    label: Markup
    quantity: int
    closes: bool = False


def wanted_lines(kept: Keeping, speech: Speech) -> list[SumLine]:
    """What makes the level to keep; each line after the first adds to or closes the one before."""
    say, past, target = speech.say, kept.past, kept.target
    if kept.reorder is None or kept.up_to is None:
        return []
    if past is None:
        return []
    lines = [
        SumLine(say("story.part.expected", days=kept.protection_days), kept.expected),
        SumLine(say("story.part.safety"), past.safety_stock),
    ]
    if kept.above_past:
        lines += [
            SumLine(say("story.part.past"), past.reorder_point, True),
            SumLine(say("story.part.scenario"), kept.above_past),
        ]
    key = "story.part.target" if kept.above_past else "story.part.reorder"
    lines.append(SumLine(say(key), target.target or 0, True))
    lines.append(SumLine(say("story.part.review", days=kept.review_days), kept.review))
    return lines


def there_lines(kept: Keeping, speech: Speech) -> list[SumLine]:
    """All that lies there, less what does not count, plus what is on the way; the sign is in the label."""
    say, one = speech.say, kept.standing
    less = (("expired", one.expired), ("held", one.waiting), ("leftover", kept.leftover))
    lines = [SumLine(say("story.part.shelf"), kept.shelf)]
    lines += [SumLine(say(f"story.part.{key}"), quantity) for key, quantity in less if quantity]
    if len(lines) > 1:
        lines.append(SumLine(say("story.part.counted"), kept.counted, True))
    lines.append(SumLine(say("story.part.transit"), one.transit))
    return lines


def verdict(look: Look, speech: Speech) -> Markup:
    key = f"story.verdict.{look.verdict}"
    return speech.say(key, n=look.short) if look.short else speech.say(key)


def unsaid(told: Story, speech: Speech) -> Markup:
    """Why nothing can be said of what to keep, as a sentence."""
    why = why_not(told, speech)
    return why[:1].upper() + why[1:] + ("。" if speech.lang == "zh" else ".")


def untested(told: Story, speech: Speech) -> Markup:
    """Why there is no back-test."""
    forecast = told.standing.forecast
    if told.standing.item.item_class in ("reusable", "equipment"):
        return speech.say("story.enough.par")
    if forecast is None or forecast.stock is None or forecast.model == "no_use":
        return unsaid(told, speech)
    return speech.say("stock.no_backtest")


def week(period: Period, speech: Speech) -> str:
    """The Monday of a week, also where the history begins later in it."""
    return speech.short(monday(period).isoformat())


def monday(period: Period) -> date:
    return period.first - timedelta(days=period.first.weekday())


def rounded(quantity: float) -> str:
    """Whole above ten, one decimal below."""
    return str(Number(round(quantity))) if quantity >= 10 else f"{quantity:.1f}".removesuffix(".0")
