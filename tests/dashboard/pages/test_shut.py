"""A place that is closed, sealed or merged is shown as such, and not as one that keeps silent."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard.app import create_app
from ledger.domain.ids import derived_id
from ledger.record import Record
from tests.dashboard.pages.conftest import CENTERS, Page, Writer


@pytest.mark.parametrize(
    ("status", "words"),
    [("open", ""), ("closed", "已关闭"), ("sealed", "封控中"), ("merged", "已并入别处")],
)
def test_a_shut_place_is_not_called_silent(small_home, tmp_path, status, words):
    home = shutil.copytree(small_home, tmp_path / "book")
    record, w = Record.open(home), Writer()
    into = {"into": CENTERS[1]} if status == "merged" else {}
    w.now = record.now()
    if status != "open":
        w.add("PlaceStatusSet", {"place": CENTERS[0], "status": status, **into}, "street_office")
    w.add("DayConfirmed", {"place": CENTERS[1], "day": "2026-03-20"}, place=CENTERS[1], days=12)
    told = [replace(one, id=derived_id("shut", str(n))) for n, one in enumerate(w.commands)]
    late = w.now + timedelta(days=5)
    outcomes = record.write(told, [late.strftime("%Y-%m-%dT%H:%M:%S.000Z")] * len(told))
    assert [v.message() for one in outcomes for v in one.violations] == []
    record.close()
    client = create_app(home, siblings=[]).test_client()
    page = Page(client.get(f"/centers/{CENTERS[0]}").text).text
    assert ("天没有记录" in page) == (status == "open")
    assert words in page
    assert words in Page(client.get("/centers/").text).text
    assert "No entry for" not in client.get(f"/centers/{CENTERS[0]}?lang=en").text or status == "open"
