"""The table of a run in its one byte form, so that a print of it can be published and compared.

One line per item at a place, in the order of (place, item) by code point: RFC 8785 JSON and a line feed.
The keys are those of `Forecast`; a figure that is not a whole number is in millionths, rounded, since the
record's JSON knows whole numbers only; None is null. The print of a run is the SHA-256 of all lines.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from forecast.request import Forecast
from ledger.domain import canonical

METHOD = "mingzhang-forecast/2"
"""Named in every published run. Raise the number with any change that can change a figure."""
MILLIONTHS = 1_000_000


def table_line(forecast: Forecast) -> bytes:
    """The line of one forecast, with its line feed."""
    return canonical.encode(_whole(forecast.as_dict())) + b"\n"


def running_on() -> str:
    """What a run is computed on, in at most 80 characters; the same figures are promised on the same."""
    parts = [f"{name} {version(name)}" for name in ("numpy", "scipy", "statsmodels")]
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return ", ".join([machine, *parts])[:80]


def _whole(value: Any) -> Any:
    if isinstance(value, float):
        return round(value * MILLIONTHS)
    if isinstance(value, Mapping):
        return {key: _whole(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_whole(inner) for inner in value]
    return value
