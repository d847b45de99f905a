"""The small book of the pages' tests, and a way to ask the dashboard as its own script does."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from dashboard.app import create_app
from tests.dashboard.pages.conftest import Page

ASK = "/flows/_dash-update-component"


@pytest.fixture(scope="session")
def client(small_home):
    return create_app(small_home, siblings=[]).test_client()


def question(page="", search="", narrow=False, lang="zh") -> dict[str, Any]:
    """What Dash's script in the browser sends when the address changes."""
    return {
        "output": "..picture.children...texts.data..",
        "outputs": [{"id": "picture", "property": "children"}, {"id": "texts", "property": "data"}],
        "inputs": [
            {"id": "address", "property": "search", "value": search},
            {"id": "screen", "property": "data", "value": {"narrow": narrow, "lang": lang}},
        ],
        "changedPropIds": ["address.search"],
        "state": [{"id": "address", "property": "pathname", "value": f"/flows/{page}"}],
    }


@pytest.fixture
def ask(client):
    """`ask(page, search)`: (the figure or None, its caption, the texts)."""

    def asked(page="", search="", **options):
        answer = client.post(ASK, json=question(page, search, **options))
        assert answer.status_code == 200, answer.get_data(as_text=True)[:300]
        told = answer.get_json()["response"]
        drawn = told["picture"]["children"]
        if drawn is None:
            return None, "", told["texts"]["data"]
        caption, frame, _ = drawn["props"]["children"]
        words = " ".join(part["props"]["children"] for part in caption["props"]["children"])
        return frame["props"]["children"]["props"]["figure"], words, told["texts"]["data"]

    return asked


def tables(text: str) -> list[list[list[str]]]:
    """Rows of every table in some HTML, heads and totals among them, read by nothing of ours."""
    return [t["thead"] + t["tbody"] + t["tfoot"] for t in Page(text).tables]


def words(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", text))
