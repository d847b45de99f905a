"""The one byte form of an entry: RFC 8785 (JCS) for our subset of JSON.

The subset has string keys (ASCII), strings, integers within 0..2^53-1 in magnitude, booleans, null, arrays
and objects; no floats. For this subset `json.dumps` with sorted keys gives exactly the RFC 8785 bytes,
several times faster than a general encoder; `tests/ledger/domain/test_canonical.py` proves it against
the `rfc8785` package.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ledger.domain.text import check_document
from ledger.domain.violations import Unfit

MAX_INTEGER = 2**53 - 1
MAX_ENTRY_BYTES = 60_000

# No look-out for a value that holds itself: decoded bytes cannot, and one that does ends in RecursionError.
_ENCODER = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False
)
# `_ENCODER.encode` makes this C encoder anew for each value, a tenth of its time.
_C: Any = json.encoder
_pieces = _C.c_make_encoder(
    None, _ENCODER.default, _C.encode_basestring, None, ":", ",", True, False, False
)  # fmt: skip


def _encode(value: Any) -> str:
    return "".join(_pieces(value, 0))


class NotCanonical(ValueError):
    """Bytes or values that are not in the one byte form; the message is one sentence."""


def encode(value: Any) -> bytes:
    """The exact bytes of `value`.

    Raises NotCanonical for text that UTF-8 cannot hold (lone surrogates) and values JSON does not have.
    """
    try:
        return _encode(value).encode("utf-8")
    except UnicodeEncodeError:
        raise NotCanonical("text holds a lone surrogate, which UTF-8 cannot encode") from None
    except RecursionError:
        raise NotCanonical("the value is nested too deeply") from None
    except (TypeError, ValueError) as error:
        raise NotCanonical(f"not a JSON value of the record: {error}") from None


def _no_float(text: str) -> Any:
    raise NotCanonical(f"{text[:40]} is not an integer; the record holds no fractions")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise NotCanonical("an object names the same key twice")
    return result


_decode = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float).decode
_decode_unique = json.JSONDecoder(
    object_pairs_hook=_unique_keys, parse_float=_no_float, parse_constant=_no_float
).decode


def decode(data: bytes) -> Any:
    """The value of canonical bytes.

    Raises NotCanonical when the bytes are not UTF-8, not JSON, hold a float, a repeated key or text that no
    entry may hold (RECORD: NFC, no control or bidi characters), or are not in the one byte form, so that
    `encode(decode(data)) == data` always holds.
    """
    try:  # a whole log runs through here: what is well-formed takes the short way
        text = data.decode("utf-8")
        value = _decode(text)  # a repeated key is dropped here and so does not come back below
        is_canonical = _encode(value) == text
    except (ValueError, RecursionError):
        encode(_read(_text(data), _decode))  # says what is wrong
        raise
    if not is_canonical:
        encode(value)  # says so if it holds a lone surrogate
        raise NotCanonical("the bytes are JSON, but not in the one canonical form (RFC 8785)")
    if "\\" in text or "\x7f" in text or not text.isascii():
        try:
            check_document(text)
        except Unfit as unfit:
            raise NotCanonical(unfit.at("text").message()) from None
    return value


def decode_loose(data: bytes) -> Any:
    """The value of JSON bytes in any spelling, with the same limits on what it may hold."""
    return _read(_text(data), _decode_unique)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise NotCanonical("the bytes are not UTF-8") from None


def _read(text: str, decoder: Callable[[str], Any]) -> Any:
    try:
        return decoder(text)
    except RecursionError:
        raise NotCanonical("the JSON is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise NotCanonical(f"the bytes are not JSON: {error.msg} at character {error.pos}") from None
    except NotCanonical:
        raise
    except ValueError:  # Python reads no integer of more than 4,300 digits
        raise NotCanonical("the bytes hold an integer that is far too long") from None
