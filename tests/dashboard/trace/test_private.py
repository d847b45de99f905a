"""The donor's private page: what it shows, what it writes, and what leaves every page at once."""

from __future__ import annotations

import json
import re

import pytest

from dashboard.trace.barring import WrongLinks
from tests.dashboard.trace.conftest import GIVEN, NAMES, PARTIES, SALT, read

REGISTERS = 11  # entries before the first that speaks of a donor
PUBLIC = (
    "/", "/centers/", "/items/", "/items/PPE-02", "/entries/", f"/trace/{GIVEN}", f"/trace/{GIVEN}?all=1",
    f"/trace/{GIVEN}/receipt", "/verify", "/method",
)  # fmt: skip


@pytest.fixture
def record(own_app):
    return own_app.extensions["mingzhang"]


@pytest.fixture
def link(record):
    return f"/gift/{record.make_link(GIVEN)}"


@pytest.fixture
def own_client(own_app):
    return own_app.test_client()


def form(client, link, part=None):
    """The hidden fields of the form for `part`, or of the one that forgets."""
    text = client.get(link).get_data(as_text=True)
    for one in re.findall(r"<form.*?</form>", text, re.S):
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', one))
        if fields.get("show") == part and "csrf" in fields:
            return fields
    raise AssertionError(f"no form for {part}")


def turn(client, link, part):
    fields = form(client, link, part)
    answer = client.post(f"{link}/show", data=fields)
    assert answer.status_code == 303
    return fields


def all_public_bytes(client, record):
    """What the public may see of donors: pages in both languages, and the entries themselves."""
    indexes = range(REGISTERS, record.size)
    paths = [*PUBLIC, *(f"/entries/{index}" for index in indexes)]
    asked = [f"{path}{'&' if '?' in path else '?'}lang={lang}" for path in paths for lang in ("zh", "en")]
    asked += [f"/entries/{index}.json" for index in indexes]
    return b"".join(client.get(address).data for address in asked).decode()


def named(text):
    return [name for name in NAMES if name in text]


def test_it_is_for_its_owner_alone(own_client, link):
    answer = own_client.get(link)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "ETag" not in answer.headers
    text = answer.get_data(as_text=True)
    assert '<meta name="robots" content="noindex, nofollow">' in text
    assert GIVEN in text
    assert link.split("/")[-1] not in own_client.get(f"/trace/{GIVEN}").get_data(as_text=True)


def test_a_name_is_shown_only_while_the_donor_wants_it(own_client, link, record):
    assert named(all_public_bytes(own_client, record)) == []
    before = own_client.get(f"/trace/{GIVEN}").headers["ETag"]
    turn(own_client, link, "name")
    assert own_client.get(f"/trace/{GIVEN}", headers={"If-None-Match": before}).status_code == 200
    shown = all_public_bytes(own_client, record)
    assert "示例善人&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "Example Giver &amp; &lt;b&gt;Sons&lt;/b&gt;" in shown
    assert "<script>alert" not in shown
    for path in (f"/trace/{GIVEN}", f"/trace/{GIVEN}/receipt", "/entries/13"):
        assert "示例善人&lt;script&gt;" in own_client.get(f"{path}?lang=zh").get_data(as_text=True)
    turn(own_client, link, "name")
    assert named(all_public_bytes(own_client, record)) == []
    assert "a donor who asked not to be named" in read(own_client, f"/trace/{GIVEN}?lang=en").text


def test_each_switch_writes_one_entry_and_a_second_press_none(own_client, link, record):
    for part in ("name", "item", "amount"):
        size = record.size
        fields = turn(own_client, link, part)
        entry = json.loads(own_client.get(f"/entries/{size}.json").data)
        assert entry["kind"] == "ConsentChanged"
        shown = fields["value"] == "1"
        assert entry["body"] == {"gift": GIVEN, "show": {part: shown}, "basis": "private_link"}
        assert entry["actor"] == {"role": "donor", "place": None}
        again = own_client.post(f"{link}/show", data=fields)
        assert (again.status_code, record.size) == (303, size + 1)
        assert form(own_client, link, part)["value"] == ("0" if shown else "1")


