"""Par levels: how many of a reusable or of equipment to keep, where there is no demand to forecast.

A reusable is not used up but away: being washed, charged or repaired. With each piece fit for use with
chance `available_share`, independently, the pieces at hand of n are binomial, and the par level is the
smallest n of which enough are at hand with the service level's chance (the classical k-out-of-n problem:
Barlow & Proschan 1975, "Statistical Theory of Reliability and Life Testing", chapter 2).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ParNeed:
    """What one place needs of a reusable or of equipment.

    Attributes:
        at_once: pieces needed at the same time: people on duty, beds, rooms, or 1 a place.
        available_share: share of the pieces that are fit for use at a moment, above 0 to 1.
        service_level_per_mille: chance, of 1000, that there are enough.
    """

    at_once: int
    available_share: float = 1.0
    service_level_per_mille: int = 950

    def __post_init__(self) -> None:
        if self.at_once < 0:
            raise ValueError("at_once must not be below 0")
        if not 0 < self.available_share <= 1:
            raise ValueError("available_share must be above 0 and at most 1")
        if not 500 <= self.service_level_per_mille <= 999:
            raise ValueError("service_level_per_mille must be 500 to 999")


def par_level(need: ParNeed) -> int:
    """The smallest n with P(Binomial(n, available_share) >= at_once) at least the service level."""
    from scipy.special import betainc

    wanted, share = need.at_once, need.available_share
    level = need.service_level_per_mille / 1000 - 1e-12
    if wanted == 0 or share == 1.0:
        return wanted

    def enough(pieces: int) -> bool:
        # P(Binomial(n, p) >= k) = I_p(k, n - k + 1), the regularised incomplete beta function.
        return bool(betainc(wanted, pieces - wanted + 1, share) >= level)

    low, high = wanted, wanted + 1
    while not enough(high):
        low, high = high, 2 * high
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low


def available_share(in_use_days: float, away_days: float) -> float:
    """Share of time that a piece is fit for use, from days in use between two absences and days away.

    The steady availability of an alternating renewal process: up / (up + down) (same book, chapter 7).
    """
    if in_use_days <= 0 or away_days < 0:
        raise ValueError("in_use_days must be above 0 and away_days not below 0")
    return in_use_days / (in_use_days + away_days)
