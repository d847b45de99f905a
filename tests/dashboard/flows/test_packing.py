"""Dash's scripts travel packed, and come out as they were."""

from __future__ import annotations

import gzip
import re

import pytest

PLOTLY = "/flows/_dash-component-suites/plotly/package_data/plotly.min.js"


def scripts(client):
    """The addresses of Dash's scripts on a page."""
    return re.findall(
        r'src="(/flows/_dash-component-suites/[^"]+)"', client.get("/flows/flows").get_data(as_text=True)
    )


def test_every_script_of_a_page_is_packed_for_a_client_that_takes_it(client):
    for address in [*scripts(client), PLOTLY]:
        plain, packed = client.get(address), client.get(address, headers={"Accept-Encoding": "gzip, br"})
        assert plain.status_code == packed.status_code == 200
        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert "Accept-Encoding" in plain.headers["Vary"]
        assert gzip.decompress(packed.data) == plain.data
        assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2


@pytest.mark.parametrize("refusal", ["identity", "gzip;q=0"])
def test_a_client_that_takes_no_gzip_gets_none(client, refusal):
    answer = client.get(PLOTLY, headers={"Accept-Encoding": refusal})
    assert "Content-Encoding" not in answer.headers


def test_pages_and_missing_scripts_are_left_alone(client):
    take = {"Accept-Encoding": "gzip"}
    assert "Content-Encoding" not in client.get("/flows/flows", headers=take).headers
    missing = client.get("/flows/_dash-component-suites/dash/none.js", headers=take)
    assert missing.status_code >= 400
    assert "Content-Encoding" not in missing.headers
