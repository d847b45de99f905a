"""The house style of every figure: colours of LOOK.md, template, numbers."""

from __future__ import annotations

import plotly.graph_objects as go

PAPER, INK, INK2, LINE, EDGE, ACT = "#ffffff", "#15211f", "#465451", "#cfd8d5", "#76837f", "#0b5e57"
FONT = (
    '"PingFang SC","HarmonyOS Sans SC","MiSans","Microsoft YaHei","Noto Sans SC","Noto Sans CJK SC",'
    "system-ui,sans-serif"
)
# Sources are cool, fates green, losses warm. The order is the order of drawing, never optimised.
SOURCE = {
    "donated": "#3e63b0", "allotted": "#7a5ba6", "purchased": "#2787ae", "opening": "#7c8885",
    "borrowed": "#5d7c9e", "converted": "#8a86b8", "found": "#6f8f3f", "unmatched": "#94826a",
    "unshown": "#94826a",
}  # fmt: skip
FATE = {
    "issued": "#0b5e57", "onhand": "#4f968c", "transit": "#9fc4be", "returned": "#7c8885",
    "outside": "#7c8885", "requisitioned": "#7c8885", "converted_out": "#7c8885",
    "expired": "#b24a06", "written_off": "#b24a06",
    "lost": "#a31621", "missing": "#a31621",
}  # fmt: skip
LOSSES = ("expired", "written_off", "lost", "missing")
# level: fill, ink, border, glyph; the glyph is the chip's shape, so that colour is never alone
LEVEL = {
    "out": ("#a31621", "#ffffff", "#a31621", "✕"),
    "urgent": ("#b24a06", "#ffffff", "#b24a06", "▲"),
    "low": ("#fff3c9", "#6e5100", "#6e5100", "▼"),
    "watch": ("#ffffff", "#2a5a88", "#2a5a88", "●"),
    "ok": ("#f3f6f5", "#465451", "#cfd8d5", ""),
}


def template() -> go.layout.Template:
    """No frame, horizontal hairlines, ink axis, room for direct labels."""
    axis = {
        "showgrid": False, "zeroline": False, "linecolor": INK, "ticks": "outside", "tickcolor": EDGE,
        "ticklen": 4, "tickfont": {"size": 13, "color": INK2}, "automargin": True,
    }  # fmt: skip
    upright = {**axis, "showgrid": True, "gridcolor": LINE, "linecolor": "rgba(0,0,0,0)", "ticks": ""}
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 14, "color": INK}, "paper_bgcolor": PAPER, "plot_bgcolor": PAPER,
            "showlegend": False, "margin": {"l": 8, "r": 8, "t": 8, "b": 8}, "separators": ".,",
            "hoverlabel": {"bgcolor": INK, "font": {"color": PAPER, "size": 14, "family": FONT}},
            "xaxis": axis, "yaxis": upright,
        }
    )  # fmt: skip


def count(quantity: int) -> str:
    return f"{quantity:,}"


def axis_count(quantity: int, lang: str) -> str:
    """Ticks only: Chinese counts in 万, English in thousands. What is added up is written in full."""
    if quantity < 10_000:
        return count(quantity)
    return f"{quantity / 10_000:g} 万" if lang == "zh" else f"{quantity / 1_000:g}k"


def alpha(colour: str, share: float) -> str:
    """`#rrggbb` with an opacity of `share`."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"
