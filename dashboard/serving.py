"""Serving one book: waitress in front of the pages, and a checkpoint when the log has grown."""

from __future__ import annotations

import logging
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.cli.speaking import Problem

if TYPE_CHECKING:
    from ledger.record import Record

CHECKPOINT_SECONDS = 10  # RECORD.md, Publishing and trust: at most every 10 s, when the log has grown
THREADS = 8
_log = logging.getLogger("mingzhang")


def serve_book(home: Path, host: str, port: int, database_url: str | None) -> None:
    """Serve until stopped. Raises Problem when the port is taken or the address is not ours."""
    import waitress

    from dashboard.app import create_app

    with listen(host, port) as listener:
        try:
            app = create_app(home, database_url=database_url)
        except ValueError as error:
            raise Problem(str(error)) from None
        stop = threading.Event()
        # The record that signs is the one that writes, so it knows what it wrote last.
        record: Record = app.extensions["mingzhang"]
        threading.Thread(target=_keep_published, args=(record, stop), daemon=True).start()
        try:
            waitress.serve(app, sockets=[listener], threads=THREADS, ident=None, _quiet=True)
        finally:
            stop.set()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises Problem."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
        return listener
    except OSError as error:
        raise Problem(f"cannot listen on {host} port {port}: {error.strerror}") from None
    except UnicodeError:
        raise Problem(f"cannot listen on {host}: that is not an address") from None


def _keep_published(record: Record, stop: threading.Event) -> None:
    """Sign a checkpoint whenever the log has grown. A failure is told, and tried again."""
    from ledger.published.writing import PublishedError, PublishedLog
    from ledger.record import RecordProblem
    from ledger.store.store import StoreProblem

    while not stop.wait(CHECKPOINT_SECONDS):
        try:
            if record.size != PublishedLog(record.folder.log).size:
                record.checkpoint()
        except (RecordProblem, PublishedError, StoreProblem) as problem:
            _log.error("no checkpoint: %s", problem)
