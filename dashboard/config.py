"""What a serving process is told: its book, the books beside it, and where secrets lie."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import Any, get_args

from ledger.domain.codes import BookKind
from ledger.record import Record

COOKIE_STEM = "mingzhang"


@dataclass(frozen=True)
class Sibling:
    """Another book that every page of this one links to.

    Attributes:
        kind: live, archive, drill or simulated.
        address: where it is served, such as http://127.0.0.1:8001/
        name_zh, name_en: what it is called; empty: its kind says it.
    """

    kind: str
    address: str
    name_zh: str = ""
    name_en: str = ""

    def __post_init__(self) -> None:
        if self.kind not in get_args(BookKind):
            raise ValueError(
                f"MINGZHANG_SIBLINGS: {self.kind!r} is not one of {', '.join(get_args(BookKind))}"
            )
        if not self.address.startswith(("http://", "https://")):
            raise ValueError(f"MINGZHANG_SIBLINGS: {self.address!r} is not an http(s) address")


def siblings_of(text: str) -> list[Sibling]:
    """MINGZHANG_SIBLINGS, as `kind=address,kind=address`. Raises ValueError with one sentence."""
    return [Sibling(*part.strip().split("=", 1)) for part in text.split(",") if "=" in part]


def siblings_told() -> list[Sibling]:
    """The books beside this one that the environment names."""
    return siblings_of(os.environ.get("MINGZHANG_SIBLINGS", ""))


def cookie_name(origin: str, part: str = "session") -> str:
    """A cookie's name for one book. Cookies know no ports, so two books on one machine need two names."""
    return f"{COOKIE_STEM}_{hashlib.sha256(origin.encode()).hexdigest()[:12]}_{part}"


def flask_settings(record: Record) -> dict[str, Any]:
    """Flask's own settings. Raises HomeProblem when the session secret cannot be read or made."""
    return {
        "SECRET_KEY": record.folder.session_secret(),
        "SESSION_COOKIE_NAME": cookie_name(record.facts.origin),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": 1_000_000,
        "SEND_FILE_MAX_AGE_DEFAULT": 31_536_000,  # addresses of our files carry their hash
        "TRUSTED_HOSTS": None,
    }
