"""The story of an item says what views and stored forecast say, and stands where there is little to tell."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest

from dashboard.app import create_app
from dashboard.forecasts.forecasting import run_forecasts
from dashboard.queries.book import Books
from dashboard.queries.keeping import keeping
from dashboard.queries.stock import standings
from dashboard.queries.story import story
from forecast.evaluate import pooled_coverage
from forecast.stock.packs import Packs
from forecast.stock.policy import SafetyStock
from ledger.domain.ids import derived_id
from ledger.record import Record
from tests.dashboard.pages.conftest import (
    CENTERS,
    COVERALL,
    GOGGLES,
    MASK,
    Page,
    Writer,
    lot,
    number,
    registers,
)

FIRST = CENTERS[0]
STORY = f"/centers/{FIRST}/story?item={MASK}"
BEGUN = date(2026, 1, 2)
DAYS, EMPTIED, SILENT = 180, 140, (60, 61)  # how long, the day that emptied the shelf, days without a word
ARRIVALS = {2: 1, 30: 2, 58: 2, 88: 3, 118: 2, 143: 4, 165: 2}  # day of arrival: days on the way
SCENARIO = """
name = "试 / trial"
outpatients_per_day = 400
days = 30
[staff]
triage = 2
routine = 8
"""


def make_story_book(home):
    """Half a year of masks at one center: deliveries, an emptied shelf, two days without a word."""
    name = {"zh": "故事", "en": "Story"}
    record = Record.create(
        home / "book", name=name, origin="simulated.invalid/story", kind="simulated",
        recorded_at="2026-01-01T00:00:00.000Z",
    )  # fmt: skip
    w = Writer()
    registers(w)
    given = w.add("DonationReceived", {"place": "D1", "gift": "2026-00001-3", "lines": [lot(MASK, 50_000)]})
    w.add("StockOpened", {"place": FIRST, "lines": [lot(MASK, 300, "2026-05-01")]})
    left = _half_a_year(w, f"{given}#0")
    assert left > 0
    outcomes = record.write(w.commands, w.moments)
    assert [v.message() for o in outcomes for v in o.violations] == []
    assert run_forecasts(record).forecasts > 0
    record.close()


def _half_a_year(w, masks):
    left, sent = 0, {}
    begun = w.now.replace(hour=0)
    for day in range(DAYS):
        w.now = begun + timedelta(days=day, hours=1)
        for arrival, way in ARRIVALS.items():
            lines = [{"lot": masks, "quantity": 1_200}]
            if day == arrival - way:
                sent[arrival] = w.add("TransferDispatched", {"from": "D1", "to": FIRST, "lines": lines})
            if day == arrival:
                body = {"place": FIRST, "dispatch": sent[arrival], "lines": lines}
                w.add("TransferReceived", body, place=FIRST)
                left += 1_200
        quantity = min(left, left if day == EMPTIED else 25 + day * 7 % 30)
        if quantity and day not in SILENT:
            lines = [{"lot": masks, "quantity": quantity}]
            w.add("StockIssued", {"place": FIRST, "purpose": "clinic", "lines": lines}, place=FIRST)
            left -= quantity
        elif day not in SILENT:
            w.add("DayConfirmed", {"place": FIRST, "day": w.now.date().isoformat()}, place=FIRST)
    return left


@pytest.fixture(scope="session")
def told_home(made_once):
    return made_once("story-book", make_story_book) / "book"


@pytest.fixture(scope="session")
def record(told_home):
    record = Record.open(told_home)
    yield record
    record.close()


@pytest.fixture
def book(record):
    with Books(record).open() as book:
        yield book


@pytest.fixture(scope="session")
def told_app(told_home):
    return create_app(told_home, siblings=[])


@pytest.fixture
def teller(told_app):
    return told_app.test_client()


@pytest.fixture
def tell(teller):
    """`tell(path)`: a page of the half year, which must answer 200."""

    def page(path):
        answer = teller.get(path)
        assert answer.status_code == 200, path
        return Page(answer.text)

    return page


@pytest.fixture
def changed_home(told_home, tmp_path):
    """A copy of the half year, to be changed."""
    return shutil.copytree(told_home, tmp_path / "book")


def stored(home, place, item):
    """A stored forecast as it lies in the database."""
    record = Record.open(home)
    with record.store.read() as snapshot:
        rows = snapshot.select("SELECT result FROM forecasts WHERE place = ? AND item = ?", place, item)
    record.close()
    return json.loads(rows[0][0])


def put(home, place, item, change, *more_places):
    """Store a forecast changed by `change(dict)`, in place of all, and for more places if told."""
    result = stored(home, place, item)
    change(result)
    record = Record.open(home)
    with record.store.write() as writing:
        row = item, result["log_size"] + 1, json.dumps(result)
        writing.put_forecasts([(one, *row) for one in (place, *more_places)])
    record.close()


def page_of(home, path):
    answer = create_app(home, siblings=[]).test_client().get(path)
    assert answer.status_code == 200, path
    return Page(answer.get_data(as_text=True))


def rows_under(page, head):
    """All rows of the tables whose first column is called so: those shown at once and the earlier ones."""
    return [row for t in page.tables if t["thead"] and t["thead"][0][0] == head for row in t["tbody"]]


def sum_of(page, total):
    """The sum that closes with this line: label -> quantity, and the total."""
    found = next(t for t in page.tables if t["tfoot"] and t["tfoot"][0][0] == total)
    return {row[0]: number(row[1]) for row in found["tbody"]}, number(found["tfoot"][0][1])


def issued_by_day(record):
    """Masks issued at the center, from the entries themselves."""
    issued = defaultdict(int)
    for data in record.entries():
        entry = json.loads(data)
        if entry["kind"] == "StockIssued":
            issued[date.fromisoformat(entry["occurred_at"][:10])] += entry["body"]["lines"][0]["quantity"]
    return issued


def test_the_levels_are_those_of_the_stored_forecast_and_add_up(tell, told_home):
    levels = SafetyStock.from_dict(stored(told_home, FIRST, MASK)["stock"])
    lines, up_to = sum_of(tell(STORY), "补到")
    expected, safety, reorder, review = lines.values()
    assert (safety, reorder, up_to) == (levels.safety_stock, levels.reorder_point, levels.order_up_to_level)
    assert expected + safety == reorder
    assert reorder + review == up_to


def test_what_is_there_adds_up_and_leaves_out_what_expired(tell, book):
    lines, position = sum_of(tell(STORY), "靠得住的合计")
    shelf = book.reading.shelf(FIRST, MASK)
    assert lines["架上全部"] == sum(row.quantity for row in shelf)
    assert lines["− 已过期"] == sum(row.quantity for row in shelf if row.expiry == "2026-05-01") == 300
    assert lines["= 用得上的"] == lines["架上全部"] - 300 - lines.get("− 用到前会过期", 0)
    assert position == lines["= 用得上的"] + lines["+ 在途"]


def test_weeks_sum_to_what_the_entries_issued(tell, record):
    issued = sum(issued_by_day(record).values())
    page = tell(STORY)
    rows = rows_under(page, "从")
    today = issued_by_day(record)[max(issued_by_day(record))]
    assert sum(number(row[1]) for row in rows if row[1] != "—") == issued - today > 0
    assert f"{issued - today:,} 只" in page.text


def test_lost_days_are_told_as_the_ledger_shows_them(tell):
    """One day emptied the shelf; then no stock until the delivery; two days without a word; and the days on
    which goods came to an empty shelf: the first one, and the one after the gap."""
    bare_days = next(day for day in ARRIVALS if day > EMPTIED) - EMPTIED - 1
    unknown = bare_days + len(SILENT) + 2
    page = tell(STORY)
    assert f"{1 + unknown} 天 （" in page.text
    assert f"1 天领到空架，只能说「至少」；{unknown} 天没有货、货到得晚或没有记录" in page.text
    by_week = {row[0].split()[0]: row for row in rows_under(page, "从")}
    for day in (EMPTIED, SILENT[0]):
        monday = BEGUN + timedelta(days=day)
        monday -= timedelta(days=monday.weekday())
        assert by_week[f"{monday.month}-{monday.day:02d}"][2] == "至少"
    assert sum(number(row[3]) for row in by_week.values()) == 1 + unknown
    bare = sum(number(row[4]) for row in rows_under(page, "月份"))
    assert f"{bare} 天 收工时架上没有可用的" in page.text
    assert bare == 1 + bare_days


def test_the_shares_lost_are_those_of_the_stored_forecast(book):
    one = next(s for s in standings(book, place=FIRST) if s.item.code == MASK)
    told = story(book, one)
    assert told.whole.at_least / len(told.days) == one.forecast.censored_share > 0
    assert told.whole.unknown / len(told.days) == one.forecast.missing_share > 0


def test_the_shelf_by_month_is_that_of_the_views(tell, book):
    total, by_day = 0, {}
    for row in book.reading.daily(FIRST, MASK):
        total += row.usable_change
        by_day[row.day] = total
    told = {row[0]: [number(cell) for cell in row[1:]] for row in rows_under(tell(STORY), "月份")}
    march = [quantity for day, quantity in by_day.items() if day[:7] == "2026-03"]
    before = by_day[max(day for day in by_day if day < "2026-03")]
    assert told["2026 年 3 月"][0] == min(march)
    assert told["2026 年 3 月"][1] == max(march)
    assert told["2026 年 3 月"][2] == march[-1]
    assert before == told["2026 年 2 月"][2]


def test_the_windows_are_those_that_were_stored(tell, told_home, teller):
    test = stored(told_home, FIRST, MASK)["backtest"]
    at = test["levels"].index(0.98)
    page = tell(STORY)
    rows = rows_under(page, "从哪天起")
    assert len(rows) > 3
    assert [number(row[1]) for row in rows] == [window[4 + at] for window in test["past"]]
    assert [number(row[2].removeprefix("≥").strip()) for row in rows] == [w[2] for w in test["past"]]
    assert sum(row[3] == "够" for row in rows) == test["covered"][at]
    assert f"{test['windows']} 段" in page.text
    assert "承诺是 100 次里 98 次" in page.text
    lines = list(csv.DictReader(io.StringIO(teller.get(f"/centers/{FIRST}/windows.csv?item={MASK}").text)))
    assert [int(line["used"]) for line in lines] == [window[2] for window in test["past"]]


def test_the_windows_are_what_was_issued_in_those_days(told_home, record):
    """The past windows against the entries: nothing else was added up, and the emptied one is marked."""
    issued = issued_by_day(record)
    del issued[BEGUN + timedelta(days=next(day for day in ARRIVALS if day > EMPTIED))]  # empty till it came
    emptied = BEGUN + timedelta(days=EMPTIED)
    test = stored(told_home, FIRST, MASK)["backtest"]
    for first, last, used, known, *said in test["past"]:
        begun, end = date.fromisoformat(first), date.fromisoformat(last)
        assert used == sum(issued[begun + timedelta(days=n)] for n in range((end - begun).days + 1))
        assert known == (not begun <= emptied <= end)
        assert said == sorted(said)
    assert {known for *_, known, _, _, _ in test["past"]} == {0, 1}
    assert test["windows"] == sum(window[3] for window in test["past"])


def test_the_lead_time_is_what_the_deliveries_took(tell, told_home):
    """Seven deliveries, between one and four days on the way."""
    taken = sorted(ARRIVALS.values())
    lead_times = stored(told_home, FIRST, MASK)["lead_times"]
    assert {days for days, _ in lead_times} == set(taken)
    assert f"一半在 {taken[3]} 天 以内" in tell(STORY).text
    assert f"送到这里的有 {len(taken)} 批" in tell(STORY).text
    assert "没有答复过的申领，所以量的只是路上和验收" in tell(STORY).text


def test_where_there_are_requests_the_lead_time_begins_with_them(changed_home):
    asked = {"lead_time_from": "request", "lead_time_seen": 4, "lead_times": [[5, 60], [8, 40]]}
    put(changed_home, FIRST, MASK, lambda forecast: forecast.update(asked))
    text = page_of(changed_home, STORY).text
    assert "从申领到能用：一半在 5 天 以内，十次有九次在 8 天 以内" in text
    assert "按申领到货的 4 批" in text
    assert "从发货到能用" not in text


def test_the_whole_book_is_pooled_at_the_same_level(changed_home, book):
    test = book.forecasts(FIRST)[FIRST, MASK].backtest
    put(changed_home, FIRST, MASK, lambda f: None, CENTERS[1])
    covered, windows = pooled_coverage([test, test])[0.98]
    assert f"合起来看了 {windows:,} 段，够用的 {covered:,} 段" in page_of(changed_home, STORY).text


def test_a_result_names_its_model_its_error_and_what_it_saw(tell, book):
    forecast = book.forecasts(FIRST)[FIRST, MASK]
    for path in (STORY, f"/centers/{FIRST}?item={MASK}"):
        text = tell(path).text
        assert f"用了 {forecast.days_used} 天的数据" in text
        assert f"预测看到第 {forecast.log_size} 条记录为止" in text
        assert "100 次里大约 98 次够用" in text
        loss, points = forecast.backtest.scaled_pinball, 100 * forecast.backtest.calibration
        assert f"{loss:.0%}" in text or f"{loss:.1%}" in text
        assert f"平均差 {points:.1f}".removesuffix(".0") in text


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("chapter", ["shelf", "asked", "enough", "keep"])
def test_every_picture_has_a_wide_and_a_narrow_form(teller, chapter, lang):
    address = f"/figures/story/{chapter}.json?center={FIRST}&item={MASK}&lang={lang}"
    wide, narrow = (teller.get(f"{address}&narrow={narrow}").get_json() for narrow in (0, 1))
    assert wide["data"]
    assert wide["layout"] != narrow["layout"]


def test_pictures_hold_the_numbers_of_the_tables(teller, tell):
    def drawn(chapter):
        return teller.get(f"/figures/story/{chapter}.json?center={FIRST}&item={MASK}").get_json()["data"]

    page = tell(STORY)
    bars = [height for trace in drawn("asked") for height in trace["y"]]
    assert sorted(bars) == sorted(number(row[1]) for row in rows_under(page, "从"))
    said = next(trace for trace in drawn("enough") if trace["type"] == "scatter")["y"][::3]
    assert said == [number(row[1]) for row in rows_under(page, "从哪天起")]
    lines, _ = sum_of(page, "补到")
    assert {lines["+ 安全库存"], lines["+ 7 天用量"]} < {trace["x"][0] for trace in drawn("keep")}
    days = list(csv.DictReader(io.StringIO(teller.get(f"/centers/{FIRST}/story.csv?item={MASK}").text)))
    (shelf,) = drawn("shelf")
    assert shelf["y"] == [int(day["usable_end"]) for day in days]


def test_a_history_that_is_mostly_lost_is_declared(changed_home):
    change = {"marks": [[0, 120, "m"]], "insufficient": True, "reason": "insufficient"}
    put(changed_home, FIRST, MASK, lambda f: f.update(change))
    page = page_of(changed_home, STORY)
    assert "一半以上的日子看不出真正要多少" in page.text
    assert "120 天 （" in page.text
    assert {row[2] for row in rows_under(page, "从")} == {"准数", "至少", "不知道"}


def test_a_window_that_ran_empty_counts_neither_way_but_is_not_hidden(changed_home):
    def change(forecast):
        past = forecast["backtest"]["past"]
        for window in past:
            window[3] = 1
        past[0][2:4] = [past[0][6] + 34, 0]
        past[1][3] = 0

    put(changed_home, FIRST, MASK, change)
    page = page_of(changed_home, STORY)
    rows = rows_under(page, "从哪天起")
    assert rows[0][2].startswith("≥")
    assert (rows[0][3], rows[1][3]) == ("少 34", "不知道")
    assert "另有 2 段里架子空过" in page.text
    assert "其中 1 段，光是领走的就比事先说的多" in page.text


def test_a_forecast_of_an_earlier_version_is_still_told(changed_home):
    def change(forecast):
        for name in ("first_day", "marks", "lead_times"):
            del forecast[name]
        del forecast["backtest"]["past"]

    put(changed_home, FIRST, MASK, change)
    page = page_of(changed_home, STORY)
    assert "够用的有" in page.text
    assert "1 天领到空架" in page.text
    assert rows_under(page, "从哪天起") == []


def test_entries_since_the_forecast_are_counted(changed_home):
    put(changed_home, FIRST, MASK, lambda f: f.update(log_size=f["log_size"] - 5))
    assert "那以后又记了 5 条" in page_of(changed_home, STORY).text


def test_the_larger_of_scenario_and_past_use_is_kept_and_said(changed_home, book):
    past = book.forecasts(FIRST)[FIRST, MASK].stock.reorder_point
    before = create_app(changed_home, siblings=[]).test_client().get(STORY)
    assert "没有设应急情景" in Page(before.text).text
    assert 'class="chip' in before.text
    (changed_home / "scenario.toml").write_text(SCENARIO, encoding="utf-8")
    app = create_app(changed_home, siblings=[])
    with Books(app.extensions["mingzhang"]).open() as other:
        one = next(s for s in standings(other, place=FIRST) if s.item.code == MASK)
        kept = keeping(other, story(other, one))
    assert kept.reorder == kept.target.scenario == past + kept.above_past > past
    page = Page(app.test_client().get(STORY, headers={"If-None-Match": before.headers["ETag"]}).text)
    assert f"情景「试 / trial」要撑 30 天，备 {kept.reorder:,} 只，比过去的用量要得多" in page.text
    lines, up_to = sum_of(page, "补到")
    expected, safety, by_past, more, reorder, review = lines.values()
    assert expected + safety == by_past == past
    assert by_past + more == reorder == kept.reorder
    assert reorder + review == up_to


def test_every_page_that_shows_a_level_shows_that_of_the_larger(changed_home):
    (changed_home / "scenario.toml").write_text(SCENARIO, encoding="utf-8")
    app = create_app(changed_home, siblings=[])
    with Books(app.extensions["mingzhang"]).open() as other:
        asked = (
            standings(other, place=FIRST), standings(other, item=MASK), standings(other),
        )  # fmt: skip
        ones = [next(s for s in found if (s.place.code, s.item.code) == (FIRST, MASK)) for found in asked]
        kept = keeping(other, story(other, ones[0]))
    assert ones[0] == ones[1]
    assert ones[0].outlook == ones[2].outlook, "a list leaves days and windows out, and says the same"
    assert (ones[0].target, ones[0].safety) == (ones[2].target, ones[2].safety)
    raised = kept.target.stock
    assert (ones[0].safety, ones[0].reorder) == (raised.safety_stock, kept.reorder)
    assert ones[0].outlook.order == raised.order_up_to_level - ones[0].outlook.position
    client = app.test_client()
    rows = {row["item"]: row for row in csv.DictReader(io.StringIO(client.get(f"/centers/{FIRST}.csv").text))}
    assert int(rows[MASK]["safety_stock"]) == raised.safety_stock
    assert int(rows[MASK]["reorder_point"]) == raised.reorder_point
    page = Page(client.get(f"/centers/{FIRST}?item={MASK}").text)
    assert f"订货点按它提到 {raised.reorder_point:,} 只" in page.text
    assert f"{raised.safety_stock:,}" in page.text
    for path in (f"/flows/center?center={FIRST}&item={MASK}", "/flows/shortages"):
        assert f"{raised.safety_stock:,}" in client.get(path).text


def test_an_item_that_past_use_says_nothing_of_is_kept_for_the_scenario(changed_home):
    put(changed_home, FIRST, MASK, lambda f: f.update(model="no_use", daily_mean=0.0))
    (changed_home / "scenario.toml").write_text(SCENARIO, encoding="utf-8")
    app = create_app(changed_home, siblings=[])
    with Books(app.extensions["mingzhang"]).open() as other:
        one = next(s for s in standings(other, place=FIRST) if s.item.code == MASK)
        kept = keeping(other, story(other, one))
    assert kept.target.reason == "no_forecast"
    assert one.safety == one.reorder == kept.reorder == kept.target.scenario > one.usable
    assert one.level in ("out", "urgent", "low")


def test_the_story_says_which_recorded_response_applied(changed_home):
    (changed_home / "scenario.toml").write_text(SCENARIO.replace("days = 30", ""), encoding="utf-8")
    assert "今天没有登记应急响应，要撑的天数按没有响应时定" in page_of(changed_home, STORY).text
    record = Record.open(changed_home)
    w = Writer()
    w.now = record.now()
    w.add("ResponseLevelRecorded", {"level": 2, "area": FIRST[:9]}, role="street_office")
    (outcome,) = record.write([replace(w.commands[0], id=derived_id("response"))], w.moments)
    assert [v.message() for v in outcome.violations] == []
    record.close()
    text = page_of(changed_home, STORY).text
    assert "今天登记的是 2 级应急响应，要撑的天数按它定" in text
    assert "要撑 42 天" in text
    (changed_home / "scenario.toml").write_text(SCENARIO, encoding="utf-8")
    assert "今天登记的是 2 级应急响应；要撑的天数是情景自己写的" in page_of(changed_home, STORY).text


def test_the_burn_of_a_surge_is_that_of_the_run(changed_home):
    (changed_home / "scenario.toml").write_text(SCENARIO.replace("days = 30", "days = 60"), encoding="utf-8")
    quiet = page_of(changed_home, STORY).text
    surge = {"since": "2026-06-20", "used": [900] * 5 + [None, 700], "at_least": [0] * 6 + [1]}
    put(changed_home, FIRST, MASK, lambda f: f.update(surge=surge))
    text = page_of(changed_home, STORY).text
    assert "这次突增里实测了" not in quiet
    assert "这次突增里实测了 6 天" in text


def test_a_scenario_file_that_cannot_be_read_is_said_to_be_so(changed_home):
    (changed_home / "scenario.toml").write_text("name = ", encoding="utf-8")
    assert "情景文件读不出来" in page_of(changed_home, STORY).text


def test_an_order_reaches_the_level_in_whole_packs(book):
    one = next(s for s in standings(book, place=FIRST) if s.item.code == MASK)
    kept = keeping(book, story(book, one))
    short = replace(kept, standing=replace(one, usable=0, transit=0, outlook=None), packs=Packs(50, 2_000))
    assert short.missing == kept.up_to
    assert short.missing <= short.missing_packed.units < short.missing + 50


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("item", [MASK, COVERALL, GOGGLES])
@pytest.mark.parametrize("center", [*CENTERS, "D1"])
def test_every_item_of_every_place_has_a_story(client, center, item, lang):
    answer = client.get(f"/centers/{center}/story?item={item}&lang={lang}")
    assert answer.status_code == 200
    page = Page(answer.text)
    assert "None" not in page.text
    assert "nan" not in page.text
    assert not re.search(r"\{\w*\}", page.text)
    for chapter in ("shelf", "asked", "enough", "keep") if lang == "zh" else ():
        assert client.get(f"/figures/story/{chapter}.json?center={center}&item={item}").status_code == 200


def test_equipment_a_depot_and_an_item_without_use_say_why_there_is_no_level(read):
    assert "这一种反复用，没有登记该配多少" in read(f"/centers/{FIRST}/story?item={GOGGLES}").text
    assert "这里是仓库" in read(f"/centers/D1/story?item={MASK}").text
    unused = read(f"/centers/{CENTERS[1]}/story?item={COVERALL}")
    assert "该备多少还说不出：没有领用过" in unused.text
    assert "架上用得上的有 38 套" in unused.text  # nobody can say that it will expire unused
    assert not [t for t in unused.tables if t["tfoot"] and t["tfoot"][0][0] == "补到"]


def test_without_a_forecast_the_past_is_told_and_the_rest_is_said_to_be_missing(changed_home):
    record = Record.open(changed_home)
    with record.store.write() as writing:
        writing.connection.exec_driver_sql("DELETE FROM forecasts")
    record.close()
    page = page_of(changed_home, STORY)
    assert "这一种还没有跑过预测" in page.text
    assert rows_under(page, "月份")
    assert "1 天领到空架" in page.text


def test_an_archive_has_no_story(empty_archive_home, tmp_path):
    home = shutil.copytree(empty_archive_home, tmp_path / "archive")
    body = {"code": "D1", "kind": "depot", "name": {"zh": "仓库", "en": "Depot"}}
    w = Writer()
    w.add("PlaceRegistered", body)
    record = Record.open(home)
    record.write(w.commands)
    record.close()
    assert "档案账里没有中心的库存" in page_of(home, "/centers/D1/story").text


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/centers/NOPE/story", 404),
        (f"/centers/{FIRST}/story?item=NOPE", 400),
        ("/figures/story/other.json", 404),
        (f"/figures/story/shelf.json?center={FIRST}&narrow=3", 400),
        ("/figures/story/shelf.json", 404),
        (f"/centers/{FIRST}/story.csv?item=NOPE", 400),
    ],
)
def test_a_wrong_address_gets_one_sentence(client, path, code):
    answer = client.get(path)
    assert answer.status_code == code
    assert "Traceback" not in answer.text


def test_pages_link_to_the_story(read):
    address = f"/centers/{FIRST}/story?item={MASK}"
    assert address in read(f"/centers/{FIRST}?item={MASK}").links
    assert address in read(f"/items/{MASK}").links


def test_what_had_expired_on_a_day_was_not_usable_then_though_it_was_written_off_later(client):
    """900 masks were good to 1 February and written off in March."""
    text = client.get(f"/centers/{CENTERS[1]}/story.csv?item={MASK}").text
    days = [
        (row["day"], int(row["usable_end"]), int(row["issued"])) for row in csv.DictReader(io.StringIO(text))
    ]
    fell = {day: before - usable - issued for (_, before, _), (day, usable, issued) in pairwise(days)}
    assert {day: more for day, more in fell.items() if more} == {"2026-02-02": 900}
    drawn = client.get(f"/figures/stock.json?center={CENTERS[1]}&item={MASK}").get_json()["data"]
    levels = dict(zip(drawn[0]["x"], drawn[0]["y"], strict=True))
    assert {day: levels[day] for day, _, _ in days if day in levels} == {
        day: usable for day, usable, _ in days if day in levels
    }
