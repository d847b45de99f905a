"""Who outside has confirmed the record, in words for the foot of every page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from markupsafe import Markup

from dashboard.language import Speech
from dashboard.queries.proof import Standing

_MOST_NAMES = 3


@dataclass(frozen=True)
class Confirmed:
    """What a page says about it.

    Attributes:
        look: the class of its mark: "" (confirmed), "wait" (confirmed before, something is amiss), "none".
        sentence: who has confirmed, how long ago, how much is not confirmed yet.
        warnings: what is amiss, gravest first: a fork, too few witnesses, no fresh confirmation.
        forked: whether the first warning is of a fork.
    """

    look: str
    sentence: Markup
    warnings: tuple[Markup, ...]
    forked: bool


def confirmed(now: Standing, speech: Speech) -> Confirmed:
    warnings = _warnings(now, speech)
    look = "none" if not now.confirmed_by else "wait" if warnings else ""
    return Confirmed(look, _sentence(now, speech), warnings, now.forked)


def _sentence(now: Standing, speech: Speech) -> Markup:
    say = speech.say
    if not now.confirmed_by or now.newest is None or now.age is None:
        if now.published is None:
            return say("proof.none_unsigned")
        more = say("proof.waiting", n=now.unsigned) if now.unsigned else ""
        return say("proof.none", n=now.published, more=more)
    waiting = now.waiting
    rest = say("proof.not_yet", n=waiting) if waiting else say("proof.all_confirmed", n=now.confirmed_size)
    return say(
        "proof.by", m=len(now.confirmed_by), n=len(now.known), names=names(now.confirmed_by, speech),
        ago=ago(now.age, speech), when=speech.moment(now.newest, year=True), rest=rest,
    )  # fmt: skip


def _warnings(now: Standing, speech: Speech) -> tuple[Markup, ...]:
    say, found = speech.say, []
    if now.forked:
        found.append(say("proof.forked"))
    if now.is_below_quorum:
        able = len(now.known) - len(now.troubled)
        silent = names(tuple(now.troubled), speech)
        found.append(say("proof.below", needed=now.needed, able=able, names=silent))
    if now.is_stale and now.age is not None:
        found.append(say("proof.stale", hours=speech.hours(now.age.total_seconds() / 3600)))
    return tuple(found)


def names(known: Sequence[str], speech: Speech) -> Markup:
    """The first few names, and how many more."""
    shown = [Markup("{}").format(name) for name in known[:_MOST_NAMES]]
    text = speech.say.listed(shown)
    return speech.say("proof.names_more", names=text, n=len(known)) if len(known) > _MOST_NAMES else text


def ago(age: timedelta, speech: Speech) -> Markup:
    """3 分钟前 / 3 minutes ago; whole, in the largest unit that is at least one."""
    minutes = int(age.total_seconds() // 60)
    if minutes < 1:
        return speech.say("ago.now")
    unit, n = ("minutes", minutes) if minutes < 60 else ("hours", minutes // 60)
    if unit == "hours" and n >= 48:
        unit, n = "days", n // 24
    return speech.say(f"ago.{unit}", n=n)
