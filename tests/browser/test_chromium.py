"""The browser itself: it starts, renders, and shows Chinese from the vendored font alone."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

FONTS = Path(__file__).parents[2] / "dashboard" / "static" / "vendor" / "noto-sans-sc"


@pytest.mark.parametrize("weight", [400, 600])
def test_vendored_font_draws_chinese(browser, weight):
    font = base64.b64encode((FONTS / f"noto-sans-sc-{weight}.woff2").read_bytes()).decode()
    page = browser.new_page(viewport={"width": 300, "height": 200})
    page.set_content(
        f"<style>@font-face{{font-family:N;font-weight:{weight};src:url(data:font/woff2;base64,{font})}}"
        f"p{{font:{weight} 32px N;margin:9px;width:40px}}</style><p>明</p><p>\U0010ffff</p>"
    )
    page.wait_for_function("document.fonts.status === 'loaded'")
    assert page.evaluate(f"document.fonts.check('{weight} 32px N', '明账物资口罩 N95 0123456789')")
    glyphs = [p.screenshot() for p in page.locator("p").all()]
    assert glyphs[0] != glyphs[1], "the glyph is the box that stands for a missing one"
    page.close()
