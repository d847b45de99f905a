"""What commands are asked of a history of demand, with one meaning for all of them: levels and gaps."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Annotated

import typer

from dashboard.cli.speaking import Problem

USUAL_LEVELS = "0.90,0.95,0.98"
Levels = Annotated[
    str, typer.Option(help="Chances that the quantity is enough, each between 0 and 1, with commas.")
]


class Gaps(StrEnum):
    """What a period without a row means."""

    MISSING = "missing"
    ZERO = "zero"


AskedGaps = Annotated[
    Gaps, typer.Option(help="A period without a row: not known, or no demand from the first row on.")
]


def levels_told(text: str) -> tuple[str, ...]:
    """The levels as written, each number once. Raises Problem."""
    found: dict[float, str] = {}
    for written in (part.strip() for part in text.split(",")):
        try:
            level = float(written)
        except ValueError:
            level = math.nan
        # Python would read 0.9_5 and digits of other scripts; a reader of the answers need not.
        if not 0 < level < 1 or "_" in written or not written.isascii():
            raise Problem(f"--levels: {written or 'an empty place'} is no number between 0 and 1")
        found.setdefault(level, written)
    return tuple(found.values())
