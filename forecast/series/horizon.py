"""The protection interval: the days that an order placed now must cover, lead time + review period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

LONGEST_DAYS = 365
"""A lead time sample beyond a year is cut here: the balance of a year says nothing of two."""


@dataclass(frozen=True)
class ProtectionInterval:
    """How long an order must last, in days, with its uncertainty.

    Attributes:
        lead_time_mean_days: request (or decision) until usable on the shelf (DOMAIN.md section 4).
        lead_time_variance_days2: its variance, in days squared; 0 if it is not known.
        review_days: days between two looks at the stock.
        lead_time_sample_days: measured lead times; if there are any they are used instead of
            mean and variance.
        lead_time_from: request, or dispatch, which is transport only; "" where nothing was measured.
        lead_time_seen: how many of the place's own arrivals were measured.
    """

    lead_time_mean_days: float
    lead_time_variance_days2: float
    review_days: int
    lead_time_sample_days: tuple[int, ...] = ()
    lead_time_from: str = ""
    lead_time_seen: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.lead_time_mean_days <= LONGEST_DAYS:
            raise ValueError(f"lead_time_mean_days must be 0 to {LONGEST_DAYS}")
        if not 0 <= self.lead_time_variance_days2 <= LONGEST_DAYS**2:
            raise ValueError(f"lead_time_variance_days2 must be 0 to {LONGEST_DAYS**2}")
        if not 0 <= self.review_days <= LONGEST_DAYS:
            raise ValueError(f"review_days must be 0 to {LONGEST_DAYS}")
        if any(days < 0 for days in self.lead_time_sample_days):
            raise ValueError("lead_time_sample_days must not be below 0")

    def durations(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The interval's lengths in whole days, rising, and the chance of each; never under one day."""
        days, chances = self._lead_times()
        lengths = np.clip(days + self.review_days, 1, 2 * LONGEST_DAYS)
        distinct, place = np.unique(lengths, return_inverse=True)
        return distinct, np.bincount(place, weights=chances).astype(np.float64)

    def mean_days(self) -> float:
        lengths, chances = self.durations()
        return float(lengths @ chances)

    def lead_time_days(self) -> float:
        """Mean lead time: of the sample where there is one."""
        days, chances = self._lead_times()
        return float(days @ chances)

    def _lead_times(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        if self.lead_time_sample_days:
            sample = np.minimum(np.array(self.lead_time_sample_days, dtype=np.int64), LONGEST_DAYS)
            days, counts = np.unique(sample, return_counts=True)
            return days, counts / counts.sum()
        if self.lead_time_mean_days == 0 or self.lead_time_variance_days2 == 0:
            return _two_days(self.lead_time_mean_days)
        return _gamma_days(self.lead_time_mean_days, self.lead_time_variance_days2)

    def as_dict(self) -> dict[str, Any]:
        return {
            "lead_time_mean_days": self.lead_time_mean_days,
            "lead_time_variance_days2": self.lead_time_variance_days2,
            "review_days": self.review_days,
            "lead_time_sample_days": list(self.lead_time_sample_days),
            "lead_time_from": self.lead_time_from,
            "lead_time_seen": self.lead_time_seen,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> ProtectionInterval:
        sample = tuple(int(days) for days in stored.get("lead_time_sample_days", ()))
        return cls(
            float(stored["lead_time_mean_days"]),
            float(stored["lead_time_variance_days2"]),
            int(stored["review_days"]),
            sample,
            str(stored.get("lead_time_from", "")),
            int(stored.get("lead_time_seen", 0)),
        )


def _two_days(mean: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """A lead time without variance: the two whole days around the mean, weighted so that it is kept."""
    below = int(mean)
    share = mean - below
    if share == 0:
        return np.array([below]), np.array([1.0])
    return np.array([below, below + 1]), np.array([1.0 - share, share])


@cache
def _gamma_days(mean: float, variance: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """A gamma law of this mean and variance, in whole days, each taking the chance within half a day.

    The gamma is the usual lead-time law (Burgin 1975, Operational Research Quarterly 26:507-525). The
    tail beyond 99.9 % is cut.
    """
    from scipy.special import gammainc

    shape, scale = mean**2 / variance, variance / mean
    days = np.arange(LONGEST_DAYS + 1)
    below = gammainc(shape, (days + 0.5) / scale)
    below[int(np.searchsorted(below[:-1], 0.999)) :] = 1.0
    chances = np.diff(below, prepend=0.0)
    kept = chances > 0
    return days[kept], chances[kept]
