"""The page of a gift: its sentence and tables add up to what the entries say, to the piece."""

from __future__ import annotations

import json
import re

import pytest

from dashboard.app import create_app
from dashboard.queries.book import Books
from dashboard.queries.gifts import gift
from ledger.domain.gifts import gift_code
from ledger.record import Record
from tests.dashboard.pages.conftest import MASK, lot, number
from tests.dashboard.trace.conftest import EN, GIVEN, MIXED, NEW, TAKEN_BACK, UNNAMED, ZH, read, write
from tests.ledger.equation import IN, Sums


def shown_sums(page):
    """Each table of places: (what its rows sum to, its total)."""
    tables = [t for t in page.tables if t["tfoot"]]
    return [(sum(number(row[-1]) for row in t["tbody"]), number(t["tfoot"][0][-1])) for t in tables]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_sentence_adds_up(client, lang):
    text = client.get(f"/trace/{GIVEN}?lang={lang}").get_data(as_text=True)
    sentence = re.search(r'<p class="answer">(.*?)</p>', text)[1]
    numbers = [number(n) for n in re.findall(r"<b[^>]*>([^<]*)</b>", sentence)]
    assert numbers == [1_000, 640, 200, 150, 10]
    words = {
        "zh": ("领用", "库里", "路上", "过期"),
        "en": ("issued for use", "on hand", "on the way", "expired"),
    }
    assert all(word in sentence for word in words[lang])


def test_tables_add_up_and_say_what_came_from_counts(client):
    assert shown_sums(read(client, f"/trace/{GIVEN}?lang=en")) == [(1_000, 1_000)]
    page = read(client, f"/trace/{MIXED}?lang=en")
    assert sorted(shown_sums(page)) == [(7, 7), (30, 30), (43, 43)]
    assert "40 received + 3 found" in page.text
    assert "1 missing in counts" in page.text


def test_every_gift_of_the_demo_book_adds_up_to_its_entries(district_home):
    """The views that the page reads, against the equation recomputed from the entries alone."""
    record = Record.open(district_home)
    sums = Sums().add_all(json.loads(data) for data in record.entries())
    entered, fates = {}, {}
    for (held, (account, place, _)), quantity in sums.at.items():
        code, item = sums.lots[held].get("gift"), sums.lots[held]["item"]
        if code and quantity:
            side, key = (entered, (code, item)) if account in IN else (fates, (code, item, place))
            side[key] = side.get(key, 0) + quantity
    seen_entered, seen_fates = {}, {}
    with Books(record).open() as book:
        codes = [row["gift"] for row in book.rows("view_gift")]
        for code in codes:
            for one in gift(book, code).items:
                if one.entered:
                    seen_entered[code, one.item.code] = one.entered
                assert sum(one.fates.values()) == one.entered
                for share in one.shares:
                    key = (code, one.item.code, share.place.code)
                    seen_fates[key] = seen_fates.get(key, 0) + share.quantity
    record.close()
    assert len(codes) > 100
    assert seen_entered == entered
    assert seen_fates == fates


def test_steps_tell_the_gift_s_own_pieces_and_link_to_entries_and_receipts(client):
    page = read(client, f"/trace/{GIVEN}?lang=en")
    assert "issued Surgical mask 240 pieces for use: clinic" in page.text
    indexes = {int(link.split("/")[2]) for link in page.links if re.fullmatch(r"/entries/\d+", link)}
    for index in indexes:
        assert f"/entries/{index}/receipt.tlog-proof" in page.links
        assert client.get(f"/entries/{index}/receipt.tlog-proof").data.startswith(b"c2sp.org/tlog-proof@v1\n")
    assert len(indexes) == 9


def test_a_count_s_step_says_which_share_is_the_gift_s(client):
    assert "Of this gift: Coverall 3 pieces" in read(client, f"/trace/{MIXED}?lang=en").text


def test_a_gift_that_was_taken_back_says_so(client):
    page = read(client, f"/trace/{TAKEN_BACK}?lang=en")
    assert "taken back by a correction" in page.text
    assert "Reversed by" in page.text


def test_more_than_fifteen_steps_are_one_click_away(small_home):
    client = create_app(small_home, siblings=[]).test_client()
    some, everything = (read(client, f"/trace/2026-00001-3{more}") for more in ("", "?all=1"))
    assert "?all=1#steps" in some.links
    assert len(everything.links) > 200 > len(some.links)
    assert shown_sums(everything) == shown_sums(some)


@pytest.mark.parametrize("dash", ["", "%20", "－"])
def test_other_spellings_lead_to_the_one_address(client, dash):
    typed = GIVEN.replace("-", dash)
    for path in (f"/trace/{typed}", f"/trace/?code={typed}"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/trace/{GIVEN}")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("2026-00417-0", "2026-00417-0 里有一个数字抄错了"), ("hello", "「hello」"), ("", "填捐赠编号"),
        ("2099-00001-", "校验数"), ("<b>", "「&lt;b&gt;」"),
    ],
)  # fmt: skip
def test_a_wrong_number_gets_one_sentence_and_stays_in_the_box(client, typed, told):
    text = client.get("/trace/", query_string={"code": typed}).get_data(as_text=True)
    assert told in text
    assert 'aria-invalid=true' in text
    assert "<b></b>" not in text


def test_an_unknown_number_is_told_apart_from_a_wrong_one(client):
    unknown = gift_code(2026, 99_999)
    assert "没有这笔捐赠" in read(client, f"/trace/?code={unknown}").text
    assert "没有这笔捐赠" in read(client, f"/trace/{unknown}", 404).text
    assert "抄错了" in read(client, f"/trace/{unknown[:-1]}{(int(unknown[-1]) + 1) % 10}", 404).text


def test_the_receipt_of_a_gift_is_that_of_its_entry(client):
    answer = client.get(f"/trace/{GIVEN}/receipt.tlog-proof")
    assert answer.data.startswith(b"c2sp.org/tlog-proof@v1\n")
    assert f"gift-{GIVEN}.tlog-proof" in answer.headers["Content-Disposition"]


def test_a_receipt_that_is_not_published_yet_says_when(own_app):
    write(own_app, "DonationReceived", {"place": "D1", "gift": NEW, "lines": [lot(MASK, 1)]})
    client = own_app.test_client()
    assert "at most every 10 seconds" in read(client, f"/trace/{NEW}/receipt.tlog-proof?lang=en", 404).text
    assert "还没有签名公布" in read(client, f"/trace/{NEW}/receipt").text
    assert f"/trace/{NEW}/receipt" in read(client, f"/trace/{NEW}").links


def test_nobody_is_named_who_did_not_agree(client):
    for path in (f"/trace/{GIVEN}", f"/trace/{GIVEN}/receipt", f"/trace/{UNNAMED}", "/entries/", "/"):
        text = client.get(path).get_data(as_text=True)
        assert ZH not in text
        assert "Example Giver" not in text
        assert "示例善人" not in text
        assert EN not in text
    assert "匿名" in client.get(f"/trace/{GIVEN}").get_data(as_text=True)


def test_the_home_page_asks_for_a_gift_number(client):
    assert 'action="/trace/"' in client.get("/").get_data(as_text=True)
