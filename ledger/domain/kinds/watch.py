"""What is computed from the record and made public: a run of forecasts."""

from __future__ import annotations

from ledger.domain.kinds.fields import Body, Counted, Day, Hex64, Part, Quantity, ShortText


class ForecastParameters(Part):
    """What a run was told that the log does not say.

    Attributes:
        lead_time_days: of a place that nothing was ever sent to, and that no policy speaks of.
        review_period_days: days between two looks at the stock, where no policy says otherwise.
        band_days: days ahead that are told day by day.
    """

    lead_time_days: Counted
    review_period_days: Counted
    band_days: Quantity


class ForecastPublished(Body):
    """A run of forecasts, so that anybody who has the entries can compute it again and compare.

    Attributes:
        log_size: the number of entries that it saw.
        day: the book's day on which it was made; demand up to the day before is counted.
        method: names the computation; another name may give other figures.
        platform: what it ran on; figures repeat bit for bit on the same.
        parameters: see ForecastParameters.
        forecasts: rows of the table, one per item at a place.
        failed: how many of them could not be computed as meant and say so.
        table: SHA-256 of the table's bytes, as forecast/README.md fixes them.
    """

    log_size: Quantity
    day: Day
    method: ShortText
    platform: ShortText
    parameters: ForecastParameters
    forecasts: Counted
    failed: Counted
    table: Hex64
