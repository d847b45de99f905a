"""Rules of what is computed from the record and made public."""

from __future__ import annotations

from ledger.domain.kinds.watch import ForecastPublished
from ledger.domain.rules.draft import Draft


def forecast_published(body: ForecastPublished, draft: Draft) -> None:
    """It cannot have seen more than there is. It moves nothing, and a later run stands beside it."""
    if body.log_size > draft.book.size:
        draft.fail("log_size", "too_great", most=draft.book.size)
    if body.failed > body.forecasts:
        draft.fail("failed", "too_great", most=body.forecasts)
