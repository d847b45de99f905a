from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.series.horizon import ProtectionInterval
from forecast.series.leadtime import PRIOR_WORTH, LeadTime, LeadTimes, MeasuredFrom, Shipment, prior_worth

TODAY = date(2026, 11, 24)


def sent(days: int | None, place: str = "C01", source: str = "D01", age: int = 100, **more: date) -> Shipment:
    """A shipment begun `age` days ago that took `days`; None: still on its way."""
    begun = TODAY - timedelta(days=age)
    return Shipment(place, source, begun, None if days is None else begun + timedelta(days=days), **more)


def law(found: LeadTime | None) -> dict[int, float]:
    assert found is not None
    return dict(zip(found.days, found.chances, strict=True))


def test_alone_in_the_book_the_law_is_what_was_seen() -> None:
    found = LeadTimes([sent(2), sent(2), sent(5), sent(11)], TODAY).of("C01", "D01")
    assert law(found) == pytest.approx({2: 0.5, 5: 0.25, 11: 0.25})
    assert found is not None
    assert found.mean_days == pytest.approx(5.0)
    assert found.variance_days2 == pytest.approx((2 * 9 + 0 + 36) / 4)
    assert (found.finished, found.open_, found.measured_from) == (4, 0, MeasuredFrom.DISPATCH)


def test_an_open_shipment_is_at_least_as_old_as_it_is() -> None:
    """Kaplan-Meier by hand, times 2, 4+, 6, 8: S(2) = 3/4, S(6) = 3/8, S(8) = 0."""
    found = LeadTimes([sent(2), sent(None, age=4), sent(6), sent(8)], TODAY).of("C01")
    assert law(found) == pytest.approx({2: 0.25, 6: 0.375, 8: 0.375})
    assert found is not None
    assert (found.finished, found.open_) == (3, 1)


def test_one_open_longer_than_any_finished_draws_the_tail_out_to_its_age() -> None:
    found = LeadTimes([sent(2), sent(4), sent(None, age=30)], TODAY).of("C01")
    assert law(found) == pytest.approx({2: 1 / 3, 4: 1 / 3, 30: 1 / 3})


def test_cancelled_and_lost_shipments_say_nothing() -> None:
    gone = sent(None, age=40, ended=TODAY - timedelta(days=30))
    assert law(LeadTimes([sent(3), gone], TODAY).of("C01")) == {3: 1.0}


def test_a_thin_pair_borrows_from_its_place_and_the_place_from_the_book() -> None:
    """One shipment of 10 days to C01; nine of 1 day to C02: by the formula of the module's head."""
    shipments = [sent(10), *(sent(1, "C02") for _ in range(9))]
    own = 1 / (1 + PRIOR_WORTH)
    book = {10: 0.1, 1: 0.9}
    place = {day: own * (day == 10) + (1 - own) * chance for day, chance in book.items()}
    found = LeadTimes(shipments, TODAY).of("C01")
    assert law(found) == pytest.approx(place)
    assert found is not None
    assert found.borrowed_share == pytest.approx(1 - own)
    pair = {day: own * (day == 10) + (1 - own) * chance for day, chance in place.items()}
    assert law(LeadTimes(shipments, TODAY).of("C01", "D01")) == pytest.approx(pair)
    assert law(LeadTimes(shipments, TODAY).of("C99", "D77")) == pytest.approx(book)


def test_places_taken_a_few_at_a_time_borrow_from_the_whole_book_all_the_same() -> None:
    shipments = [sent(10), *(sent(1, "C02") for _ in range(9)), sent(4, "C03"), sent(None, "C03", age=6)]
    whole = LeadTimes(shipments, TODAY)
    for place in ("C01", "C02", "C03", "C99"):
        own = [one for one in shipments if one.place == place]
        assert LeadTimes(own, TODAY, whole).of(place) == whole.of(place)


def test_nothing_arrived_anywhere_is_no_lead_time() -> None:
    assert LeadTimes([sent(None)], TODAY).of("C01") is None
    assert LeadTimes([], TODAY).of("C01") is None


def test_a_place_with_requests_is_measured_from_them_and_the_others_say_transport() -> None:
    asked = sent(3, requested=TODAY - timedelta(days=107))
    times = LeadTimes([asked, sent(2, "C02")], TODAY)
    from_request, transport = times.of("C01"), times.of("C02")
    assert law(from_request) == {10: 1.0}
    assert from_request is not None
    assert from_request.measured_from is MeasuredFrom.REQUEST
    assert transport is not None
    assert transport.measured_from is MeasuredFrom.DISPATCH


def waiting(age: int, place: str = "C01") -> Shipment:
    """A request of so many days ago for which nothing was sent."""
    return Shipment(place, "", None, requested=TODAY - timedelta(days=age))


def asked(days: int, before: int, place: str = "C01") -> Shipment:
    """A shipment that took `days` from its request, `before` of them until it left."""
    return sent(days - before, place, requested=TODAY - timedelta(days=100 + before))


def test_a_request_that_waits_has_taken_at_least_its_age() -> None:
    """Kaplan-Meier by hand, times 5, 7+, 9: S(5) = 2/3, S(9) = 0; without the one that waits a half each."""
    found = LeadTimes([asked(5, 3), waiting(7), asked(9, 8)], TODAY).of("C01")
    assert law(found) == pytest.approx({5: 1 / 3, 9: 2 / 3})
    assert found is not None
    assert (found.finished, found.open_, found.measured_from) == (2, 1, MeasuredFrom.REQUEST)


