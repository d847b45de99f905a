"""Which columns a list has: two Red Cross layouts, and templates with Chinese and English headings."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass

from ledger.domain import canonical
from ledger.domain.text import check_text
from ledger.lists.reading import RawRow, Table
from ledger.lists.reasons import ListProblem, Reason

KINDS = ("donations", "issues", "counts", "centers", "items")

# column -> its Chinese headings, then those of our own catalogue; the English heading is the column's name.
HEADINGS: dict[str, tuple[str, ...]] = {
    "source_file": ("来源文件", "公示名称"),
    "period": ("期次", "期号"),
    "date": ("日期", "接收日期", "发放日期", "盘点日期"),
    "place": ("地点", "地点编码", "接收点"),
    "donor": ("捐赠方", "捐赠单位", "捐赠人", "捐赠单位（个人）"),
    "donor_type": ("捐赠方类型",),
    "recipient": ("接收单位", "受赠单位", "领用单位"),
    "item": ("物资", "物资编码", "物资名称", "品名"),
    "spec": ("规格", "规格型号"),
    "lot_number": ("批号",),
    "expiry": ("有效期", "有效期至", "失效日期"),
    "quantity": ("数量",),
    "unit": ("单位", "计量单位"),
    "grade": ("等级",),
    "gift": ("捐赠编号",),
    "show_name": ("可公开名称", "公开名称"),
    "purpose": ("用途",),
    "code": ("编码", "代码"),
    "name_zh": ("中文名", "名称", "中文名称"),
    "name_en": ("英文名", "英文名称"),
    "kind": ("类型", "地点类型"),
    "parent": ("上级", "上级编码"),
    "admin_code": ("行政区划代码",),
    "population": ("服务人口",),
    "staff": ("工作人员", "职工人数"),
    "keeps_stock": ("存货", "是否存货"),
    "unit_zh": ("基本单位", "中文单位", "base_unit_zh"),
    "unit_en": ("英文单位", "base_unit"),
    "item_class": ("类别", "物资类别"),
    "criticality": ("重要性", "重要程度"),
    "needs_lot": ("需要批号", "批号管理", "lot_expiry_required"),
    "storage": ("储存条件",),
    "units_per_box": ("每盒数量",),
    "units_per_case": ("每箱数量",),
    "shelf_life_months": ("保质期月数",),
    "aliases": ("别名",),
    "gtins": ("商品条码",),
    "catalogue": ("目录编码",),
    "note": ("备注",),
}

# kind -> (columns that must be there, further columns)
COLUMNS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "donations": (
        ("date", "item", "quantity"),
        (
            "source_file", "period", "place", "donor", "donor_type", "spec", "lot_number", "expiry", "unit",
            "grade", "gift", "show_name", "note",
        ),
    ),
    "issues": (
        ("date", "item", "quantity"),
        ("source_file", "place", "recipient", "spec", "lot_number", "unit", "purpose", "note"),
    ),
    "counts": (("date", "place", "item", "quantity", "unit"), ("source_file", "note")),
    "centers": (
        ("code",),
        (
            "source_file", "date", "name_zh", "name_en", "kind", "parent", "admin_code", "population",
            "staff", "keeps_stock", "note",
        ),
    ),
    "items": (
        ("code", "item_class", "criticality", "needs_lot"),
        (
            "source_file", "date", "name_zh", "name_en", "unit_zh", "unit_en", "storage", "spec",
            "units_per_box", "units_per_case", "shelf_life_months", "aliases", "gtins", "catalogue", "note",
        ),
    ),
}  # fmt: skip

# The Red Cross lists as shipped in data/archive: heading -> column.
_PRINTED = {"item_raw": "item", "spec_raw": "spec", "unit_raw": "unit", "qty_raw": "quantity"}
_RED_CROSS = {
    "donations": (
        {"donor", "item_raw", "qty_raw"},
        ("source_file", "period", "date", "donor", "donor_type", "note"),
    ),
    "issues": ({"recipient", "item_raw", "qty_raw"}, ("source_file", "date", "recipient", "note")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListRow:
    """One line by columns. `list_name` and `ordinal` (1-based within it) make its id."""

    number: int
    cells: dict[str, str]
    list_name: str
    ordinal: int
    normalised: bool
    faults: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class NamedList:
    """A table with its columns known. `red_cross`: it has a layout of the public notices."""

    file: str
    sha256: str
    kind: str
    red_cross: bool
    rows: list[ListRow]
    unread_columns: tuple[str, ...]


def name_columns(table: Table, kind: str) -> NamedList:
    """The lines of a table by column. Raises ListProblem when it is not a list of `kind`."""
    if kind not in KINDS:
        raise ListProblem("unknown_kind", kind=kind[:40])
    headings = [unicodedata.normalize("NFKC", heading).strip() for heading in table.header]
    notice = _red_cross_kind(set(headings))
    if notice is not None and notice != kind:
        raise ListProblem("wrong_kind", file=table.file, found=notice, kind=kind)
    columns = _red_cross_columns(headings, kind) if notice else _template_columns(headings, kind, table.file)
    pairs = zip(table.header, columns, strict=True)
    unread = tuple(heading for heading, column in pairs if heading and not column)
    return NamedList(table.file, table.sha256, kind, notice is not None, _rows(table, columns), unread)


def _red_cross_kind(headings: set[str]) -> str | None:
    return next((kind for kind, (needed, _) in _RED_CROSS.items() if needed <= headings), None)


def _red_cross_columns(headings: list[str], kind: str) -> list[str | None]:
    known = {**_PRINTED, **{name: name for name in _RED_CROSS[kind][1]}}
    return [known.get(heading) for heading in headings]


def _template_columns(headings: list[str], kind: str, file: str) -> list[str | None]:
    needed, further = COLUMNS[kind]
    known: dict[str, str] = {}
    for column in (*needed, *further):
        for heading in (column, column.replace("_", " "), *HEADINGS[column]):
            known[unicodedata.normalize("NFKC", heading)] = column
    columns = [known.get(heading.casefold(), known.get(heading)) for heading in headings]
    for named in columns:
        if named is not None and columns.count(named) > 1:
            raise ListProblem("same_heading", file=file, column=named)
    if missing := [column for column in needed if column not in columns]:
        raise ListProblem("no_columns", file=file, kind=kind, columns=", ".join(missing))
    return columns


def _rows(table: Table, columns: list[str | None]) -> list[ListRow]:
    cells = [_by_column(row, columns) for row in table.rows]
    own_name = _content_name(cells)
    rows: list[ListRow] = []
    counted: dict[str, int] = {}
    for row, named in zip(table.rows, cells, strict=True):
        list_name = named.get("source_file") or own_name
        counted[list_name] = counted.get(list_name, 0) + 1
        faults = tuple(_faults(row, named, len(columns)))
        rows.append(ListRow(row.number, named, list_name, counted[list_name], row.normalised, faults))
    return rows


def _by_column(row: RawRow, columns: list[str | None]) -> dict[str, str]:
    return {column: cell for column, cell in zip(columns, row.cells, strict=False) if column and cell}


def _content_name(rows: list[dict[str, str]]) -> str:
    """The name of a list without a source_file column: the hash of its normalised cells (RECORD.md, id).

    Taken by column, so that another order of columns, Chinese headings or a workbook make no other list.
    """
    digest = hashlib.sha256()
    for cells in rows:
        digest.update(canonical.encode({key: _encodable(cell) for key, cell in cells.items()}) + b"\n")
    return digest.hexdigest()


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _faults(row: RawRow, named: dict[str, str], columns: int) -> list[Reason]:
    faults = [Reason("too_many_cells")] if any(row.cells[columns:]) else []
    for column, cell in named.items():
        if cell.startswith("="):
            faults.append(Reason("formula", {"column": column}))
        if character := _refused_character(cell):
            faults.append(Reason("control_character", {"column": column, "character": character}))
    return faults


def _refused_character(text: str) -> str:
    """The first character that an entry may not hold, as U+XXXX, or nothing."""
    try:
        check_text(text)
    except ValueError:
        for character in text:
            try:
                check_text(character)
            except ValueError:
                return f"U+{ord(character):04X}"
    return ""
