"""An app that is really served, by the server of `mingzhang serve`, from a thread of this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server


@contextmanager
def serving(app: Flask, port: int, threads: int = 4) -> Iterator[str]:
    """Serve the app; gives its origin."""
    server = create_server(app, host="127.0.0.1", port=port, threads=threads)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(server, thread)


def stop(server: Any, thread: threading.Thread) -> None:
    """End a waitress server at once: its connections are closed too, which a browser would keep for minutes.

    They are closed in the server's own thread, which alone may touch them.
    """
    server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
    thread.join(timeout=10)
    server.task_dispatcher.shutdown()
