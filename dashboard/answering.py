"""The sentence a page opens with, whose numbers are the legend of the strip below it."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from dashboard.labels import Number
from dashboard.language import Speech, percent
from dashboard.queries.goods import Whereabouts

# fate -> the look of its number and its segment (look.css)
LOOK = {
    "issued": "issued", "onhand": "onhand", "transit": "transit", "returned": "returned",
    "outside": "returned", "requisitioned": "returned", "converted_out": "returned",
    "expired": "expired", "written_off": "expired",
    "lost": "missing", "missing": "missing",
}  # fmt: skip
_WIDE, _GAP, _THINNEST = 1000.0, 3.0, 5.0


@dataclass(frozen=True)
class Segment:
    """One part of the strip, in a drawing 1000 wide."""

    look: str
    x: float
    width: float


@dataclass(frozen=True)
class Answer:
    sentence: Markup
    strip: list[Segment]
    in_words: str  # the strip for those who cannot see it


def answer_of(found: Whereabouts, speech: Speech) -> Answer:
    """收到外科口罩 486,200 只：312,480 只已领用，…"""
    return Answer(_sentence(found, speech), strip(found.fates), _in_words(found, speech))


def _sentence(found: Whereabouts, speech: Speech) -> Markup:
    say, zh = speech.say, speech.lang == "zh"
    bold = Markup("<b>{}</b>")
    # What left an archive without a published receipt counts as received in the sum, and is not called so.
    unshown = sum(line.entered for line in found.sources if line.source == "unshown")
    whole = say(
        "answer.received", name=speech.name(found.item.name),
        n=bold.format(speech.amount(found.received - unshown, found.item.unit)),
    )  # fmt: skip
    others = (("unshown", unshown), ("converted_in", found.converted_in), ("found", found.found))
    for key, quantity in others:
        if quantity:
            whole += say(f"answer.{key}", n=bold.format(speech.amount(quantity, found.item.unit)))
    parts = []
    for fate, quantity in found.fates.items():
        text = speech.amount(quantity, found.item.unit) if zh else str(Number(quantity))
        number = Markup('<b class="{}">{}</b>').format(LOOK[fate], text)
        parts.append(say(f"answer.fate.{fate}", n=number))
    # A Chinese clause is short and stays on one line; an English one may break.
    whole_clauses = [Markup('<span class="nowrap">{}</span>').format(part) for part in parts]
    joined = Markup("，").join(whole_clauses) if zh else say.listed(parts)
    return say("answer.whole", whole=whole, parts=joined) if parts else say("answer.nothing", whole=whole)


def _in_words(found: Whereabouts, speech: Speech) -> str:
    comma, colon = ("，", "：") if speech.lang == "zh" else (", ", ": ")
    shares = [
        f"{speech.say.plain(f'fate.{fate}')} {percent(quantity, found.entered)}"
        for fate, quantity in found.fates.items()
    ]
    return found.item.name.plain(speech.lang) + colon + comma.join(shares)


def strip(fates: dict[str, int]) -> list[Segment]:
    """Widths in proportion; none thinner than the eye, the widest gives what that costs."""
    total = sum(fates.values())
    if not total:
        return []
    room = _WIDE - _GAP * (len(fates) - 1)
    widths = {fate: max(_THINNEST, room * quantity / total) for fate, quantity in fates.items()}
    widest = max(widths, key=lambda fate: widths[fate])
    widths[widest] -= sum(widths.values()) - room
    segments, x = [], 0.0
    for fate, width in widths.items():
        segments.append(Segment(LOOK[fate], round(x, 1), round(width, 1)))
        x += width + _GAP
    return segments


def flows_finding(found: Whereabouts, speech: Speech) -> Markup:
    """The caption of the flow figure: the largest source, and how much went through a depot."""
    largest = max(found.sources, key=lambda line: line.entered, default=None)
    if largest is None:
        return speech.say("flows.nothing")
    key = "flows.finding_one" if len(found.sources) == 1 else "flows.finding"
    return speech.say(
        key, source=speech.say.plain(f"source.{largest.source}"),
        share=percent(largest.entered, found.entered), depot=percent(found.through_depot, found.entered),
    )  # fmt: skip
