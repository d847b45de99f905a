"""Who outside has confirmed the record: on every page, in the ETag, and plainly when something is amiss."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.confirming import ago, confirmed
from dashboard.language import Speech
from dashboard.queries.proof import Standing
from tests.dashboard.trace.conftest import GIVEN, read, write

NOW = datetime(2026, 3, 12, 6, 31, tzinfo=UTC)
PATHS = (
    "/", "/centers/", "/items/", "/entries/", "/entries/3", "/method", "/verify", "/trace/",
    f"/trace/{GIVEN}", "/flows/", "/no-such-page",
)  # fmt: skip
NOBODY = {"zh": "还没有外部的人确认过", "en": "Nobody outside has confirmed"}


def standing(**changes):
    facts = {
        "size": 120, "published": 108, "known": ("a", "b", "c"), "confirmed_by": ("a", "b"), "needed": 2,
        "newest": NOW - timedelta(minutes=3), "troubled": {}, "forked": False, "now": NOW,
    }  # fmt: skip
    return Standing(**facts | changes)


@pytest.fixture(params=["zh", "en"])
def speech(request, small_app):
    zone = small_app.extensions["mingzhang"].facts.zone
    return Speech(request.param, zone, NOW.date())


def told(found):
    return re.sub(r"<[^>]+>", "", found.sentence)


def test_who_when_and_what_is_not_yet_confirmed(speech):
    found = confirmed(standing(), speech)
    wanted = {
        "zh": "3 个外部见证人里有 2 个确认过这本账（a、b），"
        "最近一次在 3 分钟前（2026 年 3 月 12 日 14:28）。最新的 12 条还没有确认。",
        "en": "Confirmed by 2 of 3 outside witnesses (a and b), newest 3 minutes ago (12 March 2026, 14:28). "
        "12 newest entries are not yet confirmed.",
    }
    assert (told(found), found.look, found.warnings) == (wanted[speech.lang], "", ())
    everything = {"zh": "账上 108 条全部确认过", "en": "Every entry of the book (108) is confirmed"}
    assert everything[speech.lang] in told(confirmed(standing(size=108), speech))


def test_nobody_has_confirmed(speech):
    for more in ({"known": (), "needed": 0}, {}):
        found = confirmed(standing(confirmed_by=(), newest=None, **more), speech)
        assert NOBODY[speech.lang] in told(found)
        assert found.look == "none"


def test_what_is_amiss_is_told_gravest_first(speech):
    amiss = standing(
        forked=True, troubled={"b": "refused", "c": "no answer"}, newest=NOW - timedelta(hours=3, minutes=1)
    )
    found = confirmed(amiss, speech)
    words = {
        "zh": ("互相矛盾", "确认的人不够", "已有 3 小时"),
        "en": ("contradict each other", "Too few witnesses", "No fresh confirmation for 3 hours"),
    }
    for word, warning in zip(words[speech.lang], found.warnings, strict=True):
        assert word in warning
    assert (found.look, found.forked) == ("wait", True)
    assert confirmed(standing(newest=NOW - timedelta(hours=2, minutes=59)), speech).warnings == ()
    assert confirmed(standing(troubled={"c": "no answer"}), speech).warnings == ()


def test_names_are_escaped(speech):
    found = confirmed(standing(confirmed_by=("<img src=x>",)), speech)
    assert "<img" not in found.sentence
    assert "&lt;img src=x&gt;" in found.sentence


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=59), "just now"), (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"), (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=47, minutes=59), "47 hours ago"), (timedelta(hours=48), "2 days ago"),
    ],
)  # fmt: skip
def test_ages_are_whole_and_never_rounded_up(small_app, age, words):
    assert ago(age, Speech("en", small_app.extensions["mingzhang"].facts.zone, NOW.date())) == words


def test_every_page_says_so_until_witnesses_have(own_home, own_app, confirmed_by):
    client = own_app.test_client()
    before = {}
    for path in PATHS:
        answer = client.get(path)
        before[path] = answer.headers.get("ETag")
        assert "还没有外部的人确认过" in answer.get_data(as_text=True), path
    confirmed_by(own_home, 2)
    own_app.extensions["mingzhang"].checkpoint()
    for path in PATHS:
        answer = client.get(path, headers={"If-None-Match": before[path] or ""})
        assert answer.status_code in (200, 404), path
        text = answer.get_data(as_text=True)
        assert "2 个外部见证人里有 2 个确认过这本账" in text, path
        assert "还没有外部的人确认过这本账" not in text, path


def test_an_entry_says_who_confirmed_it_and_by_when_it_was_recorded(own_home, own_app, confirmed_by):
    confirmed_by(own_home, 1)
    own_app.extensions["mingzhang"].checkpoint()
    client = own_app.test_client()
    page = read(client, "/entries/5?lang=en")
    assert "Confirmed by witness.example/w0" in page.text
    bound = r"Recorded no later than \d+ \w+ \d{4}, \d\d:\d\d : that is when witness.example/w0"
    assert re.search(bound, page.text)
    newest = write(own_app, "DayConfirmed", {"place": "D1", "day": "2026-02-01"})
    page = read(client, f"/entries/{newest.index}?lang=en")
    assert "not published yet" in page.text
    assert "1 newest entry is not yet confirmed" in page.text
    gift = read(client, f"/trace/{GIVEN}?lang=en")
    assert "is confirmed by witness.example/w0" in gift.text


def test_a_silent_quorum_and_kept_evidence_stand_above_the_page(own_home, own_app, confirmed_by):
    record, client = own_app.extensions["mingzhang"], own_app.test_client()
    witnesses = confirmed_by(own_home, 2, needed=2)
    record.checkpoint()
    witnesses[0].stop()
    write(own_app, "DayConfirmed", {"place": "D1", "day": "2026-02-01"})
    record.checkpoint()
    told = "Too few witnesses answer: 2 are needed, 1 can be reached (silent: witness.example/w0)"
    assert told in read(client, "/?lang=en").text
    (own_home / "evidence").mkdir()
    (own_home / "evidence" / "20260312T000000Z-fork.txt").write_text("two\n")
    forked = client.get("/?lang=en").get_data(as_text=True)
    assert '<aside class="amiss forked">' in forked
    assert "Two versions of this record that contradict each other were signed" in forked


def test_the_words_of_delayed_entries_come_later(own_home, own_app):
    """Hash and place at once, everything else after the delay: on the entry, in lists, in its file."""
    body = {"settings": {"publish_delay_hours": 24}}
    client, record = own_app.test_client(), own_app.extensions["mingzhang"]
    write(own_app, "PolicySet", body, role="system")
    secret = write(own_app, "DayConfirmed", {"place": "D1", "day": "2026-02-17"}, place="D1")
    record.checkpoint()
    path = f"/entries/{secret.index}"
    page = read(client, f"{path}?lang=en")
    assert "Its words are not public yet" in page.text
    assert "It is number" in page.text
    for shown in (path, "/entries/", "/centers/"):
        text = client.get(f"{shown}?lang=en").get_data(as_text=True)
        assert secret.id not in text
        assert "2026-02-17" not in text
        assert "17 February" not in text
    for hidden in (f"{path}.json", f"{path}/receipt.tlog-proof"):
        answer = client.get(f"{hidden}?lang=en")
        assert answer.status_code == 404
        assert "Its words are published" in answer.get_data(as_text=True)
    assert client.get("/entries/5.json").status_code == 200
    assert json.loads(client.get("/entries/5.json").data)["index"] == 5
