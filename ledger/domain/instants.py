"""Instants and days. `recorded_at` is one instant; `occurred_at` is an instant, a day or a span of days."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache

from ledger.domain.violations import Unfit

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
INSTANT = re.compile(DAY.pattern + r"T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


def format_instant(moment: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SS.mmmZ`; `moment` must carry a time zone."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def parse_instant(text: str) -> datetime:
    """Raises ValueError when `text` is not exactly the form that `format_instant` writes."""
    if not INSTANT.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not an instant like 2026-03-12T06:30:00.000Z")
    return datetime.fromisoformat(text)


def parse_day(text: str) -> date:
    """Raises Unfit, a ValueError, when `text` is not a calendar day as YYYY-MM-DD."""
    if not DAY.fullmatch(text):
        raise Unfit("bad_day")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unfit("bad_day") from None


def check_occurred(text: str) -> None:
    """Raises Unfit, a ValueError, unless `text` is an instant, a day, or two days in order joined by `/`.

    The years are 1900 to 2999, so that every instant has a day in every time zone.
    """
    first, slash, last = text.partition("/")
    try:
        if INSTANT.fullmatch(text):
            begin = end = datetime.fromisoformat(text).date()
        else:
            begin, end = parse_day(first), parse_day(last if slash else first)
    except ValueError:
        raise Unfit("bad_occurred") from None
    if not (1900 <= begin.year <= 2999 and 1900 <= end.year <= 2999):
        raise Unfit("bad_occurred")
    if begin > end:
        raise Unfit("ends_before")


@lru_cache(maxsize=4096)
def day_of(text: str, zone: tzinfo) -> str:
    """The day (YYYY-MM-DD) on which `text` (instant, day or span: its last day) falls in the book's zone."""
    if len(text) == 24:
        return datetime.fromisoformat(text).astimezone(zone).date().isoformat()
    return text[-10:]
