"""Every kind is told in one plain sentence in both languages; what donors and keys do, word for word."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.labels import LABELS
from dashboard.language import Name, Speech
from dashboard.queries.entries import EntryTold, Line
from dashboard.queries.registers import Item, Place, Registers
from dashboard.telling import _variant as variant
from dashboard.telling import sentence
from ledger.domain import codes
from ledger.domain.kinds import KINDS

GOLDEN = (Path(__file__).parents[1] / "golden" / "entries.jsonl").read_bytes().splitlines()
ZONE = ZoneInfo("Asia/Shanghai")
REGISTERS = Registers({"C1": Place("C1", "center", Name("长兴中心", "Changxing Center"), "")}, {})
CONSENT, ERASED, KEY, REVOKED = "ConsentChanged", "DataErased", {"place": "C1", "key": "0a1b"}, "KeyRevoked"


STATUS, RESPONSE = "PlaceStatusSet", "ResponseLevelRecorded"


def entry_told(kind: str, body: dict[str, Any]) -> EntryTold:
    return EntryTold(
        index=1, id="", kind=kind, recorded_at=datetime(2026, 3, 1, tzinfo=ZONE), occurred_at="2026-03-01",
        role="system", place="", body=body, prev="", leaf="", data=b"",
    )  # fmt: skip


def told(kind: str, body: dict[str, Any], lang: str) -> str:
    return str(sentence(entry_told(kind, body), Speech(lang, ZONE, date(2026, 3, 12)), REGISTERS))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("line", GOLDEN, ids=lambda line: json.loads(line)["kind"])
def test_every_kind_is_a_sentence(line: bytes, lang: str):
    entry = json.loads(line)
    text = told(entry["kind"], entry["body"], lang)
    assert text != entry["kind"], "an unknown kind is told by its name alone"
    assert "{" not in text
    assert "None" not in text


@pytest.mark.parametrize(
    ("kind", "body", "zh", "en"),
    [
        (
            "KeyEnrolled", {**KEY, "custody": "device"},
            "长兴中心从这里起可以签名，钥匙 0a1b，存在自己的设备上",
            "Changxing Center can sign from here on, with key 0a1b, kept on a device of its own",
        ),
        (
            "KeyEnrolled", {**KEY, "custody": "server", "replaces": "ff00"},
            "长兴中心换了签名钥匙：ff00 换成 0a1b，由服务器代管",
            "Changxing Center changed its signing key from ff00 to 0a1b, kept on this server in its name",
        ),
        (
            REVOKED, {**KEY, "reason": "retired", "since": None},
            "长兴中心停用签名钥匙 0a1b，不再使用",
            "Changxing Center no longer signs with key 0a1b: no longer in use",
        ),
        (
            REVOKED, {**KEY, "reason": "stolen", "since": "2026-03-01T04:30:00.000Z"},
            "长兴中心停用签名钥匙 0a1b，被盗；3 月 1 日 12:30 起的签名存疑",
            "Changxing Center no longer signs with key 0a1b: stolen; "
            "what it signed since 1 March, 12:30 is in doubt",
        ),
        (
            "LogKeyRotated", {"vkey": "a", "former": "b", "reason": "scheduled"},
            "本账换了签名钥匙，按计划更换；以前签过的仍然有效",
            "The book's own signing key changed, as planned; what was signed before stays good",
        ),
        (
            CONSENT, {"party": "P1", "show": {"name": True, "item": None, "amount": False}},
            "捐赠方 P1 的意愿：公开姓名、不公开数量",
            "Party P1 wishes: the name shown and the amounts not shown",
        ),
        (
            CONSENT, {"gift": "2026-00417-6", "show": {"item": False}},
            "捐赠 2026-00417-6 的意愿：不公开物资",
            "For gift 2026-00417-6 the donor wishes: the items not shown",
        ),
        (
            ERASED, {"party": "P1", "gift": None, "reason": "request"},
            "另存的捐赠方 P1 的资料已销毁，应本人要求；账上的数量不变",
            "The details kept about party P1 were destroyed, as asked; the quantities stay",
        ),
        (
            ERASED, {"gift": "2026-00417-6", "reason": "emergency_over"},
            "另存的捐赠 2026-00417-6 的资料已销毁，应急结束；账上的数量不变",
            "The details kept about gift 2026-00417-6 were destroyed, the emergency is over; "
            "the quantities stay",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value in KINDS else "",
)  # fmt: skip
def test_keys_and_wishes_word_for_word(kind: str, body: dict, zh: str, en: str):
    assert told(kind, body, "zh") == zh
    assert told(kind, body, "en") == en


SHARE = {"place": "C1", "item": "M", "quantity": 0, "refused": "short_for_all"}


@pytest.mark.parametrize(
    ("kind", "body", "zh", "en"),
    [
        (
            "SupplyRequested", {"place": "C1", "lines": []},
            "长兴中心申领（没有数量）", "Changxing Center asked for (no quantity)",
        ),
        (
            "SupplyRequested",
            {
                "place": "C1", "urgency": "urgent", "reason": "outbreak", "needed_by": "2026-03-14",
                "lines": [],
            },
            "长兴中心加急申领（没有数量），疫情，3 月 14 日前要",
            "Changxing Center urgently asked for (no quantity), an outbreak, needed by 14 March",
        ),
        (
            "AllocationDecided",
            {
                "place": "C1", "rule": "max_min_cover", "need": {"basis": "measured_use", "days": 14},
                "shares": [SHARE, {**SHARE, "item": "K", "quantity": 3}, {**SHARE, "place": "C2"}],
            },
            "长兴中心决定给 2 处分配（没有数量），规则：先补最缺的，依据：实际领用",
            "Changxing Center decided to give 2 places (no quantity), by the rule: those with the fewest days"
            " of cover first; on the basis of measured use",
        ),
        (
            "AllocationDecided",
            {"place": "C1", "rule": "judgement", "need": {"basis": "requested"}, "shares": [SHARE]},
            "长兴中心没有批准 1 处的申领，货不够分",
            "Changxing Center gave nothing on the requests of 1 place: not enough for all",
        ),
    ],
)  # fmt: skip
def test_requests_and_decisions_word_for_word(kind: str, body: dict, zh: str, en: str):
    assert (told(kind, body, "zh"), told(kind, body, "en")) == (zh, en)


@pytest.mark.parametrize(
    ("kind", "body", "zh", "en"),
    [
        (STATUS, {"place": "C1", "status": "open"}, "长兴中心开放", "Changxing Center is open"),
        (
            STATUS, {"place": "C1", "status": "closed", "reason": "outbreak"},
            "长兴中心关闭，疫情", "Changxing Center is closed, an outbreak",
        ),
        (STATUS, {"place": "C1", "status": "sealed"}, "长兴中心封控", "Changxing Center is sealed"),
        (
            STATUS, {"place": "C2", "status": "merged", "into": "C1"},
            "C2并入长兴中心", "C2 is merged into Changxing Center",
        ),
        (
            RESPONSE, {"level": 2, "area": "990101", "document": "示范 1 号"},
            "990101应急响应 2 级（示范 1 号）", "990101: emergency response at level 2 (示范 1 号)",
        ),
        (RESPONSE, {"level": 0, "area": "990101"}, "990101应急响应结束", "990101: emergency response ended"),
        (
            "StockReturned", {"place": "C1", "direction": "to_donor", "reason": "recalled", "lines": []},
            "长兴中心退给捐赠方（没有数量），召回",
            "Changxing Center returned to the donor (no quantity), recalled",
        ),
        (
            "SupplyRequested", {"place": "C1", "urgency": "emergency", "lines": []},
            "长兴中心应急申领（没有数量）", "Changxing Center asked in an emergency for (no quantity)",
        ),
        (
            "ForecastPublished", {"log_size": 5, "forecasts": 2, "day": "2026-03-01"},
            "按前 5 条记录算出 2 项需求预测，结果的指纹写在这里，谁都可以重算核对",
            "2 demand forecasts computed from the first 5 entries; the print of the result is here, so that"
            " anyone can compute it again",
        ),
    ],
)  # fmt: skip
def test_places_responses_and_forecasts_word_for_word(kind: str, body: dict, zh: str, en: str):
    assert (told(kind, body, "zh"), told(kind, body, "en")) == (zh, en)


def test_a_count_tells_what_it_found_and_missed():
    mask = Item("M", Name("口罩", "Masks"), Name("只", "each"), "consumable", "vital")
    off = [Line(mask, -30), Line(mask, 2)]
    entry = replace(entry_told("StockCounted", {"place": "C1", "lines": [{}]}), differences=off)
    zh, en = (str(sentence(entry, Speech(lang, ZONE, date(2026, 3, 12)), REGISTERS)) for lang in ("zh", "en"))
    assert zh == "长兴中心盘点 1 种，口罩少 30 只、口罩多 2 只"
    assert en == "Changxing Center counted 1 item: 30 pieces missing of Masks, 2 pieces more of Masks"


def test_every_way_of_telling_a_kind_is_tried_word_for_word_or_golden():
    """A sentence of a kind that no test asks for could say anything."""
    tried = {mark for name, test in globals().items() if name.startswith("test_") for mark in _tried(test)}
    variants = {key.removeprefix("tell.") for key in LABELS if key.startswith("tell.")}
    wanted = {key for key in variants if key.partition(".")[0] in KINDS} - {"StockCounted.differs"}  # below
    assert sorted(wanted - tried) == []


def _tried(test: Any) -> set[str]:
    """The labels that a test's own cases lead to."""
    found = set()
    for mark in getattr(test, "pytestmark", ()):
        for case in mark.args[1]:
            if isinstance(case, bytes):
                entry = json.loads(case)
                found.add(variant(entry_told(entry["kind"], entry["body"])))
            elif isinstance(case, tuple):
                found.add(variant(entry_told(case[0], case[1])))
    return found


def test_every_code_of_keys_and_donors_has_its_words():
    wanted = [f"kind.{kind}" for kind in KINDS]
    wanted += [f"custody.{code}" for code in codes.Custody.__args__]
    wanted += [f"basis.{code}" for code in codes.ConsentBasis.__args__]
    for reasons in (codes.KeyReason, codes.LogKeyReason, codes.ErasureReason):
        wanted += [f"reason.{code}" for code in reasons.__args__]
    wanted += [f"consent.{part}.{value}" for part in ("name", "item", "amount") for value in (0, 1)]
    assert [key for key in wanted if key not in LABELS] == []
