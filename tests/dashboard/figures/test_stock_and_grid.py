"""Stock against its forecast, and the grid of centers."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from dashboard.figures import Cover, cover_grid, stock_cover
from dashboard.figures.short import short_name
from dashboard.figures.theme import LEVEL, axis_count

TODAY = date(2026, 3, 12)
PAST = [(TODAY - timedelta(days=27 - i), 1000 - 20 * i) for i in range(28)]


def ahead(daily, days=14, stock=460):
    """The band when double, once or half the daily use is drawn."""
    uses = (2 * daily, daily, daily // 2)
    return [
        (TODAY + timedelta(days=i), *(max(0, stock - use * i) for use in uses)) for i in range(1, days + 1)
    ]


def texts(figure):
    return " ".join(note.text for note in figure.layout.annotations)


def test_running_out_is_told_with_its_range():
    told = texts(stock_cover(PAST, ahead(46), 300, "只", days=10))
    assert "预计用完 3 月 22 日" in told
    assert "八成可能在 17–26 日" in told
    assert "约够 10 天" in told
    english = texts(stock_cover(PAST, ahead(46), 300, "pieces", "en", days=10))
    assert "Runs out 22 Mar" in english
    assert "safety stock 300" in english


def test_enough_stock_has_no_day_of_running_out():
    assert "预计用完" not in texts(stock_cover(PAST, ahead(2), 300, "只"))


def test_without_a_forecast_only_the_past_is_drawn():
    figure = stock_cover(PAST, unit="只")
    assert len(figure.data) == 2
    assert "安全库存" not in texts(figure)


def test_a_phone_gets_another_picture():
    wide, narrow = (
        stock_cover(PAST, ahead(46), 300, "只"),
        stock_cover(PAST, ahead(46), 300, "只", narrow=True),
    )
    assert len(narrow.data[2].x) == 15 < len(wide.data[2].x) == 28
    assert narrow.layout.height < wide.layout.height


@pytest.mark.parametrize("stock", [0, 1, 999_999])
def test_any_stock_can_be_drawn(stock):
    past = [(TODAY - timedelta(days=1), stock), (TODAY, stock)]
    for narrow in (False, True):
        assert stock_cover(past, [(TODAY + timedelta(days=1), 0, stock, stock)], 0, "只", narrow=narrow).data


def test_axis_ticks_count_in_ten_thousands_in_chinese_only():
    assert axis_count(24_000, "zh") == "2.4 万"
    assert axis_count(24_000, "en") == "24k"
    assert axis_count(9_999, "zh") == "9,999"


def test_the_scarcest_center_comes_first_and_shape_says_the_level():
    centers = [
        Cover("甲一", "甲街道", "ok", 40),
        Cover("甲二", "甲街道", "out", 0),
        Cover("甲三", "甲街道", "urgent", 4),
    ]
    figure = cover_grid(centers)
    first = {trace.text[0]: trace.x[0] for trace in figure.data[: len(LEVEL)] if trace.text}
    assert first == {"✕ <b>0</b>": 0, "▲ <b>4</b>": 1, "<b>40</b>": 2}


def test_a_phone_draws_five_of_a_street_and_counts_the_rest():
    centers = [Cover(f"甲{i}", "甲街道", "ok", 10 + i) for i in range(8)]
    narrow = cover_grid(centers, narrow=True)
    assert len(narrow.data[-1].text) == 5
    assert "另 3 家在 15 天以上" in texts(narrow)
    assert len(cover_grid(centers).data[-1].text) == 8


def test_unknown_cover_is_a_dash_not_zero():
    assert [
        t.text
        for t in cover_grid([Cover("甲一", "甲街道", "ok", None)]).data
        if t.mode == "markers+text" and t.text
    ] == [("<b>—</b>",)]


@pytest.mark.parametrize(
    ("name", "lang", "short"),
    [
        ("青禾街道第三社区卫生服务中心", "zh", "青禾三"),
        ("Qinghe No. 3 Community Health Center", "en", "Qing 3"),
        ("X", "zh", "X"),
    ],
)
def test_names_fit_a_tile(name, lang, short):
    assert short_name(name, lang) == short
