"""Findings one by one: totals, likeness, packs, conservation."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.lists import import_list
from ledger.lists.conservation import over_issued
from ledger.lists.findings import FINDINGS, Goods, of_goods
from ledger.lists.likeness import alike_across_days, common, exact_repeats, other_units
from ledger.lists.packs import Pack, is_pack_unit, printed_packs, states_pack_size
from ledger.lists.reasons import PROBLEMS, REASONS

HERE = Path(__file__).parent
README = HERE.parents[2] / "ledger" / "lists" / "README.md"


def test_stated_totals_are_compared_with_their_parts(book):
    report = import_list(book("archive"), HERE / "stated_totals.csv", "donations")
    found = {one.lines[0]: one.detail for one in report.findings if one.code == "total_mismatch"}
    assert found == {
        4: "stated 36000, its parts add up to 34000",
        8: "stated 36000, its parts add up to 32000",
        10: "stated 36000, its parts add up to 32000",
        12: "stated 108242, its parts add up to 108241",
    }
    held = {line.row for line in report.lines if line.status == "held"}
    assert held == {4, 5, 7, 12}
    assert all("a total of other lines" in line.reason("en") for line in report.lines if line.row in held)


def test_exact_repeats_leave_the_note_out():
    rows = [
        (1, {"item": "a", "note": "x"}),
        (2, {"item": "a"}),
        (3, {"item": "b"}),
        (4, {"item": "a", "note": "y"}),
    ]
    assert exact_repeats(rows) == {2: 1, 4: 1}


def goods(
    line: int, name: str, unit: str, quantity: int, donor: str = "", day: str = "", spec: str = ""
) -> Goods:
    return Goods(line, name, spec, unit, quantity, donor, day)


BASE = goods(1, "示例牌除菌洗衣液", "箱", 150, "中山示例销售有限公司", "2020-01-29")


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        (goods(2, "示例牌2kg*2除菌洗衣液", "箱", 144, "中山示例世代实业有限公司", "2020-01-30"), True),
        (goods(2, "示例牌除菌洗衣液", "箱", 135, "中山示例销售有限公司", "2020-01-30"), True),
        (goods(2, "示例牌除菌洗衣液", "箱", 134, "中山示例销售有限公司", "2020-01-30"), False),
        (goods(2, "示例牌除菌洗衣液", "件", 150, "中山示例销售有限公司", "2020-01-30"), False),
        (goods(2, "示例牌除菌洗衣液", "箱", 150, "中山示例销售有限公司", "2020-01-29"), False),
        (goods(2, "示例牌除菌洗衣液", "箱", 150, "", "2020-01-30"), False),
        (goods(2, "示例牌除菌洗衣液", "箱", 150, "广州样本贸易有限公司", "2020-01-30"), False),
        (goods(2, "护目镜", "箱", 150, "中山示例销售有限公司", "2020-01-30"), False),
    ],
)  # fmt: skip
def test_likeness_of_two_periods(other, alike):
    assert alike_across_days([BASE, other], []) == ([(BASE, other)] if alike else [])
    assert alike_across_days([other], [BASE]) == ([(BASE, other)] if alike else [])
    assert alike_across_days([], [BASE, other]) == []


def test_likeness_pairs_one_to_one_the_closest_first():
    one = goods(1, "示例除菌皂", "箱", 100, "示例实业", "2020-01-29")
    near = goods(2, "示例除菌皂", "箱", 101, "示例实业", "2020-01-30")
    far = goods(3, "示例除菌皂", "箱", 105, "示例实业", "2020-01-30")
    assert alike_across_days([one, far, near], []) == [(one, near)]


@given(st.text("ab口罩", max_size=12), st.text("ab口罩", max_size=12))
def test_common_subsequence_is_symmetric_and_bounded(one, other):
    assert common(one, other) == common(other, one) <= min(len(one), len(other))
    assert common(one, one) == len(one)


def test_other_units_name_both_sums():
    found = other_units(
        [goods(1, "雾化机", "箱", 17, "百瑞", "d"), goods(2, "雾化 机", "台", 40, "百瑞", "d")]
    )
    assert [(one.code, one.lines, one.detail) for one in found] == [
        ("same_goods_other_unit", (1, 2), "雾化机: 17 箱 + 40 台"),
        ("same_gift_other_unit", (1, 2), "雾化机: 17 箱 + 40 台"),
    ]


@pytest.mark.parametrize(
    ("spec", "packs"),
    [
        ("450瓶/件", [Pack(450, "瓶", "件")]),
        ("10盒/箱，10支/盒", [Pack(10, "盒", "箱"), Pack(10, "支", "盒")]),
        ("24粒X10小盒X40/箱", [Pack(40, "", "箱")]),
        ("500公斤/桶", []), ("0.5g/支", []), ("2.5L/瓶，6瓶/箱", [Pack(6, "瓶", "箱")]),
        ("S小号", []), ("0个/箱", []),
    ],
)  # fmt: skip
def test_printed_packs(spec, packs):
    assert printed_packs(spec) == packs


def test_what_states_a_pack_size():
    for spec in ("450瓶/件", "50g/12装", "1000ml*16瓶", "200ML*12", "1袋30只", "2000个", "700/箱"):
        assert states_pack_size(spec)
    for spec in ("", "S小号", "20191104", "规格大小不一", "52*25.5*35", "25kg", "0.5g/支", "蛇皮袋"):
        assert not states_pack_size(spec)
    assert [unit for unit in ("箱", "件", "包", "袋", "盒", "小箱", "case") if not is_pack_unit(unit)] == []
    assert [unit for unit in ("", "只", "台", "瓶", "桶", "0.5g/支") if is_pack_unit(unit)] == []


def test_codes_of_one_line():
    assert of_goods(goods(1, "口罩8箱", "箱", 8)) == ["missing_pack_size", "quantity_in_name"]
    assert of_goods(goods(1, "口罩", "只", 8)) == ["vague_name"]
    assert of_goods(goods(1, "阿奇霉素", "0.5g/支", 240)) == ["odd_unit"]
    assert of_goods(goods(1, "手术衣", "件", 4, spec="33*27*28")) == ["unclear_pack_size"]


def test_more_issued_than_received_converts_a_printed_pack():
    came = [goods(1, "复方甘草片", "瓶", 36000, spec="450瓶/件")]
    went = [goods(2, "复方甘草片", "件", 490), goods(3, "复方甘草片", "箱", 70)]
    (found,) = over_issued(came, went)
    assert (found.received, found.issued, found.computed, found.lines) == (80, 560, True, (2, 3))
    assert over_issued(came, [goods(2, "复方甘草片", "件", 80)]) == []
    (found,) = over_issued(came, [goods(2, "复方甘草片", "瓶", 36001)])
    assert (found.received, found.computed) == (36000, False)


def test_more_issued_than_received_compares_over_all_specs_and_not_over_units():
    came = [goods(1, "雨鞋", "箱", 2, spec="20双/箱"), goods(2, "84消毒液", "箱", 100)]
    assert over_issued(came, [goods(3, "雨鞋", "双", 40, spec="黑")]) == []
    (found,) = over_issued(came, [goods(3, "雨鞋", "双", 41)])
    assert (found.received, found.computed) == (40, True)
    (found,) = over_issued(came, [goods(4, "84 消毒液", "件", 20)])
    assert (found.received, found.computed, found.units) == (0, False, ("件",))


def test_every_code_is_explained_in_the_readme_and_in_both_languages():
    text = README.read_text(encoding="utf-8")
    assert [code for code in (*FINDINGS, *REASONS) if f"`{code}`" not in text] == []
    for english, chinese in (*REASONS.values(), *PROBLEMS.values()):
        assert english
        assert chinese
    for words in FINDINGS.values():
        assert all(words)
