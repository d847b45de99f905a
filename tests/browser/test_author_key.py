"""A center's key on its own phone: made and kept there, enrolled by a code, signing what is then taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.app import create_app
from dashboard.proofs.enrolling import WrongCodes, enrolling_blueprint
from ledger import authors
from ledger.domain.entries import Command
from ledger.record import Record
from tests.browser.watching import DESKTOP, PHONE, watched
from tests.ledger.store import books
from tests.ledger.store.books import ORIGIN, Place
from tests.serving import serving

AUTHOR = "const author = await import('/static/author.js');"


@pytest.fixture(scope="module")
def served(tmp_path_factory, free_port) -> Iterator[tuple[str, Record]]:
    """Address and record of a small served book."""
    home = tmp_path_factory.mktemp("author") / "book"
    record = Place(home).create()
    books.accept(record, books.registers())
    app = create_app(home)
    with serving(app, free_port(), threads=2) as origin:
        yield origin, record
    record.close()


@pytest.fixture
def phone(browser, served) -> Iterator[Any]:
    """The page in a browser that has been nowhere."""
    context = browser.new_context(locale="zh-CN")
    yield context.new_page()
    context.close()


def author(page, act: str, told: Any = None) -> Any:
    """What a line with `author`, `origin` and `told` gives in the page."""
    return page.evaluate(f"async ([origin, told]) => {{ {AUTHOR} {act} }}", [ORIGIN, told])


def enroll(page, address: str, record: Record, place: str = "C1") -> str:
    """Through the page, as a person would; gives the key's id."""
    code = authors.invite(record, place).code
    page.goto(f"{address}/enroll")
    page.fill("#code", f" {code.lower()} ")
    page.click("#go")
    page.click("#make")
    page.wait_for_selector("#key", state="visible")
    return page.inner_text("#key").replace(" ", "")


def test_key_is_made_enrolled_kept_and_cannot_be_had(served, phone):
    address, record = served
    key = enroll(phone, address, record)
    facts = {each.key: each for each in authors.keys_of(record, "C1")}[key]
    assert (facts.custody, facts.is_live) == ("device", True)
    phone.reload()  # and later
    told = author(phone, "return author.ensureKey(origin, 'C1')")
    assert told == {"key": key, "publicKey": facts.public_key}
    assert author(phone, "return author.publicKey(origin, 'C1')") == facts.public_key
    assert author(phone, "return author.publicKey(origin, 'H1')") is None
    opening = """const database = await new Promise((done) => {
        const request = indexedDB.open('mingzhang-author');
        request.onsuccess = () => done(request.result); });
      const kept = await new Promise((done) => {
        const request = database.transaction('keys').objectStore('keys').get([origin, 'C1']);
        request.onsuccess = () => done(request.result); });
      const had = await Promise.all(['raw', 'pkcs8', 'jwk'].map((form) =>
        crypto.subtle.exportKey(form, kept.privateKey).then(() => form, (error) => error.name)));
      return [kept.privateKey.extractable, ...had];"""
    assert author(phone, opening) == [False, *["InvalidAccessError"] * 3]
    assert (
        author(phone, "await author.forgetKey(origin, 'C1'); return author.publicKey(origin, 'C1')") is None
    )


def test_signed_command_is_taken_and_a_changed_one_is_not(served, phone):
    address, record = served
    key = enroll(phone, address, record)
    line = {"item": "M", "quantity": 150, "lot_number": '名\u2003A\\"é', "expiry": "2027-05-31"}
    body = {"place": "C1", "lines": [line]}
    made = books.command("StockOpened", "signed in a browser", body)
    command = Command(made.kind, made.id, made.occurred_at, {"role": "storekeeper", "place": "C1"}, body)
    sig = author(phone, "return author.sign(origin, told)", command.as_dict())
    assert sig["key"] == key
    other = {**body, "lines": [{**line, "quantity": 151}]}
    (changed,) = record.write(
        [Command(command.kind, command.id, command.occurred_at, command.actor, other, sig)]
    )
    assert [violation.rule for violation in changed.violations] == ["bad_signature"]
    (written,) = record.write(
        [Command(command.kind, command.id, command.occurred_at, command.actor, body, sig)]
    )
    assert written.entry is not None
    assert written.entry.command.sig == sig
    for wrong in ({**command.as_dict(), "index": 3}, {**command.as_dict(), "body": {"quantity": 1.5}}):
        refused = author(
            phone, "return author.sign(origin, told).then(() => 'signed', (error) => error.name)", wrong
        )
        assert refused == "TypeError"
    unknown = {**command.as_dict(), "actor": {"role": "center", "place": "H1"}}
    assert author(phone, "return author.sign(origin, told).catch((error) => error.code)", unknown) == "no_key"


