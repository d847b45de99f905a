"""The flow figure adds up to the piece, whatever was received, converted, found, lost or sent."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.figures import Flow, FlowRow, Stop, fate_of, flows_sankey, largest_places, ways
from dashboard.figures.theme import FATE, LOSSES, SOURCE
from ledger.domain.lots import ACCOUNTS, SINK_ACCOUNTS, SOURCE_ACCOUNTS, STOCK_ACCOUNTS

STOPS = {
    "D": Stop("depot", "D"), "S1": Stop("street_office", "S1"), "C1": Stop("center", "S1"),
    "C2": Stop("center", "S1"), "C3": Stop("center", "S2"), "H": Stop("hospital", "H"),
}  # fmt: skip
PLACES = ("D", "C1", "C2", "C3", "H")
ENDS = (*STOCK_ACCOUNTS, "transit", *SINK_ACCOUNTS)


@st.composite
def lots_of_one_kind(draw):
    """Rows of one (source, origin) for which the equation holds: what entered is split over the ends."""
    source, origin = draw(st.sampled_from(list(SOURCE))), draw(st.sampled_from(PLACES))
    ends = draw(
        st.dictionaries(
            st.tuples(
                st.sampled_from(PLACES), st.sampled_from(ENDS), st.sampled_from(("expired", "damaged"))
            ),
            st.integers(1, 500),
            max_size=8,
        )
    )
    rows = [
        FlowRow(source, origin, place, account, reason if account == "written_off" else "", quantity)
        for (place, account, reason), quantity in ends.items()
    ]
    left = sum(ends.values())
    entries = ("found",) if source == "found" else SOURCE_ACCOUNTS
    for place in draw(st.lists(st.sampled_from(PLACES), unique=True, max_size=3)):
        part = draw(st.integers(0, left))
        left -= part
        rows.append(FlowRow(source, origin, place, draw(st.sampled_from(entries)), "", part))
    rows.append(FlowRow(source, origin, origin, "found" if source == "found" else "received", "", left))
    return rows


books = st.lists(lots_of_one_kind(), max_size=5).map(lambda groups: [row for rows in groups for row in rows])


@given(books)
def test_every_way_is_whole_and_they_sum_to_what_entered(rows):
    entered = sum(row.quantity for row in rows if row.account in SOURCE_ACCOUNTS)
    flows = ways(rows, STOPS)
    assert sum(f.quantity for f in flows) == entered
    assert all(f.quantity > 0 and f.source and f.depot and f.place and f.fate for f in flows)


@given(books)
def test_fates_are_the_books_own(rows):
    wanted: Counter[str] = Counter()
    for row in rows:
        if row.account not in SOURCE_ACCOUNTS:
            wanted[fate_of(row.account, row.reason)] += row.quantity
    drawn: Counter[str] = Counter()
    for flow in ways(rows, STOPS):
        drawn[flow.fate] += flow.quantity
    assert drawn == wanted


@given(books)
def test_found_goods_are_a_source_of_their_own(rows):
    found = sum(row.quantity for row in rows if row.account == "found")
    assert sum(f.quantity for f in ways(rows, STOPS) if f.source == "found") == found


def test_found_goods_come_first_from_the_shelf_where_they_were_found():
    rows = [
        FlowRow("donated", "D", "D", "received", "", 100),
        FlowRow("donated", "D", "C1", "found", "", 30),
        FlowRow("donated", "D", "C1", "usable", "", 20),
        FlowRow("donated", "D", "C1", "issued", "", 60),
        FlowRow("donated", "D", "C3", "usable", "", 50),
    ]
    assert [f for f in ways(rows, STOPS) if f.source == "found"] == [
        Flow("found", "direct", "S1", "issued", 10),
        Flow("found", "direct", "S1", "onhand", 20),
    ]


def test_every_account_has_a_fate_and_a_colour():
    fates = {fate_of(account, "") for account in ACCOUNTS if account not in SOURCE_ACCOUNTS}
    assert fates | {"expired"} == set(FATE)
    with pytest.raises(KeyError):
        fate_of("received", "")


@given(books, st.integers(2, 4))
def test_small_streets_are_taken_together_without_losing_a_piece(rows, most):
    flows = ways(rows, STOPS)
    kept = largest_places(flows, most, "rest")
    assert sum(f.quantity for f in kept) == sum(f.quantity for f in flows)
    assert len({f.place for f in kept} - {"kept"}) <= most


@given(books, st.booleans(), st.sampled_from(("zh", "en")))
def test_drawn_nodes_and_links_carry_the_same_sums(rows, narrow, lang):
    flows = ways(rows, STOPS)
    figure = flows_sankey(flows, lang, narrow)
    if not flows:
        assert not figure.data
        return
    drawn = figure.data[0]
    total = sum(f.quantity for f in flows)
    columns = Counter(dict.fromkeys(drawn.node.x, 0))
    for source, target, value in zip(drawn.link.source, drawn.link.target, drawn.link.value, strict=True):
        assert drawn.node.x[source] < drawn.node.x[target]
        columns[drawn.node.x[source]] += value
    assert [columns[x] for x in sorted(columns)[:-1]] == [total] * (1 if narrow else 3)
    # Plotly ignores a position of exactly 0 or 1 (plotly.js issues 1732 and 3002).
    assert all(0 < at < 1 for at in (*drawn.node.x, *drawn.node.y))


def test_a_loss_is_never_thinner_than_six_pixels():
    flows = [Flow("donated", "D", "S1", "issued", 1_000_000)]
    flows += [Flow("donated", "D", "S1", loss, 1) for loss in LOSSES]
    blocks = flows_sankey(flows).layout.shapes
    assert len(blocks) == len(LOSSES)
    assert all(block.y1 - block.y0 >= 6 for block in blocks)


def test_labels_say_the_full_number_in_both_languages():
    flows = [Flow("donated", "D", "S1", "issued", 24_000), Flow("allotted", "direct", "S1", "transit", 36)]
    for lang, word in (("zh", "已领用"), ("en", "Issued for use")):
        texts = " ".join(
            note.text for note in flows_sankey(flows, lang, labels={"D": "仓", "S1": "街"}).layout.annotations
        )
        assert "24,000" in texts
        assert word in texts
        assert "万" not in texts
