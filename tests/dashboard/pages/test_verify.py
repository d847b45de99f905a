"""How to check the record without us: on /verify, and whose word an entry is."""

from __future__ import annotations

import pytest

from dashboard.labels import LABELS
from dashboard.pages.verify import CANNOT, DEEDS
from ledger.authors.custody import enroll, revoke, sign_for
from ledger.domain.entries import Command
from ledger.domain.ids import new_id
from ledger.domain.instants import format_instant
from tests.dashboard.pages.conftest import CENTERS
from tests.dashboard.trace.conftest import GIVEN, write
from tests.dashboard.trace.conftest import read as read_of


def test_it_tells_all_that_is_noticed_and_all_that_is_not(read):
    for column, lang in enumerate(("zh", "en")):
        page = read(f"/verify?lang={lang}")
        for key in (*(f"deed.{deed}" for deed in DEEDS), *(f"deed.{deed}.who" for deed in DEEDS)):
            assert LABELS[key][column] in page.text
        told = {"zh": "一箱货从来没记下过", "en": "A box that was never written down"}
        assert told[lang] in page.text
        assert len(CANNOT) == 7


def test_commands_name_the_key_and_the_address(own_home, own_app):
    vkey = (own_home / "log.vkey").read_text().strip()
    page = read_page(own_app, "/verify?lang=en")
    for command in (
        f"mingzhang verify receipt FILE --vkey '{vkey}'",
        f"mingzhang verify --base http://localhost/log --vkey '{vkey}'",
        f"mingzhang witness DIR --name NAME --log '{vkey}'",
        f"mingzhang monitor http://localhost/log --vkey '{vkey}' --state DIR",
    ):
        assert command in page.text
    (own_home / "public-url").write_text("https://book.example/log\n")
    assert "--base https://book.example/log " in read_page(own_app, "/verify").text
    assert f"https://book.example/trace/{GIVEN}" in read_page(own_app, f"/trace/{GIVEN}/receipt").text


def test_every_witness_has_its_line(own_home, own_app, confirmed_by):
    witnesses = confirmed_by(own_home, 3, needed=2)
    record = own_app.extensions["mingzhang"]
    record.checkpoint()
    witnesses[2].stop()
    write(own_app, "DayConfirmed", {"place": "D1", "day": "2026-02-01"})
    record.checkpoint()
    page = read_page(own_app, "/verify?lang=en")
    rows = page.tables[0]["tbody"]
    assert [row[0] for row in rows] == [witness.name for witness in witnesses]
    assert [int(row[1]) for row in rows] == [record.size, record.size, record.size - 1]
    assert [row[3] == "answered" for row in rows] == [True, True, False]
    assert f"the first {record.size} are confirmed by 2 outside witnesses" in page.text
    assert "mingzhang verify --base http://localhost/log --policy policy" in page.text


@pytest.mark.parametrize(
    ("reason", "after"), [("retired", "author.signed"), ("stolen", "author.signed_then_doubted")]
)
def test_an_entry_says_whose_word_it_is(own_app, reason, after):
    record, client, place = own_app.extensions["mingzhang"], own_app.test_client(), CENTERS[0]

    def says(entry):
        text = client.get(f"/entries/{entry.index}?lang=en").get_data(as_text=True)
        return [key for key in LABELS if key.startswith("author.") and LABELS[key][1] in text]

    day = {"place": place, "day": "2026-02-01"}
    before = write(own_app, "DayConfirmed", day, place=place)
    key = enroll(record, place)
    actor = {"role": "storekeeper", "place": place}
    command = Command("DayConfirmed", new_id(), format_instant(record.now()), actor, day)
    signed = record.write([sign_for(record, command)])[0].entry
    unsigned = write(own_app, "DayConfirmed", day, place=place)
    assert says(before) == ["author.unsigned"]
    assert says(signed) == ["author.signed"]
    assert says(unsigned) == ["author.unsigned_though_enrolled"]
    revoke(record, place, key, reason)
    assert says(signed) == [after]


def read_page(app, path):
    return read_of(app.test_client(), path)
