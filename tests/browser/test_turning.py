"""The dashboard in use: a choice, Back, a click, a link passed on, no script at all, a lost connection."""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import contextmanager

from tests.browser.watching import DESKTOP, PHONE, watched

FIGURE = "(({ data, layout }) => ({ data, layout }))(document.querySelector('.js-plotly-plot'))"


def rows(seen, table):
    """The cells of one table, as they stand on the page."""
    cells = "(table) => [...table.rows].map((row) => [...row.cells].map((cell) => cell.innerText.trim()))"
    return seen.page.locator("#after table").nth(table).evaluate(cells)


def number(text):
    return int(text.replace(",", ""))


def sankey_totals(seen):
    sankey = seen.run(FIGURE)["data"][0]
    through = defaultdict(int)
    for start, end, value in zip(*(sankey["link"][k] for k in ("source", "target", "value")), strict=True):
        through[start] += value
        if end not in sankey["link"]["source"]:
            through[end] += value
    return {sankey["node"]["customdata"][node]: total for node, total in through.items()}


@contextmanager
def turned(seen, query):
    """What happens inside asks this: wait until it stands in the address and another answer on the page."""
    before = seen.page.locator("#answer").inner_text()
    yield
    seen.page.wait_for_function("(query) => location.search.includes(query)", arg=query)
    other = "(before) => document.querySelector('#answer').innerText.trim() !== before.trim()"
    seen.page.wait_for_function(other, arg=before)
    seen.ready()


def test_numbers_in_the_tables_are_the_numbers_in_the_figure(browser, district):
    with watched(browser, district) as seen:
        seen.open("/flows/flows?lang=zh&item=PPE-02")
        heads, *sources, total = rows(seen, 0)
        drawn = sankey_totals(seen)
        assert len(sources) > 2
        for name, entered, *_ in sources:
            assert drawn[name] == number(entered)
        for fate, quantity in zip(heads[2:], total[2:], strict=True):
            assert drawn[fate] == number(quantity)
        assert rows(seen, 1)[-1][1:] == total[1:]
        shown = seen.page.locator(".js-plotly-plot .annotation-text").all_text_contents()
        assert {total[1]} & set(re.findall(r"[\d,]+", seen.page.locator("#answer").inner_text()))
        assert all(any(quantity in text for text in shown) for quantity in total[2:])


def test_a_choice_goes_into_the_address_and_comes_back(browser, district):
    with watched(browser, district) as seen:
        seen.open("/flows/flows?lang=en")
        first = seen.page.locator("#answer").inner_text()
        seen.page.locator("#ask-item").focus()
        with turned(seen, "item=PPE-05"):
            seen.page.locator("#ask-item").select_option("PPE-05")
        assert "Protective coverall" in seen.page.locator("#answer").inner_text()
        assert seen.run("document.activeElement.id") == "ask-item"
        other = seen.page.locator("a.lang").get_attribute("href")
        assert "item=PPE-05" in other
        assert "lang=zh" in other
        assert sankey_totals(seen)["Issued for use"] == number(rows(seen, 0)[-1][2])
        seen.page.go_back()
        seen.page.wait_for_function(
            "(text) => document.querySelector('#answer').innerText === text", arg=first
        )
        assert seen.page.locator("#ask-item").input_value() != "PPE-05"
        assert seen.problems == []


def test_a_click_on_a_street_shows_its_centers(browser, district):
    with watched(browser, district) as seen:
        seen.open("/flows/flows?lang=zh&item=PPE-02")
        nodes = seen.run(FIGURE)["layout"]["meta"]["nodes"]
        at = next(i for i, code in enumerate(nodes) if code)
        with turned(seen, f"street={nodes[at]}"):
            seen.page.locator(".sankey-node .node-rect").nth(at).click(force=True)
        assert seen.page.locator("#ask-street").input_value() == nodes[at]
        _, *places, total = rows(seen, 1)
        assert len(places) == 8
        assert number(total[1]) == sum(number(place[1]) for place in places)
        assert seen.problems == []


def test_a_link_passed_on_shows_the_same(browser, district):
    with watched(browser, district) as seen:
        seen.open("/flows/center?lang=zh&center=990101002-02&item=PPE-03")
        mine = seen.page.locator("#answer").inner_text(), seen.run(FIGURE)["data"]
        address = seen.page.url.removeprefix(district)
    with watched(browser, district) as seen:
        seen.open(address)
        assert (seen.page.locator("#answer").inner_text(), seen.run(FIGURE)["data"]) == mine


def test_turning_the_phone_draws_the_other_picture(browser, district):
    with watched(browser, district, PHONE) as seen:
        seen.open("/flows/flows?lang=zh&item=PPE-02")
        narrow = len(seen.run(FIGURE)["data"][0]["node"]["x"])
        seen.page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        seen.page.wait_for_function(
            "(few) => document.querySelector('.js-plotly-plot')?.data?.[0].node.x.length > few", arg=narrow
        )
        assert seen.problems == []


def test_without_scripts_the_numbers_are_all_there(browser, district):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 780})
    page = context.new_page()
    page.goto(f"{district}/flows/flows?lang=zh")
    assert page.locator("#after tfoot").count() == 2
    page.locator("#ask-item").select_option("PPE-05")
    page.locator("#controls button").click()
    assert "item=PPE-05" in page.url
    assert "防护服" in page.locator("#answer").inner_text()
    context.close()
