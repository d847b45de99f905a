"""Lead times measured from what the ledger saw: a distribution per place and source, pooled where thin.

The lead time runs from the request (or the decision) until the goods are usable on the shelf (DOMAIN.md
section 4). Where a place's shipments name no request, the span from dispatch to the shelf is measured
instead; that is transport only, and `LeadTime.measured_from` says so.

What was asked for and has not been sent yet is a shipment too, begun and not arrived: without it the requests
that nobody answers would shorten the measured time. It is watched until today, or until goods left for a
later request of the same place: from then on nobody waits for the old one.

A shipment still on its way has taken *at least* its age: it is right-censored, not left out, since the slow
ones are the open ones (Kaplan & Meier 1958; leaving them out is length-biased). What lies beyond the longest
finished one sits on the longest known (Efron 1967).

Few shipments borrow from more: the pair's distribution is the posterior mean of a Dirichlet process whose
prior is the place's, and the place's is so around the book's (Ferguson 1973, Annals of Statistics 1:209-230):

    F_pair  = (n_pair * KM_pair + k * F_place) / (n_pair + k)
    F_place = (n_place * KM_place + k * F_book) / (n_place + k)        n = finished shipments

with k = variance within places / variance between them, the credibility constant (Buhlmann & Straub 1970,
Bulletin of the Swiss Association of Actuaries 70:111-133): where places differ much, little is borrowed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from forecast.series.censoring import kaplan_meier

FloatArray = NDArray[np.float64]

PRIOR_WORTH = 5.0
"""What is borrowed counts as five shipments of one's own, while too few places are known to measure it."""
PRIOR_WORTH_RANGE = (0.5, 50.0)
FEWEST_PLACES = 5
MOST_SHIPMENTS = 60
"""The newest of a pair; older ones speak of other times."""
LONGEST_DAYS = 365
SAMPLE_POINTS = 100


class MeasuredFrom(StrEnum):
    """Where the span begins."""

    REQUEST = "request"
    DISPATCH = "dispatch"


@dataclass(frozen=True)
class Shipment:
    """One dispatch to a place, or a request of it that still waits, in days of the book's time zone.

    Attributes:
        place, source: where it went and where it came from, or where it was asked for.
        dispatched: the day on which it left; None of a request for which nothing was sent.
        usable: the first day on which any of it was usable on the shelf; None while it is not.
        requested: the day of the request or decision that it answers; None where none is recorded.
        ended: the day on which it was cancelled or lost, so that nothing more is to be waited for.
    """

    place: str
    source: str
    dispatched: date | None
    usable: date | None = None
    requested: date | None = None
    ended: date | None = None

    def begun(self, measured_from: MeasuredFrom) -> date | None:
        """None where it says nothing of such a span. Asked for after the goods left, it began with them."""
        if measured_from is MeasuredFrom.DISPATCH or self.requested is None:
            return self.dispatched if measured_from is MeasuredFrom.DISPATCH else None
        return min(self.requested, self.dispatched or self.requested)


@dataclass(frozen=True)
class LeadTime:
    """How long goods take to a place, in whole days.

    Attributes:
        days, chances: the distribution, days rising, chances summing to 1.
        finished, open_: own shipments behind it, arrived and still on the way (at least this old).
        borrowed_share: weight of what was borrowed from the place's or the book's other shipments, 0 to 1.
        measured_from: request, or dispatch: then it is transport only.
    """

    days: tuple[int, ...]
    chances: tuple[float, ...]
    finished: int
    open_: int
    borrowed_share: float
    measured_from: MeasuredFrom

    @property
    def mean_days(self) -> float:
        return float(np.dot(self.days, self.chances))

    @property
    def variance_days2(self) -> float:
        """In days squared."""
        return float(np.dot((np.array(self.days) - self.mean_days) ** 2, self.chances))

    def sample(self, points: int = SAMPLE_POINTS) -> tuple[int, ...]:
        """Equally likely lead times: the quantiles at (i + 1/2) / points; what a ProtectionInterval takes."""
        at = (np.arange(points) + 0.5) / points
        place = np.searchsorted(np.cumsum(self.chances), at - 1e-12)
        return tuple(self.days[i] for i in np.minimum(place, len(self.days) - 1).tolist())


@dataclass(frozen=True)
class _Spans:
    """Days of finished and open shipments of one group."""

    days: FloatArray
    is_open: NDArray[np.bool_]

    @property
    def finished(self) -> int:
        return int((~self.is_open).sum())

    def law(self) -> FloatArray:
        """Kaplan-Meier chances by day, shape (LONGEST_DAYS + 1,); all 0 where nothing has arrived."""
        chances = np.zeros(LONGEST_DAYS + 1)
        if not self.finished:
            return chances
        curve = kaplan_meier(self.days, self.is_open)
        steps = -np.diff(curve.survival, prepend=1.0)
        longest = int(max(self.days.max(), curve.values[-1]))
        np.add.at(chances, curve.values.astype(np.int64), steps)
        chances[longest] += 1.0 - steps.sum()
        return chances


