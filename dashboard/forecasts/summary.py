"""What a run of forecasts says of all of them together: one small text beside the forecasts in the store, so
that no page has to read them all."""

from __future__ import annotations

import json

Pooled = dict[float, tuple[int, int]]
"""Level -> (past windows covered, past windows), of all items at all places."""


def summary_of(pooled: Pooled) -> str:
    return json.dumps({"pooled": [[level, *counts] for level, counts in sorted(pooled.items())]})


def pooled_in(summary: str) -> Pooled | None:
    """What `summary_of` wrote; None of an empty text, as a run of an earlier version left it."""
    if not summary:
        return None
    return {level: (covered, windows) for level, covered, windows in json.loads(summary)["pooled"]}
