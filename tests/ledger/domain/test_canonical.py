from __future__ import annotations

import json
from contextlib import suppress

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain import canonical
from ledger.domain.canonical import NotCanonical, decode, decode_loose, encode
from ledger.domain.text import check_text

TEXT = st.text(st.characters(exclude_categories=("Cs",)))
KEYS = st.text(st.characters(min_codepoint=1, max_codepoint=126))
INTEGERS = st.integers(-canonical.MAX_INTEGER, canonical.MAX_INTEGER)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=5),
)


@given(VALUES)
def test_encode_gives_the_bytes_of_rfc_8785(value):
    assert encode(value) == rfc8785.dumps(value)


def _holds_refused_text(value):
    """By the rule for single strings."""
    if isinstance(value, str):
        try:
            check_text(value)
        except ValueError:
            return True
        return False
    if isinstance(value, dict):
        return any(_holds_refused_text(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(map(_holds_refused_text, value))


@given(VALUES)
def test_decode_is_the_inverse_of_encode_where_an_entry_may_hold_the_text(value):
    """The check of a whole document judges as the check of each of its strings does."""
    if _holds_refused_text(value):
        with pytest.raises(NotCanonical, match="text"):
            decode(encode(value))
    else:
        assert decode(encode(value)) == value


@pytest.mark.parametrize("text", ["a\\n", "\\\\u0041", '\\"', "\\", "C:\\temp\\new"])
def test_a_backslash_of_its_own_is_text_like_any(text):
    assert decode(encode([text])) == [text]


@pytest.mark.parametrize("text", ["\u202e", "e\u0301", "\n", "\x7f", "a\\\t", "\u200b", "\ufeff口罩"])
def test_text_that_no_entry_may_hold_is_not_canonical(text):
    with pytest.raises(NotCanonical, match="text"):
        decode(encode({"name": text}))


@given(VALUES)
def test_only_the_one_spelling_is_canonical(value):
    """Any other JSON spelling of the same value is refused by decode and understood by decode_loose."""
    for spelling in (
        json.dumps(value, indent=1),
        json.dumps(value, ensure_ascii=True),
        json.dumps(value) + "\n",
    ):
        data = spelling.encode()
        assert decode_loose(data) == value
        if data != encode(value):
            with pytest.raises(NotCanonical):
                decode(data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"a":1.0}', "1.0 is not an integer; the record holds no fractions"),
        (b'{"a":1e2}', "1e2 is not an integer; the record holds no fractions"),
        (b'{"a":NaN}', "NaN is not an integer; the record holds no fractions"),
        (b'{"a":-Infinity}', "-Infinity is not an integer; the record holds no fractions"),
        (b'{"a":1,"a":1}', "not in the one canonical form"),
        (b'{"a":1,"a":2}', "not in the one canonical form"),
        (b'{"b":1,"a":2}', "not in the one canonical form"),
        (b'{"a": 1}', "not in the one canonical form"),
        (b'{"a":-0}', "not in the one canonical form"),
        (b'{"a":"\\u0041"}', "not in the one canonical form"),
        (b'{"a":"\\/"}', "not in the one canonical form"),
        (b'{"a":"\\ud800"}', "lone surrogate"),
        (b'{"a":1}\n', "not in the one canonical form"),
        (b'{"a":01}', "not JSON"),
        (b'{"a":1}x', "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b"", "not JSON"),
        (b'{"a":"\xff"}', "not UTF-8"),
        (b'{"a":"\xed\xa0\x80"}', "not UTF-8"),
        (b"1" * 5000, "far too long"),
    ],
)
def test_decode_refuses(data, why):
    with pytest.raises(NotCanonical, match=why):
        decode(data)


def test_decode_loose_names_a_repeated_key():
    with pytest.raises(NotCanonical, match="names the same key twice"):
        decode_loose(b'{"a":1,"a":1}')


@pytest.mark.parametrize("depth", [*range(900, 1001, 4), 5000, 100_000])
def test_depth_never_escapes_as_another_error(depth):
    """Whatever depth this interpreter can hold, deeper JSON is refused, by reading or by writing it again."""
    data = b"[" * depth + b"]" * depth
    with pytest.raises(NotCanonical, match="nested too deeply") if depth >= 5000 else suppress(NotCanonical):
        decode(data)


def test_encode_refuses_what_the_record_does_not_hold():
    with pytest.raises(NotCanonical, match="lone surrogate"):
        encode({"a": "\ud800"})
    with pytest.raises(NotCanonical, match="not a JSON value"):
        encode({"a": {1, 2}})
    with pytest.raises(NotCanonical, match="not a JSON value"):
        encode({"a": float("nan")})
