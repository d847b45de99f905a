"""The witness's own page: what it says in both languages, and how it stands on a phone."""

from __future__ import annotations

import re

import pytest

from dashboard.witness import create_witness_app
from dashboard.witness.words import LABELS
from ledger.tlog.note import Signer, VerifierKey
from ledger.witnessing.held import origin_hash
from ledger.witnessing.witness import Witness
from tests.browser.watching import DESKTOP, PHONE, watched
from tests.ledger.witnessing.logs import ORIGIN, VKEY, Tree, entries_of
from tests.witnesses import start_witness

NAME = "charity.example/w"
NOW = 1_772_000_000  # 25 February 2026, 14:13:20 in Beijing
OTHER = Signer.generate("other.example/log")
HONEST = Tree(entries_of(1_250))
FORK = Tree(entries_of(1_250, "other "))


@pytest.fixture
def witness(tmp_path) -> Witness:
    return Witness.open(
        tmp_path / "w", NAME, [VerifierKey.parse(VKEY), OTHER.verifier], post_quantum=True
    )


def text_of(witness: Witness, lang: str, now: float = NOW + 300) -> str:
    answer = create_witness_app(witness, lambda: now).test_client().get(f"/?lang={lang}")
    assert answer.status_code == 200
    assert "script" not in answer.text
    body = re.sub(r"<head>.*?</head>|<[^>]+>", " ", answer.text, flags=re.S)
    return " ".join(body.split())


def ask(witness: Witness, tree: Tree, old: int, new: int) -> int:
    return witness.add_checkpoint(tree.request(old, new), lambda: NOW).status


def test_before_anything_was_confirmed(witness):
    assert "has confirmed nothing yet" in text_of(witness, "en")
    assert "还没有确认过任何记录" in text_of(witness, "zh")


def test_what_was_confirmed_and_when(witness):
    ask(witness, HONEST, 0, 1_234)
    english, chinese = text_of(witness, "en"), text_of(witness, "zh")
    told = "Confirmed: the first 1,234 entries , 25 February 2026, 14:13 (Beijing time, 5 minutes ago)."
    assert told in english
    assert "已确认前 1,234 条记录 ，2026 年 2 月 25 日 14:13（北京时间，5 分钟前）。" in chinese
    for text in (english, chinese):
        assert witness.logs[ORIGIN].read().checkpoint.root_base64 in text
        assert all(key in text for key in witness.verifier_keys())
        assert f"witness {NAME} {witness.verifier_keys()[0]} http://localhost" in text


def test_a_log_that_stopped_asking(witness):
    ask(witness, HONEST, 0, 1_000)
    assert "has not asked again" not in text_of(witness, "en", NOW + 80_000)
    assert "It has not asked again for 3 days" in text_of(witness, "en", NOW + 3 * 86_400)
    assert "此后已经 3 天没有再来请求确认" in text_of(witness, "zh", NOW + 3 * 86_400)


def test_a_lie_and_a_bad_proof_are_two_things(witness):
    ask(witness, HONEST, 0, 1_000)
    assert ask(witness, FORK, 1_000, 1_200) == 422
    text = text_of(witness, "en")
    assert "came without a proof that it goes on" in text
    assert "in trouble" not in text
    assert ask(witness, FORK, 1_000, 1_000) == 409
    assert "1 of them is in trouble" in text_of(witness, "en")
    assert "This record has said two different things." in text_of(witness, "en")
    assert "这本账说过两种不同的话" in text_of(witness, "zh")


def test_a_damaged_state_says_so(tmp_path, witness):
    ask(witness, HONEST, 0, 1_000)
    (tmp_path / "w/logs" / origin_hash(ORIGIN) / "checkpoint").unlink()
    assert "is damaged, so it confirms nothing more of it" in text_of(witness, "en")
    assert "坏了" in text_of(witness, "zh")


def test_every_word_is_there_twice():
    for key, (chinese, english) in LABELS.items():
        assert set(re.findall(r"{(\w+)", chinese)) >= set(re.findall(r"{(\w+)", english)) - {"bad_are"}, key
        assert re.search(r"[一-鿿]", chinese) or key == "language", key


def test_it_stands_on_a_phone_and_on_a_desk(browser, tmp_path):
    long = Signer.generate("a-record-with-quite-a-long-name.health.example/district-of-the-middle/2026")
    with start_witness(tmp_path / "w", NAME, [VKEY, str(long.verifier)], ml_dsa=True) as started:
        witness = Witness.open(tmp_path / "w")
        for tree, old, new in ((HONEST, 0, 1_000), (FORK, 1_000, 1_000), (FORK, 1_000, 1_200)):
            ask(witness, tree, old, new)
        with watched(browser, started.url) as seen:
            for size, lang in ((PHONE, "zh"), (DESKTOP, "zh"), (DESKTOP, "en"), (PHONE, "en")):
                seen.page.set_viewport_size({"width": size[0], "height": size[1]})
                assert seen.open(f"/?lang={lang}") == 200
                seen.run("document.querySelector('details').open = true")
                seen.keep(f"witness.{lang}-{size[0]}")
                assert seen.problems == []
                assert seen.run("document.documentElement.scrollWidth - innerWidth") <= 0
                assert seen.run("document.documentElement.lang") == ("zh-Hans" if lang == "zh" else "en")
                assert seen.run("getComputedStyle(document.querySelector('.mark')).fontWeight") == "600"
                if size == PHONE:
                    assert seen.axe() == []
            seen.page.click("a.lang")
            assert seen.run("document.documentElement.lang") == "zh-Hans"
