"""Why a whole file, or one line of it, is not recorded: closed codes, one sentence each in two languages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# Why a line is held back.
REASONS: dict[str, tuple[str, str]] = {
    "no_item_name": ("no item name is printed", "没有写物资名称"),
    "no_quantity": ("no quantity is printed", "没有写数量"),
    "no_date": ("no date is printed", "没有写日期"),
    "no_recipient": ("no recipient is printed", "没有写接收单位"),
    "no_place": ("no place is named", "没有写地点"),
    "no_code": ("no code is given", "没有写编码"),
    "no_name": ("no name in Chinese or English is given", "中文名、英文名都没有写"),
    "missing": ("column {column} is empty", "{column} 一栏是空的"),
    "bad_date": ("date: {text} is not a day like 2026-03-12", "日期：{text} 不是 2026-03-12 这样的日子"),
    "not_a_number": ("quantity: {text} is not a whole number", "数量：{text} 不是整数"),
    "approximate": ("quantity: {text} is only about so many", "数量：{text} 只是约数"),
    "fraction": ("quantity: {text} is not a whole number of units", "数量：{text} 不是整数个单位"),
    "negative": ("quantity: {text} is below zero", "数量：{text} 小于零"),
    "zero": ("quantity: it is zero, so nothing moved", "数量：是零，什么也没有动"),
    "too_many": (
        "quantity: {text} is more than a quantity may be (2^53-1)",
        "数量：{text} 超过上限（2^53-1）",
    ),
    "grouping": (
        "quantity: the separators in {text} are not thousands separators",
        "数量：{text} 里的逗号不是千位分隔",
    ),
    "two_units": (
        "the quantity says {first}, the unit column says {second}",
        "数量里的单位是 {first}，单位栏却是 {second}",
    ),
    "wrong_unit": (
        "unit: {text} is not the base unit of {item} ({wanted}); nothing is converted by guess",
        "单位：{text} 不是 {item} 的基本单位（{wanted}），不作猜测换算",
    ),
    "unknown_item": ("item: {code} is not registered", "物资：{code} 没有登记"),
    "unknown_place": ("place: {code} is not registered", "地点：{code} 没有登记"),
    "not_a_choice": ("{column}: {text} is not one of {choices}", "{column}：{text} 不在 {choices} 之中"),
    "bad_gift": ("gift: {text} is not a gift number with its check digit", "捐赠编号：{text} 校验位不对"),
    "too_little": (
        "the book has {have} usable of this at {place}; {need} are needed",
        "{place} 账上可用的只有 {have}，要 {need}",
    ),
    "total_line": ("it is a total of other lines, not goods", "这一行是合计，不是物资"),
    "control_character": (
        "{column}: it holds the character {character}",
        "{column}：含有不能写入的字符 {character}",
    ),
    "formula": (
        "{column}: it is a formula; paste its value in its place",
        "{column}：是公式，请改成数值",
    ),
    "too_many_cells": ("it has more cells than the heading has columns", "这一行的格子比表头多"),
    "too_long": ("{column}: it is longer than {most} characters", "{column}：超过 {most} 个字"),
    "conflict": (
        "conflict: this line is in the book with other content (entry {index})",
        "冲突：这一行已在账上（第 {index} 条），内容不同",
    ),
    "code_taken": ("item: its code {code} is taken by other goods", "物资：编码 {code} 已属于别的物资"),
    "refused": ("{english}", "{chinese}"),
}

# Why nothing of a file is recorded.
PROBLEMS: dict[str, tuple[str, str]] = {
    "no_file": ("{file} cannot be read: {why}", "{file} 读不了：{why}"),
    "too_large": ("{file} is over {most} MB", "{file} 超过 {most} MB"),
    "old_excel": (
        "{file} is an old or encrypted Excel file; save it as .xlsx without a password",
        "{file} 是旧版或加密的 Excel 文件，请另存为不加密的 .xlsx",
    ),
    "macros": ("{file} holds macros; save it as .xlsx", "{file} 带宏，请另存为 .xlsx"),
    "bad_workbook": ("{file} is not a workbook that can be read", "{file} 不是能读的工作簿"),
    "not_text": ("{file} is neither a CSV file nor a workbook", "{file} 既不是 CSV 也不是工作簿"),
    "bad_csv": ("{file} is not a CSV file that can be read: {why}", "{file} 不是能读的 CSV：{why}"),
    "empty": ("{file} has no heading and no lines", "{file} 没有表头也没有内容"),
    "too_many_rows": ("{file} has more than {most} lines; split it", "{file} 超过 {most} 行，请拆开"),
    "too_many_columns": ("{file} has more than {most} columns", "{file} 超过 {most} 列"),
    "same_heading": ("{file} has two columns named {column}", "{file} 有两列都叫 {column}"),
    "no_columns": (
        "{file} is not a list of {kind}: column {columns} is missing",
        "{file} 不是 {kind} 表：缺 {columns} 列",
    ),
    "wrong_kind": (
        "{file} is a list of {found}, not of {kind}; import it --as {found}",
        "{file} 是 {found} 表，不是 {kind}；请用 --as {found}",
    ),
    "unknown_kind": (
        "{kind} is not a kind of list; it is donations, issues, counts, centers or items",
        "没有 {kind} 这种表，只有 donations、issues、counts、centers、items",
    ),
    "archive_only": (
        "{file} has the layout of a public notice, which goes into an archive book only",
        "{file} 是公示表的格式，只能进档案账",
    ),
    "not_in_archive": (
        "a list of counts is not for an archive book: nothing was counted there",
        "档案账不能导入盘点表",
    ),
    "busy": ("another import into this book is still running", "这本账还有另一次导入在进行"),
}


class ListProblem(Exception):
    """A file that cannot be imported at all; nothing of it is written. One sentence."""

    def __init__(self, code: str, /, **facts: Any) -> None:
        self.code = code
        self.facts = facts
        super().__init__(self.message())

    def message(self, lang: str = "en") -> str:
        return PROBLEMS[self.code][lang == "zh"].format(**self.facts)


@dataclass(frozen=True)
class Reason:
    """Why a line is held back: a key of REASONS and its facts."""

    code: str
    facts: dict[str, Any] = field(default_factory=dict)

    def message(self, lang: str = "en") -> str:
        return REASONS[self.code][lang == "zh"].format(**self.facts)


class HeldBack(Exception):
    """Raised where a line cannot be recorded; carries its reason."""

    def __init__(self, code: str, /, **facts: Any) -> None:
        super().__init__(code)
        self.reason = Reason(code, facts)


def short(text: str) -> str:
    """A cell's text for a message: at most 40 characters."""
    return text if len(text) <= 40 else text[:39] + "…"
