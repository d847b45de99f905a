"""A book's folder: where its database, keys and published log lie. It may be copied or moved."""

from __future__ import annotations

import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ledger.tlog.note import Signer, VerifierKey


class HomeProblem(Exception):
    """The folder cannot be used; the message is one sentence."""


@dataclass(frozen=True)
class Home:
    """The paths of a book's folder.

    book.sqlite3      the database, unless PostgreSQL is named
    log.vkey          the log's public verifier key (C2SP signed-note form)
    log/              the published tlog prefix: checkpoint, tile/...
    keys/log.key      the log's private key, mode 0600
    keys/session.key  the secret of the web sessions, mode 0600
    reports/          import reports
    """

    path: Path

    @property
    def log(self) -> Path:
        return self.path / "log"

    @property
    def vkey_file(self) -> Path:
        return self.path / "log.vkey"

    @property
    def signer_file(self) -> Path:
        return self.path / "keys" / "log.key"

    @property
    def accepted_clock_file(self) -> Path:
        return self.path / "accepted-clock"

    def accepted_clock(self) -> str:
        """The recorded_at up to which the clock may be behind (`doctor --accept-clock`), or ""."""
        path = self.accepted_clock_file
        return _one_line(path) if path.exists() else ""

    def make(self) -> None:
        """Create the folder and its parts. Raises HomeProblem when it cannot be written."""
        try:
            self.log.mkdir(parents=True, exist_ok=True)
            self.signer_file.parent.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise HomeProblem(f"the folder {self.path} cannot be written: {error.strerror}") from None

    def verifier(self) -> VerifierKey:
        """The log's own verifier key. Raises HomeProblem when it is missing or malformed."""
        try:
            return VerifierKey.parse(_one_line(self.vkey_file))
        except ValueError as error:
            raise HomeProblem(f"{self.vkey_file.name} is not a verifier key: {error}") from None

    def signer(self) -> Signer:
        """The log's signing key. Raises HomeProblem when it is missing, malformed or not of this log."""
        try:
            signer = Signer.parse(_one_line(self.signer_file))
        except ValueError as error:
            raise HomeProblem(f"{self.signer_file.name} is not a signing key: {error}") from None
        if str(signer.verifier) != str(self.verifier()):
            raise HomeProblem(f"{self.signer_file.name} is not the key that {self.vkey_file.name} belongs to")
        return signer

    def write_keys(self, signer: Signer) -> None:
        """Write the log's keys, never over others. Raises HomeProblem."""
        try:
            write_secret(self.signer_file, signer.encode() + "\n", replace=False)
            self.vkey_file.write_text(f"{signer.verifier}\n", encoding="utf-8")
        except FileExistsError:
            raise HomeProblem(f"{self.path} already holds a log's key") from None
        except OSError as error:
            raise HomeProblem(f"the folder {self.path} cannot be written: {error.strerror}") from None

    def drop_keys(self) -> None:
        """Take back what `write_keys` wrote."""
        self.vkey_file.unlink(missing_ok=True)
        self.signer_file.unlink(missing_ok=True)

    def session_secret(self) -> str:
        """The secret of the web sessions, made on first use."""
        path = self.path / "keys" / "session.key"
        try:
            if not path.exists():
                write_secret(path, secrets.token_urlsafe(32) + "\n", replace=False)
        except FileExistsError:
            pass  # another process made it meanwhile
        except OSError as error:
            raise HomeProblem(f"{path.name} cannot be written in {path.parent}: {error.strerror}") from None
        return _one_line(path)


def write_secret(path: Path, text: str, replace: bool = True) -> None:
    """Write a file that only its owner can read, whole or not at all.

    Raises FileExistsError when it is there already and may not be replaced.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent)  # mode 0600
    part = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            part.replace(path)
        else:
            os.link(part, path)
    finally:
        part.unlink(missing_ok=True)


def _one_line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise HomeProblem(f"{path.name} is missing or cannot be read in {path.parent}") from None
