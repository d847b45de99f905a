"""The frame of every page: what it says without a script, its policy, and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dashboard.flows
from dashboard.app import create_app
from dashboard.figures.theme import FATE
from dashboard.flows import parts
from dashboard.flows.mounting import PAGES
from dashboard.flows.overview import GROUPS
from dashboard.labels import LABELS
from tests.dashboard.flows.conftest import ASK, question, tables, words

CODE = Path(dashboard.flows.__file__).parent


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_page_says_it_all_before_any_script_runs(client, name, lang):
    answer = client.get(f"/flows/{name}?lang={lang}")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert f'<html lang="{"zh-Hans" if lang == "zh" else "en"}">' in text
    assert text.count("<h1>") == 1
    assert re.search(r"<title>[^<]+ · [^<]+</title>", text)
    assert 'class="book simulated"' in text
    assert 'class="answer"' in text or 'class="empty"' in text
    assert len(tables(text)) >= 1
    assert not re.search(r"\son[a-z]+=", text), "an event handler in the markup"
    assert {"{", "}"}.isdisjoint(words(text.split('id="_dash-config"')[0])), "a label was not filled in"


def test_scripts_carry_the_nonce_of_their_own_answer(client):
    seen = set()
    for _ in range(2):
        answer = client.get("/flows/")
        nonce = re.search(r"script-src 'self' 'nonce-([^']+)'", answer.headers["Content-Security-Policy"])[1]
        scripts = re.findall(r"<script[^>]*>", answer.get_data(as_text=True))
        assert scripts
        assert all(f'nonce="{nonce}"' in script for script in scripts)
        assert answer.cache_control.no_store
        seen.add(nonce)
    assert len(seen) == 2


def test_nothing_is_loaded_from_elsewhere(client):
    text = client.get("/flows/").get_data(as_text=True)
    assert [a for a in re.findall(r'(?:src|href)="([^"]*)"', text) if not a.startswith(("/", "#", "?"))] == []


@pytest.mark.parametrize(
    "path", ["nope", "flows/", "center/990101001-01", "item?item=NOPE", "center?center=D1", "flows?street=D1"]
)
def test_unknown_page_or_code_is_404_with_a_sentence(client, path):
    answer = client.get(f"/flows/{path}")
    assert answer.status_code == 404
    assert "<h1>" in answer.get_data(as_text=True)


def test_unknown_code_in_a_running_page_gets_a_way_on(ask):
    figure, _, texts = ask("item", "?item=<b>NOPE")
    assert figure is None
    assert "&lt;b&gt;NOPE" in texts["answer"]
    assert 'href="/flows/?lang=zh"' in texts["answer"]


def test_language_chosen_here_holds_on_the_text_pages(small_home):
    client = create_app(small_home, siblings=[]).test_client()
    assert '<html lang="en">' in client.get("/flows/?lang=en").get_data(as_text=True)
    assert '<html lang="en">' in client.get("/").get_data(as_text=True)


def _without(key):
    body = question()
    del body[key]
    return body


@pytest.mark.parametrize(
    "body",
    [
        {}, [], "text", 7, _without("output"), _without("outputs"), _without("inputs"),
        _without("state"),
        question() | {"output": "screen.data"}, question() | {"outputs": {}}, question() | {"inputs": []},
        question() | {"inputs": [{"value": 1}, {"value": {"lang": "zh", "narrow": False}}]},
        question(lang="fr"), question(lang=None), question(narrow="yes"), question(page="nope"),
        question() | {"state": [{"value": None}]},
    ],
)  # fmt: skip
def test_request_that_no_page_sends_is_refused(client, body):
    assert client.post(ASK, json=body).status_code == 400


def test_request_that_is_no_json_is_refused(client):
    assert client.post(ASK, data=b"\xff", content_type="application/json").status_code == 400
    assert client.post(ASK, data=b"x").status_code == 415
    assert client.get("/flows/_dash-component-suites/os/x.js").status_code == 404
    assert client.get("/flows/_dash-component-suites/dash/../../secret.js").status_code == 404


def test_two_books_in_one_process_stay_apart(small_home, empty_archive_home, client):
    archive = create_app(empty_archive_home, siblings=[]).test_client()
    assert 'class="book archive"' in archive.get("/flows/").get_data(as_text=True)
    told = archive.post(ASK, json=question()).get_json()["response"]["texts"]["data"]["answer"]
    assert 'class="empty"' in told
    assert 'class="book simulated"' in client.get("/flows/").get_data(as_text=True)
    assert (
        'class="answer"'
        in client.post(ASK, json=question()).get_json()["response"]["texts"]["data"]["answer"]
    )


@pytest.mark.parametrize("name", PAGES)
def test_empty_book_says_so_on_every_page(empty_archive_home, name):
    answer = create_app(empty_archive_home, siblings=[]).test_client().get(f"/flows/{name}")
    assert answer.status_code == 200
    assert 'class="empty"' in answer.get_data(as_text=True)


def test_facts_are_escaped():
    row = ["<script>", "<b>", 3]
    columns = [parts.Column("<i>"), parts.Column("b"), parts.Column("n", True)]
    made = parts.table('"><img>', "&", columns, [row], row)
    assert not re.search(r"<(script|b|i|img)>", made)
    assert made.count("&lt;script&gt;") == 2


def test_the_lists_groups_hold_every_fate_once():
    grouped = [fate for _, fates in GROUPS for fate in fates]
    assert sorted(grouped) == sorted(FATE)


def test_every_label_is_used_and_every_used_one_exists():
    used = "".join(p.read_text() for p in [*CODE.glob("*.py"), *CODE.glob("templates/*.html")])
    exact = set(re.findall(r"""["'](dash\.[a-z_.]+)["']""", used))
    stems = set(re.findall(r"""["'](dash\.[a-z_.]*)\{""", used))
    known = {key for key in LABELS if key.startswith("dash.")}
    assert exact - known == set()
    assert [key for key in known - exact if not any(key.startswith(stem) for stem in stems - {"dash."})
            and key.removeprefix("dash.").partition(".")[0] not in {page.key for page in PAGES.values()}
            and f'"{key.removeprefix("dash.")}"' not in used] == []  # fmt: skip