def test_phone_that_was_found_again_gets_a_new_key(served, phone):
    """A revoked key is never enrolled again, and the code that once enrolled it is no help."""
    address, record = served
    lost = enroll(phone, address, record)
    used = phone.input_value("#code")
    authors.revoke(record, "C1", lost, "lost")
    for code, problem in ((used, "code"), (authors.invite(record, "C1").code, None)):
        phone.goto(f"{address}/enroll")
        phone.fill("#code", code)
        phone.click("#go")
        phone.click("#make")
        if problem:
            assert shown(phone) == problem
    phone.wait_for_selector("#key", state="visible")
    fresh = phone.inner_text("#key").replace(" ", "")
    live = {known.key for known in authors.keys_of(record, "C1") if known.is_live}
    assert fresh in live
    assert lost not in live
    assert author(phone, "return (await author.ensureKey(origin, 'C1')).key") == fresh


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_page_stands_in_three_steps(browser, served, lang):
    address, record = served
    code = authors.invite(record, "H1").code
    with watched(browser, address, PHONE) as seen:
        seen.open(f"/enroll?lang={lang}")
        for name in ("code", "make", "done"):
            assert seen.page.is_visible(f"[data-step={name}]")
            assert seen.run("document.documentElement.scrollWidth - innerWidth") <= 0
            seen.keep(f"enroll-{name}.{lang}-360")
            if name == "code":
                assert lang == "en" or seen.axe() == []
                seen.page.fill("#code", code)
                seen.page.click("#go")
                seen.page.wait_for_selector("#make", state="visible")
                assert "Hospital" in seen.page.inner_text("[data-step=make]")
            elif name == "make":
                seen.page.click("#make")
                seen.page.wait_for_selector("#key", state="visible")
        seen.turn(DESKTOP)
        assert lang == "zh" or seen.axe() == []
        seen.keep(f"enroll-done.{lang}-1440")
        seen.run(f"(async () => {{ {AUTHOR} await author.forgetKey({ORIGIN!r}, 'H1'); }})()")
        assert seen.problems == []


def shown(page) -> str:
    page.wait_for_selector("[data-problem]:not([hidden])")
    return page.get_attribute("[data-problem]:not([hidden])", "data-problem")


def test_each_problem_is_told_and_costs_no_code(served, phone):
    address, record = served
    key = enroll(phone, address, record)
    code = authors.invite(record, "C1").code
    phone.goto(f"{address}/enroll")
    phone.fill("#code", "7K3M-Q9TX-02HD-W8RN")
    phone.click("#go")
    assert shown(phone) == "code"
    assert phone.input_value("#code") == "7K3M-Q9TX-02HD-W8RN"
    phone.fill("#code", code)
    phone.click("#go")
    phone.click("#make")
    assert shown(phone) == "known"
    phone.context.set_offline(True)
    phone.click("#make")
    phone.wait_for_selector("[data-problem=offline]", state="visible")
    phone.context.set_offline(False)
    author(phone, "await author.forgetKey(origin, 'C1')")
    phone.evaluate("() => { crypto.subtle.generateKey = () => Promise.reject(new Error('not here')) }")
    phone.click("#make")
    phone.wait_for_selector("[data-problem=unsupported]", state="visible")
    phone.reload()
    phone.fill("#code", code)
    phone.click("#go")
    phone.click("#make")
    phone.wait_for_selector("#key", state="visible")
    again = phone.inner_text("#key").replace(" ", "")
    assert again != key
    assert authors.keys_of(record, "C1")[-1].key == again


def test_wrong_codes_are_held_back_for_a_while(served, monkeypatch):
    _, record = served
    from flask import Flask

    app = Flask("test")
    app.register_blueprint(enrolling_blueprint(record))
    client = app.test_client()
    for _ in range(WrongCodes.LIMIT):
        assert client.post("/enroll/place", json={"code": "0"}).status_code == 404
    held = client.post("/enroll/place", json={"code": "0"})
    assert (held.status_code, held.json) == (429, {"problem": "wait"})
    assert 0 < int(held.headers["Retry-After"]) <= WrongCodes.SECONDS + 1
    elsewhere = {"REMOTE_ADDR": "192.0.2.1"}
    assert client.post("/enroll/place", json={"code": "0"}, environ_base=elsewhere).status_code == 404
    monkeypatch.setattr(WrongCodes, "SECONDS", 0)
    assert client.post("/enroll/place", json={"code": "0"}).status_code == 404
    for body in ({"code": 5}, {}, [], {"code": "0", "more": "1"}):
        assert client.post("/enroll/place", json=body).status_code == 400
    assert client.post("/enroll/place", data="code=0").status_code == 400
    assert client.post("/enroll/place", json={"code": "0" * 5000}).status_code in (400, 413)
