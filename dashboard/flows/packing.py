"""Dash's own scripts, packed: as Dash sends them, plotly's 5 MB among them, a phone waits long."""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Flask, Response, request

from dashboard.flows.asked import PREFIX

SCRIPTS = f"{PREFIX}_dash-component-suites/"
_MOST_FILES = 32  # Dash has about twenty; by content, so that an invented version in an address fills nothing


def pack_scripts(app: Flask) -> None:
    """Answer for Dash's scripts in gzip where the client takes it."""

    @app.after_request
    def pack(response: Response) -> Response:
        if not request.path.startswith(SCRIPTS) or response.status_code != 200:
            return response
        response.vary.add("Accept-Encoding")
        if request.accept_encodings["gzip"] > 0 and "Content-Encoding" not in response.headers:
            response.direct_passthrough = False  # a file that is read here, not passed on
            response.set_data(_packed(response.get_data()))
            response.headers["Content-Encoding"] = "gzip"
            if tag := response.get_etag()[0]:
                response.set_etag(tag, weak=True)
        return response


@lru_cache(maxsize=_MOST_FILES)
def _packed(data: bytes) -> bytes:
    return gzip.compress(data, 6, mtime=0)
