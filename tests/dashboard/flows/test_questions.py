"""What is asked stands in the address; what is answered adds up to the piece, figure and tables alike."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.flows.asked import FIELDS, MAX_LENGTH, Asked
from dashboard.flows.streams import streams
from dashboard.queries.book import Books
from ledger.record import Record
from tests.dashboard.flows.conftest import tables, words
from tests.dashboard.pages.conftest import CENTERS, COVERALL, MASK, number

texts = st.text(max_size=MAX_LENGTH).filter(lambda text: text < "\ud800" or text.isprintable())


@given(item=texts, source=texts, street=texts, center=texts, lang=st.sampled_from(["zh", "en"]))
def test_address_says_the_whole_question(item, source, street, center, lang):
    asked = Asked(item, source, street, center, lang)
    assert Asked.read("?" + asked.link("flows").partition("?")[2], "zh") == asked


@given(search=st.text(max_size=300))
def test_any_address_is_read(search):
    asked = Asked.read(search)
    assert asked.lang in ("zh", "en")
    assert all(len(getattr(asked, field)) <= MAX_LENGTH for field in FIELDS)


@pytest.fixture(scope="module")
def book(small_home):
    record = Record.open(small_home)
    with Books(record).open() as book:
        yield book
    record.close()


def test_streets_and_depot_make_the_whole(book):
    item = book.registers.item(MASK)
    whole = streams(book, item, "", None)
    offices = [p for p in book.registers.places.values() if p.kind == "street_office"]
    apart = [flow for office in offices for flow in streams(book, item, "", office)]
    kept = [flow for flow in whole if flow.place == "kept"]
    assert {flow.place for flow in apart} == set(CENTERS)
    by_way = defaultdict(int)
    for flow in whole:
        by_way[flow.source, flow.depot, flow.fate] += flow.quantity
    for flow in [*apart, *kept]:
        by_way[flow.source, flow.depot, flow.fate] -= flow.quantity
    assert set(by_way.values()) == {0}


def test_sources_make_the_whole(book):
    item = book.registers.item(COVERALL)
    whole = streams(book, item, "", None)
    sources = {flow.source for flow in whole}
    assert len(sources) > 1
    apart = [flow for source in sources for flow in streams(book, item, source, None)]
    assert sorted(map(repr, apart)) == sorted(map(repr, whole))


def node_totals(figure) -> dict[str, int]:
    """What flows out of, or else into, each named node of a Sankey."""
    sankey = figure["data"][0]
    outs, ins = defaultdict(int), defaultdict(int)
    for start, end, value in zip(*(sankey["link"][k] for k in ("source", "target", "value")), strict=True):
        outs[start] += value
        ins[end] += value
    return {name: outs[i] or ins[i] for i, name in enumerate(sankey["node"]["customdata"])}


@pytest.mark.parametrize(
    "search", ["", "&source=donated", "&street=990101001", "&street=990101001&source=opening"]
)
@pytest.mark.parametrize("item", [MASK, COVERALL])
@pytest.mark.parametrize("narrow", [False, True])
def test_tables_figure_and_sentence_say_the_same(ask, item, search, narrow):
    figure, caption, told = ask("flows", f"?item={item}{search}", narrow=narrow)
    totals = node_totals(figure)
    by_source, by_place = tables(told["after"])
    heads, *rows, foot = by_source
    assert [number(cell) for cell in foot[1:]] == [
        sum(number(row[i]) for row in rows) for i in range(1, len(heads))
    ]
    assert foot[1:] == by_place[-1][1:]
    for row in rows:
        assert totals[row[0]] == number(row[1]) == sum(map(number, row[2:]))
    for fate, quantity in zip(heads[2:], foot[2:], strict=True):
        assert totals[fate] == number(quantity)
    said = [number(n) for n in re.findall(r"[\d,]*\d", words(told["answer"].split('class="base"')[0]))]
    assert {number(cell) for cell in foot[1:]} <= set(said)
    assert foot[1] in caption


def test_item_page_adds_up_over_places(ask):
    figure, _, told = ask("item", f"?item={MASK}")
    ((heads, *rows, foot),) = tables(told["after"])
    for column in range(3, len(heads)):
        assert number(foot[column]) == sum(number(row[column]) for row in rows)
    assert all(number(row[-1]) == sum(map(number, row[3:-1])) for row in [*rows, foot])
    assert len(figure["data"]) >= 1


def test_overview_row_adds_up(ask):
    _, _, told = ask()
    ((_, *rows),) = tables(told["after"])
    assert len(rows) == 3
    for row in rows:
        assert number(row[2]) == sum(map(number, row[3:]))


def test_center_shows_its_most_urgent_item_unasked(ask):
    figure, caption, told = ask("center", f"?center={CENTERS[0]}")
    assert "防护服" in words(told["answer"])
    assert "防护服" in caption
    *_, everything = tables(told["beside"] + told["after"])
    assert "防护服" in everything[1][0]
    assert figure["layout"]["height"] > 0


def test_short_list_narrows_to_a_street_and_an_item(ask):
    def listed(search):
        _, _, told = ask("shortages", search)
        return [row[0] for table in tables(told["after"]) for row in table[1:]]

    everywhere = listed("")
    assert everywhere
    assert all("防护服" in row for row in listed(f"?item={COVERALL}"))
    in_street = listed("?street=990101001")
    assert all("松月" in row for row in in_street)
    assert set(in_street) <= set(everywhere)


def test_phone_gets_another_picture(ask):
    wide, _, _ = ask("flows", f"?item={MASK}")
    narrow, _, _ = ask("flows", f"?item={MASK}", narrow=True)
    assert len(narrow["data"][0]["node"]["x"]) < len(wide["data"][0]["node"]["x"])
