"""HOME/publishing.json: what the last step did and what each witness answered, for people and the next step.

Nothing rests on it: lost or damaged, witnesses are asked from the beginning and tell their sizes again.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class WitnessState:
    """What we know of one witness.

    Attributes:
        key_name: the name it signs under.
        held: size of the newest checkpoint that it holds, as far as we know; None if it never answered.
        size, time: of the newest cosignature that we hold of it; POSIX seconds.
        asked: when it was last asked; POSIX seconds.
        problem: why its last answer was no cosignature; None if it was one.
    """

    key_name: str
    held: int | None = None
    size: int | None = None
    time: int | None = None
    asked: int = 0
    problem: str | None = None


@dataclass(frozen=True)
class PublishingState:
    """The last step of publishing. `problem` says why nothing was signed or published, if so."""

    signed_size: int = 0
    published_size: int = 0
    problem: str | None = None
    witnesses: dict[str, WitnessState] = field(default_factory=dict)


def read_state(path: Path) -> PublishingState:
    """The state as written; an empty one where there is none or it cannot be read."""
    try:
        told: Any = json.loads(path.read_bytes())
        witnesses = {str(name): WitnessState(**of) for name, of in told.pop("witnesses").items()}
        return PublishingState(**told, witnesses=witnesses)
    except (OSError, ValueError, TypeError, AttributeError, LookupError):
        return PublishingState()


def write_state(path: Path, state: PublishingState) -> None:
    """Replace the file, whole; not synced, for nothing rests on it. Raises OSError."""
    aside = path.with_name(f".{path.name}.part")
    aside.write_text(json.dumps(asdict(state), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    os.replace(aside, path)
