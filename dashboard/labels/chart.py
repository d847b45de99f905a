"""Words inside figures."""

from __future__ import annotations

LABELS: dict[str, tuple[str, str]] = {
    "chart.from": ("来源", "From"),
    "chart.through": ("经手", "Through"),
    "chart.to": ("街道", "To"),
    "chart.now": ("现在", "Now"),
    "chart.direct": ("直接送到街道", "Straight to streets"),
    "chart.kept": ("留在仓库", "Kept in depot"),
    # shorter than their long form beside the table, for the figure's edge
    "chart.source.allotted": ("上级配发", "Allotted"),
    "chart.source.purchased": ("自行采购", "Purchases"),
    "chart.source.converted": ("拆换得来", "Converted"),
    "chart.source.found": ("盘盈", "Found"),
    "chart.source.unmatched": ("货到单未到", "No papers"),
    "chart.source.unshown": ("未见公布的收货", "No receipt shown"),
    "chart.fate.converted_out": ("拆换出去", "Converted"),
    "chart.fate.expired": ("过期报损", "Expired"),
    "chart.fate.written_off": ("其他报损", "Other write-offs"),
    "chart.fate.outside": ("送出本账", "Sent outside"),
    "chart.fate.missing": ("盘亏", "Missing"),
    "chart.fate.lost": ("途中丢失", "Lost"),
    "chart.source.opening": ("期初在库", "Opening"),
    "chart.rest": ("其余 {n} 处", "{n:other place|other places}"),
    "chart.safety": ("安全库存 {n}", "safety stock {n}"),
    "chart.today": ("今天", "today"),
    "chart.stock": ("可用 {n} {unit}", "usable {n} {unit}"),
    "chart.amount": ("{n} {unit}", "{n} {unit}"),
    "chart.cover": ("约够 {n} 天", "about {n:day|days}"),
    "chart.runs_out": ("预计用完 {day}", "Runs out {day}"),
    "chart.between": ("八成可能在 {span}", "80% likely {span}"),
    "chart.inbound": ("在途预计到 {n}", "due in {n}"),
    "chart.days": ("{n} 天", "{n:day|days}"),
    "chart.centers": ("{n} 家", "{n:center|centers}"),
    "chart.above": ("另 {n} 家在 {days} 天以上", "{n} more above {days} days"),
    "chart.unknown": ("—", "—"),
}
