"""A browser page that remembers what went wrong: other origins asked, console messages, failed requests."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

PHONE, DESKTOP = (360, 780), (1440, 900)
AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
# A page stands when its fonts are loaded and every figure is drawn. Text pages draw one as it comes near.
READY = """() => {
  const late = [...document.querySelectorAll('.fig')].find((figure) => !figure.querySelector('.main-svg'));
  if (late) late.scrollIntoView();
  return !late && document.fonts.status === 'loaded' && !document.querySelector('.awaits:not(:has(.fig))');
}"""


# A figure's own width is its place's.
FITS = """() => [...document.querySelectorAll('.fig .js-plotly-plot')].every((graph) => {
  const drawn = graph.querySelector('.main-svg');
  return drawn && Math.abs(drawn.getBoundingClientRect().width - graph.clientWidth) < 2;
})"""


@dataclass
class Watched:
    """An open page and what it did beside showing itself."""

    page: Page
    origin: str
    problems: list[str] = field(default_factory=list)

    def open(self, path: str) -> int:
        """Open a path and wait until it stands; gives the HTTP status."""
        answer = self.page.goto(self.origin + path)
        self.ready()
        assert answer is not None
        return answer.status

    def turn(self, size: tuple[int, int]) -> None:
        """Make the window another size; figures are drawn anew for it."""
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.wait_for_function(FITS, timeout=20_000)
        self.ready()

    def ready(self) -> None:
        self.page.wait_for_function(READY, timeout=20_000)

    def run(self, script: str, argument: Any = None) -> Any:
        return self.page.evaluate(script, argument)

    def axe(self) -> list[str]:
        """What axe-core calls serious or critical: rule and first element of each."""
        self.run(AXE.read_text(encoding="utf-8"))
        found = self.run("axe.run({resultTypes: ['violations']}).then((r) => r.violations)")
        return [
            f"{v['id']}: {v['nodes'][0]['html'][:200]}"
            for v in found
            if v["impact"] in ("serious", "critical")
        ]

    def fonts(self, selector: str) -> set[tuple[str, bool]]:
        """(family, whether a web font) of every font that really draws the text of an element."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("DOM.enable")
        session.send("CSS.enable")
        root = session.send("DOM.getDocument")["root"]["nodeId"]
        node = session.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
        used = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        session.detach()
        return {(font["familyName"], font["isCustomFont"]) for font in used}

    def keep(self, name: str) -> None:
        """Save a picture of the whole page for people, where MZ_SCREENS names a folder (1: var/screens)."""
        wanted = os.environ.get("MZ_SCREENS")
        if wanted:
            folder = Path(__file__).parents[2] / "var" / "screens" if wanted == "1" else Path(wanted)
            folder.mkdir(parents=True, exist_ok=True)
            file = re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-") + ".png"
            self.page.screenshot(path=folder / file, full_page=True)


@contextmanager
def watched(browser: Browser, origin: str, size: tuple[int, int] = DESKTOP) -> Iterator[Watched]:
    """A new page of that size that remembers every request to another origin, every message, every failure.

    Pages of one worker share a context: a visitor's second page has Plotly and the fonts already. (Routes
    would switch that cache off, so nothing is intercepted.)
    """
    shared = browser.contexts[0] if browser.contexts else browser.new_context(locale="zh-CN")
    page = shared.new_page()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    seen = Watched(page, origin)
    _listen(seen)
    yield seen
    page.close()


def _listen(seen: Watched) -> None:
    def asked(request: Request) -> None:
        if not request.url.startswith((seen.origin + "/", "data:", "blob:")):
            seen.problems.append(f"asked another origin: {request.url}")

    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            seen.problems.append(f"{message.type}: {message.text}")

    def answered(response: Response) -> None:
        if response.status >= 400:
            seen.problems.append(f"{response.status}: {response.url}")

    seen.page.on("request", asked)
    seen.page.on("console", said)
    seen.page.on("response", answered)
    seen.page.on("pageerror", lambda error: seen.problems.append(f"uncaught: {error}"))
    seen.page.on(
        "requestfailed", lambda request: seen.problems.append(f"failed: {request.url} {request.failure}")
    )
