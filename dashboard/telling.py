"""An entry as one sentence, in the reader's language."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from dashboard.language import Name, Speech
from dashboard.queries.entries import EntryTold, Line
from dashboard.queries.registers import Registers

_MOST_LINES = 3


def sentence(entry: EntryTold, speech: Speech, registers: Registers) -> Markup:
    """What the entry says, in words. Kinds of a later version are named by their kind alone."""
    say, body = speech.say, entry.body
    if entry.public_at:
        return say("entry.delayed.short", when=speech.moment(entry.public_at, year=True))
    key = f"tell.{_variant(entry)}"
    if not say.has(key):
        return say("tell.unknown", kind=entry.kind)
    facts: dict[str, Any] = {
        "place": _place(speech, registers, body.get("place") or body.get("from") or entry.place),
        "to": _place(speech, registers, body.get("to") or body.get("into")),
        "lines": listed(entry.lines, speech),
        "taken": listed(entry.taken, speech),
        "reason": _code(speech, "reason", body.get("reason")),
        "purpose": _code(speech, "purpose", body.get("purpose")),
        "kind": _code(speech, "place", body.get("kind")),
        "name": speech.name(_name(body.get("name"))),
        "unit": speech.unit(_name(body.get("base_unit"))),
        "party": body.get("party") or "",
        "gift": body.get("gift") or "",
        "with_key": body.get("key") or "",
        "former": body.get("replaces") or "",
        "custody": _code(speech, "custody", body.get("custody")),
        "since": speech.occurred(body["since"]) if body.get("since") else "",
        "shown": _shown(body.get("show"), speech),
        "day": speech.day(body["day"]) if "day" in body else "",
        "n": _number(entry),
        "because": say("tell.because", reason=_code(speech, "reason", body["reason"]))
        if body.get("reason")
        else "",
        "needed": say("tell.needed", day=speech.day(body["needed_by"])) if body.get("needed_by") else "",
        "rule": _code(speech, "rule", body.get("rule")),
        "need": _code(speech, "need", (body.get("need") or {}).get("basis")),
        "refused": speech.say.listed(_refusals(body, speech)),
        "area": _place(speech, registers, body.get("area")),
        "level": body.get("level", 0),
        "paper": say("tell.paper", document=body["document"]) if body.get("document") else "",
        "log_size": body.get("log_size", 0),
    }
    if entry.kind == "StockCounted":
        facts["lines"] = differences(entry.differences, speech)
    return say(key, **facts)


def listed(lines: list[Line], speech: Speech) -> Markup:
    """外科口罩 300 只、隔离衣 20 件等 5 种"""
    if not lines:
        return speech.say("tell.no_lines")
    shown = [
        speech.say(
            "tell.line", name=speech.name(line.item.name), amount=speech.amount(line.quantity, line.item.unit)
        )
        for line in lines[:_MOST_LINES]
    ]
    comma = "、" if speech.lang == "zh" else ", "
    text = Markup(comma).join(shown)
    return speech.say("tell.more_lines", lines=text, n=len(lines)) if len(lines) > _MOST_LINES else text


def differences(lines: list[Line], speech: Speech) -> Markup:
    """What a count found too much or too little of."""
    shown = []
    for line in lines[:_MOST_LINES]:
        key = "tell.found" if line.quantity > 0 else "tell.missing"
        amount = speech.amount(abs(line.quantity), line.item.unit)
        shown.append(speech.say(key, name=speech.name(line.item.name), amount=amount))
    text = Markup("、" if speech.lang == "zh" else ", ").join(shown)
    return speech.say("tell.more_lines", lines=text, n=len(lines)) if len(lines) > _MOST_LINES else text


def _variant(entry: EntryTold) -> str:
    if entry.kind == "StockReturned":
        return f"StockReturned.{entry.body.get('direction')}"
    if entry.kind == "StockCounted":
        return "StockCounted.differs" if entry.differences else "StockCounted.same"
    if entry.kind == "KeyEnrolled":
        return "KeyEnrolled.replaces" if entry.body.get("replaces") else "KeyEnrolled.first"
    if entry.kind == "KeyRevoked":
        return "KeyRevoked.since" if entry.body.get("since") else "KeyRevoked.now"
    if entry.kind in ("ConsentChanged", "DataErased"):
        return f"{entry.kind}.{'party' if entry.body.get('party') else 'gift'}"
    if entry.kind == "PlaceStatusSet":
        return f"{entry.kind}.{entry.body.get('status')}"
    if entry.kind == "ResponseLevelRecorded":
        return f"{entry.kind}.{'level' if entry.body.get('level') else 'ended'}"
    if entry.kind == "SupplyRequested":
        return f"{entry.kind}.{entry.body.get('urgency') or 'routine'}"
    if entry.kind == "AllocationDecided":
        given = any(share["quantity"] for share in entry.body["shares"])
        return f"{entry.kind}.{'given' if given else 'refused'}"
    return entry.kind


def _refusals(body: dict[str, Any], speech: Speech) -> list[str]:
    codes = dict.fromkeys(share.get("refused") for share in body.get("shares", ()))
    return [_code(speech, "refused", code) for code in codes if code]


def _shown(show: Any, speech: Speech) -> Markup:
    """公开姓名、不公开数量"""
    show = show if isinstance(show, dict) else {}
    told = [(part, show.get(part)) for part in ("name", "item", "amount")]
    words = [speech.say(f"consent.{part}.{value:d}") for part, value in told if value is not None]
    return speech.say.listed(words)


def _number(entry: EntryTold) -> int:
    if entry.kind == "EntryReversed":
        return entry.refers.get("reverses", 0)
    if entry.kind == "PolicySet":
        return len(entry.body.get("settings", ()))
    if entry.kind == "AllocationDecided":
        return len({share["place"] for share in entry.body["shares"]})
    if entry.kind == "ForecastPublished":
        return int(entry.body.get("forecasts", 0))
    return len(entry.body.get("lines", ()))


def _place(speech: Speech, registers: Registers, code: Any) -> Markup:
    return speech.name(registers.place(code).name) if isinstance(code, str) and code else Markup("—")


def _name(names: Any) -> Name:
    names = names if isinstance(names, dict) else {}
    return Name(names.get("zh") or "", names.get("en") or "")


def _code(speech: Speech, group: str, code: Any) -> str:
    key = f"{group}.{code}"
    return speech.say.plain(key) if speech.say.has(key) else str(code or "")
