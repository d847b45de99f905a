"""The sentence that a gift's page opens with: where every piece of it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from dashboard.answering import LOOK, Segment, strip
from dashboard.confirming import names
from dashboard.labels import Number
from dashboard.language import Speech, percent
from dashboard.queries.gifts import Gift, GiftItem
from dashboard.queries.proof import Standing
from dashboard.queries.registers import Place

_NAMED_PLACES = 2  # more are counted, so that the sentence can be read in one breath


@dataclass(frozen=True)
class ItemAnswer:
    """One item of a gift: its sentence, the strip whose legend it is, and the strip in words."""

    found: GiftItem
    sentence: Markup
    strip: list[Segment]
    in_words: str


@dataclass(frozen=True)
class Telling:
    """What a gift's page may tell, and how."""

    speech: Speech
    is_archive: bool
    item: bool = True
    amount: bool = True

    def name(self, found: GiftItem) -> Markup:
        return self.speech.name(found.item.name) if self.item else self.speech.say("trace.unnamed_goods")

    def amount_of(self, quantity: int, found: GiftItem, with_unit: bool) -> str:
        """The quantity, or its share of the item where quantities are not shown."""
        if not self.amount:
            return percent(quantity, found.entered)
        return self.speech.amount(quantity, found.item.unit) if with_unit else str(Number(quantity))


def answers(gift: Gift, telling: Telling) -> list[ItemAnswer]:
    """One for each item; different units are never summed."""
    alone, made = len(gift.items) == 1, []
    for item in gift.items:
        if item.entered:
            sentence = _sentence(item, telling, alone)
            made.append(ItemAnswer(item, sentence, strip(item.fates), _in_words(item, telling)))
    return made


def _sentence(found: GiftItem, telling: Telling, alone: bool) -> Markup:
    speech, say, zh = telling.speech, telling.speech.say, telling.speech.lang == "zh"
    parts = []
    for fate, quantity in found.fates.items():
        key = f"trace.fate.{fate}"
        if telling.is_archive and say.has(f"{key}.archive"):
            key = f"{key}.archive"
        n = Markup('<b class="{}">{}</b>').format(LOOK[fate], telling.amount_of(quantity, found, zh))
        parts.append(say(key, n=n, places=places(found.places_of(fate), speech)))
    n = Markup("<b>{}</b>").format(telling.amount_of(found.entered, found, True))
    joined = Markup("，").join(parts) if zh else say.listed(parts)
    if not telling.amount:
        return say("trace.whole.shares", name=telling.name(found), parts=joined)
    return say("trace.whole" if alone else "trace.whole.item", n=n, name=telling.name(found), parts=joined)


def places(known: list[Place], speech: Speech) -> Markup:
    if len(known) > _NAMED_PLACES:
        return speech.say("trace.places", n=len(known))
    return speech.say.listed([speech.name(place.name) for place in known])


def _in_words(found: GiftItem, telling: Telling) -> str:
    say, comma = telling.speech.say, "，" if telling.speech.lang == "zh" else ", "
    return comma.join(
        f"{say.plain(f'fate.{fate}')} {telling.amount_of(quantity, found, True)}"
        for fate, quantity in found.fates.items()
    )


def days_ago(moment: datetime, speech: Speech) -> Markup:
    """今天, 2 天前; by the book's clock."""
    days = (speech.today - moment.astimezone(speech.zone).date()).days
    return speech.say("ago.days", n=days) if days > 0 else speech.say("trace.today")


def goods(gift: Gift, telling: Telling) -> Markup:
    """The gift's goods in a few words, for a heading."""
    say = telling.speech.say
    if len(gift.items) != 1:
        return say("trace.head.items", n=len(gift.items))
    found = gift.items[0]
    if not telling.amount:
        return telling.name(found)
    amount = telling.amount_of(found.entered, found, True)
    return say("trace.head.goods", name=telling.name(found), amount=amount)


def hidden_goods(telling: Telling) -> Markup | None:
    """What the donor asked the page not to say; None where it says all."""
    say = telling.speech.say
    known = (("item", telling.item), ("amount", telling.amount))
    hidden = [say(f"trace.hidden.{part}") for part, shown in known if not shown]
    return say("trace.goods_hidden", what=say.listed(hidden)) if hidden else None


def confirmed_gift(gift: Gift, now: Standing, speech: Speech) -> tuple[str, Markup]:
    """(look of the mark, sentence): how many of the gift's entries outsiders have confirmed."""
    say, total = speech.say, len(gift.moved_by)
    covered = sum(index < now.confirmed_size for index in gift.moved_by)
    if not covered:
        return "none", say("entry.proof.unconfirmed" if total == 1 else "trace.unconfirmed", n=total)
    by = names(now.confirmed_by, speech)
    if covered == total:
        return "", say("trace.confirmed_all", n=total, names=by)
    return "wait", say("trace.confirmed_some", n=total, k=covered, names=by)
