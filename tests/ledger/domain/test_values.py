"""Ids, instants, text, gift codes, shares and commitments."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
import uuid
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.commitments import commitment
from ledger.domain.gifts import check_digit, check_gift_code, gift_code
from ledger.domain.ids import LOT_ID, derived_id, is_entry_id, lot_id, new_id
from ledger.domain.instants import check_occurred, day_of, format_instant, parse_day, parse_instant
from ledger.domain.lots import Lot, fefo_key, largest_remainder
from ledger.domain.text import check_text

SHANGHAI = ZoneInfo("Asia/Shanghai")


# ids ------------------------------------------------------------------------------------------------------


def test_new_ids_are_version_7_and_in_order_of_time():
    first, later = new_id(), new_id()
    assert first != later
    for identity in (first, later):
        assert is_entry_id(identity)
        parsed = uuid.UUID(identity)
        assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
        made_at = datetime.fromtimestamp((parsed.int >> 80) / 1000, UTC)
        assert abs(datetime.now(UTC) - made_at) < timedelta(minutes=1)


@given(st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc"))), min_size=1, max_size=4))
def test_derived_ids_are_version_8_and_depend_on_where_parts_end(parts):
    identity = derived_id(*parts)
    assert identity == derived_id(*parts)
    assert (uuid.UUID(identity).version, uuid.UUID(identity).variant) == (8, uuid.RFC_4122)
    if len(parts) > 1:
        assert identity != derived_id("".join(parts))
        assert identity != derived_id(parts[0] + parts[1], *parts[2:])


def test_a_derived_id_never_changes():
    """Imports of earlier versions must be recognised by later ones."""
    assert derived_id("PlaceRegistered", "C01") == "bbaab82d-bf66-89f5-8c5e-f453a7a5f320"


@pytest.mark.parametrize(
    "text",
    [
        "", "01890a5d-ac96-4774-bcce-b302099a8057", "01890A5D-AC96-7774-BCCE-B302099A8057",
        "01890a5d-ac96-7774-7cce-b302099a8057", "01890a5dac967774bcceb302099a8057",
        "01890a5d-ac96-7774-bcce-b302099a8057\n", "{01890a5d-ac96-7774-bcce-b302099a8057}",
    ],
)  # fmt: skip
def test_what_is_no_entry_id(text):
    assert not is_entry_id(text)


def test_lot_ids():
    identity = new_id()
    assert LOT_ID.fullmatch(lot_id(identity, 0))
    assert LOT_ID.fullmatch(lot_id(identity, 299))
    assert not LOT_ID.fullmatch(identity + "#00")
    assert not LOT_ID.fullmatch(identity + "#-1")
    assert not LOT_ID.fullmatch(identity)


# instants -------------------------------------------------------------------------------------------------


@given(st.datetimes(datetime(1900, 1, 1), datetime(2999, 12, 31)))
def test_instants_read_back_to_the_millisecond(moment):
    moment = moment.replace(tzinfo=UTC)
    text = format_instant(moment)
    assert parse_instant(text) == moment - timedelta(microseconds=moment.microsecond % 1000)
    assert format_instant(parse_instant(text)) == text


def test_an_instant_is_written_in_utc():
    moment = datetime(2026, 3, 1, 7, 30, tzinfo=timezone(timedelta(hours=8)))
    assert format_instant(moment) == "2026-02-28T23:30:00.000Z"


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01", "2026-03-01T00:00:00Z", "2026-03-01T00:00:00.000", "2026-03-01T00:00:00.000+00:00",
        "2026-03-01 00:00:00.000Z", "2026-03-01T25:00:00.000Z", "2026-03-01T00:00:60.000Z",
        "2026-13-01T00:00:00.000Z",
    ],
)  # fmt: skip
def test_other_spellings_of_an_instant_are_refused(text):
    with pytest.raises(ValueError, match=r"instant|must be|month"):
        parse_instant(text)


@pytest.mark.parametrize("text", ["2026-03-01", "2024-02-29", "9999-12-31"])
def test_days(text):
    assert parse_day(text).isoformat() == text


@pytest.mark.parametrize(
    "text",
    ["2026-02-29", "2026-00-10", "2026-3-1", "20260301", "2026-W09-1", "２０２６-03-01", "2026-03-01 ", ""],
)
def test_what_is_no_day(text):
    with pytest.raises(ValueError, match="it must be a day of the calendar like 2026-03-12"):
        parse_day(text)


@pytest.mark.parametrize(
    "text", ["2026-03-01", "2026-03-01/2026-03-01", "2026-02-28/2026-03-01", "2026-03-01T06:30:00.000Z"]
)
def test_when_it_happened(text):
    check_occurred(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "/", "2026-03-01/", "/2026-03-01", "2026-03-01/2026-03-02/2026-03-03", "2026-02-30", "2026-03",
        "2026-03-01T06:30:00.000Z/2026-03-02T06:30:00.000Z", "2026-03-01T24:00:00.000Z", "yesterday",
        "1899-12-31", "3000-01-01", "9999-12-31T23:00:00.000Z",
    ],
)  # fmt: skip
def test_when_it_cannot_have_happened(text):
    with pytest.raises(ValueError, match="it must be an instant like"):
        check_occurred(text)


def test_a_span_must_not_end_before_it_begins():
    with pytest.raises(ValueError, match="it ends before it begins"):
        check_occurred("2026-03-02/2026-03-01")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-01", "2026-03-01"),
        ("2026-02-20/2026-03-01", "2026-03-01"),
        ("2026-02-28T15:59:59.999Z", "2026-02-28"),
        ("2026-02-28T16:00:00.000Z", "2026-03-01"),  # midnight in Shanghai
        ("1900-01-01T00:00:00.000Z", "1900-01-01"),
        ("2999-12-31T23:59:59.999Z", "3000-01-01"),
    ],
)
def test_days_are_counted_in_the_zone_of_the_book(text, day):
    assert day_of(text, SHANGHAI) == day


# text -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["口罩", "Ärzte", "N95 (25 pcs)", "\U00020000", "é", "𠮷野", "️"])
def test_text_of_the_record(text):
    assert check_text(text) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("e\u0301", "NFC"), ("\ufa0c", "NFC"), ("\u212b", "NFC"),
        ("a\nb", r"U\+000A"), ("\t", r"U\+0009"), ("\x7f", r"U\+007F"), ("口\x00罩", r"U\+0000"),
        ("\u202eabc", r"U\+202E"), ("\u2066", r"U\+2066"), ("a\u200fb", r"U\+200F"), ("\ufeff", r"U\+FEFF"),
        ("a\u200bb", r"U\+200B"), ("\u2028", r"U\+2028"), ("\x85", r"U\+0085"), ("\ud800", r"U\+D800"),
    ],
)  # fmt: skip
def test_text_is_refused_never_repaired(text, why):
    with pytest.raises(ValueError, match=why):
        check_text(text)


@given(st.text())
def test_text_that_passes_is_nfc_without_control_or_format_characters(text):
    try:
        check_text(text)
    except ValueError:
        bad = {"Cc", "Cf", "Cs", "Zl", "Zp"}
        assert unicodedata.normalize("NFC", text) != text or any(unicodedata.category(c) in bad for c in text)
    else:
        assert unicodedata.normalize("NFC", text) == text
        assert all(unicodedata.category(c) not in {"Cc", "Cf", "Cs"} for c in text)


# gift codes -----------------------------------------------------------------------------------------------


@given(st.integers(1900, 2999), st.integers(0, 10**9 - 1), st.data())
def test_a_wrong_digit_or_a_swap_of_neighbours_is_caught(year, serial, data):
    code = gift_code(year, serial)
    assert check_gift_code(code)
    digits = [i for i, character in enumerate(code) if character.isdigit()]
    at = data.draw(st.sampled_from(digits))
    wrong = data.draw(st.sampled_from([d for d in "0123456789" if d != code[at]]))
    assert not check_gift_code(code[:at] + wrong + code[at + 1 :])
    one, two = data.draw(st.sampled_from(list(pairwise(digits))))
    if code[one] != code[two]:
        swapped = list(code)
        swapped[one], swapped[two] = code[two], code[one]
        assert not check_gift_code("".join(swapped))


def test_the_check_digit_is_damms():
    assert check_digit("572") == 4  # the worked example that is quoted with the algorithm


def test_gift_codes_look_like_this():
    assert gift_code(2026, 417) == "2026-00417-6"
    assert gift_code(2026, 1234567).startswith("2026-1234567-")
    for text in ("", "2026-417-3", "2026-00417-4", "2026-00417-6 ", "２０２６-00417-3"):
        assert not check_gift_code(text)


# shares ---------------------------------------------------------------------------------------------------

WEIGHTS = st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 60)), min_size=1, max_size=8)


@given(st.integers(0, 10**12), WEIGHTS)
def test_shares_are_whole_add_up_and_keep_quota(total, weights):
    """Hamilton's method: each share is its exact quota rounded down or up, the rest by largest remainder."""
    shares = largest_remainder(total, weights)
    assert sum(shares) == total
    exact = [Fraction(*weight) for weight in weights]
    if sum(exact) == 0:
        assert shares == [total] + [0] * (len(weights) - 1)
        return
    quotas = [total * weight / sum(exact) for weight in exact]
    rests = [quota - int(quota) for quota in quotas]
    for i, (share, quota) in enumerate(zip(shares, quotas, strict=True)):
        assert share in (int(quota), int(quota) + 1)
        if share == int(quota):  # nobody later or with a smaller remainder was rounded up before it
            for j, other in enumerate(shares):
                if other > int(quotas[j]):
                    assert (rests[j], -j) >= (rests[i], -i)


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        (10, [(1, 1), (1, 1), (1, 1)], [4, 3, 3]),
        (1, [(1, 1), (1, 1)], [1, 0]),
        (7, [(600, 1), (400, 1)], [4, 3]),
        (100, [(1, 3), (2, 3)], [33, 67]),
        (5, [(0, 1), (3, 1)], [0, 5]),
        (0, [(1, 1)], [0]),
    ],
)
def test_shares_by_hand(total, weights, shares):
    assert largest_remainder(total, weights) == shares


def test_first_expired_goes_first_then_first_received():
    entry = new_id()

    def lot(number: int, expiry: str) -> Lot:
        return Lot(f"{entry}#{number}", "masks", 1, "opening", "D1", expiry=expiry)

    order = [
        (lot(3, "2026-05-01"), 9), (lot(2, "2026-06-01"), 4), (lot(10, "2026-06-01"), 4),
        (lot(0, "2026-06-01"), 5), (lot(1, ""), 1), (lot(0, "unmarked"), 0),
    ]  # fmt: skip
    assert sorted(order, key=lambda pair: fefo_key(*pair)) == order


# commitments ----------------------------------------------------------------------------------------------


def test_a_commitment_is_the_hmac_of_the_canonical_data():
    salt = bytes(range(32))
    data = {"type": "organisation", "name": "红十字会"}
    bytes_ = '{"name":"红十字会","type":"organisation"}'.encode()
    assert commitment(salt, data) == hmac.new(salt, bytes_, hashlib.sha256).hexdigest()
    assert commitment(salt, data) != commitment(bytes(32), data)
    assert commitment(salt, data) != commitment(salt, {**data, "name": "红十字會"})
