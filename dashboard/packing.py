"""Packing of large answers: gzip for a client that takes it, plain for one that does not."""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Response, request

_MOST_FILES = 32  # kept by content, so that an invented version in an address fills nothing


def pack(response: Response, keep: bool = False) -> Response:
    """Pack the answer's data if the client takes gzip. `keep` the packed form: for the few large files that
    never change."""
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"] > 0 and "Content-Encoding" not in response.headers:
        response.direct_passthrough = False  # a file that is read here, not passed on
        data = response.get_data()
        response.set_data(_kept(data) if keep else _packed(data))
        response.headers["Content-Encoding"] = "gzip"
        if tag := response.get_etag()[0]:
            response.set_etag(tag, weak=True)
    return response


def _packed(data: bytes) -> bytes:
    return gzip.compress(data, 6, mtime=0)


_kept = lru_cache(maxsize=_MOST_FILES)(_packed)
