"""Every word is in both languages, and no template holds one of its own."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

import dashboard.labels as labels
from dashboard.language import Name, Speech, percent
from ledger.domain import codes
from ledger.domain.kinds import KINDS

TEMPLATES = sorted((Path(labels.__file__).parents[1] / "templates").glob("*.html"))
PHRASES_WE_DO_NOT_USE = re.compile(r"请|成功|异常|预警[^。]*级|！|!|blockchain|区块链|不可篡改")


def facts_of(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_no_label_stands_in_two_files():
    assert sum(len(part) for part in labels._PARTS) == len(labels.LABELS)


def test_every_label_says_the_same_in_both_languages():
    """Both are there, with the same facts and the same tags (a banner's first word is in both anyway)."""
    wrong = [
        key
        for key, (zh, en) in labels.LABELS.items()
        if not (zh.strip() and en.strip())
        or facts_of(zh) != facts_of(en)
        or (
            sorted(re.findall(r"<\w+", zh)) != sorted(re.findall(r"<\w+", en)) and not key.startswith("book.")
        )
    ]
    assert wrong == []


def test_no_label_asks_praises_or_shouts():
    """LOOK.md, Voice."""
    assert [key for key, both in labels.LABELS.items() if PHRASES_WE_DO_NOT_USE.search("".join(both))] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_a_template_holds_no_word_of_its_own(path):
    text = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", " ", path.read_text(encoding="utf-8"), flags=re.S)
    text = re.sub(r"<!doctype html>|<[^<>]*>", " ", text, flags=re.S)
    assert re.findall(r"[^\W\d_]+", text) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_every_label_that_a_template_names_exists(path):
    names = re.findall(r"""\bt(?:\.plain)?\(\s*["']([\w.]+)["']\s*[,)]""", path.read_text(encoding="utf-8"))
    assert [name for name in names if name not in labels.LABELS] == []


def test_every_kind_and_code_has_its_words():
    wanted = [f"kind.{kind}" for kind in KINDS]
    lists = {
        "source": codes.Source, "place": codes.PlaceKind, "class": codes.ItemClass,
        "criticality": codes.Criticality, "role": codes.Role, "state": codes.State,
        "purpose": codes.IssuePurpose, "rule": codes.AllocationRule, "need": codes.NeedBasis,
        "refused": codes.RefusalReason,
    }  # fmt: skip
    for group, codes_of in lists.items():
        wanted += [f"{group}.{code}" for code in codes_of.__args__]
    for reasons in (
        codes.ReturnReason, codes.WriteOffReason, codes.LossReason, codes.CancelReason,
        codes.ConversionReason, codes.ReversalReason, codes.RequestReason,
    ):  # fmt: skip
        wanted += [f"reason.{code}" for code in reasons.__args__]
    assert [key for key in wanted if key not in labels.LABELS] == []


def test_numbers_are_written_in_full():
    say = labels.words("en")
    assert say("proof.waiting", n=1) == "; 1 newer entry waits to be signed"
    assert say("proof.waiting", n=24_000) == "; 24,000 newer entries wait to be signed"
    assert str(labels.Number(-1_400)) == "−1,400"


def test_facts_are_escaped_and_labels_are_not():
    assert labels.words("zh")("foot.keeper", name="<i>x</i>").count("&lt;i&gt;") == 1


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [
        (0, 5, "0%"),
        (1, 3, "33.3%"),
        (1, 2, "50%"),
        (1, 10**6, "<0.1%"),
        (10**6 - 1, 10**6, ">99.9%"),
        (1, 0, "—"),
    ],
)
def test_percent_is_never_rounded_to_none_or_all(part, whole, told):
    assert percent(part, whole) == told


def test_days_names_and_amounts():
    from datetime import UTC, date, datetime
    from zoneinfo import ZoneInfo

    zone, today = ZoneInfo("Asia/Shanghai"), date(2026, 3, 12)
    zh, en = Speech("zh", zone, today), Speech("en", zone, today)
    moment = datetime(2026, 3, 11, 20, 30, tzinfo=UTC)
    assert (zh.moment(moment), en.moment(moment)) == ("3 月 12 日 04:30", "12 March, 04:30")
    assert (zh.day("2025-12-31"), en.day("2025-12-31")) == ("2025 年 12 月 31 日", "31 December 2025")
    assert (zh.short("2026-03-02"), zh.short("2025-03-02")) == ("3-02", "2025-03-02")
    assert zh.occurred("2026-03-01/2026-03-05") == "3 月 1 日 至 3 月 5 日"
    assert en.amount(24_000, Name("只", "each")) == "24,000 pieces"
    assert en.name(Name("口罩", "")) == '<span lang="zh-Hans">口罩</span>'
    assert (zh.days(None), zh.days(0.0), zh.days(9.99)) == ("—", "0", "9")
    assert (zh.hours(0), zh.hours(0.5), zh.hours(3.2), zh.hours(70)) == (
        "不到 1 分钟",
        "30 分钟",
        "3 小时",
        "3 天",
    )