def test_a_gift_s_page_keeps_quiet_about_goods_and_amounts_when_asked(own_client, link):
    turn(own_client, link, "name")
    turn(own_client, link, "amount")
    page = read(own_client, f"/trace/{GIVEN}?lang=en")
    assert "Of the Surgical mask: 64% issued for use" in page.text
    assert "1,000" not in page.text
    assert page.tables == []
    turn(own_client, link, "item")
    page = read(own_client, f"/trace/{GIVEN}?lang=en")
    assert "Surgical mask" not in page.text
    assert "not say what was given and how much" in page.text
    paper = read(own_client, f"/trace/{GIVEN}/receipt").text
    assert "Surgical mask" not in paper
    assert "1,000" not in paper
    assert "示例善人" in paper
    entry = own_client.get("/entries/13?lang=en").get_data(as_text=True)  # it tells goods, so it names nobody
    assert "Surgical mask" in entry
    assert named(entry) == []


@pytest.mark.parametrize(
    "spoilt",
    [{"csrf": ""}, {"csrf": "0" * 64}, {"show": "salt"}, {"value": "2"}, {"value": ""}, {"id": "x"}],
    ids=str,
)
def test_a_form_that_is_not_this_page_s_writes_nothing(own_client, link, record, spoilt):
    size = record.size
    for address in ("show", "forget") if "csrf" in spoilt else ("show",):
        fields = form(own_client, link, "name") | spoilt | {"sure": "1"}
        assert own_client.post(f"{link}/{address}", data=fields).status_code == 400
    assert record.size == size
    assert record.opening(party="P-1") is not None


def test_another_link_s_token_does_not_fit(own_client, link, record):
    other = f"/gift/{record.make_link(GIVEN)}"
    assert own_client.post(f"{link}/show", data=form(own_client, other, "name")).status_code == 400


def test_the_opening_is_what_the_commitment_was_made_of(own_client, link):
    answer = own_client.get(f"{link}/party.opening.json")
    assert json.loads(answer.data) == {"salt": SALT, "data": PARTIES["P-1"]}
    assert ".opening.json" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert own_client.get(f"{link}/gift.opening.json").status_code == 404
    assert own_client.get(f"{link}/salt.opening.json").status_code == 404


def test_being_forgotten_needs_a_yes_and_then_is_done(own_client, link, record):
    fields = form(own_client, link)
    unsure = own_client.post(f"{link}/forget", data=fields)
    assert unsure.status_code == 400
    assert "没有销毁" in unsure.get_data(as_text=True)
    assert record.opening(party="P-1") is not None
    turn(own_client, link, "name")
    assert own_client.post(f"{link}/forget", data=fields | {"sure": "1"}).status_code == 303
    assert record.opening(party="P-1") is None
    assert named(all_public_bytes(own_client, record)) == []
    page = own_client.get(f"{link}?lang=zh").get_data(as_text=True)
    assert "已经从这本账的数据库里销毁" in page
    assert "没有开启文件" in page
    assert "DataErased" in [json.loads(data)["kind"] for data in record.entries()]
    assert own_client.get(f"{link}/party.opening.json").status_code == 404


def test_an_unknown_and_a_revoked_link_say_the_same(own_client, link, record):
    unknown = own_client.get("/gift/no-such-link")
    record.revoke_links(GIVEN)
    revoked = own_client.get(link)
    assert (unknown.status_code, revoked.status_code) == (404, 404)
    for answer in (unknown, revoked):
        assert "这个私人链接不存在，或者已经作废" in answer.get_data(as_text=True)
        assert answer.headers["Cache-Control"] == "no-store"


def test_wrong_links_are_barred_for_a_minute(own_client, link):
    answers = [own_client.get(f"/gift/wrong{n}").status_code for n in range(21)]
    assert answers == [404] * 20 + [429]
    barred = own_client.get("/gift/wrong21")
    assert (barred.status_code, barred.headers["Retry-After"]) == (429, "60")
    assert own_client.get("/gift/wrong22", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 404
    assert own_client.get(link).status_code == 200, "a right link opens, whoever else guesses from there"


def test_a_minute_later_all_is_forgiven():
    now = [0.0]
    wrong = WrongLinks(most=2, seconds=60, clock=lambda: now[0])
    for _ in range(2):
        assert not wrong.is_barred("a")
        wrong.count("a")
    assert wrong.is_barred("a")
    assert not wrong.is_barred("b")
    now[0] = 60.0
    assert not wrong.is_barred("a")
