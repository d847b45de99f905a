"""Every word that a page shows, Chinese and English side by side.

`words(lang)("key", fact=...)` gives a sentence. A label may hold `{fact}`; whole numbers get their thousands
commas, and `{n:entry|entries}` writes the number with the right one of two English words. Labels are ours
and may hold tags; facts are escaped.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from markupsafe import Markup

from dashboard.labels import (
    backtests,
    chart,
    codes,
    enrolling,
    flows,
    method,
    pages,
    proof,
    story,
    telling,
    trace,
)

LANGUAGES = ("zh", "en")
_PARTS = (
    codes.LABELS, chart.LABELS, pages.LABELS, telling.LABELS, method.LABELS, flows.LABELS, proof.LABELS,
    trace.LABELS, enrolling.LABELS, backtests.LABELS, story.LABELS,
)  # fmt: skip
LABELS: dict[str, tuple[str, str]] = {key: both for part in _PARTS for key, both in part.items()}


class Number(int):
    """A whole number as pages write it: 24,000, never 2.4 万; minus is −."""

    def __format__(self, spec: str) -> str:
        if "|" in spec:
            one, many = spec.split("|")
            return f"{self} {one if self == 1 else many}"
        return format(int(self), spec or ",").replace("-", "−")

    def __str__(self) -> str:
        return format(self)


class Words:
    """The labels in one language."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self._column = LANGUAGES.index(lang)

    def __call__(self, key: str, **facts: Any) -> Markup:
        """The label for HTML; facts are escaped. Raises KeyError where there is no such label."""
        text = Markup(LABELS[key][self._column])
        return text.format(**_numbered(facts)) if facts else text

    def plain(self, key: str, **facts: Any) -> str:
        """The label as plain text, for figures, files and titles."""
        text = LABELS[key][self._column]
        return text.format(**_numbered(facts)) if facts else text

    def has(self, key: str) -> bool:
        return key in LABELS

    def listed(self, parts: list[Any]) -> Markup:
        """Words in a row: 甲、乙、丙; a, b and c."""
        comma, last = (("、", "、"), (", ", " and "))[self._column]
        if len(parts) < 2:
            return Markup("").join(parts)
        return Markup(last).join([Markup(comma).join(parts[:-1]), parts[-1]])


def _numbered(facts: dict[str, Any]) -> dict[str, Any]:
    return {k: Number(v) if isinstance(v, int) and not isinstance(v, bool) else v for k, v in facts.items()}


@cache
def words(lang: str) -> Words:
    """The labels of `lang`, zh or en."""
    return Words(lang)
