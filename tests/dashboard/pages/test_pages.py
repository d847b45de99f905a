"""Frame, language, headers, caching, addresses that are wrong, and the banner on every page."""

from __future__ import annotations

import json
import re
import stat
from urllib.parse import urlsplit

import pytest

from dashboard.app import create_app
from dashboard.config import Sibling, cookie_name, siblings_of
from tests.dashboard.pages.conftest import CENTERS, MASK, Page

PAGES = [
    "/", f"/?item={MASK}", "/centers/", f"/centers/{CENTERS[0]}", "/centers/D1", "/items/", f"/items/{MASK}",
    f"/centers/{CENTERS[0]}/story", "/entries/", "/entries/0", "/method", "/verify", "/trace/",
    "/trace/2026-00001-3",
]  # fmt: skip
FIGURES = [
    f"/figures/flows.json?item={MASK}",
    "/figures/cover.json",
    f"/figures/stock.json?center={CENTERS[0]}",
    f"/figures/story/asked.json?center={CENTERS[0]}",
]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_page_says_its_book_and_links_to_the_other(client, path, lang):
    answer = client.get(f"{path}{'&' if '?' in path else '?'}lang={lang}")
    assert answer.status_code == 200
    text = answer.get_data(as_text=True)
    assert f'<html lang="{"zh-Hans" if lang == "zh" else "en"}">' in text
    assert '<aside class="book simulated">' in text
    page = Page(text)
    assert ("内容均为虚构" if lang == "zh" else "All invented") in page.text
    assert f"http://127.0.0.1:9/?lang={lang}" in page.links
    assert "{" not in page.text.replace(json.dumps({}), "") or path == "/entries/0"


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_asked_of_anybody_else(client, path):
    page = Page(client.get(path).get_data(as_text=True))
    assert [source for source in page.sources if urlsplit(source).netloc] == []
    assert [link for link in page.links if urlsplit(link).netloc not in ("", "127.0.0.1:9")] == []


@pytest.mark.parametrize("path", PAGES)
def test_no_link_is_dead(client, path):
    page = Page(client.get(path).get_data(as_text=True))
    for link in {*page.links, *page.sources}:
        if link.startswith("/") and not link.startswith("/flows/"):
            with client.get(link.partition("#")[0]) as answer:
                assert answer.status_code in (200, 308), link


def test_anchors_of_the_method_exist(client):
    text = client.get("/method").get_data(as_text=True)
    for path in PAGES:
        for anchor in re.findall(r'href="/method#(\w+)"', client.get(path).get_data(as_text=True)):
            assert f'id="{anchor}"' in text


def test_language_is_asked_then_kept_then_taken_from_the_browser(small_app):
    client = small_app.test_client()
    english, chinese = "What came in", "收到"

    def says(**headers):
        return english.lower() in client.get("/", headers=headers).get_data(as_text=True).lower()

    assert not says()
    assert says(**{"Accept-Language": "en-GB,en;q=0.8"})
    assert not says(**{"Accept-Language": "zh-TW,en;q=0.8"})
    client.get("/?lang=en")
    assert says(**{"Accept-Language": "zh"})
    client.get("/?lang=xx")
    assert says()
    assert chinese in client.get("/?lang=zh").get_data(as_text=True)


def test_text_pages_allow_our_own_files_and_nothing_else(client):
    headers = client.get("/").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_templates_carry_no_inline_style_or_script(client):
    for path in PAGES:
        text = client.get(path).get_data(as_text=True)
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]* src=)", text), path


