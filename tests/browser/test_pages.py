"""Every public page of both demo books, as a person with a phone and one with a desk would see it.

`MZ_SCREENS=1` keeps a picture of each in var/screens.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache

import pytest

from ledger.record import Record
from tests.browser.conftest import served
from tests.browser.watching import DESKTOP, PHONE, watched
from tests.dashboard.trace.conftest import GIVEN, make_donor_book

DISTRICT = [
    "/", "/centers/", "/centers/990101001-01", "/centers/990101001-01/story?item=PPE-05", "/items/",
    "/items/PPE-02", "/entries/", "/entries/100", "/method", "/verify", "/trace/",
    "/trace/?code=2025-00231-0", "/trace/2025-00231-6", "/trace/2025-00231-6/receipt", "/flows/",
    "/flows/flows", "/flows/flows?street=990101001&source=donated", "/flows/map", "/flows/center",
    "/flows/item", "/flows/shortages",
]  # fmt: skip
ARCHIVE = [
    "/", "/items/", "/entries/", "/method", "/verify", "/trace/2020-00001-9", "/flows/", "/flows/flows",
    "/flows/item",
]  # fmt: skip
PAGES = [("district", path) for path in DISTRICT] + [("archive", path) for path in ARCHIVE]
SOAK = os.environ.get("MZ_HYPOTHESIS") == "soak"
# Draws a character and a code point that no font has, in a font; are they the same picture?
IS_TOFU = """([font, character]) => {
  const draw = (text) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 48, height: 48 });
    const pen = canvas.getContext('2d');
    pen.font = '32px ' + font;
    pen.fillText(text, 4, 36);
    return canvas.toDataURL();
  };
  return draw(character) === draw('\\u{10ffff}') || draw(character) === draw('');
}"""


# Names of table rows that stand in so narrow a column that they break inside words.
SQUEEZED = """() => [...document.querySelectorAll('tbody th[scope=row]')]
  .filter((name) => name.getBoundingClientRect().width < 120 && name.innerText.length > 12)
  .map((name) => name.innerText)"""


@cache
def system_has_chinese() -> bool:
    """Whether some installed font draws Chinese; then the vendored one is not needed."""
    return bool(subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True).stdout.strip())


def stands(seen, name, kind, lang):
    """What holds for a page at any width."""
    seen.keep(name)
    assert seen.problems == []
    assert seen.run("document.documentElement.scrollWidth - innerWidth") <= 0
    assert seen.run("document.documentElement.lang") == ("zh-Hans" if lang == "zh" else "en")
    assert seen.page.title().strip()
    assert seen.run("[...document.querySelectorAll('h1')].map((h) => h.innerText.trim() !== '')") == [True]
    assert seen.page.locator(f"aside.book.{kind}").is_visible()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("book", "path"), PAGES, ids=lambda value: value)
def test_page_stands_on_a_phone_and_on_a_desk(browser, request, book, path, lang):
    kind = "simulated" if book == "district" else "archive"
    with watched(browser, request.getfixturevalue(book), PHONE) as seen:
        assert seen.open(path + ("&" if "?" in path else "?") + f"lang={lang}") == 200
        stands(seen, f"{book}{path}.{lang}-phone", kind, lang)
        if lang == "zh":
            assert seen.axe() == []
        if not SOAK and PAGES.index((book, path)) % 2 == (lang == "zh"):
            return  # at the desk in the other language; `make soak` looks at both
        seen.turn(DESKTOP)
        stands(seen, f"{book}{path}.{lang}-desk", kind, lang)
        assert seen.run(SQUEEZED) == []
        assert seen.axe() == []


@pytest.mark.parametrize("path", ["/trace/2025-00231-6/receipt", "/trace/2026-00019-0/receipt"])
def test_the_receipt_is_one_a5_page(browser, district, path):
    with watched(browser, district) as seen:
        seen.open(path)
        paper = seen.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    width, height = (float(n) for n in re.search(rb"/MediaBox\s*\[0 0 (\S+) (\S+)\]", paper).groups())
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (148, 210)


def test_a_donor_s_private_page_stands_and_its_switches_turn(browser, made_once, tmp_path, free_port):
    home = shutil.copytree(made_once("donor-book", make_donor_book) / "book", tmp_path / "book")
    record = Record.open(home)
    path = f"/gift/{record.make_link(GIVEN)}"
    record.close()
    with served(home, free_port()) as origin, watched(browser, origin, PHONE) as seen:
        for lang, size in (("zh", PHONE), ("en", DESKTOP)):
            seen.page.set_viewport_size({"width": size[0], "height": size[1]})
            assert seen.open(f"{path}?lang={lang}") == 200
            stands(seen, f"gift.{lang}", "simulated", lang)
            assert seen.axe() == []
        for told in ("Public pages show the name: Example Giver", "Public pages say"):
            seen.page.locator("form", has=seen.page.locator("#switch-name")).get_by_role("button").click()
            assert told in seen.page.locator("#state-name").inner_text()
            assert "Changed, as entry" in seen.page.locator("#shows [role=status]").inner_text()
        seen.page.get_by_label("I understand").check()
        seen.page.get_by_role("button", name="Destroy my data").click()
        assert "destroyed" in seen.page.locator("#forget [role=status]").inner_text()
        assert seen.axe() == []
        assert seen.problems == []


@pytest.mark.parametrize(
    ("book", "path"), [("district", "/"), ("district", "/flows/flows"), ("archive", "/items/")]
)
def test_chinese_is_drawn_from_here(browser, request, book, path):
    with watched(browser, request.getfixturevalue(book)) as seen:
        seen.open(path + "?lang=zh")
        font = seen.run("getComputedStyle(document.body).fontFamily")
        assert [c for c in "明账物资口罩" if seen.run(IS_TOFU, [font, c])] == []
        for selector in ("h1", ".mark", *([".annotation-text"] if book == "district" else [])):
            drawn = seen.fonts(selector)
            assert drawn, selector
            vendored = any(family.startswith("Noto Sans SC") and is_web_font for family, is_web_font in drawn)
            assert vendored or system_has_chinese(), (selector, drawn)
        for weight in (400, 600):
            assert seen.run(f"document.fonts.check('{weight} 17px \"Noto Sans SC\"', '明账')")
