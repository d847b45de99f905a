"""What the witness's page says of each log, in one reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import render_template
from markupsafe import Markup

from dashboard.language import HTML_LANG, Speech
from dashboard.witness.words import Words
from ledger.witnessing.evidence import Case
from ledger.witnessing.held import CONTRADICTION, Held, HeldLog, HeldProblem, origin_hash
from ledger.witnessing.witness import Witness

ZONE = ZoneInfo("Asia/Shanghai")
SILENT_SECONDS = 86_400  # a log asks hourly even when nothing is new (RECORD, "Publishing and trust")


@dataclass(frozen=True)
class LogLine:
    """One log: what is held, or why nothing can be said, and what was kept against it."""

    origin: str
    address: str  # below the page's own
    held: Held | None
    damage: str | None
    cases: list[Case]
    when: str
    ago: Markup
    is_silent: bool  # it did not ask again for SILENT_SECONDS

    @property
    def is_bad(self) -> bool:
        """Something that a person has to look at; a failed proof alone is not."""
        return self.damage is not None or any(case.kind == CONTRADICTION for case in self.cases)


def render(witness: Witness, lang: str, address: str, now: float) -> str:
    """The page in `lang` (zh or en), at `now` (POSIX seconds), asked for at `address`."""
    say = Words(lang)
    lines = [_line(log, say, lang, now) for log in witness.logs.values()]
    other = "en" if lang == "zh" else "zh"
    return render_template(
        "witness.html", t=say, lang=lang, html_lang=HTML_LANG[lang], other=other,
        other_html_lang=HTML_LANG[other], name=witness.name, lines=lines, answer=_answer(witness, lines, say),
        keys=witness.verifier_keys(), policy=witness.policy_lines(address.rstrip("/")),
    )  # fmt: skip


def _answer(witness: Witness, lines: list[LogLine], say: Words) -> Markup:
    bad = sum(line.is_bad for line in lines)
    seen = sum(line.held is not None for line in lines)
    if bad:
        are = "is" if bad == 1 else "are"
        return say("answer.bad", name=witness.name, n=len(lines), bad=bad, bad_are=are)
    return say("answer.some" if seen else "answer.none", name=witness.name, n=len(lines), seen=seen)


def _line(log: HeldLog, say: Words, lang: str, now: float) -> LogLine:
    held, damage, when, ago, silent = None, None, "", Markup(""), False
    try:
        held = log.read()
    except HeldProblem as problem:
        damage = str(problem)
    if held:
        moment = datetime.fromtimestamp(held.time, UTC)
        today = datetime.fromtimestamp(now, ZONE).date()
        when = Speech(lang, ZONE, today).moment(moment, year=True)
        ago = say.duration(max(0, now - held.time))
        silent = now - held.time > SILENT_SECONDS
    address = f"logs/{origin_hash(log.origin)}"
    return LogLine(log.origin, address, held, damage, log.evidence.cases(), when, ago, silent)
