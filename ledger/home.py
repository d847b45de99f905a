"""A book's folder: where its database, keys and published log lie. It may be copied or moved."""

from __future__ import annotations

import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ledger.disk import sync
from ledger.tlog.checkpoint import Checkpoint, sign_checkpoint
from ledger.tlog.merkle import EMPTY_ROOT
from ledger.tlog.note import Signer, VerifierKey

KEY_VARIABLE = "MINGZHANG_LOG_KEY"  # where the log's private key lies, if not in the book's folder
PUBLIC_URL_VARIABLE = "MINGZHANG_PUBLIC_URL"


class HomeProblem(Exception):
    """The folder cannot be used; the message is one sentence."""


@dataclass(frozen=True)
class Home:
    """The paths of a book's folder.

    book.sqlite3      the database, unless PostgreSQL is named
    log.vkey          the log's public verifier key (C2SP signed-note form)
    former-vkeys      the keys before it, oldest first, a line each; none before the first change of key
    log/              the published tlog prefix: checkpoint, tile/..., policy, entries-published, witnessed/
    policy            whose cosignatures a checkpoint needs (C2SP tlog-policy); none: nobody's
    public-url        the address at which others read the log, asked before anything is signed
    publishing.json   what the last step of publishing did, and what each witness answered
    restored          written by a restore: nothing is signed until somebody outside has agreed
    evidence/         what contradicts what we signed, if ever
    keys/log.key      the log's private key, mode 0600 (log.key.next, log.key.former: while it changes)
    keys/last-signed  the last checkpoint that was signed, shown to anyone or not
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
    def former_vkeys_file(self) -> Path:
        return self.path / "former-vkeys"

    @property
    def signer_file(self) -> Path:
        return self.path / "keys" / "log.key"

    @property
    def key_file(self) -> Path:
        """Where the private key is looked for: MINGZHANG_LOG_KEY, else this folder."""
        told = os.environ.get(KEY_VARIABLE)
        return Path(told) if told else self.signer_file

    @property
    def last_signed_file(self) -> Path:
        return self.path / "keys" / "last-signed"

    @property
    def policy_file(self) -> Path:
        return self.path / "policy"

    @property
    def publishing_file(self) -> Path:
        return self.path / "publishing.json"

    @property
    def restored_file(self) -> Path:
        return self.path / "restored"

    @property
    def evidence(self) -> Path:
        return self.path / "evidence"

    @property
    def public_url(self) -> str | None:
        """MINGZHANG_PUBLIC_URL, else the file public-url: the prefix below which others find the log's
        `checkpoint`; None where none is told. Raises HomeProblem."""
        told = os.environ.get(PUBLIC_URL_VARIABLE, "")
        path = self.path / "public-url"
        if not told and path.exists():
            told = _one_line(path)
        if told and not told.lower().startswith(("http://", "https://")):
            raise HomeProblem(f"the public address {told!r} is not an http(s) address")
        return told.rstrip("/") or None

    def former_verifiers(self) -> tuple[VerifierKey, ...]:
        """The log's keys before the present one, oldest first. Raises HomeProblem."""
        path = self.former_vkeys_file
        if not path.exists():
            return ()
        try:
            return tuple(VerifierKey.parse(line) for line in path.read_text(encoding="utf-8").splitlines())
        except (OSError, ValueError) as error:
            raise HomeProblem(f"{path.name} cannot be read: {error}") from None

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
        """Write the log's keys, never over others, and as last signed the empty log: it contradicts nothing,
        and its being there tells a new book from one whose traces are gone. Raises HomeProblem."""
        try:
            write_secret(self.signer_file, signer.encode() + "\n", replace=False)
            empty = sign_checkpoint(Checkpoint(signer.name, 0, EMPTY_ROOT), signer)
            self.last_signed_file.write_bytes(empty)
            self.vkey_file.write_text(f"{signer.verifier}\n", encoding="utf-8")
        except FileExistsError:
            raise HomeProblem(f"{self.path} already holds a log's key") from None
        except OSError as error:
            raise HomeProblem(f"the folder {self.path} cannot be written: {error.strerror}") from None

    def drop_keys(self) -> None:
        """Take back what `write_keys` wrote."""
        for path in (self.vkey_file, self.signer_file, self.last_signed_file):
            path.unlink(missing_ok=True)

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
    sync(path.parent)  # the name too: a key that is in use must not be gone after a power cut


def _one_line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise HomeProblem(f"{path.name} is missing or cannot be read in {path.parent}") from None
