"""waitress in front of a witness: small bodies, little time, connections that stay open between calls."""

from __future__ import annotations

import socket
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import create_server

from dashboard.witness.door import create_witness_app
from ledger.witnessing.witness import MAX_REQUEST_BYTES, Witness

SILENT_SECONDS = 60  # a connection without a request; and the longest that a request may take to come
MAX_HEADER_BYTES = 1 << 14
THREADS = 8


class PromptChannel(HTTPChannel):
    """A connection whose request has to be whole SILENT_SECONDS after the one before: bytes that drip in are
    no sign of life, as they are for waitress by itself."""

    last_activity: float

    def handle_read(self) -> None:
        """Read what has come."""
        began = None if self.request is None else self.last_activity
        super().handle_read()
        if began is not None and self.request is not None:
            self.last_activity = began


def make_server(witness: Witness, listener: socket.socket) -> Any:
    """The server on this listening socket; `run()` serves until `close()`."""
    server = create_server(
        create_witness_app(witness), sockets=[listener], threads=THREADS, ident=None,
        max_request_body_size=MAX_REQUEST_BYTES, max_request_header_size=MAX_HEADER_BYTES,
        channel_timeout=SILENT_SECONDS, cleanup_interval=5, connection_limit=500,
    )  # fmt: skip
    server.channel_class = PromptChannel
    return server
