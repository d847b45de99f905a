"""What an import finds in a list: closed codes with labels and explanations in both languages.

A finding never keeps a line out of the book; what does is a reason (reasons.py).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ledger.lists import packs


class Words(NamedTuple):
    """Label and explanation of a finding code."""

    label_en: str
    label_zh: str
    means_en: str
    means_zh: str


FINDINGS: dict[str, Words] = {
    "exact_duplicate": Words(
        "repeats a line", "与前面一行完全相同",
        "Every column but the note is the same as in an earlier line of the list. Each stays an entry of its"
        " own: two equal gifts are possible.",
        "除备注外各栏与前面某行全同。两行都照记，因为确有可能是两笔。",
    ),
    "near_duplicate": Words(
        "may repeat a line of another period", "可能与另一期重复",
        "A line of another period has a like donor, a like item name, the same unit and a quantity within a"
        " tenth.",
        "另一期有捐赠方相近、物资名称相近、单位相同、数量相差不过一成的一行。",
    ),
    "same_goods_other_unit": Words(
        "the same goods stand in other units", "同一物资用了不同单位",
        "The same item name is printed with another unit elsewhere in the list; the two cannot be added.",
        "同一名称在表里另用了别的单位，两者不能相加。",
    ),
    "same_gift_other_unit": Words(
        "the same donor's goods stand in two units", "同一捐赠方的同一物资用了两种单位",
        "The same donor, item and day are printed with two units: perhaps one gift stated twice.",
        "同一捐赠方、同一天、同一物资写了两种单位：也许是同一笔写了两次。",
    ),
    "total_mismatch": Words(
        "a stated total is unlike the sum of its parts", "所写合计与分项之和不符",
        "A total line, or a total inside a text, is not what its parts add up to.",
        "合计行或文字里的合计，与各分项相加的数不同。",
    ),
    "issued_over_received": Words(
        "more issued than received", "发放多于接收",
        "On the lists of this book more of this name and unit went out than came in. Computed: converted by a"
        " printed pack where one is printed.",
        "按本账所有公示，此名称、此单位发出的比收到的多。凡按所印包装换算的，都标明是算出来的。",
    ),
    "issued_without_receipt": Words(
        "issued without a published receipt", "发放而没有公示的接收",
        "The book shows no receipt of exactly this name, specification and unit for all or part of the line;"
        " that part is a lot of its own, shown apart and never under a gift.",
        "账上没有与此名称、规格、单位完全相同的接收，或不够；这一部分另记一批，单独列示，不算在任何捐赠名下。",
    ),
    "vague_name": Words(
        "the name says too little", "名称太笼统",
        "The name alone does not tell what kind of goods it is, so nobody can say who could use them.",
        "光看名称分不清是哪一种，也就说不出谁能用。",
    ),
    "missing_pack_size": Words(
        "a pack unit without a pack size", "按箱、件等计而没有写规格",
        "The unit is a pack and no specification is printed: the number of pieces is not known.",
        "单位是箱、件、包、袋、盒一类，又没有写规格，不知道有多少个。",
    ),
    "unclear_pack_size": Words(
        "a specification without a pack size", "写了规格，却看不出每箱多少",
        "The unit is a pack and the printed specification does not say how many are in it.",
        "单位是箱、件一类，所写规格看不出里面有多少。",
    ),
    "quantity_glued": Words(
        "the unit is glued to the quantity", "数量和单位写在一格",
        "Number and unit stood in one cell and were split.", "数字和单位写在同一格，已拆开。",
    ),
    "quantity_in_name": Words(
        "the quantity stands in the name too", "名称里也写了数量",
        "The item name ends with the line's own quantity and unit.", "物资名称末尾又写了本行的数量和单位。",
    ),
    "donor_wish": Words(
        "a donor's wish inside a text", "文字里写着定向捐赠",
        "A directed donation is written inside a name or note, where no rule can see it.",
        "定向捐赠写在名称或备注里，没有任何规则看得见它。",
    ),
    "unit_unstated": Words(
        "no unit is printed", "没有写单位",
        'Recorded in the unit "unstated".', "按单位“未写明”记账。",
    ),
    "odd_unit": Words(
        "an odd unit", "单位不像单位", "The unit cell holds something else; it stays as printed.",
        "单位一栏写的不是单位，照原样保留。",
    ),
    "number_normalised": Words(
        "the number was rewritten", "数字已改写",
        "Full-width digits, thousands separators, a decimal zero or 万 were read as plain digits.",
        "全角数字、千位分隔、小数点后的零或“万”，已读成普通数字。",
    ),
    "text_normalised": Words(
        "the text was normalised", "文字已规范化",
        "A cell was not in Unicode normal form NFC and was brought into it.",
        "有一格不是 Unicode NFC 形式，已转换。",
    ),
    "registered_again": Words(
        "registered again", "再次登记",
        "The code was in the book; this line supersedes what it said.",
        "此编码账上已有，本行替代原来的登记。",
    ),
}  # fmt: skip

_VAGUE = frozenset({
    "口罩", "手套", "药品", "消炎药", "消毒液", "消毒水", "物资", "医疗物资", "医用物资", "防护物资",
    "防护用品", "医疗用品", "生活用品", "mask", "masks", "gloves", "medicine", "supplies", "medical supplies",
})  # fmt: skip
_WISH = re.compile(
    r"定向捐|定向用于|指定捐|指定用于|专项捐赠给|directed donation|earmarked for", re.IGNORECASE
)
_ODD_UNIT = re.compile(r"[0-9/*]")


@dataclass(frozen=True)
class Goods:
    """One line's goods as printed, for comparing. `line` is its row number, or its entry's index.

    `donor` is empty where unnamed or hidden; `day` is the last day that the line states.
    """

    line: int
    name: str
    spec: str
    unit: str
    quantity: int
    donor: str = ""
    day: str = ""


@dataclass(frozen=True)
class Finding:
    """One finding with the lines it is about (row numbers, or entry indexes) and an example in words."""

    code: str
    lines: tuple[int, ...]
    detail: str = ""


def name_key(name: str) -> str:
    """A name for comparing only: compatibility forms folded, case and spaces dropped."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def is_vague(name: str) -> bool:
    return name.casefold() in _VAGUE


def wishes(texts: Iterable[str]) -> str:
    """The first text that holds a donor's wish, or nothing."""
    return next((text for text in texts if _WISH.search(text)), "")


def of_goods(goods: Goods) -> list[str]:
    """The codes that one line's printed name, specification, unit and quantity give by themselves."""
    name, spec, unit = goods.name, goods.spec, goods.unit
    codes = []
    if is_vague(name):
        codes.append("vague_name")
    if unit and packs.is_pack_unit(unit):
        if not spec:
            codes.append("missing_pack_size")
        elif not packs.states_pack_size(spec):
            codes.append("unclear_pack_size")
    if unit and _ODD_UNIT.search(unit):
        codes.append("odd_unit")
    if unit and goods.quantity and name_key(name).endswith(f"{goods.quantity}{unit.casefold()}"):
        codes.append("quantity_in_name")
    return codes
