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

ERASE_SECONDS = 3600  # how often it is looked for what is due to be destroyed
THREADS = 8
_log = logging.getLogger("mingzhang")


def serve_book(home: Path, host: str, port: int, database_url: str | None, signs: bool = True) -> None:
    """Serve until stopped. Raises Problem when the port is taken or the address is not ours.

    With `signs` checkpoints are signed here, if the key is here; without, the key is never opened.
    """
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
        if signs and _has_key(record):
            threading.Thread(target=_keep_published, args=(record, stop), daemon=True).start()
        threading.Thread(target=_keep_erasing, args=(record, stop), daemon=True).start()
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


def _has_key(record: Record) -> bool:
    """Whether this process can sign; says plainly if it cannot."""
    if record.folder.key_file.exists():
        return True
    _log.warning(
        "this process does not sign: %s is not here; `mingzhang publish` does, where the key is",
        record.folder.key_file.name,
    )
    return False


def _keep_published(record: Record, stop: threading.Event) -> None:
    """Take a step of publishing every ten seconds: what is new is signed, witnesses are asked again where
    that is due. A problem is told once while it lasts, and tried again."""
    from ledger.home import HomeProblem
    from ledger.published.writing import PublishedError
    from ledger.publishing import STEP_SECONDS
    from ledger.store.store import StoreProblem

    told = ""
    while not stop.wait(STEP_SECONDS):
        try:
            record.publisher.step()
            told = ""
        except (PublishedError, HomeProblem, StoreProblem) as problem:
            if str(problem) != told:
                _log.error("no checkpoint: %s", problem)
            told = str(problem)


def _keep_erasing(record: Record, stop: threading.Event) -> None:
    """Destroy what is due: at the start and every hour. A problem is told once while it lasts."""
    from ledger.erasure import erase_due
    from ledger.record import RecordProblem

    told = ""
    while not stop.is_set():
        try:
            if destroyed := erase_due(record).destroyed:
                _log.info("destroyed what was kept of %d parties and gifts", len(destroyed))
            told = ""
        except RecordProblem as problem:
            if str(problem) != told:
                _log.error("nothing erased: %s", problem)
            told = str(problem)
        stop.wait(ERASE_SECONDS)