class LeadTimes:
    """Measured lead times of some places; ask with `of`.

    `book` is that of the whole book, or of a sample of it, which thin places borrow from; None: these
    shipments are the book.
    """

    def __init__(self, shipments: Iterable[Shipment], today: date, book: LeadTimes | None = None) -> None:
        known = [one for one in shipments if one.ended is None or one.usable is not None]
        self._asking = {one.place for one in known if one.requested is not None}
        self._groups = {kind: _grouped(known, kind, today) for kind in MeasuredFrom}
        self._found: dict[tuple[str, str], LeadTime | None] = {}
        self._worth: dict[MeasuredFrom, float]
        if book is None:
            self._worth = {kind: prior_worth(_finished_days(found)) for kind, found in self._groups.items()}
        else:
            self._worth = book._worth
            for kind, found in self._groups.items():
                found["", ""] = book._groups[kind]["", ""]

    def of(self, place: str, source: str = "") -> LeadTime | None:
        """The lead time to a place, from one source or from all; None while nothing has arrived anywhere.

        Measured from requests at a place that has any, once any was answered anywhere, else from dispatches.
        The two are never mixed in one law: at a place with requests, what was sent unasked is left out, and
        what it borrows was requested too.
        """
        if (place, source) not in self._found:
            self._found[place, source] = self._measure(place, source)
        return self._found[place, source]

    def _measure(self, place: str, source: str) -> LeadTime | None:
        requested = self._groups[MeasuredFrom.REQUEST]
        answered = any(requested[key].finished for key in (("", ""), (place, "")) if key in requested)
        asked = place in self._asking and answered
        kind = MeasuredFrom.REQUEST if asked else MeasuredFrom.DISPATCH
        groups = self._groups[kind]
        law, borrowed = groups[("", "")].law(), 1.0
        own = groups[("", "")]
        for key in ((place, ""), (place, source))[: 2 if source else 1]:
            own = groups.get(key, _Spans(np.zeros(0), np.zeros(0, np.bool_)))
            weight = own.finished / (own.finished + self._worth[kind])
            law = weight * own.law() + (1.0 - weight) * law if law.any() else own.law()
            borrowed = 1.0 - weight
        if not law.any():
            return None
        days = np.flatnonzero(law)
        return LeadTime(
            days=tuple(days.tolist()),
            chances=tuple((law[days] / law.sum()).tolist()),
            finished=own.finished,
            open_=int(own.is_open.sum()),
            borrowed_share=borrowed,
            measured_from=kind,
        )


def prior_worth(groups: Sequence[FloatArray]) -> float:
    """The credibility constant k = s2 / a of Buhlmann & Straub 1970, from days by place.

    s2 is the pooled variance within places; a, the variance between them, their unbiased moment estimator:
    a = (sum n_i (m_i - m)^2 - (I - 1) s2) / (N - sum n_i^2 / N).
    """
    sizes = np.array([days.size for days in groups], dtype=np.float64)
    total = sizes.sum()
    if sizes.size < FEWEST_PLACES or total <= sizes.size:
        return PRIOR_WORTH
    means = np.array([days.mean() for days in groups])
    within = sum(float(((days - days.mean()) ** 2).sum()) for days in groups) / (total - sizes.size)
    spread = float(sizes @ (means - sizes @ means / total) ** 2)
    between = (spread - (sizes.size - 1) * within) / (total - float(sizes @ sizes) / total)
    low, high = PRIOR_WORTH_RANGE
    return float(min(high, max(low, within / between))) if between > 0 else high


def _finished_days(groups: dict[tuple[str, str], _Spans]) -> list[FloatArray]:
    places = [spans for (place, source), spans in groups.items() if place and not source]
    return [spans.days[~spans.is_open] for spans in places if spans.finished]


@dataclass(frozen=True)
class _Span:
    """From which day to which one shipment was watched, and whether it had not arrived by then."""

    begun: date
    until: date
    is_open: bool


def _grouped(shipments: Sequence[Shipment], kind: MeasuredFrom, today: date) -> dict[tuple[str, str], _Spans]:
    """Spans of every (place, source), of every (place, "") and of the book, ("", "")."""
    answered = _answered(shipments)
    pairs: dict[tuple[str, str], list[_Span]] = defaultdict(list)
    for one in shipments:
        if (begun := one.begun(kind)) is not None:
            until = one.usable or _given_up(one, answered) or today
            pairs[one.place, one.source].append(_Span(begun, until, one.usable is None))
    groups: dict[tuple[str, str], list[_Span]] = defaultdict(list)
    for (place, source), found in pairs.items():
        newest = sorted(found, key=lambda span: span.begun)[-MOST_SHIPMENTS:]
        for key in {(place, source), (place, ""), ("", "")}:
            groups[key] += newest
    groups.setdefault(("", ""), [])
    return {key: _spans(found) for key, found in groups.items()}


def _answered(shipments: Iterable[Shipment]) -> dict[str, list[tuple[date, date]]]:
    """Place -> (day of the request, day on which goods left for it), sorted."""
    found: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for one in shipments:
        if one.requested is not None and one.dispatched is not None:
            found[one.place].append((one.requested, one.dispatched))
    return {place: sorted(days) for place, days in found.items()}


def _given_up(one: Shipment, answered: dict[str, list[tuple[date, date]]]) -> date | None:
    """The first day on which goods left for a later request, where nothing was sent for this one."""
    if one.dispatched is not None or one.requested is None:
        return None
    later = (left for asked, left in answered.get(one.place, ()) if asked > one.requested)
    return min(later, default=None)


def _spans(watched: Sequence[_Span]) -> _Spans:
    days = [(one.until - one.begun).days for one in watched]
    is_open = np.array([one.is_open for one in watched], dtype=np.bool_)
    return _Spans(np.clip(np.array(days, dtype=np.float64), 0, LONGEST_DAYS), is_open)