def test_a_request_is_waited_for_until_goods_leave_for_a_later_one() -> None:
    """Nothing was ever sent for the one of 150 days ago; goods left for one of 106 days ago 3 days after it.

    So it took at least 47 days: beyond both finished ones, where the last part of the law comes to lie.
    """
    later = [asked(8, 3), sent(2, age=103, requested=TODAY - timedelta(days=106))]
    found = LeadTimes([waiting(150), *later], TODAY).of("C01")
    assert law(found) == pytest.approx({5: 1 / 3, 8: 1 / 3, 47: 1 / 3})
    assert LeadTimes([waiting(150), sent(2, "C02")], TODAY).of("C01") == LeadTimes(
        [sent(2, "C02")], TODAY
    ).of("C01"), "nothing was ever answered"


def test_what_was_sent_unasked_is_not_mixed_in_where_there_are_requests() -> None:
    found = LeadTimes([asked(9, 6), *(sent(1) for _ in range(20))], TODAY).of("C01")
    assert law(found) == {9: 1.0}


def test_requests_that_nobody_has_answered_yet_leave_transport_and_it_is_said() -> None:
    found = LeadTimes([waiting(30), sent(2), sent(4)], TODAY).of("C01")
    assert law(found) == pytest.approx({2: 0.5, 4: 0.5})
    assert found is not None
    assert (found.measured_from, found.finished, found.open_) == (MeasuredFrom.DISPATCH, 2, 0)


def test_few_requests_borrow_from_requests_elsewhere_and_never_from_transport() -> None:
    facts = [asked(10, 8), *(asked(6, 5, "C02") for _ in range(9)), *(sent(1, "C03") for _ in range(30))]
    found = LeadTimes(facts, TODAY).of("C01")
    own = 1 / (1 + PRIOR_WORTH)
    book = {10: 0.1, 6: 0.9}
    assert law(found) == pytest.approx({d: own * (d == 10) + (1 - own) * c for d, c in book.items()})


def test_a_request_written_after_the_goods_left_began_with_them() -> None:
    late = sent(3, requested=TODAY - timedelta(days=90))
    assert law(LeadTimes([late], TODAY).of("C01")) == {3: 1.0}


def test_only_the_newest_sixty_of_a_pair_count() -> None:
    old = [sent(30, age=900) for _ in range(40)]
    assert law(LeadTimes([*old, *(sent(2) for _ in range(60))], TODAY).of("C01")) == {2: 1.0}


shipments = st.lists(
    st.builds(
        sent, st.one_of(st.none(), st.integers(0, 90)), st.sampled_from(["C01", "C02"]),
        st.sampled_from(["D01", "D02"]), st.integers(90, 300),
    ),
    max_size=30,
)  # fmt: skip


@given(shipments)
def test_a_law_is_a_law_and_its_sample_keeps_it(found: list[Shipment]) -> None:
    asked = LeadTimes(found, TODAY).of("C01", "D01")
    if asked is None:
        assert all(one.usable is None for one in found)
        return
    assert sum(asked.chances) == pytest.approx(1.0)
    assert list(asked.days) == sorted(set(asked.days))
    interval = ProtectionInterval(0.0, 0.0, 7, asked.sample(1000))
    assert interval.lead_time_days() == pytest.approx(asked.mean_days, abs=0.5)


def world(shape: float, seed: int) -> tuple[np.ndarray, list[Shipment]]:
    """40 places of three shipments each; their mean lead times are gamma with mean 5."""
    rng = np.random.default_rng(seed)
    means = rng.gamma(shape, 5 / shape, 40)
    return means, [sent(int(rng.poisson(m)), f"C{i:02}") for i, m in enumerate(means) for _ in range(3)]


@pytest.mark.parametrize("shape", [2.0, 6.0, 60.0], ids=["unlike places", "some", "like places"])
def test_pooling_is_no_worse_than_the_better_of_own_shipments_alone_and_the_book_alone(shape: float) -> None:
    """Mean square error of the mean lead time over 10 worlds; at most 3 % above the better of the two."""
    errors = np.zeros((10, 3))
    for seed in range(10):
        means, facts = world(shape, seed)
        taken = np.array([(one.usable - one.dispatched).days for one in facts if one.usable]).reshape(40, 3)
        times = LeadTimes(facts, TODAY)
        pooled = [found.mean_days for i in range(40) if (found := times.of(f"C{i:02}"))]
        for way, guess in enumerate((np.array(pooled), taken.mean(axis=1), np.full(40, taken.mean()))):
            errors[seed, way] = float(np.mean((guess - means) ** 2))
    pooled_error, own, book = errors.mean(axis=0)
    assert pooled_error < 1.03 * min(own, book)


def test_the_credibility_constant_by_hand() -> None:
    """Five places of two: means 2, 4, 6, 8, 10, within each +-1, so s2 = 2; sum n(m - 6)^2 = 80;
    a = (80 - 4 * 2) / (10 - 20 / 10) = 9; k = 2 / 9, below the range."""
    groups = [np.array([m - 1.0, m + 1.0]) for m in (2, 4, 6, 8, 10)]
    assert prior_worth(groups) == 0.5
    spread = [np.array([m - 4.0, m + 4.0]) for m in (2, 4, 6, 8, 10)]  # s2 = 32: a = (80 - 128) / 8 < 0
    assert prior_worth(spread) == 50.0
    middling = [np.array([m - 2.5, m + 2.5]) for m in (2, 4, 6, 8, 10)]  # s2 = 12.5: a = 30 / 8
    assert prior_worth(middling) == pytest.approx(12.5 / 3.75)
    assert prior_worth(groups[:4]) == PRIOR_WORTH
