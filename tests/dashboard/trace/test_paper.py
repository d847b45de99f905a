"""The receipt to print: both languages, the number to read aloud, a QR code that leads to the gift."""

from __future__ import annotations

import re

from ledger.published.writing import PublishedLog
from tests.dashboard.trace.conftest import GIVEN, MIXED, TAKEN_BACK, read


def test_it_says_everything_in_both_languages(client, donor_home):
    page = read(client, f"/trace/{GIVEN}/receipt")
    assert GIVEN in page.text.replace(" ", "")
    for words in (
        "捐赠凭证", "Gift receipt", "医用外科口罩", "Surgical mask", "1,000", "示范区仓库", "Demo depot",
        "匿名", "Anonymous", "还没有外部的人确认过", "Nobody outside has confirmed it yet", "怎么查",
        "To check",
        "它不证明", "It does not prove", "2026-01",
    ):  # fmt: skip
        assert words in page.text, words
    root = PublishedLog(donor_home / "log").checkpoint().root.hex()
    assert f"{root[:4]} {root[4:8]} … {root[-4:]}" in page.text
    assert f"http://localhost/trace/{GIVEN}" in page.text


def test_goods_stand_as_they_were_received(client):
    text = read(client, f"/trace/{MIXED}/receipt").text
    assert re.search(r"Coverall\s+40\b", text)
    assert "no longer counts" in read(client, f"/trace/{TAKEN_BACK}/receipt").text


def test_it_carries_no_inline_style_and_asks_nobody(client):
    text = client.get(f"/trace/{GIVEN}/receipt").get_data(as_text=True)
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]* src=)", text)
    assert all(source.startswith("/static/") for source in re.findall(r'src="([^"]+)"', text))
