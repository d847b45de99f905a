"""Figures of the public pages: plain data in, Plotly Figure out. No database, no clock, no file.

Each has a wide and a narrow form (a phone gets another picture, not a smaller one). The titles say the
finding and are HTML text beside the figure, so the figures carry none.
"""

from dashboard.figures.grid import Cover, cover_grid
from dashboard.figures.past import Bar, shelf_history, weeks_asked
from dashboard.figures.promise import Part, Window, levels_kept, promises_kept
from dashboard.figures.sankey import flows_sankey
from dashboard.figures.stock import stock_cover
from dashboard.figures.theme import template
from dashboard.figures.ways import Flow, FlowRow, Stop, fate_of, largest_places, ways

__all__ = [
    "Bar", "Cover", "Flow", "FlowRow", "Part", "Stop", "Window", "cover_grid", "fate_of", "flows_sankey",
    "largest_places", "levels_kept", "promises_kept", "shelf_history", "stock_cover", "template", "ways",
    "weeks_asked",
]  # fmt: skip
