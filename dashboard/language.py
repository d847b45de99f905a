"""How a page speaks: which language a reader gets, and how it writes days, numbers and names (LOOK.md)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Request
from markupsafe import Markup

from dashboard.labels import LANGUAGES, Number, Words, words

HTML_LANG = {"zh": "zh-Hans", "en": "en"}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


@dataclass(frozen=True)
class Name:
    """A name in the languages that it has; an empty one is not known."""

    zh: str
    en: str

    def plain(self, lang: str) -> str:
        return (self.zh or self.en) if lang == "zh" else (self.en or self.zh)


def choose_language(request: Request, cookie: str) -> str:
    """`?lang=`, else the cookie, else what the browser asks for, else Chinese."""
    for told in (request.args.get("lang"), request.cookies.get(cookie)):
        if told in LANGUAGES:
            return told
    asked = request.accept_languages.best_match(
        ["zh", "zh-CN", "zh-Hans", "zh-TW", "zh-HK", "en"], default="zh"
    )
    return "en" if asked == "en" else "zh"


@dataclass(frozen=True)
class Speech:
    """One reader's language, in the book's time zone, on the book's day."""

    lang: str
    zone: ZoneInfo
    today: date

    @property
    def say(self) -> Words:
        return words(self.lang)

    def day(self, day: date | str) -> str:
        """3 月 12 日, 12 March; with the year when it is not this one."""
        found = date.fromisoformat(day) if isinstance(day, str) else day
        other_year = found.year != self.today.year
        if self.lang == "zh":
            return (f"{found.year} 年 " if other_year else "") + f"{found.month} 月 {found.day} 日"
        return f"{found.day} {_MONTHS[found.month - 1]}" + (f" {found.year}" if other_year else "")

    def month(self, day: date) -> str:
        """2026 年 3 月 / March 2026: the month of a day."""
        if self.lang == "zh":
            return f"{day.year} 年 {day.month} 月"
        return f"{_MONTHS[day.month - 1]} {day.year}"

    def moment(self, moment: datetime, year: bool = False) -> str:
        """3 月 12 日 14:30 / 12 March, 14:30, in the book's time zone."""
        local = moment.astimezone(self.zone)
        day = self.day(local.date())
        if year and local.year == self.today.year:
            day = f"{local.year} 年 {day}" if self.lang == "zh" else f"{day} {local.year}"
        return f"{day}{' ' if self.lang == 'zh' else ', '}{local:%H:%M}"

    def occurred(self, text: str) -> str:
        """When something happened, as claimed: an instant, a day, or a first and a last day."""
        if "T" in text:
            return self.moment(datetime.fromisoformat(text))
        first, _, last = text.partition("/")
        if not last:
            return self.day(first)
        return self.day(first) + (" 至 " if self.lang == "zh" else " to ") + self.day(last)

    def short(self, day: str) -> str:
        """For tables: 3-12; the whole date when the year is not this one."""
        found = date.fromisoformat(day)
        return f"{found.month}-{found.day:02d}" if found.year == self.today.year else day

    def name(self, name: Name) -> Markup:
        """A name, marked as Chinese where an English page has no other."""
        text = name.plain(self.lang)
        other = self.lang == "en" and not name.en
        return Markup('<span lang="zh-Hans">{}</span>').format(text) if other else Markup("{}").format(text)

    def unit(self, unit: Name) -> str:
        """The unit's word after a number."""
        text = unit.plain(self.lang)
        return self.say.plain(f"unit.{text}") if self.say.has(f"unit.{text}") else text

    def amount(self, quantity: int, unit: Name) -> str:
        """486,200 只"""
        return f"{Number(quantity)} {self.unit(unit)}"

    def days(self, days: float | None) -> str:
        """Whole days of cover, rounded down; — where not known, 0 never hidden."""
        return "—" if days is None else str(Number(math.floor(days)))

    def hours(self, hours: float) -> str:
        """A duration in the largest unit that is at least one."""
        if hours * 60 < 1:
            return self.say.plain("hours.at_once")
        if hours < 1:
            return self.say.plain("hours.minutes", n=round(hours * 60))
        if hours < 48:
            return self.say.plain("hours.hours", n=round(hours))
        return self.say.plain("hours.days", n=round(hours / 24))


def percent(part: int, whole: int) -> str:
    """At most one decimal; never rounded to 0 or 100 where it is not."""
    if whole == 0:
        return "—"
    share = 100 * part / whole
    text = f"{share:.1f}".removesuffix(".0")
    if text == "0" and part:
        return "<0.1%"
    if text == "100" and part < whole:
        return ">99.9%"
    return f"{text}%"
