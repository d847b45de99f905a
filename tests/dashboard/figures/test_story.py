"""The four pictures of a story: what they draw, what they say beside it, that anything can be drawn."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from dashboard.figures import Bar, Part, Window, levels_kept, promises_kept, shelf_history, weeks_asked
from dashboard.figures.promise import RED

FIRST = date(2025, 9, 1)
MONDAYS = [FIRST + timedelta(days=7 * n) for n in range(60)]


def texts(figure):
    return " ".join(note.text for note in figure.layout.annotations)


def shelf(levels):
    return [(FIRST + timedelta(days=n), level, level == 0) for n, level in enumerate(levels)]


def test_empty_days_are_red_on_the_axis_run_by_run():
    figure = shelf_history(shelf([5, 0, 0, 0, 4, 0, 3]), 4, "只")
    red = [(s.x0, s.x1) for s in figure.layout.shapes if s.line.color == RED]
    days = [FIRST + timedelta(days=n) for n in range(7)]
    assert red == [(days[1], days[4]), (days[5], days[6])]
    assert "空架 3 天" in texts(figure)
    assert "订货点<br>4" in texts(figure)
    assert list(figure.data[0].y) == [5, 0, 0, 0, 4, 0, 3]


def test_a_shelf_that_was_never_bare_has_no_red():
    figure = shelf_history(shelf([5, 4, 3]), None, "pieces", "en")
    assert not figure.layout.shapes
    assert texts(figure) == ""


def test_a_phone_gets_the_last_half_year_and_is_told_so():
    wide = shelf_history(shelf(range(400)), 3, "只")
    narrow = shelf_history(shelf(range(400)), 3, "只", narrow=True)
    assert (len(wide.data[0].x), len(narrow.data[0].x)) == (400, 182)
    assert "最近半年" in texts(narrow)
    assert "最近半年" not in texts(wide)
    bars = [Bar(monday, 5, "known") for monday in MONDAYS]
    assert len(weeks_asked(bars, narrow=True).data[0].x) == 26


def test_weeks_are_told_apart_by_more_than_colour():
    bars = [Bar(MONDAYS[0], 50, "known"), Bar(MONDAYS[1], 20, "at_least"), Bar(MONDAYS[2], 0, "unknown")]
    known, least, unknown = weeks_asked(bars, expected=40, unit="只").data
    assert (known.y[0], least.y[0], unknown.y[0]) == (50, 20, 0)
    assert least.marker.pattern.shape == "/"
    assert list(unknown.text) == ["?"]
    assert "每周<br>40" in texts(weeks_asked(bars, expected=40))


def test_surges_are_shaded_within_the_picture():
    bars = [Bar(monday, 5, "known") for monday in MONDAYS[:10]]
    wave = (FIRST - timedelta(days=30), FIRST + timedelta(days=9))
    later = (FIRST + timedelta(days=200), FIRST + timedelta(days=210))
    (shade,) = weeks_asked(bars, [wave, later]).layout.shapes
    assert (shade.x0, shade.x1) == (FIRST, FIRST + timedelta(days=10))


def test_what_was_short_is_red_and_told_and_what_is_not_known_is_hatched():
    windows = [Window(FIRST, 100, 70, True), Window(FIRST, 80, 95, True), Window(FIRST, 60, 20, False)]
    figure = promises_kept(windows, "只")
    solid, hatched, red, said = figure.data
    assert list(zip(solid.x, solid.y, strict=True)) == [(0, 70), (1, 80)]
    assert (list(hatched.x), list(hatched.y)) == ([2], [20])
    assert hatched.marker.pattern.shape == "/"
    assert (list(red.x), list(red.y), red.marker.color) == ([1], [15], RED)
    assert list(said.y[::3]) == [100, 80, 60]
    assert "少 15" in texts(figure)
    assert "事先说备<br>60" in texts(figure)


def test_both_rows_of_levels_stand_on_one_scale_and_leave_out_nothing():
    wanted = [Part("expected", 300), Part("safety", 500), Part("scenario", 0), Part("review", 200)]
    there = [Part("counted", 640), Part("transit", 100), Part("expired", 90)]
    figure = levels_kept(wanted, there, [("reorder", 800), ("up_to", 1_000)])
    rows = {y: sum(bar.x[0] for bar in figure.data if bar.y[0] == y) for y in (0, -1)}
    assert rows == {0: 1_000, -1: 830}
    assert [shape.x0 for shape in figure.layout.shapes] == [800, 1_000]
    assert "订货点 800" in texts(figure)
    assert figure.layout.xaxis.range[1] >= 1_000


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("size", [0, 1, 999_999_999])
def test_anything_can_be_drawn(size, narrow, lang):
    days = shelf([size] * min(size, 3))
    assert shelf_history(days, size, "只", lang, narrow).layout.height
    assert weeks_asked([Bar(FIRST, size, "known")], [], size, "只", lang, narrow).data
    assert promises_kept([Window(FIRST, size, size, True)], "只", lang, narrow).data
    parts = [Part(key, size) for key in ("counted", "transit", "leftover", "held", "expired", "par")]
    assert levels_kept(parts, parts, [("par", size)], lang, narrow).layout.height
    assert weeks_asked([], lang=lang, narrow=narrow).layout.height
    assert promises_kept([], lang=lang, narrow=narrow).layout.height