@pytest.mark.parametrize("path", [*PAGES, *FIGURES])
def test_an_unchanged_page_is_not_sent_again(client, path):
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = client.get(
        path + ("&" if "?" in path else "?") + "lang=en", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert other.status_code == 200


@pytest.mark.parametrize("path", FIGURES)
def test_figures_have_a_wide_and_a_narrow_form(client, path):
    wide = client.get(path).get_json()
    narrow = client.get(path + ("&" if "?" in path else "?") + "narrow=1").get_json()
    assert wide["data"]
    assert wide != narrow


def test_plotly_comes_from_here_at_a_versioned_address(client):
    page = Page(client.get("/").get_data(as_text=True))
    address = next(source for source in page.sources if "plotly" in source)
    answer = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert "immutable" in answer.headers["Cache-Control"]
    assert len(answer.data) < 2_000_000
    assert client.get("/plotly-0.0.0.min.js").status_code == 404


@pytest.mark.parametrize(
    ("path", "code", "told"),
    [
        ("/nothing", 404, "没有这一页"),
        ("/centers/NOPE", 404, "NOPE"),
        ("/centers/990101001", 404, "990101001"),
        ("/items/NOPE", 404, "NOPE"),
        ("/entries/99999999", 404, "99,999,999"),
        ("/entries/-1", 404, "没有这一页"),
        ("/entries/x", 404, "没有这一页"),
        ("/?item=NOPE", 400, "item："),
        ("/entries/?before=x", 400, "before："),
        (f"/centers/{CENTERS[0]}?item=NOPE", 400, "item："),
        ("/figures/flows.json", 400, "item："),
        ("/figures/flows.json?item=PPE-02&narrow=2", 400, "narrow："),
        ("/figures/stock.json", 404, ""),
        ("/?item=%3Cscript%3E", 400, "&lt;script&gt;"),
    ],
)
def test_a_wrong_address_gets_one_sentence(client, path, code, told):
    answer = client.get(path)
    assert answer.status_code == code
    text = answer.get_data(as_text=True)
    assert told in text
    assert "<script>" not in text
    assert "Traceback" not in text


def test_pages_cannot_be_written_to(client):
    for path in ("/", "/items/", "/entries/0"):
        assert client.post(path).status_code == 405


def test_health(client):
    assert client.get("/healthz").data == b"ok\n"
    assert client.get("/readyz").data.startswith(b"ready\nentries ")


def test_a_failure_is_told_without_its_inside(small_home):
    app = create_app(small_home, siblings=[])
    app.add_url_rule("/fails", view_func=lambda: 1 // 0)
    answer = app.test_client().get("/fails")
    assert answer.status_code == 500
    assert "账上的记录不受影响" in answer.get_data(as_text=True)
    assert "ZeroDivision" not in answer.get_data(as_text=True)


def test_secrets_are_of_each_book_and_for_its_owner_alone(small_home, empty_archive_home):
    apps = [create_app(home, siblings=[]) for home in (small_home, empty_archive_home)]
    assert apps[0].config["SECRET_KEY"] != apps[1].config["SECRET_KEY"]
    assert apps[0].config["SESSION_COOKIE_NAME"] != apps[1].config["SESSION_COOKIE_NAME"]
    assert stat.S_IMODE((small_home / "keys" / "session.key").stat().st_mode) == 0o600
    assert cookie_name("a/b") != cookie_name("a/b", "lang")


def test_siblings_are_told_by_kind_and_address():
    assert siblings_of("archive=http://127.0.0.1:8001/") == [Sibling("archive", "http://127.0.0.1:8001/")]
    assert siblings_of("") == []
    for wrong in ("other=http://127.0.0.1/", "archive=javascript:alert(1)"):
        with pytest.raises(ValueError, match="MINGZHANG_SIBLINGS"):
            siblings_of(wrong)


def test_an_archive_shows_no_stock_and_no_forecast(empty_archive_home):
    client = create_app(
        empty_archive_home, siblings=[Sibling("simulated", "http://127.0.0.1:9/")]
    ).test_client()
    home = client.get("/").get_data(as_text=True)
    assert '<aside class="book archive">' in home
    assert "公示" in home
    assert "/centers/" not in home
    assert "预测" not in home
    assert "档案账里没有中心的库存" in client.get("/centers/").get_data(as_text=True)
    assert "安全库存" not in client.get("/method").get_data(as_text=True)
